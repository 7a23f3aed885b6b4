"""The extra fields of zip records: how they are told apart, and the two that readers act upon.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.5 and 4.6.9.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import Struct

from pkgaudit.archive.names import quote
from pkgaudit.model.entry import AnomalyKind, DetectionStage

ZIP64, UNICODE_PATH = 0x0001, 0x7075

ONES = 0xFFFFFFFF
"""What a 32-bit field holds if the number stands in the zip64 field."""

_HEAD = Struct("<HH")


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the value of each field, up to the first that isn't whole."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = _HEAD.unpack_from(extra, position)
        position += 4
        if position + length > len(extra):
            return
        yield tag, extra[position : position + length]
        position += length


Oddity = tuple[AnomalyKind, str, DetectionStage]
"""What is odd about one record: its kind, the message, and who notices."""


def judge_unicode_path(field: bytes, name: bytes, *, is_local: bool) -> tuple[bytes, list[Oddity]]:
    """Return the name that a Unicode path field gives, empty if it does not apply, and what is odd about it.

    It applies if its version is 1 and its checksum is that of the name in the record. The index
    looks at other things in a local header than Python does in the central directory.
    """
    if len(field) < 5:
        message = "its Unicode path field isn't whole"
        return b"", [
            (
                AnomalyKind.UNSUPPORTED_FEATURE,
                message,
                DetectionStage.NEVER if is_local else DetectionStage.OPENING,
            )
        ]
    other = field[5:]
    odd: list[Oddity] = []
    try:
        other.decode("utf-8")
    except UnicodeDecodeError:
        message = f"the name in its Unicode path field, {quote(other)}, is not UTF-8"
        odd.append((AnomalyKind.INVALID_NAME, message, DetectionStage.OPENING))
    if has_controls(other):
        message = f"the name in its Unicode path field, {quote(other)}, holds control characters"
        odd.append(
            (AnomalyKind.INVALID_NAME, message, DetectionStage.OPENING if is_local else DetectionStage.NEVER)
        )
    applies = field[0] == 1 and field[1:5] == zlib.crc32(name).to_bytes(4, "little")
    return other if applies else b"", odd


def has_controls(name: bytes) -> bool:
    """Whether a name holds one of the control characters of ASCII."""
    return any(byte < 32 or byte == 127 for byte in name)  # up to the blank, and DEL
