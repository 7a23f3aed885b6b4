"""The entries of an archive, and its anomalies."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pkgaudit.renamed import ANOMALY_FIELDS, accepts


class EntryType(enum.Enum):
    """The type of an archive member."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    SPECIAL = "special"


class ArchiveKind(enum.Enum):
    """The kind of a distribution; findings on a member may depend on it."""

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
    """The header of a gzip file, which describes the compressed file.

    ``name`` is its name, or empty; ``mtime`` is its time in seconds since 1970, or 0 if unknown.
    """

    name: str
    mtime: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of an archive, without its content.

    ``path`` is the stored name; directories have no final slash. ``size`` is the true unpacked size in bytes.
    ``sha256`` is the lower-case hex digest of the content, empty unless a file could be read to its end.
    ``mode`` contains the Unix permission and type bits, or None if the archive has none. ``mtime`` is in
    seconds since 1970 (zip members have no time zone and are read as UTC). ``depth`` is 0 for the
    distribution's own members, 1 for members of a nested archive, and so on.
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

        A symlink in a zip has content too: its target, which installers write as a file.
        """
        is_link_of_zip = self.type is EntryType.SYMLINK and self.packed_size is not None
        return self.type is EntryType.FILE or is_link_of_zip

    def with_content(self, size: int, sha256: str) -> Entry:
        """Return the same entry with the values from its content."""
        # Called for each member of each archive; dataclasses.replace takes ten times as long.
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
    """The kinds of structural faults of an archive."""

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
    """When the index, which reads with Python's standard library, notices an anomaly."""

    OPENING = enum.auto()
    """When it opens the archive."""
    CRASH = enum.auto()
    """When it opens the archive, by an unexpected exception."""
    READING = enum.auto()
    """When it reads the member."""
    READING_CRASH = enum.auto()
    """When it reads the member, by an unexpected exception."""
    NEVER = enum.auto()


@accepts(ANOMALY_FIELDS)
@dataclass(frozen=True, slots=True)
class Anomaly:
    """A structural fault that was found while an archive was read.

    ``member`` is the affected member, or None for the archive as a whole. ``offset`` is the byte offset in
    the file (for a compressed tar: in the unpacked stream) if known. ``unread``: content of the member, or
    between the members, was not read because of the anomaly. All anomalies of nested archives are
    ``NOT_LOOKED_INTO``, because they affect only our own reading.
    """

    kind: AnomalyKind
    message: str
    member: str | None = None
    offset: int | None = None
    stage: DetectionStage = DetectionStage.OPENING
    unread: bool = False
