"""Remedies for a file that no longer has its original name."""

from __future__ import annotations

import re

from pkgaudit.api import Distribution, Wheel
from pkgaudit.rules._shared.built_name import built_name
from pkgaudit.rules._shared.platform_tags import is_accepted, remedy
from pkgaudit.rules._shared.repack import REBUILD, plain_filename
from pkgaudit.rules._shared.wheel_tags import InnerTags, WheelTags, inner_tags, wheel_tags

_COMPILED = re.compile(r"\.(?:so(?:\.[0-9]+)*|pyd|dll|dylib|exe|a|lib|o)$", re.IGNORECASE)
"""Suffixes of compiled code on any system, static libraries and object files included. A remedy never tags a
wheel with such a file for all platforms.
"""


def platform_remedy(wheel: Wheel, rejected: list[str]) -> str:
    """Return the remedy for platform tags that PyPI does not accept."""
    fix = "; ".join(dict.fromkeys(map(remedy, rejected[:3])))  # the message of FN104 names as many
    inside, named = inner_tags(wheel), wheel_tags(wheel)
    if inside is None or named is None:
        return fix
    if inside.tags != set(named):
        if inside.tags and all(map(is_accepted, inside.platforms)):
            return give_back(wheel) or REBUILD
        return fix
    if inside.is_pure and not any(map(_COMPILED.search, wheel.files)):
        return (
            "if it supports any Python 3, tag it for all platforms, because it contains no compiled code:\n"
            f"wheel tags --python-tag py3 --abi-tag none --platform-tag any {plain_filename(wheel)}"
        )
    return fix


def give_back(distribution: Distribution) -> str | None:
    """Return the remedy for a renamed file, None if its content does not determine its original name."""
    name = built_name(distribution)
    return f"rename it back to {name}, its original name" if name else None


def tag_remedy(wheel: Wheel, inner: InnerTags, named: WheelTags) -> str:
    """Return the remedy for tags that differ.

    ``wheel tags`` stops at such a wheel, so the wheel needs its original name first.
    """
    name = built_name(wheel)
    if name is None:
        return f"{REBUILD} with a current build backend"
    rejected = sorted(each for each in inner.platforms if not is_accepted(each))
    first = f"rename it back to {name}"
    if inner.tags & set(named):
        first = f"{REBUILD} with a current build backend, or rename it to {name}"
    if rejected and named.platforms != inner.platforms:
        return f"{first}; then {remedy(rejected[0])}"
    return f"{first}; then change wrong tags with 'wheel tags', which changes WHEEL too"
