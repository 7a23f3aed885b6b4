"""Distinguish conflict markers that a merge left in a text from those that a text shows on purpose."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice

from pkgaudit.api import Member, PythonFile, TextFile
from pkgaudit.late import dataclass, lazy

_MARKER = lazy(
    r"^(?P<mark><{7,100}|\|{7,100}|={7,100}|>{7,100}|%{7,100}|\+{7,100})(?P<label>[ \t][^\n]*)?\r?$",
    re.MULTILINE,
)
"""Seven signs, or more in nested merges and where the attribute ``conflict-marker-size`` says so."""

_LEFT = lazy(r"^(?:<{7}[ \t][^\n]+|>{7}[ \t][^\n]+|={7})\r?$", re.MULTILINE)
"""A marker that somebody may have overlooked. Quotations in mails have only white space between the signs."""

_MOST_MARKERS = 10_000
"""Markers and fences that are read: a bound on hostile texts. One conflict is enough for a finding."""

_LONGEST = 8 << 20
"""Characters of a text that is parsed to see whether the markers are in strings: more than even generated
modules have. A larger text is a warning, because nothing is proven."""

_TOML_PER_STEP = 20
"""Characters of TOML that are parsed in a step, see `Member.spend`."""

_EDIT = lazy(r"(?:SEARCH|ORIGINAL|HEAD:old|UPDATED?|REPLACE)\b", re.IGNORECASE)
"""Labels of markers that describe edits, as in the prompts and answers of coding agents."""

PATCHES = frozenset({".diff", ".patch", ".rej", ".orig"})
"""Suffixes of patches and of the files that they leave, which may contain markers."""

_NO_STRINGS = frozenset({".cfg", ".css", ".ini", ".ipynb", ".json", ".scss", ".yaml", ".yml"})
"""Suffixes of settings and code in which every line of a string or a text is indented."""

# Sources that no compiler accepts with a marker outside of a comment.
_C_FAMILY = frozenset({".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".java", ".pxi"})

_COMMENTED = _C_FAMILY | {".css", ".scss"}
"""Suffixes of formats with multi-line comments, in which markers do no harm."""

# Formats that show conflicts in fenced code blocks; the core metadata contain the readme.
_MARKUP = frozenset({".md", ".markdown", ".mdx", ".qmd", ".rmd"})
_METADATA = frozenset({"METADATA", "PKG-INFO"})

_FENCE = lazy(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


@dataclass(frozen=True)
class Conflict:
    """The conflicts in a file: the first line, the number, and whether they break the file for sure."""

    line: int | None
    count: int
    digest: str
    is_proven: bool
    reason: str
    is_marker: bool = False
    """Whether it is only a marker, which somebody overlooked when resolving the conflict."""


@dataclass(frozen=True)
class _Region:
    """A conflict: where its first and its last line begin and end, and where its two sides meet."""

    start: int
    middle: int
    after: int
    end: int
    label: str


def find_conflict(file: TextFile) -> Conflict | None:
    """Return the conflict that a merge left in a file, None if it has none."""
    text = file.text
    suffix = file.member.suffix
    if suffix in PATCHES:
        return None
    regions = [each for each in _regions(text) if not _EDIT.match(each.label)]
    if not file.member.spend(len(regions)):
        return None
    if suffix in _MARKUP or file.member.name in _METADATA:
        regions = _outside_fences(text, regions)
    if not regions:
        return _left_over(file)
    judged = _judge(file, regions)
    if judged is None:
        return None
    first = regions[0]
    digest = hashlib.sha256(text[first.start : first.end].encode("utf-8", "surrogatepass")).hexdigest()
    return Conflict(file.at(first.start).line, len(regions), digest, *judged)


def _regions(text: str) -> Iterator[_Region]:
    """Yield the conflicts: markers in the right order; of nested conflicts the outer one."""
    opened: re.Match[str] | None = None
    middle: re.Match[str] | None = None
    for match in islice(_MARKER.finditer(text), _MOST_MARKERS):
        mark = match["mark"][0]
        if opened is not None and mark != "<" and len(match["mark"]) != len(opened["mark"]):
            continue
        if mark == "<":
            opened, middle = match, None
        elif mark == ">":
            if opened is not None and middle is not None:
                label = (opened["label"] or "").strip()
                yield _Region(opened.start(), middle.start(), match.start(), match.end(), label)
            opened = middle = None
        elif opened is not None and middle is None and (mark in "%+" or (mark == "=" and not match["label"])):
            # A line of percent signs separates the sides of a Jujutsu conflict.
            middle = match


def _judge(file: TextFile, regions: list[_Region]) -> tuple[bool, str] | None:
    """Return whether the conflict breaks the file for sure and why, None if it is the file's own text."""
    suffix = file.member.suffix
    text = file.text
    if suffix in PythonFile.SUFFIXES:
        python = file.window.view(PythonFile, file.member)
        if python is None or len(text) > _LONGEST:
            return False, ""
        if python.tree is not None:
            return None  # it compiles, so the markers are in strings
        return (
            (True, "Python cannot compile the file")
            if _compiles_without(text, regions, file.member)
            else (False, "")
        )
    if suffix == ".toml":
        return None if _is_toml(text, file.member) else (True, "TOML parsers reject the file")
    if suffix in _COMMENTED and _is_in_comment(text, regions[0].start):
        return False, ""
    if suffix in _NO_STRINGS:
        return True, f"a {suffix} file cannot contain these lines"
    # A raw string of C++ may contain any line.
    if suffix in _C_FAMILY and 'R"' not in text:
        return True, "compilers reject the file"
    return False, ""


