"""The records of a zip archive: the end record, and the entries of the central directory.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.3.
"""

from __future__ import annotations

import zlib
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

from pkgaudit.archive.names import quote, readable
from pkgaudit.archive.raw import Notes, Source
from pkgaudit.model.entry import AnomalyKind

LARGEST_DIRECTORY = 64 << 20
"""The most bytes of a central directory that are read; it is held in memory whole."""

_END = Struct("<4s4H2LH")
_END64 = Struct("<4sQ2H2L4Q")
_LOCATOR = Struct("<4sLQL")
_CENTRAL = Struct("<4s4B2HL3L5H2L")
_EXTRA = Struct("<HH")
_LONGEST_COMMENT = (1 << 16) - 1
_ALL_ONES = 0xFFFFFFFF
_UNIX_SYSTEMS = (3, 19)  # Unix, OS X
_NEWEST_VERSION = 63  # 6.3, the version that the standard library's reader knows

_UTF8_NAME = 1 << 11
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075


class BadRecordError(Exception):
    """A record that makes no sense; the message is the note."""


@dataclass(slots=True)
class Directory:
    """Where the central directory is, in bytes. ``shift`` is to be added to the offsets in it."""

    start: int
    size: int
    shift: int


@dataclass(slots=True)
class CentralEntry:
    """A file header of the central directory.

    ``name`` is as stored, ``text`` what a reader makes of it, with its final slash. ``mode`` is
    None unless made on Unix. ``oddities`` wait for the path to be noted with.
    """

    name: bytes
    text: str
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int
    mode: int | None
    mtime: float | None
    oddities: list[tuple[AnomalyKind, str]]


def looks_like_zip(source: Source) -> bool:
    """Whether a file ends as a zip archive does, with an end record that leads to a central directory.

    That is what makes a file a zip archive for most tools, whatever it begins with.
    """
    try:
        directory = find_directory(source, Notes())
    except BadRecordError:
        return False
    source.seek(directory.start)
    return source.read(4) == b"PK\1\2"


def find_directory(source: Source, notes: Notes) -> Directory:
    """Return where the central directory of ``source`` is.

    Raises:
        BadRecordError: there is no end record, or what it says can't be.

    """
    length = source.seek(0, 2)
    start = max(0, length - _END.size - _LONGEST_COMMENT)
    source.seek(start)
    tail = source.read(length - start)
    at = len(tail) - _END.size
    # As the standard library does: first an end record without comment, else the last one.
    if at < 0 or tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6")
        if at < 0:
            raise BadRecordError("not a zip archive: no end-of-central-directory record")
    if at + _END.size > len(tail):
        raise BadRecordError("the archive is cut off inside its end-of-central-directory record")
    *_, count, size, offset, comment = _END.unpack_from(tail, at)
    end = start + at
    if end + _END.size + comment > length:
        notes.add(AnomalyKind.UNREADABLE, "the archive is cut off inside its comment", offset=length)
    zip64 = _zip64_record(source, end, notes)
    if zip64 is not None:
        end, wide_size, wide_offset = zip64
        for narrow, wide, what in ((size, wide_size, "size"), (offset, wide_offset, "offset")):
            if narrow not in (_ALL_ONES, wide):
                text = (
                    f"the two end records tell a different {what} of the central directory: {narrow}, {wide}"
                )
                notes.add(AnomalyKind.AMBIGUOUS, text, offset=end)
        size, offset = wide_size, wide_offset
    elif _ALL_ONES in (size, offset):
        raise BadRecordError("the end record refers to a zip64 end record, which is missing")
    if count and not size:
        raise BadRecordError(f"the central directory should have {count} entries, but is empty")
    if size > end:
        raise BadRecordError(f"the central directory can't be {size} bytes long in a file of {length} bytes")
    if size > LARGEST_DIRECTORY:
        raise BadRecordError(
            f"the central directory is {size} bytes long, {LARGEST_DIRECTORY} are read at most"
        )
    return _locate(source, Directory(end - size, size, end - size - offset), offset, notes)


def _locate(source: Source, before: Directory, stated: int, notes: Notes) -> Directory:
    """Choose between the directory right before the end record and the one where it is said to be.

    They differ if something was put before the archive or between the two. The standard library
    takes the first, others the second.
    """
    if before.shift == 0 or before.size == 0:
        return before
    found = [
        _signature(source, position, before.start + before.size) == b"PK\1\2"
        for position in (before.start, stated)
    ]
    text = f"by its offset the central directory is at byte {stated}, by its size at byte {before.start}"
    if all(found):
        notes.add(AnomalyKind.AMBIGUOUS, f"{text}, and there is one at both", offset=before.start)
    elif found[1]:
        notes.add(AnomalyKind.AMBIGUOUS, text, offset=before.start)
        return Directory(stated, before.size, 0)
    return before


def _signature(source: Source, offset: int, end: int) -> bytes:
    if not 0 <= offset <= end:  # a seek far beyond the end of a file fails
        return b""
    source.seek(offset)
    return source.read(4)


