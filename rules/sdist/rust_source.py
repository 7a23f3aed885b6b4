"""The files that a Rust source needs to be compiled: modules, included texts, and C sources of build.rs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import ArchiveKind, TextFile

_LARGEST = 1 << 20
"""The most bytes of a source that is read: many times those of written ones; bounds the time."""

_MOST = 500
"""The most modules and texts of a source that are kept: more than in real ones."""

_VISIBLE = r"(?:pub(?:\([^)\n]{1,99}\))?[ \t]+)?"
_MODULE = re.compile(rf"^{_VISIBLE}mod[ \t]+(?:r#)?(\w{{1,99}})[ \t]*;", re.MULTILINE)
_INCLUDE = (
    r"include_(?:str|bytes)!\(\s{0,99}(?:\"(?P<near>[^\"\n\\]{1,300})\"|concat!\(\s{0,99}env!\("
    r"\"CARGO_MANIFEST_DIR\"\),\s{0,99}\"/(?P<top>[^\"\n\\]{1,300})\"\s{0,99}\))\s{0,99}\)"
)
_INCLUDED = re.compile(
    rf"^(?:#!\[doc[ \t]*=[ \t]*|{_VISIBLE}(?:const|static)[ \t]+\w{{1,99}}[ \t]*:[^=;\n]{{1,99}}="
    rf"\s{{0,99}}&?){_INCLUDE}",
    re.MULTILINE,
)
"""Texts that are always included, because they are documentation of the crate or a constant."""

_UNCERTAIN = re.compile(r"/\*|\bb?r#*\"|^[^\"\n]*\"[^\"\n]*\n|macro_rules!|^#!\[cfg\(", re.MULTILINE)
"""The beginning of what is not always compiled, or what a line scanner may misunderstand: comments and texts
of several lines.
"""

_HARMLESS = re.compile(r"#\[(?:allow|expect|warn|deny|doc|macro_use|rustfmt::skip)\b[^\n]*\]")
"""Attributes without effect on whether an item is compiled."""

_C_SOURCE = re.compile(r"\.file\(\s{0,99}\"([^\"\n\\]{1,300})\"\s{0,99}\)")
_CHOICE = re.compile(r"\b(?:if|match|cfg|exists|env|Command|copy|write|create|rename|for|while)\b|//|/\*")
"""Words of a build script that may not compile the file, or make it, or stand in a comment."""


@dataclass(frozen=True, slots=True)
class RustSource:
    """The modules and texts that a source always needs, each with its line; ``c_sources`` those of build.rs.

    ``included`` has paths relative to the folder of the source, those after a slash to that of the crate.
    """

    modules: tuple[tuple[str, int], ...]
    included: tuple[tuple[str, int], ...]
    c_sources: tuple[tuple[str, int], ...]


def rust_source_in(file: TextFile) -> RustSource | None:
    """Return the certain needs of a Rust source of an sdist, None if it has none."""
    if not file.path.endswith(".rs") or file.member.archive is not ArchiveKind.SDIST:
        return None
    if file.member.is_nested or not file.window.whole or len(file.data) > _LARGEST:
        return None
    return read_source(file.text)


def read_source(text: str) -> RustSource | None:
    """Return the certain needs of a Rust source, None if it has none."""
    calls_cc = "cc::Build" in text and not _CHOICE.search(text)
    c_sources = tuple(_found(text, _C_SOURCE)) if calls_cc else ()
    start = text.find("*/") + 2 if text.startswith("/*") else 0  # the license
    uncertain = _UNCERTAIN.search(text, start)
    certain = text[: uncertain.start()] if uncertain else text
    modules, included = tuple(_found(certain, _MODULE)), tuple(_found(certain, _INCLUDED))
    return RustSource(modules, included, c_sources) if modules or included or c_sources else None


def _found(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    line = 1
    last = 0
    for number, match in enumerate(pattern.finditer(text)):
        if number == _MOST:
            return
        line += text.count("\n", last, match.start())
        last = match.start()
        if pattern is _C_SOURCE or not _has_attribute(text, match.start()):
            top = match.groupdict().get("top")
            path = f"/{top}" if top else match.groupdict().get("near") or match[1]
            yield path, line


def _has_attribute(text: str, at: int) -> bool:
    """Return whether an attribute before an item may hide the item, or decide about its file."""
    while at > 0:
        start = text.rfind("\n", 0, at - 1) + 1
        line = text[start : at - 1].strip()
        if line and not line.startswith("//") and not _HARMLESS.fullmatch(line):
            return not line.endswith((";", "}")) and not line.startswith("#![")
        at = start
    return False
