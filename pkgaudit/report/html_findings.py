"""Findings in the HTML report: by rule, each with its line, its remedy and its other places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pkgaudit.edits.fixable import is_fixable
from pkgaudit.finding import Finding, Place, Severity
from pkgaudit.formatting import counted
from pkgaudit.report.html_badges import badge
from pkgaudit.report.html_elements import Html, el, join, lines, markdown, spans, text
from pkgaudit.report.html_readmes import Readmes
from pkgaudit.report.result import Result, heading_of

_FOLD = 8
"""The number of findings of one rule that are visible; the rest is folded."""

_PLACES = 4
"""The number of other places of a finding that are visible."""

_DOCUMENTATION = 300_000
"""Characters of documentation on the page after which the text of a rule is not repeated."""


class Findings:
    """The counted findings of a result, with their places on the page."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._numbers = {id(each): number for number, each in enumerate(result.findings)}
        paths = [each.path for each in result.distributions]
        paths += [place.distribution for each in result.counted for place in each.places]
        self.paths = {path: number for number, path in enumerate(dict.fromkeys(paths))}
        """The distributions, and other files with findings, with their numbers."""
        self.readmes = Readmes(result)
        self._documented: dict[str, str] = {}
        self._documentation: dict[str, Html] = {}
        self._written = 0

    def anchor(self, finding: Finding) -> str:
        """Return the id of a finding on the page."""
        return f"f{self._numbers[id(finding)]}"

    def of(self, path: str) -> list[Finding]:
        """Return the findings whose first place is in a distribution."""
        return [each for each in self.result.of(path) if each.distribution == path]

    def groups(self, findings: Iterable[Finding]) -> Iterator[Html]:
        """Yield findings grouped by rule and severity."""
        for (severity, code, name), same in groupby(findings, key=lambda f: (f.severity, f.code, f.name)):
            yield self._group(severity, code, name, list(same))

    def _group(self, severity: Severity, code: str, name: str, findings: list[Finding]) -> Html:
        first = findings[0]
        fixes = {self.result.fix_of(each) for each in findings}
        is_shared = len(fixes) == 1 and len(findings) > 1
        rows = [self._finding(each, with_fix=not is_shared) for each in findings]
        rule = self.result.rule_of(first)
        shown = len(rows) if len(rows) <= _FOLD + 2 else _FOLD
        more = el(
            "details",
            el("summary", f"{len(rows) - shown:,} more"),
            el("ul", *rows[shown:], class_="findings"),
            class_="more",
        )
        return el(
            "section",
            el(
                "header",
                badge(severity),
                el("h4", el("code", code), " ", el("span", name, class_="name")),
                el("span", f"{len(rows):,}", class_="count", title=counted(len(rows), "finding")),
                self._page(first),
                class_="rule-head",
            ),
            el("p", spans(f"{rule.summary}."), class_="summary")
            if rule is not None and rule.summary
            else None,
            el("ul", *rows[:shown], class_="findings"),
            more if shown < len(rows) else None,
            _fix(fix) if is_shared and (fix := self.result.fix_of(first)) else None,
            self._about(first),
            class_=f"rule {severity}",
            data_rule=code,
            data_name=name,
            data_severity=str(severity),
        )

    def _page(self, finding: Finding) -> Html | None:
        page = self.result.page_of(finding)
        if page is None:
            return None
        unseen = el("span", f" on {finding.name}", class_="unseen")
        return el("a", "Documentation", unseen, " \u2197", href=page, rel="noreferrer", class_="page")

    def _about(self, finding: Finding) -> Html | None:
        """Return the documentation of the rule, or a link to it on the page."""
        rule = self.result.rule_of(finding)
        if rule is None or "\n\n" not in rule.documentation:
            return None
        anchor = f"about-{len(self._documented)}"
        if rule.name in self._documented and self._written > _DOCUMENTATION:
            return el(
                "p",
                el("a", f"About {rule.name}", href=f"#{self._documented[rule.name]}"),
                class_="quiet",
            )
        if rule.name not in self._documentation:
            body = rule.documentation.partition("\n\n")[2]
            self._documentation[rule.name] = markdown(body, "h5")
            self._documented[rule.name] = anchor
        else:
            anchor = ""
        body_html = self._documentation[rule.name]
        self._written += len(body_html)
        return el(
            "details",
            el("summary", "About this rule"),
            el("div", body_html, class_="prose"),
            class_="about",
            id=anchor or None,
        )

    def _finding(self, finding: Finding, with_fix: bool) -> Html:
        location = finding.location
        places = sorted({self.paths[place.distribution] for place in finding.places})
        source = self.result.sources.of(finding.place)
        origin = None
        if source is not None:
            line = f":{source.line}" if source.line else ""
            origin = el("p", "In the repository: ", el("code", f"{source.path}{line}"), class_="quiet")
        return el(
            "li",
            el("p", el("code", str(location)), class_="place") if str(location) else None,
            el("p", finding.message, class_="message"),
            el("p", "'pkgaudit fix' can fix it", class_="quiet") if is_fixable(finding) else None,
            frame(finding),
            _fix(fix) if with_fix and (fix := self.result.fix_of(finding)) else None,
            origin,
            self.readmes.link(finding),
            self._also(finding),
            el("p", "Content hash ", el("code", finding.content), class_="quiet content")
            if finding.content
            else None,
            id=self.anchor(finding),
            class_="finding",
            data_in=" ".join(map(str, places)),
        )

    def _also(self, finding: Finding) -> Html | None:
        if not finding.also:
            return None
        rows = [el("li", where(each, finding.distribution)) for each in finding.also]
        shown = len(rows) if len(rows) <= _PLACES + 1 else _PLACES
        more = None
        if shown < len(rows):
            rest = el("summary", counted(len(rows) - shown, "more place"))
            more = el("details", rest, el("ul", *rows[shown:]), class_="more")
        return el("div", el("p", "Also at", class_="label"), el("ul", *rows[:shown]), more, class_="also")

    def pastes(self) -> Iterator[Html]:
        """Yield what several findings say to write into one file, as one text."""
        for paste in self.result.shared:
            yield el(
                "div",
                el("p", heading_of(paste, self.result)),
                el("pre", el("code", lines(paste.text))),
                class_="fix",
            )

    def suppressed(self, finding: Finding) -> Html:
        """Return a suppressed finding, with its suppression."""
        assert finding.suppressed is not None
        by, reason = finding.suppressed.by.value, finding.suppressed.reason
        return el(
            "li",
            el(
                "p", badge(finding.severity), " ", el("code", finding.code), f" {finding.name}", class_="what"
            ),
            el("p", where(finding.place), class_="place"),
            el("p", finding.message, class_="message"),
            el("p", "'pkgaudit fix' can fix it", class_="quiet") if is_fixable(finding) else None,
            el("p", "Suppressed by ", el("code", by), f": {reason}" if reason else ", without a reason"),
            self._also(finding),
            id=self.anchor(finding),
            class_="finding",
        )


