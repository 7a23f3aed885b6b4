"""Detect modules that do not run on Python 2, regardless of the tags of their wheel."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pkgaudit.api import ArchiveKind, BinaryFile, CoreMetadata, Words
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.test_folders import is_test_folder

LARGEST = 1 << 20
"""The most bytes of a module that are read; chosen: handwritten modules are smaller. It bounds the time."""

_SHARE = 4
"""One of this many modules must show a sign if the classifiers name Python 2.

Chosen: projects for both Pythons have a few modules for one, and not all of these have such a name.
"""

# Modules that a project for both Pythons imports only on Python 3.
_FOR_ONE = re.compile(r".*(?:py_?3|python3|compat|async|aio|typing|types).*", re.IGNORECASE | re.DOTALL)

_WORDS = Words(b'f"', b"f'", b"->", b"nonlocal ", b"async def ", b"import annotations", b"yield from ")
"""Each match of the expression contains one of these."""

# f-strings, annotations and statements that are new in Python 3, where they are code: after an operator or
# at the beginning of a line. https://docs.python.org/3/whatsnew/
_SIGNS = re.compile(
    rb"[=(,+\[{:][ \t]{0,9}[fF][rR]?[\"']"
    rb"|^[ \t]{0,99}(?:return[ \t]+[fF][rR]?[\"']|async[ \t]+def[ \t]|nonlocal[ \t]+\w"
    rb"|from[ \t]+__future__[ \t]+import[ \t]+annotations"
    rb"|def[ \t]+\w{1,99}\([^)\n]{0,300}\)[ \t]*->)"
    rb"|\byield[ \t]+from[ \t]+\w",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Spoken:
    """Whether a module shows a sign of Python 3."""

    is_python3: bool


def spoken_in(file: BinaryFile) -> Spoken | None:
    """Return the result for a module, None if it is empty, a test, or for Python 3 by its name."""
    member = file.member
    if (
        member.archive is not ArchiveKind.WHEEL
        or file.window.offset
        or not file.data.strip()
        or any(map(is_test_folder, member.path.split("/")[:-1]))
    ):
        return None
    if _FOR_ONE.fullmatch(member.name[:200]):  # 200: more than real names have
        return None
    data = file.data[:LARGEST]
    return Spoken(any(word in data for word in file.window.found(_WORDS)) and _SIGNS.search(data) is not None)


def is_python3_only(metadata: CoreMetadata, modules: Mapping[str, Spoken]) -> bool:
    """Return whether a wheel needs Python 3 according to its classifiers or modules."""
    named = {
        each.removeprefix("Programming Language :: Python :: ")
        for each in metadata.all("Classifier")
        if each.startswith("Programming Language :: Python :: ")
    }
    is_for_2 = any(each.startswith("2") for each in named)
    if "3 :: Only" in named or (any(each.startswith("3") for each in named) and not is_for_2):
        return True
    signs = sum(each.is_python3 for each in modules.values())
    return bool(signs) and (not is_for_2 or signs * _SHARE >= len(modules))
