"""The files that a Rust source needs to be compiled: modules, included texts, and C sources of build.rs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from pkgaudit.api import TextFile
from pkgaudit.late import dataclass, lazy

_LARGEST = 1 << 20
"""The most bytes of a source that is read: many times those of written ones; bounds the time."""

_MOST = 500
"""The most modules and texts of a source that are kept: more than in real ones."""

_VISIBLE = r"(?:pub(?:\([^)\n]{1,99}\))?[ \t]+)?"
_BEFORE = lazy(_VISIBLE)
_MODULE = lazy(r"mod[ \t]+(?:r#)?(\w{1,99})[ \t]*;")
"""A module in another file, after its visibility; a pattern that begins with a word is searched fast."""

_INCLUDED = lazy(
    r"include(?:_str|_bytes)?!\(\s{0,99}(?:\"(?P<near>[^\"\n\\]{1,300})\"|concat!\(\s{0,99}env!\(\s{0,99}"
    r"\"CARGO_MANIFEST_DIR\"\s{0,99}\),\s{0,99}\"/(?P<top>[^\"\n\\]{1,300})\",?\s{0,99}\)),?\s{0,99}\)"
)
"""A file that the compiler reads, beside the source or below the folder of the crate."""

_OUTERMOST = lazy(r"^[A-Za-z_#][^\n]*", re.MULTILINE)
"""The first line of an item that is in no other item, or of its attributes."""

_ALWAYS = lazy(
    rf"#!\[doc[ \t]*=|include!|{_VISIBLE}(?:(?:async|const|unsafe|extern[ \t]+\"C\")[ \t]+)*"
    r"(?:fn|const|static)\b"
)
"""The beginning of items whose macros are always expanded: documentation of the crate, functions, constants.
"""

_INNER = lazy(r"#!?\[|//[^\n]*\Z|\b(\w+)!\s?[(\[{]")
"""In an item, the beginning of an attribute or macro, and a comment in the last line."""

_PLAIN_MACROS = frozenset(
    {
        *("assert", "cfg", "concat", "env", "eprintln", "format", "include_bytes", "include_str", "print"),
        *("println", "vec"),
    }
)
"""Macros of the standard library that expand their arguments."""

_LONGEST = 20_000
"""The most characters of an item before a macro in it: more than in real functions; bounds the time."""

_UNCERTAIN = lazy(r"/\*|\bb?r#*\"|^[^\"\n]*\"[^\"\n]*\n|macro_rules!|^#!\[cfg\(", re.MULTILINE)
"""The beginning of what is not always compiled, or what a line scanner may misunderstand: comments and texts
of several lines.
"""

_HARMLESS = lazy(
    r"#\[(?:allow|expect|warn|deny|doc|macro_use|rustfmt::skip|inline|must_use|py(?:function|module|o3))\b[^\n\]]*\]"
)
"""Attributes without effect on whether an item is compiled."""

_C_SOURCE = lazy(r"\.file\(\s{0,99}\"([^\"\n\\]{1,300})\"\s{0,99}\)")
_CHOICE = lazy(r"\b(?:if|match|cfg|exists|env|Command|copy|write|create|rename|for|while)\b|//|/\*")
"""Words of a build script that may not compile the file, or make it, or stand in a comment."""


@dataclass(frozen=True)
class RustSource:
    """The modules and texts that a source always needs, each with its line; ``c_sources`` those of build.rs.

    ``included`` has paths relative to the folder of the source, those after a slash to that of the crate.
    """

    modules: tuple[tuple[str, int], ...]
    included: tuple[tuple[str, int], ...]
    c_sources: tuple[tuple[str, int], ...]


def rust_source_in(file: TextFile) -> RustSource | None:
    """Return the certain needs of a Rust source of an sdist, None if it has none."""
    if not file.window.whole or len(file.data) > _LARGEST:
        return None
    return read_source(file.text)


def read_source(text: str) -> RustSource | None:
    """Return the certain needs of a Rust source, None if it has none."""
    calls_cc = "cc::Build" in text and not _CHOICE.search(text)
    c_sources = tuple(_found(text, _C_SOURCE)) if calls_cc else ()
    modules = list(_found(text, _MODULE))
    included = list(_included(text)) if "include" in text else []
    if modules or included:
        start = text.find("*/") + 2 if text.startswith("/*") else 0  # the license
        uncertain = _UNCERTAIN.search(text, start)
        last = text.count("\n", 0, uncertain.start()) + 1 if uncertain else len(text)
        modules, included = ([each for each in found if each[1] < last] for found in (modules, included))
    return (
        RustSource(tuple(modules), tuple(included), c_sources) if modules or included or c_sources else None
    )


def _found(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    line = 1
    last = 0
    for number, match in enumerate(pattern.finditer(text)):
        if number == _MOST:
            return
        line += text.count("\n", last, match.start())
        last = match.start()
        start = text.rfind("\n", 0, match.start()) + 1
        is_item = _BEFORE.fullmatch(text, start, match.start()) and not _has_attribute(text, start)
        if pattern is _C_SOURCE or is_item:
            yield match[1], line


def _included(text: str) -> Iterator[tuple[str, int]]:
    """Yield the files that macros of a source always include, each with its line."""
    matches = list(islice(_INCLUDED.finditer(text), _MOST))
    starts = [match.start() for match in _OUTERMOST.finditer(text)] if matches else []
    ends: dict[int, int | None] = {}
    for match in matches:
        place = bisect_right(starts, match.start())
        start = starts[place - 1] if place else 0
        if start not in ends:
            first = _ALWAYS.match(text, start)
            ends[start] = None if first is None or _has_attribute(text, start) else first.end()
        after = ends[start]
        if after is not None and match.start() - start < _LONGEST:
            inner = _INNER.finditer(text, min(after, match.start()), match.start())
            if all(each[1] in _PLAIN_MACROS for each in inner):
                yield match["near"] or f"/{match['top']}", text.count("\n", 0, match.start()) + 1


def _has_attribute(text: str, at: int) -> bool:
    """Return whether an attribute before an item may hide the item, or decide about its file."""
    while at > 0:
        start = text.rfind("\n", 0, at - 1) + 1
        line = text[start : at - 1].partition("//")[0].strip()
        if line and not _HARMLESS.fullmatch(line):
            return line.startswith("#[") or (not line.endswith((";", "}")) and not line.startswith("#!["))
        at = start
    return False
