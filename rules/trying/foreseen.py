"""The findings of the audit that a trial confirms, so each fault is reported once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pkgaudit.finding import Finding
from pkgaudit.model.tries import Step, Trial

_OF_IMPORTS = frozenset({"WH109", "WH110", "WH111", "WH116", "WH117"})
"""Rules on the effect of an import: at the place of the traceback, or of the missing module."""

_OF_ENTRY_POINTS = frozenset({"WH122"})
"""Rules on entry points, which name them."""


def foreseen(trial: Trial, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that a trial confirms. One with several places is the same in each distribution."""
    if trial.step not in (Step.IMPORT, Step.LOAD, Step.RUN):
        return
    for each in findings:
        if each.distribution == trial.distribution and _is_of(trial, each):
            yield each


def _is_of(trial: Trial, finding: Finding) -> bool:
    data = finding.data
    if finding.code in _OF_ENTRY_POINTS:
        names = {each.rpartition(": ")[2].partition(" ")[0] for each in (trial.name, *trial.others)}
        return trial.step is not Step.IMPORT and data.get("name") in names
    if finding.code not in _OF_IMPORTS:
        return False
    if trial.missing is not None and data.get("module") == trial.missing:
        return True
    is_same_file = trial.member is not None and finding.location.member == trial.member
    return is_same_file and trial.line is not None and finding.location.line == trial.line
