"""The 512 byte header block of a tar member, and the records of a pax header.

References: ustar and pax interchange format
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13, GNU format
https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

BLOCK = 512
"""The unit of a tar (bytes): a header is one block, and data is filled up to whole ones."""

LARGEST = (1 << 63) - 1
"""The largest number taken for a size, a time or an id: that of the 64 bits which systems have for them."""

OCTAL_LIMIT = 1 << 33
"""Sizes (bytes) from here on don't fit into a plain size field of 11 octal digits."""

SPARSE = b"GNU.sparse."
SPARSE_NAME = b"GNU.sparse.name"
_WANTED = frozenset((b"path linkpath size mtime uid gid uname gname " + SPARSE_NAME).split())


class BadHeaderError(Exception):
    """A header that makes no sense; the message completes the sentence "the header ..."."""


@dataclass(slots=True)
class Header:
    """A header block as it stands: names are bytes, ``prefix`` is not yet joined to ``name``.

    ``kind`` is the byte of the type flag, ``posix`` whether the magic is that of ustar, where
    alone the prefix is a part of the name.
    """

    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    kind: int
    link: bytes
    posix: bool
    user: bytes
    group: bytes
    prefix: bytes


def checksum_matches(block: bytes) -> bool:
    """Whether the checksum of a block of 512 bytes is right, be it summed unsigned or signed."""
    try:
        stored = number(block[148:156])
    except BadHeaderError:
        return False
    # The low half of an Adler-32 is one more than the sum of the bytes, as long as that is less
    # than 65521, which 256 bytes can't exceed: ten times faster than sum().
    total = (zlib.adler32(block[:256]) & 0xFFFF) + (zlib.adler32(block[256:]) & 0xFFFF) - 2
    field = sum(block[148:156])
    if total - field + 256 == stored:
        return True
    rest = block[:148] + block[156:]
    # Old tars summed signed bytes: each above 127 then counts 256 less. The field counts as eight blanks.
    return sum(rest) - 256 * sum(byte > 127 for byte in rest) + 256 == stored


def number(field: bytes) -> int:
    """Return the number in a header field: octal digits, or base 256 if the first bit is set.

    Raises:
        BadHeaderError: it is neither, or too large.

    """
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field, "big", signed=True)
        if field[0] == 0x80:
            value = int.from_bytes(field[1:], "big")
        if not -LARGEST <= value <= LARGEST:
            raise BadHeaderError("holds a number that is too large")
        return value
    text = field.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    try:
        if text.isdigit():
            return int(text, 8)
    except ValueError:
        pass
    raise BadHeaderError("holds a number that isn't octal")


def parse_header(block: bytes) -> Header:
    """Return the header in a block of 512 bytes.

    Raises:
        BadHeaderError: the checksum is wrong, or a number isn't one, or is negative (the time of
            modification and the owner's ids may be).

    """
    if not checksum_matches(block):
        raise BadHeaderError("has a wrong checksum")
    mode = number(block[100:108])
    size = number(block[124:136])
    if mode < 0 or size < 0:
        raise BadHeaderError("holds a negative number")
    if block[329:345].strip(b"0\0 "):  # device numbers, of no use but to readers that refuse bad ones
        number(block[329:337])
        number(block[337:345])
    return Header(
        block[:100].split(b"\0", 1)[0],
        mode,
        number(block[108:116]),
        number(block[116:124]),
        size,
        number(block[136:148]),
        block[156],
        block[157:257].split(b"\0", 1)[0],
        block[257:263] == b"ustar\0",
        block[265:297].split(b"\0", 1)[0],
        block[297:329].split(b"\0", 1)[0],
        block[345:500].split(b"\0", 1)[0] if block[345] else b"",
    )


def parse_pax(data: bytes) -> dict[bytes, bytes]:
    r"""Return the records of a pax header that matter to a reader; the last one of a name counts.

    Those are the ones that replace fields of the ustar header, the name of a sparse file, and,
    for any other ``GNU.sparse.`` record, an empty one called `SPARSE`.

    Raises:
        BadHeaderError: a record isn't ``<length> <name>=<value>\n``.

    """
    records = {}
    position, end = 0, len(data)
    while position < end:
        space = data.find(b" ", position, position + 12)
        digits = data[position:space]
        if space < 0 or not digits.isdigit():
            raise BadHeaderError("has a pax record without a length")
        stop = position + int(digits)
        equals = data.find(b"=", space, stop)
        if stop > end or equals < 0 or data[stop - 1] != 0x0A:
            raise BadHeaderError("has a pax record that isn't whole")
        name = data[space + 1 : equals]
        if name in _WANTED:
            records[name] = data[equals + 1 : stop - 1]
        elif name.startswith(SPARSE):
            records[SPARSE] = b""
        position = stop
    return records


def pax_integer(value: bytes) -> int:
    """Return a whole number of a pax header.

    Raises:
        BadHeaderError: it isn't one, or too large.

    """
    digits = value[1:] if value[:1] == b"-" else value
    # LARGEST has 19 digits; int() takes quadratic time on thousands of them.
    if not digits.isdigit() or len(digits) > 19 or int(digits) > LARGEST:
        raise BadHeaderError("has a pax record whose number isn't one, or is too large")
    return int(value)


def pax_time(value: bytes) -> float:
    """Return a time of a pax header, in seconds since 1970.

    Raises:
        BadHeaderError: it isn't one, or too large.

    """
    try:
        # A time has ten digits, a point and nine more; float() takes underscores, the format does not.
        seconds = float(value) if len(value) < 64 and b"_" not in value else math.nan
    except ValueError:
        seconds = math.nan
    if not abs(seconds) <= LARGEST:
        raise BadHeaderError("has a pax record whose time isn't one, or is too large")
    return seconds
