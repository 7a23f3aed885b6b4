"""What is not to count by comments in what was audited and by the configuration, and what that did."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from pkgaudit.finding import Location, SuppressionKind
from pkgaudit.model.distribution import Distribution, InlineIgnore
from pkgaudit.model.entry import ArchiveKind


class Scope(enum.IntEnum):
    """How much a rule has to be given to find what it looks for: the larger, the more."""

    MEMBER = 1
    DISTRIBUTION = 2
    RELEASE = 3


@dataclass(frozen=True, slots=True)
class Selector:
    """One word of an ignore: a selector of rules, or the hash of what is allowed.

    ``used``: it silenced at least one finding. ``known``: there is a rule of that name. ``ran``: all the
    rules that it stands for ran, with the options that they always have. ``sight`` is the largest of theirs.
    """

    text: str
    used: bool
    known: bool = True
    ran: bool = True
    scope: Scope = Scope.MEMBER


@dataclass(frozen=True, slots=True)
class IgnoreUsage:
    """An ignore and what it did in this audit.

    ``file`` is the path of the distribution or of the configuration that it stands in, ``location`` its
    place there. ``scope`` is the glob that says where it holds, None if it holds everywhere; ``matched`` says
    whether that matches anything that was audited. ``expired`` says that its last day, ``until``, is over.
    ``inline`` is the comment that it is, None for an entry of the configuration.
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


@dataclass(frozen=True, slots=True)
class StaleEntry:
    """An entry of a baseline whose finding is gone, although this audit would have found it.

    ``file`` is the baseline, ``code`` that of the rule, ``member`` the path without the version.
    """

    file: str
    code: str
    member: str | None


def is_complete(distributions: Iterable[Distribution], project: str | None = None) -> bool:
    """Whether all of a release was audited: its sdist, and the wheel that there is for all platforms.

    What such an audit does not find is not there. Without ``project``, whether that holds of every project.
    """
    kinds: dict[str, set[ArchiveKind]] = {}
    for each in distributions:
        if project in (None, each.project):
            kinds.setdefault(each.project, set())
            if each.is_for_all and each.is_readable:
                kinds[each.project].add(each.kind)
    return bool(kinds) and all({ArchiveKind.SDIST, ArchiveKind.WHEEL} <= each for each in kinds.values())


@dataclass
class Ignores:
    """All ignores that had a say in an audit, once everything was judged, and what was audited.

    ``narrowed`` says that the command line left rules out, or changed what they look for: then what they did
    not find says nothing.
    """

    distributions: list[Distribution] = field(default_factory=list)
    uses: list[IgnoreUsage] = field(default_factory=list)
    stale: list[StaleEntry] = field(default_factory=list)
    narrowed: bool = False

    @property
    def files(self) -> list[str]:
        """The paths of the files that ignores stand in, the distributions included."""
        named = [each.path for each in self.distributions]
        named += [each.file for each in self.uses]
        named += [each.file for each in self.stale]
        return list(dict.fromkeys(named))
