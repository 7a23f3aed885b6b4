"""Find own headers that the sources of an extension include and the sdist lacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from pkgaudit.api import Location, Severity, Summaries, TextFile, quoted
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.sdist.inputs_script import MOST_FOLDERS, Source
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree, effect_of, missing

_READ = 20_000
"""The characters of a source that are searched, because includes are at its beginning. Chosen."""

C_SUFFIXES = (".c", ".cc", ".cpp", ".cxx")
"""The suffixes of sources that compilers preprocess."""

_COMMENT = lazy(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
"""A comment, in which an include has no effect."""

_DIRECTIVE = lazy(
    r"^[ \t]*#[ \t]*(?:(?P<word>if|ifdef|ifndef|endif)\b|include[ \t]*\"(?P<path>[^\"\n]{1,300})\")",
    re.MULTILINE,
)
"""The beginning and end of a condition, or the include of a file."""


_QUOTED = lazy(r"include[ \t]*\"([^\"\n]{1,300})\"")
"""The include of a file, perhaps in a comment. Most sources have no own header and need no other search."""

_OTHER_FOLDERS = lazy(
    r"(?<![\w-])-(?:I|isystem|iquote)|pkg.?config|CFLAGS|CPATH|include_dirs[ \t]*(?:\.|\+=)|\.include_dirs"
    r"|\bbuild_ext\b.{0,300}?\binclude",
    re.DOTALL,
)
"""Options of compilers and settings that add include folders."""


_LINKED = lazy(r"librar(?:y|ies)|link_args|extra_objects|['\"]-l")
"""Options with which an extension uses a library, which has headers."""

_OF_OTHERS = frozenset(
    {
        *("assert", "complex", "ctype", "dlfcn", "errno", "fcntl", "fenv", "float", "iconv", "inttypes"),
        *("limits", "locale", "math", "poll", "pthread", "pwd", "regex", "sched", "select", "semaphore"),
        *("setjmp", "signal", "stdarg", "stdbool", "stddef", "stdint", "stdio", "stdlib", "string", "syslog"),
        *("termios", "threads", "time", "unistd", "wchar", "zlib"),
    }
)
"""Headers of the C library, and of libraries that every system has."""

_OF_PYTHON = lazy(
    r"py[\w-]*\.h|\w*object\.h|(?:abstract|ceval|codecs|compile|datetime|eval|frame|import|marshal"
    r"|node|opcode|symtable|token|traceback|unicodeobject|structmember|sysmodule|warnings)\.h",
    re.IGNORECASE,
)
"""Headers of Python."""


@dataclass(frozen=True)
class OwnHeaders:
    """The headers that a source always includes and that certainly are its own, with their lines."""

    headers: tuple[tuple[str, int], ...]


def own_headers(file: TextFile) -> OwnHeaders | None:
    """Return the own headers of a C or C++ source of an sdist, None if there are none.

    A header is the source's own if it has the same name, or a path that begins with dots. Other headers may
    be those of a library.
    """
    stem, text = file.member.name.partition(".")[0], file.text[:_READ]
    if not any(_is_own(stem, path) for path in _QUOTED.findall(text)):
        return None
    headers = tuple(_own(stem, text))
    return OwnHeaders(headers) if headers else None


def _is_own(stem: str, path: str) -> bool:
    return path.startswith(("./", "../")) or posixpath.basename(path).partition(".")[0] == stem


def _own(stem: str, text: str) -> Iterator[tuple[str, int]]:
    depth = 0
    plain = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for match in _DIRECTIVE.finditer(plain):
        if word := match["word"]:
            depth += -1 if word == "endif" else 1
        elif depth == 0:
            path = match["path"]
            if _is_own(stem, path):
                yield path, plain.count("\n", 0, match.start()) + 1


def include_folders(named: list[str], tree: Tree) -> tuple[str, ...] | None:
    """Return the include folders that pyproject.toml names, None if they are not known to be in the sdist."""
    found = tuple(each for each in map(tree.local, named[: MOST_FOLDERS + 1]) if each is not None)
    return found if len(found) == len(named) <= MOST_FOLDERS else None


def header_inputs(
    root: str, tree: Tree, sources: Iterable[Source], found: Summaries[OwnHeaders], settings: str
) -> Iterator[Missing]:
    """Yield the own headers that no folder of the sdist contains; ``settings`` is the text with all options.

    Nothing is certain about a source whose include folders are not known or outside the sdist.
    """
    if _OTHER_FOLDERS.search(settings):
        return
    links = _LINKED.search(settings) is not None
    for source in sources:
        full = f"{root}/{source.path}"
        own = found.get(full) if source.folders is not None else None
        for header, line in own.headers if own is not None else ():
            name = posixpath.basename(header)
            is_certain = header.startswith(("./", "../"))
            # A library, the compiler or Python may bring a header with the name of the source that wraps it.
            if not is_certain and (
                links or name.partition(".")[0] in _OF_OTHERS or _OF_PYTHON.fullmatch(name)
            ):
                continue
            severity = Severity.ERROR if is_certain else Severity.WARNING
            folders = (posixpath.dirname(source.path), *(source.folders or ()))
            paths = list(dict.fromkeys(posixpath.normpath(posixpath.join(each, header)) for each in folders))
            if tree.local(paths[0]) is None or tree.ends_with(name, f"{name}.in") or tree.links:
                continue
            subject = f"{quoted(source.path)} includes {quoted(header)}"
            message = f"{subject}, which is not in the sdist, {effect_of(severity)}"
            place = Location(full, line)
            if len(paths) == 1:
                yield missing(tree, paths[0], message, place, severity, needs=header)
            else:
                yield Missing("", message, place, severity, _fix(name, folders[1:]), header)


def _fix(name: str, folders: Iterable[str]) -> str:
    """Return the remedy for a header that may be in several folders."""
    return (
        "if the project does not have the header, create it or do not include it; otherwise add the line "
        f"{quoted(f'global-include {name}')} to MANIFEST.in, which packs the header from any folder, for "
        f"example from the include folder {quoted(next(iter(folders)))}"
    )
