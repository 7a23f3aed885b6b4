"""Versions with known vulnerabilities, of those that a requirement allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pkgaudit.late import dataclass
from pkgaudit.model.advisories import Advisory
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.requirements import around, bounds_of

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_MOST_BOUNDS = 2_000
"""The most bounds of versions that are tried for a requirement. Chosen: the project with the most advisories
has a few hundred; it bounds the time on a hostile file."""


class Fix(NamedTuple):
    """The lowest version without the vulnerabilities, or the last one with them if the next is not known."""

    version: str
    is_after: bool

    @property
    def specifier(self) -> str:
        """The specifier that allows no earlier version."""
        return f"{'>' if self.is_after else '>='}{self.version}"


@dataclass(frozen=True)
class Affected:
    """The advisories on one project, asked about versions."""

    advisories: Sequence[Advisory]

    def at(self, version: Version, *, only_ended: bool = True) -> list[Advisory]:
        """Return the advisories on a version, of those that have an end after it, or of all."""
        return [
            each
            for each in self.advisories
            if any(span.covers(version) for span in each.spans if span.high is not None or not only_ended)
        ]

    def forced(self, allowed: SpecifierSet) -> tuple[Version, list[Advisory]] | None:
        """Return the beginning of the highest range of allowed versions, and the advisories on it.

        None if any allowed version may be free of all advisories that have an end, or if none is allowed.
        Which versions exist is not known, so versions at all bounds and beside them stand for the others.
        """
        bounds = [*bounds_of(allowed), *self._bounds()]
        if not bounds:
            return None
        # Most requirements have no upper limit, so they allow the version after all others.
        above = f"{max(each.epoch for each in bounds)}!{max(each.major for each in bounds) + 1}"
        if len(bounds) > _MOST_BOUNDS or allowed.contains(above, prereleases=True):
            return None
        highest: tuple[Version, list[Advisory]] | None = None
        for text in around(bounds):
            version = parse_version(text)
            if version is not None and allowed.contains(version, prereleases=True):
                found = self.at(version)
                if not found:
                    return None
                if highest is None or version > highest[0]:
                    highest = version, found
        return highest

    def fix_above(self, version: Version, allowed: SpecifierSet | None = None) -> Fix | None:
        """Return the lowest fix above a version, of those that are allowed.

        It is free of all advisories, or if none is, of those that have an end.
        """
        fixes: dict[Version, Fix] = {}
        for span in (span for each in self.advisories for span in each.spans):
            if span.high is None:
                continue
            # The release after the last affected one is not known; a number that nobody gives stands for it.
            # Whoever requires a pre-release gets the later ones too, so the final one is better advice.
            end = span.high.base_version if span.closed or span.high.is_prerelease else str(span.high)
            first = parse_version(f"{end}.0.0.1" if span.closed else end)
            is_wanted = first is not None and first > version
            if (
                first is not None
                and is_wanted
                and (allowed is None or allowed.contains(first, prereleases=True))
            ):
                fixes.setdefault(first, Fix(end, span.closed))
        for only_ended in (False, True):
            for first in sorted(fixes):
                if not self.at(first, only_ended=only_ended):
                    return fixes[first]
        return None

    def _bounds(self) -> Iterable[Version]:
        for each in self.advisories:
            for span in each.spans:
                yield from (bound for bound in span[:2] if bound is not None)
