"""The scripts of meson and CMake in an sdist, and the files that those of CMake may make."""

from __future__ import annotations

import re
import zlib

from pkgaudit.api import TextFile
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.sdist.native_uses import LONGEST

_LARGEST = 1 << 17
"""The most bytes of a script that is read: many times those of written ones; bounds the time."""

_DEEPEST = 8
"""The most folders above a script that is read: more than in real projects; bounds the time."""

ANY = "*"
"""Stands among the names of the made files for files that nobody can name without running the script."""

FETCHED = "/"
"""Stands among them for whole folders, which a program or a download may make."""

SCRIPT_NAMES = ("meson.build", "CMakeLists.txt")
"""The names of build scripts."""

SCRIPT_SUFFIXES = (".cmake",)
"""The suffix of scripts that a CMakeLists.txt includes."""


@dataclass(frozen=True)
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
    """Return a build script of an sdist, None if it is too deep."""
    if file.path.count("/") > _DEEPEST:
        return None
    name = file.member.name
    kind = name if name in SCRIPT_NAMES else ".cmake"
    is_read = file.window.whole and len(file.data) <= _LARGEST
    return NativeScript(kind, zlib.compress(file.text.encode("utf-8", "replace"), 1) if is_read else None)


_MAKER = lazy(
    r"\b(?:(?P<named>configure_file|add_custom_command|set_source_files_properties|file\s{0,99}\(\s{0,99}(?:WRITE"
    r"|APPEND|TOUCH|GENERATE|CONFIGURE|COPY|RENAME|CREATE_LINK)|add_custom_target|swig\w{0,99}|cython\w{0,99}"
    r"|f2py\w{0,99})|execute_process|exec_program|ExternalProject_Add|CPM\w{0,99}|FetchContent_Declare|file\s{0,99}\("
    r"\s{0,99}(?:DOWNLOAD|ARCHIVE_EXTRACT)|cmake_language)\b(?P<arguments>[^)]{0,2000})",
    re.IGNORECASE,
)
"""Commands that may make a file, with their arguments; those before ``named`` ends name the file."""

_ASKS = lazy(
    r"--cmake_?dir|--include|--version|--libs|-dumpversion|-dumpmachine|\b(?:rev-parse|rev-list|describe|uname|xcrun|nproc)\b"
    r"|\bimport\b|-print-|\bgit\b.{0,200}\b(?:log|status|config|diff)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Arguments of a program that only prints: a folder, version or commit."""

_MOST_MADE = 500
"""The most commands of a script that make files: more than in real ones; bounds the time."""


def made_by_cmake(text: str) -> frozenset[str]:
    """Return the names of the files that a script may make.

    CMake looks for a source in the folder of the build too, and a function may run in another script.
    """
    made: set[str] = set()
    for number, match in enumerate(_MAKER.finditer(text)):
        arguments = match["arguments"]
        if number == _MOST_MADE:
            return frozenset({ANY, FETCHED})
        if match["named"] is None:
            word = match[0].lower()
            asks = word.startswith(("execute_process", "exec_program")) and _ASKS.search(arguments)
            in_build = word.startswith("fetchcontent") and "SOURCE_DIR" not in arguments
            if not asks and not in_build:
                made.update((ANY, FETCHED))
            continue
        if len(arguments) == 2_000:  # the bound in the pattern
            made.add(ANY)
        words = re.sub(r'["(]', " ", arguments).split()
        outputs = words[1:2] if match["named"].lower() == "configure_file" else words
        names = [each.rpartition("/")[2] for each in outputs]
        if any("$" in each and not each.startswith("${PYTHON") for each in names):
            made.add(ANY)
        for each in names:
            made.add(each[:LONGEST])
            if each.endswith(".pyx"):
                made.update(
                    f"{each[:LONGEST].removesuffix('.pyx')}{suffix}" for suffix in (".c", ".cpp", ".cxx")
                )
    return frozenset(made)