def _zip64_record(source: Source, end: int, notes: Notes) -> tuple[int, int, int] | None:
    """Return position, directory size and directory offset of the zip64 end record, if there is one."""
    locator = end - _LOCATOR.size
    if locator < 0 or _signature(source, locator, end) != b"PK\6\7":
        return None
    source.seek(locator)
    stated = _LOCATOR.unpack(source.read(_LOCATOR.size))[2]
    before = locator - _END64.size
    found = [position for position in (before, stated) if _signature(source, position, end) == b"PK\6\6"]
    if not found:
        raise BadRecordError(f"the zip64 locator at byte {locator} refers to an end record that isn't there")
    if len(found) == 2 and before != stated:
        text = f"there is a zip64 end record at byte {before} and one at byte {stated}"
        notes.add(AnomalyKind.AMBIGUOUS, text, offset=locator)
    source.seek(found[0])
    record = source.read(_END64.size)
    if len(record) < _END64.size:
        raise BadRecordError("the archive is cut off inside its zip64 end record")
    *_, size, offset = _END64.unpack(record)
    return found[0], size, offset


def central_entries(data: bytes, directory: Directory, notes: Notes) -> Iterator[CentralEntry]:
    """Yield the entries in the bytes of a central directory, and stop, after a note, where they end.

    Raises:
        BadRecordError: what follows isn't an entry, or isn't whole.

    """
    position, end = 0, len(data)
    while position < end:
        where = directory.start + position
        after = position + _CENTRAL.size
        if data[position : position + 4] != b"PK\1\2":
            raise BadRecordError(
                f"there is no entry of the central directory at byte {where}, where one should be"
            )
        if after > end:
            raise BadRecordError(f"the central directory is cut off inside the entry at byte {where}")
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
            _,
            _,
            attributes,
            offset,
        ) = _CENTRAL.unpack_from(data, position)
        position = after + name_length + extra_length + comment_length
        if position > end:
            raise BadRecordError(f"the central directory is cut off inside the entry at byte {where}")
        name = data[after : after + name_length]
        mode = attributes >> 16 if system in _UNIX_SYSTEMS else 0
        entry = CentralEntry(
            name, "", flags, method, crc, packed_size, size, offset, mode or None, _seconds(stamp), []
        )
        if version > _NEWEST_VERSION:
            text = f"it asks for a reader of zip version {version // 10}.{version % 10}"
            entry.oddities.append((AnomalyKind.UNSUPPORTED_FEATURE, text))
        name_start = after + name_length
        fields = (
            dict(_extra_fields(data[name_start : name_start + extra_length], entry)) if extra_length else {}
        )
        if size == _ALL_ONES or packed_size == _ALL_ONES or offset == _ALL_ONES:
            _widen(entry, fields.get(_ZIP64, b""))
        _name(entry, fields.get(_UNICODE_PATH))
        entry.offset += directory.shift
        yield entry


def _extra_fields(extra: bytes, entry: CentralEntry) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(extra):
        tag, length = _EXTRA.unpack_from(extra, position)
        position += 4
        if position + length > len(extra):
            entry.oddities.append(
                (AnomalyKind.UNREADABLE, "an extra field in the central directory isn't whole")
            )
            return
        yield tag, extra[position : position + length]
        position += length


def _widen(entry: CentralEntry, field: bytes) -> None:
    """Take the numbers that don't fit from the zip64 field."""
    numbers = [int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field) - 7, 8)]
    for attribute in ("size", "packed_size", "offset"):
        if getattr(entry, attribute) == _ALL_ONES:
            if not numbers:
                text = "the zip64 field with its sizes or its offset is missing or isn't whole"
                entry.oddities.append((AnomalyKind.UNREADABLE, text))
                return
            setattr(entry, attribute, numbers.pop(0))


def _name(entry: CentralEntry, unicode_path: bytes | None) -> None:
    """Find out what the name of an entry is, as the standard library does."""
    raw, odd = entry.name, entry.oddities
    if entry.flags & _UTF8_NAME or raw.isascii():
        entry.text, complaint = readable(raw)
    else:
        entry.text, complaint = readable(raw, "cp437")
        if readable(raw)[1] is None:
            text = "its name is UTF-8 but isn't marked as such, so that readers take it for different names"
            odd.append((AnomalyKind.AMBIGUOUS, text))
    if unicode_path is not None:
        if len(unicode_path) < 5:
            odd.append((AnomalyKind.UNREADABLE, "its Unicode path field isn't whole"))
        elif unicode_path[0] == 1 and unicode_path[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
            other, problem = readable(unicode_path[5:])
            if unicode_path[5:] and other != entry.text:
                entry.text, complaint = other, problem
                text = "its Unicode path field gives it another name, which only some readers take"
                odd.append((AnomalyKind.AMBIGUOUS, text))
    if complaint:
        odd.append((AnomalyKind.INVALID_NAME, f"the name {quote(entry.text)} {complaint}"))


@lru_cache(maxsize=256)
def _seconds(stamp: int) -> float | None:
    """Return the seconds since 1970 of an MS-DOS time, taken as UTC; None if there is no such date."""
    day, month, year = stamp >> 16 & 31, stamp >> 21 & 15, 1980 + (stamp >> 25)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return float(timegm((year, month, day, stamp >> 11 & 31, stamp >> 5 & 63, (stamp & 31) * 2)))
