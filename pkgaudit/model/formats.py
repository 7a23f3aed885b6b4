"""Formats of archives and compressed files that pkgaudit recognizes but does not read.

The marks are those of file(1): https://github.com/file/file/tree/master/magic/Magdir.
"""

from __future__ import annotations

_UNREAD = (
    ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("RAR", 0, b"Rar!\x1a\x07"),
    ("RAR", 0, b"RE\x7e\x5e"),
    ("lz4", 0, b"\x04\x22\x4d\x18"),
    ("lz4", 0, b"\x02\x21\x4c\x18"),
    ("cabinet", 0, b"MSCF\0\0\0\0"),
    ("InstallShield cabinet", 0, b"ISc("),
    ("Debian", 0, b"!<arch>\ndebian"),
    ("compress (.Z)", 0, b"\x1f\x9d"),
    ("pack (.z)", 0, b"\x1f\x1e"),
    ("lzh", 0, b"\x1f\xa0"),
    ("lzip", 0, b"LZIP\x01"),
    ("lzop", 0, b"\x89LZO\0\r\n\x1a\n"),
    ("lrzip", 0, b"LRZI"),
    ("bzip3", 0, b"BZ3v1"),
    ("snappy", 0, b"\xff\x06\0\0sNaPpY"),
    ("RPM", 0, b"\xed\xab\xee\xdb"),
    ("cpio", 0, b"070701"),
    ("cpio", 0, b"070702"),
    ("cpio", 0, b"070707"),
    ("xar", 0, b"xar!"),
    ("Apple", 0, b"pbzx\0"),
    ("Apple", 0, b"AA01"),
    ("StuffIt", 0, b"StuffIt (c)"),
    ("StuffIt", 0, b"SIT!"),
    ("ACE", 7, b"**ACE**"),
    ("LHA", 2, b"-lh"),
    ("ARJ", 0, b"\x60\xea"),
    ("zoo", 20, b"\xdc\xa7\xc4\xfd"),
    ("zpaq", 0, b"7kSt\xa01\x83\xd3\x8c\xb2\x28\xb0\xd3zPQ"),
    ("Windows image", 0, b"MSWIM\0\0\0"),
    ("squashfs", 0, b"hsqs"),
    ("squashfs", 0, b"sqsh"),
    ("ISO 9660", 0x8001, b"CD001"),
    ("MS-DOS compress", 0, b"SZDD\x88\xf0\x27\x33"),
    ("MS-DOS compress", 0, b"KWAJ\x88\xf0\x27\xd1"),
    ("Git bundle", 0, b"# v2 git bundle\n"),
    ("Git bundle", 0, b"# v3 git bundle\n"),
)
"""Name of the format, offset of its mark, and the mark. Programs that are not archives have other marks."""

_BY_FIRST = {
    bytes([first]): [each for each in _UNREAD if each[1] or each[2][0] == first] for first in range(256)
}
"""The same formats by the first byte of a file, so nearly all other files need few comparisons."""

def unread_format(data: bytes) -> str | None:
    """Return the name of the format if a file is an archive that pkgaudit does not read, else None."""
    for name, offset, mark in _BY_FIRST.get(data[:1], ()):
        if data.startswith(mark, offset) and _is_likely(name, data):
            return name
    return None


def _is_likely(name: str, data: bytes) -> bool:
    """Return whether a file with the mark of a format is likely to have the format; some marks are short."""
    if name == "LHA":
        # The method is one character between dashes: -lh5-, -lhd-.
        return data[6:7] == b"-"
    if name == "ARJ":
        # The size of the basic header, at most 2600, and the size of its first part.
        return 30 <= int.from_bytes(data[2:4], "little") <= 2600 and 30 <= data[4] <= 50 and data[10] <= 2
    if name in ("compress (.Z)", "pack (.z)", "lzh"):
        # compress declares 9 to 16 bits per code. The other two are older than 1990 and have no such field.
        return name != "compress (.Z)" or 9 <= (data[2] & 0x1F if len(data) > 2 else 0) <= 16
    return True
