"""One attempt: a wheel in one environment, from its installation to its removal."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from pkgaudit.finding import Failure
from pkgaudit.inputs.paths import Skipped
from pkgaudit.model.distribution import Distribution, normalize
from pkgaudit.model.tries import Fate, Step, Trial
from pkgaudit.trying.contents import Contents, EntryPoint
from pkgaudit.trying.environments import (
    Environment,
    Installer,
    is_failed_build,
    is_of_machine,
    last_lines,
    reason_in,
    recorded,
)
from pkgaudit.trying.probe import LONGEST
from pkgaudit.trying.pythons import Python
from pkgaudit.trying.sandbox import DeadError, Done, Limits, Probe, Sandbox, StoppedError, remove_tree

_PROBE = Path(__file__).with_name("probe.py")

LINES = 6
"""Lines of a traceback or an output that a trial keeps. Chosen: the last call and the exception."""

_MOST_LEFT = 50
"""Files left behind that are listed. Chosen."""

_PLACE = re.compile(r'^\s*File "([^"\n]{1,4096})", line ([0-9]{1,9})', re.MULTILINE)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):|^Fatal Python error: ", re.MULTILINE)
_NO_MODULE = re.compile(r"No module named '([\w.]{1,200})'")
_EXTRA = re.compile(r"\bextra\s*==\s*[\"']([^\"']+)")
_MARKS = re.compile(r"[\s~^]*")
"""A line of a traceback that marks a part of the line above."""

_LIBRARY = re.compile(
    r"cannot open shared object file|Library not loaded|image not found|DLL load failed"
    r"|wrong ELF class|version `\w+(?:_[\d.]+)+' not found"
)
"""Words of the loaders of Linux, macOS and Windows if a library of the system is missing. Chosen."""

_CERTAIN = frozenset(
    {
        "AttributeError",
        "ImportError",
        "IndentationError",
        "ModuleNotFoundError",
        "NameError",
        "SyntaxError",
        "TabError",
        "TypeError",
        "UnboundLocalError",
    }
)
"""Exceptions that a fault of the code raises. Others, such as OSError, may also mean that this machine lacks
something. Chosen."""

_OPTIONAL = frozenset(
    {
        "bz2",
        "crypt",
        "ctypes",
        "curses",
        "dbm",
        "fcntl",
        "grp",
        "idlelib",
        "lzma",
        "msvcrt",
        "nt",
        "posix",
        "pty",
        "pwd",
        "readline",
        "resource",
        "sqlite3",
        "ssl",
        "syslog",
        "termios",
        "tkinter",
        "tty",
        "turtle",
        "venv",
        "winreg",
        "winsound",
        "zlib",
    }
)
"""Modules of the standard library that some systems and some builds of Python lack.

Source: https://docs.python.org/3/library/intro.html#availability and the packages of Debian.
"""


@dataclass(frozen=True)
class Subject:
    """A wheel to try: ``path`` is the distribution in reports, ``file`` the wheel on the disk."""

    path: str
    file: str
    distribution: Distribution

    @property
    def filename(self) -> str:
        """The name of the wheel."""
        return os.path.basename(self.file)

    @property
    def project(self) -> str:
        """The normalized name of the project."""
        return normalize(self.filename.split("-")[0])

    @property
    def requires_python(self) -> str | None:
        """The field Requires-Python."""
        metadata = self.distribution.metadata
        return None if metadata is None else next(iter(metadata.all("Requires-Python")), None)

    @property
    def requirements(self) -> list[str]:
        """The requirements of the distribution without an extra."""
        metadata = self.distribution.metadata
        found = metadata.all("Requires-Dist") if metadata is not None else []
        return [each for each in found if not _EXTRA.search(each)]

    def extra_of(self, missing: str) -> str | None:
        """Return an extra of the distribution that may bring a module."""
        metadata = self.distribution.metadata
        wanted = _letters(missing.partition(".")[0])
        for value in metadata.all("Requires-Dist") if metadata is not None else ():
            try:
                requirement = Requirement(value)
            except InvalidRequirement:
                continue  # the audit reports it
            found = _EXTRA.search(str(requirement.marker or ""))
            name = _letters(requirement.name)
            if found and (wanted in name or name in wanted):
                return found[1]
        return None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class Tools:
    """The tools that attempts share. ``left_out`` maps patterns of modules to the user's reason."""

    sandbox: Sandbox
    installer: Installer
    limits: Limits
    left_out: Mapping[str, str] = field(default_factory=dict)
    no_deps: bool = False


