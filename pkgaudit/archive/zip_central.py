"""The entries of a zip archive's central directory.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.12, 4.4 and 4.5.
"""

from __future__ import annotations

from array import array
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from struct import Struct

from pkgaudit.archive.names import quote, readable, without_final_slash
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.zip_end import AMBIGUOUS, FEATURE
from pkgaudit.archive.zip_extra import (
    ONES,
    UNICODE_PATH,
    ZIP64,
    Oddity,
    extra_fields,
    has_controls,
    judge_unicode_path,
)
from pkgaudit.formatting import counted, quoted
from pkgaudit.model.entry import AnomalyKind, DetectionStage

SIZE = 46
"""Size (bytes) of an entry without its name, extra fields and comment."""

_CENTRAL = Struct("<4s4B2HL3L5H2L")
_LENGTHS = Struct("<3H8xL")
_UNIX_SYSTEMS = (3, 19)  # Unix, OS X
_NEWEST_VERSION = 63  # 6.3, the version that the standard library's reader knows

UTF8_NAME = 1 << 11
"""The flag of a UTF-8 name (APPNOTE, 4.4.4); without it, the name is in code page 437."""


@dataclass(slots=True)
class CentralEntry:
    """A file header of the central directory.

    ``name`` is the stored name, ``text`` the decoded name with its final slash, and ``path`` the decoded name
    without it. ``common`` is the part that the local header repeats, from the needed version to the length
    of the name. ``mode`` is None unless the member was made on Unix.
    """

    name: bytes
    text: str
    path: str
    common: bytes
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int
    mode: int | None
    mtime: float | None


class Central:
    """The bytes of a central directory, and the positions of its entries.

    ``starts`` are the positions of the entries in ``data``, ``offsets`` the stated offsets of the members
    (from the zip64 field if necessary), both in the order of the directory. ``end`` is the position in
    ``data`` where the entries end; ``fault`` is the fault of an entry that is cut off there, else None.
    """

    def __init__(self, data: bytes, start: int, most: int) -> None:
        self.data = data
        self.start = start
        self.starts = array("Q")
        self.offsets = array("Q")
        self.fault: str | None = None
        self.end = 0
        self.is_whole = True
        self._find(most)

    def _find(self, most: int) -> None:
        data, position, end = self.data, 0, len(self.data)
        while data.startswith(b"PK\1\2", position):
            after = position + SIZE
            if after <= end:
                name_length, extra_length, comment_length, offset = _LENGTHS.unpack_from(data, position + 28)
                after += name_length + extra_length + comment_length
            if after > end:
                where = self.start + position
                self.fault = f"the central directory is cut off inside the entry at byte {where}"
                break
            if len(self.starts) == most:
                self.is_whole = False
                break
            if offset == ONES:
                first = position + SIZE + name_length
                offset = _wide_offset(data, position, data[first : first + extra_length])
            self.starts.append(position)
            self.offsets.append(offset)
            position = after
        self.end = position

    def lists(self, name: bytes) -> bool:
        """Return whether an entry has this stored name."""
        return name in self._names

    @cached_property
    def _names(self) -> frozenset[bytes]:
        data = self.data
        return frozenset(
            data[start + SIZE : start + SIZE + _LENGTHS.unpack_from(data, start + 28)[0]]
            for start in self.starts
        )

    def in_order(self) -> Iterator[int]:
        """Yield the numbers of the entries in the order of their data."""
        offsets = self.offsets
        numbers = range(len(offsets))
        if all(offsets[number - 1] <= offsets[number] for number in numbers[1:]):
            yield from numbers
        else:
            yield from sorted(numbers, key=offsets.__getitem__)

    def entry(self, number: int, notes: Notes) -> CentralEntry:
        """Return an entry, and note its anomalies."""
        data, position = self.data, self.starts[number]
        (
            _,
            _,
            system,
            version,
            _,
            flags,
            method,
            stamp,
            crc,
            packed_size,
            size,
            name_length,
            extra_length,
            comment_length,
            disk,
            _,
            attributes,
            _,
        ) = _CENTRAL.unpack_from(data, position)
        after = position + SIZE
        name = data[after : after + name_length]
        extra = data[after + name_length : after + name_length + extra_length] if extra_length else b""
        mode = attributes >> 16 if system in _UNIX_SYSTEMS else 0
        text, oddities = _decoded(name, flags)
        path = without_final_slash(text)
        entry = CentralEntry(
            name,
            text,
            path,
            data[position + 6 : position + 30],
            flags,
            method,
            crc,
            packed_size,
            size,
            self.offsets[number],
            mode or None,
            _seconds(stamp),
        )
        if extra:
            oddities += _judge_extra(entry, extra)
        if version > _NEWEST_VERSION:
            message = f"requires a reader of zip version {version // 10}.{version % 10}"
            oddities.append((FEATURE, message, DetectionStage.CRASH))
        if comment_length:
            first = after + name_length + extra_length
            notes.add_comment(data[first : first + comment_length], entry.path)
            # The message does not show the comment, which may contain a secret.
            message = f"has a comment of {counted(comment_length, 'byte')} in the central directory"
            oddities.append((FEATURE, message, DetectionStage.OPENING))
        # If all bits are set, the number is in the zip64 field, after the others.
        if disk and not (disk == 0xFFFF and _has_no_disk(extra)):
            message = f"is on disk {disk} of a split archive, according to the central directory"
            oddities.append((FEATURE, message, DetectionStage.NEVER))
        if ONES in (entry.size, entry.packed_size, entry.offset):
            message = "has no zip64 field, although a size or the offset refers to one"
            oddities.append((FEATURE, message, DetectionStage.OPENING))
        for kind, message, stage in oddities:
            notes.add(kind, f"{quoted(entry.path)} {message}", entry.path, self.start + position, stage)
        return entry


