"""BH102: what the code of a distribution is able to do."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import BinaryFile, Location, Member, Problem, Severity, quoted, rule
from pkgaudit.rules._shared.index_words import REFUSED
from pkgaudit.rules.data.loader import Marker, marked_files, markers


@rule("BH102", "protected-code", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def protected_code(file: BinaryFile) -> Iterator[Problem]:
    """A Python file holds the marks of a tool that encrypts code: PyArmor or SourceDefender.

    What counts is that the marks stand in a `.py` or `.pye` file of up to 5 MiB, not what they do
    there: a file that merely talks of them is refused as well.

    ## Why it matters
    Nobody can review what encrypted code does, so PyPI does not take it; its acceptable use policy
    says so, and every upload is searched for the marks of these two tools.

    ## How to fix it
    Publish the source, or keep the encrypted build on an index of your own. Where a file only
    names a mark (a detector, a test), put the string together from two parts.

    ## References
    - <https://policies.python.org/pypi.org/Acceptable-Use-Policy/>
    - <https://github.com/pypi/warehouse/tree/main/warehouse/utils/scanner_rules>
    """
    if file.member.is_nested or not _is_searched(file.member):
        return
    for marker in markers():
        if marker.is_in(file.data):
            mark, line = _first(marker, file)
            yield Problem(
                f"it holds {quoted(mark)}, as code that {marker.name} has encrypted does; {REFUSED}",
                Location(file.path, line),
                f"publish the code without {marker.name}; if the file only names the mark, join it from two "
                "strings",
                key=marker.name,
                data={"value": mark, "name": marker.name},
            )


def _is_searched(member: Member) -> bool:
    """Whether the index looks for marks in a member: it goes by the suffix, in any case, and the size."""
    suffixes, largest = marked_files()
    stem, _, suffix = member.name.lstrip(".").rpartition(".")
    return stem != "" and f".{suffix.lower()}" in suffixes and member.entry.size <= largest


def _first(marker: Marker, file: BinaryFile) -> tuple[str, int]:
    """Return the mark that comes first, and its line."""
    places = [(at, mark) for mark in marker.strings if (at := file.data.find(mark)) >= 0]
    at, mark = min(places)
    return mark.decode(), file.window.first_line + file.data.count(b"\n", 0, at)
