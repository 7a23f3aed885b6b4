"""Find own headers that the sources of an extension include and the sdist lacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pkgaudit.api import ArchiveKind, Location, Severity, Summaries, TextFile, quoted
from pkgaudit.rules.sdist.inputs_script import Read
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, missing

_READ = 20_000
"""The characters of a source that are searched, because includes are at its beginning. Chosen."""

_SUFFIXES = (".c", ".cc", ".cpp", ".cxx")
"""The suffixes of sources that compilers preprocess."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
"""A comment, in which an include has no effect."""

_DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(?:(?P<word>if|ifdef|ifndef|endif)\b|include[ \t]*\"(?P<path>[^\"\n]{1,300})\")",
    re.MULTILINE,
)
"""The beginning and end of a condition, or the include of a file."""


@dataclass(frozen=True, slots=True)
class OwnHeaders:
    """The headers that a source always includes and that certainly are its own, with their lines."""

    headers: tuple[tuple[str, int], ...]


def own_headers(file: TextFile) -> OwnHeaders | None:
    """Return the own headers of a C or C++ source of an sdist, None if there are none.

    A header is the source's own if it has the same name, or a path that begins with dots. Other headers may
    be those of a library.
    """
    name = file.member.name
    if not name.endswith(_SUFFIXES) or file.member.archive is not ArchiveKind.SDIST or file.member.is_nested:
        return None
    headers = tuple(_own(name.partition(".")[0], file.text[:_READ]))
    return OwnHeaders(headers) if headers else None


def _own(stem: str, text: str) -> Iterator[tuple[str, int]]:
    depth = 0
    plain = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for match in _DIRECTIVE.finditer(plain):
        if word := match["word"]:
            depth += -1 if word == "endif" else 1
        elif depth == 0:
            path = match["path"]
            if path.startswith(("./", "../")) or posixpath.basename(path).partition(".")[0] == stem:
                yield path, plain.count("\n", 0, match.start()) + 1


def header_inputs(
    root: str, tree: Tree, sources: Iterable[Read], found: Summaries[OwnHeaders], severity: Severity
) -> Iterator[Missing]:
    """Yield the own headers that no folder of the sdist contains."""
    for source in sources:
        full = f"{root}/{source.path}"
        own = found.get(full)
        for header, line in own.headers if own is not None else ():
            name = posixpath.basename(header)
            path = posixpath.join(posixpath.dirname(source.path), header)
            if tree.local(path) is None or tree.ends_with(name, f"{name}.in") or tree.links:
                continue
            message = f"{quoted(source.path)} includes {quoted(header)}, which is not in the sdist, {FAILS}"
            yield missing(tree, path, message, Location(full, line), severity, needs=header)
