"""Find wheels of different projects that install different files or commands at the same path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from pkgaudit.api import ArchiveKind, PythonFile, Release, Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.entry_points import read_entry_points
from pkgaudit.rules._shared.installed import IMPORTABLE, installation_of
from pkgaudit.rules._shared.wheel_tags import WheelTags, wheel_tags

_MOST_PATHS = 2_000_000
"""The most files of all wheels that are compared: many times those of one upload; bounds the memory."""

_LARGEST = 1 << 18
"""The most bytes of an entry_points.txt that are read: many times the largest real one; bounds the time."""

_MOST_SHARED = 200
"""The most wheels with the same path that are compared in pairs; bounds the time, which grows quadratically.
"""

# The platform tags of Linux, macOS and Windows; tags of other systems are compared unchanged.
# https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#platform-tag
_ARCHITECTURE = re.compile(
    r"(?:manylinux\w*?|linux|musllinux_\d+_\d+)_(?P<linux>x86_64|i686|aarch64|armv\w+|ppc64le|ppc64|s390x|riscv64|loongarch64)"
    r"|macosx_\d+_\d+_(?P<mac>\w+)|win(?P<win>32|_amd64|_arm64)"
)
# Tags for several architectures, as documented for macOS in packaging.tags.
_MAC_KINDS = {"universal2": ("x86_64", "arm64"), "universal": ("x86_64", "i386"), "intel": ("x86_64", "i386")}

# Files that break a project if they are overwritten: modules, stubs and libraries, also with a version after
# the suffix.
_CODE = re.compile(r".*\.(?:py|pyi|pyw|pyd|so|dll|dylib)(?:\.\d+)*", re.IGNORECASE)


@dataclass(frozen=True)
class Namespace:
    """The mark of an ``__init__.py`` that only shares its package between several projects."""


# The two ways to share a package before PEP 420: those of pkgutil and pkg_resources.
_SHARED = (b"extend_path", b"declare_namespace")


def is_of_namespace(file: PythonFile) -> bool:
    """Return whether an ``__init__.py`` does nothing except sharing its package."""
    if file.member.archive is not ArchiveKind.WHEEL:
        return False
    # Many times the size of such a file, which has one or two lines and a license. Chosen.
    if len(file.data) > 20_000:
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
    """A file of a wheel at its installed path, or a command that installers create.

    ``content`` is the hash of the file, or the target of the command.
    """

    release: int
    wheel: Wheel
    member: str
    content: str


@dataclass
class Clash:
    """Projects, one wheel of each, and the paths at which all of them install different files.

    ``member`` is the first path in the archive of the second project.
    """

    wheels: list[Wheel]
    member: str
    paths: list[str] = field(default_factory=list)
    breaks: bool = False


def find_clashes(releases: list[Release], namespaces: Mapping[str, object]) -> Iterator[Clash]:
    """Yield one clash for each group of projects with wheels that clash in one environment."""
    found: dict[tuple[int, ...], Clash] = {}
    tags: dict[str, WheelTags | None] = {}
    for (area, path), candidates in _places(releases).items():
        if len({each.release for each in candidates}) < 2:
            continue
        clashing = _clashing(candidates[:_MOST_SHARED], namespaces, tags)
        if not clashing:
            continue
        wheels = [each.wheel for each in clashing.values()]
        clash = found.setdefault(tuple(clashing), Clash(wheels, [*clashing.values()][1].member))
        clash.paths.append(path)
        # The suffix is at the end; the bound is for hostile paths.
        clash.breaks = clash.breaks or area == "scripts" or _CODE.fullmatch(path[-255:]) is not None
    yield from found.values()


def _clashing(
    candidates: list[_Candidate], namespaces: Mapping[str, object], tags: dict[str, WheelTags | None]
) -> dict[int, _Candidate]:
    """Return the candidates, one for each project, that clash with another project; none or several."""
    found: dict[int, _Candidate] = {}
    for at, one in enumerate(candidates):
        for other in candidates[at + 1 :]:
            if one.release == other.release or one.content == other.content:
                continue
            if one.release in found and other.release in found:
                continue
            if _is_namespace(one, namespaces) and _is_namespace(other, namespaces):
                continue
            if _go_together(one.wheel, other.wheel, tags):
                found.setdefault(one.release, one)
                found.setdefault(other.release, other)
    return dict(sorted(found.items()))


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
                # Headers go to a separate folder for each project.
                if each.scheme == "headers" or not each.entry.sha256:
                    continue
                area = "site-packages" if each.scheme in IMPORTABLE else each.scheme
                made = _Candidate(number, wheel, each.entry.path, each.entry.sha256)
                places.setdefault((area, each.path), []).append(made)
            path = f"{wheel.dist_info}/entry_points.txt"
            for name, target in _commands(wheel, path):
                places.setdefault(("scripts", name), []).append(_Candidate(number, wheel, path, target))
    return places


def _commands(wheel: Wheel, path: str) -> Iterator[tuple[str, str]]:
    """Yield the commands that installers create, and their targets."""
    data = wheel.kept.get(path, b"")
    if not data or len(data) > _LARGEST or path in wheel.unread:
        return
    points = read_entry_points(data.decode("utf-8", "replace"))
    for group, name, _ in points.scripts():
        yield name, "".join(points.values.get((group, name), "").split())


def _is_namespace(candidate: _Candidate, namespaces: Mapping[str, object]) -> bool:
    if not candidate.member.endswith("__init__.py"):
        return False
    entry = candidate.wheel.by_path[candidate.member]
    return entry.size == 0 or f"{candidate.wheel.path}/{candidate.member}" in namespaces


def _go_together(one: Wheel, other: Wheel, known: dict[str, WheelTags | None]) -> bool:
    """Return whether both wheels can be installed in one environment."""
    for wheel in (one, other):
        if wheel.path not in known:
            known[wheel.path] = wheel_tags(wheel)
    first, second = known[one.path], known[other.path]
    return first is not None and second is not None and meet(first, second)


def meet(one: WheelTags, other: WheelTags) -> bool:
    """Return whether some Python on some machine can install wheels with both tags."""
    return machines_meet(machines(one), machines(other)) and _pythons_meet(one, other)


def machines_meet(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether wheels for these machines may be for the same one."""
    return "any" in one or "any" in other or bool(one & other)


def machines(tags: WheelTags) -> frozenset[str]:
    """Return the systems and architectures of the platform tags; Linux systems with their C library."""
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
        # A wheel for any implementation of a version also supports later versions.
        return lower[0].startswith("py") or _minor(a) == _minor(b) or "abi3" in lower[1].abis
    if a[:2] != b[:2]:
        return False
    return "abi3" in lower[1].abis


def _minor(tag: str) -> int:
    digits = tag[3:]
    return int(digits) if digits.isdigit() and len(digits) < 4 else 0  # minor versions have two digits
