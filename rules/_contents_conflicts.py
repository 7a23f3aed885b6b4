"""Conflict markers that a merge left in a text, told from texts that are about them."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pkgaudit.api import PythonFile, TextFile

_MARKER = re.compile(r"^(?P<mark><{7}|\|{7}|={7}|>{7}|%{7}|\+{7})(?P<label>[ \t][^\n]*)?\r?$", re.MULTILINE)
_SIGN = "<" * 7

_MOST_MARKERS = 10_000
_LONGEST = 8 << 20
"""Characters of a text that is parsed to see whether the markers are in strings."""

_EDIT = re.compile(r"(?:SEARCH|ORIGINAL|HEAD:old|UPDATED?|REPLACE)\b", re.IGNORECASE)
"""Labels of those who use the markers to describe edits."""

PATCHES = frozenset({".diff", ".patch", ".rej", ".orig"})
"""Suffixes of files that are made of such things."""

_NO_STRINGS = frozenset({".cfg", ".css", ".ini", ".ipynb", ".json", ".scss", ".yaml", ".yml"})
"""Suffixes of settings and code in which no line of a string or of a text begins without indentation."""

_C_FAMILY = frozenset({".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".java", ".pxi"})

_MARKUP = frozenset({".md", ".markdown", ".mdx", ".qmd", ".rmd"})
_METADATA = frozenset({"METADATA", "PKG-INFO"})

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


@dataclass(frozen=True)
class Conflict:
    """A conflict in a file: its first line, how many there are, and whether it breaks the file for sure."""

    line: int | None
    count: int
    digest: str
    is_proven: bool
    reason: str


@dataclass(frozen=True)
class _Region:
    """A conflict: where its first and its last line begin and end, and where it is parted."""

    start: int
    middle: int
    after: int
    end: int
    label: str


def find_conflict(file: TextFile) -> Conflict | None:
    """Return the conflict that a merge left in a file, None if it has none."""
    text = file.text
    suffix = file.member.suffix
    if suffix in PATCHES or _SIGN not in text:
        return None
    regions = [each for each in _regions(text) if not _EDIT.match(each.label)]
    if suffix in _MARKUP or file.member.name in _METADATA:
        regions = _outside_fences(text, regions)
    if not regions:
        return None
    judged = _judge(file, regions)
    if judged is None:
        return None
    first = regions[0]
    digest = hashlib.sha256(text[first.start : first.end].encode("utf-8", "surrogatepass")).hexdigest()
    return Conflict(file.at(first.start).line, len(regions), digest, *judged)


def _regions(text: str) -> Iterator[_Region]:
    """Yield the conflicts: markers in their order, the outer ones where they are nested."""
    opened: re.Match[str] | None = None
    middle: re.Match[str] | None = None
    for match in islice(_MARKER.finditer(text), _MOST_MARKERS):
        mark = match["mark"][0]
        if mark == "<":
            opened, middle = match, None
        elif mark == ">":
            if opened is not None and middle is not None:
                label = (opened["label"] or "").strip()
                yield _Region(opened.start(), middle.start(), match.start(), match.end(), label)
            opened = middle = None
        elif opened is not None and middle is None and (mark in "%+" or (mark == "=" and not match["label"])):
            # A line of percent signs parts the sides of a conflict of Jujutsu.
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
            return None
        return (True, "Python cannot compile it") if _compiles_without(text, regions) else (False, "")
    if suffix == ".toml":
        return None if _is_toml(text) else (True, "it is no TOML")
    if suffix in _NO_STRINGS:
        return True, f"no {suffix[1:].upper()} has such lines"
    if suffix in _C_FAMILY and 'R"' not in text:
        return True, "it cannot be compiled"
    return False, ""


def _compiles_without(text: str, regions: list[_Region]) -> bool:
    """Return whether the source is Python once each conflict is settled for one side, the same for all."""
    for takes_first in (True, False):
        parts = []
        at = 0
        for region in regions:
            parts.append(text[at : region.start])
            side = (region.start, region.middle) if takes_first else (region.middle, region.after)
            lines = text[side[0] : side[1]].split("\n")[1:]
            base = next((at for at, line in enumerate(lines) if line.startswith("|" * 7)), len(lines))
            parts.append("\n".join(lines[:base]))
            parts.append("\n")
            at = region.end
        parts.append(text[at:])
        try:
            ast.parse("".join(parts))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return True
    return False


def _is_toml(text: str) -> bool:
    import tomli

    try:
        tomli.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def _outside_fences(text: str, regions: list[_Region]) -> list[_Region]:
    """Return the conflicts that are not shown in a block of code of a text in Markdown."""
    fences = [match.start() for match in islice(_FENCE.finditer(text), _MOST_MARKERS)]
    found = []
    passed = 0
    for region in regions:
        while passed < len(fences) and fences[passed] < region.start:
            passed += 1
        if passed % 2 == 0:
            found.append(region)
    return found
