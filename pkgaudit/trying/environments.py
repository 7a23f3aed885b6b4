"""Throw-away environments: made, filled and emptied by uv, or else by venv and pip."""

from __future__ import annotations

import io
import os
import re
import shutil
import sysconfig
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkgaudit.errors import PkgauditError
from pkgaudit.regular import open_regular
from pkgaudit.trying.pythons import Python
from pkgaudit.trying.sandbox import Done, Sandbox

_NETWORK = re.compile(
    r"network (?:connectivity )?(?:is|was) disabled|error sending request|failed to fetch|connection error"
    r"|could not connect|name resolution|timed out|max retries exceeded|newconnectionerror|proxyerror"
    r"|no route to host|connection refused|client error|401 |403 |502 |503 |no space left",
    re.IGNORECASE,
)
"""Words of installers if the machine or an index is at fault, and not the distribution. Chosen from the
messages of pip 26 and uv 0.13."""

_BUILD_FAILED = re.compile(
    r"failed to build|build backend returned an error|failed building wheel|metadata-generation-failed"
    r"|subprocess-exited-with-error|could not build wheels",
    re.IGNORECASE,
)
"""Words of installers if a dependency has no wheel here and cannot be built. Chosen from their messages."""

_BARE = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATHEXT", "SYSTEMROOT", "TZ", "WINDIR")
"""Variables that code is given: those without which interpreters do not start or texts are not readable. All
others may contain credentials."""

_DROPPED = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__", "UV_PYTHON")
"""Variables that lead an installer or an interpreter to another environment."""


_LONGEST_RECORD = 1 << 26
"""Bytes of a RECORD that are read. Chosen: many times those of the largest wheels."""

_TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""Variables that name the folder for temporary files on all systems."""


class InstallerError(PkgauditError):
    """The installer at hand cannot fulfill a wish of the user."""


@dataclass(frozen=True)
class Choices:
    """How dependencies are installed: none, also from these folders or pages, or the lowest versions."""

    no_deps: bool = False
    find_links: tuple[str, ...] = ()
    lowest: bool = False


@dataclass(frozen=True)
class Environment:
    """An environment in a folder of its own, with an interpreter and its scripts."""

    folder: Path

    @property
    def root(self) -> Path:
        """The folder of the environment itself; beside it are the folders that its code may write to."""
        return self.folder / "env"

    @property
    def scripts(self) -> Path:
        """The folder of the commands."""
        return self.root / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    def command(self, name: str) -> Path:
        """Return the path of a command."""
        return self.scripts / (f"{name}.exe" if os.name == "nt" else name)

    def variables(self) -> dict[str, str]:
        """Return the environment variables of code: nothing of the user's but a language."""
        made = {name: os.environ[name] for name in _BARE if name in os.environ}
        home, temporary = self.folder / "home", self.folder / "tmp"
        for each in (home, temporary):
            each.mkdir(exist_ok=True)
        made["PATH"] = os.pathsep.join((str(self.scripts), os.defpath))
        made["VIRTUAL_ENV"] = str(self.root)
        for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
            made[name] = str(home)
        for name in ("CACHE", "CONFIG", "DATA", "STATE"):
            made[f"XDG_{name}_HOME"] = str(home / f".{name.lower()}")
        for name in (*_TEMPORARY, "XDG_RUNTIME_DIR"):
            made[name] = str(temporary)
        made.update(PYTHONNOUSERSITE="1", PYTHONFAULTHANDLER="1", NO_COLOR="1", PAGER="cat")
        return made

    def files(self) -> set[str]:
        """Return the paths of all files, from the root of the environment."""
        found = set()
        for folder, names, files in os.walk(self.root):
            # Bytecode belongs to its source.
            names[:] = [each for each in names if each != "__pycache__"]
            found |= {os.path.relpath(os.path.join(folder, each), self.root) for each in files}
        return found - {".lock"}  # of uv


