"""The report for people, on a terminal, in a pipe or in a CI log."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from pkgaudit.edits.fixable import is_fixable
from pkgaudit.finding import Excerpt, Finding, Place, Severity, Verdict
from pkgaudit.formatting import counted, inert, printable, sized, without_place
from pkgaudit.model.capabilities import UsedAt, in_words
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.result import Result, Style, heading_of

FOLD = 3
"""The number of findings of one rule that are shown; the rest is counted."""

CHANGES = 2
"""The number of changes of a file that are shown. Chosen: a finding remains short."""

MARK = "[*]"
"""The mark of findings that ``pkgaudit fix`` can fix."""

_COLORS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36;1"}


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report."""
    encoding = stream.encoding or "utf-8"
    for line in _Text(result, style).lines():
        # Characters outside the console's encoding become escapes and do not end the audit.
        stream.write(inert(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


class _Text:
    def __init__(self, result: Result, style: Style) -> None:
        self.result = result
        self.style = style
        self.order = {each.path: number for number, each in enumerate(result.distributions)}

    def paint(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.style.color else text

    def link(self, text: str, address: str | None) -> str:
        """Return a text with a link, if the terminal supports links."""
        if not self.style.links or address is None:
            return text
        return f"\033]8;;{address}\033\\{text}\033]8;;\033\\"

    @property
    def least(self) -> Severity:
        """The lowest severity that is shown."""
        return self.result.fail_on if self.style.verbose < 0 else Severity.INFO

    def lines(self) -> Iterator[str]:
        if self.style.by_rule:
            yield from self.rules()
            for distribution in self.result.distributions:
                yield from self.abilities(distribution, f"{printable(distribution.path)} is ")
        else:
            for distribution in self.result.distributions:
                yield from self.distribution(distribution)
            yield from self.beside()
        yield from self.pastes()
        yield from self.failures()
        if self.style.verbose > 0:
            yield from self.aside()
        if self.style.statistics:
            yield from self.statistics()
        yield from self.totals()

    def rules(self) -> Iterator[str]:
        """Show the findings grouped by rule, across all distributions."""
        findings = [each for each in self.result.counted if each.severity >= self.least]
        for _, group in groupby(findings, key=lambda each: (each.severity, each.code, each.name)):
            yield from self.rule(list(group))
            yield ""

    def statistics(self) -> Iterator[str]:
        """Count the findings of each rule."""
        counts = Counter((each.severity, each.code, each.name) for each in self.result.counted)
        width = max(map(len, map(str, counts.values())), default=0)
        for (severity, code, name), count in sorted(
            counts.items(), key=lambda each: (-each[0][0], -each[1], each[0])
        ):
            level = self.paint(f"{severity!s:<7}", _COLORS[severity])
            yield f"{count:>{width}}  {level}  {code} {name}"
        if counts:
            yield ""

    def distribution(self, distribution: Distribution) -> Iterator[str]:
        findings = [each for each in self.result.of(distribution.path) if each.severity >= self.least]
        if self.style.verbose < 0 and not findings:
            return
        name = self.paint(printable(distribution.path), "1")
        facts = f"{distribution.kind}, {counted(len(distribution.files), 'file')}, {sized(distribution.size)}"
        if not findings:
            number = self.result.suppressed_in(distribution.path)
            none = "nothing found" if not number else f"{counted(number, 'finding')} suppressed"
            yield f"{name}  {facts}: {self.paint(none, '32')}"
            yield from self.abilities(distribution)
            return
        # Findings with their first place in another distribution are shown there.
        own = [each for each in findings if each.distribution == distribution.path]
        elsewhere = list(
            dict.fromkeys(each.distribution for each in findings if each.distribution != distribution.path)
        )
        yield f"{name}  {facts}" if own else f"{name}  {facts}: {self.see(distribution.path, elsewhere)}"
        yield from self.abilities(distribution)
        for _, group in groupby(own, key=lambda each: (each.severity, each.code, each.name)):
            yield from self.rule(list(group), distribution.path)
        if own and elsewhere:
            yield f"  {self.see(distribution.path, elsewhere, 'also ')}"
        if own:
            yield ""

    def abilities(self, distribution: Distribution, subject: str = "  ") -> Iterator[str]:
        """Show the capabilities of a distribution, if they are known, and with ``--verbose`` their places."""
        if distribution.capabilities is None or self.style.verbose < 0:
            return
        yield from self.wrap(f"{subject}able to: {in_words(distribution.capabilities)}", "", "    ")
        if self.style.verbose:
            for name, total in distribution.capabilities.items():
                places = ", ".join(map(_used, total.places))
                yield from self.wrap(f"    {name}: {places}", "", "      ")

    def beside(self) -> Iterator[str]:
        """Show the findings on files that are not distributions."""
        for path in dict.fromkeys(each.distribution for each in self.result.counted):
            findings = [each for each in self.result.of(path) if each.severity >= self.least]
            if path not in self.order and findings:
                yield self.paint(printable(path), "1")
                for _, group in groupby(findings, key=lambda each: (each.severity, each.code, each.name)):
                    yield from self.rule(list(group), path)
                yield ""

    def see(self, path: str, others: list[str], also: str = "") -> str:
        """Return a reference to the distributions that show further findings on one."""
        order = self.order
        where = "above" if order.get(others[0], 0) < order.get(path, 0) else "below"
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        return f"see {also}{printable(others[0])} {where}{more}"

    def rule(self, findings: list[Finding], home: str | None = None) -> Iterator[str]:
        """Show the findings of one rule; ``home`` is the distribution in the heading above."""
        first = findings[0]
        level = self.paint(str(first.severity), _COLORS[first.severity])
        page = self.result.page_of(first)
        indent = "" if home is None else "  "
        number = f": {counted(len(findings), 'finding')}" if home is None else ""
        yield f"{indent}{level} {self.link(f'{first.code} {first.name}', page)}{number}"
        shown = findings if self.style.verbose > 0 else findings[:FOLD]
        fix = None
        for finding in shown:
            place = self.where(finding.place, home)
            message = printable(
                without_place(finding.message, finding.location.member) if place else finding.message
            )
            message = f"{message} {MARK}" if is_fixable(finding) else message
            yield from self.wrap(f"{place}: {message}" if place else message, "    ", "      ")
            if finding.excerpt is not None:
                yield from self.frame(finding.excerpt, finding.location.line)
            yield from self.also(finding)
            new = self.result.fix_of(finding)
            if new and new != fix:
                yield from self.fix(new)
            fix = new
            if self.style.verbose > 0:
                yield from self.diff(finding)
        if len(shown) < len(findings):
            yield f"    … and {len(findings) - len(shown)} more (--verbose shows all)"
        if self.style.verbose > 0 and page is not None:
            yield f"    page: {page}"

    def frame(self, excerpt: Excerpt, number: int | None) -> Iterator[str]:
        """Show the line of a finding, with a caret under its column, or the lines of a traceback."""
        if len(excerpt.lines) > 1 or number is None:
            for line in map(printable, excerpt.lines):
                space = max(self.style.width - 8, 20)
                yield f"      | {line if _cells(line) <= space else _first(line, space - 1) + '…'}"
            return
        gutter = f"      {number} | "
        at = (excerpt.column or 1) - 1
        front, rest = printable(excerpt.text[:at]), printable(excerpt.text[at:])
        space = max(self.style.width - len(gutter), 20)
        if _cells(front) > space * 2 // 3:
            front = "…" + _last(front, space // 2)
        line = front + rest
        yield gutter + (line if _cells(line) <= space else _first(line, space - 1) + "…")
        if excerpt.column is not None:
            pointer = self.paint("^", "31;1")
            yield f"{' ' * (len(gutter) - 2)}| {' ' * _cells(front)}{pointer}"

    def also(self, finding: Finding) -> Iterator[str]:
        shown = finding.also if self.style.verbose > 0 else finding.also[:FOLD]
        for place in shown:
            yield from self.wrap(f"also at {self.where(place, finding.distribution)}", "      ", "        ")
        if len(shown) < len(finding.also):
            rest = counted(len(finding.also) - len(shown), "more place")
            yield f"      … and {rest} (--verbose shows all)"
        if finding.content and self.style.verbose > 0:
            yield f"      content: {finding.content}"

    @staticmethod
    def where(place: Place, home: str | None = None) -> str:
        """Return a place for people, with its distribution unless that is ``home``."""
        parts = [] if place.distribution == home else [place.distribution]
        location = place.location
        if location.member is None and location.line is not None:
            parts.append(f"line {location.line}")
        elif location.member is not None:
            parts.append(str(location))
        return printable(": ".join(parts))

    def fix(self, fix: str) -> Iterator[str]:
        head, *rest = fix.splitlines()
        yield from self.wrap(f"fix: {printable(head)}", "      ", "           ")
        for line in rest:
            yield f"           {printable(line)}"

    def diff(self, finding: Finding) -> Iterator[str]:
        """Show the first changes that a finding asks for."""
        changes = finding.data.get("diff")
        if not isinstance(changes, list):
            return
        for line in "".join(map(str, changes[:CHANGES])).splitlines():
            yield f"           {_first(printable(line), max(self.style.width - 11, 20))}"
        if len(changes) > CHANGES:
            rest = counted(len(changes) - CHANGES, "more change")
            yield f"           … and {rest} (data.diff with --format json)"

    def pastes(self) -> Iterator[str]:
        """Show what several findings say to write into one file, as one text."""
        shown = {each.fingerprint for each in self.result.counted if each.severity >= self.least}
        for paste in self.result.shared:
            if shown.intersection(paste.fingerprints):
                yield self.paint(printable(heading_of(paste, self.result)), "1")
                yield from (f"    {printable(line)}" for line in paste.text.splitlines())
                yield ""

    def wrap(self, text: str, first: str, other: str) -> Iterable[str]:
        return textwrap.wrap(
            text,
            self.style.width,
            initial_indent=first,
            subsequent_indent=other,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def failures(self) -> Iterator[str]:
        """Yield the failures; repeated failures of one rule are folded."""
        shown: Counter[str] = Counter()
        for failure in self.result.failures:
            shown[failure.message] += failure.member is not None
            if shown[failure.message] > FOLD and self.style.verbose < 1:
                continue
            place = ": ".join(printable(each) for each in (failure.distribution, failure.member) if each)
            message = printable(failure.message)
            yield from self.wrap(
                f"not audited: {place}: {message}" if place else f"not audited: {message}", "", "  "
            )
        for message, number in shown.items():
            if number > FOLD and self.style.verbose < 1:
                more = f"not audited: {number - FOLD:,} more: {printable(message)} (--verbose shows all)"
                yield from self.wrap(more, "", "  ")

    def aside(self) -> Iterator[str]:
        for skipped in self.result.skipped:
            yield f"skipped: {printable(skipped.path)}: {printable(skipped.reason)}"
        for finding in self.result.findings:
            if finding.suppressed is not None:
                what = f"{finding.code} {finding.name} ({printable(str(finding.suppressed))})"
                yield f"suppressed: {self.where(finding.place)}: {what}"
                yield from self.also(finding)

    def totals(self) -> Iterator[str]:
        result = self.result
        levels = [each.severity for each in result.counted]
        by_level = [counted(levels.count(level), str(level)) for level in reversed(Severity)]
        yield ", ".join((*result.inputs, counted(len(result.rules), "rule"), f"{result.seconds:.2f} s"))
        parts = [", ".join(by_level)]
        if result.suppressed:
            parts.append(f"{result.suppressed} suppressed")
        if result.skipped:
            parts.append(f"{counted(len(result.skipped), 'file')} skipped")
        if result.unparsed:
            parts.append(f"{counted(result.unparsed, 'Python file')} not parsed")
        yield "; ".join(parts)
        if result.fixable:
            yield f"{MARK} {result.fixable_words}"
        color = "32;1" if result.verdict is Verdict.PASS else "31;1"
        yield self.paint(result.outcome.upper(), color)


def _cells(text: str) -> int:
    """Return the number of terminal columns of a text."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _first(text: str, columns: int) -> str:
    """Return the beginning of a text that fits into a number of columns."""
    for end, char in enumerate(text):
        columns -= _width(char)
        if columns < 0:
            return text[:end]
    return text


def _last(text: str, columns: int) -> str:
    """Return the end of a text that fits into a number of columns."""
    return _first(text[::-1], columns)[::-1]


def _used(place: UsedAt) -> str:
    line = "" if place.use.line is None else f":{place.use.line}"
    return printable(f"{place.member}{line} ({place.use.name}{'; at import' if place.use.at_import else ''})")
