"""Formats of archives and compressed files that pkgaudit recognizes but does not read.

Where no other source is given, the marks are those of file(1):
https://github.com/file/file/tree/master/magic/Magdir.
"""

from __future__ import annotations

import re
from collections.abc import Callable

COMPOUND = "compound file"
"""The format of old Office documents and others, which are not archives for their users."""

READ = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
"""The first bytes of archives and compressed files that pkgaudit reads, except tar."""

_UNREAD = (
    ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("RAR", 0, b"Rar!\x1a\x07"),
    ("RAR", 0, b"RE\x7e\x5e"),
    # The last block, https://www.rarlab.com/technote.htm; the second is RAR 4.
    ("RAR", -8, b"\x1d\x77\x56\x51\x03\x05\x04\x00"),
    ("RAR", -7, b"\xc4\x3d\x7b\x00\x40\x07\x00"),
    # https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md, with the legacy frame
    ("lz4", 0, b"\x04\x22\x4d\x18"),
    ("lz4", 0, b"\x03\x21\x4c\x18"),
    ("lz4", 0, b"\x02\x21\x4c\x18"),
    # Versions 0.1 to 0.7: https://github.com/facebook/zstd/tree/dev/lib/legacy
    ("zstd 0.1", 0, b"\xfd\x2f\xb5\x1e"),
    *((f"zstd 0.{number}", 0, bytes([0x20 + number]) + b"\xb5\x2f\xfd") for number in range(2, 8)),
    ("cabinet", 0, b"MSCF\0\0\0\0"),
    ("InstallShield cabinet", 0, b"ISc("),
    ("Debian", 0, b"!<arch>\ndebian"),
    # https://man.freebsd.org/cgi/man.cgi?query=ar&sektion=5
    ("ar", 0, b"!<arch>\n"),
    ("compress (.Z)", 0, b"\x1f\x9d"),
    ("pack (.z)", 0, b"\x1f\x1e"),
    ("lzh", 0, b"\x1f\xa0"),
    # https://www.nongnu.org/lzip/manual/lzip_manual.html#File-format
    ("lzip", 0, b"LZIP\0"),
    ("lzip", 0, b"LZIP\x01"),
    ("lzop", 0, b"\x89LZO\0\r\n\x1a\n"),
    ("lzfse", 0, b"bvx-"),
    ("lzfse", 0, b"bvx1"),
    ("lzfse", 0, b"bvx2"),
    ("lzfse", 0, b"bvxn"),
    ("rzip", 0, b"RZIP\2"),
    ("lrzip", 0, b"LRZI"),
    ("bzip3", 0, b"BZ3v1"),
    ("qpress", 0, b"qpress10"),
    # https://github.com/google/snappy/blob/main/framing_format.txt
    ("snappy", 0, b"\xff\x06\0\0sNaPpY"),
    # https://rpm-software-management.github.io/rpm/manual/format_lead.html
    ("RPM", 0, b"\xed\xab\xee\xdb"),
    # https://man.freebsd.org/cgi/man.cgi?query=cpio&sektion=5; the last two are the old binary format
    ("cpio", 0, b"070701"),
    ("cpio", 0, b"070702"),
    ("cpio", 0, b"070707"),
    ("binary cpio", 0, b"\xc7\x71"),
    ("binary cpio", 0, b"\x71\xc7"),
    ("xar", 0, b"xar!"),
    ("Apple", 0, b"pbzx\0"),
    ("Apple", 0, b"AA01"),
    # The trailer of a disk image: 512 bytes, version 4 (http://newosxbook.com/DMG.html).
    ("Apple disk image", -512, b"koly\0\0\0\4\0\0\2\0"),
    ("StuffIt", 0, b"StuffIt (c)"),
    ("StuffIt", 0, b"StuffIt!"),
    ("StuffIt", 0, b"StuffIt?"),
    ("StuffIt", 0, b"SIT!"),
    ("ACE", 7, b"**ACE**"),
    ("LHA", 2, b"-lh"),
    ("LHA", 2, b"-lz"),
    ("LHA", 2, b"-pm"),
    ("ARJ", 0, b"\x60\xea"),
    ("zoo", 20, b"\xdc\xa7\xc4\xfd"),
    ("zpaq", 0, b"7kSt\xa01\x83\xd3\x8c\xb2\x28\xb0\xd3zPQ"),
    ("zpaq", 0, b"zPQ\1\1"),
    ("zpaq", 0, b"zPQ\2\1"),
    ("FreeArc", 0, b"ArC\1"),
    ("EGG", 0, b"EGGA\0\1"),
    ("ALZ", 0, b"ALZ\1\n\0\0\0"),
    ("pack200", 0, b"\xca\xfe\xd0\x0d"),
    # https://github.com/electron/asar#format
    ("asar", 0, b"\4\0\0\0"),
    ("Windows image", 0, b"MSWIM\0\0\0"),
    # https://wimlib.net/git/?p=wimlib;a=blob;f=include/wimlib/header.h
    ("Windows image", 0, b"WLPWM\0\0\0"),
    ("squashfs", 0, b"hsqs"),
    ("squashfs", 0, b"sqsh"),
    ("DwarFS", 0, b"DWARFS\2"),
    ("romfs", 0, b"-rom1fs-"),
    ("cramfs", 16, b"Compressed ROMFS"),
    ("EROFS", 1024, b"\xe2\xe1\xf5\xe0"),
    # https://ecma-international.org/publications-and-standards/standards/ecma-119/
    ("ISO 9660", 0x8001, b"CD001"),
    # https://ecma-international.org/publications-and-standards/standards/ecma-167/
    ("UDF", 0x8001, b"BEA01"),
    # https://www.php.net/manual/en/phar.fileformat.signature.php
    ("phar", -4, b"GBMB"),
    ("MS-DOS compress", 0, b"SZDD\x88\xf0\x27\x33"),
    ("MS-DOS compress", 0, b"KWAJ\x88\xf0\x27\xd1"),
    # https://git-scm.com/docs/gitformat-bundle and https://git-scm.com/docs/gitformat-pack
    ("Git bundle", 0, b"# v2 git bundle\n"),
    ("Git bundle", 0, b"# v3 git bundle\n"),
    ("Git pack", 0, b"PACK\0\0\0\2"),
    ("Git pack", 0, b"PACK\0\0\0\3"),
    # https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb/
    ("Windows Installer", 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    (COMPOUND, 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
)
"""Name of the format, offset of its mark, and the mark. Programs that are not archives have other marks.

A negative offset counts from the end of the file.
"""

_BY_FIRST = {
    bytes([first]): [each for each in _UNREAD if each[1] > 0 or (each[1] == 0 and each[2][0] == first)]
    for first in range(256)
}
"""The same formats by the first byte of a file, so nearly all other files need few comparisons."""

_BY_END = [each for each in _UNREAD if each[1] < 0]

_MOST_OBJECTS = 10_000
"""Largest number of members of an ar archive that are examined; chosen, because libraries have fewer."""

_LHA_METHOD = re.compile(rb"-(?:lh[0-9a-ex]|lz[2-8s]|pm[0-2s])-.{14}", re.DOTALL)
"""The methods of LHA and PMarc (https://github.com/jca02266/lha), and further bytes."""

_INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
"""The class of a Windows Installer package, {000C1084-0000-0000-C000-000000000046}, in a compound file.

The installers of patches (…1086) and transforms (…1082) differ in the first byte.
"""


def unread_format(data: bytes, tail: bytes = b"") -> str | None:
    """Return the name of the format if a file is an archive that pkgaudit does not read, else None.

    ``data`` is the content, or as much of its start as is known; ``tail`` is then the end of the content.
    """
    for name, offset, mark in _BY_FIRST.get(data[:1], ()):
        if data.startswith(mark, offset) and (name not in _CHECKS or _CHECKS[name](data)):
            return name
    tail = tail or data
    for name, offset, mark in _BY_END:
        is_marked = len(tail) >= -offset and tail.startswith(mark, len(tail) + offset)
        if is_marked and (name not in _CHECKS or _CHECKS[name](data)):
            return name
    return None


def _is_lha(data: bytes) -> bool:
    # The method is between dashes, as in -lh5-; the header has one of four levels.
    return _LHA_METHOD.match(data, 2) is not None and data[20] <= 3


def _is_arj(data: bytes) -> bool:
    size = int.from_bytes(data[2:4], "little")
    # The size of the basic header, at most 2600, the size of its first part, and the type of a header.
    return len(data) > 10 and 30 <= size <= 2600 and 30 <= data[4] <= 50 and data[10] <= 2


def _is_compress(data: bytes) -> bool:
    # compress declares 9 to 16 bits per code. Formats older than 1990 have no such field.
    return 9 <= (data[2] & 0x1F if len(data) > 2 else 0) <= 16


def _is_binary_cpio(data: bytes) -> bool:
    """Return whether the first header has a name that ends with NUL, and a file type."""
    swap = -1 if data[0] == 0xC7 else 1
    mode, size = (int.from_bytes(data[at : at + 2][::swap], "big") for at in (6, 20))
    name = data[26 : 26 + size]
    # A path has at most 1024 bytes on many systems (PATH_MAX).
    is_path = 1 < size <= 1024 and len(name) == size and name.find(b"\0") == size - 1
    return is_path and mode >> 12 in _FILE_TYPES


_FILE_TYPES = frozenset({1, 2, 4, 6, 8, 9, 10, 12})
"""The file types in the upper four bits of a mode (https://man7.org/linux/man-pages/man7/inode.7.html)."""


def _is_asar(data: bytes) -> bool:
    # Four sizes, each in four bytes, and the directory as JSON.
    return data.startswith(b'{"files":', 16)


def _is_phar(data: bytes) -> bool:
    # The program ends with this word, and the directory of the archive follows.
    return b"__HALT_COMPILER();" in data


def _is_installer(data: bytes) -> bool:
    """Return whether the first entry of the directory has the class of a Windows Installer package."""
    shift = int.from_bytes(data[30:32], "little")
    if shift not in (9, 12):  # sectors have 512 or 4096 bytes
        return False
    root = int.from_bytes(data[48:52], "little") + 1 << shift
    kind = data[root + 80 : root + 96]
    return kind[1:] == _INSTALLER[1:] and kind[0] in (0x82, 0x84, 0x86)


def _has_archive(data: bytes) -> bool:
    """Return whether a member of an ar archive is itself an archive; the members of libraries are objects."""
    at = 8
    for _ in range(_MOST_OBJECTS):
        size = data[at + 48 : at + 58].strip()
        if not size.isdigit():
            return False
        at += 60
        if data.startswith(_INSIDE, at):
            return True
        at += int(size) + int(size) % 2
    return False


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "LHA": _is_lha,
    "ARJ": _is_arj,
    "compress (.Z)": _is_compress,
    "binary cpio": _is_binary_cpio,
    "asar": _is_asar,
    "phar": _is_phar,
    "Windows Installer": _is_installer,
    "ar": _has_archive,
}
"""Further conditions for formats whose marks are short, or are marks of other files too."""

_INSIDE = (
    *READ,
    *(mark for name, offset, mark in _UNREAD if offset == 0 and len(mark) > 3 and name not in _CHECKS),
)
"""The first bytes of archives inside an ar archive."""
