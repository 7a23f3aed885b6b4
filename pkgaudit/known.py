"""The results on members that occur again, such as the modules of a project in the wheels for each platform.

Findings on a member depend on its path, its content, the kind of its archive and the name of its project. So
a member is judged once for all wheels of a release, and the result is kept by these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pkgaudit.archive.walk import Visit
from pkgaudit.judged import Judged
from pkgaudit.model.distribution import make_distribution, normalize
from pkgaudit.model.entry import ArchiveKind
from pkgaudit.model.member import Cost

MOST_MEMBERS = 100_000
"""The most members whose results are kept. Chosen: about 100 MB, and more than the wheels of any release have
in common."""


class Key(NamedTuple):
    """Everything that the result on a member depends on, besides the rules and their options.

    The depth and the declared size are those of its entry: rules may treat nested members differently, and a
    damaged archive may declare another size.
    """

    path: str
    digest: bytes
    archive: ArchiveKind
    project: str
    depth: int
    size: int

    @classmethod
    def of(cls, visit: Visit) -> Key:
        """Return the key of a member whose content has been read completely."""
        member = visit.member
        entry = member.entry
        return cls(entry.path, visit.digest, member.archive, member.project, entry.depth, entry.size)


@dataclass
class Known:
    """The results on the members of one project that were judged in this process."""

    project: str = ""
    _judged: dict[Key, tuple[Judged, Cost]] = field(default_factory=dict)

    def begin(self, path: str) -> None:
        """Begin with the distribution at a path; forget the results on another project."""
        project = project_of(path)
        if project != self.project:
            self.project = project
            self._judged.clear()

    def find(self, visit: Visit) -> Judged | None:
        """Return the result on an equal member.

        It takes the same part of the budget as if the member had been judged again. If that might exhaust
        the budget, the member has to be judged again, to note where.
        """
        found = self._judged.get(Key.of(visit))
        return found[0] if found is not None and visit.member.repeat(found[1]) else None

    def keep(self, visit: Visit, judged: Judged, cost: Cost) -> None:
        """Keep the result on a member, unless it is not complete."""
        if not judged.failures and not cost.refused and len(self._judged) < MOST_MEMBERS:
            self._judged[Key.of(visit)] = judged, cost

    def update(self, other: Known) -> None:
        """Add the results that another process found for the same project."""
        self._judged.update(other._judged)


def project_of(path: str) -> str:
    """Return the normalized name of the project in a filename, empty if it is not that of a distribution."""
    distribution = make_distribution(path)
    return "" if distribution is None else normalize(distribution.filename_project[0])
