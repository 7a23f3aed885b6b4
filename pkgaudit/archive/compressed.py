"""Compressed streams: gzip, bzip2, xz, lzma and zstd, unpacked in bounded pieces.

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
from pkgaudit.archive.raw import CHUNK, Notes, Source
from pkgaudit.archive.tar_header import BLOCK, checksum_matches
from pkgaudit.model.entry import AnomalyKind, DetectionStage, GzipHeader

PIECE = 1 << 17
"""How many compressed bytes are read at a time; chosen, so that memory stays small."""

XZ_MEMORY = 256 << 20
"""The most memory (bytes) that unpacking xz or lzma data may take; ``xz -9`` needs 65 MiB."""

MOST_STREAMS = 10_000
"""How many gzip members (streams of bzip2 or xz, frames of zstd) are unpacked of a distribution.

Builds write one, and have some compressed files inside. An empty one costs a few bytes and the start of a
decoder, so it bounds the time.
"""

_GZIP_FIELD = 1 << 16
"""The most bytes of a name or a comment in the header of gzip; real ones are a file name."""

ZSTD_WINDOW = 27
"""The most memory (bytes, as a power of 2) that zstd data may ask for: the 128 MiB of the zstd command."""

_MAGIC = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\0", "zstd": b"\x28\xb5\x2f\xfd"}
"""How compressed files begin.

gzip: https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1, xz: https://tukaani.org/xz/xz-file-format.txt,
zstd: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
"""

_MOST_LZMA = 1 << 38
"""Bytes that an lzma file may say that it unpacks to; xz reads no larger ones, as they are other files."""

_LEAST_DICTIONARY = 4096
"""Bytes of the dictionary that lzma has at least."""

_UNKNOWN_SIZE = (1 << 64) - 1
"""What stands for the size in an lzma file that ends with a mark."""

_LONGEST_HEAD = 14
"""Bytes that tell any compression: those of the header of lzma and the first behind it."""

# The bits of FLG in the header of gzip (RFC 1952, 2.3.1).
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 2, 4, 8, 16, 0xE0


def compression(head: bytes) -> str | None:
    """Return how a file that starts with ``head`` is compressed, None if it is not.

    That is one of "gzip", "bzip2", "xz", "zstd" and "lzma".
    """
    for name, magic in _MAGIC.items():
        if head.startswith(magic):
            return name
    if head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:
        return "zstd"  # a frame to be skipped, by which parallel compressors tell each other of sizes
    return "lzma" if _is_lzma(head) else None


def _is_lzma(head: bytes) -> bool:
    """Whether a file is an lzma file: it has no mark, so that its header must be one that is written."""
    # 0x5D are the settings of all presets; the size of the dictionary is 2ⁿ or 2ⁿ + 2ⁿ⁻¹ from 4 KiB on.
    # The first byte of the data is always zero. A file of all zeros behind it is something else.
    if len(head) < _LONGEST_HEAD or head[0] != 0x5D or head[13]:
        return False
    dictionary, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    shortest = dictionary & -dictionary
    is_known = dictionary >= _LEAST_DICTIONARY and dictionary in (shortest, 3 * shortest)
    return is_known and (size == _UNKNOWN_SIZE or 0 < size < _MOST_LZMA)


def is_zip(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is a zip archive, an empty one or a split one."""
    return head.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\x08"))


def is_tar(head: bytes) -> bool:
    """Whether a file that starts with ``head`` (512 bytes are enough) is a tar archive."""
    # Tars from before ustar have no magic; their header is told by the checksum of the whole block.
    return head[257:262] == b"ustar" or (len(head) >= 512 and checksum_matches(head[:512]))


def gzip_header(head: bytes) -> GzipHeader | None:
    """Return the header of the gzip file that starts with ``head``; a name that goes on beyond is cut.

    None where the header is not whole or is of an unknown kind.
    """
    # Ten bytes are fixed, of which the third is the method: 8 is deflate, the only one that there is.
    if len(head) < 10 or not head.startswith(_MAGIC["gzip"]) or head[2] != 8:
        return None
    at, flags = 10, head[3]
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    name = head[at:].partition(b"\0")[0] if flags & _FNAME else b""
    # The specification says Latin-1, what is written is the bytes of the file system.
    return GzipHeader(readable(name)[0], int.from_bytes(head[4:8], "little"))


