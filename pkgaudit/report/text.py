"""The report for people, on a terminal, in a pipe or in a CI log."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from pkgaudit.finding import Finding, Place, Severity, Verdict
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.escape import printable
from pkgaudit.report.result import Result, Style
from pkgaudit.words import counted, sized

FOLD = 3
"""How many findings of one rule are shown before the rest becomes a count."""

_COLORS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36;1"}


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report."""
    encoding = stream.encoding or "utf-8"
    for line in _Text(result, style).lines():
        # A console of another encoding shows an escape rather than ending the audit.
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


class _Text:
    def __init__(self, result: Result, style: Style) -> None:
        self.result = result
        self.style = style
        self.order = {each.path: number for number, each in enumerate(result.distributions)}

    def paint(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.style.color else text

    def lines(self) -> Iterator[str]:
        for distribution in self.result.distributions:
            yield from self.distribution(distribution)
        yield from self.beside()
        yield from self.failures()
        if self.style.verbose > 0:
            yield from self.aside()
        yield from self.totals()

    def distribution(self, distribution: Distribution) -> Iterator[str]:
        findings = self.result.of(distribution.path)
        if self.style.verbose < 0:
            findings = [each for each in findings if each.severity >= self.result.fail_on]
            if not findings:
                return
        name = self.paint(printable(distribution.path), "1")
        facts = f"{distribution.kind}, {counted(len(distribution.files), 'file')}, {sized(distribution.size)}"
        if not findings:
            yield f"{name}  {facts}: {self.paint('nothing found', '32')}"
            return
        # What has its first place in another distribution is shown there.
        own = [each for each in findings if each.distribution == distribution.path]
        elsewhere = list(
            dict.fromkeys(each.distribution for each in findings if each.distribution != distribution.path)
        )
        yield f"{name}  {facts}" if own else f"{name}  {facts}: {self.see(distribution.path, elsewhere)}"
        for _, group in groupby(own, key=lambda each: (each.severity, each.code, each.name)):
            yield from self.rule(list(group))
        if own and elsewhere:
            yield f"  {self.see(distribution.path, elsewhere, 'also ')}"
        if own:
            yield ""

    def beside(self) -> Iterator[str]:
        """Show what was found on files that are no distributions."""
        least = self.result.fail_on if self.style.verbose < 0 else Severity.INFO
        for path in dict.fromkeys(each.distribution for each in self.result.counted):
            findings = [each for each in self.result.of(path) if each.severity >= least]
            if path not in self.order and findings:
                yield self.paint(printable(path), "1")
                for _, group in groupby(findings, key=lambda each: (each.severity, each.code, each.name)):
                    yield from self.rule(list(group))
                yield ""

    def see(self, path: str, others: list[str], also: str = "") -> str:
        """Say under which distributions more is shown about one."""
        order = self.order
        where = "above" if order.get(others[0], 0) < order.get(path, 0) else "below"
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        return f"see {also}{printable(others[0])} {where}{more}"

    def rule(self, findings: list[Finding]) -> Iterator[str]:
        first = findings[0]
        level = self.paint(str(first.severity), _COLORS[first.severity])
        yield f"  {level} {first.code} {first.name}"
        shown = findings if self.style.verbose > 0 else findings[:FOLD]
        fix = None
        for finding in shown:
            place = printable(str(finding.location))
            message = printable(finding.message)
            yield from self.wrap(f"{place}: {message}" if place else message, "    ", "      ")
            yield from self.also(finding)
            if finding.fix and finding.fix != fix:
                yield from self.fix(finding.fix)
            fix = finding.fix
        if len(shown) < len(findings):
            yield f"    … and {len(findings) - len(shown)} more of it (--verbose shows all)"

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
        """Return a place for people, with its distribution unless that is known."""
        parts = [] if place.distribution == home and place.location.member else [place.distribution]
        return printable(": ".join((*parts, *filter(None, [str(place.location)]))))

    def fix(self, fix: str) -> Iterator[str]:
        head, *rest = fix.splitlines()
        yield from self.wrap(f"fix: {printable(head)}", "      ", "           ")
        for line in rest:
            yield f"           {printable(line)}"

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
        for failure in self.result.failures:
            place = ": ".join(printable(each) for each in (failure.distribution, failure.member) if each)
            message = printable(failure.message)
            yield from self.wrap(
                f"not audited: {place}: {message}" if place else f"not audited: {message}", "", "  "
            )

    def aside(self) -> Iterator[str]:
        for skipped in self.result.skipped:
            yield f"skipped: {printable(skipped.path)}: {printable(skipped.reason)}"
        for finding in self.result.findings:
            if finding.suppressed is not None:
                what = f"{finding.code} {finding.name} ({printable(finding.suppressed)})"
                yield f"suppressed: {self.where(finding.place)}: {what}"
                yield from self.also(finding)

    def totals(self) -> Iterator[str]:
        result = self.result
        levels = [each.severity for each in result.counted]
        by_level = [counted(levels.count(level), str(level)) for level in reversed(Severity)]
        files = sum(len(each.files) + len(each.nested) for each in result.distributions)
        yield ", ".join(
            (
                counted(len(result.distributions), "distribution"),
                counted(files, "file"),
                counted(result.rules, "rule"),
                f"{result.seconds:.2f} s",
            )
        )
        parts = [", ".join(by_level)]
        if result.suppressed:
            parts.append(f"{result.suppressed} suppressed")
        if result.skipped:
            parts.append(f"{counted(len(result.skipped), 'file')} skipped")
        yield "; ".join(parts)
        color = "32;1" if result.verdict is Verdict.PASS else "31;1"
        yield self.paint(str(result.verdict).upper(), color)
