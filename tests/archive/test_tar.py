from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
from collections.abc import Iterator

import pytest

from pkgaudit.archive.compressed import decompress, is_tar
from pkgaudit.archive.raw import CHUNK, Notes
from pkgaudit.archive.tar import LARGEST_EXTENSION, read_tar
from pkgaudit.model.entry import AnomalyKind, EntryType, Owner
from tests.archive.reading import Read

pytestmark = pytest.mark.once

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
END = bytes(1024)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(data: bytes, *, size: int = 1 << 20, max_members: int = 1000) -> Read:
    notes = Notes()
    members = []
    for member in read_tar(pieces(data, size), notes, max_members=max_members):
        parts = list(member.chunks)
        assert all(0 < len(part) <= CHUNK for part in parts)
        members.append((member.entry, b"".join(parts)))
    return Read(members, notes)


def header(name: bytes | str = "file", size: int = 0, kind: bytes = b"0", **fields: bytes) -> bytes:
    """A header block; ``fields`` are written over it before it gets its checksum."""
    places = {"mode": 100, "uid": 108, "gid": 116, "raw_size": 124, "mtime": 136, "link": 157, "magic": 257}
    places |= {"user": 265, "device": 329, "prefix": 345}
    block = bytearray(512)
    name = name.encode() if isinstance(name, str) else name
    block[: len(name)] = name
    block[100:156] = b"0000644\0" + b"0001750\0" * 2 + b"%011o\0" % size + b"00000000001\0" + b" " * 8
    block[156:157] = kind
    block[257:265] = b"ustar\00000"
    for field, value in fields.items():
        block[places[field] : places[field] + len(value)] = value
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def file(name: bytes | str = "file", data: bytes = b"", kind: bytes = b"0", **fields: bytes) -> bytes:
    return header(name, len(data), kind, **fields) + padded(data)


def pax(kind: bytes = b"x", **records: bytes) -> bytes:
    data = b""
    for name, value in records.items():
        record = b" %s=%s\n" % (name.replace("__", ".").encode(), value)
        length = len(record) + len(str(len(record) + 3))
        data += b"%d%s" % (length, record)
    return file("pax", data, kind)


def written(fmt: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=fmt) as archive:

        def add(name: str, data: bytes = b"", **attributes: object) -> None:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = 1_700_000_000
            info.uid, info.gid, info.uname, info.gname = 1000, 1001, "user", "group"
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))

        add("pkg-1.0", type=tarfile.DIRTYPE, mode=0o755)
        add("pkg-1.0/PKG-INFO", b"Name: pkg\n")
        add("pkg-1.0/empty")
        add("pkg-1.0/block", b"b" * 512, mode=0o755)
        add("pkg-1.0/" + "d" * 80 + "/" + "f" * 60 + ".py", b"long name")
        add("pkg-1.0/\N{SNOWMAN}\N{LATIN SMALL LETTER E WITH ACUTE}.txt", b"unicode")
        add("pkg-1.0/link", type=tarfile.SYMTYPE, linkname="PKG-INFO")
        add("pkg-1.0/hard", type=tarfile.LNKTYPE, linkname="pkg-1.0/PKG-INFO")
        add("pkg-1.0/large.bin", bytes(range(256)) * 12_000)
        if fmt != tarfile.USTAR_FORMAT:
            add("pkg-1.0/" + "deep/" * 60 + "x.py", b"very long name")
            add("pkg-1.0/longlink", type=tarfile.SYMTYPE, linkname="deep/" * 60 + "x.py")
            add("pkg-1.0/huge-id", b"ids", uid=1 << 30, gid=1 << 40)
        if fmt == tarfile.PAX_FORMAT:
            add(
                "pkg-1.0/time",
                b"float",
                mtime=1_700_000_000.25,
                uname="us\N{LATIN SMALL LETTER E WITH ACUTE}r",
            )
    return buffer.getvalue()


def expected(data: bytes) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for info in archive:
            content = archive.extractfile(info) if info.isreg() else None
            owner = Owner(info.uid, info.gid, info.uname, info.gname)
            row = info.name, info.size, info.mode, info.mtime, info.linkname or None, owner
            rows.append((*row, content.read() if content else b""))
    return rows


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("size", [1 << 20, 4096, 1000])
def test_members_are_those_that_tarfile_reads(fmt: str, size: int) -> None:
    data = written(FORMATS[fmt])
    result = read(data, size=size)
    assert result.notes.anomalies == []
    assert [
        (e.path, e.size, e.mode, e.mtime, e.link_target, e.owner, content) for e, content in result.members
    ] == expected(data)


