"""Which files of a source are audited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pkgaudit.model.distribution import make_distribution, normalize
from pkgaudit.sweep.wanted import Wanted

KINDS = ("wheel", "sdist")
"""The kinds of distributions that a sweep can be limited to."""


@dataclass(frozen=True)
class Choice:
    """The limits that the user sets.

    ``projects`` are globs of normalized names, none for all. ``since`` is the first day of uploads, in the
    form of ISO 8601, or empty; a file without a time of its upload is audited. ``latest`` is the number of
    versions of each project, None for all.
    """

    projects: tuple[str, ...] = ()
    since: str = ""
    latest: int | None = None
    kinds: tuple[str, ...] = KINDS

    @property
    def names(self) -> list[str]:
        """The names of the wanted projects if each is given, empty if there are globs or all are wanted."""
        has_globs = any({*each} & {*"*?["} for each in self.projects)
        return [] if has_globs else list(dict.fromkeys(self.projects))

    def has_project(self, name: str) -> bool:
        """Return whether files of a project are wanted."""
        return not self.projects or any(fnmatchcase(normalize(name), each) for each in self.projects)

    def of_project(self, files: Iterable[Wanted]) -> list[Wanted]:
        """Return the wanted files among those of one project."""
        found = [each for each in files if self._has(each)]
        if self.latest is None:
            return found
        newest = sorted({each.release[1] for each in found}, key=_order, reverse=True)[: self.latest]
        return [each for each in found if each.release[1] in newest]

    def _has(self, wanted: Wanted) -> bool:
        distribution = make_distribution(wanted.file)
        if distribution is None or str(distribution.kind) not in self.kinds:
            return False
        return not (self.since and wanted.uploaded and wanted.uploaded < self.since)


def _order(version: str) -> tuple[int, object, str]:
    """Return the key by which versions are sorted; those that are not valid come first."""
    from packaging.version import InvalidVersion, Version

    try:
        return 1, Version(version), version
    except InvalidVersion:
        return 0, 0, version
