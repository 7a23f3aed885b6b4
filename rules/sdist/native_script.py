"""The files that a meson.build or CMakeLists.txt always needs, outside conditions, loops and functions."""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from pkgaudit.api import ArchiveKind, TextFile

_LARGEST = 1 << 17
"""The most bytes of a script that is read: many times those of written ones; bounds the time."""

_DEEPEST = 8
"""The most folders above a script that is read: more than in real projects; bounds the time."""

ANY = "*"
"""Stands among the names of the made files for files that nobody can name without running the script."""

_MOST = 2_000
"""The most files of a script that are kept: more than in real ones."""

_LONGEST = 300
"""The most characters of a path that is kept: more than in real ones; bounds the time."""


@dataclass(frozen=True, slots=True)
class Use:
    """A path that a command names, relative to the folder of the script, and its line.

    ``has_script`` is true if the path is a folder that must contain a script of the same name.
    """

    command: str
    path: str
    line: int
    has_script: bool = False

    @property
    def may_be_folder(self) -> bool:
        """Whether a folder at the path is enough."""
        return self.command in ("include", _INCLUDES)


@dataclass(frozen=True, slots=True)
class NativeScript:
    """A build script: its kind, and its compressed text, None if it is too long.

    Most sdists have scripts that their backend does not run, so the rule reads the text if it needs it.
    """

    kind: str
    packed: bytes | None

    @property
    def text(self) -> str | None:
        return zlib.decompress(self.packed).decode("utf-8", "replace") if self.packed is not None else None


def native_script_in(file: TextFile) -> NativeScript | None:
    """Return a build script of an sdist, None for other files."""
    kind = ".cmake" if file.member.name.endswith(".cmake") else file.member.name
    if kind not in READERS or file.member.archive is not ArchiveKind.SDIST or file.member.is_nested:
        return None
    if file.path.count("/") > _DEEPEST:
        return None
    is_read = file.window.whole and len(file.data) <= _LARGEST
    return NativeScript(kind, zlib.compress(file.text.encode("utf-8", "replace"), 1) if is_read else None)


def needs_of(kind: str, text: str) -> Iterator[Use]:
    """Yield the files that the text of a build script always needs."""
    reader, _ = READERS[kind]
    return islice(reader(text), _MOST)


_MESON_TOKEN = re.compile(
    r"#[^\n]*|'''(?s:.*?)(?:'''|\Z)|(?P<text>f?'(?:\\.|[^'\\\n])*'?)|(?P<word>\w+)|(?P<mark>[(\[{}\])?,:\n])"
)
"""Comments and texts of several lines, which name nothing; texts; words; and marks between them.

A text without an end reaches to the end, so nothing is searched twice.
"""

_MESON_TARGETS = frozenset(
    {
        "both_libraries",
        "executable",
        "extension_module",
        "library",
        "shared_library",
        "shared_module",
        "static_library",
    }
)
"""Functions of meson whose texts after the first, which is a name, are sources beside the script."""

_INCLUDES = "include_directories"
"""The function of meson whose texts are folders, and the keyword of targets with the same effect."""

_MESON_FILES = frozenset({"files", "install_data", "install_headers", "install_sources"})
"""Functions of meson whose texts are files in the folder of the script."""


def read_meson(text: str) -> Iterator[Use]:
    """Yield the files that a meson.build always needs to be configured."""
    block, line = 0, 1
    calls: list[_Call] = []
    word = ""
    for match in _MESON_TOKEN.finditer(text):
        kind, said = match.lastgroup, match[0]
        if kind == "word":
            if not calls and said in ("if", "foreach"):
                block += 1
            elif not calls and said in ("endif", "endforeach"):
                block -= 1
            elif said in ("subdir_done", "run_command", "disabler"):
                return  # a condition may end the script here, or the rest may not run, or its files be made
            word = said
            continue
        if said == "(":
            calls.append(_Call(word, "("))
        elif said in ("[", "{"):
            calls.append(_Call("", said))
        elif said in (")", "]", "}") and calls:
            calls.pop()
        elif said == "?":
            return  # a choice; they are rare, so the rest of the script is not needed
        elif said == "," and calls:
            calls[-1].key = ""
            calls[-1].place += 1
        elif said == ":" and calls:
            if word == "command" and calls[-1].name == "configure_file":
                return  # like run_command
            calls[-1].key = word
        elif kind == "text" and not block and calls and _is_complete(text, match, calls):
            yield from _meson_use(calls, said, line)
        line += said.count("\n")
        word = "" if said != "\n" else word