def test_types() -> None:
    result = read(written(tarfile.GNU_FORMAT))
    types = {entry.path: entry.type for entry, _ in result.members}
    assert types["pkg-1.0"] is EntryType.DIRECTORY
    assert types["pkg-1.0/link"] is EntryType.SYMLINK
    assert types["pkg-1.0/hard"] is EntryType.HARDLINK
    assert types["pkg-1.0/PKG-INFO"] is EntryType.FILE


def test_numbers_in_base_256() -> None:
    size = b"\x80" + (5).to_bytes(11, "big")
    result = read(header(raw_size=size, mtime=b"\xff" * 12) + padded(b"12345") + END)
    assert result.members[0][1] == b"12345"
    assert result.entry.mtime == -1
    assert result.kinds == []


def test_old_directories_and_files() -> None:
    result = read(file("old/", kind=b"\0", magic=bytes(8)) + file("old/file", b"x", kind=b"7") + END)
    assert [entry.type for entry, _ in result.members] == [EntryType.DIRECTORY, EntryType.FILE]
    assert result.paths == ["old", "old/file"]
    assert result.kinds == []


def test_other_data_whose_signed_sum_is_zero_is_no_archive() -> None:
    start = struct.pack(
        ">12I", 0xCAFEBABE, 2, 0x1000007, 3, 0x1000, 0x7AB88, 12, 0x100000C, 0, 0x7C000, 0x77400, 14
    )
    data = start + bytes(512 - len(start))
    assert sum(start) + 256 == 256 * sum(byte > 127 for byte in start)
    assert not is_tar(data)


def test_signed_checksums_are_accepted() -> None:
    block = bytearray(header("caf\N{LATIN SMALL LETTER E WITH ACUTE}"))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(byte - 256 if byte > 127 else byte for byte in block)
    assert read(bytes(block) + END).paths == ["caf\N{LATIN SMALL LETTER E WITH ACUTE}"]


def test_the_path_is_kept_as_stored() -> None:
    data = file("./a") + file("../b") + file("/c") + file("./", kind=b"5") + file("d//", kind=b"5") + END
    result = read(data)
    assert result.paths == ["./a", "../b", "/c", ".", "d/"]
    assert result.kinds == []


@pytest.mark.parametrize(
    ("kind", "what"), [(b"3", "character device"), (b"4", "block device"), (b"6", "named pipe")]
)
def test_devices_and_pipes_are_special(kind: bytes, what: str) -> None:
    result = read(file("dev", kind=kind) + file("after", b"data") + END)
    assert result.members[0][0].type is EntryType.SPECIAL
    assert result.kinds == [AnomalyKind.SPECIAL_MEMBER]
    assert what in result.notes.anomalies[0].message
    assert result.members[1][1] == b"data"


def test_old_gnu_sparse_files_are_special_and_passed_over() -> None:
    block = bytearray(header("sparse", 3, b"S", magic=b"ustar  \0"))
    block[482] = 1
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    more = bytearray(512)
    more[504] = 1
    result = read(bytes(block) + bytes(more) + bytes(512) + padded(b"abc") + file("after", b"data") + END)
    assert result.kinds == [AnomalyKind.SPECIAL_MEMBER]
    assert [(e.path, e.type, content) for e, content in result.members] == [
        ("sparse", EntryType.SPECIAL, b""),
        ("after", EntryType.FILE, b"data"),
    ]


def test_pax_sparse_files_are_special_and_passed_over() -> None:
    records = pax(GNU__sparse__major=b"1", GNU__sparse__minor=b"0", GNU__sparse__name=b"real/name")
    result = read(records + file("GNUSparseFile.0/name", b"0\n") + file("after", b"data") + END)
    assert result.kinds == [AnomalyKind.SPECIAL_MEMBER]
    assert result.paths == ["real/name", "after"]
    assert result.members[0][1] == b""


def test_unknown_types_are_read_as_files() -> None:
    result = read(file("volume", b"data", kind=b"V") + END)
    assert result.members[0][1] == b"data"
    assert result.entry.type is EntryType.FILE
    assert result.kinds == [AnomalyKind.UNSUPPORTED_FEATURE]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"latin\xe9", "latin\\xe9"),
        (b"new\nline", "new\\nline"),
        (b"\x1b[31m", "\\x1b[31m"),
        ("c1\x85".encode(), "c1\\x85"),
        (b"", ""),
    ],
)
def test_names_that_are_not_text(name: bytes, path: str) -> None:
    result = read(file(name, b"data") + END)
    assert result.kinds == [AnomalyKind.INVALID_NAME]
    assert result.paths == [path]
    assert result.notes.anomalies[0].member == path
    assert "\n" not in result.notes.anomalies[0].message
    assert "\x1b" not in result.notes.anomalies[0].message


