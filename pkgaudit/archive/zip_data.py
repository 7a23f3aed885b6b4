"""The content of a zip member, unpacked in pieces of limited size and checked.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.4.5 and 5.8.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from pkgaudit.archive.compressed import (
    XZ_MEMORY,
    DamagedDataError,
    Decoder,
    Inflater,
    TruncatedDataError,
    bzip2_decoder,
    unpack,
)
from pkgaudit.archive.raw import CHUNK, Source
from pkgaudit.archive.zip_central import CentralEntry
from pkgaudit.model.entry import AnomalyKind, DetectionStage

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
METHODS = {STORED: "stored", DEFLATED: "deflate", BZIP2: "bzip2", LZMA: "lzma"}
"""The supported compression methods by number."""

_PIECE = 1 << 18
"""Bytes read at a time; chosen so that several small members share one read."""

_LZMA_PROPERTIES = 5
"""Size of the properties of the decoder: one byte for three parameters, four for a size (APPNOTE, 5.8.8)."""

_LZMA_END_MARK = 1 << 1
"""The flag of LZMA data with an end mark (APPNOTE, 4.4.4)."""


class Buffer:
    """The part of a file that was read last; several small members share one read."""

    __slots__ = ("_data", "_source", "_start")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start = 0
        self._data = b""

    def bytes(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes from ``offset`` on, fewer at the end of the file."""
        at = offset - self._start
        if at < 0 or at + size > len(self._data):
            self._source.seek(offset)
            self._data = self._source.read(max(size, _PIECE))
            self._start, at = offset, 0
        return self._data[at : at + size]


class Packed:
    """The packed data of one member, read piece by piece from ``offset`` on."""

    __slots__ = ("_buffer", "_head", "left", "offset")

    def __init__(self, buffer: Buffer, offset: int, size: int) -> None:
        self._buffer = buffer
        self.offset = offset
        self._head = b""
        self.left = size

    def take(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end."""
        data = self._buffer.bytes(self.offset, min(size, self.left))
        self.offset += len(data)
        self.left -= len(data)
        return data

    def put_back(self, head: bytes) -> None:
        """Put ``head`` before the rest of the data."""
        self._head = head

    def read(self) -> bytes:
        """Return the next piece, empty at the end."""
        if self._head:
            head, self._head = self._head, b""
            return head
        return self.take(_PIECE)


def content(
    entry: CentralEntry,
    buffer: Buffer,
    start: int,
    report: Callable[[AnomalyKind, str, DetectionStage], None],
    mark: Callable[[int, Inflater, Packed], object] | None = None,
) -> Iterator[bytes]:
    """Yield the content of ``entry``, whose packed data starts at byte ``start``.

    Each piece has at most `CHUNK` bytes, and all pieces together at most as many as the entry declares.
    Faults go to ``report`` as predicates of the member. At a fault the content ends early, unless the fault
    concerns the content as a whole (a checksum). ``mark`` gets the places from which inflating may continue:
    the size of the content before, the decoder and the packed data.
    """
    # Nearly all members are small and sound. Others are read again, to find their fault.
    if entry.packed_size <= CHUNK and entry.size <= CHUNK:
        whole = _whole(entry, buffer.bytes(start, entry.packed_size))
        if whole is not None:
            if whole:
                yield whole
            return
    unreadable = AnomalyKind.UNREADABLE
    crc, left = 0, entry.size
    packed = Packed(buffer, start, entry.packed_size)
    decoder: Decoder | None = None
    try:
        decoder = _decoder(entry, packed)
        for piece in unpack(decoder, packed.read) if decoder else iter(packed.read, b""):
            kept = piece[:left]
            crc = zlib.crc32(kept, crc)
            left -= len(kept)
            if kept:
                yield kept
            if mark is not None and isinstance(decoder, Inflater) and decoder.needs_input:
                mark(entry.size - left, decoder, packed)
            if len(kept) < len(piece):
                message = f"has more data than its declared {entry.size} bytes"
                report(unreadable, message, DetectionStage.READING)
                return
    except DamagedDataError as damage:
        stage = DetectionStage.READING_CRASH
        if isinstance(damage, TruncatedDataError):
            # Python's reader does not require the end of the data if all bytes are present.
            stage = DetectionStage.READING if left or crc != entry.crc else DetectionStage.NEVER
        report(unreadable, f"has data that {damage}", stage)
        return
    if left:
        done = entry.size - left
        message = f"has only {done} of its declared {entry.size} bytes"
        report(unreadable, message, DetectionStage.READING if crc != entry.crc else DetectionStage.NEVER)
    elif crc != entry.crc:
        message = f"has data with the checksum {crc:08x}, but declares {entry.crc:08x}"
        report(unreadable, message, DetectionStage.READING)
    unused = packed.left + len(decoder.unused_data if decoder else b"")
    if unused:
        message = f"has {unused} unused bytes after its data"
        report(AnomalyKind.OUTSIDE_MEMBERS, message, DetectionStage.NEVER)


def _whole(entry: CentralEntry, packed: bytes) -> bytes | None:
    """Return the content of a small entry, or None if the content has any fault."""
    data = packed
    if entry.method == DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            return None
        if not inflater.eof or inflater.unused_data:
            return None
    elif entry.method != STORED:
        return None
    return data if len(data) == entry.size and zlib.crc32(data) == entry.crc else None


def _decoder(entry: CentralEntry, packed: Packed) -> Decoder | None:
    if entry.method == STORED:
        return None
    if entry.method == DEFLATED:
        return Inflater()
    if entry.method == BZIP2:
        return bzip2_decoder()
    import lzma

    head = packed.take(4)
    length = int.from_bytes(head[2:], "little")
    if len(head) < 4 or length != _LZMA_PROPERTIES:
        raise DamagedDataError("does not start with a valid lzma header")
    # Decoded as a file of the old .lzma format, because the decoder of raw data has no memory limit.
    size = (1 << 64) - 1 if entry.flags & _LZMA_END_MARK else entry.size
    packed.put_back(packed.take(length) + size.to_bytes(8, "little"))
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=XZ_MEMORY)
