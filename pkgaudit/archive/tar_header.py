"""The header block of a tar member (512 bytes), and the records of a pax header.

References: ustar and pax interchange format
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13, GNU format
https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from __future__ import annotations

import binascii
import math
import zlib
from dataclasses import dataclass

BLOCK = 512
"""The unit of a tar (bytes): a header is one block, and data is padded to whole blocks."""

LARGEST = (1 << 63) - 1
"""The largest accepted size, time or id: systems use signed 64-bit numbers for them."""

OCTAL_LIMIT = 1 << 33
"""The smallest size (bytes) that does not fit into a plain size field of 11 octal digits."""

SPARSE = b"GNU.sparse."
SPARSE_NAME = b"GNU.sparse.name"
_ENCODED = b"LIBARCHIVE.xattr."
_WANTED = frozenset((b"path linkpath size mtime uid gid uname gname " + SPARSE_NAME).split())
_BELOW_128 = bytes(range(128))


class BadHeaderError(Exception):
    """An invalid header; the message completes the sentence "the header ..."."""


@dataclass(slots=True)
class Header:
    """The fields of a header block: names are bytes, and ``prefix`` is not yet joined to ``name``.

    ``kind`` is the byte of the type flag. ``posix`` is whether the header has the magic of ustar; the prefix
    is a part of the name in ustar only.
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
    """Return whether the checksum of a block of 512 bytes is right, as an unsigned or a signed sum."""
    try:
        stored = number(block[148:156])
    except BadHeaderError:
        return False
    # The low half of an Adler-32 is one more than the sum of the bytes if the sum is less than 65521,
    # as it is for 256 bytes. This is ten times faster than sum().
    total = (zlib.adler32(block[:256]) & 0xFFFF) + (zlib.adler32(block[256:]) & 0xFFFF) - 2
    field = sum(block[148:156])
    if total - field + 256 == stored:
        return True
    rest = block[:148] + block[156:]
    # Old tars sum signed bytes: each byte above 127 counts 256 less. The field counts as eight blanks.
    return sum(rest) - 256 * len(rest.translate(None, _BELOW_128)) + 256 == stored


def number(field: bytes) -> int:
    """Return the number in a header field: octal digits, or base 256 if the first bit is set.

    Raises:
        BadHeaderError: the field is neither, or the number is too large.

    """
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field, "big", signed=True)
        if field[0] == 0x80:
            value = int.from_bytes(field[1:], "big")
        if not -LARGEST <= value <= LARGEST:
            raise BadHeaderError("contains a number that is too large")
        return value
    text = field.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    try:
        if text.isdigit():
            return int(text, 8)
    except ValueError:
        pass
    raise BadHeaderError("contains a number that is not octal")


def parse_header(block: bytes) -> Header:
    """Return the header in a block of 512 bytes.

    Raises:
        BadHeaderError: the checksum is wrong, or a number is invalid or negative (only the modification
            time and the owner's ids may be negative).

    """
    if not checksum_matches(block):
        raise BadHeaderError("has a wrong checksum")
    mode = number(block[100:108])
    size = number(block[124:136])
    if mode < 0 or size < 0:
        raise BadHeaderError("contains a negative number")
    if block[329:345].strip(b"0\0 "):  # device numbers: checked because readers reject invalid ones
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


def parse_pax(data: bytes) -> tuple[dict[bytes, bytes], list[bytes]]:
    r"""Return the records of a pax header that matter to a reader, and the others as ``<name>=<value>``.

    The first are those that replace fields of the ustar header, the name of a sparse file, and an empty
    record `SPARSE` for any other ``GNU.sparse.`` record; the last record of a name counts. The others, such
    as comments and extended attributes, are only read by people. They are without numbers and times, and
    their decoded value is on a second line if libarchive encoded them.

    Raises:
        BadHeaderError: a record does not have the form ``<length> <name>=<value>\n``.

    """
    records = {}
    others = []
    position, end = 0, len(data)
    while position < end:
        space = data.find(b" ", position, position + 12)
        digits = data[position:space]
        if space < 0 or not digits.isdigit():
            raise BadHeaderError("has a pax record without a length")
        stop = position + int(digits)
        equals = data.find(b"=", space, stop)
        if stop > end or equals < 0 or data[stop - 1] != 0x0A:
            raise BadHeaderError("has an incomplete pax record")
        name = data[space + 1 : equals]
        value = data[equals + 1 : stop - 1]
        if name in _WANTED:
            records[name] = value
        elif name.startswith(SPARSE):
            records[SPARSE] = b""
        elif value.translate(None, b"-.0123456789"):
            decoded = b"\n" + _decoded(value) if name.startswith(_ENCODED) else b""
            others.append(name + b"=" + value + decoded)
        position = stop
    return records, others


def _decoded(value: bytes) -> bytes:
    """Return the value of an extended attribute, which libarchive writes as base64 without padding."""
    try:
        return binascii.a2b_base64(value + b"=" * (-len(value) % 4))
    except binascii.Error:
        return b""


def pax_integer(value: bytes) -> int:
    """Return an integer of a pax header.

    Raises:
        BadHeaderError: the value is not an integer, or is too large.

    """
    digits = value[1:] if value[:1] == b"-" else value
    # LARGEST has 19 digits; int() needs quadratic time for thousands of digits.
    if not digits.isdigit() or len(digits) > 19 or int(digits) > LARGEST:
        raise BadHeaderError("has a pax record whose number is invalid or too large")
    return int(value)


def pax_time(value: bytes) -> float:
    """Return a time of a pax header, in seconds since 1970.

    Raises:
        BadHeaderError: the value is not a time, or is too large.

    """
    try:
        # A time has ten digits, a point and nine more. float() accepts underscores, but the format does not.
        seconds = float(value) if len(value) < 64 and b"_" not in value else math.nan
    except ValueError:
        seconds = math.nan
    if not abs(seconds) <= LARGEST:
        raise BadHeaderError("has a pax record whose time is invalid or too large")
    return seconds
