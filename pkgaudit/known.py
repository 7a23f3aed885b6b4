"""The results on members that occur again, such as the modules of a project in the wheels for each platform.

Findings on a member depend on its path, its content, the kind of its archive and the name of its project. So
a member is judged once for all wheels of a release, and with a cache once for all runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple, Protocol

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

    def hashed(self, basis: bytes) -> bytes:
        """Return a digest of the key; ``basis`` is a digest of everything else, of at most 64 bytes."""
        texts = f"{self.path}\0{self.archive.value}\0{self.project}\0{self.depth}\0{self.size}\0"
        return blake2b(
            texts.encode("utf-8", "surrogatepass") + self.digest, key=basis, digest_size=32
        ).digest()


class Kept(Protocol):
    """Results on members that are kept across runs."""

    def get(self, key: Key) -> tuple[Judged, Cost] | None: ...
    def put(self, key: Key, judged: Judged, cost: Cost, data: bytes) -> None: ...


@dataclass
class Known:
    """The results on the members of one project that were judged in this process, and those in a cache."""

    project: str = ""
    cache: Kept | None = None
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
        key = Key.of(visit)
        found = self._judged.get(key)
        if found is None and self.cache is not None:
            found = self.cache.get(key)
            if found is not None:
                self._add(key, found)
        return found[0] if found is not None and visit.member.repeat(found[1]) else None

    def keep(self, visit: Visit, judged: Judged, cost: Cost) -> None:
        """Keep the result on a member, unless it is not complete."""
        if not judged.failures and not cost.refused and not judged.pieces.is_full:
            key = Key.of(visit)
            self._add(key, (judged, cost))
            if self.cache is not None:
                self.cache.put(key, judged, cost, visit.data or b"")

    def _add(self, key: Key, found: tuple[Judged, Cost]) -> None:
        if len(self._judged) < MOST_MEMBERS:
            self._judged[key] = found

    def results(self) -> dict[Key, tuple[Judged, Cost]]:
        """Return the results, for another process."""
        return self._judged

    def update(self, results: dict[Key, tuple[Judged, Cost]]) -> None:
        """Add the results that another process found for the same project."""
        self._judged.update(results)


def project_of(path: str) -> str:
    """Return the normalized name of the project in a filename, empty if it is not that of a distribution."""
    distribution = make_distribution(path)
    return "" if distribution is None else normalize(distribution.filename_project[0])