class DamagedDataError(Exception):
    """Compressed data that can't be unpacked; the message completes "the data ..."."""


class TruncatedDataError(DamagedDataError):
    """Compressed data that ends too soon."""


class UnknownFormatError(DamagedDataError):
    """Compressed data that isn't what its first bytes say."""


class UnnoticedDamageError(DamagedDataError):
    """Damage that Python's own reader does not look for, or finds only if it reads to the very end."""


class Decoder(Protocol):
    """An unpacker of one stream, as `bz2.BZ2Decompressor` and `lzma.LZMADecompressor` are."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out before something goes in."""

    @property
    def unused_data(self) -> bytes:
        """What was put in beyond the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most ``max_length`` unpacked bytes."""


class Inflater:
    """A `Decoder` of raw deflate data."""

    __slots__ = ("_inflater", "needs_input")

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        inflater = self._inflater
        out = inflater.decompress(inflater.unconsumed_tail + data, max(max_length, 0))
        # A full output may hide more that waits inside zlib, even when all the input is used up.
        self.needs_input = not inflater.unconsumed_tail and len(out) != max_length
        return out


def unpack(decoder: Decoder, read: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield what ``decoder`` makes of the pieces that ``read`` returns (empty: no more).

    The pieces yielded are at most `CHUNK` bytes long. Ends with the stream; what was read beyond
    it is ``decoder.unused_data``.

    Raises:
        DamagedDataError: the data is cut off or isn't what it should be.

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
        # zlib, bz2 and lzma have exceptions of their own, and OSError, EOFError and MemoryError besides.
        except Exception as error:
            raise DamagedDataError(f"can't be unpacked ({str(error) or type(error).__name__})") from None
        if out:
            yield out
        idle = 0 if out or data else idle + 1
        # A decoder may need a call more to see that it has ended, not three.
        if idle > 2:
            raise DamagedDataError("can't be unpacked (it leads nowhere)")


def bzip2_decoder() -> Decoder:
    """Return a decoder of one bzip2 stream; it takes at most 4 MiB of memory."""
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

    Python has one from 3.14 on. backports.zstd is the same code for older versions, and has wheels for all
    platforms; zstandard and pyzstd have interfaces of their own, which would need a second way through here.
    """
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    decoder: Decoder = zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW}
    )
    return decoder


# gzip is not among them: its header and its checksum are read here.
_DECODERS = {"bzip2": bzip2_decoder, "xz": xz_decoder, "lzma": lzma_decoder, "zstd": zstd_decoder}


class Streams:
    """Counts the streams that are unpacked of a distribution, those of the archives inside included."""

    def __init__(self) -> None:
        self._left = MOST_STREAMS

    def take(self) -> bool:
        """Count one; return whether it may be unpacked."""
        self._left -= 1
        return self._left >= 0


class _Feed:
    """The compressed bytes, read once from the start to the end, with a place to put some back."""

    def __init__(self, source: Source, observe: Callable[[bytes], object] | None) -> None:
        self._source = source
        self._observe = observe
        self._returned = b""
        self._taken = 0

    @property
    def offset(self) -> int:
        """The offset of the byte that comes next."""
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
        """Return ``data``, read last, to be read again."""
        self._returned = data + self._returned

    def exactly(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end of the file."""
        data = b""
        while len(data) < size and (piece := self.read()):
            data += piece
        self.put_back(data[size:])
        return data[:size]

    def skip_zeros(self) -> int:
        """Pass over zero bytes and return how many they were."""
        start = self.offset
        while piece := self.read():
            rest = piece.lstrip(b"\0")
            if rest:
                self.put_back(rest)
                break
        return self.offset - start

    def drain(self) -> None:
        """Read the rest, for the observer's sake."""
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

    The compression is told by the first bytes; what isn't compressed is passed through. gzip
    members after the first one are given too, as every gunzip does. Bytes after the end, or between
    gzip members, are noted. Damaged or truncated data ends the content after an `AnomalyKind.UNREADABLE`.

    ``observe`` gets every byte of the source in order, so that a hash of the file comes from the
    same read: all of it once the iterator is used up. Whoever stops sooner finds the source just
    behind the bytes that were observed.
    ``streams`` counts what was unpacked before.
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
            for piece in _gzip_member(feed) if kind == "gzip" else _stream(feed, kind):
                unpacked += len(piece)
                yield piece
        except DamagedDataError as damage:
            message = f"the {kind} data that starts at byte {start} {damage}"
            notes.add(AnomalyKind.UNREADABLE, message, offset=feed.offset, stage=_notice(damage, unpacked))
            return
        if not _another(feed, kind, notes):
            return
    message = f"there are more than {MOST_STREAMS} compressed streams"
    notes.add(AnomalyKind.BOMB, message, offset=feed.offset, stage=DetectionStage.NEVER)


def _notice(damage: DamagedDataError, unpacked: int) -> DetectionStage:
    """Return what damage does to ``tarfile``, which looks at the first header before anything else."""
    if isinstance(damage, UnnoticedDamageError):
        return DetectionStage.NEVER
    if isinstance(damage, TruncatedDataError):
        return DetectionStage.CRASH if unpacked < BLOCK else DetectionStage.OPENING
    return DetectionStage.OPENING if isinstance(damage, UnknownFormatError) else DetectionStage.CRASH


def _stream(feed: _Feed, kind: str) -> Iterator[bytes]:
    """Yield the content of one stream that is not gzip."""
    decoder = _DECODERS[kind]()
    yield from unpack(decoder, feed.read)
    feed.put_back(decoder.unused_data)


def _another(feed: _Feed, kind: str, notes: Notes) -> bool:
    """Whether another stream follows; note what else does."""
    end = feed.offset
    zeros = feed.skip_zeros()
    head = feed.exactly(_LONGEST_HEAD)
    feed.put_back(head)
    is_another = kind != "lzma" and compression(head) == kind
    message = ""
    if is_another:
        # Several streams in a row are how parallel compressors write, and every reader joins them. After
        # zero bytes gunzip stops, while Python reads on.
        if kind == "gzip" and zeros:
            message = f"the gzip data ends at byte {end}, {zeros} zero bytes and another member follow it"
    elif head:
        message = f"the {kind} data ends at byte {end}, other bytes follow it"
    elif zeros and not (kind == "xz" and zeros % 4 == 0):  # the padding that xz files may have
        message = f"the {kind} data ends at byte {end}, {zeros} zero bytes follow it"
    if message:
        notes.add(AnomalyKind.OUTSIDE_MEMBERS, message, offset=end, stage=DetectionStage.NEVER)
    return is_another


def _gzip_member(feed: _Feed) -> Iterator[bytes]:
    """Yield the content of one gzip member; its header and trailer are checked here.

    That is done here and not by zlib, which withholds the last piece when the trailer is wrong.
    """
    _skip_gzip_header(feed)
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
        raise UnnoticedDamageError("doesn't match its checksum")
    if int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
        raise UnnoticedDamageError("doesn't have the size that it declares")


def _skip_gzip_header(feed: _Feed) -> None:
    header = feed.exactly(10)
    if len(header) < 10:  # the fixed part
        raise TruncatedDataError("is cut off in its header")
    flags = header[3]
    if header[2] != 8:
        raise UnknownFormatError("has a header of an unknown kind")
    if flags & _RESERVED:
        raise UnnoticedDamageError("has a header with flags that are reserved")
    if flags & _FEXTRA:
        length = feed.exactly(2)
        header += length + feed.exactly(int.from_bytes(length, "little"))
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            field = feed.exactly(_GZIP_FIELD)
            end = field.find(b"\0") + 1
            if not end:
                raise DamagedDataError("has a header that doesn't end")
            feed.put_back(field[end:])
            header += field[:end]
    if flags & _FHCRC:
        stored = feed.exactly(2)
        if int.from_bytes(stored, "little") != zlib.crc32(header) & 0xFFFF:
            raise UnnoticedDamageError("doesn't match the checksum of its header")
