"""The tags of a wheel, in its filename and in WHEEL.

Specification: https://packaging.python.org/specifications/platform-compatibility-tags/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from math import prod

from pkgaudit.api import CoreMetadata, Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.filename import fault
from pkgaudit.rules._shared.requires_python import read_requires_python

# Tags of any Python, CPython and PyPy. Tags of other interpreters, such as graalpy, are not judged.
_PYTHON = re.compile(r"(?P<name>py|cp|pp)(?P<major>[0-9])(?P<minor>[0-9]{0,2})")
_LATEST_MINOR = 40
"""The last minor version of Python 3 that a specifier is tried with. Chosen: 3.14 is of 2025, and one follows
each year."""

_MOST = 10_000
"""The most tags that a compressed tag is expanded to. Real ones have a few dozen; it bounds hostile input."""

_MOST_TAGS = 100_000
"""The most tags of WHEEL that are read. Real wheels have far fewer; it bounds hostile input."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
    required = read_requires_python(requires_python)
    if required is None:
        return []
    return [
        tag
        for tag in sorted(tags.pythons)
        if (versions := _versions(tag, "abi3" in tags.abis))
        and not any(required.allows(*version) for version in versions)
    ]


def minor_versions(tags: WheelTags) -> frozenset[tuple[int, int]]:
    """Return the minor versions of Python that a wheel is for; none for other interpreters."""
    return frozenset(
        version for tag in tags.pythons for version in _versions(tag, not tags.abis.isdisjoint(STABLE))
    )


STABLE = frozenset({"abi3", "abi3t"})
"""The ABI tags of modules that later versions of Python also load."""


def _versions(tag: str, is_stable_abi: bool) -> list[tuple[int, int]]:
    """Return the minor versions of Python that a Python tag covers, none for a tag without a version.

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
    return [(int(major), each) for each in minors]
