"""The interface of archive readers: a source file, members with streamed content, and anomalies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from pkgaudit.model.entry import Anomaly, AnomalyKind, DetectionStage, Entry
from pkgaudit.model.member import Parts

CHUNK = 1 << 20
"""Largest piece (bytes) that a reader yields."""


class Source(Protocol):
    """A seekable binary file, such as ``open(path, "rb")`` or ``io.BytesIO`` returns."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RawMember:
    """A member as its archive describes it.

    ``entry`` has everything except ``sha256``; its ``size`` is the declared one. ``chunks`` yields the
    content in pieces of at most `CHUNK` bytes; the caller must exhaust or drop it before it asks for the
    next member. If the data is damaged, ``chunks`` ends early, after an anomaly. No content of an archive
    makes it raise. ``parts`` reads any part of a large member again, after its ``chunks`` and before the next
    member, unless that is small or can be read only once.
    """

    entry: Entry
    chunks: Iterator[bytes]
    parts: Parts | None = None


MOST_NOTES = 20_000
"""Largest number of anomalies of members that are kept; an archive with more was built by a broken tool."""


MOST_COMMENTS = 1 << 20
"""Bytes of comments that are kept."""


FOLLOWED = "other bytes follow"
"""Words of an anomaly: there is data after the end of an archive, which readers skip and others may read."""


@dataclass(slots=True)
class Notes:
    """The anomalies and comments of one archive. Readers add them, and the walk passes them on.

    After `MOST_NOTES` anomalies only those of the archive as a whole are kept, after `MOST_COMMENTS` bytes no
    more comments, and ``more_comments`` is set. Each comment is kept with the path of its member, which is
    empty for the archive.
    """

    anomalies: list[Anomaly] = field(default_factory=list)
    comments: list[tuple[str, bytes]] = field(default_factory=list)
    more_comments: bool = False
    _room: int = MOST_COMMENTS

    def add(
        self,
        kind: AnomalyKind,
        message: str,
        member: str | None = None,
        offset: int | None = None,
        stage: DetectionStage = DetectionStage.OPENING,
        *,
        unread: bool = False,
    ) -> None:
        """Keep one anomaly."""
        if len(self.anomalies) >= MOST_NOTES and member is not None and kind is not AnomalyKind.BOMB:
            return
        self.anomalies.append(Anomaly(kind, message, member, offset, stage, unread))

    def add_comment(self, data: bytes, member: str = "") -> None:
        """Keep a comment, or as much of it as there is space for."""
        self.more_comments = self.more_comments or len(data) > self._room
        data = data[: self._room]
        self._room -= len(data)
        if data:
            self.comments.append((member, data))
