"""Archives that are appended to another file: to a program, a picture, a script or any first bytes.

A self-extracting program is the usual example. Programs and pictures have an end, which their own headers
define, and readers of these formats ignore the data after it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from struct import Struct
from typing import Any

from pkgaudit.archive.compressed import is_archive, zstd_decoder
from pkgaudit.archive.tar_header import BLOCK, checksum_matches
from pkgaudit.late import dataclass, lazy
from pkgaudit.model.member import native_format

_REACH = 64 << 10
"""Bytes after the end of a file in which all marks are searched; chosen: 7-Zip puts a configuration there."""

_NEAR = 512
"""Bytes before the end of a text in which an archive may start, and between the start of an archive and the
end of its mark; chosen: the first block of a tar archive has as many."""

_BOM = 3
"""Size (bytes) of a byte order mark; as many other bytes may precede an archive on its first line."""

_MOST_ROWS = 100_000
"""Largest number of rows of a table, or of parts of a picture, that are read, which limits the time."""

_TAR = 257
"""Offset of the mark of a tar archive."""

_MOST_TRIES = 1000
"""Largest number of marks of a file that are examined; chosen, because the first one nearly always counts."""

_SMALL = 64 << 10
"""Size (bytes) up to which compressed data may have no zero byte; all formats have some in their header or
their end, except bzip2 and zstd."""

_MOST_SECTIONS = 96
"""Largest number of sections that Windows loads (https://learn.microsoft.com/windows/win32/debug/pe-format)."""

_SHT_NOBITS, _LC_SEGMENT, _LC_SEGMENT_64 = 8, 0x1, 0x19
"""A section of ELF without data (https://gabi.xinuos.com/elf/04-sections.html), and the commands of Mach-O
for segments (https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h).
"""

_READ = {
    # The fourth byte of gzip is the flags, of which three are reserved.
    "gzip": rb"\x1f\x8b\x08[\0-\x1f]",
    "bzip2": rb"BZh[1-9]1AY&SY",
    "xz": rb"\xfd7zXZ\0",
    "zstd": rb"\x28\xb5\x2f\xfd",
    "tar": rb"ustar(?:\x0000|  \0)",
    "zip": rb"PK\x03\x04",
}
"""Marks of the formats that pkgaudit reads."""

_UNREAD = {
    "7z": rb"7z\xbc\xaf\x27\x1c",
    "RAR": rb"Rar!\x1a\x07",
    "cabinet": rb"MSCF\0{4}",
    # https://nsis.sourceforge.io/Docs/ and Source/exehead/fileform.h
    "NSIS": rb"\xef\xbe\xad\xdeNullsoftInst",
    # https://github.com/jrsoftware/issrc (Projects/Src/Shared.Struct.pas)
    "Inno Setup": rb"Inno Setup Setup Data \(|idska32\x1a",
    # https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md: version 1, blocks of 64 KiB to 4 MiB
    "lz4": rb"\x04\x22\x4d\x18[\x40-\x7f][\x40\x50\x60\x70]",
    "lzip": rb"LZIP\x01[\x0c-\xfd]",
    "lzop": rb"\x89LZO\0\r\n\x1a\n",
    "xar": rb"xar!\0\x1c",
    "RPM": rb"\xed\xab\xee\xdb[\3\4]",
    "Debian": rb"!<arch>\ndebian",
    "cpio": rb"0707(?:0[12][0-9a-fA-F]{104}|07[0-7]{70})",
    # https://docs.kernel.org/filesystems/squashfs.html: version 4.0 is at byte 28
    "squashfs": rb"hsqs.{24}\x04\0{3}",
    "ISO 9660": rb"\x01CD001\x01",
    "Windows image": rb"MSWIM\0{3}",
    "DwarFS": rb"DWARFS\x02",
    "Git pack": rb"PACK\0{3}[\2\3]",
    "Git bundle": rb"# v[23] git bundle\n",
    "compound file": rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
}
"""Marks of other formats that are used in self-extracting files, longer than in `model.formats`."""

_FORMATS = {name: lazy(mark, re.DOTALL) for name, mark in (_READ | _UNREAD).items()}

# Without groups, the search skips all bytes with which no mark starts; it is ten times as fast.
_MARKS = lazy(b"|".join((_READ | _UNREAD).values()), re.DOTALL)

_LONG = {"7z": b"7z\xbc\xaf\x27\x1c", "RAR": b"Rar!\x1a\x07", "xz": b"\xfd7zXZ\0"}
"""Marks that are so long that they can be searched in any amount of data, and are searched fast."""

_COOKIE = b"MEI\x0c\x0b\n\x0b\x0e"
"""The mark at the end of a program made by PyInstaller
(https://github.com/pyinstaller/pyinstaller/blob/develop/PyInstaller/archive/writers.py)."""

_COOKIE_REACH = 4096
"""Bytes at the end of a program in which the mark of PyInstaller may be; the section table may follow it."""

_SCRIPTS = (b"#!", b"@", b"<?php", b":", b"MZ")
"""The first bytes of scripts that may contain data, of shells, cmd.exe and PHP, and of programs of DOS."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_NOT_ZERO = lazy(rb"[^\0]")


@dataclass(frozen=True)
class Appended:
    """An archive after the end of another file: the offset of its first byte, and its format."""

    start: int
    format: str

    @property
    def is_read(self) -> bool:
        """Whether pkgaudit reads the format."""
        return self.format in _READ


def find_appended(data: bytes, size: int) -> Appended | None:
    """Return the first archive after the end of a program, a picture, a script or any other first bytes.

    ``data`` is the content of ``size`` bytes, or as much of its start as is known.
    """
    if is_archive(data):
        return None
    native = native_format(data)
    if native is not None and is_bundle(data):
        return Appended(len(data), "PyInstaller")
    is_image = is_picture(data)
    is_program = native is not None or data.startswith(_SCRIPTS)
    if native is not None or is_image:
        end = min(_end(data, size, native), len(data))
        # Programs are padded, and images of discs start with 32 KiB of zeros.
        start = _after_zeros(data, end)
        last = start + _REACH
    elif data.startswith(b"\0"):
        start = end = last = _after_zeros(data, 0)
    else:
        end = _end_of_text(data)
        start, last = max(0, end - _NEAR), max(end + _REACH if is_program else end, _BOM)
    if end >= len(data):
        return None
    for number, match in enumerate(_MARKS.finditer(data, start, last + _NEAR)):
        name = next(name for name, mark in _FORMATS.items() if mark.match(data, match.start()))
        at = match.start() - (_TAR if name == "tar" else 0)
        if not 0 < at <= last:
            continue
        # Other formats contain compressed data too, but directly after a header.
        if not (is_program or is_image or at <= _BOM or data[at - 1] in b"\r\n\0" or data[:at].isspace()):
            continue
        # Data that has marks again and again is no reason to try forever.
        if number >= _MOST_TRIES or _is_sound(name, data, at):
            return Appended(at, name)
    if is_program:
        for name, mark in _LONG.items():
            if (at := data.find(mark, last)) > 0:
                return Appended(at, name)
    return None


def end_of_program(start: bytes, size: int) -> int:
    """Return the end of a program of ``size`` bytes by the headers at its start, or the size."""
    native = native_format(start)
    return size if native is None else _end(start, size, native)


def is_bundle(tail: bytes) -> bool:
    """Return whether a program ends with the mark of PyInstaller's archive."""
    return _COOKIE in tail[-_COOKIE_REACH:]


def is_picture(head: bytes) -> bool:
    """Return whether a file is a picture, whose end its headers do not define."""
    return head.startswith((_PNG, _JPEG))


def _after_zeros(data: bytes, start: int) -> int:
    """Return the offset of the first byte from ``start`` on that is not zero."""
    found = _NOT_ZERO.search(data, start)
    return found.start() if found else len(data)


def _is_sound(name: str, data: bytes, at: int) -> bool:
    """Return whether data with the mark of a format starts like the format; some marks are short."""
    head = data[at : at + BLOCK]
    if name == "tar":
        return len(head) == BLOCK and checksum_matches(head)
    if name in ("gzip", "zstd"):
        unpack = zstd_decoder() if name == "zstd" else zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            unpack.decompress(head, 1)
        except Exception:  # each decoder has its own, and the data is no stream for any of them
            return False
    return True


def _end_of_text(data: bytes) -> int:
    """Return the offset of the first byte that is not text in UTF-8, or the size."""
    # Only tar and cpio archives may have only ASCII characters, and they end with zeros. Only a small archive
    # in another format has no zero byte.
    if data.isascii() and b"\0" not in data[-BLOCK:]:
        return len(data)
    end = data.find(b"\0")
    if end < 0:
        end = len(data)
        if end > _SMALL:
            return end
    try:
        str(memoryview(data)[:end], "utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return end


def _end(data: bytes, size: int, native: str | None) -> int:
    """Return the end of a program or a picture by its headers, or the size if they are damaged."""
    if native is None:
        return _picture_end(data)
    parts = {"elf": _elf_parts, "pe": _pe_parts, "mach-o": _macho_parts}[native](data)
    ends = (start + length for start, length in parts if length)
    # Loaders ignore sections, so a part beyond the end of the file does not show that the file is cut off.
    return max((end for end in ends if end <= size), default=size)


_Parts = Iterator[tuple[int, int]]
"""Offsets and sizes of the parts of a program."""


def _rows(data: bytes, at: int, count: int, row: Struct) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table in a header, as far as the data contains them."""
    size = min(count, _MOST_ROWS, max(0, len(data) - at) // row.size) * row.size
    return row.iter_unpack(data[at : at + size])


def _elf_parts(data: bytes) -> _Parts:
    wide = data[4:5] == b"\2"
    order = ">" if data[5:6] == b"\2" else "<"
    header = Struct(order + ("32xQQ6xHHHH" if wide else "28xII6xHHHH"))
    for segments, sections, step, count, section_step, section_count in _rows(data, 0, 1, header):
        yield 0, header.size
        yield segments, step * count
        yield sections, section_step * section_count
        row = Struct(order + ("8xQ16xQ16x" if wide else "4xI8xI12x"))
        if step == row.size:
            yield from _rows(data, segments, count, row)
        row = Struct(order + ("4xI16xQQ24x" if wide else "4xI8xII16x"))
        if section_step == row.size:
            for kind, start, size in _rows(data, sections, section_count, row):
                if kind != _SHT_NOBITS:
                    yield start, size


def _pe_parts(data: bytes) -> _Parts:
    at = int.from_bytes(data[0x3C:0x40], "little")
    for count, optional in _rows(data, at, 1, Struct("<6xH12xH2x")):
        for size, start in _rows(data, at + 24 + optional, min(count, _MOST_SECTIONS), Struct("<16xII16x")):
            yield start, size


def _macho_parts(data: bytes) -> _Parts:
    if data.startswith((b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")):
        row = Struct(">8xII4x" if data[3] == 0xBE else ">8xQQ8x")
        yield from _rows(data, 8, int.from_bytes(data[4:8], "big"), row)
        return
    order = "<" if data[1:3] == b"\xfa\xed" else ">"
    wide = 0xCF in (data[0], data[3])
    at = 32 if wide else 28
    for count, total in _rows(data, 0, 1, Struct(order + "16xII")):
        yield 0, at + total
        for _ in range(min(count, _MOST_ROWS)):
            command, size = next(_rows(data, at, 1, Struct(order + "II")), (0, 0))
            if command in (_LC_SEGMENT, _LC_SEGMENT_64):
                row = Struct(order + ("40xQQ" if command == _LC_SEGMENT_64 else "32xII"))
                yield from _rows(data, at, 1, row)
            if size < 8:
                return
            at += size


def _picture_end(data: bytes) -> int:
    """Return the end of a PNG or a JPEG file, or the size if the end is missing."""
    at = 8 if data.startswith(_PNG) else 2
    for _ in range(_MOST_ROWS):
        if data.startswith(_PNG):
            # The length of the data, the name, the data, and the checksum.
            name, length = data[at + 4 : at + 8], 12 + int.from_bytes(data[at : at + 4], "big")
            if name == b"IEND":
                return at + length
        else:
            # Each segment has its length until the scan, whose data ends with the mark of the end.
            name, length = data[at : at + 2], 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if name == b"\xff\xda":
                end = data.find(b"\xff\xd9", at + length)
                return end + 2 if end >= 0 else len(data)
            if name[:1] != b"\xff":
                break
        at += length
        if at >= len(data):
            break
    return len(data)
