from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable

import pytest

from pkgaudit.archive.compressed import MOST_STREAMS, compression, decompress, is_tar, is_zip
from pkgaudit.archive.raw import CHUNK, Notes
from pkgaudit.model.entry import AnomalyKind

CONTENT = b"".join(b"line %d\n" % number for number in range(300_000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),  # the default takes seconds
}


def unpacked(data: bytes) -> tuple[bytes, list[AnomalyKind], bytes]:
    notes = Notes()
    seen: list[bytes] = []
    pieces = list(decompress(io.BytesIO(data), notes, observe=seen.append))
    assert all(0 < len(piece) <= CHUNK for piece in pieces)
    return b"".join(pieces), [note.kind for note in notes.anomalies], b"".join(seen)


@pytest.mark.parametrize("kind", PACKERS)
def test_content_is_given_and_the_file_observed(kind: str) -> None:
    data = PACKERS[kind](CONTENT)
    assert compression(data[:6]) == kind
    assert unpacked(data) == (CONTENT, [], data)


def test_plain_data_is_passed_through() -> None:
    assert compression(CONTENT) is None
    assert unpacked(CONTENT) == (CONTENT, [], CONTENT)
    assert unpacked(b"") == (b"", [], b"")


@pytest.mark.parametrize("kind", PACKERS)
def test_highly_compressed_data_comes_in_bounded_pieces(kind: str) -> None:
    assert unpacked(PACKERS[kind](bytes(20 << 20)))[:2] == (bytes(20 << 20), [])


@pytest.mark.parametrize("kind", PACKERS)
def test_truncation_at_any_length_is_unreadable(kind: str) -> None:
    data = PACKERS[kind](b"some content " * 40)
    magic = {"gzip": 2, "bzip2": 3, "xz": 6}[kind]
    for length in range(magic, len(data)):
        content, kinds, seen = unpacked(data[:length])
        assert kinds == [AnomalyKind.UNREADABLE], length
        assert (b"some content " * 40).startswith(content)
        assert seen == data[:length]


@pytest.mark.parametrize("kind", PACKERS)
def test_damage_never_raises_and_is_noted(kind: str) -> None:
    data = PACKERS[kind](b"some content " * 40)
    for offset in range(len(data)):
        damaged = data[:offset] + bytes([data[offset] ^ 0xFF]) + data[offset + 1 :]
        _, kinds, seen = unpacked(damaged)
        assert seen == damaged
        harmless = kind == "gzip" and offset in {4, 5, 6, 7, 8, 9}  # time, flags, system
        assert kinds or harmless or compression(damaged) is None, offset


def test_gzip_checksum_and_size_are_checked_and_the_content_is_given() -> None:
    data = gzip.compress(b"content")
    for damaged in (data[:-8] + b"\0\0\0\0" + data[-4:], data[:-4] + b"\1\1\1\1"):
        assert unpacked(damaged)[:2] == (b"content", [AnomalyKind.UNREADABLE])


def gzip_with_header(flags: int, fields: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(b"content") + deflate.flush()
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + fields
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + body + struct.pack("<LL", zlib.crc32(b"content"), 7)


def test_every_field_of_a_gzip_header_is_passed_over() -> None:
    data = gzip_with_header(0x1E, b"\3\0abcname\0comment\0")
    assert gzip.decompress(data) == b"content"
    assert unpacked(data)[:2] == (b"content", [])


@pytest.mark.parametrize(
    "data",
    [
        gzip_with_header(0x20, b""),
        gzip_with_header(8, b"n" * 100_000),
        gzip_with_header(0x12, b"comment\0").replace(b"comment", b"Comment"),
    ],
    ids=["reserved flag", "endless name", "header checksum"],
)
def test_a_bad_gzip_header_is_unreadable(data: bytes) -> None:
    assert unpacked(data)[:2] == (b"", [AnomalyKind.UNREADABLE])


def test_zeros_between_gzip_members_are_noted() -> None:
    data = gzip.compress(b"one ") + bytes(100) + gzip.compress(b"two ") + gzip.compress(b"three")
    assert unpacked(data) == (b"one two three", [AnomalyKind.OUTSIDE_MEMBERS], data)


@pytest.mark.parametrize("kind", PACKERS)
def test_several_streams_are_one(kind: str) -> None:
    pack = PACKERS[kind]
    assert unpacked(pack(b"one ") + pack(b"two"))[:2] == (b"one two", [])


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("junk", [b"junk" * 100_000, b"\0" * 3])
def test_what_follows_the_end_is_noted_and_not_given(kind: str, junk: bytes) -> None:
    data = PACKERS[kind](b"content")
    notes = Notes()
    assert b"".join(decompress(io.BytesIO(data + junk), notes)) == b"content"
    assert [(note.kind, note.offset) for note in notes.anomalies] == [
        (AnomalyKind.OUTSIDE_MEMBERS, len(data))
    ]
    assert unpacked(data + junk)[2] == data + junk


def test_padding_that_xz_allows_is_fine() -> None:
    assert unpacked(lzma.compress(b"content") + bytes(8))[:2] == (b"content", [])


def test_xz_that_needs_too_much_memory_is_unreadable() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    data = lzma.compress(b"content", filters=filters)
    assert unpacked(data)[:2] == (b"", [AnomalyKind.UNREADABLE])


def test_a_long_row_of_streams_ends() -> None:
    kinds = unpacked(gzip.compress(b"") * (MOST_STREAMS + 5))[1]
    assert kinds == [AnomalyKind.BOMB]


def test_a_reader_that_stops_leaves_the_source_behind_what_was_observed() -> None:
    data = gzip.compress(CONTENT, 1)
    source = io.BytesIO(data)
    seen: list[bytes] = []
    stream = decompress(source, Notes(), observe=seen.append)
    next(stream)
    del stream
    assert b"".join(seen) + source.read() == data


def test_archives_are_told_by_their_head() -> None:
    assert is_zip(b"PK\3\4...")
    assert is_zip(b"PK\5\6" + bytes(18))
    assert not is_zip(b"PKG-INFO")
    for fmt in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        assert is_tar(tarfile.TarInfo("name").tobuf(fmt))
    v7 = bytearray(tarfile.TarInfo("name").tobuf(tarfile.USTAR_FORMAT))
    v7[257:265] = bytes(8)
    assert not is_tar(bytes(v7))
    v7[148:156] = b"%06o\0 " % (sum(v7[:148]) + sum(v7[156:]) + 256)
    assert is_tar(bytes(v7))
    assert not is_tar(b"text " * 200)
    assert not is_tar(bytes(512))
    assert not is_tar(b"")
