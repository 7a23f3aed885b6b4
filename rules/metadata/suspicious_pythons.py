"""Compare the Python versions in Requires-Python and in the classifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkgaudit.api import Distribution, HeaderField, Sdist, Wheel, normalize
from pkgaudit.rules._shared.wheel_tags import WheelTags, excluded_pythons, inner_tags, wheel_tags
from pkgaudit.rules.data.loader import reserved_names

PYTHON = re.compile(
    r"Programming Language :: Python :: (?P<major>[23])(?:\.(?P<minor>[0-9]{1,2}))?(?P<only> :: Only)?"
)

_COMPILED = (
    *(".c", ".cc", ".cpp", ".cxx", ".cu", ".f", ".f77", ".f90", ".f95", ".m", ".mm"),
    *(".pyx", ".pxd", ".rs", ".go", ".zig", ".so", ".pyd", ".dylib", ".dll"),
)
"""The suffixes of sources of extension modules, and of their build results."""

# Parts that exclude later versions; "!=" excludes single versions, and ">" and ">=" are lower bounds.
_BOUND = re.compile(r"(?P<operator><=?|~=|===?)\s*v?(?P<version>[0-9][0-9A-Za-z.*]{0,20})")


def named_pythons(classifiers: Iterable[HeaderField]) -> dict[str, HeaderField]:
    """Return the versions in classifiers, such as ``3.8`` or ``2``, each with its first classifier."""
    found: dict[str, HeaderField] = {}
    for field in classifiers:
        match = PYTHON.fullmatch(field.value.strip())
        if match:
            name = f"{match['major']}.{match['minor']}" if match["minor"] else match["major"]
            found.setdefault(name, field)
    return found


def excluded(versions: Iterable[str], requires_python: str) -> list[str]:
    """Return the versions, in their order, that Requires-Python excludes completely."""
    tags = {f"cp{each.replace('.', '')}": each for each in versions}
    none = frozenset[str]()
    out = set(excluded_pythons(WheelTags("", frozenset(tags), none, none), requires_python))
    return [version for tag, version in tags.items() if tag in out]


def upper_bound(requires_python: str) -> str | None:
    """Return the part of Requires-Python that excludes future Pythons, or None.

    ``<3`` does not count: a project for Python 2 cannot run on future Pythons.
    """
    # More than in real values; it bounds the time on hostile input.
    for part in requires_python[:500].split(","):
        match = _BOUND.fullmatch(part.strip())
        if match is None:
            continue
        numbers = [int(each) for each in re.findall(r"[0-9]+", match["version"].partition("*")[0])[:3]]
        operator = match["operator"]
        if operator == "~=" and len(numbers) < 2:
            continue
        if (
            numbers
            and numbers[0] >= 3
            and not (operator == "<" and numbers[:1] == [3] and not any(numbers[1:]))
        ):
            return part.strip()
    return None


def is_bound_to_versions(distribution: Distribution) -> bool:
    """Return whether there is a reason to exclude future Pythons: compiled code, or a backport of theirs."""
    name = normalize(distribution.name)
    if name.startswith("backports") or name in reserved_names():
        return True
    if isinstance(distribution, Sdist):
        return any(path.lower().endswith(_COMPILED) for path in distribution.files)
    if isinstance(distribution, Wheel):
        tags, inner = wheel_tags(distribution), inner_tags(distribution)
        is_pure = tags is None or tags.platforms == {"any"}
        return not is_pure or (inner is not None and not inner.is_pure)
    return False
