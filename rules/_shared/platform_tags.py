"""Platform tags: those that the index accepts, and remedies for others.

Specification: https://packaging.python.org/specifications/platform-compatibility-tags/
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pkgaudit.late import lazy
from pkgaudit.rules.data.loader import load

# PyPI's patterns (https://github.com/pypi/warehouse/blob/main/warehouse/utils/wheel.py). PyPI does not check
# the versions of glibc, musl, iOS and Android.
_FAMILIES = {
    "macosx": lazy(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<architecture>.*)"),
    "manylinux": lazy(r"manylinux_\d+_\d+_(?P<architecture>.*)"),
    "musllinux": lazy(r"musllinux_\d+_\d+_(?P<architecture>.*)"),
    "ios": lazy(r"ios_\d+_\d+_(?P<architecture>.*)_(?:iphoneos|iphonesimulator)"),
    "android": lazy(r"android_\d+_(?P<architecture>.*)"),
    "pyemscripten": lazy(r"pyemscripten_\d+_\d+_(?P<architecture>wasm32)"),
}
_OLD_MANYLINUX = {"manylinux1": "2_5", "manylinux2010": "2_12", "manylinux2014": "2_17"}
"""The glibc versions that these tags mean (PEP 600)."""


def _values() -> dict[str, Any]:
    values: dict[str, Any] = load("platform_tags").values
    return values


def platform_tags_date() -> str:
    """Return the day on which the index accepted exactly these tags."""
    return load("platform_tags").date


def architectures(family: str) -> list[str]:
    """Return the architectures that the index accepts in a family of tags, none for an unknown family."""
    found: list[str] = _values()["architectures"].get(family, [])
    return found


def is_accepted(tag: str) -> bool:
    """Return whether the index accepts a platform tag; case does not matter.

    The index checks only the beginning of the tags of some families, so anything may follow it.
    """
    tag = tag.lower()
    values = _values()
    if tag in values["fixed"]:
        return True
    for family, pattern in _FAMILIES.items():
        is_open = family in values["open_ended"]
        match = pattern.match(tag) if is_open else pattern.fullmatch(tag)
        if match is not None and match["architecture"] in architectures(family):
            return family != "macosx" or _is_macos(match["major"], match["minor"])
    return False


def _is_macos(major: str, minor: str) -> bool:
    """Return whether the index accepts a version of macOS: 10.x, and from 11 on only ``.0``."""
    return major == "10" or (minor == "0" and major in map(str, _values()["macos_majors"]))


def is_one_system(platforms: Collection[str]) -> bool:
    """Return whether a wheel is only for systems with case-sensitive names.

    These are Linux and Android; Windows, macOS and iOS are installed on case-insensitive file systems.
    """
    return all(each.startswith(("manylinux", "musllinux", "linux", "android")) for each in platforms)


def remedy(tag: str) -> str:
    """Return the remedy for a platform tag that the index does not accept."""
    tag = tag.lower()
    family, _, rest = tag.partition("_")
    if family == "linux":
        if rest in architectures("manylinux"):
            return (
                f"run 'auditwheel repair', as cibuildwheel does, which writes a wheel with the tag "
                f"manylinux_…_{rest} to wheelhouse/; upload that one, and delete the old wheel"
            )
        return f"upload only the sdist: PyPI accepts no wheels for Linux on {rest!r}"
    if family in _OLD_MANYLINUX and rest in architectures("manylinux"):
        return (
            f"tag it manylinux_{_OLD_MANYLINUX[family]}_{rest}, or later: {family} is not defined for {rest}"
        )
    if family == "macosx":
        return _macos_remedy(tag)
    if family in ("pyodide", "emscripten"):
        return "build it with a pyodide-build that writes pyemscripten_…_wasm32 (PEP 783)"
    if found := architectures(family):
        form = {"ios": "ios_…_ARCHITECTURE_iphoneos or _iphonesimulator"}.get(
            family, f"{family}_…_ARCHITECTURE"
        )
        return f"use a tag of the form {form}, with one of the architectures {', '.join(found)}"
    if family.startswith("win"):
        found = [each for each in _values()["fixed"] if each.startswith("win")]
        return f"build it for one of {', '.join(found)}"
    return "upload only the sdist: PyPI accepts no wheels for this platform"


def _macos_remedy(tag: str) -> str:
    match = _FAMILIES["macosx"].fullmatch(tag)
    known = architectures("macosx")
    if match is None or match["architecture"] not in known:
        return (
            f"use a tag of the form macosx_…_ARCHITECTURE, with one of the architectures {', '.join(known)}"
        )
    majors = [int(each) for each in _values()["macos_majors"]]
    # Versions of macOS have two digits; the bound guards against hostile numbers.
    wanted = int(match["major"]) if len(match["major"]) < 5 else majors[-1]
    major = max((each for each in majors if each <= wanted), default=None)
    if major is None:
        return "build it with MACOSX_DEPLOYMENT_TARGET=10.9 or later"
    return (
        f"build it with MACOSX_DEPLOYMENT_TARGET={major}.0, which gives it the tag "
        f"macosx_{major}_0_{match['architecture']}"
    )