def _is_in_comment(text: str, at: int) -> bool:
    return text.rfind("/*", 0, at) > text.rfind("*/", 0, at)


def _left_over(file: TextFile) -> Conflict | None:
    """Return the marker if it is the only reason why the file cannot be read, else None."""
    text, suffix = file.text, file.member.suffix
    reads = _READERS.get(suffix)
    if reads is None or len(text) > _LONGEST or not file.window.whole:
        return None
    markers = list(islice(_LEFT.finditer(text), _MOST_MARKERS))
    # In many texts, a line of seven equals signs underlines a heading.
    if not any(match[0][0] in "<>" for match in markers) or not file.member.spend(len(markers)):
        return None
    python = file.window.view(PythonFile, file.member)
    if (python.tree is not None) if python is not None else reads(text, file.member):
        return None
    if not reads(_LEFT.sub("", text), file.member):
        return None
    first = next(match for match in markers if match[0][0] in "<>")
    digest = hashlib.sha256(file.data).hexdigest()
    reason = "without the marker the file could be read"
    return Conflict(file.at(first.start()).line, 1, digest, True, reason, is_marker=True)


def _compiles_without(text: str, regions: list[_Region], member: Member) -> bool:
    """Return whether the source is Python if all conflicts are resolved for the same side."""
    # Trying both sides of n conflicts would need 2ⁿ attempts; the sides of one merge fit together.
    for takes_first in (True, False):
        parts = []
        at = 0
        for region in regions:
            parts.append(text[at : region.start])
            side = (region.start, region.middle) if takes_first else (region.middle, region.after)
            lines = text[side[0] : side[1]].split("\n")[1:]
            base = next((row for row, line in enumerate(lines) if line.startswith("|" * 7)), len(lines))
            parts.append("\n".join(lines[:base]))
            parts.append("\n")
            at = region.end
        parts.append(text[at:])
        if _is_python("".join(parts), member):
            return True
    return False


def _is_python(text: str, member: Member) -> bool:
    try:
        member.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError):
        return False
    return True


def _is_json(text: str, member: Member) -> bool:
    try:
        json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def _is_toml(text: str, member: Member) -> bool:
    import tomli

    if not member.spend(len(text) // _TOML_PER_STEP):
        return True  # the limit is reported, and nothing is proven
    try:
        tomli.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


_READERS: dict[str, Callable[[str, Member], bool]] = {
    **dict.fromkeys(PythonFile.SUFFIXES, _is_python),
    ".ipynb": _is_json,
    ".json": _is_json,
    ".toml": _is_toml,
}
"""Functions that return whether a text can be read, by the suffixes of strict formats."""


def _outside_fences(text: str, regions: list[_Region]) -> list[_Region]:
    """Return the conflicts that are outside of the fenced code blocks of a Markdown text."""
    fences = [match.start() for match in islice(_FENCE.finditer(text), _MOST_MARKERS)]
    found = []
    passed = 0
    for region in regions:
        while passed < len(fences) and fences[passed] < region.start:
            passed += 1
        if passed % 2 == 0:  # every opened fence has been closed
            found.append(region)
    return found
