"""BH102: the behavior of a distribution's code."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import BinaryFile, Location, Member, Problem, Severity, quoted, rule
from pkgaudit.rules._shared.index_words import REFUSED
from pkgaudit.rules.data.loader import Marker, marked_files, markers

_STEPS = 50
"""Steps to report a mark, see `Member.spend`."""


@rule("BH102", "protected-code", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def protected_code(file: BinaryFile) -> Iterator[Problem]:
    """A Python file contains the marks of a tool that encrypts code: PyArmor or SourceDefender.

    PyPI searches `.py` and `.pye` files of up to 5 MiB for these marks, and rejects any file that
    contains them, even if the file only mentions them.

    ## Why it matters
    Nobody can review encrypted code, so PyPI's acceptable use policy does not allow it, and PyPI
    searches every upload for the marks of these two tools.

    ## How to fix it
    Publish the source, or keep the encrypted build on a private index. If a file only mentions a
    mark (a detector or a test), join the string from two parts.

    ## References
    - <https://policies.python.org/pypi.org/Acceptable-Use-Policy/>
    - <https://github.com/pypi/warehouse/tree/main/warehouse/utils/scanner_rules>
    """
    if file.member.is_nested or not _is_searched(file.member):
        return
    for marker in markers():
        if marker.is_in(file.data) and file.member.spend(_STEPS):
            mark, line = _first(marker, file)
            yield Problem(
                f"{quoted(file.path)} contains {quoted(mark)}, a mark of code that {marker.name} encrypted; "
                f"{REFUSED}",
                Location(file.path, line),
                f"publish the code without {marker.name}; if the file only mentions the mark, join it from "
                "two strings",
                key=marker.name,
                data={"value": mark, "name": marker.name},
            )


def _is_searched(member: Member) -> bool:
    """Return whether the index searches a member for marks, by its suffix, in any case, and its size."""
    suffixes, largest = marked_files()
    stem, _, suffix = member.name.lstrip(".").rpartition(".")
    return stem != "" and f".{suffix.lower()}" in suffixes and member.entry.size <= largest


def _first(marker: Marker, file: BinaryFile) -> tuple[str, int]:
    """Return the first mark in the file, and its line."""
    places = [(at, mark) for mark in marker.strings if (at := file.data.find(mark)) >= 0]
    at, mark = min(places)
    return mark.decode(), file.window.first_line + file.data.count(b"\n", 0, at)
