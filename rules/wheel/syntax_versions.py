"""The Pythons that a wheel supports, by its Requires-Python and the Python tags of its filename."""

from __future__ import annotations

import re

from pkgaudit.api import Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules._shared.wheel_tags import wheel_tags

Version = tuple[int, int]

_LATEST = 20
"""The newest minor version that is distinguished. Chosen: Python 3.20 is years away, and `<4` allows all
minor versions."""

# Wheels came with pip 1.4, which needs Python 2.6 or later.
_MINORS: tuple[Version, ...] = ((2, 6), (2, 7), *((3, minor) for minor in range(_LATEST + 1)))
# Interpreters whose tags contain the version of the language; other tags may mean any version.
_TAG = re.compile(r"(py|cp|pp|graalpy)([23])([0-9]{0,2})")


@dataclass(frozen=True)
class Declared:
    """The Pythons that a wheel supports, and whether Requires-Python limits them (``is_required``)."""

    versions: frozenset[Version]
    is_required: bool

    @property
    def lowest(self) -> Version | None:
        """The oldest Python that Requires-Python allows, None without a Requires-Python."""
        return min(self.versions) if self.is_required and self.versions else None


def said(version: Version) -> str:
    """Return a version of Python as in 3.10."""
    return f"{version[0]}.{version[1]}"


def declared_pythons(wheel: Wheel) -> Declared:
    """Return the Pythons, up to 3.20, that a wheel's tags and its Requires-Python, if any, allow."""
    tags = wheel_tags(wheel)
    found = set(_MINORS)
    if tags is not None:
        named: set[Version] = set()
        for tag in tags.pythons:
            match = _TAG.fullmatch(tag)
            if match is None:
                named.update(_MINORS)
                continue
            major, minor = int(match[2]), int(match[3] or 0)
            open_ended = match[1] == "py" or "abi3" in tags.abis or not match[3] or "none" in tags.abis
            named.update(
                each
                for each in _MINORS
                if each[0] == major and (each[1] >= minor if open_ended else each[1] == minor)
            )
        found &= named
    text = wheel.metadata.first("Requires-Python") if wheel.metadata else None
    required = read_requires_python(text or "")
    if required is None:
        return Declared(frozenset(found), False)
    return Declared(frozenset(each for each in found if required.allows(*each)), True)
