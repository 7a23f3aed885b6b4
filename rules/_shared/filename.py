"""Filenames of distributions: which ones the index accepts, and how they spell a project and a version.

The index runs the checks of ``packaging.utils`` (https://packaging.pypa.io/en/stable/utils.html) and some
of its own. This module repeats them, so an audit does not depend on the installed version of packaging.
"""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from pkgaudit.api import Distribution, Sdist, Wheel, counted, normalize, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.index_words import REFUSED, UNNOTICED
from pkgaudit.rules._shared.platform_tags import is_accepted

LONGEST_WHEEL_NAME = 246
"""The longest wheel filename, in bytes: the index also stores ``<name>.metadata``, in at most 255 bytes."""

# The patterns of packaging.utils and those that the index adds. The index accepts letters of any script in
# the name part of a wheel.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[\w.]+")
_TAG = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_BUILD = re.compile(r"[0-9]")


@dataclass(frozen=True)
class Parts:
    """The parts of a valid filename: the project's name, its version, and the rest."""

    name: str
    version: str
    rest: str = ""


@dataclass(frozen=True)
class Fault:
    """A fault of a filename: ``what`` is the predicate of a sentence, ``outcome`` the index's reaction."""

    what: str
    outcome: str = REFUSED
    is_format: bool = False
    """Whether the fault is the format of an sdist, one that PyPI once accepted."""
    value: str | None = None
    """The faulty part of the filename, None for the whole filename."""
    expected: str | None = None
    """The text that should replace ``value``, where that is known."""

    @property
    def data(self) -> dict[str, str]:
        """The data of a problem with this fault."""
        return {
            key: each
            for key, each in (("value", self.value), ("expected", self.expected))
            if each is not None
        }


@lru_cache(maxsize=256)
def parse_version(text: str) -> Version | None:
    """Return a version, None if it is not valid under PEP 440 or has thousands of digits."""
    try:
        # Real versions have a few dozen characters; the limit bounds the time on hostile input.
        return Version(text) if len(text) <= 1000 else None
    except (InvalidVersion, ValueError):
        return None


def escaped(name: str) -> str:
    """Return a project's name as a filename spells it."""
    return normalize(name).replace("-", "_")


def fault(distribution: Distribution) -> Fault | None:
    """Return the fault of a filename, judged without the file's content, None if the filename is valid."""
    filename = distribution.filename
    if _CONTROL.search(filename):
        return Fault("contains control characters")
    if "\\" in filename:
        return Fault("contains a backslash")
    wanted = ".whl" if isinstance(distribution, Wheel) else ".tar.gz"
    if not filename.endswith(wanted):
        actual = filename[len(distribution.stem) :]
        if actual.lower() == wanted:
            what = f"ends in {quoted(actual)}, but the extension must be {wanted!r}, in lower case"
            return Fault(what, value=actual, expected=wanted)
        what = f"ends in {quoted(actual)}, but only wheels (.whl) and sdists (.tar.gz) are accepted"
        return Fault(what, is_format=isinstance(distribution, Sdist), value=actual)
    return _wheel_fault(filename) if wanted == ".whl" else _sdist_fault(distribution)


@lru_cache(maxsize=64)  # most rules for wheels need the tags, which only a valid filename has
def _wheel_fault(filename: str) -> Fault | None:
    parts = filename[: -len(".whl")].split("-")
    if len(parts) not in (5, 6):
        found = counted(len(parts), "part")
        what = f"has {found} separated by hyphens, but a wheel filename has five, or six with a build tag"
        return Fault(what)
    name, version, *rest = parts
    if not _NAME.fullmatch(name) or "__" in name:
        what = f"has the name {quoted(name)}, but only letters, digits, '.' and single '_' are allowed"
        return Fault(what, value=name)
    if parse_version(version) is None:
        what = f"has the version {quoted(version)}, which is not valid under PEP 440"
        return Fault(what, value=version)
    if len(rest) == 4 and not _BUILD.match(rest[0]):
        what = f"has the build tag {quoted(rest[0])}, which does not begin with a digit"
        return Fault(what, value=rest[0])
    if len(filename.encode("utf-8", "surrogatepass")) > LONGEST_WHEEL_NAME:
        return Fault(f"is longer than {LONGEST_WHEEL_NAME} bytes")
    return _tag_fault(*rest[-3:])


def _tag_fault(python: str, abi: str, platform: str) -> Fault | None:
    """Return the fault in the form of the tags.

    The index checks only the platform tags, and rejects those that it does not know. It accepts any
    Python and ABI tag, but installers with a current ``packaging`` do not find such a wheel.
    """
    outcome = UNNOTICED if all(map(is_accepted, platform.split("."))) else REFUSED
    for tag in (python, abi, platform):
        if not _TAG.fullmatch(tag):
            what = f"has the tag {quoted(tag)}, but only letters, digits and '_', joined by '.', are allowed"
            return Fault(what, outcome, value=tag)
    if not all(map(str.isidentifier, python.split("."))):
        what = f"has the Python tag {quoted(python)}, which begins with a digit"
        return Fault(what, outcome, value=python)
    return None


def _sdist_fault(distribution: Distribution) -> Fault | None:
    name, dash, version = distribution.stem.rpartition("-")
    if not dash or not name or name.startswith("-"):
        return Fault("does not have the form '{name}-{version}.tar.gz'")
    if parse_version(version) is None:
        what = f"has {quoted(version)} after its last hyphen, which is not a valid version under PEP 440"
        return Fault(what, value=version)
    return None


def parts(distribution: Distribution) -> Parts | None:
    """Return the parts of the filename, None if it is invalid.

    In the filename of an sdist a post-release may contain a hyphen (``name-1.0-1.tar.gz``); the core
    metadata decides.
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
