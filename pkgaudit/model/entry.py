"""A row of an archive's inventory, and what was odd about the archive."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pkgaudit.renamed import ANOMALY_FIELDS, accepts


class EntryType(enum.Enum):
    """What an archive member is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    SPECIAL = "special"


class ArchiveKind(enum.Enum):
    """What a distribution is; a member's findings may depend on it."""

    WHEEL = "wheel"
    SDIST = "sdist"
    OTHER = "other"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner that a tar header names."""

    uid: int
    gid: int
    user: str
    group: str


@dataclass(frozen=True, slots=True)
class GzipHeader:
    """What the header of a gzip file says of the file that was compressed.

    ``name`` is its name, empty if there is none, ``mtime`` its time in seconds since 1970, 0 if unknown.
    """

    name: str
    mtime: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of an archive, without its content.

    ``path`` is the name as stored, directories without their final slash. ``size`` is the true
    unpacked size in bytes and ``sha256`` the lower-case hex digest of the content, empty for
    anything but a file that could be read to its end. ``mode`` holds the Unix permission and type
    bits, None where the archive has none. ``mtime`` is in seconds since 1970 (zip members carry
    no zone and are taken as UTC). ``depth`` is 0 for the distribution's own members, 1 for those
    of an archive inside it, and so on.
    """

    path: str
    type: EntryType
    size: int = 0
    sha256: str = ""
    mode: int | None = None
    mtime: float | None = None
    link_target: str | None = None
    owner: Owner | None = None
    packed_size: int | None = None
    depth: int = 0

    @property
    def is_file(self) -> bool:
        """Whether the member has content of its own.

        So has a symlink of a zip: its target is its content, which installers write as a file.
        """
        is_link_of_zip = self.type is EntryType.SYMLINK and self.packed_size is not None
        return self.type is EntryType.FILE or is_link_of_zip

    def with_content(self, size: int, sha256: str) -> Entry:
        """Return the same entry with what is known once its content was read."""
        # For each member of each archive, where dataclasses.replace takes ten times as long.
        return Entry(
            self.path,
            self.type,
            size,
            sha256,
            self.mode,
            self.mtime,
            self.link_target,
            self.owner,
            self.packed_size,
            self.depth,
        )


class AnomalyKind(enum.Enum):
    """The ways in which an archive can be wrong in its structure."""

    UNREADABLE = enum.auto()
    AMBIGUOUS = enum.auto()
    DUPLICATE = enum.auto()
    OUTSIDE_MEMBERS = enum.auto()
    UNSUPPORTED_FEATURE = enum.auto()
    UNSUPPORTED_COMPRESSION = enum.auto()
    INVALID_NAME = enum.auto()
    BOMB = enum.auto()
    SPECIAL_MEMBER = enum.auto()
    NOT_LOOKED_INTO = enum.auto()
    NOT_PARSED = enum.auto()
    NOT_PARSED_AS_LARGE = enum.auto()


class DetectionStage(enum.Enum):
    """When the reader of an index, which is that of Python's standard library, notices an anomaly."""

    OPENING = enum.auto()
    """As soon as it opens the archive."""
    CRASH = enum.auto()
    """When it opens the archive, by an exception that nobody expects there."""
    READING = enum.auto()
    """When it reads the member."""
    READING_CRASH = enum.auto()
    """When it reads the member, by an exception that nobody expects there."""
    NEVER = enum.auto()


@accepts(ANOMALY_FIELDS)
@dataclass(frozen=True, slots=True)
class Anomaly:
    """A structural oddity seen while an archive was read.

    ``member`` is the member concerned, None if it is the archive as a whole; ``offset`` the byte
    offset in the file (for a compressed tar: in the unpacked stream) where that is known.
    ``unread`` tells that the member's content was not read because of it. Anomalies of archives
    inside a distribution are all ``NOT_LOOKED_INTO``, since nothing but our own reading depends
    on them.
    """

    kind: AnomalyKind
    message: str
    member: str | None = None
    offset: int | None = None
    stage: DetectionStage = DetectionStage.OPENING
    unread: bool = False
