"""The pages of an index about a release and the projects that it requires."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatchcase

from pkgaudit.late import dataclass
from pkgaudit.model.addresses import Address, known_indexes
from pkgaudit.model.distribution import Distribution, Release, normalize
from pkgaudit.model.subject import RunSubject


@dataclass(frozen=True)
class IndexFile:
    """A file on the page of a project.

    ``sha256`` is in lower-case hex digits, empty if the page has none, ``uploaded`` the time of the upload in
    UTC, None if it is not known. ``has_provenance``: the index has attestations for it. ``size`` is in bytes,
    None if the page has none. ``has_metadata``: the core metadata are a file of their own, whose sha256 is
    ``metadata_sha256`` if the page has it.
    """

    name: str
    url: str = ""
    sha256: str = ""
    is_yanked: bool = False
    uploaded: datetime.datetime | None = None
    has_provenance: bool = False
    size: int | None = None
    has_metadata: bool = False
    metadata_sha256: str = ""


@dataclass(frozen=True)
class IndexPage:
    """The page of a project: its files, and its status with the reason, which is often empty.

    https://packaging.python.org/en/latest/specifications/project-status-markers/
    """

    files: tuple[IndexFile, ...] = ()
    status: str = "active"
    reason: str = ""


@dataclass
class IndexAnswers(RunSubject):
    """The answers of an index about the releases of this audit and their dependencies.

    ``index`` is the address of its simple API, without a password. ``pages`` has the pages that were read, by
    the normalized name of the project; None: the index does not have the project. A project without a key
    was not asked for, or its page could not be read, so nothing is known about it. ``attested`` are the
    paths of distributions with an attestation beside them. ``attests_later``: the environment may create
    attestations during the upload. ``now`` is the time of the audit in UTC.
    """

    index: str
    releases: list[Release] = field(default_factory=list)
    pages: Mapping[str, IndexPage | None] = field(default_factory=dict)
    attested: frozenset[str] = frozenset()
    attests_later: bool = False
    now: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.timezone.utc))

    @property
    def files(self) -> list[str]:
        """The paths of all distributions."""
        return [each.path for release in self.releases for each in release.distributions]

    @property
    def is_pypi(self) -> bool:
        """Whether the index is PyPI."""
        return known_indexes()["pypi"].has(Address.parse(self.index))

    @property
    def title(self) -> str:
        """The name of the index for messages."""
        address = Address.parse(self.index)
        return next((each.title for each in known_indexes().values() if each.has(address)), self.index)


@dataclass(frozen=True)
class PrivateNames:
    """Names of projects that are only on a private index, with ``*`` for any text.

    No index is asked for them. The names in the options of a rule count if the class of the options is
    derived from this one.
    """

    names: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Return whether a normalized name is one of them."""
        return any(fnmatchcase(name, normalize(each)) for each in self.names)


def requiring(releases: list[Release]) -> Iterator[Distribution]:
    """Yield the distributions whose requirements count: the wheels of a release, or else its sdists."""
    for each in releases:
        yield from each.wheels or each.sdists