def where(place: Place, home: str | None = None) -> Html:
    """Return a place, with its distribution unless that is ``home``."""
    inside = el("code", str(place.location)) if str(place.location) else None
    if place.distribution == home and inside is not None:
        return inside
    return join((el("code", place.distribution), ": " if inside else None, inside))


def frame(finding: Finding) -> Html | None:
    """Return the line of a finding, with its place marked."""
    excerpt = finding.excerpt
    if excerpt is None:
        return None
    at = None if excerpt.column is None else excerpt.column - 1
    line = str(finding.location.line or "")
    head, here, tail = excerpt.text, "", ""
    if at is not None and 0 <= at <= len(excerpt.text):
        head, here, tail = excerpt.text[:at], excerpt.text[at : at + 1] or " ", excerpt.text[at + 1 :]
    # Tabs become spaces, because an escape would hide the indentation.
    head = head.replace("\t", "    ")
    marked = el("mark", here.replace("\t", " ")) if here else None
    return el(
        "pre",
        el("span", line, class_="line", aria_hidden="true") if line else None,
        el(
            "code",
            lines(head) if excerpt.column is None else text(head),
            marked,
            text(tail.replace("\t", "    ")),
        ),
        class_="frame",
    )


def _fix(fix: str) -> Html:
    """Return a remedy: a sentence, and the text to paste, if any."""
    head, _, rest = fix.partition("\n")
    return el(
        "div",
        el("p", el("span", "Fix", class_="label"), " ", spans(head)),
        el("pre", el("code", lines(rest))) if rest.strip() else None,
        class_="fix",
    )
