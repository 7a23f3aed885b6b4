"""The common parts of messages on trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import groupby

from pkgaudit.api import Location, Problem, Severity, quoted
from pkgaudit.finding import Finding
from pkgaudit.late import dataclass
from pkgaudit.model.tries import Fate, Step, Trial, Tries
from pkgaudit.rules.trying.foreseen import foreseen

_SHOWN = 3
"""Names that a message lists. Chosen."""

_LONGEST = 200
"""Characters of the last line of a traceback in a message. Chosen; the excerpt shows the rest."""


@dataclass(frozen=True)
class Judged(Trial):
    """A trial with the findings of the audit that it confirms."""

    foreseen: tuple[Finding, ...] = ()


def trials_of(tries: Tries, step: Step, *fates: Fate) -> Iterator[Judged]:
    """Yield the trials of a step that ended in one of these ways, or in any way."""
    for each in tries.trials:
        if each.step is step and (not fates or each.fate in fates):
            facts = {name.name: getattr(each, name.name) for name in fields(each)}
            yield Judged(**facts, foreseen=tuple(foreseen(each, tries.findings)))


def pythons(names: Iterable[str]) -> str:
    """Return Pythons in words: CPython 3.9 and 3.13, PyPy 3.10."""
    parts = []
    for kind, group in groupby(names, lambda each: each.rpartition(" ")[0]):
        parts.append(f"{kind} {listed([each.rpartition(' ')[2] for each in group])}")
    return ", ".join(parts)


def listed(words: list[str]) -> str:
    """Return words as a list with "and"."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def said(trial: Judged, fails: str) -> str:
    """Return a message: what fails, with which Pythons, why, what else, and which rule reports it too."""
    message = f"{fails} with {pythons(trial.pythons)}"
    if trial.error:
        error = trial.error if len(trial.error) <= _LONGEST else f"{trial.error[: _LONGEST - 1]}…"
        message += f": {error}"
    if trial.others:
        shown = [quoted(each) for each in trial.others[:_SHOWN]]
        rest = len(trial.others) - len(shown)
        message += f"; the same applies to {listed([*shown, *([f'{rest} more'] if rest else [])])}"
    if trial.fine:
        message += f"; it works with {pythons(trial.fine)}"
    if trial.foreseen:
        codes = list(dict.fromkeys(each.code for each in trial.foreseen))
        message += f"; {listed(codes)} {'foresees' if len(codes) == 1 else 'foresee'} it"
    return message


def problem(
    trial: Judged, message: str, fix: str, severity: Severity | None = None, **data: object
) -> Problem:
    """Return the problem of a trial. A finding that foresees it has a better remedy."""
    fixes = [each.remedy if each.remedy is not None else each.fix for each in trial.foreseen]
    first = next((each for each in fixes if each is not None), None)
    kept: dict[str, object] = {"pythons": list(trial.pythons), **data}
    if trial.error:
        kept["error"] = trial.error
    if trial.others:
        kept["names"] = list(trial.others)
    if trial.foreseen:
        kept["rules"] = list(dict.fromkeys(each.code for each in trial.foreseen))
    return Problem(
        message,
        Location(trial.member, trial.line if trial.member else None),
        fix if first is None else first,
        severity,
        key=f"{trial.step.value} {trial.name}",
        distribution=trial.distribution,
        data=kept,  # type: ignore[arg-type]  # the values are texts, numbers and lists of texts
        excerpt=trial.lines,
        confirms=tuple(each.fingerprint for each in trial.foreseen),
    )


def severity_of(trial: Judged, usual: Severity) -> Severity:
    """Return the severity of code that fails: what the audit foresees counts at least as much as there.

    A fault in an import package or a command hits every user, one in another module only those who import it;
    a module that needs a project that is not required may be an optional integration. An exception that may
    mean that this machine lacks something is no proof of a fault.
    """
    foreseen = [each.severity for each in trial.foreseen]
    if trial.needs_other and not trial.is_main:
        own = Severity.INFO
    elif trial.extra is not None or not (trial.is_main and trial.is_certain):
        own = min(usual, Severity.WARNING)
    else:
        own = usual
    return max([own, *foreseen])


def effect(trial: Judged) -> str:
    """Return how an interpreter ended that did not do what it was asked to."""
    if trial.fate is Fate.TIMED_OUT:
        return f"does not end within {trial.seconds:g} s"
    if trial.fate is Fate.KILLED:
        return f"ends the interpreter by signal {trial.status}" if trial.status else "ends the interpreter"
    return f"ends the interpreter with status {trial.status}"
