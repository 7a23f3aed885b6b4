"""What an archive reader takes and gives: a file; members with their content as a stream, and anomalies."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from pkgaudit.model.entry import Anomaly, AnomalyKind, DetectionStage, Entry

CHUNK = 1 << 20
"""The most bytes that a reader hands on at a time."""


class Source(Protocol):
    """A seekable binary file, as ``open(path, "rb")`` or ``io.BytesIO`` gives."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


def open_regular(path: str) -> BinaryIO:
    """Open a file to read it, but not a pipe or a device, which would block forever or have no end.

    Raises:
        OSError: it is not a regular file, or cannot be opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(None, "it is not a regular file")
    return open(path, "rb")


@dataclass(frozen=True, slots=True)
class RawMember:
    """A member as its archive holds it.

    ``entry`` has everything but ``sha256``; its ``size`` is what the archive declares. ``chunks``
    gives the content in pieces of at most `CHUNK` bytes and must be used up, or dropped, before
    the next member is asked for. Where the data is damaged it ends early, after a note; it
    never raises for anything that the archive holds.
    """

    entry: Entry
    chunks: Iterator[bytes]


MOST_NOTES = 20_000
"""Anomalies of members that are remembered; an archive with more is broken in its making."""


MOST_COMMENTS = 1 << 20
"""Bytes of comments that are remembered."""


@dataclass(slots=True)
class Notes:
    """The anomalies and comments seen while one archive is read. Readers write, the walk hands on.

    Beyond `MOST_NOTES` only the anomalies of the archive as a whole are remembered, beyond
    `MOST_COMMENTS` bytes no comment. A comment comes with the member that it is on, empty for the archive.
    """

    anomalies: list[Anomaly] = field(default_factory=list)
    comments: list[tuple[str, bytes]] = field(default_factory=list)
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
        """Remember one anomaly."""
        if len(self.anomalies) >= MOST_NOTES and member is not None and kind is not AnomalyKind.BOMB:
            return
        self.anomalies.append(Anomaly(kind, message, member, offset, stage, unread))

    def add_comment(self, data: bytes, member: str = "") -> None:
        """Remember a comment, or as much of it as there is space for."""
        data = data[: self._room]
        self._room -= len(data)
        if data:
            self.comments.append((member, data))
