"""Detect extension modules that were compiled with the headers of NumPy 1, and cannot run with NumPy 2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pkgaudit.api import BinaryFile, Problem, SetField, Wheel, Words, normalize
from pkgaudit.late import dataclass
from pkgaudit.rules.native.report import listed, problem
from pkgaudit.rules.native.wheel import Natives

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_CHECKS = b"module compiled against ABI version 0x%x but this version of numpy"
"""A message in the headers of NumPy's C API, so in each module that calls ``import_array``.

https://github.com/numpy/numpy/blob/main/numpy/_core/code_generators/generate_numpy_api.py
"""

_SECOND = b"numpy._core"
"""The module that only the headers of NumPy 2 import; modules compiled with them run with NumPy 1 too."""

WORDS = Words(_CHECKS, _SECOND)
"""Both texts."""

_TRIED = tuple(f"2.{minor}.0" for minor in range(10))
"""Releases of NumPy 2. Chosen: more than there are."""

_FIRST = 9
"""The minor version of the oldest Python for which there is a NumPy 2.

https://numpy.org/doc/stable/release/2.0.0-notes.html
"""

_CPYTHON = re.compile(r"cp3(?P<minor>\d{1,2})")

_MOST = 1_000
"""The most requirements that are read. Chosen: real projects have a few hundred with all their extras."""


@dataclass(frozen=True)
class NumpyWords:
    """Which texts of NumPy's headers are in a binary: those of any version, and those of NumPy 2."""

    checks: bool
    second: bool

    def joined(self, other: NumpyWords) -> NumpyWords:
        """Return the texts of two parts of a file together."""
        return NumpyWords(self.checks or other.checks, self.second or other.second)


def words_of_numpy(file: BinaryFile) -> NumpyWords | None:
    """Return the texts of NumPy's headers in a binary with one of `WORDS`, None if they say nothing."""
    words = file.window.found(WORDS)
    found = NumpyWords(_CHECKS in words, _SECOND in words)
    return found if found.checks or (found.second and not file.window.whole) else None


def numpy_1_modules(natives: Natives, words: Mapping[str, NumpyWords]) -> Iterator[Problem]:
    """Yield a problem if the metadata allow NumPy 2, but an extension module needs NumPy 1."""
    wheel = natives.wheel
    old = {path for path, each in words.items() if each.checks and not each.second}
    paths = [path for path in natives.suffixes if path in old]
    if not natives.is_sound or not paths or wheel.project == "numpy":
        return
    newest = _newest(natives)
    requirements = _on_numpy(wheel, newest) if newest >= _FIRST else []
    if not any(all(each.contains(version) for each in requirements) for version in _TRIED if requirements):
        return
    yield problem(
        paths,
        f"{listed(sorted(paths)[:1])} was compiled with NumPy 1, but Requires-Dist allows NumPy 2, with "
        "which the module cannot be imported",
        SetField(
            "Requires-Dist", "compile with NumPy 2 (the modules run with NumPy 1 too), or require numpy<2"
        ),
        key="numpy",
        data={"name": "numpy"},
    )


def _newest(natives: Natives) -> int:
    """Return the minor version of the newest Python that the tags name; the stable ABI has no newest."""
    tags = natives.tags
    if tags is None or "abi3" in tags.abis:
        return _FIRST
    return max(
        (int(match["minor"]) for each in tags.pythons if (match := _CPYTHON.fullmatch(each))), default=0
    )


def _on_numpy(wheel: Wheel, minor: int) -> list[SpecifierSet]:
    """Return the specifiers of the requirements on NumPy that apply to a Python without extras."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.requirements import InvalidRequirement, Requirement

    found: list[SpecifierSet] = []
    environment = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0", "extra": ""}
    for text in (wheel.metadata.all("Requires-Dist") if wheel.metadata else [])[:_MOST]:
        if not text.strip().lower().startswith("numpy"):
            continue
        try:
            made = Requirement(text)
            applies = made.marker is None or made.marker.evaluate(environment)
        except (
            InvalidRequirement,
            UndefinedComparison,
            UndefinedEnvironmentName,
            ValueError,
            RecursionError,  # deep markers exceed the stack
        ):
            continue
        if normalize(made.name) == "numpy" and applies:
            found.append(made.specifier)
    return found
