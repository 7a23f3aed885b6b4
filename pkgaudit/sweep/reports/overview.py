"""The contents of the reports on a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from pkgaudit.finding import Severity
from pkgaudit.sweep.row import Row
from pkgaudit.sweep.store import GONE, Change, Code, Project, Run, Store, StoreError, Totals

VERSION = 1
"""The version of the report in JSON."""

_MOST_ROWS = 10_000
"""The most files of a project in a report; chosen: some projects have thousands of files."""


@dataclass(frozen=True)
class Changes:
    """What changed for files: ``new`` ones, ``changed`` ones with other findings or another verdict, and
    those that are ``gone``. ``counts`` are their numbers, of which the lists may have only a part.
    """

    new: list[Change]
    changed: list[Change]
    gone: list[Change]
    counts: dict[str, int]

    def in_json(self) -> dict[str, Any]:
        """Return the report on changes as JSON values."""
        return {"version": VERSION, "changes": asdict(self)}


@dataclass(frozen=True)
class Overview:
    """A report: the numbers of the store, or of one ``project`` with its ``rows``."""

    runs: list[Run]
    totals: Totals
    projects: list[Project]
    codes: list[Code]
    changes: Changes
    project: str = ""
    rows: tuple[Row, ...] = ()

    def in_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        values: dict[str, Any] = {
            "version": VERSION,
            "run": asdict(self.runs[-1]) if self.runs else None,
            "totals": asdict(self.totals),
            "projects": [asdict(each) for each in self.projects],
            "rules": [asdict(each) for each in self.codes],
            "since_last_run": asdict(self.changes),
        }
        if self.project:
            values |= {"project": self.project, "files": [each.in_json() for each in self.rows]}
        return values


def overview_of(store: Store, most: int, project: str = "") -> Overview:
    """Return a report with at most so many projects and changes.

    Raises:
        StoreError: the store cannot be read, or has no such project.
    """
    runs = store.runs()
    changes = changes_of(_last(runs, store.changes(runs[-1].number, project or None)) if runs else (), most)
    if not project:
        return Overview(runs, store.totals(), store.projects(most), store.codes(), changes)
    rows = []
    for row in store.rows(project):
        rows.append(row)
        if len(rows) == _MOST_ROWS:
            break
    if not rows:
        raise StoreError(f"the store {store.folder} has no file of the project {project!r}")
    rows.sort(key=lambda each: (each.version, each.file))
    return Overview(runs, _totals(rows), [], _codes(rows), changes, project, tuple(rows))


def _last(runs: list[Run], changes: Iterable[Change]) -> Iterable[Change]:
    """Return the changes of the last run; the first run has none, because everything is new."""
    return changes if len(runs) > 1 else ()


def _totals(rows: list[Row]) -> Totals:
    verdicts = Counter(each.verdict for each in rows)
    return Totals(
        len(rows),
        1,
        sum(each.size for each in rows),
        sum(each.seconds for each in rows),
        verdicts["fail"],
        verdicts["pass"],
        verdicts["error"],
        sum(each.errors for each in rows),
        sum(each.warnings for each in rows),
        sum(each.infos for each in rows),
    )


def _codes(rows: list[Row]) -> list[Code]:
    findings = Counter((each["code"], each["severity"]) for row in rows for each in row.findings)
    files = Counter(
        key for row in rows for key in {(each["code"], each["severity"]) for each in row.findings}
    )
    return [
        Code(*key, findings[key], number, 1)
        for key, number in sorted(files.items(), key=lambda each: (-each[1], each[0]))
    ]


def changes_of(changes: Iterable[Change], most: int) -> Changes:
    """Return the changes of some runs together; a file that changed several times has one."""
    merged: dict[tuple[str, str], Change] = {}
    for each in changes:
        key = each.project, each.file
        merged[key] = each if key not in merged else _joined(merged[key], each)
    found: dict[str, list[Change]] = {"new": [], "changed": [], "gone": []}
    for each in merged.values():
        if each.after == GONE:
            # A file that came and went meanwhile does not count.
            if each.before:
                found["gone"].append(each)
        elif not each.before:
            found["new"].append(each)
        elif each.gained or each.lost or each.before != each.after:
            found["changed"].append(each)
    counts = {kind: len(several) for kind, several in found.items()}
    return Changes(found["new"][:most], found["changed"][:most], found["gone"][:most], counts)


def _joined(first: Change, second: Change) -> Change:
    gained, lost = Counter(first.gained), Counter(first.lost)
    new, old = Counter(second.gained), Counter(second.lost)
    return replace(
        second,
        before=first.before,
        gained=sorted(((gained - old) + (new - lost)).elements()),
        lost=sorted(((lost - new) + (old - gained)).elements()),
    )


def is_reached(totals: Totals, level: Severity) -> bool:
    """Return whether a file has a finding of a severity, or of a worse one."""
    numbers = {Severity.ERROR: totals.errors, Severity.WARNING: totals.warnings, Severity.INFO: totals.infos}
    return any(number for severity, number in numbers.items() if severity >= level)


def alerts(store: Store, changes: Iterable[Change], level: Severity) -> bool:
    """Return whether a file has gained a finding of a severity, or of a worse one."""
    return any(
        Severity.parse(levels[code]) >= level
        for each in changes
        if each.gained
        for levels in [store.levels_of(each.file)]
        for code in each.gained
        if code in levels
    )
