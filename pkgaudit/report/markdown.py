"""The report in Markdown, for comments on pull requests and for job summaries.

Text from an archive has no effect: possible markup, mentions, references, addresses and HTML are in code
spans and code blocks, which hosts do not interpret.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from pkgaudit.edits.fixable import is_fixable
from pkgaudit.finding import Finding, Place, Severity, Verdict
from pkgaudit.formatting import counted, sized, write_text
from pkgaudit.model.capabilities import in_words
from pkgaudit.report.escape import code_block, code_span, cut, prose, relative_path
from pkgaudit.report.result import Result, Style, heading_of

COMMENT = 65_536
"""The longest comment on GitHub, in characters; other hosts accept longer ones."""

_RESERVE = 400
"""The space, in bytes, that is reserved for the last lines."""

# Chosen: neither one kind of rows nor one finding may fill the whole comment.
_ROWS = 50
_FAILURES = 50  # as many as rows
_ALSO = 5  # further places of a finding
FIXABLE = " (`pkgaudit fix` can fix it)"
"""The end of a finding that the command can fix."""

_LONGEST = 1_500  # characters of a message or a fix
_LONGEST_PATH = 300  # characters of a path on its own line
_LONGEST_CELL = 120  # characters of a path in a table, which would grow too wide


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report, at most as long as a comment may be."""
    write_text(stream, document(result, COMMENT))


def document(result: Result, most: int = COMMENT) -> str:
    """Return the report in at most ``most`` bytes of UTF-8; the last line counts the omitted findings.

    If not even the verdict fits, the text is empty.
    """
    page = _Page(most - _RESERVE)
    if not page.add(_head(result)):
        return ""
    page.add("".join(_table(result)))
    page.add("".join(_abilities(result)))
    page.add("".join(_failures(result)))
    left = 0
    for severity in reversed(Severity):
        findings = [each for each in result.counted if each.severity is severity]
        if not findings:
            continue
        is_open = severity >= result.fail_on
        title = counted(len(findings), str(severity))
        start, end = (f"\n### {title}\n", "") if is_open else (_summary(title), "\n</details>\n")
        if not page.add(start):
            left += len(findings)
            continue
        for _, group in groupby(findings, key=lambda each: (each.code, each.name)):
            left += _rule(page, result, list(group))
        page.close(end)
    for paste in result.shared:
        lines = paste.text.splitlines()
        page.add(f"\n{prose(heading_of(paste, result))}\n\n{code_block(lines)}")
    if left:
        page.close(
            f"\n_{counted(left, 'more finding')} omitted, because the report is limited to {most:,} bytes. "
            "The log and the other formats show all findings._\n"
        )
    return page.text


def _summary(title: str) -> str:
    return f"\n<details>\n<summary>{title}</summary>\n"


class _Page:
    """A text that grows by blocks; after the first block that does not fit, no block is added."""

    def __init__(self, most: int) -> None:
        self.text = ""
        self._space = most

    def add(self, block: str) -> bool:
        """Add a block, and return whether it fits."""
        self._space -= len(block.encode("utf-8"))
        if self._space < 0:
            self._space = -1
            return False
        self.text += block
        return True

    def close(self, block: str) -> None:
        """Add one of the lines with reserved space."""
        self.text += block


def _rule(page: _Page, result: Result, findings: list[Finding]) -> int:
    """Add the findings of one rule, and return the number that did not fit."""
    first = findings[0]
    address = result.page_of(first)
    code = f"[{first.code}]({address})" if address else first.code
    start = f"\n**{code} {first.name}**\n\n"
    for number, finding in enumerate(findings):
        before = result.fix_of(findings[number - 1]) if number else None
        if not page.add(start + "".join(_finding(finding, result.fix_of(finding), before))):
            return len(findings) - number
        start = ""
    return 0