@dataclass
class _Call:
    """An open bracket: the function before it, the place of the argument and its keyword."""

    name: str
    mark: str
    place: int = 0
    key: str = ""


def _is_complete(text: str, match: re.Match[str], calls: list[_Call]) -> bool:
    """Return whether a text is a whole argument, not a part of an expression; ``subdir`` has only one."""
    start, end = match.span()
    near = (text[max(start - _LONGEST, 0) : start], text[end : end + _LONGEST])
    before, after = near[0].rstrip()[-1:] or "+", near[1].lstrip()[:1] or "+"
    return before in "([,:" and after in (")" if calls[-1].name == "subdir" else "),]")


def _meson_use(calls: list[_Call], said: str, line: int) -> Iterator[Use]:
    """Yield the file that a text in the innermost call names, which may be in a list of this call."""
    call = calls[-2] if calls[-1].mark == "[" and len(calls) > 1 else calls[-1]
    path = said[1:-1]
    if said.startswith("f") or not said.endswith("'") or call.mark != "(" or re.search(r"[@\\]|\A\Z", path):
        return
    if "subprojects/" in path:
        return  # meson downloads them
    wants = "input" if call.name == "configure_file" else ""
    is_source = call.name in _MESON_FILES or (call.name in _MESON_TARGETS and call.place > 0)
    if call.key == wants and (is_source or wants or call.name in ("subdir", _INCLUDES)):
        yield Use(call.name, path[:_LONGEST], line, has_script=call.name == "subdir")
    elif call.key == _INCLUDES and call.name in _MESON_TARGETS:
        yield Use(_INCLUDES, path[:_LONGEST], line)


_CMAKE_TOKEN = re.compile(
    r"#?\[(=*)\[(?s:.*?)(?:\]\1\]|\Z)|#[^\n]*"
    r"|(?P<text>\"(?:\\(?s:.)|[^\"\\])*(?:\"|\Z))|(?P<word>(?:\\.|\$\{[^}\n]{0,99}\}|[^\s()#\"\\])+)|(?P<mark>[()\n])"
)
"""Comments and bracket arguments, which name nothing; quoted and plain arguments; and marks."""

_CMAKE_OPEN = frozenset({"if", "foreach", "while", "function", "macro", "block"})
"""Commands that open a block, which does not always run."""

_CMAKE_TARGETS = frozenset(
    ["add_library", "add_executable", "pybind11_add_module", "python_add_library", "nanobind_add_module"]
)
"""Commands whose arguments after the name of a target are sources."""

_CMAKE_SOURCE = re.compile(r"\.(?:c|cc|cpp|cxx|cu|f|f90|for|s|asm)\Z", re.IGNORECASE)
"""Suffixes of sources, by which they differ from options such as SHARED."""

_CMAKE_MAKER = re.compile(
    r"\b(?:(?:configure_file|add_custom_command|file\s{0,99}\(\s{0,99}(?:WRITE|APPEND|TOUCH|GENERATE|CONFIGURE|COPY"
    r"|RENAME|CREATE_LINK))\b(?P<arguments>[^)]{0,2000})|execute_process|exec_program|FetchContent|ExternalProject"
    r"|CPM\w{0,99}|add_custom_target|file\s{0,99}\(\s{0,99}(?:DOWNLOAD|ARCHIVE_EXTRACT)|cmake_language|swig\w{0,99}"
    r"|cython\w{0,99}|f2py\w{0,99})",
    re.IGNORECASE,
)
"""Commands that may make a file, those with the name of the file with their arguments."""

_MOST_MADE = 500
"""The most commands of a script that make files: more than in real ones; bounds the time."""