class Installer(ABC):
    """A program that makes environments and installs into them."""

    name: str

    def __init__(self, sandbox: Sandbox, choices: Choices, folder: Path) -> None:
        self._sandbox = sandbox
        self._choices = choices
        # An installer that is ended, and the builds in it, leave their temporary files behind.
        temporary = dict.fromkeys(_TEMPORARY, str(folder))
        self._variables = {name: value for name, value in os.environ.items() if name not in _DROPPED} | {
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **temporary,
        }
        for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
            self._variables.pop(name, None)

    def _run(
        self, command: Sequence[str | Path], deadline: float, cwd: Path | None = None, *, builds: bool = False
    ) -> Done:
        """Run an installer; ``builds``: it may run code of an sdist, which may start other processes."""
        words = [str(each) for each in command]
        if builds:
            words = self._sandbox.contained(words)
        left = deadline - time.monotonic()
        return self._sandbox.run(words, seconds=left, env=self._variables, cwd=cwd)

    def _run_confined(self, command: Sequence[str | Path], environment: Environment, deadline: float) -> Done:
        """Run an installer on what the code has left: it may start code, or believe a forged RECORD."""
        words = self._sandbox.confined([str(each) for each in command], environment.folder)
        left = deadline - time.monotonic()
        return self._sandbox.run(words, seconds=left, env=environment.variables(), cwd=environment.folder)

    @abstractmethod
    def make(self, python: Python, environment: Environment, deadline: float) -> Done:
        """Make an environment."""

    @abstractmethod
    def install(
        self, environment: Environment, file: str, requirements: Sequence[str], deadline: float
    ) -> Done:
        """Install a wheel, with its dependencies unless the user wants none.

        ``requirements`` are those of the wheel, which matter if their lowest versions are wanted.
        """

    @abstractmethod
    def check(self, environment: Environment, deadline: float) -> Done:
        """Check whether the requirements of everything in an environment are satisfied."""

    @abstractmethod
    def uninstall(self, environment: Environment, project: str, deadline: float) -> Done:
        """Uninstall a project."""

    @abstractmethod
    def build(self, python: Python, sdist: str, folder: Path, deadline: float) -> Done:
        """Build the wheel of an sdist into a folder, in isolation."""


class Uv(Installer):
    """The program uv."""

    name = "uv"

    def __init__(self, sandbox: Sandbox, choices: Choices, folder: Path, program: str) -> None:
        super().__init__(sandbox, choices, folder)
        self._uv = program

    def make(self, python: Python, environment: Environment, deadline: float) -> Done:
        """Make an environment without pip."""
        command: list[str | Path] = [
            self._uv,
            "venv",
            "--quiet",
            "--no-project",
            "--python",
            python.path,
            environment.root,
        ]
        return self._run(command, deadline)

    def install(
        self, environment: Environment, file: str, requirements: Sequence[str], deadline: float
    ) -> Done:
        """Run ``uv pip install``; it can install the lowest versions of the given requirements."""
        # Files that are links into the cache of uv would let the code change that.
        command: list[str | Path] = [self._uv, "pip", "install", "--quiet", "--link-mode", "copy"]
        command += ["--python", environment.python]
        command += ["--no-deps"] if self._choices.no_deps else []
        command += ["--resolution", "lowest-direct", *requirements] if self._choices.lowest else []
        for each in self._choices.find_links:
            command += ["--find-links", each]
        return self._run([*command, os.path.abspath(file)], deadline, builds=True)

    def check(self, environment: Environment, deadline: float) -> Done:
        """Run ``uv pip check``."""
        command = [self._uv, "pip", "check", "--no-cache", "--python", str(environment.python)]
        return self._run_confined(command, environment, deadline)

    def uninstall(self, environment: Environment, project: str, deadline: float) -> Done:
        """Run ``uv pip uninstall``."""
        command: list[str | Path] = [
            self._uv,
            "pip",
            "uninstall",
            "--quiet",
            "--no-cache",
            "--python",
            environment.python,
            project,
        ]
        return self._run_confined(command, environment, deadline)

    def build(self, python: Python, sdist: str, folder: Path, deadline: float) -> Done:
        """Run ``uv build --wheel``."""
        command: list[str | Path] = [
            self._uv,
            "build",
            "--wheel",
            "--python",
            python.path,
            "--out-dir",
            folder,
        ]
        for each in self._choices.find_links:
            command += ["--find-links", each]
        return self._run([*command, os.path.abspath(sdist)], deadline, builds=True)