@dataclass
class Attempt:
    """The result for a wheel in one environment: ``done`` are the steps with names that were tried."""

    subject: Subject
    python: Python
    trials: list[Trial] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    done: set[tuple[Step, str]] = field(default_factory=set)

    @property
    def words(self) -> str:
        """The numbers of trials, for the progress."""
        if self.failures:
            return "could not be tried"
        count = {step: sum(each is step for each, _ in self.done) for step in Step}
        said = [
            f"{count[step]:,} {word}{'' if count[step] == 1 else 's'}"
            for step, word in ((Step.IMPORT, "module"), (Step.RUN, "call"))
            if count[step]
        ]
        faults = f"{len(self.trials)} failed" if self.trials else "all fine"
        return ", ".join([*(said or ["nothing to import"]), faults])


class Trying:
    """Makes one attempt."""

    def __init__(self, subject: Subject, python: Python, tools: Tools, folder: Path) -> None:
        self._subject = subject
        self._python = python
        self._tools = tools
        self._environment = Environment(folder)
        self._deadline = 0.0
        self._made = Attempt(subject, python)
        self._contents = Contents("")

    def run(self) -> Attempt:
        """Make the environment, try the wheel in it, and remove it."""
        self._deadline = time.monotonic() + self._tools.limits.distribution  # not before a thread is free
        try:
            self._run()
        except StoppedError as error:
            self._skip(f"a part was not tried, because {error}")
        except OSError as error:  # the code may remove and replace any file of its environment
            self._fail(f"the environment cannot be used: {self._without_folders(str(error))}")
        finally:
            remove_tree(self._environment.folder)
        return self._made

    def _run(self) -> None:
        installer, environment = self._tools.installer, self._environment
        environment.folder.mkdir(parents=True)
        made = installer.make(self._python, environment, self._deadline)
        if made.status is None:
            raise StoppedError("its time was over")
        if made.status != 0:
            self._fail("the environment cannot be made", made)
            return
        before = environment.files()
        if not self._install():
            return
        if not self._tools.no_deps:
            self._check()
        self._try_code()
        removed = installer.uninstall(environment, self._subject.project, self._deadline)
        self._made.done.add((Step.UNINSTALL, ""))
        if removed.status is None:
            raise StoppedError("its time was over")
        if removed.status != 0:
            self._add(Step.UNINSTALL, self._subject.project, lines=last_lines(removed.output, LINES))
            return
        left = sorted(environment.files() - before - recorded(environment))
        if left:
            self._add(
                Step.UNINSTALL,
                left[0].replace(os.sep, "/"),
                others=tuple(each.replace(os.sep, "/") for each in left[1:_MOST_LEFT]),
                status=len(left),
            )

    def _install(self) -> bool:
        self._made.done.add((Step.INSTALL, ""))
        subject = self._subject
        done = self._tools.installer.install(
            self._environment, subject.file, subject.requirements, self._deadline
        )
        if done.status == 0:
            return True
        if done.status is None:
            raise StoppedError("its time was over during the installation")
        if is_of_machine(done):
            self._fail("the wheel and its dependencies cannot be installed here", done)
            return False
        self._add(
            Step.INSTALL,
            self._tools.installer.name,
            error=reason_in(done.output),
            lines=last_lines(done.output, LINES),
            is_certain=not is_failed_build(done),
        )
        return False

    def _check(self) -> None:
        self._made.done.add((Step.CHECK, ""))
        done = self._tools.installer.check(self._environment, self._deadline)
        if done.status in (0, None):
            return
        project = re.compile(rf"(?<![\w-]){re.escape(self._subject.project)}(?![\w-])", re.IGNORECASE)
        lines = [each for each in last_lines(done.output, 20) if re.search(r"requires|not supported", each)]
        for line in lines or last_lines(done.output, 1):
            # Of the other lines, two dependencies are at fault.
            is_own = project.search(normalize(line.replace("`", " "))) is not None
            self._add(Step.CHECK, line.strip()[:200], error=line.strip(), is_certain=is_own)

    def _try_code(self) -> None:
        environment = self._environment
        # A copy, because the folder of pkgaudit may be hidden from the code.
        script = shutil.copy(_PROBE, environment.folder)
        command = [str(environment.python), "-s", str(script)]
        variables = environment.variables()
        left = list(self._requests())
        for _ in range(3):  # code may end the probe where it is not in another namespace
            with self._tools.sandbox.probe(
                command, environment.folder, variables, self._tools.limits
            ) as probe:
                try:
                    if not self._contents.site:
                        self._list(probe)
                        left = list(self._requests())
                    while left:
                        step, name, request = left.pop(0)
                        self._made.done.add((step, name))
                        self._judge(step, name, probe.ask(request, self._deadline))
                        left = [each for each in left if not self._is_known(each[0], each[1])]
                    return
                except DeadError as error:
                    if not self._contents.site:
                        self._fail(str(error))
                        return
                    self._add(step, name, Fate.KILLED, **self._place_of(step, name))
        self._skip("a part was not tried, because its code ends the process that tries it")

    def _is_known(self, step: Step, name: str) -> bool:
        """Return whether a command is known to fail: its entry point does, or another option did."""
        last = self._made.trials[-1:]
        if step is not Step.RUN or not last or (last[0].fate is Fate.EXITED and last[0].step is Step.RUN):
            return False
        command = name.partition(" ")[0]
        return last[0].name in (f"console_scripts: {command}", f"{command} --help")

    def _list(self, probe: Probe) -> None:
        answer = probe.ask({"do": "list", "project": self._subject.project}, self._deadline)
        listed = answer.get("outcome", {}).get("value")
        if listed is None:
            raise DeadError("the installed files cannot be listed")
        self._contents = Contents.of(listed, self._tools.left_out)
        for module, reason in self._contents.left_out.items():
            self._made.skipped.append(Skipped(f"{self._subject.path}: {module}", f"left out: {reason}"))

    def _requests(self) -> Iterator[tuple[Step, str, dict[str, Any]]]:
        contents = self._contents
        for module in contents.modules:
            yield Step.IMPORT, module, {"do": "import", "module": module}
        for point in contents.entry_points:
            if point.needs_extra:
                self._skip(f"the entry point {point.label!r} needs an extra")
            elif not self._is_left_out(point):
                yield Step.LOAD, point.label, {"do": "load", "value": point.target}
        if contents.data:
            files = [each for each in contents.data if each[0] not in contents.left_out]
            yield Step.OPEN, "", {"do": "open", "files": files}
        for point in contents.entry_points:
            if point.group == "console_scripts" and not point.needs_extra and not self._is_left_out(point):
                program = str(self._environment.command(point.name))
                for option in ("--help", "--version"):
                    yield Step.RUN, f"{point.name} {option}", {"do": "run", "command": [program, option]}

    def _is_left_out(self, point: EntryPoint) -> bool:
        return point.target.partition(":")[0] in self._contents.left_out

    def _judge(self, step: Step, name: str, answer: Mapping[str, Any]) -> None:
        if step is Step.RUN:
            self._judge_command(name, answer)
            return
        outcome = answer.get("outcome")
        if step is Step.OPEN:
            if outcome and "value" in outcome:
                self._judge_data(outcome["value"])
            return  # if its package cannot be imported, that is said once
        place = self._place_of(step, name)
        said = last_lines(answer["stderr"] or answer["stdout"], LINES)
        if answer["timed_out"]:
            self._add(step, name, Fate.TIMED_OUT, seconds=answer["allowed"], lines=said, **place)
        elif outcome is None and answer.get("signal"):
            self._add(step, name, Fate.KILLED, status=answer["signal"], lines=said, **place)
        elif outcome is None or "exit" in outcome:
            status = answer.get("status") if outcome is None else outcome["exit"]
            self._add(
                step, name, Fate.EXITED, status=status if isinstance(status, int) else 1, lines=said, **place
            )
        elif "failure" in outcome:
            self._judge_failure(step, name, outcome["failure"], place)

    def _place_of(self, step: Step, name: str) -> dict[str, Any]:
        """Return whether a module or an entry point is a main one, and its member."""
        if step is Step.IMPORT:
            return {"is_main": name in self._contents.mains, "member": self._contents.modules[name]}
        if step is Step.LOAD:
            group = name.partition(":")[0]
            return {"is_main": group in ("console_scripts", "gui_scripts")}
        return {}

    def _judge_failure(
        self, step: Step, name: str, failure: Mapping[str, Any], place: Mapping[str, Any]
    ) -> None:
        missing = failure["missing"]
        kind, error = failure["kind"], " ".join(failure["error"][:LONGEST].split())
        is_missing = bool(failure.get("is_module_missing"))
        needs_other = is_missing and self._is_foreign(missing)
        if needs_other:
            top = missing.partition(".")[0]
            if top in _OPTIONAL or top.startswith("_"):
                self._skip(f"{name!r} needs {top}, which this Python lacks")
                return
            if self._tools.no_deps:
                self._skip(f"{name!r} needs {top}, and --no-deps leaves out dependencies")
                return
        member, line = self._member(failure["frames"])
        is_own_file = kind == "FileNotFoundError" and self._contents.site in error
        self._add(
            step,
            name,
            error=error,
            kind=kind,
            missing=missing if is_missing else None,
            extra=self._subject.extra_of(missing) if needs_other else None,
            needs_other=needs_other,
            member=member or place.get("member"),
            line=line,
            lines=tuple(failure["lines"][-LINES:]),
            is_main=place.get("is_main", False),
            is_certain=is_own_file
            or (failure["is_builtin"] and kind in _CERTAIN and not _LIBRARY.search(error)),
        )

    def _is_foreign(self, module: str) -> bool:
        return module.partition(".")[0] not in self._contents.tops

    def _member(self, frames: Sequence[Sequence[Any]]) -> tuple[str | None, int | None]:
        """Return the last place of a traceback in the distribution."""
        for path, line in reversed(frames):
            member = os.path.relpath(os.path.realpath(path), self._contents.site).replace(os.sep, "/")
            if member in self._contents.paths:
                return member, line
        return None, None

    def _judge_data(self, failed: Sequence[Sequence[str]]) -> None:
        for package, path, error in failed:
            member = f"{package.replace('.', '/')}/{path}"
            lost = error.startswith(("FileNotFoundError", "PermissionError", "IsADirectoryError"))
            self._add(Step.OPEN, member, error=error, member=member, is_certain=lost)

    def _judge_command(self, name: str, answer: Mapping[str, Any]) -> None:
        said = answer["stderr"]
        status, number = answer.get("status"), answer.get("signal")
        if answer["timed_out"]:
            lines = last_lines(said or answer["stdout"], LINES)
            self._add(Step.RUN, name, Fate.TIMED_OUT, seconds=answer["allowed"], lines=lines)
        elif number:
            self._add(Step.RUN, name, Fate.KILLED, status=number, lines=last_lines(said, LINES), is_main=True)
        elif status and _TRACEBACK.search(said):
            self._judge_crash(name, said, status)
        elif status:
            lines = last_lines(said or answer["stdout"], LINES)
            self._add(Step.RUN, name, Fate.EXITED, status=status, lines=lines)

    def _judge_crash(self, name: str, said: str, status: int) -> None:
        lines = last_lines(said, LINES)
        error = lines[-1].strip()
        missing = _NO_MODULE.search(error)
        failure = {
            "kind": error.partition(":")[0].rpartition(".")[2],
            "is_builtin": "." not in error.partition(":")[0],
            "error": error,
            "missing": missing[1] if missing else None,
            "is_module_missing": missing is not None,
            "frames": [(path, int(line)) for path, line in _PLACE.findall(said)],
            "lines": lines,
        }
        self._judge_failure(Step.RUN, name, failure, {"is_main": True})

    def _add(self, step: Step, name: str, fate: Fate = Fate.FAILED, **facts: Any) -> None:
        lines = [self._without_folders(each) for each in facts.pop("lines", ())]
        facts["error"] = self._without_folders(facts.get("error", ""))
        if self._subject.distribution.was_built:  # the sdist in reports has other members
            facts["member"] = None
        self._made.trials.append(
            Trial(
                self._subject.path,
                step,
                fate,
                name,
                (self._python.name,),
                lines=tuple(each for each in lines if not _MARKS.fullmatch(each)),
                **facts,
            )
        )

    def _without_folders(self, text: str) -> str:
        """Return a text without the temporary folder, because a fault must have the same words each time."""
        for folder in (self._contents.site, str(self._environment.root), str(self._environment.folder)):
            text = text.replace(os.path.join(folder, ""), "") if folder else text
        return text

    def _skip(self, reason: str) -> None:
        self._made.skipped.append(Skipped(f"{self._subject.path} ({self._python.name})", reason))

    def _fail(self, reason: str, done: Done | None = None) -> None:
        said = [reason]
        if done is not None:
            said += [" ".join(each.strip() for each in last_lines(done.output, 3))]
            said += ["its time was over"] if done.status is None else []
        message = ": ".join(filter(None, said))
        self._made.failures.append(Failure(f"{self._python.name}: {message}", self._subject.path))
