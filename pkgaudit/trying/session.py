"""Tries all distributions of a run on all Pythons at hand, and joins the trials to facts for the rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pkgaudit.excerpts import without_values
from pkgaudit.finding import Failure, Finding
from pkgaudit.inputs.paths import Skipped
from pkgaudit.model.distribution import Distribution, Sdist, Wheel
from pkgaudit.model.machine import Machine
from pkgaudit.model.tries import Fate, Step, Trial, Tries
from pkgaudit.trying.attempt import Attempt, Subject, Tools, Trying
from pkgaudit.trying.environments import Choices, find_uv, make_installer
from pkgaudit.trying.pythons import Python, find_pythons, why_not
from pkgaudit.trying.sandbox import Limits, Sandbox, temporary_folder
from pkgaudit.trying.sdists import build_sdist

_CLASSIFIER = "Programming Language :: Python :: 3."

_ORDER = list(Step)

_MOST_OTHERS = 20
"""Names with the same cause that a trial lists. Chosen: one name is enough to find the cause."""


@dataclass(frozen=True)
class Wishes:
    """The wishes of the user: which Pythons, how dependencies are installed, limits, and modules left out."""

    pythons: Sequence[str] = ()
    choices: Choices = field(default_factory=Choices)
    limits: Limits = field(default_factory=Limits)
    left_out: Mapping[str, str] = field(default_factory=dict)
    jobs: int | None = None


@dataclass
class Happened:
    """The facts of a run for the rules, the parts that were left out, and why the run is incomplete."""

    tries: Tries
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def try_all(
    distributions: Iterable[Distribution],
    files: Mapping[str, str],
    findings: Sequence[Finding],
    wishes: Wishes,
    say: Callable[[str], None],
) -> Happened:
    """Try distributions; ``files`` maps their paths in reports to those on the disk.

    ``findings`` are those of the audit, which trials may confirm; ``say`` receives a line for each step.

    Raises:
        PythonError: a Python that the user wants is not at hand.
        InstallerError: the installer cannot fulfill a wish.
    """
    uv = find_uv()
    session = _Session(wishes, say, Happened(Tries()))
    with Sandbox() as sandbox, temporary_folder() as folder:
        pythons = find_pythons(wishes.pythons, uv)
        installer = make_installer(sandbox, wishes.choices, folder, uv)
        tools = Tools(sandbox, installer, wishes.limits, wishes.left_out, wishes.choices.no_deps)
        if not sandbox.isolates:
            say(f"the code has the network and may write as you do, because {sandbox.reason or 'it ended'}")
        session.run(list(distributions), files, pythons, tools, folder)
    made = session.happened
    made.tries.trials = [replace(each, error=_masked(each.error)) for each in joined(session.attempts)]
    made.tries.findings = list(findings)
    variables = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    made.tries.confidential = list(Machine(variables=variables).secrets)
    return made


def _masked(error: str) -> str:
    """Return the last line of a traceback without values that may be secrets; an excerpt is masked too."""
    return without_values(lambda text: text, error) or ""


class _Session:
    """One run."""

    def __init__(self, wishes: Wishes, say: Callable[[str], None], happened: Happened) -> None:
        self._wishes = wishes
        self._say = say
        self.happened = happened
        self.attempts: list[Attempt] = []

    def run(
        self,
        distributions: list[Distribution],
        files: Mapping[str, str],
        pythons: list[Python],
        tools: Tools,
        folder: Path,
    ) -> None:
        """Build the sdists, and try each wheel on each Python that it is for."""
        wheels = [
            Subject(each.path, files.get(each.path, each.path), each)
            for each in distributions
            if isinstance(each, Wheel) and each.is_readable
        ]
        sdists = [each for each in distributions if isinstance(each, Sdist) and each.is_readable]
        jobs = self._wishes.jobs or os.cpu_count() or 1
        pool = ThreadPoolExecutor(max_workers=jobs)
        try:
            building = {
                pool.submit(
                    build_sdist,
                    each,
                    files.get(each.path, each.path),
                    wheels,
                    pythons,
                    tools,
                    folder / f"sdist-{number}",
                ): each
                for number, each in enumerate(sdists)
            }
            trying = self._start(pool, wheels, pythons, tools, folder)
            for done in self._each(building):
                built = done.result()
                self._take(built.attempt)
                self._say(f"built {built.attempt.subject.path}: {built.words}")
                if built.subject is not None:
                    trying.update(self._start(pool, [built.subject], pythons, tools, folder))
            for count, done in enumerate(self._each(trying), start=1):
                attempt = done.result()
                self._take(attempt)
                where = f"{attempt.subject.filename}, {attempt.python.name}"
                self._say(f"[{count}/{len(trying)}] {where}: {attempt.words}")
        except BaseException:  # such as Ctrl-C or a signal
            tools.sandbox.stop()
            pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()
        self._say_what_is_missing(bool(distributions))

    def _start(
        self,
        pool: ThreadPoolExecutor,
        subjects: Iterable[Subject],
        pythons: list[Python],
        tools: Tools,
        folder: Path,
    ) -> dict[Future[Any], Any]:
        """Start an attempt for each wheel and each Python that it is for."""
        made: dict[Future[Any], Any] = {}
        for subject in subjects:
            reasons = {each: why_not(each, subject.filename, subject.requires_python) for each in pythons}
            fitting = [each for each, reason in reasons.items() if reason is None]
            for python in fitting:
                where = folder / f"{len(self.attempts)}-{len(made)}-{subject.project}-{python.short}"
                made[pool.submit(Trying(subject, python, tools, where).run)] = subject
            self._say_why_not(subject, fitting, reasons)
        return made

    def _say_why_not(
        self, subject: Subject, fitting: Sequence[Python], reasons: Mapping[Python, str | None]
    ) -> None:
        skipped = self.happened.skipped
        if not fitting:
            said = dict.fromkeys(each for each in reasons.values() if each) or {"no Python is at hand": None}
            skipped.append(Skipped(subject.path, f"not tried: {'; '.join(said)}"))
            return
        self.happened.tries.tried.append(subject.path)
        metadata = subject.distribution.metadata
        declared = metadata.all("Classifier") if metadata is not None and not self._wishes.pythons else ()
        there = {each.short for each in reasons}
        missing = [
            f"3.{value[len(_CLASSIFIER) :]}"
            for value in declared
            if value.startswith(_CLASSIFIER) and f"3.{value[len(_CLASSIFIER) :]}" not in there
        ]
        if missing:
            skipped.append(Skipped(subject.path, f"not tried with Python {', '.join(missing)}: not at hand"))

    def _each(self, futures: Mapping[Future[Any], Any]) -> Iterable[Future[Any]]:
        """Yield futures as they are done; the wait ends now and then, because signals must be noticed."""
        left = set(futures)
        while left:
            done, left = wait(left, timeout=0.5, return_when=FIRST_COMPLETED)
            yield from done

    def _take(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self.happened.skipped += attempt.skipped
        self.happened.failures += attempt.failures

    def _say_what_is_missing(self, is_given: bool) -> None:
        """Add a failure if nothing was tried, because no Python fits."""
        if is_given and not self.happened.tries.tried and not self.happened.failures:
            reasons = "; ".join(dict.fromkeys(each.reason for each in self.happened.skipped))
            self.happened.failures.append(Failure(f"nothing was tried: {reasons}"))


def joined(attempts: Iterable[Attempt]) -> list[Trial]:
    """Return trials with one cause as one: on several Pythons, or of several modules and commands."""
    attempts = list(attempts)
    groups: dict[object, list[Trial]] = {}
    for attempt in attempts:
        for trial in attempt.trials:
            groups.setdefault(_cause(trial), []).append(trial)
    return sorted((_join(group, attempts) for group in groups.values()), key=_place)


def _cause(trial: Trial) -> object:
    """Return what trials of one cause have in common; the words of an exception differ between Pythons."""
    if trial.step in (Step.IMPORT, Step.LOAD, Step.RUN) and trial.fate is Fate.FAILED and trial.line:
        return (trial.distribution, trial.member, trial.line, trial.kind, trial.missing)
    if trial.step in (Step.INSTALL, Step.OPEN):
        return (trial.distribution, trial.step, trial.kind, trial.error)
    if trial.step is Step.RUN and trial.fate is Fate.EXITED:
        return (trial.distribution, trial.step, trial.fate, trial.name.rpartition(" ")[0])
    return (trial.distribution, trial.step, trial.fate, trial.name, trial.kind)


def _place(trial: Trial) -> tuple[Any, ...]:
    return (trial.distribution, _ORDER.index(trial.step), trial.name)


def _join(group: list[Trial], attempts: Iterable[Attempt]) -> Trial:
    """Return one trial for all; the first step, and the module highest in the package, name it."""
    first = min(
        group, key=lambda each: (_ORDER.index(each.step), not each.is_main, each.name.count("."), each.name)
    )
    names = dict.fromkeys(name for each in group for name in (each.name, *each.others))
    names.pop(first.name)
    pythons = list(dict.fromkeys(each.pythons[0] for each in group))
    # Not in the group: the same step on another Python, where it was tried.
    fine = [
        attempt.python.name
        for attempt in attempts
        if attempt.subject.path == first.distribution
        and attempt.python.name not in pythons
        and (
            (first.step, first.name) in attempt.done or first.step in (Step.OPEN, Step.UNINSTALL, Step.CHECK)
        )
    ]
    return replace(
        first,
        pythons=tuple(sorted(pythons, key=_version)),
        fine=tuple(sorted(dict.fromkeys(fine), key=_version)),
        others=tuple(sorted(names)[:_MOST_OTHERS]),
        is_main=any(each.is_main for each in group),
        extra=next((each.extra for each in group if each.extra), None),
    )


def _version(name: str) -> tuple[Any, ...]:
    kind, _, version = name.rpartition(" ")
    return (kind, *(int(each.rstrip("t")) for each in version.split(".")), version)