@pytest.mark.parametrize("extended", [pax(path=b"a\0b"), file("././@LongLink", b"a\0b\0", b"L")])
def test_a_nul_in_a_long_name(extended: bytes) -> None:
    result = read(extended + file("a") + END)
    assert result.kinds == [AnomalyKind.INVALID_NAME]
    assert result.paths == ["a\\x00b"]


def test_a_very_long_name_is_cut() -> None:
    result = read(pax(path=b"n" * 100_000) + file("n", b"data") + END)
    assert result.kinds == [AnomalyKind.INVALID_NAME]
    assert len(result.paths[0]) == 4096
    assert len(result.notes.anomalies[0].message) < 1000


def test_a_link_target_that_is_not_text() -> None:
    result = read(file("link", kind=b"2", link=b"\xff\n") + END)
    assert result.kinds == [AnomalyKind.INVALID_NAME]
    assert result.entry.link_target == "\\xff\\n"


def test_a_path_that_occurs_twice() -> None:
    result = read(file("a", b"1") + file("a", b"2") + END)
    assert result.kinds == [AnomalyKind.DUPLICATE]
    assert "'a'" in result.notes.anomalies[0].message
    assert result.notes.anomalies[0].offset == 1024
    assert len(result.members) == 2


def test_a_directory_may_occur_twice_but_not_as_a_file() -> None:
    assert read(file("d/", kind=b"5") * 2 + END).kinds == []
    assert read(file("d/", kind=b"5") + file("d") + END).kinds == [AnomalyKind.DUPLICATE]
    assert read(file("d") + file("d/", kind=b"5") + END).kinds == [AnomalyKind.DUPLICATE]


@pytest.mark.parametrize(
    "data",
    [
        file("d/", kind=b"5", raw_size=b"00000000010\0"),
        file("slash/", b"data"),
        pax(path=b"one") + pax(path=b"two") + file("three"),
        file("long", b"one\0", b"L") + pax(path=b"two") + file("three"),
        pax(kind=b"g", path=b"everywhere") + file("a"),
        pax(size=b"0") + header("a", 512),
        file("a", magic=b"ustar  \0", prefix=b"b"),
    ],
    ids=["directory with size", "slash", "two pax", "gnu and pax", "global path", "two sizes", "prefix"],
)
def test_what_readers_disagree_about_is_ambiguous(data: bytes) -> None:
    assert read(data + END).kinds == [AnomalyKind.AMBIGUOUS]


def test_global_headers_apply_to_all() -> None:
    data = pax(kind=b"g", comment=b"abc", mtime=b"5") + file("a") + pax(mtime=b"6.5") + file("b") + END
    result = read(data)
    assert result.kinds == []
    assert [entry.mtime for entry, _ in result.members] == [5, 6.5]


def test_a_pax_size_counts() -> None:
    result = read(pax(size=b"5") + header("a") + padded(b"12345") + file("b") + END)
    assert result.kinds == []
    assert [(entry.path, content) for entry, content in result.members] == [("a", b"12345"), ("b", b"")]


@pytest.mark.parametrize("data", [b"", b"short", b"some text, " * 100, b"\x80" * 2000])
def test_not_a_tar_archive(data: bytes) -> None:
    result = read(data)
    assert result.members == []
    assert result.kinds == [AnomalyKind.UNREADABLE]
    assert result.notes.anomalies[0].message.startswith("the file is not a tar archive: ")


def test_an_empty_archive() -> None:
    assert read(bytes(10240)).kinds == []


@pytest.mark.parametrize(
    "bad",
    [
        header("b")[:-1] + b"x",
        header("b", mode=b"-000644\0"),
        header("b", mode=b"000_644\0"),
        header("b", uid=b"zzzzzzz\0"),
        header("b", device=b"zzzzzzz\0"),
        header("b", raw_size=b"\xff" * 12),
        header("b", raw_size=b"\x80" + b"\xff" * 11),
        pax(size=b"-1") + header("b"),
        pax(size=b"9" * 30) + header("b"),
        pax(size=b"9" * 5000) + header("b"),
        pax(mtime=b"nan") + header("b"),
        pax(mtime=b"1e400") + header("b"),
        pax(uid=b"x") + header("b"),
        file("pax", b"no records", b"x") + header("b"),
        file("pax", b"99 path=b\n", b"x") + header("b"),
        file("pax", b"0 path=b\n", b"x") + header("b"),
        file("pax", b"9" * 5000 + b" path=b\n", b"x") + header("b"),
        header("pax", LARGEST_EXTENSION + 1, b"x"),
        header("pax", 1 << 32, b"L"),
    ],
)
def test_bad_headers_end_the_archive(bad: bytes) -> None:
    result = read(file("a", b"data") + bad + END)
    assert result.paths == ["a"]
    assert result.kinds == [AnomalyKind.UNREADABLE]