class Pip(Installer):
    """The module venv and the pip that it brings."""

    name = "pip"

    def make(self, python: Python, environment: Environment, deadline: float) -> Done:
        """Make an environment with pip."""
        return self._run([python.path, "-I", "-m", "venv", environment.root], deadline)

    def _pip(self, environment: Environment, *words: str, deadline: float, cwd: Path | None = None) -> Done:
        # Isolated, so no module of the working directory is taken for one of pip.
        command: list[str | Path] = [
            environment.python,
            "-I",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
        ]
        if words[0] in ("check", "uninstall"):
            return self._run_confined([*command, *words], environment, deadline)
        return self._run([*command, *words], deadline, cwd, builds=True)

    def install(
        self, environment: Environment, file: str, requirements: Sequence[str], deadline: float
    ) -> Done:
        """Run ``pip install``."""
        words = ["install", "--quiet", *(["--no-deps"] if self._choices.no_deps else [])]
        return self._pip(environment, *words, *self._links(), os.path.abspath(file), deadline=deadline)

    def check(self, environment: Environment, deadline: float) -> Done:
        """Run ``pip check``."""
        return self._pip(environment, "check", deadline=deadline)

    def uninstall(self, environment: Environment, project: str, deadline: float) -> Done:
        """Run ``pip uninstall``."""
        return self._pip(environment, "uninstall", "--quiet", "--yes", project, deadline=deadline)

    def build(self, python: Python, sdist: str, folder: Path, deadline: float) -> Done:
        """Run ``pip wheel`` in an environment of its own."""
        environment = Environment(folder / "builder")
        environment.folder.mkdir()
        made = self.make(python, environment, deadline)
        if made.status != 0:
            return made
        words = ["wheel", "--quiet", "--no-deps", *self._links(), "--wheel-dir", str(folder)]
        done = self._pip(environment, *words, os.path.abspath(sdist), deadline=deadline, cwd=folder)
        shutil.rmtree(environment.folder, ignore_errors=True)
        return done

    def _links(self) -> Iterator[str]:
        for each in self._choices.find_links:
            yield from ("--find-links", each)


def find_uv() -> str | None:
    """Return the path of uv, from the environment of pkgaudit or from PATH."""
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))
    found = shutil.which("uv", path=path)
    # Windows also searches the working directory.
    return found if found is not None and os.path.isabs(found) else None


def make_installer(sandbox: Sandbox, choices: Choices, folder: Path, uv: str | None) -> Installer:
    """Return the installer to use; ``folder`` is for its temporary files.

    Raises:
        InstallerError: only uv installs the lowest versions, and it is not there.
    """
    if uv is not None:
        return Uv(sandbox, choices, folder, uv)
    if choices.lowest:
        raise InstallerError("--lowest needs uv, because pip cannot install the lowest versions; install uv")
    return Pip(sandbox, choices, folder)


def is_of_machine(done: Done) -> bool:
    """Return whether an installer failed because of the network, an index or a full disk."""
    return done.status is None or _NETWORK.search(done.output) is not None


def is_failed_build(done: Done) -> bool:
    """Return whether an installer failed because a dependency had to be built."""
    return _BUILD_FAILED.search(done.output) is not None


def last_lines(output: str, most: int) -> list[str]:
    """Return the last lines of an output that are neither blank nor advice of uv."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return [line for line in lines if not line.lstrip().startswith("hint:")][-most:]


def reason_in(output: str) -> str:
    """Return why an installer failed: what uv calls the cause, or the last line."""
    causes = re.split(r"^ *cause: *", output, flags=re.MULTILINE)
    if len(causes) > 1:
        return " ".join(re.split(r"^hint:", causes[1], flags=re.MULTILINE)[0].split())
    lines = last_lines(output, 1)
    return lines[0].strip().removeprefix("ERROR: ") if lines else ""


def recorded(environment: Environment) -> set[str]:
    """Return the files that the distributions in an environment list, from the root of the environment."""
    import csv

    found = set()
    for folder, _, files in os.walk(environment.root):
        if not folder.endswith(".dist-info") or "RECORD" not in files:
            continue
        try:
            with open_regular(os.path.join(folder, "RECORD")) as stream:
                text = stream.read(_LONGEST_RECORD).decode("utf-8", "surrogateescape")
            rows = list(csv.reader(io.StringIO(text, newline="")))
        except (OSError, csv.Error):
            continue  # the code replaced it
        site = os.path.dirname(folder)
        found |= {os.path.relpath(os.path.join(site, row[0]), environment.root) for row in rows if row}
    return found
