"""Distributions after they were read: small, picklable, and enough for rules over the whole."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import PurePath
from typing import ClassVar, Generic, TypeVar

from pkgaudit.finding import Location
from pkgaudit.model.advisories import Advisories
from pkgaudit.model.capabilities import Total
from pkgaudit.model.entry import Anomaly, AnomalyKind, ArchiveKind, Entry, GzipHeader
from pkgaudit.model.member import authored_path
from pkgaudit.model.metadata import CoreMetadata

T = TypeVar("T")

_NORMALIZED = re.compile(r"[-_.]+")

_UV_BUILD = re.compile(rb"^[ \t]*build-backend[ \t]*=[ \t]*[\"']uv(?:_build)?[\"']", re.MULTILINE)
"""The line of a pyproject.toml that names uv's build backend."""


def normalize(name: str) -> str:
    """Return the normalized form of a project name (https://packaging.python.org/specifications/name-normalization/)."""
    return _NORMALIZED.sub("-", name).lower()


class Summaries(Mapping[str, T], Generic[T]):
    """The summaries of one type, by member path. A rule requests them as ``Summaries[Imports]``."""

    def __init__(self, values: Mapping[str, T] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, path: str) -> T:
        return self._values[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


MOST_INLINE_IGNORES = 5_000
"""The most comments with ignores that count in one distribution."""


@dataclass(frozen=True, slots=True)
class InlineIgnore:
    """A comment in a member that suppresses findings on its line.

    ``words`` are selectors of rules, ``reason`` is the text after them. ``is_comment``: it certainly is a
    comment in the file's format, not a text that quotes one.
    """

    location: Location
    words: tuple[str, ...]
    reason: str | None = None
    is_comment: bool = False


@dataclass
class Distribution:
    """An sdist or a wheel without its contents.

    ``path`` is the path under which it was given, ``filename`` its last component, ``size`` its size in bytes
    and ``sha256`` the hex digest of the file; ``blake2b_256`` is empty unless a report needs it. ``entries``
    lists its own members in archive order, ``nested``
    the members of nested archives. ``kept`` contains the few small files that rules over the whole read, by
    path. ``comments`` are the comments of a zip, the pax records of a tar that are not fields of a member,
    and the names, comments and extra fields of gzip files, each with the path of its member, or an empty path
    for the archive itself; at most a megabyte in total, and ``more_comments`` says whether there are more.
    ``gzip_header`` is the header of a gzip file. ``today`` is the day of the audit. ``inline_ignores`` are
    the comments in members that ignore rules, ``more_ignores`` is the number of such comments over the limit.
    ``unparsed_files`` are the paths of Python files whose syntax tree a rule requested, and that have none.
    ``capabilities`` are those of its files together, None if nothing requested them.
    ``was_built`` is true if pkgaudit has built the file from a project, only to audit it.
    """

    path: str
    filename: str
    size: int = 0
    sha256: str = ""
    entries: list[Entry] = field(default_factory=list)
    nested: list[Entry] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    comments: list[tuple[str, bytes]] = field(default_factory=list)
    more_comments: bool = False
    gzip_header: GzipHeader | None = None
    today: datetime.date = field(default_factory=datetime.date.today)
    inline_ignores: list[InlineIgnore] = field(default_factory=list)
    more_ignores: int = 0
    unparsed_files: list[str] = field(default_factory=list)
    capabilities: dict[str, Total] | None = None
    was_built: bool = False
    blake2b_256: str = ""

    kind: ClassVar[ArchiveKind]

    def forget(self) -> None:
        """Drop what can be computed again from the fields, except the metadata, which later rules read.

        The texts of licenses, which are large, are dropped too.
        """
        self.kept = {path: data for path, data in self.kept.items() if ".dist-info/licenses/" not in path}
        lasting = {"metadata", *(each.name for each in fields(self))}
        for name in vars(self).keys() - lasting:
            del vars(self)[name]

    @property
    def unparsed(self) -> int:
        """The number of `unparsed_files`."""
        return len(self.unparsed_files)

    @property
    def location(self) -> Location:
        """The distribution itself as the place of a problem."""
        return Location()

    @cached_property
    def by_path(self) -> dict[str, Entry]:
        """The own members by path; of members with the same path the last, which unpackers keep."""
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def files(self) -> dict[str, Entry]:
        """The own members that are files, by path."""
        return {path: entry for path, entry in self.by_path.items() if entry.is_file}

    def anomalies_of(self, kind: AnomalyKind) -> list[Anomaly]:
        """Return the structural anomalies of one kind."""
        return [anomaly for anomaly in self.anomalies if anomaly.kind is kind]

    @cached_property
    def unread(self) -> frozenset[str]:
        """The paths of the members whose content is damaged or could not be read."""
        return frozenset(
            anomaly.member
            for anomaly in self.anomalies
            if anomaly.member is not None and (anomaly.unread or anomaly.kind is AnomalyKind.UNREADABLE)
        )

    @property
    def is_readable(self) -> bool:
        """Whether all members were read; otherwise a missing file proves nothing.

        This is false too if the records of a zip disagree on its members.
        """
        return self.kind is not ArchiveKind.OTHER and not any(
            anomaly.kind is AnomalyKind.BOMB
            or (anomaly.kind is AnomalyKind.AMBIGUOUS and anomaly.member is None and not self.is_stream)
            or (anomaly.kind is AnomalyKind.UNREADABLE and (anomaly.member is None or self.is_stream))
            for anomaly in self.anomalies
        )

    @property
    def is_stream(self) -> bool:
        """Whether the members form one stream, in which damage to one hides the next."""
        return not self.filename.lower().endswith((".whl", ".zip"))

    @property
    def metadata_path(self) -> str | None:
        """The path of the core metadata, None if the file is missing."""
        raise NotImplementedError

    @cached_property
    def metadata(self) -> CoreMetadata | None:
        """The core metadata, or None."""
        path = self.metadata_path
        data = self.kept.get(path) if path else None
        return None if path is None or data is None else CoreMetadata(path, data)

    @property
    def stem(self) -> str:
        """The filename without its extension."""
        raise NotImplementedError

    @property
    def filename_project(self) -> tuple[str, str]:
        """The name and version in the filename, empty if it contains none."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The project's name: from the metadata, otherwise from the filename."""
        return (self.metadata.name if self.metadata else None) or self.filename_project[0]

    @property
    def version(self) -> str:
        """The version: from the metadata, otherwise from the filename."""
        return (self.metadata.version if self.metadata else None) or self.filename_project[1]

    @property
    def project(self) -> str:
        """The normalized name, by which distributions are grouped into a release."""
        return normalize(self.name)

    @property
    def is_for_all(self) -> bool:
        """Whether it is for every platform, so a release needs no other of its kind."""
        return True

    def without_version(self, member: str) -> str:
        """Return the path of a member without the version, which is equal in every version."""
        return member

    @cached_property
    def copies(self) -> Mapping[str, str]:
        """The paths of members that the build backend derived from another member, and the original paths."""
        return {}

    @classmethod
    def keeps(cls, path: str) -> bool:
        """Return whether a member's content is kept for the rules over the whole distribution."""
        raise NotImplementedError


@dataclass
class Wheel(Distribution):
    """A built distribution.

    Specification: https://packaging.python.org/specifications/binary-distribution-format/
    """

    kind: ClassVar[ArchiveKind] = ArchiveKind.WHEEL

    @classmethod
    def keeps(cls, path: str) -> bool:
        folder, slash, _ = path.partition("/")
        return bool(slash) and folder.lower().endswith(".dist-info")

    @property
    def stem(self) -> str:
        return self.filename[:-4] if self.filename.lower().endswith(".whl") else self.filename

    @property
    def filename_project(self) -> tuple[str, str]:
        parts = self.stem.split("-")
        return (parts[0], parts[1]) if len(parts) >= 2 else (self.stem, "")

    @cached_property
    def dist_infos(self) -> list[str]:
        """The ``.dist-info`` folders at the root, in archive order."""
        folders = dict.fromkeys(
            entry.path.partition("/")[0] for entry in self.entries if "/" in entry.path or not entry.is_file
        )
        return [folder for folder in folders if folder.lower().endswith(".dist-info")]

    @cached_property
    def dist_info(self) -> str | None:
        """The ``.dist-info`` folder that matches the filename, otherwise the only one, otherwise None.

        Its spelling may differ from the filename's in case and normalization.
        """
        exact = "{}-{}.dist-info".format(*self.filename_project)
        if exact in self.dist_infos:
            return exact
        wanted = tuple(map(normalize, self.filename_project))
        for folder in self.dist_infos:
            name, _, version = folder[: -len(".dist-info")].partition("-")
            if (normalize(name), normalize(version)) == wanted:
                return folder
        return self.dist_infos[0] if len(self.dist_infos) == 1 else None

    @property
    def is_for_all(self) -> bool:
        return self.stem.lower().endswith("-any")

    def without_version(self, member: str) -> str:
        return member.replace(self.dist_info, "dist-info", 1) if self.dist_info else member

    def _in_dist_info(self, name: str) -> str | None:
        path = f"{self.dist_info}/{name}"
        return path if self.dist_info and path in self.kept else None

    @property
    def metadata_path(self) -> str | None:
        return self._in_dist_info("METADATA")

    @property
    def record_path(self) -> str | None:
        """The path of RECORD, or None."""
        return self._in_dist_info("RECORD")

    @property
    def wheel_path(self) -> str | None:
        """The path of WHEEL, or None."""
        return self._in_dist_info("WHEEL")

    @property
    def data_directory(self) -> str | None:
        """The name of the ``.data`` folder, which may not exist."""
        return f"{self.dist_info[: -len('.dist-info')]}.data" if self.dist_info else None


@dataclass
class Sdist(Distribution):
    """A source distribution.

    Specification: https://packaging.python.org/specifications/source-distribution-format/
    """

    kind: ClassVar[ArchiveKind] = ArchiveKind.SDIST

    EXTENSIONS: ClassVar = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.z", ".tar", ".zip")

    _KEPT: ClassVar = frozenset(
        {
            "PKG-INFO",
            "pyproject.toml",
            "pyproject.toml.orig",
            "setup.py",
            "setup.cfg",
            "MANIFEST.in",
        }
    )

    @classmethod
    def keeps(cls, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        if name == ".gitignore":
            return True
        return name in cls._KEPT and "/" not in folder

    @property
    def stem(self) -> str:
        lower = self.filename.lower()
        extension = next((end for end in self.EXTENSIONS if lower.endswith(end)), "")
        return self.filename[: len(self.filename) - len(extension)]

    @property
    def filename_project(self) -> tuple[str, str]:
        name, dash, version = self.stem.rpartition("-")
        return (name, version) if dash else (self.stem, "")

    @cached_property
    def roots(self) -> list[str]:
        """The first components of all member paths, in archive order."""
        return list(dict.fromkeys(entry.path.partition("/")[0] for entry in self.entries))

    @property
    def root(self) -> str | None:
        """The single folder that contains all members, or None."""
        roots = self.roots
        return roots[0] if len(roots) == 1 and any("/" in path for path in self.by_path) else None

    def without_version(self, member: str) -> str:
        if member in self.copies.values():
            member = authored_path(member)
        return member.removeprefix(f"{self.root}/") if self.root else member

    @cached_property
    def copies(self) -> Mapping[str, str]:
        copy, original = self.in_root("pyproject.toml"), self.in_root("pyproject.toml.orig")
        if copy is None or original is None or not {copy, original}.isdisjoint(self.unread):
            return {}
        # With any other backend the second file is left from a merge and unrelated to the first.
        return {copy: original} if _UV_BUILD.search(self.kept[copy]) else {}

    def in_root(self, name: str) -> str | None:
        """Return the path of a kept file directly in the root folder, or None."""
        path = f"{self.root}/{name}"
        return path if self.root and path in self.kept else None

    @property
    def metadata_path(self) -> str | None:
        return self.in_root("PKG-INFO")


@dataclass
class UnreadFile(Distribution):
    """A file in a former upload format (``.egg``, ``.exe`` …), which is not read."""

    kind: ClassVar[ArchiveKind] = ArchiveKind.OTHER

    EXTENSIONS: ClassVar = (".egg", ".exe", ".msi", ".rpm", ".deb", ".dmg")

    @property
    def stem(self) -> str:
        return self.filename.rpartition(".")[0]

    @property
    def filename_project(self) -> tuple[str, str]:
        name, _, rest = self.stem.partition("-")
        return name, rest.partition("-")[0]

    @property
    def metadata_path(self) -> str | None:
        return None

    @classmethod
    def keeps(cls, path: str) -> bool:
        return False


def make_distribution(path: str) -> Distribution | None:
    """Return the unread distribution for a filename, None if the file is not a distribution."""
    # A sweep asks for a hundred thousand names, for which a path object would take most of the time.
    filename = os.path.basename(path) or PurePath(path).name
    lower = filename.lower()
    if lower.endswith(".whl"):
        return Wheel(path, filename)
    if lower.endswith(Sdist.EXTENSIONS):
        return Sdist(path, filename)
    return UnreadFile(path, filename) if lower.endswith(UnreadFile.EXTENSIONS) else None


@dataclass(frozen=True)
class Checkout:
    """The folder of a project under version control.

    ``tracked`` are the files that are in version control and on disk, including submodules, as paths relative
    to the folder with forward slashes.
    """

    folder: str
    tracked: frozenset[str]


@dataclass(frozen=True)
class Commit:
    """The files of a revision, with which the distributions of a release are compared.

    ``rev`` is the name of the revision. ``tree`` lists the files as an sdist of the project would; paths that
    begin with ``..`` are outside of the project's folder. ``digests`` are those of the texts of Python files
    and scripts, by path in the tree, and ``opaque`` are the files and folders whose content git does not
    have, below the root of the tree. ``read`` reads a few files, by path in the tree.
    """

    rev: str
    tree: Sdist
    digests: Mapping[str, str]
    opaque: frozenset[str]
    read: Callable[[Collection[str]], Mapping[str, bytes]]


ReadMembers = Callable[[Distribution, Collection[str]], Mapping[str, bytes]]
"""Reads members of a distribution again, by their paths; those that cannot be read are left out."""


def read_nothing(_: Distribution, __: Collection[str]) -> Mapping[str, bytes]:
    """Return no members, for distributions without a file."""
    return {}


@dataclass
class Release:
    """The distributions of one project that were given together, in the order of their names.

    ``checkout`` is the checkout of the project if the audit runs in it, or on distributions built in it.
    ``read`` reads a few members again, whose contents the audit has discarded. ``commits`` are the revisions
    with which distributions are compared, by version, and ``untagged`` are the versions without a tag if tags
    were searched for.
    """

    project: str
    distributions: list[Distribution]
    checkout: Checkout | None = None
    read: ReadMembers = read_nothing
    commits: Mapping[str, Commit] = field(default_factory=dict)
    untagged: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        """The release itself as the place of a problem."""
        return Location()

    @property
    def wheels(self) -> list[Wheel]:
        """The wheels among them."""
        return [each for each in self.distributions if isinstance(each, Wheel)]

    @property
    def sdists(self) -> list[Sdist]:
        """The sdists among them."""
        return [each for each in self.distributions if isinstance(each, Sdist)]


@dataclass
class Update:
    """A release, and an earlier one of the same project, whose files are read only for the comparison."""

    new: Release
    old: Release

    @property
    def project(self) -> str:
        """The normalized name of the project."""
        return self.new.project

    @property
    def location(self) -> Location:
        """The new release as the place of a problem."""
        return Location()


def group_releases(distributions: Iterable[Distribution]) -> list[Release]:
    """Group distributions by project, because a folder may contain several projects.

    Both are sorted, so findings on several distributions do not depend on the order of the files.
    """
    groups: dict[str, list[Distribution]] = {}
    for distribution in sorted(distributions, key=lambda each: (each.project, each.filename, each.path)):
        groups.setdefault(distribution.project, []).append(distribution)
    return [Release(project, members) for project, members in groups.items()]


@dataclass
class Upload:
    """All inputs together: releases, and the paths of other files beside them.

    ``advisories`` are those on the projects that the releases require, None without advisory data.
    ``updates`` are the releases with the earlier ones that they are compared with.
    """

    releases: list[Release]
    foreign: list[str] = field(default_factory=list)
    advisories: Advisories | None = None
    updates: list[Update] = field(default_factory=list)

    @property
    def distributions(self) -> list[Distribution]:
        """The distributions of all releases."""
        return [each for release in self.releases for each in release.distributions]
