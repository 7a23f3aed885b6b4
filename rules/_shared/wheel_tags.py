"""The tags of a wheel, in its filename and in WHEEL.

Specification: https://packaging.python.org/specifications/platform-compatibility-tags/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice, product
from math import prod

from pkgaudit.api import CoreMetadata, Wheel
from pkgaudit.rules._shared.filename import fault

# Tags of any Python, CPython and PyPy. Tags of other interpreters, such as graalpy, are not judged.
_PYTHON = re.compile(r"(?P<name>py|cp|pp)(?P<major>[0-9])(?P<minor>[0-9]{0,2})")
_PATCH = re.compile(r"[23]\.[0-9]{1,2}\.([0-9]{1,3})")
_LATEST_MINOR = 40
"""The last minor version of Python 3 that a specifier is tried with. Chosen: 3.14 is of 2025, and one follows
each year."""

_LATEST_PATCH = 40
"""The last patch release that a specifier is tried with. Chosen: no minor version has had as many."""

_MOST = 10_000
"""The most tags that a compressed tag is expanded to. Real ones have a few dozen; it bounds hostile input."""

_MOST_TAGS = 100_000
"""The most tags of WHEEL that are read. Real wheels have far fewer; it bounds hostile input."""


@dataclass(frozen=True, slots=True)
class WheelTags:
    """The build tag of a wheel's filename, empty if it has none, and the sets of its other tags."""

    build: str
    pythons: frozenset[str]
    abis: frozenset[str]
    platforms: frozenset[str]

    def __iter__(self) -> Iterator[str]:
        return map("-".join, product(self.pythons, self.abis, self.platforms))


def wheel_tags(wheel: Wheel) -> WheelTags | None:
    """Return the tags of a wheel's filename in lower case, None if the filename is invalid."""
    if fault(wheel) is not None:
        return None
    _, _, *build, python, abi, platform = wheel.stem.split("-")
    sets = (frozenset(each.lower().split(".")) for each in (python, abi, platform))
    return WheelTags("".join(build), *sets)


@dataclass(frozen=True, slots=True)
class InnerTags:
    """The tags in WHEEL: the headers of the file, its tags in lower case, and its build number."""

    headers: CoreMetadata
    tags: frozenset[str]
    build: str

    @property
    def platforms(self) -> frozenset[str]:
        """The last part of each tag."""
        return frozenset(tag.rpartition("-")[2] for tag in self.tags)

    @property
    def is_pure(self) -> bool:
        """Whether WHEEL declares the wheel as pure Python."""
        return (self.headers.first("Root-Is-Purelib") or "").strip().lower() == "true"


def inner_tags(wheel: Wheel) -> InnerTags | None:
    """Return the tags of WHEEL, None if WHEEL is missing or unreadable."""
    path = wheel.wheel_path
    if path is None or path in wheel.unread:
        return None
    headers = CoreMetadata(path, wheel.kept[path])
    if headers.is_cut:
        return None
    rows = (each.value for each in headers.fields if each.key == "tag")
    tags = frozenset(islice((tag for row in rows for tag in expanded(row)), _MOST_TAGS))
    return InnerTags(headers, tags, (headers.first("Build") or "").strip())


def expanded(tag: str) -> Iterator[str]:
    """Yield the tags, in lower case, that a compressed tag expands to; yield an invalid tag as it is."""
    parts = tag.strip().lower().split("-")
    sets = [set(part.split(".")) for part in parts]
    if len(sets) != 3 or prod(map(len, sets)) > _MOST:
        yield tag.strip().lower()
        return
    yield from map("-".join, product(*sets))


def excluded_pythons(tags: WheelTags, requires_python: str) -> list[str]:
    """Return the Python tags of which Requires-Python excludes every version, none if it is unreadable."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        # Real values are shorter, because they exclude a few versions at most; the limit bounds the time on
        # hostile input.
        allowed = SpecifierSet(requires_python) if len(requires_python) < 200 else SpecifierSet()
    except (InvalidSpecifier, ValueError):
        return []
    # A bound may be between two patch releases, so the releases next to it are tried too.
    named = {int(patch) for patch in _PATCH.findall(requires_python)}
    patches = {0, _LATEST_PATCH, *named, *(each + 1 for each in named), *(each - 1 for each in named if each)}
    return [
        tag
        for tag in sorted(tags.pythons)
        if (versions := _versions(tag, "abi3" in tags.abis, patches))
        and not any(map(allowed.contains, versions))
    ]


def _versions(tag: str, is_stable_abi: bool, patches: Collection[int]) -> list[str]:
    """Return the versions of Python that a Python tag covers, none for a tag without a version.

    A wheel for ``cp39`` with the stable ABI, or for ``py39``, covers 3.9 and later.
    """
    match = _PYTHON.fullmatch(tag)
    if match is None:
        return []
    major, minor = match["major"], match["minor"]
    first = int(minor or 0)
    is_later = not minor or match["name"] == "py" or is_stable_abi
    minors = range(first, _LATEST_MINOR + 1 if is_later else first + 1)
    if major == "2":
        minors = range(first, 8)  # up to 2.7, the last version of Python 2
    return [f"{major}.{each}.{patch}" for each in minors for patch in patches]