def made_by_cmake(text: str) -> frozenset[str]:
    """Return the names of the files that a script may make, ``ANY`` among them if some are not constant.

    CMake looks for a source in the folder of the build too, and a function may run in another script.
    """
    made: set[str] = set()
    for number, match in enumerate(_CMAKE_MAKER.finditer(text)):
        is_cut = match["arguments"] is None or len(match["arguments"]) == 2_000  # the bound in the pattern
        if is_cut or number == _MOST_MADE:
            return frozenset({ANY})
        names = [each.strip('"').rpartition("/")[2] for each in match["arguments"].split()]
        if any("$" in each for each in names):
            return frozenset({ANY})
        made.update(each[:_LONGEST] for each in names if "." in each)
    return frozenset(made)


_MESON_MAKER = re.compile(
    r"\b(?:run_command|disabler)\b|\bconfigure_file\s{0,99}\([^()]{0,2000}\bcommand\s{0,99}:"
)
"""Words of a meson.build that may make a file in the folder of the sources, or disable a target.

Other commands only write into the folder of the build, where meson finds no sources.
"""


def made_by_meson(text: str) -> frozenset[str]:
    """Return ``ANY`` if a meson.build may make files, or disable targets, in a way that is not known."""
    return frozenset({ANY} if _MESON_MAKER.search(text) else ())


_CMAKE_RETURN = re.compile(r"\breturn\s{0,99}\(", re.IGNORECASE)
_CMAKE_HERE = re.compile(r"\A\$\{(?:CMAKE_CURRENT_SOURCE_DIR|CMAKE_CURRENT_LIST_DIR)\}/")
"""Variables for the folder of the script."""

_OTHER_KINDS = {"ALIAS", "IMPORTED", "INTERFACE"}
"""Kinds of targets without sources of their own."""


def read_cmake(text: str) -> Iterator[Use]:
    """Yield the files that a CMakeLists.txt always needs to be configured."""
    if _CMAKE_RETURN.search(text):
        return  # it may end the script early
    block, line, depth = 0, 1, 0
    word = ""
    arguments: list[tuple[str, int]] = []
    for match in _CMAKE_TOKEN.finditer(text):
        kind, said = match.lastgroup, match[0]
        if said == "(":
            depth += 1
            arguments = [] if depth == 1 else arguments
        elif said == ")":
            depth -= 1
            if depth == 0:
                name = word.lower()
                block += (
                    1 if name in _CMAKE_OPEN else -1 if name[3:] in _CMAKE_OPEN and name[:3] == "end" else 0
                )
                if not block:
                    yield from _cmake_uses(name, arguments)
        elif kind == "word" and not depth:
            word = said
        elif kind in ("word", "text"):
            arguments.append((said.strip('"'), line))
        line += said.count("\n")


def _cmake_uses(name: str, arguments: list[tuple[str, int]]) -> Iterator[Use]:
    values = [(_CMAKE_HERE.sub("", each), line) for each, line in arguments]
    first = values[:1]
    if name == "add_subdirectory":
        yield from (Use(name, each, line, True) for each, line in first if _is_plain(each))
    elif name == "include" and not any(each == "OPTIONAL" for each, _ in values):
        yield from (
            Use(name, each, line) for each, line in first if _is_plain(each) and each.endswith(".cmake")
        )
    elif name == "configure_file":
        yield from (Use(name, each, line) for each, line in first if _is_plain(each))
    elif name in _CMAKE_TARGETS and not any(each in _OTHER_KINDS for each, _ in values):
        for each, line in values[1:]:
            if _is_plain(each) and _CMAKE_SOURCE.search(each):
                yield Use(name, each, line)


def _is_plain(path: str) -> bool:
    return 0 < len(path) < _LONGEST and not re.search(r"[$;<>\\]", path) and not posixpath.isabs(path)


def _none(text: str) -> Iterator[Use]:
    """Yield no needs: an included script runs in a folder that it does not name."""
    yield from ()


READERS: dict[str, tuple[Callable[[str], Iterator[Use]], Callable[[str], frozenset[str]]]] = {
    "meson.build": (read_meson, made_by_meson),
    "CMakeLists.txt": (read_cmake, made_by_cmake),
    ".cmake": (_none, made_by_cmake),
}
"""What reads the needs of a script, and the files that it makes, by the kind of the script."""