def _finding(finding: Finding, fix: str | None, fix_before: str | None) -> Iterator[str]:
    """Yield the lines of a finding; a remedy equal to the previous one is not repeated."""
    fixable = FIXABLE if is_fixable(finding) else ""
    yield f"- {_where(finding.place)}: {prose(cut(finding.message, _LONGEST))}{fixable}\n"
    if finding.also:
        shown = ", ".join(_where(each) for each in finding.also[:_ALSO])
        more = f" and {len(finding.also) - _ALSO} more" if len(finding.also) > _ALSO else ""
        yield f"\n  Also at {shown}{more}\n"
    if finding.excerpt is not None:
        lines = finding.excerpt.lines
        number = f"{finding.location.line} | "
        if len(lines) == 1 and finding.location.line is not None:
            lines = [number + lines[0]]
        if finding.excerpt.column is not None:
            lines.append(f"{'| ':>{len(number)}}{'^':>{finding.excerpt.column}}")
        yield "\n" + code_block(lines, "  ")
    if fix and fix != fix_before:
        head, *rest = cut(fix, _LONGEST).splitlines()
        yield f"\n  Fix: {prose(head)}\n"
        if rest:
            yield "\n" + code_block(rest, "  ")


def _where(place: Place) -> str:
    distribution = code_span(cut(relative_path(place.distribution), _LONGEST_PATH))
    if place.location.member is None and place.location.line is None:
        return distribution
    if place.location.member is None:
        return code_span(f"{cut(relative_path(place.distribution), _LONGEST_PATH)}{place.location}")
    return f"{code_span(cut(str(place.location), _LONGEST_PATH))} in {distribution}"


def _head(result: Result) -> str:
    mark = "✅" if result.verdict is Verdict.PASS else "⚠️" if result.failures else "❌"
    levels = [each.severity for each in result.counted]
    parts = [counted(levels.count(level), str(level)) for level in reversed(Severity)]
    totals = [" in ".join((", ".join(parts), *result.inputs[:1]))]
    if result.suppressed:
        totals.append(f"{result.suppressed:,} suppressed")
    if result.skipped:
        totals.append(f"{counted(len(result.skipped), 'file')} skipped")
    if result.unparsed:
        totals.append(f"{counted(result.unparsed, 'Python file')} not parsed")
    return f"## {mark} pkgaudit: {result.outcome}\n\n{'; '.join(totals)}.\n"


def _table(result: Result) -> Iterator[str]:
    if not result.distributions:
        return
    yield "\n| distribution | kind | size | files | errors | warnings | infos | verdict |\n"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
    for each in result.distributions[:_ROWS]:
        levels = [finding.severity for finding in result.of(each.path)]
        name = code_span(cut(relative_path(each.path), _LONGEST_CELL)).replace("|", "\\|")
        cells = [name, str(each.kind), sized(each.size), f"{len(each.files):,}"]
        cells += [f"{levels.count(level):,}" for level in reversed(Severity)]
        yield f"| {' | '.join([*cells, str(result.verdict_of(each.path))])} |\n"
    if len(result.distributions) > _ROWS:
        yield f"\n… and {len(result.distributions) - _ROWS:,} more\n"
    if any(place.distribution != each.distribution for each in result.counted for place in each.also):
        yield "\nA finding in several distributions counts in each of them.\n"


def _abilities(result: Result) -> Iterator[str]:
    """Yield the known capabilities of the distributions."""
    known = [(each.path, each.capabilities) for each in result.distributions if each.capabilities is not None]
    if known:
        yield "\n### Capabilities\n\n"
    for path, found in known[:_ROWS]:
        yield f"- {code_span(cut(relative_path(path), _LONGEST_PATH))} is able to: {prose(in_words(found))}\n"
    if len(known) > _ROWS:
        yield f"- … and {len(known) - _ROWS:,} more\n"


def _failures(result: Result) -> Iterator[str]:
    if result.failures:
        yield "\n### Not audited\n\n"
    for each in result.failures[:_FAILURES]:
        paths = [relative_path(each.distribution) if each.distribution else None, each.member]
        where = ": ".join(code_span(cut(path, _LONGEST_PATH)) for path in paths if path)
        message = prose(cut(each.message, _LONGEST))
        yield f"- {where}: {message}\n" if where else f"- {message}\n"
    if len(result.failures) > _FAILURES:
        yield f"- … and {len(result.failures) - _FAILURES:,} more\n"
