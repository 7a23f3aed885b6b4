"""The minor versions of Python that a Requires-Python allows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pkgaudit.late import dataclass

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_PATCH = re.compile(r"[23]\.[0-9]{1,2}\.([0-9]{1,3})")

_LATEST_PATCH = 40
"""The last patch release that a specifier is tried with. Chosen: no minor version has had as many."""

_LONGEST = 200
"""The most characters that are read. Chosen: real values have a few clauses; the limit bounds the time."""


@dataclass(frozen=True)
class RequiresPython:
    """A valid Requires-Python, and the patch releases with which it is tried."""

    specifiers: SpecifierSet
    patches: tuple[int, ...]

    def allows(self, major: int, minor: int) -> bool:
        """Return whether it allows a patch release of a minor version."""
        return _allows(self, major, minor)


@lru_cache(maxsize=1024)
def _allows(required: RequiresPython, major: int, minor: int) -> bool:
    # Several rules try the same versions, and packaging takes long to compare them.
    return any(
        required.specifiers.contains(f"{major}.{minor}.{patch}", prereleases=True)
        for patch in required.patches
    )


@lru_cache(maxsize=64)
def read_requires_python(text: str) -> RequiresPython | None:
    """Return what a Requires-Python allows, None if it is empty, invalid or too long."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if not text.strip() or len(text) >= _LONGEST:
        return None
    try:
        specifiers = SpecifierSet(text)
    except (InvalidSpecifier, ValueError):
        return None
    # A bound may be between two patch releases, so the releases next to it are tried too.
    named = {int(patch) for patch in _PATCH.findall(text)}
    patches = {0, _LATEST_PATCH, *named, *(each + 1 for each in named), *(each - 1 for each in named if each)}
    return RequiresPython(specifiers, tuple(sorted(patches)))
