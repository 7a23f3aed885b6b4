"""File names of distributions: what the index takes, and how the name of a project and version is spelt.

The index has the checks of ``packaging.utils`` (https://packaging.pypa.io/en/stable/utils.html) and some
of its own; they are written out here so that an audit does not depend on the version that is installed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from pkgaudit.api import Distribution, Sdist, Wheel, counted, normalize, quoted
from pkgaudit.rules._shared.index_words import REFUSED, UNNOTICED
from pkgaudit.rules._shared.platform_tags import is_accepted

LONGEST_WHEEL_NAME = 246
"""Bytes that a wheel's name may have: the index puts ``<name>.metadata`` beside it, in 255 bytes."""

# The patterns of packaging.utils, and what the index adds; it accepts letters of any script in names of
# wheels.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[\w.]+")
_TAG = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_BUILD = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a valid file name spells: the project's name and version, and what follows them."""

    name: str
    version: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file name, as the end of a sentence about it, and what the index does with it."""

    what: str
    outcome: str = REFUSED
    is_format: bool = False
    """Whether it is the format of an sdist, one that was taken once."""
    value: str | None = None
    """The part of the name that it is about, None if that is the whole name."""
    expected: str | None = None
    """The text that should be there instead of that part, where that is known."""

    @property
    def data(self) -> dict[str, str]:
        """The data of a problem with it."""
        return {
            key: each
            for key, each in (("value", self.value), ("expected", self.expected))
            if each is not None
        }


def parse_version(text: str) -> Version | None:
    """Return a version, None if it is none by PEP 440. A version of thousands of digits is none either."""
    try:
        # Versions of real projects have a few dozen characters; it bounds the time on hostile input.
        return Version(text) if len(text) <= 1000 else None
    except (InvalidVersion, ValueError):
        return None


def escaped(name: str) -> str:
    """Return a project's name as it stands in a file name."""
    return normalize(name).replace("-", "_")


def fault(distribution: Distribution) -> Fault | None:
    """Return what is wrong with the file name whatever is in the file, None if it is valid."""
    filename = distribution.filename
    if _CONTROL.search(filename):
        return Fault("holds control characters")
    if "\\" in filename:
        return Fault("holds a backslash")
    wanted = ".whl" if isinstance(distribution, Wheel) else ".tar.gz"
    if not filename.endswith(wanted):
        actual = filename[len(distribution.stem) :]
        if actual.lower() == wanted:
            what = f"ends in {quoted(actual)}, and the case matters: it must be {wanted!r}"
            return Fault(what, value=actual, expected=wanted)
        what = f"ends in {quoted(actual)}; only wheels (.whl) and sdists in .tar.gz are accepted"
        return Fault(what, is_format=isinstance(distribution, Sdist), value=actual)
    return _wheel_fault(filename) if wanted == ".whl" else _sdist_fault(distribution)


def _wheel_fault(filename: str) -> Fault | None:
    parts = filename[: -len(".whl")].split("-")
    if len(parts) not in (5, 6):
        found = counted(len(parts), "part")
        return Fault(f"has {found} between hyphens, not the five or, with a build tag, six of a wheel")
    name, version, *rest = parts
    if not _NAME.fullmatch(name) or "__" in name:
        what = f"has {quoted(name)} for a name: letters, digits, '.' and single '_' are allowed"
        return Fault(what, value=name)
    if parse_version(version) is None:
        return Fault(f"has {quoted(version)} for a version, which is none by PEP 440", value=version)
    if len(rest) == 4 and not _BUILD.match(rest[0]):
        what = f"has {quoted(rest[0])} for a build tag, which does not begin with a digit"
        return Fault(what, value=rest[0])
    if len(filename.encode("utf-8", "surrogatepass")) > LONGEST_WHEEL_NAME:
        return Fault(f"is longer than {LONGEST_WHEEL_NAME} bytes")
    return _tag_fault(*rest[-3:])


def _tag_fault(python: str, abi: str, platform: str) -> Fault | None:
    """Return what is wrong with the form of the tags.

    The index looks at the platforms alone and refuses those that it does not know. Of the other
    tags it takes any; installers with a current ``packaging`` do not find such a wheel.
    """
    outcome = UNNOTICED if all(map(is_accepted, platform.split("."))) else REFUSED
    for tag in (python, abi, platform):
        if not _TAG.fullmatch(tag):
            what = f"has {quoted(tag)} for a tag: letters, digits and '_' are allowed, in parts joined by '.'"
            return Fault(what, outcome, value=tag)
    if not all(map(str.isidentifier, python.split("."))):
        what = f"has {quoted(python)} for a Python tag, which begins with a digit"
        return Fault(what, outcome, value=python)
    return None


def _sdist_fault(distribution: Distribution) -> Fault | None:
    name, dash, version = distribution.stem.rpartition("-")
    if not dash or not name or name.startswith("-"):
        return Fault("is not of the form '{name}-{version}.tar.gz'")
    if parse_version(version) is None:
        what = f"has {quoted(version)} after its last hyphen, which is no version by PEP 440"
        return Fault(what, value=version)
    return None


def parts(distribution: Distribution) -> Parts | None:
    """Return what the file name spells, None if it is invalid.

    In the name of an sdist a post-release may have a hyphen (``name-1.0-1.tar.gz``); the core metadata tells.
    """
    if fault(distribution) is not None:
        return None
    if isinstance(distribution, Wheel):
        name, version, rest = distribution.stem.split("-", 2)
        return Parts(name, version, f"-{rest}.whl")
    name, version = distribution.filename_project
    project = distribution.metadata.name if distribution.metadata else None
    if project is not None and normalize(name) != normalize(project):
        shorter, dash, post = name.rpartition("-")
        if dash and normalize(shorter) == normalize(project) and parse_version(f"{post}-{version}"):
            return Parts(shorter, f"{post}-{version}", ".tar.gz")
    return Parts(name, version, ".tar.gz")
