"""Compare the core metadata of the distributions of one version."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from email.utils import getaddresses
from itertools import islice, product
from typing import Generic, NamedTuple, TypeVar

from pkgaudit.api import CoreMetadata, Distribution, HeaderField, Release, Sdist, Wheel
from pkgaudit.late import lazy
from pkgaudit.rules._shared.environments import Where
from pkgaudit.rules._shared.fields import FIELDS, declared_version, is_at_least, is_set
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules._shared.wheel_tags import WheelTags, minor_versions, wheel_tags
from pkgaudit.rules.release.conflicts import machines, meet
from pkgaudit.rules.release.declared import (
    Change,
    Projects,
    Pythons,
    Value,
    other_requirements,
    unused_extras,
)

PROJECTS, PYTHON = "Requires-Dist", "Requires-Python"
"""The fields that resolvers read from one distribution of a version, and take as true for all."""

_PROMISE = "2.2"
"""The metadata version from which the fields that an sdist does not list in Dynamic are those of its wheels.

https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic-multiple-use
"""

_MOST_PAIRS = 400
"""The most pairs of wheels that are compared in detail; bounds the time. Chosen: 20 wheels with 20 others."""

_LONGEST = 2_000
"""The most characters of a value that is taken apart; bounds the time. Chosen."""

_SYSTEMS = {"linux": "linux", "musl": "linux", "mac": "darwin", "win": "win32"}
"""The value of ``sys_platform`` by the first word of a machine, see `machines`."""

_FREE = lazy(r"(?:cp3\d{1,3}|abi3)t")
"""The ABIs of Pythons without the GIL, which load no modules of other ABIs."""


T = TypeVar("T")
V = TypeVar("V", bound=Value)


class Difference(NamedTuple):
    """A field that two distributions of one version have with different values.

    ``lone`` differs from most distributions, of which ``other`` is one. ``is_certain``: one of them must be
    wrong, because both can be installed in the same environment, or the sdist promises one value for all.
    """

    field: str
    lone: Distribution
    other: Distribution
    change: Change
    is_certain: bool


class Drift(NamedTuple):
    """Fields without an effect on installers that two distributions of one version have differently."""

    lone: Distribution
    other: Distribution
    fields: list[str]


class _Member(NamedTuple):
    """A distribution of one version."""

    distribution: Distribution
    metadata: CoreMetadata

    def is_final(self, field: str) -> bool:
        """Return whether a field is that of every build."""
        return is_final(self.distribution, self.metadata, field)


def is_final(distribution: Distribution, metadata: CoreMetadata, field: str) -> bool:
    """Return whether a field is that of every build: a wheel's is, an sdist's only if it says so."""
    if not isinstance(distribution, Sdist):
        return True
    dynamic = {each.strip().lower() for each in metadata.all("Dynamic")}
    return is_at_least(declared_version(metadata), _PROMISE) and field.lower() not in dynamic


class _Group(Generic[T]):
    """Distributions with the same value."""

    def __init__(self, value: T, members: list[_Member]) -> None:
        self.value = value
        self.members = members

    @property
    def wheels(self) -> list[Wheel]:
        """The wheels among the distributions."""
        return [each.distribution for each in self.members if isinstance(each.distribution, Wheel)]


def disagreements(release: Release) -> Iterator[Difference]:
    """Yield the differences that matter to installers and resolvers, one for each different value."""
    for members in _by_version(release.distributions):
        yield from _disagreements(PROJECTS, members, Projects)
        yield from _disagreements(PYTHON, members, Pythons)


def drifts(release: Release) -> Iterator[Drift]:
    """Yield the other fields that differ, once for each version."""
    for members in _by_version(release.distributions):
        found: dict[str, tuple[Distribution, Distribution]] = {}
        for field, value_of in _OTHERS.items():
            groups = _groups(field, members, value_of, lambda one, other: one == other)
            groups = [each for each in groups if each.value is not None]
            if len(groups) > 1:
                usual = max(groups, key=lambda each: len(each.members))
                lone = next(each for each in groups if each is not usual)
                found[field] = lone.members[0].distribution, usual.members[0].distribution
        if found:
            yield Drift(*next(iter(found.values())), list(found))


def _by_version(distributions: Iterable[Distribution]) -> Iterator[list[_Member]]:
    groups: dict[str, list[_Member]] = {}
    for each in distributions:
        version, metadata = parse_version(each.version), judged_metadata(each)
        if version is not None and metadata is not None:
            # Builds with different local versions are variants, which may need different projects.
            groups.setdefault(str(version), []).append(_Member(each, metadata))
    yield from (each for each in groups.values() if len(each) > 1)


def _groups(
    field: str,
    members: list[_Member],
    value_of: Callable[[CoreMetadata], T],
    is_same: Callable[[T, T], bool],
) -> list[_Group[T]]:
    """Group distributions by the value of a field, without those that do not promise or know the field."""
    since = FIELDS[field.lower()].since
    headers: dict[tuple[HeaderField, ...], list[_Member]] = {}
    for each in members:
        if each.is_final(field) and is_at_least(declared_version(each.metadata), since):
            # Most distributions have the same header, which is compared once.
            headers.setdefault(tuple(each.metadata.fields), []).append(each)
    found: list[_Group[T]] = []
    for those in headers.values():
        value = value_of(those[0].metadata)
        group = next((each for each in found if is_same(each.value, value)), None)
        if group is None:
            found.append(_Group(value, those))
        else:
            group.members += those
    return found


def _disagreements(field: str, members: list[_Member], kind: type[V]) -> Iterator[Difference]:
    groups: list[_Group[V]] = _groups(field, members, kind, kind.is_same)
    if len(groups) < 2:
        return
    usual = max(groups, key=lambda each: (len(each.members), len(each.value)))
    is_promised = any(isinstance(each.distribution, Sdist) for every in groups for each in every.members)
    # Then the wheels contradict each other, so not all of them are as the sdist promises.
    is_broken = is_promised and sum(bool(each.wheels) for each in groups) > 1
    for lone in groups:
        if lone is not usual:
            yield Difference(
                field,
                lone.members[0].distribution,
                usual.members[0].distribution,
                lone.value.change(usual.value),
                (is_broken and bool(lone.wheels)) or _contradict(lone, usual),
            )


def _contradict(one: _Group[V], other: _Group[V]) -> bool:
    """Return whether two wheels for the same environment differ there.

    Wheels for other systems may differ on purpose: open3d 0.20.0 has the extra ``ml`` not on Windows.
    Resolvers that read one wheel for all are misled by that, but installers are not.
    """
    places = {
        where
        for first, second in islice(product(one.wheels, other.wheels), _MOST_PAIRS)
        if (where := _where_both(first, second)) is not None
    }
    return any(not one.value.is_same(other.value, where) for where in places)


def _where_both(one: Wheel, other: Wheel) -> Where | None:
    """Return the environments in which two wheels can be installed, None if there are none."""
    first, second = wheel_tags(one), wheel_tags(other)
    if first is None or second is None or not meet(first, second):
        return None
    # A later build replaces a wheel.
    if _is_free(first) != _is_free(second) or first.build != second.build:
        return None
    pythons = minor_versions(first) & minor_versions(second)
    if not pythons:
        return None
    systems = _systems(first) & _systems(second) or _systems(first) | _systems(second)
    is_of_cpython = any(all(each.startswith("cp") for each in tag.pythons) for tag in (first, second))
    return Where(pythons, systems, frozenset({"cpython"}) if is_of_cpython else frozenset())


def _is_free(tags: WheelTags) -> bool:
    """Return whether a wheel is for Pythons without the GIL only."""
    return all(_FREE.fullmatch(each) for each in tags.abis)


def _systems(tags: WheelTags) -> frozenset[str]:
    """Return the values of ``sys_platform`` for a wheel, none for a wheel for any, or another system."""
    return frozenset(
        system for each in machines(tags) if (system := _SYSTEMS.get(each.partition(" ")[0])) is not None
    )


def _values(field: str) -> Callable[[CoreMetadata], Hashable]:
    return lambda metadata: frozenset(" ".join(each.split()) for each in metadata.all(field) if is_set(each))


def _people(role: str) -> Callable[[CoreMetadata], Hashable]:
    """Return the names and addresses of the authors or maintainers; backends divide them differently."""

    def read(metadata: CoreMetadata) -> frozenset[str]:
        texts = [each[:_LONGEST] for each in metadata.all(f"{role}-email")]
        names = [name.strip() for each in metadata.all(role) for name in each[:_LONGEST].split(",")]
        found = {part.strip() for pair in getaddresses(texts) for part in pair} | set(names)
        return frozenset(" ".join(each.split()) for each in found if is_set(each))

    return read


def _addresses(metadata: CoreMetadata) -> frozenset[str]:
    """Return all addresses; backends write the address of the homepage in one of two fields."""
    labeled = (each.rpartition(",")[2] for each in metadata.all("Project-URL"))
    others = (*metadata.all("Home-page"), *metadata.all("Download-URL"))
    return frozenset(url for each in (*labeled, *others) if is_set(url := each.strip().rstrip("/")))


def _keywords(metadata: CoreMetadata) -> frozenset[str]:
    return frozenset(word for each in metadata.all("Keywords") for word in re.split(r"[,\s]+", each) if word)


def _license(metadata: CoreMetadata) -> Hashable:
    """Return the license, None if it is in License-Expression, which older backends write as License."""
    return None if metadata.all("License-Expression") else _values("License")(metadata)


def _content_type(metadata: CoreMetadata) -> str:
    """Return the type without its parameters, which older backends do not write."""
    return (metadata.first("Description-Content-Type") or "").partition(";")[0].strip().lower()


_OTHERS: dict[str, Callable[[CoreMetadata], Hashable]] = {
    **{
        field: _values(field)
        for field in ("Summary", "Classifier", "License-Expression", "Requires-External")
    },
    "Author": _people("Author"),
    "Maintainer": _people("Maintainer"),
    "Project-URL": _addresses,
    "Keywords": _keywords,
    "License": _license,
    "Description-Content-Type": _content_type,
    PROJECTS: other_requirements,
    "Provides-Extra": unused_extras,
}
"""The fields that differ without consequences for installers, with the value that is compared.

Left out are Description, which may be large; Platform, Supported-Platform and License-File, which may depend
on the platform: shapely 2.2.0 has the license of a library of Windows only in the wheels for Windows; and
fields that tell how the file was made: Metadata-Version, Dynamic, Import-Name, Import-Namespace.
"""
