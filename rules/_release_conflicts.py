"""Which wheels of different projects install different files at one path of one environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pkgaudit.api import PythonFile, Release, Wheel
from pkgaudit.rules._installed import IMPORTABLE, installation_of
from pkgaudit.rules._wheel_tags import WheelTags, wheel_tags

_MOST_PATHS = 2_000_000
_MOST_SHARED = 200
"""Wheels that install one path of which the pairs are looked at."""

_ARCHITECTURE = re.compile(
    r"(?:manylinux\w*?|linux|musllinux_\d+_\d+)_(?P<linux>x86_64|i686|aarch64|armv\w+|ppc64le|ppc64|s390x|riscv64|loongarch64)"
    r"|macosx_\d+_\d+_(?P<mac>\w+)|win(?P<win>32|_amd64|_arm64)"
)
_MAC_KINDS = {"universal2": ("x86_64", "arm64"), "universal": ("x86_64", "i386"), "intel": ("x86_64", "i386")}

_CODE = re.compile(r".*\.(?:py|pyi|pyw|pyd|so|dll|dylib)(?:\.\d+)*", re.IGNORECASE)


@dataclass(frozen=True)
class Namespace:
    """The sign of an ``__init__.py`` that is there for a package shared by several projects."""


_SHARED = (b"extend_path", b"declare_namespace")


def is_of_namespace(file: PythonFile) -> bool:
    """Return whether an ``__init__.py`` does nothing but share its package, or nothing at all."""
    if file.member.name != "__init__.py" or len(file.data) > 20_000:
        return False
    if any(each in file.data for each in _SHARED):
        return True
    tree = file.tree
    return tree is not None and all(_does_nothing(each) for each in tree.body)


def _does_nothing(statement: object) -> bool:
    import ast

    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


@dataclass(frozen=True)
class _Candidate:
    """A file of a wheel at the place where it is installed."""

    release: int
    wheel: Wheel
    member: str
    sha256: str


@dataclass
class Clash:
    """Two projects, a wheel of each, and the paths at which both install something else."""

    one: Wheel
    other: Wheel
    paths: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    """Where the paths are in the archive of the other one."""
    breaks: bool = False


def find_clashes(releases: list[Release], namespaces: Mapping[str, object]) -> Iterator[Clash]:
    """Yield, for each two projects of which wheels go into one environment, where they clash."""
    places = _places(releases)
    found: dict[tuple[int, int], Clash] = {}
    tags: dict[str, WheelTags | None] = {}
    for (area, path), candidates in places.items():
        if len({each.release for each in candidates}) < 2:
            continue
        seen: set[tuple[int, int]] = set()
        for at, one in enumerate(candidates[:_MOST_SHARED]):
            for other in candidates[at + 1 : _MOST_SHARED]:
                pair = (one.release, other.release)
                if pair[0] == pair[1] or pair in seen or one.sha256 == other.sha256:
                    continue
                if _is_namespace(one, namespaces) and _is_namespace(other, namespaces):
                    continue
                if not _go_together(one.wheel, other.wheel, tags):
                    continue
                seen.add(pair)
                clash = found.setdefault(pair, Clash(one.wheel, other.wheel))
                if (clash.one is one.wheel and clash.other is other.wheel) or not clash.paths:
                    clash.paths.append(path)
                    clash.members.append(other.member)
                clash.breaks = clash.breaks or area == "scripts" or _CODE.fullmatch(path[-255:]) is not None
    yield from found.values()


def _places(releases: list[Release]) -> dict[tuple[str, str], list[_Candidate]]:
    places: dict[tuple[str, str], list[_Candidate]] = {}
    count = 0
    for number, release in enumerate(releases):
        for wheel in release.wheels:
            if not wheel.is_readable:
                continue
            for each in installation_of(wheel).files:
                count += 1
                if count > _MOST_PATHS:
                    return places
                # Headers go to a folder of the project's own name.
                if each.scheme == "headers" or not each.entry.sha256:
                    continue
                area = "site-packages" if each.scheme in IMPORTABLE else each.scheme
                made = _Candidate(number, wheel, each.entry.path, each.entry.sha256)
                places.setdefault((area, each.path), []).append(made)
    return places


def _is_namespace(candidate: _Candidate, namespaces: Mapping[str, object]) -> bool:
    if not candidate.member.endswith("__init__.py"):
        return False
    entry = candidate.wheel.by_path[candidate.member]
    return entry.size == 0 or f"{candidate.wheel.path}/{candidate.member}" in namespaces


def _go_together(one: Wheel, other: Wheel, known: dict[str, WheelTags | None]) -> bool:
    """Return whether one environment takes both wheels."""
    for wheel in (one, other):
        if wheel.path not in known:
            known[wheel.path] = wheel_tags(wheel)
    first, second = known[one.path], known[other.path]
    if first is None or second is None:
        return False
    return _meet(_machines(first), _machines(second)) and _pythons_meet(first, second)


def _meet(one: frozenset[str], other: frozenset[str]) -> bool:
    return "any" in one or "any" in other or bool(one & other)


def _machines(tags: WheelTags) -> frozenset[str]:
    """Return the systems and architectures of the platform tags, with the C library of Linux."""
    found = set()
    for tag in tags.platforms:
        match = _ARCHITECTURE.fullmatch(tag)
        if match is None:
            found.add(tag)
        elif match["linux"]:
            found.add(f"{'musl' if tag.startswith('musl') else 'linux'} {match['linux']}")
        elif match["mac"]:
            found.update(f"mac {each}" for each in _MAC_KINDS.get(match["mac"], (match["mac"],)))
        else:
            found.add(f"win {match['win']}")
    return frozenset(found)


def _pythons_meet(one: WheelTags, other: WheelTags) -> bool:
    return any(_together(a, one, b, other) for a in one.pythons for b in other.pythons)


def _together(a: str, one: WheelTags, b: str, other: WheelTags) -> bool:
    if a == b:
        return True
    if a[2:3] != b[2:3]:
        return False
    lower = min((a, one), (b, other), key=lambda each: _minor(each[0]))
    if "py" in (a[:2], b[:2]):
        # What is for any implementation of a version is for the later ones too.
        return lower[0].startswith("py") or _minor(a) == _minor(b) or "abi3" in lower[1].abis
    if a[:2] != b[:2]:
        return False
    return "abi3" in lower[1].abis


def _minor(tag: str) -> int:
    digits = tag[3:]
    return int(digits) if digits.isdigit() and len(digits) < 4 else 0
