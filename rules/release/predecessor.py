"""A release beside its predecessor: which file is compared with which, and the differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from pkgaudit.api import CoreMetadata, Distribution, Update, Wheel, normalize
from pkgaudit.late import lazy
from pkgaudit.rules._shared.entry_points import EntryPoint, read_entry_points
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules._shared.requirements import Line, read_lines
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules._shared.wheel_tags import WheelTags, wheel_tags
from pkgaudit.rules.release.agreement import PROJECTS, PYTHON, is_final
from pkgaudit.rules.release.conflicts import machines, machines_meet

_LARGEST = 1 << 18
"""The most bytes of an entry_points.txt that are read: many times the largest real one; bounds the time."""

_MOST_FILES = 200
"""The most files of a release that are compared, many times those of real ones; bounds the time."""

_LATEST_MINOR = 40
"""The last minor version of Python 3 that is tried, as in `wheel_tags`."""

# Extension modules have a tag of Python, and auditwheel adds a digest to the names of libraries.
_BUILT = lazy(r"(?:\.(?:cpython-|pypy|graalpy|cp|pp|abi)[0-9][\w-]*|-[0-9a-f]{8})(?=\.)")


_SHARE = 10
"""A file is named if its size changed by more than a tenth of the whole change; at most nine files are."""

_DEVELOPMENT = frozenset(
    {
        *("benchmark", "benchmarks", "ci", "cov", "coverage", "dev", "develop", "development", "doc", "docs"),
        *("format", "lint", "linting", "mypy", "qa", "release", "test", "testing", "tests", "typing"),
    }
)
"""Words in the names of extras that users do not install; projects move them to dependency groups."""


class Pair(NamedTuple):
    """A file of the new release, and the file of the old one that it replaces."""

    new: Distribution
    old: Distribution


def pairs(update: Update) -> list[Pair]:
    """Return each wheel with that of the old release for the same tags, or else for the same systems.

    If there is none, return the sdist with the old sdist.
    """
    old = _tagged(update.old.wheels)
    found = []
    for new, tags in _tagged(update.new.wheels):
        like = max(old, key=lambda each: _likeness(tags, each[1]), default=None)
        if like is not None and _likeness(tags, like[1]):
            found.append(Pair(new, like[0]))
    if not found and update.new.sdists and update.old.sdists:
        found.append(Pair(update.new.sdists[0], update.old.sdists[0]))
    return found


def _tagged(wheels: Iterable[Wheel]) -> list[tuple[Wheel, WheelTags]]:
    found = ((wheel, wheel_tags(wheel)) for wheel in islice(wheels, _MOST_FILES))
    return [(wheel, tags) for wheel, tags in found if tags is not None]


def wheel_pairs(update: Update) -> Iterator[tuple[Wheel, Wheel]]:
    """Yield the pairs of wheels."""
    for new, old in pairs(update):
        if isinstance(new, Wheel) and isinstance(old, Wheel):
            yield new, old


def _likeness(one: WheelTags, other: WheelTags) -> int:
    if one.pythons & other.pythons and one.abis & other.abis and one.platforms & other.platforms:
        return 2
    return 1 if machines_meet(machines(one), machines(other)) else 0


def metadata_pair(update: Update) -> tuple[CoreMetadata, CoreMetadata] | None:
    """Return the core metadata of the first pair, which is that of the releases; None without such a pair."""
    found = [*pairs(update), *zip(update.new.wheels[:1], update.old.wheels[:1], strict=False)]
    for new, old in found:
        ours, theirs = judged_metadata(new), judged_metadata(old)
        if ours is None or theirs is None:
            continue
        if all(is_final(new, ours, each) and is_final(old, theirs, each) for each in (PROJECTS, PYTHON)):
            return ours, theirs
    return None


class Growth(NamedTuple):
    """The unpacked sizes of a file and its predecessor in bytes, and the largest changes by path."""

    new: Distribution
    size: int
    old_size: int
    changes: list[tuple[str, int]]

    @property
    def ratio(self) -> float:
        """The new size for each byte of the old one."""
        return self.size / max(self.old_size, 1)


def growth(pair: Pair) -> Growth:
    """Return how the unpacked size changed."""
    new, old = _sizes(pair.new), _sizes(pair.old)
    changes = [(path, new.get(path, 0) - old.get(path, 0)) for path in new | old]
    size, old_size = sum(new.values()), sum(old.values())
    sign = 1 if size > old_size else -1
    changes.sort(key=lambda each: (-each[1] * sign, each[0]))
    least = abs(size - old_size) // _SHARE
    return Growth(pair.new, size, old_size, [each for each in changes if each[1] * sign > least])


def _sizes(distribution: Distribution) -> dict[str, int]:
    """Return the sizes of the files by a path that is equal in the next version."""
    found: dict[str, int] = {}
    version = distribution.filename_project[1]
    for path, entry in distribution.files.items():
        first, slash, rest = distribution.without_version(path).partition("/")
        folder, dot, name = f"{first.replace(f'-{version}.', '.')}{slash}{rest}".rpartition("/")
        key = f"{folder}{dot}{_BUILT.sub('', name)}"
        found[key] = found.get(key, 0) + entry.size
    return found


class Offers(NamedTuple):
    """What a release offers to its users: commands, groups of entry points, extras and typed packages."""

    commands: dict[str, str]
    groups: dict[str, str]
    extras: dict[str, str]
    typed: dict[str, str]


def offers_of(wheels: Iterable[Wheel]) -> Offers:
    """Return what wheels offer together; the values are the names as they are written."""
    found = Offers({}, {}, {}, {})
    for each in wheels:
        metadata = judged_metadata(each)
        if metadata is not None:
            found.extras.update((normalize(name), name) for name in metadata.all("Provides-Extra"))
        for point in _entry_points(each):
            group = found.commands if point.is_script else found.groups
            name = point.name if point.is_script else point.group
            group[name] = name
        for file in installation_of(each).files:
            if file.scheme == "scripts" and "/" not in file.path:
                name = file.path.removesuffix(".py").removesuffix(".exe")
                found.commands[name] = name
            elif file.is_importable and file.path.endswith("/py.typed"):
                top = file.path.partition("/")[0]
                found.typed[top] = top
    return found


def is_for_development(extra: str) -> bool:
    """Return whether an extra is for developers of the project, by its normalized name."""
    return not _DEVELOPMENT.isdisjoint(extra.split("-"))


def _entry_points(wheel: Wheel) -> Iterator[EntryPoint]:
    data = wheel.kept.get(f"{wheel.dist_info}/entry_points.txt", b"")
    if len(data) <= _LARGEST:
        yield from read_entry_points(data.decode("utf-8", "replace")).points()


class Requirements(NamedTuple):
    """The dependencies of a release that installers always install, and the lowest Python it allows."""

    hard: dict[str, Line]
    all: frozenset[str]
    lowest_python: tuple[int, int] | None


def requirements_of(metadata: CoreMetadata) -> Requirements:
    """Return what the core metadata requires."""
    lines = read_lines(metadata)
    required = read_requires_python(metadata.first("Requires-Python") or "")
    pythons = [(2, 7), *((3, minor) for minor in range(_LATEST_MINOR + 1))]
    lowest = next((each for each in pythons if required is None or required.allows(*each)), None)
    hard = {line.name: line for line in lines if line.is_hard}
    return Requirements(hard, frozenset(line.name for line in lines), lowest)
