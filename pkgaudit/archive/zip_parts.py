"""Parts of a large zip member, read again without unpacking everything before them."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.archive.compressed import DamagedDataError, Inflater, unpack
from pkgaudit.archive.raw import CHUNK, Source
from pkgaudit.archive.zip_central import CentralEntry
from pkgaudit.archive.zip_data import DEFLATED, STORED, Buffer, Packed

SPACING = 4 * CHUNK
"""Bytes of content between the places from which inflating may continue. Chosen: each place needs 40 KiB, the
window and the tables of deflate, so one percent of the content is in memory."""

_MORE = 64 * CHUNK
"""Bytes that are unpacked again in addition to the size of the member. Chosen: many jumps."""


def may_read_again(entry: CentralEntry) -> bool:
    """Return whether a member is worth it, and is packed in a way from whose middle reading can start."""
    return entry.size > SPACING and entry.method in (STORED, DEFLATED)


class ZipParts:
    """The `Parts` of a member whose packed data starts at byte ``start`` of the archive."""

    def __init__(self, entry: CentralEntry, source: Source, start: int) -> None:
        self.size = entry.size
        self._is_stored = entry.method == STORED
        self._source = source
        self._places = [(0, Inflater(), start, entry.packed_size)]
        self._left = entry.size + _MORE
        self._run: _Run | None = None

    def mark(self, size: int, decoder: Inflater, packed: Packed) -> None:
        """Keep a place from which inflating may continue, unless it is close to the last one."""
        if size >= self._places[-1][0] + SPACING:
            self._places.append((size, decoder.copy(), packed.offset, packed.left))

    def read(self, at: int, size: int) -> bytes:
        """Return a part of the content, fewer bytes at the end or at damaged data.

        All parts together are at most a little more than the content, then nothing is returned.
        """
        end = min(at + size, self.size)
        if self._is_stored:
            _, _, start, left = self._places[0]
            self._source.seek(start + at)
            return self._source.read(max(0, min(end, left) - at))
        run = self._run_before(at)
        found = []
        while at < end:
            if run.end <= at:
                run.advance()
                self._left -= len(run.piece)
                if not run.piece or self._left < 0:
                    break
                continue
            found.append(run.piece[at - run.start : end - run.start])
            at += len(found[-1])
        return b"".join(found) if self._left >= 0 else b""

    def _run_before(self, at: int) -> _Run:
        """Return a run of pieces that starts at or before a byte: the last one if no place is nearer."""
        size, decoder, offset, left = max(
            (each for each in self._places if each[0] <= at), key=lambda each: each[0]
        )
        run = self._run
        if run is None or at < run.start or run.end < size:
            packed = Packed(Buffer(self._source), offset, left)
            run = self._run = _Run(size, unpack(decoder.copy(), packed.read))
        return run


class _Run:
    """Consecutive pieces of the content, of which the last one is kept."""

    def __init__(self, start: int, pieces: Iterator[bytes]) -> None:
        self.start = start
        self.piece = b""
        self._pieces = pieces

    @property
    def end(self) -> int:
        return self.start + len(self.piece)

    def advance(self) -> None:
        """Take the next piece, empty at the end or at damaged data, which the first reading has noted."""
        self.start = self.end
        try:
            self.piece = next(self._pieces, b"")
        except DamagedDataError:
            self.piece = b""