def _wide_offset(data: bytes, position: int, extra: bytes) -> int:
    """Return the offset in the zip64 field, which follows the sizes that the field contains."""
    packed_size, size = int.from_bytes(data[position + 20 : position + 24], "little"), 0
    size = int.from_bytes(data[position + 24 : position + 28], "little")
    at = 8 * ((size == ONES) + (packed_size == ONES))
    field = next((value for tag, value in extra_fields(extra) if tag == ZIP64), b"")
    return int.from_bytes(field[at : at + 8], "little") if len(field) >= at + 8 else ONES


def _has_no_disk(extra: bytes) -> bool:
    """Return whether the zip64 field ends with the number of the first disk."""
    field = next((value for tag, value in extra_fields(extra) if tag == ZIP64), b"")
    return len(field) % 8 == 4 and field.endswith(bytes(4))


def _decoded(raw: bytes, flags: int) -> tuple[str, list[Oddity]]:
    """Return the name as the standard library reads it, and its anomalies."""
    odd: list[Oddity] = []
    if flags & UTF8_NAME or raw.isascii():
        text, complaint = readable(raw)
    else:
        text, complaint = readable(raw, "cp437")
        if readable(raw)[1] is None:
            message = "has a UTF-8 name that is not marked as UTF-8; readers decode it differently"
            odd.append((AMBIGUOUS, message, DetectionStage.OPENING))
        else:
            complaint = complaint or "is not UTF-8 text"
    if complaint:
        odd.append((AnomalyKind.INVALID_NAME, f"has a name that {complaint}", _name_notice(raw, flags)))
    return text, odd


def _name_notice(raw: bytes, flags: int) -> DetectionStage:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return DetectionStage.CRASH if flags & UTF8_NAME else DetectionStage.OPENING
    return DetectionStage.OPENING if has_controls(raw) else DetectionStage.NEVER


def _judge_extra(entry: CentralEntry, extra: bytes) -> list[Oddity]:
    """Apply the extra fields to an entry, and return their anomalies."""
    odd: list[Oddity] = []
    seen: set[int] = set()
    length = 0
    for tag, value in extra_fields(extra):
        length += 4 + len(value)
        if tag in seen and tag in (ZIP64, UNICODE_PATH):
            message = f"has the extra field 0x{tag:04x} twice in the central directory"
            odd.append((FEATURE, message, DetectionStage.NEVER))
        elif tag == ZIP64:
            odd += _widen(entry, value)
        elif tag == UNICODE_PATH:
            odd += _rename(entry, value)
        seen.add(tag)
    if length != len(extra):
        rest = len(extra) - length
        message = f"has an incomplete extra field in the central directory ({rest} bytes)"
        odd.append((FEATURE, message, DetectionStage.OPENING if rest >= 4 else DetectionStage.NEVER))
    return odd


def _widen(entry: CentralEntry, field: bytes) -> Iterator[Oddity]:
    """Read the numbers that do not fit into the entry from the zip64 field."""
    numbers = [int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field) - 7, 8)]
    own = {"size": entry.size, "packed_size": entry.packed_size}
    wanted = [name for name, value in own.items() if value == ONES]
    for name in wanted:
        if not numbers:
            return  # `Central.entry` notes this, also for entries without the field
        setattr(entry, name, numbers.pop(0))
    # Some writers repeat numbers of the entry in the field; they must agree.
    repeated = [value for name, value in own.items() if name not in wanted]
    if any(number not in (*repeated, entry.offset) for number in numbers):
        message = (
            "has numbers in its zip64 field that the entry does not need and that contradict the entry: "
            f"{', '.join(map(str, numbers))}"
        )
        yield AMBIGUOUS, message, DetectionStage.NEVER
    if len(field) % 8 not in (0, 4):
        yield FEATURE, f"has a zip64 field of {len(field)} bytes, an invalid length", DetectionStage.NEVER


def _rename(entry: CentralEntry, field: bytes) -> Iterator[Oddity]:
    """Read the name from the Unicode path field if the standard library does."""
    other, odd = judge_unicode_path(field, entry.name, is_local=False)
    yield from odd
    if other and other != entry.name:
        text = readable(other)[0]
        message = (
            f"has the name {quote(text)} in its Unicode path field, but {quote(entry.text)} in the entry "
            "itself; newer readers, such as that of Python 3.13, use the former, others the latter"
        )
        yield AMBIGUOUS, message, DetectionStage.NEVER
        entry.text, entry.path = text, without_final_slash(text)


@lru_cache(maxsize=256)
def _seconds(stamp: int) -> float | None:
    """Return the seconds since 1970 of an MS-DOS time, read as UTC; None if the date is invalid."""
    day, month, year = stamp >> 16 & 31, stamp >> 21 & 15, 1980 + (stamp >> 25)
    # The fields allow larger numbers: 4 bits for the month, 5 for the day.
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return float(timegm((year, month, day, stamp >> 11 & 31, stamp >> 5 & 63, (stamp & 31) * 2)))
