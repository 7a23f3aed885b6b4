"""The content of a zip member: unpacked in bounded pieces, and checked.

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
"""The compression methods that can be read, by their number."""

_PIECE = 1 << 18
"""How many bytes are read at a time; chosen, so that several small members share a read."""

_LZMA_PROPERTIES = 5
"""The bytes that set up the decoder: one for three parameters, four for a size (APPNOTE, 5.8.8)."""

_LZMA_END_MARK = 1 << 1
"""The flag of LZMA data that end with a mark (APPNOTE, 4.4.4)."""


class Buffer:
    """The part of a file that was read last, so that small members don't need a read each."""

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


class _Packed:
    """The packed data of one member, read piece by piece."""

    __slots__ = ("_buffer", "_head", "_offset", "left")

    def __init__(self, buffer: Buffer, offset: int, size: int) -> None:
        self._buffer = buffer
        self._offset = offset
        self._head = b""
        self.left = size

    def take(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end."""
        data = self._buffer.bytes(self._offset, min(size, self.left))
        self._offset += len(data)
        self.left -= len(data)
        return data

    def put_back(self, head: bytes) -> None:
        """Have ``head`` read before the rest."""
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
) -> Iterator[bytes]:
    """Yield the content of ``entry``, whose packed data starts at byte ``start``.

    The pieces are at most `CHUNK` bytes long, and together no longer than the entry declares. What
    is wrong goes to ``report``; the content then ends early, unless it is wrong as a whole (a
    checksum).
    """
    # Nearly all members are small and sound. What isn't is read again, to tell what is wrong.
    if entry.packed_size <= CHUNK and entry.size <= CHUNK:
        whole = _whole(entry, buffer.bytes(start, entry.packed_size))
        if whole is not None:
            if whole:
                yield whole
            return
    unreadable = AnomalyKind.UNREADABLE
    crc, left = 0, entry.size
    packed = _Packed(buffer, start, entry.packed_size)
    decoder: Decoder | None = None
    try:
        decoder = _decoder(entry, packed)
        for piece in unpack(decoder, packed.read) if decoder else iter(packed.read, b""):
            kept = piece[:left]
            crc = zlib.crc32(kept, crc)
            left -= len(kept)
            if kept:
                yield kept
            if len(kept) < len(piece):
                message = f"its data is longer than the {entry.size} bytes that it declares"
                report(unreadable, message, DetectionStage.READING)
                return
    except DamagedDataError as damage:
        stage = DetectionStage.READING_CRASH
        if isinstance(damage, TruncatedDataError):
            # Python's reader asks for no end of the data if all bytes are there.
            stage = DetectionStage.READING if left or crc != entry.crc else DetectionStage.NEVER
        report(unreadable, f"its data {damage}", stage)
        return
    if left:
        done = entry.size - left
        message = f"its data ends after {done} of the {entry.size} bytes that it declares"
        report(unreadable, message, DetectionStage.READING if crc != entry.crc else DetectionStage.NEVER)
    elif crc != entry.crc:
        message = f"its data has the checksum {crc:08x}, not {entry.crc:08x}, as it declares"
        report(unreadable, message, DetectionStage.READING)
    unused = packed.left + len(decoder.unused_data if decoder else b"")
    if unused:
        message = f"{unused} bytes that nobody reads follow its data"
        report(AnomalyKind.OUTSIDE_MEMBERS, message, DetectionStage.NEVER)


def _whole(entry: CentralEntry, packed: bytes) -> bytes | None:
    """Return the content of a small entry, or None if anything at all is wrong with it."""
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


def _decoder(entry: CentralEntry, packed: _Packed) -> Decoder | None:
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
        raise DamagedDataError("doesn't start as lzma data does")
    # As a file of the old .lzma format, since for raw data there is no limit on memory.
    size = (1 << 64) - 1 if entry.flags & _LZMA_END_MARK else entry.size
    packed.put_back(packed.take(length) + size.to_bytes(8, "little"))
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=XZ_MEMORY)
