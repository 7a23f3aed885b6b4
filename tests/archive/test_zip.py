from __future__ import annotations

import io
import os
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest

from pkgaudit.archive.raw import CHUNK, Notes
from pkgaudit.archive.zip import read_zip
from pkgaudit.model.entry import AnomalyKind, DetectionStage, EntryType
from tests.archive.reading import Read

pytestmark = pytest.mark.once

METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def read(data: bytes, *, max_members: int = 1000) -> Read:
    notes = Notes()
    members = []
    for member in read_zip(io.BytesIO(data), notes, max_members=max_members):
        parts = list(member.chunks)
        assert all(0 < len(part) <= CHUNK for part in parts)
        members.append((member.entry, b"".join(parts)))
    return Read(members, notes)


class Unseekable(io.RawIOBase):
    """A file that can only be written to, so that zipfile streams."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def member(
    name: bytes = b"file",
    data: bytes = b"data",
    *,
    method: int = 0,
    packed: bytes | None = None,
    flags: int = 0,
    extra: bytes = b"",
    local_name: bytes | None = None,
    local_extra: bytes = b"",
    system: int = 3,
    version: int = 20,
    mode: int = 0o100644,
    size: int | None = None,
    packed_size: int | None = None,
    crc: int | None = None,
    offset: int | None = None,
    date: int = 0x21,
) -> tuple[bytes, bytes, int | None]:
    """The local and the central record of a member, the latter up to its offset."""
    packed = data if packed is None else packed
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    packed_size = len(packed) if packed_size is None else packed_size
    common = struct.pack("<HHHHLLL", flags, method, 0, date, crc, packed_size, size)
    stored = name if local_name is None else local_name
    lengths = struct.pack("<HH", len(stored), len(local_extra))
    local = b"PK\3\4" + struct.pack("<H", 20) + common + lengths + stored + local_extra + packed
    lengths = struct.pack("<HHHHHL", len(name), len(extra), 0, 0, 0, mode << 16)
    central = b"PK\1\2" + bytes([20, system, version, 0]) + common + lengths + b"%OFFSET" + name + extra
    return local, central, offset


def archive(*members: tuple[bytes, bytes, int | None], before: bytes = b"", comment: bytes = b"") -> bytes:
    body, directory = bytearray(before), bytearray()
    for local, central, offset in members:
        where = len(body) if offset is None else offset
        directory += central.replace(b"%OFFSET", struct.pack("<L", where))
        body += local
    count = len(members)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), len(comment))
    return bytes(body + directory + end + comment)


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def written(
    *, stream: bool = False, zip64: bool = False, method: int = zipfile.ZIP_DEFLATED, piece: int = CHUNK
) -> bytes:
    buffer = Unseekable() if stream else io.BytesIO()
    contents = {
        "pkg/__init__.py": b"",
        "pkg/code.py": b"print('hello')\n" * 100,
        "pkg/\N{SNOWMAN}.txt": b"unicode",
        "pkg/random.bin": os.urandom(9 * piece // 4),  # more than two pieces, packed too
        "pkg/zeros.bin": bytes(5 * piece),
    }
    with zipfile.ZipFile(buffer, "w", method) as target:
        for name, data in contents.items():
            info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            info.external_attr = 0o100755 << 16
            info.create_system = 3
            info.compress_type = method
            with target.open(info, "w", force_zip64=zip64) as handle:
                handle.write(data)
        target.writestr(zipfile.ZipInfo("pkg/data/"), b"")
    return buffer.data if isinstance(buffer, Unseekable) else buffer.getvalue()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("stream", "zip64"), [(False, False), (True, False), (False, True), (True, True)])
def test_members_are_those_that_zipfile_reads(
    method: int, stream: bool, zip64: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = 1 << 16  # megabytes would take half a second to pack and to unpack
    for module in ("compressed", "zip_data"):
        monkeypatch.setattr(f"pkgaudit.archive.{module}.CHUNK", piece)
    data = written(stream=stream, zip64=zip64, method=method, piece=piece)
    result = read(data)
    unusual = method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    assert result.kinds.count(AnomalyKind.UNSUPPORTED_COMPRESSION) == 5 * unusual
    # A stream has data descriptors, at the folder too.
    assert result.kinds.count(AnomalyKind.UNSUPPORTED_FEATURE) == 6 * stream
    assert len(result.kinds) == 5 * unusual + 6 * stream
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        assert [(e.path, e.size, e.packed_size, content) for e, content in result.members] == [
            (info.filename.removesuffix("/"), info.file_size, info.compress_size, source.read(info))
            for info in source.infolist()
        ]
    first, last = result.members[0][0], result.members[-1][0]
    assert (first.type, first.mode, first.mtime) == (EntryType.FILE, 0o100755, 1_714_979_290)
    assert last.type is EntryType.DIRECTORY


def test_a_zip64_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in "abc":
            target.writestr(name, b"some content")
    data = buffer.getvalue()
    assert b"PK\6\6" in data
    result = read(data)
    assert [(entry.path, content) for entry, content in result.members] == [
        (name, b"some content") for name in "abc"
    ]
    assert result.kinds == []
    assert read(data.replace(b"PK\6\6", b"XXXX")).kinds == [AnomalyKind.UNREADABLE]
    assert read(b"prefix" + data).paths == ["a", "b", "c"]


def test_members_come_in_the_order_of_their_data() -> None:
    (local_a, central_a, _), (local_b, central_b, _) = member(b"a"), member(b"b")
    data = archive((local_a, central_b, len(local_a)), (local_b, central_a, 0))
    assert read(data).paths == ["a", "b"]


def test_an_empty_archive() -> None:
    assert read(archive()).members == []
    assert read(archive()).kinds == []


def test_a_comment_is_passed_over() -> None:
    data = archive(member(b"a"), member(b"b"), comment=b"PK says hello")
    assert read(data).paths == ["a", "b"]
    assert read(data).kinds == []
    assert read(data[:-3]).kinds == [AnomalyKind.UNREADABLE]


def test_something_before_the_first_member() -> None:
    data = archive(member(b"a"), member(b"b"))
    reckoned = archive(member(b"a"), member(b"b"), before=b"#!/bin/sh\n")
    for prefixed in (b"#!/bin/sh\n" + data, reckoned):
        result = read(prefixed)
        assert result.paths == ["a", "b"]
        assert [content for _, content in result.members] == [b"data", b"data"]
        assert result.kinds == [AnomalyKind.OUTSIDE_MEMBERS]
        assert "10 bytes" in result.messages


@pytest.mark.parametrize(
    ("system", "mode", "expected"),
    [(3, 0o100755, 0o100755), (3, 0, None), (0, 0o644, None), (19, 0o644, 0o644)],
)
def test_modes_are_those_of_unix(system: int, mode: int, expected: int | None) -> None:
    assert read(archive(member(system=system, mode=mode))).entry.mode == expected


def test_dates_that_do_not_exist() -> None:
    for date in (0, 0xFFFF, 1 << 5, 1):
        assert read(archive(member(date=date))).entry.mtime is None
    assert read(archive(member(date=(44 << 9) + (2 << 5) + 31))).entry.mtime is not None


def test_symlinks() -> None:
    result = read(archive(member(b"link", b"../target", mode=stat.S_IFLNK | 0o777)))
    assert result.entry.type is EntryType.SYMLINK
    assert result.entry.link_target == "../target"
    assert result.members[0][1] == b"../target"
    assert result.entry.is_file
    assert result.kinds == []
    result = read(archive(member(b"link", b"t" * 5000, mode=stat.S_IFLNK)))
    assert len(result.entry.link_target or "") == 4096
    assert result.kinds == [AnomalyKind.INVALID_NAME]
    result = read(archive(member(b"link", b"\xff\n", mode=stat.S_IFLNK)))
    assert result.entry.link_target == "\\xff\\n"


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_special_members(kind: int) -> None:
    result = read(archive(member(mode=kind)))
    assert result.kinds == [AnomalyKind.SPECIAL_MEMBER]
    assert result.entry.type is EntryType.SPECIAL


@pytest.mark.parametrize("flags", [1, 1 | 1 << 6, 1 << 5])
def test_encrypted_and_patch_data_is_not_given(flags: int) -> None:
    result = read(archive(member(flags=flags), member(b"after")))
    assert result.kinds == [AnomalyKind.UNSUPPORTED_FEATURE]
    assert [content for _, content in result.members] == [b"", b"data"]


def test_an_unknown_method_is_not_given() -> None:
    result = read(archive(member(method=93)))
    assert result.kinds == [AnomalyKind.UNSUPPORTED_COMPRESSION]
    assert "93" in result.messages
    assert result.members[0][1] == b""


def test_a_version_that_is_too_new() -> None:
    assert read(archive(member(version=64))).kinds == [AnomalyKind.UNSUPPORTED_FEATURE]


@pytest.mark.parametrize(
    ("name", "flags", "path", "kinds"),
    [
        (
            "caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode(),
            1 << 11,
            "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
            [],
        ),
        (b"caf\x82", 0, "caf\N{LATIN SMALL LETTER E WITH ACUTE}", [AnomalyKind.INVALID_NAME]),
        ("\N{SNOWMAN}".encode(), 0, "\u0393\u00ff\u00e2", [AnomalyKind.AMBIGUOUS]),
        (b"\xff", 1 << 11, "\\xff", [AnomalyKind.INVALID_NAME]),
        (b"a\nb", 0, "a\\nb", [AnomalyKind.INVALID_NAME]),
        (b"a\0b", 0, "a\\x00b", [AnomalyKind.INVALID_NAME]),
        (b"\x1b[0m", 1 << 11, "\\x1b[0m", [AnomalyKind.INVALID_NAME]),
        (b"", 0, "", [AnomalyKind.INVALID_NAME]),
        (b"n" * 5000, 0, "n" * 4096, [AnomalyKind.INVALID_NAME]),
        (b"../up", 0, "../up", []),
    ],
)
def test_names(name: bytes, flags: int, path: str, kinds: list[AnomalyKind]) -> None:
    result = read(archive(member(name, flags=flags)))
    assert result.paths == [path]
    assert result.kinds == kinds
    assert result.members[0][1] == b"data"
    assert result.messages.isprintable()


def unicode_path(name: bytes, text: bytes, crc: int | None = None) -> bytes:
    value = struct.pack("<BL", 1, zlib.crc32(name) if crc is None else crc) + text
    return struct.pack("<HH", 0x7075, len(value)) + value


def test_a_unicode_path_field() -> None:
    result = read(archive(member(b"name", extra=unicode_path(b"name", b"other"))))
    assert result.paths == ["other"]
    assert result.kinds == [AnomalyKind.AMBIGUOUS]
    assert read(archive(member(b"name", extra=unicode_path(b"name", b"name")))).kinds == []
    assert read(archive(member(b"name", extra=unicode_path(b"name", b"other", 0)))).paths == ["name"]
    result = read(archive(member(b"name", extra=unicode_path(b"name", b"\xff"))))
    assert AnomalyKind.INVALID_NAME in result.kinds
    result = read(archive(member(b"name", extra=struct.pack("<HHB", 0x7075, 1, 1))))
    assert result.kinds == [AnomalyKind.UNSUPPORTED_FEATURE]


def test_extra_fields_that_are_not_whole() -> None:
    feature = AnomalyKind.UNSUPPORTED_FEATURE
    assert read(archive(member(extra=struct.pack("<HH", 0x9999, 8)))).kinds == [feature]
    assert read(archive(member(local_extra=struct.pack("<HH", 0x9999, 8)))).kinds == [feature]
    result = read(archive(member(extra=struct.pack("<HHL", 1, 4, 0), size=0xFFFFFFFF)))
    assert feature in result.kinds
    assert result.members[0][1] == b""


def test_a_name_that_occurs_twice() -> None:
    folder = member(b"b/", b"")
    result = read(archive(member(b"a", b"1"), member(b"a", b"2"), member(b"b"), folder))
    assert result.kinds == [AnomalyKind.DUPLICATE] * 2
    assert "'a'" in result.messages
    assert len(result.members) == 4
    # Of a file and a folder under one name the index takes no notice.
    assert [note.stage for note in result.notes.anomalies] == [DetectionStage.OPENING, DetectionStage.NEVER]


def test_a_local_header_with_another_name() -> None:
    for name in (b"evil", b"longer name", b""):
        result = read(archive(member(b"good", local_name=name, local_extra=b"\0\x99\1\0x")))
        assert result.kinds == [AnomalyKind.AMBIGUOUS]
        assert result.members[0][1] == b"data"
    assert "'longer name'" in read(archive(member(local_name=b"longer name"))).messages


@pytest.mark.parametrize("offset", [3, 60, 10_000, 0xFFFFFFF0])
def test_a_missing_local_header(offset: int) -> None:
    result = read(archive(member(b"a"), member(b"b", offset=offset)))
    # Nothing is where it should be, and what is there is listed nowhere.
    assert result.kinds[0] is AnomalyKind.AMBIGUOUS
    assert "no local header" in result.messages
    assert AnomalyKind.DUPLICATE in result.kinds
    assert ("b", b"data") not in [(entry.path, content) for entry, content in result.members]


GOOD = b"some content, " * 20
LARGE = bytes(range(256)) * (3 << 12)


@pytest.mark.parametrize("data", [GOOD, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("method", [0, 8])
def test_damaged_content(data: bytes, method: int) -> None:
    packed = deflate(data) if method else data
    unreadable = [AnomalyKind.UNREADABLE]

    def kinds(**changes: int | bytes) -> list[AnomalyKind]:
        options = {"packed": packed, **changes}
        result = read(archive(member(b"a", data, method=method, **options), member(b"b")))  # type: ignore[arg-type]
        assert result.members[-1][1] == b"data"
        assert len(result.members[0][1]) <= result.members[0][0].size
        return result.kinds

    assert kinds() == []
    assert kinds(crc=1) == unreadable
    assert kinds(size=len(data) - 1) == unreadable
    assert kinds(size=len(data) + 1) == unreadable
    assert kinds(size=0) == unreadable
    assert kinds(packed=packed[:-1]) == unreadable
    if method:
        assert kinds(packed=packed + b"hidden") == [AnomalyKind.OUTSIDE_MEMBERS]
        assert kinds(packed=b"\xff" * 50) == unreadable


@pytest.mark.parametrize(
    "properties", [b"", b"\x09\x04\x05\0]\0\0\x80\0", b"\x09\x04\xff\xff", b"\x09\x04\x05\0\xff" * 9]
)
def test_damaged_lzma_content(properties: bytes) -> None:
    result = read(archive(member(method=14, packed=properties)))
    assert result.kinds == [AnomalyKind.UNSUPPORTED_COMPRESSION, AnomalyKind.UNREADABLE]


def test_a_bomb_is_unpacked_no_further_than_declared() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # After a full flush, the same bytes are packed in the same way.
    packed = 500 * (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)) + packer.flush()
    assert zlib.decompressobj(-15).decompress(packed, 2 << 20) == bytes(2 << 20)
    data = archive(member(b"bomb", b"", method=8, packed=packed, size=100))
    tracemalloc.start()
    result = read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.kinds == [AnomalyKind.UNREADABLE]
    assert len(result.members[0][1]) == 100
    assert peak < 10 << 20


def test_overlapping_members_are_a_bomb() -> None:
    local, central, _ = member(b"a", GOOD)
    both_at_once = archive((local, central, 0), (b"", member(b"b", GOOD)[1], 0))
    inner = member(b"b", b"inner")
    quoted = archive(member(b"a", inner[0]), (b"", inner[1], 30 + 1))
    for data in (both_at_once, quoted):
        result = read(data)
        assert result.kinds[-1] is AnomalyKind.BOMB
        assert len(result.members) == 1
    beyond = archive(member(b"a", packed_size=50))
    assert read(beyond).kinds == [AnomalyKind.BOMB]
    assert "central directory" in read(beyond).messages
    assert read(beyond).members == []
    assert read(archive(member(b"a", packed_size=1000))).kinds == [AnomalyKind.UNREADABLE]


def test_more_members_than_allowed() -> None:
    data = archive(*(member(b"f%d" % number) for number in range(10)))
    assert read(data, max_members=10).kinds == []
    result = read(data, max_members=9)
    assert result.kinds == [AnomalyKind.BOMB]
    assert len(result.members) == 9


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4", b"some text " * 10_000, b"PK\5\6", b"PK\5\6" + b"\xff" * 18]
)
def test_not_a_zip_archive(data: bytes) -> None:
    result = read(data)
    assert result.members == []
    assert set(result.kinds) == {AnomalyKind.UNREADABLE}
    if b"PK\5\6" not in data:
        said = "the file is not a zip archive: it has no end-of-central-directory record"
        assert result.messages == said


def test_a_damaged_central_directory_gives_what_could_be_read() -> None:
    data = archive(member(b"a"), member(b"b"))
    second = data.rindex(b"PK\1\2")
    result = read(data[:second] + b"XX" + data[second + 2 :])
    assert result.paths == ["a"]
    assert result.kinds == [AnomalyKind.UNREADABLE, AnomalyKind.AMBIGUOUS]
    assert "'b' at byte 35 that the central directory does not list" in result.messages


def test_the_central_directory_where_its_offset_says() -> None:
    data = archive(member(b"a"))
    end = data.index(b"PK\5\6")
    result = read(data[:end] + b"signature block" + data[end:])
    assert result.paths == ["a"]
    assert result.kinds == [AnomalyKind.OUTSIDE_MEMBERS]


def test_directories_that_are_not() -> None:
    assert read(archive(member(b"d/", b"", mode=stat.S_IFDIR | 0o755))).kinds == []
    assert read(archive(member(b"d/", b"", method=8, packed=b"\3\0"))).kinds == []
    for odd in (member(b"d/"), member(b"d", mode=stat.S_IFDIR), member(b"d/", b"", mode=stat.S_IFLNK)):
        assert read(archive(odd)).kinds == [AnomalyKind.AMBIGUOUS]


def small() -> bytes:
    extra = unicode_path(b"a", b"a")
    return archive(
        member(b"a", GOOD, method=8, packed=deflate(GOOD), extra=extra),
        member(b"link", b"a", mode=stat.S_IFLNK | 0o777),
        member(b"d/", b""),
        comment=b"comment",
    )


def test_truncation_at_any_length_is_unreadable() -> None:
    data = small()
    for length in range(len(data)):
        result = read(data[:length])
        assert AnomalyKind.UNREADABLE in result.kinds, length
    whole = written()
    for length in range(len(whole) - 600, len(whole)):
        assert AnomalyKind.UNREADABLE in read(whole[:length]).kinds


@pytest.mark.parametrize("stream", [False, True])
def test_a_flipped_byte_never_raises(stream: bool) -> None:
    data = small()
    if stream:
        target = Unseekable()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as zipped:
            zipped.writestr("a", GOOD)
            zipped.writestr("b", GOOD, zipfile.ZIP_BZIP2)
        data = target.data
    for offset in range(len(data)):
        for flip in (1, 0x80, 0xFF):
            read(data[:offset] + bytes([data[offset] ^ flip]) + data[offset + 1 :])


def test_a_flipped_byte_of_a_file_on_disk_never_raises(tmp_path) -> None:  # type: ignore[no-untyped-def]
    buffer = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile, "ZIP64_LIMIT", 10)
        with zipfile.ZipFile(buffer, "w") as target:
            target.writestr("a", GOOD)
    data = buffer.getvalue()
    path = tmp_path / "archive.zip"
    for offset in range(len(data) - 200, len(data)):
        path.write_bytes(data[:offset] + bytes([data[offset] ^ 0x7F]) + data[offset + 1 :])
        with path.open("rb") as source:
            for item in read_zip(source, Notes(), max_members=10):
                list(item.chunks)


def test_content_that_nobody_reads() -> None:
    data = written()
    notes = Notes()
    kept = []
    for item in read_zip(io.BytesIO(data), notes, max_members=100):
        if item.entry.size > CHUNK:
            kept.append((item, next(item.chunks)))
    assert notes.anomalies == []
    # Content asked for late is still the member's own.
    for item, first in kept:
        assert len(first) + sum(map(len, item.chunks)) == item.entry.size
    assert notes.anomalies == []


def test_many_members_are_read_quickly() -> None:
    data = archive(*(member(b"package/module%d.py" % number) for number in range(60_000)))
    start = time.perf_counter()
    assert len(read(data, max_members=60_000).members) == 60_000
    assert time.perf_counter() - start < 10