def test_an_extended_header_without_its_member() -> None:
    assert read(file("a") + pax(path=b"b") + END).kinds == [AnomalyKind.UNREADABLE]


@pytest.mark.parametrize("fmt", FORMATS)
def test_truncation_at_any_length_is_unreadable(fmt: str) -> None:
    data = file("a", b"data") + pax(path=b"b" * 200) + file("b", b"x" * 600) + file("c/", kind=b"5")
    for length in range(len(data)):
        result = read(data[:length], size=300)
        assert result.kinds == [AnomalyKind.UNREADABLE], length


def test_truncation_inside_a_large_member() -> None:
    result = read(header("large", 5 << 20) + bytes(3 << 20))
    assert result.members[0][1] == bytes(3 << 20)
    assert result.kinds == [AnomalyKind.UNREADABLE]
    assert result.notes.anomalies[0].member == "large"
    notes = Notes()
    stream = pieces(header("large", 1 << 32) + bytes(3 << 20), CHUNK)
    assert [member.entry.size for member in read_tar(stream, notes, max_members=5)] == [1 << 32]
    assert [note.kind for note in notes.anomalies] == [AnomalyKind.UNREADABLE]


def test_bytes_after_the_end() -> None:
    data = file("a", b"data")
    result = read(data + bytes(5120) + file("hidden", b"data") + END, size=700)
    assert result.paths == ["a"]
    assert result.kinds == [AnomalyKind.OUTSIDE_MEMBERS]
    assert result.notes.anomalies[0].offset == len(data) + 5120
    assert read(data + bytes(512) + file("hidden")).kinds == [AnomalyKind.OUTSIDE_MEMBERS]


def test_endless_padding_is_not_read() -> None:
    def endless() -> Iterator[bytes]:
        yield file("a") + END
        while True:
            yield bytes(CHUNK)

    notes = Notes()
    assert len(list(read_tar(endless(), notes, max_members=5))) == 1
    assert [note.kind for note in notes.anomalies] == [AnomalyKind.BOMB]


def test_more_members_than_allowed() -> None:
    data = b"".join(file(f"f{number}") for number in range(10)) + END
    assert read(data, max_members=10).kinds == []
    result = read(data, max_members=9)
    assert len(result.members) == 9
    assert result.kinds == [AnomalyKind.BOMB]


def test_content_that_nobody_reads_is_passed_over() -> None:
    data = written(tarfile.PAX_FORMAT)
    names = [row[0] for row in expected(data)]
    for size in (1000, 1 << 20):
        notes = Notes()
        stale = []
        paths = []
        for member in read_tar(pieces(data, size), notes, max_members=1000):
            paths.append(member.entry.path)
            if member.entry.size > CHUNK:
                next(member.chunks)
                stale.append(member.chunks)
        assert paths == names
        assert notes.anomalies == []
        assert [list(chunks) for chunks in stale] == [[]]


def test_a_flipped_byte_never_raises() -> None:
    data = gzip.compress(file("a", b"data") + pax(path=b"b" * 200) + file("b", b"x" * 600) + END)
    for offset in range(len(data)):
        notes = Notes()
        damaged = data[:offset] + bytes([data[offset] ^ 0x41]) + data[offset + 1 :]
        stream = decompress(io.BytesIO(damaged), notes)
        for member in read_tar(stream, notes, max_members=10):
            assert sum(map(len, member.chunks)) <= max(member.entry.size, 0)
    plain = file("a", b"data") + pax(path=b"b" * 20) + file("b", kind=b"S") + END
    for offset in range(len(plain)):
        for flip in (1, 0x80, 0xFF):
            block = plain[:offset] + bytes([plain[offset] ^ flip]) + plain[offset + 1 :]
            read(block)


def test_many_small_members_are_read_quickly() -> None:
    data = b"".join(file(f"package/module{number}.py", b"x" * 100) for number in range(20_000)) + END
    start = time.perf_counter()
    assert len(read(data, max_members=20_000).members) == 20_000
    assert time.perf_counter() - start < 5
