"""Archives after the end of other files: programs, pictures, scripts and any first bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib

import pytest

from fixtures.binaries import Elf, MachO, Pe, fat
from fixtures.builders import gzip_archive, tar_archive, tar_info, zip_archive
from pkgaudit.archive.appended import _MOST_TRIES, Appended
from pkgaudit.archive.appended import find_appended as find
from pkgaudit.limits import Limits
from pkgaudit.model.entry import AnomalyKind
from tests.archive.test_formats import inside
from tests.archive.test_walk import SMALL

TAR = tar_archive([(tar_info("inner.txt", 5), b"hello")])
SEVEN = b"7z\xbc\xaf\x27\x1c\0\4" + bytes(50)
ZIP = zip_archive({"inner.txt": b"hello"})


def find_appended(data: bytes) -> Appended | None:
    return find(data, len(data))


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\0\x06\xff\xd9\xff\xd9" + b"\xff\xda\0\x04\0\0" + b"\x12\xff\0\x34" + b"\xff\xd9"

STUBS = {
    "elf": Elf().build(),
    "elf of 32 bits": Elf(architecture="i686", wide=False).build(),
    "elf without sections": Elf(sections=False).build(),
    "elf, big-endian": Elf(architecture="s390x", big=True).build(),
    "pe": Pe().build(),
    "mach-o": MachO().build(),
    "universal mach-o": fat(MachO(), MachO(cpu="arm64")),
    "png": png(),
    "jpeg": JPEG,
    "shell": b"#!/bin/sh\ntail -n +3 $0 | tar x\nexit\n",
    "shell in latin-1": b"#!/bin/sh\n# \xe9\n" + b"echo\n" * 1000 + b"exit\n",
    "cmd": b"@echo off\r\nexit /b\r\n",
    "cmd in another encoding": b"@echo off\r\nrem \x81\r\n" + b"rem\r\n" * 1000 + b"exit /b\r\n",
    "elf with other data": Elf().build() + b"configuration" * 1000,
    "text": "A text, even one that is not ASCII: é.\n".encode(),
    "byte order mark": b"\xef\xbb\xbf",
    "zeros": bytes(1000),
    "spaces": b" " * 20,
    "some bytes": b"\xff\xfe\x00",
}

READ = {
    "gzip": gzip_archive(TAR),
    "gzip with all fields": b"\x1f\x8b\x08\x1c\0\0\0\0\0\3\2\0abname\0comment\0" + gzip.compress(TAR)[10:],
    "bzip2": bz2.compress(TAR),
    "xz": lzma.compress(TAR),
    "tar": TAR,
}

UNREAD = {
    "7z": SEVEN,
    "RAR": b"Rar!\x1a\x07\1\0" + bytes(50),
    "cabinet": b"MSCF\0\0\0\0" + bytes(50),
    "NSIS": bytes(4) + b"\xef\xbe\xad\xdeNullsoftInst" + bytes(50),
    "Inno Setup": b"Inno Setup Setup Data (6.2.0)" + bytes(50),
    "lz4": b"\x04\x22\x4d\x18\x64\x40\xa7" + bytes(50),
    "squashfs": b"hsqs" + bytes(24) + b"\4\0\0\0" + bytes(70),
    "ISO 9660": bytes(0x8000) + b"\x01CD001\x01" + bytes(50),
    "cpio": b"070701" + b"0" * 104 + b"name\0",
}


@pytest.mark.parametrize("stub", STUBS.values(), ids=STUBS)
@pytest.mark.parametrize("packed", READ.values(), ids=READ)
def test_an_archive_after_another_file_is_read(stub: bytes, packed: bytes) -> None:
    distribution, contents = inside(stub + packed)
    assert contents["sample/data!/inner.txt"] == b"hello"
    assert distribution.anomalies == []


@pytest.mark.parametrize("stub", STUBS.values(), ids=STUBS)
def test_an_archive_of_another_format_is_told(stub: bytes) -> None:
    found = inside(stub + SEVEN)[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    message = "'sample/data' contains an archive in the 7z format, which pkgaudit does not read"
    assert [each.message for each in found] == [message]


@pytest.mark.parametrize("name", UNREAD)
def test_archives_of_other_formats_are_told(name: str) -> None:
    found = find_appended(Pe().build() + UNREAD[name])
    assert found is not None
    assert (found.format, found.is_read) == (name, False)


@pytest.mark.parametrize("stub", STUBS.values(), ids=STUBS)
@pytest.mark.parametrize(
    "other",
    [
        b"",
        bytes(3000),
        b"\x1f\x8b\x08\0" + b"\xff" * 3000,
        b"\x28\xb5\x2f\xfd" + b"\xff" * 30,
        b"ustar\x0000" + bytes(600),
        b"certificates",
        b"hsqs" + b"\xff" * 90,
    ],
)
def test_other_data_is_no_archive(stub: bytes, other: bytes) -> None:
    assert find_appended(stub + other) is None


@pytest.mark.parametrize("stub", STUBS.values(), ids=STUBS)
def test_damaged_headers_raise_nothing(stub: bytes) -> None:
    for end in range(0, min(len(stub), 2048), 16):
        find_appended(stub[:end])
        find_appended(stub[:end] + b"\xff" * 64)


@pytest.mark.parametrize(
    "data",
    [
        Elf(soname="PACK\0\0\0\2").build(),
        Pe(name="!<arch>\ndebian").build(),
        png()[:-12] + gzip.compress(b"hello") + png()[-12:],
        b"II*\0\xa4\x77\0\0" + lzma.compress(b"pixels") + bytes(20),
        b"A header of another format: " + gzip.compress(b"hello") + b"and so on",
    ],
    ids=["elf", "pe", "png", "tiff", "text"],
)
def test_other_files_contain_marks_too(data: bytes) -> None:
    assert find_appended(data) is None


def test_a_part_beyond_the_end_hides_nothing() -> None:
    program = bytearray(Elf().build())
    sections = int.from_bytes(program[40:48], "little")
    program[sections + 64 + 32 : sections + 64 + 40] = (1 << 40).to_bytes(8, "little")
    found = find_appended(bytes(program) + SEVEN)
    assert found is not None


@pytest.mark.parametrize("stub", [Elf().build(), b"@rem \xe9\r\n"])
def test_an_archive_after_much_other_data_is_told(stub: bytes) -> None:
    found = find_appended(stub + b"text\n" * 20_000 + SEVEN)
    assert found == Appended(len(stub) + 100_000, "7z")


def test_a_program_of_pyinstaller_is_told() -> None:
    found = find_appended(Elf().build() + bytes(100) + b"MEI\x0c\x0b\n\x0b\x0e" + bytes(80))
    assert found is not None
    assert found.format == "PyInstaller"


def test_an_archive_between_a_program_and_a_zip_is_told() -> None:
    for packed, says in ((SEVEN, "the 7z format"), (gzip.compress(b"hello"), "gzip format before a zip")):
        distribution, contents = inside(Elf().build() + packed + ZIP)
        assert contents["sample/data!/inner.txt"] == b"hello"
        (found,) = distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
        assert says in found.message


def test_a_zip_without_its_end_is_told() -> None:
    (found,) = inside(Elf().build() + ZIP[:-22])[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert "no end-of-central-directory record" in found.message


def test_a_large_program_with_an_archive_is_told() -> None:
    limits = Limits(member_bytes=1 << 16)
    for packed, says in ((SEVEN, "the 7z format"), (gzip.compress(b"hello"), "more than 65,536 bytes")):
        (found,) = inside(Elf().build() + packed + bytes(1 << 17), limits=limits)[0].anomalies
        assert says in found.message


def test_the_number_of_marks_is_bounded() -> None:
    data = b"#!/bin/sh\n" + b"\x1f\x8b\x08\0\xff\xff\xff\xff\xff\xff\xff\xff" * (_MOST_TRIES + 10)
    (found,) = inside(data, limits=SMALL)[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert "could not be read completely" in found.message
