"""Readers of compressed streams (gzip, bzip2, xz, lzma and zstd), which unpack pieces of limited size.

References: gzip is RFC 1952 (https://www.rfc-editor.org/rfc/rfc1952), deflate RFC 1951
(https://www.rfc-editor.org/rfc/rfc1951), zstd RFC 8878 (https://www.rfc-editor.org/rfc/rfc8878), xz
https://tukaani.org/xz/xz-file-format.txt, lzma
https://github.com/tukaani-project/xz/blob/master/doc/lzma-file-format.txt.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from pkgaudit.archive.names import readable
from pkgaudit.archive.raw import CHUNK, FOLLOWED, Notes, Source
from pkgaudit.archive.tar_header import BLOCK, checksum_matches
from pkgaudit.model.entry import AnomalyKind, DetectionStage, GzipHeader

PIECE = 1 << 17
"""Compressed bytes read at a time; chosen to need little memory."""

XZ_MEMORY = 256 << 20
"""Largest amount of memory (bytes) for unpacking xz or lzma data; ``xz -9`` needs 65 MiB."""

MOST_STREAMS = 10_000
"""Largest number of gzip members, bzip2 or xz streams, and zstd frames unpacked in a distribution.

Build backends write one, and a distribution may contain some compressed files. An empty stream has only a
few bytes but starts a decoder, so this number limits the time.
"""

_GZIP_FIELD = 1 << 16
"""Largest size (bytes) of a name or comment in a gzip header; real ones are a filename."""

ZSTD_WINDOW = 27
"""Largest window (log2 of bytes) that zstd data may request: 128 MiB, the limit of the zstd command."""

_MAGIC = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\0", "zstd": b"\x28\xb5\x2f\xfd"}
"""The first bytes of compressed files.

gzip: https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1, xz: https://tukaani.org/xz/xz-file-format.txt,
zstd: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
"""

_MOST_LZMA = 1 << 38
"""Largest size that an lzma file may declare; xz assumes that a file with a larger size is not lzma."""

_LEAST_DICTIONARY = 4096
"""Smallest dictionary of lzma, in bytes."""

_UNKNOWN_SIZE = (1 << 64) - 1
"""The size field of an lzma file that ends with an end mark."""

_LONGEST_HEAD = 14
"""Bytes needed to recognize any compression: the lzma header and one byte after it."""

# The bits of FLG in the header of gzip (RFC 1952, 2.3.1).
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 2, 4, 8, 16, 0xE0


def compression(head: bytes) -> str | None:
    """Return the compression of a file that starts with ``head``, None if it is not compressed.

    The value is "gzip", "bzip2", "xz", "zstd" or "lzma".
    """
    for name, magic in _MAGIC.items():
        if head.startswith(magic):
            return name
    if head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:
        return "zstd"  # a skippable frame, in which parallel compressors store sizes
    return "lzma" if _is_lzma(head) else None


def _is_lzma(head: bytes) -> bool:
    """Return whether a file is an lzma file: the format has no magic, so the header must be plausible."""
    # All presets have the settings 0x5D; the dictionary size is 2ⁿ or 2ⁿ + 2ⁿ⁻¹ bytes, at least 4 KiB.
    # The first byte of the data is always zero. If all other bytes are zeros too, it is another format.
    if len(head) < _LONGEST_HEAD or head[0] != 0x5D or head[13]:
        return False
    dictionary, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    shortest = dictionary & -dictionary
    is_known = dictionary >= _LEAST_DICTIONARY and dictionary in (shortest, 3 * shortest)
    return is_known and (size == _UNKNOWN_SIZE or 0 < size < _MOST_LZMA)


def is_zip(head: bytes) -> bool:
    """Return whether a file that starts with ``head`` is a zip archive, which may be empty or split."""
    return head.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\x08"))


def is_tar(head: bytes) -> bool:
    """Return whether a file that starts with ``head`` (512 bytes are enough) is a tar archive."""
    if head[257:262] == b"ustar":
        return True
    # Tars older than ustar have no magic; the checksum of the whole block identifies their header. Without a
    # checksum, the signed sum of other data, such as a universal binary, may be zero by chance.
    return len(head) >= 512 and bool(head[148:156].strip(b"\0 ")) and checksum_matches(head[:512])


def is_archive(head: bytes) -> bool:
    """Return whether a file that starts with ``head`` (512 bytes are enough) is in a format that is read."""
    return is_zip(head) or is_tar(head) or compression(head) is not None


def gzip_header(head: bytes) -> GzipHeader | None:
    """Return the header of the gzip file that starts with ``head``; a name that is longer is cut off.

    Return None if the header is incomplete or of an unknown kind.
    """
    # The first ten bytes are fixed. The third is the method: 8 is deflate, the only defined one.
    if len(head) < 10 or not head.startswith(_MAGIC["gzip"]) or head[2] != 8:
        return None
    at, flags = 10, head[3]
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    name = head[at:].partition(b"\0")[0] if flags & _FNAME else b""
    # The specification requires Latin-1, but tools write the bytes of the file system.
    return GzipHeader(readable(name)[0], int.from_bytes(head[4:8], "little"))


class DamagedDataError(Exception):
    """Compressed data that cannot be unpacked; the message completes "the data ..."."""


class TruncatedDataError(DamagedDataError):
    """Compressed data that ends too soon."""


class UnknownFormatError(DamagedDataError):
    """Compressed data whose first bytes do not match its format."""


class UnnoticedDamageError(DamagedDataError):
    """Damage that Python's own reader does not check for, or only finds if it reads to the very end."""


