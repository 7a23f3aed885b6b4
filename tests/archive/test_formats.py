"""Archives are known by what they are: by their first bytes, or by the end of a zip."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import sys
import zipapp

import pytest

from fixtures.binaries import Pe
from fixtures.builders import Wheel, gzip_archive, sample_sources, tar_archive, tar_info, zip_archive
from pkgaudit.archive.compressed import compression
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import AnomalyKind
from pkgaudit.model.formats import _UNREAD, unread_format
from tests.archive.test_walk import SMALL, walked

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZIP = zip_archive({"inner.txt": b"hello"})
TAR = tar_archive([(tar_info("inner.txt", 5), b"hello")])
SCRIPT = b"#!/bin/sh\ntail -n +3 $0 | tar x\nexit\n"


def app() -> bytes:
    source, target = io.BytesIO(ZIP), io.BytesIO()
    zipapp.create_archive(source, target, interpreter="/usr/bin/env python3")
    return target.getvalue()


def skippable(data: bytes = b"sizes") -> bytes:
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


ARCHIVES = {
    "app.pyz": app(),
    "app with a comment": b"#!python\n" + ZIP[:-2] + b"\4\0text",
    "setup.exe": Pe().build() + ZIP,
    "stub of another kind": b"\x7fELF" + bytes(1000) + ZIP,
    "a.tar.xz": lzma.compress(TAR),
    "a.tar.lzma": lzma.compress(TAR, format=lzma.FORMAT_ALONE),
    "a.tar.zst": zstd.compress(TAR),
    "several frames": zstd.compress(TAR[:700]) + skippable() + zstd.compress(TAR[700:]) + skippable(),
    "frames that are skipped first": skippable() + zstd.compress(TAR),
    "install.sh": SCRIPT + gzip_archive(TAR),
    "install.run": SCRIPT + lzma.compress(TAR),
    "install": SCRIPT + zstd.compress(TAR),
}


def inside(data: bytes, name: str = "data", limits: Limits = SMALL) -> tuple[Distribution, dict[str, bytes]]:
    return walked(Wheel(files={**sample_sources(), f"sample/{name}": data}).build(), limits)


@pytest.mark.parametrize("data", ARCHIVES.values(), ids=ARCHIVES)
def test_what_is_in_it_is_read(data: bytes) -> None:
    distribution, contents = inside(data)
    assert contents["sample/data!/inner.txt"] == b"hello"
    assert distribution.anomalies == []


@pytest.mark.parametrize("packed", [lzma.compress, zstd.compress, gzip.compress])
@pytest.mark.parametrize("name", ["data.xz", "data"])
def test_one_compressed_file_is_read(packed: object, name: str) -> None:
    distribution, contents = inside(packed(b"hello"), name)  # type: ignore[operator]
    assert contents[f"sample/{name}!/data"] == b"hello"
    assert distribution.anomalies == []


@pytest.mark.parametrize("size", [-1, 5])
def test_lzma_is_read_with_and_without_a_size(size: int) -> None:
    data = lzma.compress(b"hello", format=lzma.FORMAT_ALONE)
    assert data[5:13] == b"\xff" * 8
    known = data[:5] + struct.pack("<q", size) + data[13:]
    assert inside(known, "data.lzma")[1]["sample/data.lzma!/data"] == b"hello"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x5d",
        b"]" * 20,
        b"\x5d\0\0\0\0" + bytes(20),
        b"\x5d\0\0\x80\0" + bytes(20),
        b"\x5d\0\0\x80\0" + b"\xff" * 20,
        b"\x5d\1\2\3\4" + b"\xff" * 8 + bytes(5),
        b"\x50\x2a\x4d",
        b"\x4f\x2a\x4d\x18",
    ],
)
def test_what_only_resembles_a_compressed_file_is_none(head: bytes) -> None:
    assert compression(head) is None


@pytest.mark.parametrize(
    "data",
    [
        b"PK\5\6" + bytes(18),
        b"text PK\5\6" + bytes(18),
        bytes(100) + b"PK\5\6" + b"\1" * 18,
        b"#!/bin/sh\nprintf 'PK\\5\\6'\n",
        b"#!/bin/sh\n# \x1f\x8b\x08 is how gzip begins\n",
    ],
)
def test_marks_alone_make_no_archive(data: bytes) -> None:
    distribution, _ = inside(data)
    assert distribution.nested == []
    assert distribution.anomalies == []


def ar(*members: tuple[str, bytes]) -> bytes:
    parts = [b"!<arch>\n"]
    for name, data in members:
        fields = f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n"
        parts += [fields.encode(), data, b"\n" * (len(data) % 2)]
    return b"".join(parts)


def cpio(order: str) -> bytes:
    numbers = (0o070707, 1, 2, 0o100644, 0, 0, 1, 0, 0, 0, 6, 0, 5)
    return struct.pack(f"{order}13H", *numbers) + b"inner\0hello\0"


def installer(kind: int = 0x000C1084) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + struct.pack("<H16xI", 9, 0)
    root = bytes(80) + struct.pack("<IHHQ", kind, 0, 0, 0x46000000000000C0)
    return head + bytes(512 - len(head)) + root + bytes(32)


FULL = {
    "-lh": b"-lh5-",
    "-lz": b"-lzs-",
    "-pm": b"-pm1-",
    "`ê": b"\x60\xea\x30\0\x1e",
    "\x1f\x9d": b"\x1f\x9d\x90",
    "\4\0\0\0": struct.pack("<4I", 4, 20, 16, 12) + b'{"files":{}}',
    "!<arch>\n": ar(("control.tar.gz", b"\x1f\x8b\x08\0")),
    "Çq": cpio("<"),
    "qÇ": cpio(">"),
}
"""The first bytes of formats with further conditions, by their mark."""


def samples() -> dict[str, bytes]:
    made = {}
    for name, offset, mark in _UNREAD:
        mark = FULL.get(mark.decode("latin-1"), mark)
        data = bytearray(max(512, offset + 32))
        start = offset % len(data) if offset < 0 else offset
        data[start : start + len(mark)] = mark
        if name == "phar":
            data[:18] = b"__HALT_COMPILER();"
        made[f"{name} {mark!r}"] = installer() if name == "Windows Installer" else bytes(data)
    return made


@pytest.mark.parametrize("data", samples().values(), ids=samples())
def test_other_archives_are_told_by_their_marks(data: bytes) -> None:
    distribution, _ = inside(data)
    found = distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert [each.member for each in found] == ["sample/data"]
    assert "does not read" in found[0].message


def test_a_format_is_named() -> None:
    assert {name: unread_format(data) for name, data in samples().items()} == {
        name: name.partition(" b'")[0].partition(' b"')[0] for name in samples()
    }


def test_a_disc_image_is_told_by_its_end() -> None:
    trailer = b"koly\0\0\0\4\0\0\2\0" + bytes(500)
    limits = Limits(member_bytes=1 << 16)
    for data in (bytes(100) + trailer, bytes(1 << 17) + trailer):
        found = inside(data, limits=limits)[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
        assert "Apple disk image" in found[0].message
    assert unread_format(trailer[:-1]) is None


def test_a_large_disc_image_is_told() -> None:
    limits = Limits(member_bytes=1 << 16)
    data = bytes(0x8001) + b"CD001" + bytes(1 << 17)
    (found,) = inside(data, limits=limits)[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert "ISO 9660" in found.message


def test_documents_are_not_archives() -> None:
    (found,) = inside(installer(kind=0x00020906))[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert found.message == "'sample/data' is a compound file, which pkgaudit does not read"


@pytest.mark.parametrize(
    "data",
    [
        b"!<arch>\nlib.o/",
        ar(("/", bytes(4)), ("lib.o/", b"\x7fELF"), ("other.o/", bytes(5))),
        ar(("lib.o/", bytes(4)))[:-8],
        b"\xc7\x71",
        cpio("<").replace(b"inner\0", b"in\0er\0"),
        b"\x60\xea\x30\0",
        b"\4\0\0\0" + bytes(40),
        b"\x1f\x9d",
        b"\x1f\x9d\x03",
        b"xx-lhs-lists are left-hand sides",
        b"xx-lzma-files are compressed files",
        b"\x60\xea\0\0",
        b"\x60\xea\xff\xff" + bytes(30),
        b"MZ",
        b"MZ" + bytes(0x3A) + b"\xff\xff\xff\xff",
        b"GBMB",
        b"7zip is an archiver",
        b"SITE = 1",
    ],
)
def test_what_only_resembles_an_archive_is_none(data: bytes) -> None:
    assert unread_format(data) is None


def test_a_large_archive_with_something_in_front_is_told() -> None:
    limits = Limits(member_bytes=1 << 16)
    data = b"#!python\n" + bytes(1 << 17) + ZIP
    distribution, contents = inside(data, limits=limits)
    assert "sample/data!/inner.txt" not in contents
    found = distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert [each.member for each in found] == ["sample/data"]
    assert inside(bytes(1 << 17) + b"PK\5\6 text", limits=limits)[0].anomalies == []


@pytest.mark.parametrize(
    "data",
    [
        skippable(bytes(2000)),
        # The extra field of gzip (RFC 1952, 2.3.1.1).
        b"\x1f\x8b\x08\4" + bytes(6) + b"\xd0\7" + bytes(2000) + gzip.compress(b"")[10:],
    ],
    ids=["zstd", "gzip"],
)
def test_data_that_decoders_skip_is_told(data: bytes) -> None:
    (found,) = inside(data)[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert f"its {len(data):,} bytes unpack to nothing" in found.message


def test_an_empty_file_may_be_compressed() -> None:
    assert inside(gzip.compress(b""))[0].anomalies == []


def test_memory_that_zstd_may_ask_for_is_bounded() -> None:
    # A frame whose header asks for a window of 2 GiB (RFC 8878, 3.1.1.1.2), with one empty block.
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\0\0"
    distribution, contents = inside(frame)
    assert "sample/data!/data" not in contents
    assert distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO)


def test_streams_are_counted_over_all_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.archive.compressed.MOST_STREAMS", 10)
    data = zstd.compress(b"a") * 4
    files = {f"sample/{number}.zst": data for number in range(4)}
    distribution, contents = walked(Wheel(files={**sample_sources(), **files}).build())
    assert contents["sample/1.zst!/1"] == b"aaaa"
    found = distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert [each.member for each in found] == ["sample/2.zst", "sample/3.zst"]
    assert "more than 10 compressed streams" in found[0].message
