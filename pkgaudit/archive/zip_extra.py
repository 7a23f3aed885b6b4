"""The extra fields of zip records, and the two fields that readers use.

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
"""The value of a 32-bit field whose number is in the zip64 field."""

_HEAD = Struct("<HH")


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the value of each field, up to the first incomplete field."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = _HEAD.unpack_from(extra, position)
        position += 4
        if position + length > len(extra):
            return
        yield tag, extra[position : position + length]
        position += length


Oddity = tuple[AnomalyKind, str, DetectionStage]
"""An anomaly of a member: its kind, the predicate of its message, and the stage at which it is noticed."""


def judge_unicode_path(field: bytes, name: bytes, *, is_local: bool) -> tuple[bytes, list[Oddity]]:
    """Return the name in a Unicode path field, empty if the field does not apply, and its anomalies.

    The field applies if its version is 1 and its checksum matches the name in the record. The checks of the
    index in a local header differ from those of Python in the central directory.
    """
    if len(field) < 5:
        message = "has an incomplete Unicode path field"
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
        message = f"has the name {quote(other)} in its Unicode path field, which is not UTF-8"
        odd.append((AnomalyKind.INVALID_NAME, message, DetectionStage.OPENING))
    if has_controls(other):
        message = f"has the name {quote(other)} in its Unicode path field, which contains control characters"
        odd.append(
            (AnomalyKind.INVALID_NAME, message, DetectionStage.OPENING if is_local else DetectionStage.NEVER)
        )
    applies = field[0] == 1 and field[1:5] == zlib.crc32(name).to_bytes(4, "little")
    return other if applies else b"", odd


def has_controls(name: bytes) -> bool:
    """Return whether a name contains an ASCII control character."""
    return any(byte < 32 or byte == 127 for byte in name)  # up to the blank, and DEL
