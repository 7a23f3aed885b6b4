"""Follow the links of an archive as a file system does, through other links, without unpacking.

A link that leads out is one that Python's own extraction filter, and so pip, rejects:
https://docs.python.org/3/library/tarfile.html#tarfile.data_filter
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_left

from pkgaudit.api import AnomalyKind, Distribution, Entry, EntryType, Sdist
from pkgaudit.late import dataclass

MOST_HOPS = 40
"""The number of links that are followed to reach one target, the same as on Linux.

https://man7.org/linux/man-pages/man7/path_resolution.7.html
"""

BUDGET = 3_000_000
"""The number of steps for all links of an archive; ten thousand ordinary links need far fewer.

It bounds the time on hostile input, where each link leads through others.
"""

_DRIVE = re.compile(r"[A-Za-z]:")


class Fate(enum.Enum):
    """The result of following a link."""

    FINE = enum.auto()
    ABSOLUTE = enum.auto()
    ESCAPES = enum.auto()
    DANGLES = enum.auto()
    LOOPS = enum.auto()
    TOO_LATE = enum.auto()
    """A hard link whose target comes later in the archive, or is the link itself."""
    UNKNOWN = enum.auto()
    """The budget was already used up."""


@dataclass(frozen=True)
class Link:
    """A link of the archive, its fate, and the paths of the links passed on the way."""

    entry: Entry
    fate: Fate
    passed: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """Return the path that the link names."""
        return self.entry.link_target or ""


def links(distribution: Distribution) -> list[Entry]:
    """Return the members that are links, without those of nested archives."""
    kinds = (EntryType.SYMLINK, EntryType.HARDLINK)
    return [entry for entry in distribution.entries if entry.type in kinds]


def follow_links(distribution: Distribution) -> list[Link]:
    """Return the faulty links with their fates.

    Links with an unreadable target are left out, and links whose only fault is that they pass
    another faulty link.
    """
    unclear = {each.member for each in distribution.anomalies_of(AnomalyKind.INVALID_NAME)}
    found = [entry for entry in links(distribution) if entry.link_target and entry.path not in unclear]
    if not found:
        return []
    tree = _Tree(distribution)
    bad = [link for link in map(tree.follow, found) if link.fate is not Fate.FINE]
    culprits = {_plain(link.entry.path) for link in bad if link.fate is not Fate.LOOPS}
    looping: set[str] = set()
    reported = []
    for link in bad:
        if link.fate is Fate.LOOPS:
            if looping.isdisjoint(link.passed):
                reported.append(link)
            looping.update(link.passed)
        elif culprits.isdisjoint(link.passed):
            reported.append(link)
    return reported


def _plain(path: str) -> str:
    return "/".join(_parts(path))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _is_absolute(target: str) -> bool:
    forward = target.replace("\\", "/")
    return forward.startswith("/") or _DRIVE.match(forward) is not None


class _Tree:
    """The members as they are after unpacking, including the root folder."""

    def __init__(self, distribution: Distribution) -> None:
        paths = {_plain(entry.path): None for entry in distribution.entries}
        roots = {path.partition("/")[0] for path in paths}
        # pip unpacks the root folder of an sdist under another name, so no link may leave the folder.
        self._root = min(roots) if isinstance(distribution, Sdist) and len(roots) == 1 else None
        self._targets: dict[str, tuple[int, str]] = {}
        """The position in the archive and the target of each symbolic link, by its path."""
        self._numbers: dict[str, int] = {}
        """The position in the archive at which each path, other than a folder, first occurs."""
        for number, entry in enumerate(distribution.entries):
            path = _plain(entry.path)
            if entry.type is not EntryType.DIRECTORY:
                self._numbers.setdefault(path, number)
            if entry.type is EntryType.SYMLINK and entry.link_target:
                self._targets[path] = number, entry.link_target
        self._paths = sorted(paths)
        self._budget = BUDGET

    def follow(self, entry: Entry) -> Link:
        target = entry.link_target or ""
        if _is_absolute(target):
            return Link(entry, Fate.ABSOLUTE)
        start = [] if entry.type is EntryType.HARDLINK else _parts(entry.path)[:-1]
        link = self._walk(entry, start, target)
        if link.fate is Fate.DANGLES and "\\" in target:
            # Where a backslash separates folders, the link leads elsewhere.
            other = self._walk(entry, start, target.replace("\\", "/"))
            link = other if other.fate in (Fate.FINE, Fate.ESCAPES) else link
        if link.fate in (Fate.DANGLES, Fate.LOOPS) or link.passed:
            # Unpackers check a link before the later links exist.
            early = self._walk(entry, start, target, self._numbers.get(_plain(entry.path), 0))
            link = early if early.fate in (Fate.ABSOLUTE, Fate.ESCAPES) else link
        return link

    def _walk(self, entry: Entry, start: list[str], target: str, before: int | None = None) -> Link:
        """Follow one target, through the links that come ``before`` a position in the archive.

        ``pending`` contains the components that are still to be followed, the next one last.
        """
        hard = entry.type is EntryType.HARDLINK
        pending = [*reversed(_parts(target)), *reversed(start)]
        here: list[str] = []
        passed: list[str] = []
        while pending:
            part = pending.pop()
            # The path is joined at each step, which is slower for deep paths; 8 is chosen.
            self._budget -= 1 + len(here) // 8
            if self._budget < 0:
                return Link(entry, Fate.UNKNOWN)
            if part == "..":
                if len(here) <= (self._root is not None):
                    return Link(entry, Fate.ESCAPES, tuple(passed))
                here.pop()
                continue
            here.append(part)
            path = "/".join(here)
            number, onward = self._targets.get(path, (0, None))
            if onward is None or (before is not None and number >= before):
                continue
            if hard and not pending:  # a hard link to a link is a hard link to the same target
                continue
            passed.append(path)
            if len(passed) > MOST_HOPS:
                return Link(entry, Fate.LOOPS, tuple(passed))
            if _is_absolute(onward):
                return Link(entry, Fate.ABSOLUTE, tuple(passed))
            here.pop()
            pending += reversed(_parts(onward))
        return Link(entry, self._at(entry, here), tuple(passed))

    def _at(self, entry: Entry, here: list[str]) -> Fate:
        """Return the fate of a link whose target is within the archive."""
        path = "/".join(here)
        if entry.type is EntryType.HARDLINK:
            if path not in self._numbers:
                return Fate.DANGLES
            own = self._numbers.get(_plain(entry.path), 0)
            return Fate.FINE if self._numbers[path] < own else Fate.TOO_LATE
        if self._root is not None and here[:1] != [self._root]:
            return Fate.ESCAPES
        at = bisect_left(self._paths, path)
        if not path or (at < len(self._paths) and self._paths[at] == path):
            return Fate.FINE
        folder = f"{path}/"
        at = bisect_left(self._paths, folder)
        return Fate.FINE if at < len(self._paths) and self._paths[at].startswith(folder) else Fate.DANGLES