class Decoder(Protocol):
    """An unpacker of one stream, such as `bz2.BZ2Decompressor` and `lzma.LZMADecompressor`."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether the decoder needs more input before it returns more output."""

    @property
    def unused_data(self) -> bytes:
        """The input beyond the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most ``max_length`` unpacked bytes."""


class Inflater:
    """A `Decoder` of raw deflate data."""

    __slots__ = ("_inflater", "needs_input")

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self.needs_input = True

    def copy(self) -> Inflater:
        """Return a decoder that continues from the same place."""
        other = Inflater()
        other._inflater = self._inflater.copy()
        other.needs_input = self.needs_input
        return other

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        inflater = self._inflater
        out = inflater.decompress(inflater.unconsumed_tail + data, max(max_length, 0))
        # After a full output, zlib may still contain more data, even if all input is used up.
        self.needs_input = not inflater.unconsumed_tail and len(out) != max_length
        return out


def unpack(decoder: Decoder, read: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield the unpacked content of the pieces that ``read`` returns (an empty piece is the end).

    The yielded pieces have at most `CHUNK` bytes. The iterator ends with the stream; the data read beyond
    its end is in ``decoder.unused_data``.

    Raises:
        DamagedDataError: the data is cut off or damaged.

    """
    idle = 0
    while not decoder.eof:
        data = b""
        if decoder.needs_input:
            data = read()
            if not data:
                raise TruncatedDataError("is cut off")
        try:
            out = decoder.decompress(data, CHUNK)
        # zlib, bz2 and lzma raise exceptions of their own, and also OSError, EOFError and MemoryError.
        except Exception as error:
            raise DamagedDataError(f"cannot be unpacked ({str(error) or type(error).__name__})") from None
        if out:
            yield out
        idle = 0 if out or data else idle + 1
        # A decoder may need one more call to detect its end, but not three.
        if idle > 2:
            raise DamagedDataError("cannot be unpacked (the decoder makes no progress)")


def bzip2_decoder() -> Decoder:
    """Return a decoder of one bzip2 stream; it needs at most 4 MiB of memory."""
    import bz2

    return bz2.BZ2Decompressor()


def xz_decoder() -> Decoder:
    """Return a decoder of one xz stream within `XZ_MEMORY`."""
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def lzma_decoder() -> Decoder:
    """Return a decoder of an lzma file within `XZ_MEMORY`."""
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=XZ_MEMORY)


def zstd_decoder() -> Decoder:
    """Return a decoder of one zstd frame within `ZSTD_WINDOW`.

    Python has a decoder from 3.14 on. backports.zstd is the same code for older versions, with wheels for
    all platforms; zstandard and pyzstd have different interfaces, which would need a second code path.
    """
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    decoder: Decoder = zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW}
    )
    return decoder


# gzip is missing because this module reads its header and checksum itself.
_DECODERS = {"bzip2": bzip2_decoder, "xz": xz_decoder, "lzma": lzma_decoder, "zstd": zstd_decoder}


class Streams:
    """Counts the unpacked streams of a distribution, including those of nested archives."""

    def __init__(self) -> None:
        self._left = MOST_STREAMS

    def take(self) -> bool:
        """Count one stream; return whether it may be unpacked."""
        self._left -= 1
        return self._left >= 0


class _Feed:
    """The compressed bytes, read once from start to end; bytes can be put back."""

    def __init__(self, source: Source, observe: Callable[[bytes], object] | None) -> None:
        self._source = source
        self._observe = observe
        self._returned = b""
        self._taken = 0

    @property
    def offset(self) -> int:
        """The offset of the next byte."""
        return self._taken - len(self._returned)

    def read(self) -> bytes:
        """Return the next piece, empty at the end."""
        piece, self._returned = self._returned, b""
        if not piece:
            piece = self._source.read(PIECE)
            self._taken += len(piece)
            if self._observe is not None and piece:
                self._observe(piece)
        return piece

    def put_back(self, data: bytes) -> None:
        """Put back ``data``, which was read last, so the next call reads it again."""
        self._returned = data + self._returned

    def exactly(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end of the file."""
        data = b""
        while len(data) < size and (piece := self.read()):
            data += piece
        self.put_back(data[size:])
        return data[:size]

    def skip_zeros(self) -> int:
        """Skip zero bytes and return their number."""
        start = self.offset
        while piece := self.read():
            rest = piece.lstrip(b"\0")
            if rest:
                self.put_back(rest)
                break
        return self.offset - start

    def drain(self) -> None:
        """Read the rest, so the observer gets every byte."""
        self._returned = b""
        while self.read():
            pass


def decompress(
    source: Source,
    notes: Notes,
    observe: Callable[[bytes], object] | None = None,
    streams: Streams | None = None,
) -> Iterator[bytes]:
    """Yield the unpacked content of ``source`` in pieces of at most `CHUNK` bytes.

    The first bytes determine the compression; a source without compression is passed through. All gzip
    members are unpacked, as gunzip does. Bytes after the end, or between gzip members, are noted. At
    damaged or truncated data the content ends, after an `AnomalyKind.UNREADABLE`.

    ``observe`` gets every byte of the source in order, so the caller can hash the file in the same read:
    all bytes once the iterator is exhausted. If the caller stops sooner, the source is positioned right
    after the observed bytes. ``streams`` counts the streams unpacked before.
    """
    source.seek(0)
    feed = _Feed(source, observe)
    head = feed.exactly(_LONGEST_HEAD)
    feed.put_back(head)
    kind = compression(head)
    if kind is not None:
        yield from _streams(feed, kind, notes, streams or Streams())
        feed.drain()
    else:
        while piece := feed.read():
            yield piece


def _streams(feed: _Feed, kind: str, notes: Notes, streams: Streams) -> Iterator[bytes]:
    unpacked = 0
    while streams.take():
        start = feed.offset
        try:
            for piece in _gzip_member(feed, notes) if kind == "gzip" else _stream(feed, kind):
                unpacked += len(piece)
                yield piece
        except DamagedDataError as damage:
            message = f"the {kind} data that starts at byte {start} {damage}"
            notes.add(AnomalyKind.UNREADABLE, message, offset=feed.offset, stage=_notice(damage, unpacked))
            return
        if not _another(feed, kind, notes):
            return
    message = f"the distribution has more than {MOST_STREAMS} compressed streams"
    notes.add(AnomalyKind.BOMB, message, offset=feed.offset, stage=DetectionStage.NEVER)


def _notice(damage: DamagedDataError, unpacked: int) -> DetectionStage:
    """Return when ``tarfile`` notices the damage. It reads the first header when it opens the archive."""
    if isinstance(damage, UnnoticedDamageError):
        return DetectionStage.NEVER
    if isinstance(damage, TruncatedDataError):
        return DetectionStage.CRASH if unpacked < BLOCK else DetectionStage.OPENING
    return DetectionStage.OPENING if isinstance(damage, UnknownFormatError) else DetectionStage.CRASH


def _stream(feed: _Feed, kind: str) -> Iterator[bytes]:
    """Yield the content of one stream in another format than gzip."""
    decoder = _DECODERS[kind]()
    yield from unpack(decoder, feed.read)
    feed.put_back(decoder.unused_data)


def _another(feed: _Feed, kind: str, notes: Notes) -> bool:
    """Return whether another stream follows, and note other data that follows."""
    end = feed.offset
    zeros = feed.skip_zeros()
    head = feed.exactly(_LONGEST_HEAD)
    feed.put_back(head)
    is_another = kind != "lzma" and compression(head) == kind
    message = ""
    if is_another:
        # Parallel compressors write several streams, and every reader joins them. At zero bytes gunzip
        # stops, while Python continues to read.
        if kind == "gzip" and zeros:
            message = f"the gzip data ends at byte {end}, but {zeros} zero bytes and another member follow it"
    elif head:
        message = f"the {kind} data ends at byte {end}, but {FOLLOWED} it"
    elif zeros and not (kind == "xz" and zeros % 4 == 0):  # the padding that xz files may have
        message = f"the {kind} data ends at byte {end}, but {zeros} zero bytes follow it"
    if message:
        notes.add(AnomalyKind.OUTSIDE_MEMBERS, message, offset=end, stage=DetectionStage.NEVER)
    return is_another


def _gzip_member(feed: _Feed, notes: Notes) -> Iterator[bytes]:
    """Yield the content of one gzip member, check its header and trailer, and note the texts in its header.

    zlib could check them too, but it withholds the last piece if the trailer is wrong.
    """
    for text in _gzip_texts(feed):
        notes.add_comment(text)
    inflater = Inflater()
    crc = size = 0
    for out in unpack(inflater, feed.read):
        crc = zlib.crc32(out, crc)
        size += len(out)
        yield out
    feed.put_back(inflater.unused_data)
    trailer = feed.exactly(8)
    if len(trailer) < 8:
        raise UnnoticedDamageError("is cut off in its checksum")
    if int.from_bytes(trailer[:4], "little") != crc:
        raise UnnoticedDamageError("does not match its checksum")
    if int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
        raise UnnoticedDamageError("does not have its declared size")


def _gzip_texts(feed: _Feed) -> list[bytes]:
    """Read the header of a gzip member, and return its extra field, its name and its comment."""
    texts = []
    header = feed.exactly(10)
    if len(header) < 10:  # the fixed part
        raise TruncatedDataError("is cut off in its header")
    flags = header[3]
    if header[2] != 8:
        raise UnknownFormatError("has a header of an unknown kind")
    if flags & _RESERVED:
        raise UnnoticedDamageError("has a header with reserved flags")
    if flags & _FEXTRA:
        length = feed.exactly(2)
        texts.append(feed.exactly(int.from_bytes(length, "little")))
        header += length + texts[-1]
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            field = feed.exactly(_GZIP_FIELD)
            end = field.find(b"\0") + 1
            if not end:
                raise DamagedDataError("has a header that does not end")
            feed.put_back(field[end:])
            header += field[:end]
            texts.append(field[: end - 1])
    if flags & _FHCRC:
        stored = feed.exactly(2)
        if int.from_bytes(stored, "little") != zlib.crc32(header) & 0xFFFF:
            raise UnnoticedDamageError("does not match the checksum of its header")
    return texts
