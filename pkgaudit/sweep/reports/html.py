"""The report on a store as one HTML page without scripts; all text of files is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pkgaudit import __version__
from pkgaudit.finding import Severity
from pkgaudit.formatting import counted
from pkgaudit.report.html import document
from pkgaudit.report.html_badges import badge
from pkgaudit.report.html_elements import Child, Html, el, join
from pkgaudit.sweep.reports.overview import Overview
from pkgaudit.sweep.reports.text import words_of
from pkgaudit.sweep.row import Row
from pkgaudit.sweep.store import Change


def page(overview: Overview) -> str:
    """Return the page in ASCII."""
    subject = overview.project or (overview.runs[-1].source if overview.runs else "no run yet")
    parts = {
        "files": ("Files", _files(overview.rows)),
        "projects": ("Worst projects", _projects(overview)),
        "rules": ("Rules", _rules(overview)),
        "new": ("New since the run before", _changes(overview, "new")),
        "changed": ("Changed since the run before", _changes(overview, "changed")),
        "gone": ("Gone since the run before", _changes(overview, "gone")),
    }
    shown = {key: part for key, part in parts.items() if part[1] is not None}
    links = [el("li", el("a", name, href=f"#{key}")) for key, (name, _) in shown.items()]
    sections = [
        el("section", el("h2", name, id=f"{key}-title"), part, id=key, aria_labelledby=f"{key}-title")
        for key, (name, part) in shown.items()
    ]
    brand = el("p", el("b", "pkgaudit"), el("span", f" {__version__}", class_="quiet"), class_="brand")
    body = join(
        (
            el("a", "Skip to the numbers", href="#numbers", class_="skip"),
            el("header", brand, el("nav", el("ul", *links), aria_label="Parts of the report"), class_="top"),
            el("main", _numbers(overview, subject), *sections),
            el("footer", el("p", f"Written by pkgaudit {__version__}.", class_="quiet")),
        )
    )
    return document(f"Sweep: {subject}", body)


def _numbers(overview: Overview, subject: str) -> Html:
    totals = overview.totals
    tiles = [
        ("files", totals.files, ""),
        ("fail", totals.failed, "error"),
        ("without a verdict", totals.unaudited, "warning"),
        ("errors", totals.errors, "error"),
        ("warnings", totals.warnings, "warning"),
        ("info", totals.infos, "info"),
    ]
    said = words_of(totals)
    if overview.runs:
        run = overview.runs[-1]
        said = f"Last run {run.started}{'' if run.is_complete else ', which is not complete'}. {said}."
    return el(
        "section",
        el("div", el("div", el("h1", subject), el("p", said)), class_="headline"),
        el(
            "dl",
            *(
                el(
                    "div",
                    el("dt", name),
                    el("dd", f"{number:,}"),
                    class_=f"tile {level if number else 'none'}",
                )
                for name, number, level in tiles
            ),
            class_="tiles",
        ),
        id="numbers",
        class_="verdict",
        aria_label="Numbers",
    )


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Child | int]]) -> Html | None:
    """Return a table, of which the first cell of each row is its head; None without rows."""
    found = [
        el(
            "tr",
            el("th", _cell(first), scope="row"),
            *(el("td", _cell(each), class_="number" if isinstance(each, int) else None) for each in rest),
        )
        for first, *rest in rows
    ]
    if not found:
        return None
    heads = el("tr", *(el("th", each, scope="col") for each in head))
    table = el("table", el("caption", caption, class_="unseen"), el("thead", heads), el("tbody", *found))
    return el("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _cell(value: Child | int) -> Child:
    return f"{value:,}" if isinstance(value, int) else value


def _projects(overview: Overview) -> Html | None:
    return _table(
        "Worst projects",
        ("project", "files", "fail", "no verdict", "errors", "warnings", "info"),
        (
            (each.project, each.files, each.failed, each.unaudited, each.errors, each.warnings, each.infos)
            for each in overview.projects
        ),
    )


def _rules(overview: Overview) -> Html | None:
    return _table(
        "Rules by the number of files",
        ("rule", "severity", "findings", "files", "projects"),
        (
            (each.code, badge(Severity.parse(each.severity)), each.findings, each.files, each.projects)
            for each in overview.codes
        ),
    )


def _changes(overview: Overview, kind: str) -> Html | None:
    several: list[Change] = getattr(overview.changes, kind)
    table = _table(
        kind,
        ("file", "before", "now", "new findings", "findings that are gone"),
        (
            (each.file, each.before, each.after, ", ".join(each.gained), ", ".join(each.lost))
            for each in several
        ),
    )
    more = overview.changes.counts[kind] - len(several)
    return (
        join((table, el("p", f"{counted(more, 'more file')}.", class_="quiet") if more else None))
        if table
        else None
    )


def _files(rows: Iterable[Row]) -> Html | None:
    return _table(
        "Files and their findings",
        ("file", "verdict", "findings"),
        ((row.file, row.verdict, _findings(row)) for row in rows),
    )


def _findings(row: Row) -> Html:
    items = [el("li", each) for each in row.failures]
    for each in row.findings:
        line = "" if each["line"] is None else f":{each['line']}"
        where = "" if each["member"] is None else f"{each['member']}{line}: "
        items.append(
            el("li", badge(Severity.parse(each["severity"])), f" {each['code']} {where}{each['message']}")
        )
    return el("ul", *items) if items else Html("")
