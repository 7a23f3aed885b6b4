"""Ignores from comments in audited files and from the configuration, and their use."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable
from dataclasses import field

from pkgaudit.finding import Location, SuppressionKind
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Distribution, InlineIgnore
from pkgaudit.model.entry import ArchiveKind
from pkgaudit.model.subject import RunSubject


class Scope(enum.IntEnum):
    """The subject that a rule needs; a larger value is a wider subject."""

    MEMBER = 1
    DISTRIBUTION = 2
    RELEASE = 3


@dataclass(frozen=True)
class Selector:
    """One word of an ignore: a selector of rules, or the hash of allowed content.

    ``used``: it suppressed at least one finding. ``known``: it selects a rule. ``ran``: all rules that it
    selects ran, with their usual options. ``scope`` is the widest scope of these rules.
    """

    text: str
    used: bool
    known: bool = True
    ran: bool = True
    scope: Scope = Scope.MEMBER


@dataclass(frozen=True)
class IgnoreUsage:
    """An ignore and its use in this audit.

    ``file`` is the path of the distribution or the configuration file with the ignore, ``location`` its place
    there. ``scope`` is the glob that limits it, None if it applies everywhere; ``matched``: the glob matches
    an audited file. ``expired``: its last day, ``until``, is over. ``inline`` is the comment with the ignore,
    None for an entry of the configuration.
    """

    by: SuppressionKind
    file: str
    location: Location
    words: tuple[Selector, ...]
    scope: str | None = None
    matched: bool = True
    until: datetime.date | None = None
    expired: bool = False
    inline: InlineIgnore | None = None


@dataclass(frozen=True)
class StaleEntry:
    """An entry of a baseline without a finding, although this audit would have found it.

    ``file`` is the baseline, ``code`` the code of the rule, ``member`` the path without the version.
    """

    file: str
    code: str
    member: str | None


def is_complete(distributions: Iterable[Distribution], project: str | None = None) -> bool:
    """Return whether a whole release was audited: its sdist, and its wheel for all platforms.

    A finding that such an audit does not report no longer exists. Without ``project``, check every project.
    """
    kinds: dict[str, set[ArchiveKind]] = {}
    for each in distributions:
        if project in (None, each.project):
            kinds.setdefault(each.project, set())
            if each.is_for_all and each.is_readable:
                kinds[each.project].add(each.kind)
    return bool(kinds) and all({ArchiveKind.SDIST, ArchiveKind.WHEEL} <= each for each in kinds.values())


@dataclass
class Ignores(RunSubject):
    """All ignores of an audit, after everything was judged, and the audited distributions.

    ``narrowed``: the command line deselected rules or changed their options, so missing findings prove
    nothing.
    """

    distributions: list[Distribution] = field(default_factory=list)
    uses: list[IgnoreUsage] = field(default_factory=list)
    stale: list[StaleEntry] = field(default_factory=list)
    narrowed: bool = False

    @property
    def files(self) -> list[str]:
        """The paths of the files with ignores, including all distributions."""
        named = [each.path for each in self.distributions]
        named += [each.file for each in self.uses]
        named += [each.file for each in self.stale]
        return list(dict.fromkeys(named))
