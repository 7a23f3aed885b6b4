"""Advisories on projects: which versions have known vulnerabilities, or are malware."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from pkgaudit.late import dataclass

if TYPE_CHECKING:
    from packaging.version import Version


class Span(NamedTuple):
    """Versions from ``low`` to ``high``, either of which may be None. ``closed``: ``high`` belongs to it."""

    low: Version | None = None
    high: Version | None = None
    closed: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no version is in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and not self.closed)

    def covers(self, version: Version) -> bool:
        """Return whether a version is in it."""
        if self.low is not None and version < self.low:
            return False
        return self.high is None or version < self.high or (self.closed and version == self.high)


class Advisory(NamedTuple):
    """A vulnerability of one project under all its identifiers, the best known first.

    The affected versions, ``spans``, are sorted and do not overlap.
    """

    ids: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def is_malware(self) -> bool:
        """Whether the versions were made to do harm."""
        return any(each.startswith("MAL-") for each in self.ids)

    @property
    def covers_all(self) -> bool:
        """Whether every version is affected."""
        return self.spans == (Span(),)

    @property
    def has_end(self) -> bool:
        """Whether some version after an affected one is not affected."""
        return any(each.high is not None for each in self.spans)


@dataclass(frozen=True)
class Advisories:
    """The advisories on some projects, by normalized name.

    ``path`` is the file that they were read from, and ``date`` the day of the newest record in it.
    """

    path: str
    date: datetime.date
    projects: Mapping[str, tuple[Advisory, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Advisory, ...]:
        """Return the advisories on a project by its normalized name."""
        return self.projects.get(name, ())
