"""The fields by which installers and resolvers choose, compared by their effect instead of their texts."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pkgaudit.api import CoreMetadata, normalize
from pkgaudit.rules._shared.environments import ANYWHERE, LONGEST, Where, truths
from pkgaudit.rules._shared.requirements import Line, allow_the_same, read_lines
from pkgaudit.rules._shared.requires_python import read_requires_python

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_MOST = 30
"""The most projects whose requirements are compared by their effect. Chosen: one is enough to see that files
differ; it bounds the time on hostile metadata."""

_LONGEST = 500
"""The most characters of a requirement that cannot be parsed. Chosen: real ones are shorter."""

_MINORS = (*((2, minor) for minor in range(6, 8)), *((3, minor) for minor in range(41)), (4, 0), (5, 0))
"""The Pythons with which Requires-Python is compared: those that exist, later ones, and later series."""

V = TypeVar("V", bound="Value")


class Change(NamedTuple):
    """The values that only another distribution has, those that only this one has, and the names in them.

    The values are as they are written; the names of projects are normalized.
    """

    lacks: list[str]
    adds: list[str]
    names: list[str]


class Value:
    """The value of a field in the core metadata of a distribution."""

    def is_same(self: V, other: V, where: Where = ANYWHERE) -> bool:
        """Return whether two values have the same effect in some environments."""
        raise NotImplementedError

    def change(self: V, other: V) -> Change:
        """Return how a value differs from another one."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


class Projects(Value):
    """The projects in Requires-Dist."""

    def __init__(self, metadata: CoreMetadata) -> None:
        self.pythons = metadata.first("Requires-Python") or ""
        self.lines: dict[str, list[Line]] = {}
        """The requirements by the normalized name of their project."""
        for line in read_lines(metadata):
            self.lines.setdefault(line.name, []).append(line)

    def __len__(self) -> int:
        return sum(map(len, self.lines.values()))

    def is_same(self, other: Projects, where: Where = ANYWHERE) -> bool:
        return not self._different(other, where)

    def change(self, other: Projects) -> Change:
        names = self._different(other, ANYWHERE)
        return Change(other._texts(names), self._texts(names), names)

    def _texts(self, names: Collection[str]) -> list[str]:
        return [" ".join(line.field.value.split()) for name in names for line in self.lines.get(name, ())]

    def _different(self, other: Projects, where: Where) -> list[str]:
        """Return the projects that are required differently in some environment."""
        pairs = {
            name: (self.lines.get(name, ()), other.lines.get(name, ()))
            for name in sorted(self.lines.keys() | other.lines.keys())
        }
        changed = [name for name, (one, two) in pairs.items() if _forms(one) != _forms(two)]
        return [name for name in changed[:_MOST] if _differ(*pairs[name], self.pythons, where)]


class Pythons(Value):
    """The Pythons that Requires-Python allows."""

    def __init__(self, metadata: CoreMetadata) -> None:
        self.text = (metadata.first("Requires-Python") or "").strip()
        required = read_requires_python(self.text)
        self.allowed = frozenset(each for each in _MINORS if required is None or required.allows(*each))

    def __len__(self) -> int:
        return len(self.allowed)

    def is_same(self, other: Pythons, where: Where = ANYWHERE) -> bool:
        different = self.allowed ^ other.allowed
        return different.isdisjoint(where.pythons) if where.pythons else not different

    def change(self, other: Pythons) -> Change:
        return Change([other.text] if other.text else [], [self.text] if self.text else [], [])


def unused_extras(metadata: CoreMetadata) -> frozenset[str]:
    """Return the extras without a requirement, which not all backends write; MD218 reports other faults."""
    used = {
        normalize(value)
        for line in read_lines(metadata)
        for name, _, value in line.comparisons
        if name == "extra"
    }
    return frozenset(normalize(each.strip()) for each in metadata.all("Provides-Extra")) - used


def other_requirements(metadata: CoreMetadata) -> frozenset[str]:
    """Return the requirements that are not compared by their effect, without white space."""
    read = {line.field.value for line in read_lines(metadata)}
    return frozenset(
        "".join(each.split())[:_LONGEST] for each in metadata.all("Requires-Dist") if each not in read
    )


class _Effect(NamedTuple):
    """What installers install of a project in one environment."""

    extras: frozenset[str]
    versions: SpecifierSet


def _forms(lines: Collection[Line]) -> frozenset[tuple[frozenset[str], SpecifierSet, str]]:
    return frozenset((_extras(line), line.made.specifier, line.marker) for line in lines)


def _extras(line: Line) -> frozenset[str]:
    return frozenset(map(normalize, line.made.extras))


def _differ(some: Collection[Line], others: Collection[Line], pythons: str, where: Where) -> bool:
    markers = list(dict.fromkeys(line.marker for line in (*some, *others)))
    if any(len(each) > LONGEST for each in markers):
        return True
    for values in truths(pythons, markers, where):
        true = {marker for marker, value in zip(markers, values, strict=True) if value}
        one, other = _effect(some, true), _effect(others, true)
        if one is None or other is None:
            if one is not other:
                return True
        elif one.extras != other.extras or not allow_the_same(one.versions, other.versions):
            return True
    return False


def _effect(lines: Collection[Line], true: set[str]) -> _Effect | None:
    """Return the effect of requirements of one project where some markers are true."""
    active = [line for line in lines if line.marker in true]
    if not active:
        return None
    extras = frozenset[str]().union(*map(_extras, active))
    return _Effect(extras, reduce(and_, (line.made.specifier for line in active)))
