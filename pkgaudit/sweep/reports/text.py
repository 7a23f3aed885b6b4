"""The report on a store as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pkgaudit.formatting import counted, sized
from pkgaudit.sweep.reports.overview import Changes, Overview
from pkgaudit.sweep.row import Row
from pkgaudit.sweep.store import Change, Totals

_SIGNS = {"new": "+", "changed": "~", "gone": "-"}
"""The sign before a file, by the kind of its change."""


def report(overview: Overview) -> Iterator[str]:
    """Yield the lines of a report."""
    if overview.runs:
        run = overview.runs[-1]
        state = "complete" if run.is_complete else "not complete"
        yield f"{run.source}: last run {run.started}, {state}"
    yield words_of(overview.totals)
    if overview.project:
        yield ""
        for row in overview.rows:
            yield from _row(row)
    if overview.projects:
        yield ""
        yield from _table(
            ("project", "files", "fail", "no verdict", "error", "warning", "info"),
            (
                (
                    each.project,
                    each.files,
                    each.failed,
                    each.unaudited,
                    each.errors,
                    each.warnings,
                    each.infos,
                )
                for each in overview.projects
            ),
        )
    if overview.codes:
        yield ""
        yield from _table(
            ("rule", "severity", "findings", "files", "projects"),
            ((each.code, each.severity, each.findings, each.files, each.projects) for each in overview.codes),
        )
    if any(overview.changes.counts.values()):
        yield ""
        yield "since the run before:"
        yield from changes(overview.changes)


def words_of(totals: Totals) -> str:
    """Return the numbers of a store in words."""
    return (
        f"{counted(totals.files, 'file')} of {counted(totals.projects, 'project')} ({sized(totals.size)}): "
        f"{totals.passed:,} pass, {totals.failed:,} fail, {totals.unaudited:,} without a verdict; "
        f"{counted(totals.errors, 'error')}, {counted(totals.warnings, 'warning')}, {totals.infos:,} info"
    )


def changes(found: Changes) -> Iterator[str]:
    """Yield the lines on changes: new files, changed ones, and those that are gone."""
    for kind, sign in _SIGNS.items():
        several: list[Change] = getattr(found, kind)
        for each in several:
            yield f"{sign} {each.file}: {_words(each)}"
        more = found.counts[kind] - len(several)
        if more:
            yield f"{sign} {more:,} more {kind}"


def _words(change: Change) -> str:
    parts = [change.after if change.before in ("", change.after) else f"{change.before} -> {change.after}"]
    if change.gained:
        parts.append(f"new: {', '.join(change.gained)}")
    if change.lost and change.after != "gone":
        parts.append(f"no longer: {', '.join(change.lost)}")
    return "; ".join(parts)


def _row(row: Row) -> Iterator[str]:
    yield f"{row.file}: {row.verdict}"
    for failure in row.failures:
        yield f"  {failure}"
    for each in row.findings:
        line = "" if each["line"] is None else f":{each['line']}"
        where = "" if each["member"] is None else f"{each['member']}{line}: "
        yield f"  {each['severity']} {each['code']} {where}{each['message']}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Iterator[str]:
    texts = [head, *([f"{each:,}" if isinstance(each, int) else each for each in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    for row in texts:
        cells = [
            row[0].ljust(widths[0]),
            *(each.rjust(width) for each, width in zip(row[1:], widths[1:], strict=True)),
        ]
        yield "  ".join(cells).rstrip()
