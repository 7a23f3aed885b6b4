"""The report as one HTML page that needs no network and no script; text from an archive is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from pkgaudit import __version__
from pkgaudit.finding import Severity, Verdict
from pkgaudit.formatting import counted, sized
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.html_badges import MARKS, badge, mark
from pkgaudit.report.html_contents import Space, box, patterns
from pkgaudit.report.html_elements import Html, el, join, raw
from pkgaudit.report.html_filters import filters
from pkgaudit.report.html_findings import Findings
from pkgaudit.report.readme_page import style_of_page
from pkgaudit.report.result import Result, Style

_CELLS = 600
"""The approximate limit of rectangles in a treemap."""

_ALL_CELLS = 3_000
"""The approximate limit in all treemaps: a page for many wheels must not grow to many megabytes."""

_OPEN = 3
"""The most distributions that are all open when the page loads."""

_HASH = 12
"""The number of digits of a sha256 that are visible."""


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the page in ASCII, which is valid in any encoding of the stream."""
    stream.write(_Page(result).whole())


def resource(suffix: str) -> str:
    """Return the style (``.css``) or the script (``.js``) of the pages."""
    return Path(__file__).with_suffix(suffix).read_text("utf-8")


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Return a policy that allows only our styles and our script. It applies to frames too."""
    allowed, run = (
        " ".join(f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in several)
        or "'none'"
        for several in (styles, scripts)
    )
    return f"default-src 'none'; style-src {allowed}; script-src {run}; base-uri 'none'; form-action 'none'"


def document(title: str, body: Html, *, script: str = "", styles: Sequence[str] = ()) -> str:
    """Return a page with our style in ASCII; ``styles`` are those of its frames."""
    style = resource(".css")
    scripts = [script] if script else []
    page = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", http_equiv="Content-Security-Policy", content=_policy([style, *styles], scripts)),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("meta", name="referrer", content="no-referrer"),
            el("title", f"{title} \u00b7 pkgaudit"),
            raw("style", style),
        ),
        el("body", body, *(raw("script", each) for each in scripts)),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page}\n".encode("ascii", "xmlcharrefreplace").decode("ascii")


class _Page:
    def __init__(self, result: Result) -> None:
        self.result = result
        self.findings = Findings(result)
        self.readmes = list(self.findings.readmes.frames())
        number = len(result.distributions)
        cells = max(min(_CELLS, _ALL_CELLS // number), 30) if number else _CELLS
        self.space = Space(cells, number <= _OPEN)
        self.foreign = [
            path for path in self.findings.paths if path not in {d.path for d in result.distributions}
        ]

    def whole(self) -> str:
        title = f"{self.result.outcome.capitalize()}: {self.subject()}"
        styles = [style_of_page()] if self.readmes else []
        return document(title, self.body(), script=resource(".js"), styles=styles)

    def subject(self) -> str:
        """Return a short name of the audited distributions."""
        found = self.result.distributions
        releases = list(dict.fromkeys(f"{each.name} {each.version}" for each in found))
        return (
            releases[0]
            if len(releases) == 1
            else next(iter(self.result.inputs), counted(len(self.result.counted), "finding"))
        )

    def body(self) -> Html:
        parts = {
            "not-audited": ("Not audited", self.failures()),
            "findings": ("Findings", self.found()),
            "pastes": ("To paste", join(pastes) if (pastes := list(self.findings.pastes())) else None),
            "readmes": ("Readme on PyPI", join(self.readmes) if self.readmes else None),
            "contents": ("Contents", self.maps()),
            "suppressed": ("Suppressed", self.suppressed()),
            "skipped": ("Skipped", self.skipped()),
        }
        shown = {key: part for key, part in parts.items() if part[1] is not None}
        links = [el("li", el("a", name, href=f"#{key}")) for key, (name, _) in shown.items()]
        return join(
            (
                el("a", "Skip to the findings", href="#findings", class_="skip"),
                patterns(),
                el(
                    "header",
                    el(
                        "p",
                        el("b", "pkgaudit"),
                        el("span", f" {__version__}", class_="quiet"),
                        class_="brand",
                    ),
                    el("nav", el("ul", *links), aria_label="Parts of the report"),
                    el("button", "Theme", type="button", id="theme", hidden=True),
                    class_="top",
                ),
                el(
                    "main",
                    self.verdict(),
                    *(
                        el(
                            "section",
                            el("h2", name, id=f"{key}-title"),
                            part,
                            id=key,
                            aria_labelledby=f"{key}-title",
                        )
                        for key, (name, part) in shown.items()
                    ),
                ),
                el("footer", el("p", self.foot(), class_="quiet")),
            )
        )

    def foot(self) -> str:
        days = [each.today for each in self.result.distributions]
        day = f" on {max(days).isoformat()}" if days else ""
        rules = counted(len(self.result.rules), "rule")
        return f"Audited{day} by pkgaudit {__version__}: {rules}, {self.result.seconds:.2f} s."

    def verdict(self) -> Html:
        result = self.result
        levels = [each.severity for each in result.counted]
        numbers: list[tuple[str, str | None]] = [
            *((counted(levels.count(each), str(each)), str(each)) for each in reversed(Severity)),
            (f"{result.suppressed:,} suppressed", None),
            *((each, None) for each in result.inputs),
        ]
        if result.unparsed:
            numbers.append((f"{counted(result.unparsed, 'Python file')} not parsed", None))
        tiles = []
        for said, level in numbers:
            number, _, noun = said.partition(" ")
            mark = f"{level if number != '0' and level else 'none'}"
            tiles.append(el("div", el("dt", noun), el("dd", number), class_=f"tile {mark}"))
        return el(
            "section",
            el(
                "div",
                el("span", MARKS[result.verdict], class_="mark", aria_hidden="true"),
                el(
                    "div",
                    el("h1", el("span", result.outcome.capitalize(), class_="word"), " ", self.subject()),
                    el("p", self.why()),
                ),
                class_="headline",
            ),
            el("dl", *tiles, class_="tiles"),
            self.overview(),
            class_=f"verdict {result.verdict}",
            aria_label="Verdict",
        )

    def why(self) -> str:
        """Return the reason for the verdict in one or two sentences."""
        result = self.result
        bad = sum(each.severity >= result.fail_on for each in result.counted)
        bar = f"at {result.fail_on} level" + ("" if result.fail_on is max(Severity) else " or above")
        said = []
        if bad:
            said.append(f"The audit fails because of {counted(bad, 'finding')} {bar}.")
        elif result.verdict is Verdict.PASS:
            said.append(f"No findings {bar}." if result.counted else "No findings.")
        if result.failures:
            said.append(f"The audit is incomplete: {counted(len(result.failures), 'part')} failed.")
        return " ".join(said)

    def overview(self) -> Html | None:
        """Return the table of distributions."""
        if not self.result.distributions:
            return None
        heads = ("Verdict", "Distribution", "Findings", "Files", "Size", "SHA-256")
        rows = [self.row(number, each) for number, each in enumerate(self.result.distributions)]
        table = el(
            "table",
            el("caption", "Distributions", class_="unseen"),
            el(
                "thead",
                el(
                    "tr",
                    *(
                        el("th", head, scope="col", class_="number" if head in ("Files", "Size") else None)
                        for head in heads
                    ),
                ),
            ),
            el("tbody", *rows),
        )
        return el(
            "div",
            table,
            class_="scroll overview",
            role="region",
            aria_label="Distributions",
            tabindex=0,
        )

    def row(self, number: int, distribution: Distribution) -> Html:
        path = distribution.path
        verdict = self.result.verdict_of(path)
        found = self.result.of(path)
        levels = [each.severity for each in found]
        marks = [
            join((badge(each), f" {levels.count(each):,} ")) for each in reversed(Severity) if each in levels
        ]
        own = self.findings.of(path)
        first = own[0] if own else found[0] if found else None
        target = f"#in-{number}" if own else f"#{self.findings.anchor(first)}" if first else ""
        name = el("code", distribution.filename)
        return el(
            "tr",
            el("td", mark(verdict)),
            el("th", el("a", name, href=f"#box-{number}"), scope="row"),
            el(
                "td",
                el("a", *marks, href=target, class_="counts")
                if first
                else el("span", "none", class_="quiet"),
            ),
            el("td", f"{len(distribution.files):,}", class_="number"),
            el("td", sized(distribution.size), class_="number"),
            el("td", el("code", distribution.sha256[:_HASH], title=distribution.sha256)),
        )

    def found(self) -> Html:
        if not self.result.counted:
            return el("p", "No findings.", class_="quiet")
        sections = [self.section(path) for path in self.findings.paths]
        return join((filters(self.result, self.findings.paths), *sections))

    def section(self, path: str) -> Html | None:
        """Return the findings on one distribution, or on another file."""
        own = self.findings.of(path)
        elsewhere = [each for each in self.result.of(path) if each.distribution != path]
        if not own and not elsewhere:
            return None
        number = self.findings.paths[path]
        note = None
        if elsewhere:
            link = el(
                "a",
                f"{counted(len(elsewhere), 'finding')} shown with {elsewhere[0].distribution}",
                href=f"#{self.findings.anchor(elsewhere[0])}",
            )
            note = el("p", "Also here: ", link, class_="quiet elsewhere")
        levels = [each.severity for each in own]
        counts = [counted(levels.count(each), str(each)) for each in reversed(Severity) if each in levels]
        return el(
            "details",
            el(
                "summary",
                el("h3", self.name(path), id=f"in-{number}"),
                el("span", ", ".join(counts), class_="quiet counted"),
            ),
            note,
            *self.findings.groups(own),
            class_="of",
            open=self.space.is_open or number == 0,
        )

    def name(self, path: str) -> Html:
        """Return a path with its filename emphasized."""
        folder, slash, name = path.rpartition("/")
        verdict = mark(self.result.verdict_of(path))
        return join(
            (verdict, " ", el("span", f"{folder}{slash}", class_="quiet folder-of") if slash else None, name)
        )

    def maps(self) -> Html | None:
        found = self.result.distributions
        if not found:
            return None
        legend = el(
            "p",
            "The area of a file shows its unpacked size, the color its worst finding: ",
            *(join((badge(each), " ")) for each in reversed(Severity)),
            "or ",
            el("span", "none", class_="badge nothing"),
            ". Files too small to be visible are combined, for example as +12.",
            class_="quiet legend",
        )
        boxes = [
            box(self.result, each, f"box-{number}", self.space, self.findings.anchor)
            for number, each in enumerate(found)
        ]
        return join((legend, *boxes))

    def failures(self) -> Html | None:
        rows = [
            el(
                "li",
                *(join((el("code", each), " ")) for each in (failure.distribution, failure.member) if each),
                failure.message,
                join((" (", el("code", failure.rule), ")")) if failure.rule else None,
            )
            for failure in self.result.failures
        ]
        return el("ul", *rows, class_="failures") if rows else None

    def suppressed(self) -> Html | None:
        rows = [
            self.findings.suppressed(each) for each in self.result.findings if each.suppressed is not None
        ]
        if not rows:
            return None
        said = f"{counted(len(rows), 'suppressed finding')}"
        return el("details", el("summary", said), el("ul", *rows, class_="findings"))

    def skipped(self) -> Html | None:
        rows = [el("li", el("code", each.path), f" {each.reason}") for each in self.result.skipped]
        if not rows:
            return None
        return el("details", el("summary", counted(len(rows), "file")), el("ul", *rows, class_="plain"))
