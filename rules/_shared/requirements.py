"""The requirements in Requires-Dist, and where they apply."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from pkgaudit.api import CoreMetadata, HeaderField, Severity, normalize, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.environments import can_hold
from pkgaudit.rules._shared.fields import sound_fields
from pkgaudit.rules._shared.filename import parse_version

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_LONGEST = 500
"""The most characters of a requirement that are read. Chosen: real ones are shorter; it bounds the time."""

_MOST = 1_000
"""The most requirements that are read. Chosen: real projects have a few hundred with all their extras."""

_COMPARISON = re.compile(
    r'(?P<name>[a-z_]+) (?P<operator>[<>=!~]{1,3}) "(?P<value>[^"]{0,100})"'
    r'|"(?P<value2>[^"]{0,100})" (?P<operator2>[<>=!~]{1,3}) (?P<name2>[a-z_]+)'
)
"""A comparison in a marker, in the spelling of ``packaging``, which has one space around operators."""

_ONLY_EXTRA = re.compile(r'extra == "(?P<extra>[^"]{1,100})"')

_EXTRA = re.compile(r"\bextra\b")


@dataclass(frozen=True)
class Line:
    """A Requires-Dist field.

    ``project`` is the normalized name of the project itself, ``pythons`` its Requires-Python, "" without one.
    """

    field: HeaderField
    made: Requirement
    project: str
    pythons: str

    @cached_property
    def name(self) -> str:
        """The normalized name of the project."""
        return normalize(self.made.name)

    @cached_property
    def text(self) -> str:
        """The field as the subject of a sentence."""
        return f"Requires-Dist {quoted(self.field.value)}"

    @cached_property
    def marker(self) -> str:
        """The marker in the spelling of ``packaging``, "" without one."""
        return str(self.made.marker or "")

    @property
    def extra(self) -> str | None:
        """The extra that alone decides about the requirement, "" if nothing does, None if anything else."""
        match = _ONLY_EXTRA.fullmatch(self.marker)
        return normalize(match["extra"]) if match else None if self.marker else ""

    @cached_property
    def comparisons(self) -> list[tuple[str, str, str]]:
        """The names, operators and values of the marker."""
        return [
            (each["name"] or each["name2"], each["operator"] or each["operator2"], value)
            for each in _COMPARISON.finditer(self.marker)
            if (value := each["value"] if each["value"] is not None else each["value2"]) is not None
        ]

    @property
    def is_own(self) -> bool:
        """Whether the project requires itself."""
        return self.name == self.project

    @property
    def is_of_extra(self) -> bool:
        """Whether the marker asks for an extra."""
        return _EXTRA.search(self.marker) is not None

    @property
    def is_hard(self) -> bool:
        """Whether installers install it without an extra, on some system with an allowed Python."""
        return not self.is_of_extra and can_hold(self.pythons, self.marker)

    @property
    def outcome(self) -> str:
        """The consequence if no version fulfills it, as the end of a sentence."""
        if self.extra == "":
            return "no installer can install the release"
        if self.extra:
            return f"no installer can install the extra {quoted(self.extra)}"
        return "no installer can install the release where the marker applies"

    @property
    def severity(self) -> Severity:
        """The severity if no version fulfills it."""
        return Severity.ERROR if self.extra == "" else Severity.WARNING


def read_lines(metadata: CoreMetadata) -> tuple[Line, ...]:
    """Return the valid requirements without those that are URLs; MD104 and MD111 report the others."""
    fields = tuple(each for each in sound_fields(metadata) if each.key == "requires-dist")
    project = normalize((metadata.name or "").strip())
    return _read(fields[:_MOST], project, metadata.first("Requires-Python") or "")


# Several rules read the same requirements, which all wheels of a release have.
@lru_cache(maxsize=4)
def _read(fields: tuple[HeaderField, ...], project: str, pythons: str) -> tuple[Line, ...]:
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for field in fields:
        if len(field.value) > _LONGEST:
            continue
        try:
            made = Requirement(field.value)
        except (InvalidRequirement, ValueError, RecursionError):  # deep markers exceed the stack
            continue
        if made.url is None:
            found.append(Line(field, made, project, pythons))
    return tuple(found)


def excludes_all(sets: Collection[SpecifierSet]) -> bool:
    """Return whether no version is in all sets, judged by the versions at their bounds and beside them."""
    specifiers = [each for every in sets for each in every]
    if len(specifiers) < 2 or any(each.operator == "===" for each in specifiers):
        return False
    bounds = [each for every in sets for each in bounds_of(every)]
    if len(bounds) != len(specifiers):
        return False
    return not any(
        all(each.contains(version, prereleases=True) for each in specifiers) for version in around(bounds)
    )


def bounds_of(specifiers: SpecifierSet) -> list[Version]:
    """Return the versions in specifiers, without those that are not valid."""
    found = (parse_version(each.version.removesuffix(".*")) for each in specifiers)
    return [each for each in found if each is not None]


def around(bounds: Iterable[Version]) -> set[str]:
    """Return the bounds and versions beside them.

    They stand for all versions: every range between two bounds begins at a bound or beside it, except the
    range before all of them.
    """
    found = {"0", "0.dev0"}
    for bound in bounds:
        found |= {str(bound), *_beside(bound)}
    return found


def allow_the_same(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Return whether two sets allow the same versions, judged by those at their bounds and beside them.

    Prereleases are allowed if one of the specifiers names one, so sets that differ in this are different.
    """
    if one == other:
        return True
    specifiers = [*one, *other]
    bounds = [*bounds_of(one), *bounds_of(other)]
    is_unclear = len(bounds) != len(specifiers) or any(each.operator == "===" for each in specifiers)
    if is_unclear or bool(one.prereleases) != bool(other.prereleases):
        return False
    return all(
        one.contains(each, prereleases=True) == other.contains(each, prereleases=True)
        for each in around(bounds)
    )


def _beside(bound: Version) -> Iterator[str]:
    """Yield versions right before and after a bound, before any other bound that people write."""
    release = (f"{bound.epoch}!" if bound.epoch else "") + ".".join(map(str, bound.release))
    yield from (release, f"{release}.dev0", f"{release}.0.0.1")
    if bound.dev is None and bound.post is None:
        yield f"{bound.public}.dev0"
    # The first version that `!=1.4.*` allows again is 1.5, and the one between two post-releases is a third.
    yield re.sub(r"[0-9]+$", lambda last: str(int(last[0]) + 1), bound.public)
