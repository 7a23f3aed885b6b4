"""The end records of a zip archive, which locate the central directory, and their contradictions.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.14 to 4.3.16.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from pkgaudit.archive.raw import Notes, Source
from pkgaudit.model.entry import AnomalyKind, DetectionStage

LARGEST_DIRECTORY = 64 << 20
"""Largest central directory (bytes) that is read; the reader keeps all of it in memory.

An entry has about 100 bytes, so this is enough for 600,000 members, three times as many as `Limits` allows.
"""

_END = Struct("<4s4H2LH")
_END64 = Struct("<4sQ2H2L4Q")
_LOCATOR = Struct("<4sLQL")
_LONGEST_COMMENT = (1 << 16) - 1
"""Largest comment of an archive, in bytes: its length field has two bytes (APPNOTE, 4.3.16)."""

_NO_EXTENSION = _END64.size - 12
_ONES16, _ONES32 = 0xFFFF, 0xFFFFFFFF

AMBIGUOUS, FEATURE, OUTSIDE = (
    AnomalyKind.AMBIGUOUS,
    AnomalyKind.UNSUPPORTED_FEATURE,
    AnomalyKind.OUTSIDE_MEMBERS,
)


class BadRecordError(Exception):
    """An invalid record; its message is that of the anomaly."""


@dataclass(slots=True)
class _End:
    """The position and the fields of an end record, plain or zip64; positions and sizes are in bytes."""

    position: int
    disk: int
    first_disk: int
    here: int
    count: int
    size: int
    offset: int


@dataclass(slots=True)
class Directory:
    """The position of the central directory, and its description in the end records.

    The central directory starts at byte ``start`` of the file, and the end records start at ``limit``.
    ``stated_offset`` counts from the start of the archive. If other data precedes the archive, this is not
    the start of the file.
    """

    start: int
    limit: int
    count: int
    size: int
    stated_offset: int


def looks_like_zip(source: Source) -> bool:
    """Return whether a file ends with an end record that leads to a central directory.

    Most tools read such a file as a zip archive, even if its first bytes belong to another format.
    """
    try:
        end = _last_record(source, Notes())
    except BadRecordError:
        return False
    if not (end.count or end.size or end.offset):
        return True
    return end.disk == end.first_disk and signature(source, end.position - end.size) == b"PK\1\2"


def ends_as_zip(source: Source) -> bool:
    """Return whether a file ends like a zip archive with members.

    This is stricter than `looks_like_zip`, because programs that read zips contain the signatures as strings.
    """
    try:
        end = _last_record(source, Notes())
    except BadRecordError:
        return False
    places = (end.position - end.size, end.offset)
    return end.count > 0 and any(signature(source, place) == b"PK\1\2" for place in places)


def signature(source: Source, offset: int) -> bytes:
    """Return the four bytes at ``offset``, fewer at the end of the file."""
    if not 0 <= offset < source.seek(0, 2):  # a seek far beyond the end of a file fails
        return b""
    source.seek(offset)
    return source.read(4)


def find_directory(source: Source, notes: Notes) -> Directory:
    """Return the position of the central directory of ``source``, and note where the end records disagree.

    Raises:
        BadRecordError: the end record is missing or impossible.

    """
    end = _last_record(source, notes)
    if end.count and not end.size:
        raise BadRecordError(f"the central directory is empty, but has {end.count} entries by the end record")
    before = end.position - end.size
    places = [
        place
        for place in (before, end.offset)
        if place < end.position and signature(source, place) == b"PK\1\2"
    ]
    if end.size == 0:
        start = end.position
    elif not places:
        raise BadRecordError(
            "the archive has no central directory, neither at the offset in the end record "
            f"(byte {end.offset}) nor at the position that follows from its size (byte {before})"
        )
    else:
        start = places[0]
        if len(places) == 2 and before != end.offset:
            text = (
                f"the archive has two central directories: one at byte {end.offset}, the offset in the end "
                f"record, and one at byte {before}, which follows from the size of {end.size} bytes; "
                "readers differ in which one they use"
            )
            notes.add(AMBIGUOUS, text, offset=before)
    size = end.position - start
    if size > LARGEST_DIRECTORY:
        raise BadRecordError(
            f"the central directory has {size} bytes; pkgaudit reads at most {LARGEST_DIRECTORY}"
        )
    return Directory(start, end.position, end.count, end.size, end.offset)


def _last_record(source: Source, notes: Notes) -> _End:
    """Return the content of the end records combined; ``position`` is the start of the first of them."""
    length = source.seek(0, 2)
    start = max(0, length - _END.size - _LONGEST_COMMENT)
    source.seek(start)
    tail = source.read(length - start)
    at = len(tail) - _END.size
    # The order of the standard library: first an end record without a comment, else the last record.
    if at < 0 or tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6")
        if at < 0:
            raise BadRecordError("the file is not a zip archive: it has no end-of-central-directory record")
    if at + _END.size > len(tail):
        raise BadRecordError("the archive is cut off inside its end-of-central-directory record")
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(tail, at)
    end = _End(start + at, disk, first_disk, here, count, size, offset)
    after = end.position + _END.size + comment
    notes.add_comment(tail[at + _END.size :][:comment])
    if after > length:
        notes.add(AnomalyKind.UNREADABLE, "the archive is cut off inside its comment", offset=length)
    elif after < length:
        text = f"the archive ends at byte {after}, but {length - after} other bytes follow it"
        notes.add(OUTSIDE, text, offset=after)
    wide = _zip64_record(source, end, notes)
    if wide is None and _ONES32 in (size, offset):
        raise BadRecordError("the end record refers to a zip64 end record, which is missing")
    _judge_disks(wide or end, notes)
    for each in (end, wide):
        if each is not None and each.here != each.count:
            text = f"the end record counts {each.here} members on this disk and {each.count} in all"
            notes.add(AMBIGUOUS, text, offset=each.position)
    return wide or end


def _judge_disks(end: _End, notes: Notes) -> None:
    """Note that the archive is a part of a split archive."""
    if end.disk != end.first_disk:
        text = (
            f"the archive is a part of a split archive: its end record is on disk {end.disk}, "
            f"and its central directory starts on disk {end.first_disk}"
        )
        notes.add(FEATURE, text, offset=end.position)
    elif end.disk:
        text = f"the archive is disk {end.disk} of a split archive, according to its end record"
        notes.add(FEATURE, text, offset=end.position, stage=DetectionStage.NEVER)


def _zip64_record(source: Source, end: _End, notes: Notes) -> _End | None:
    """Return the zip64 end record, None if it is missing, and note contradictions to it."""
    locator = end.position - _LOCATOR.size
    if signature(source, locator) != b"PK\6\7":
        return None
    source.seek(locator)
    _, disk, stated, disks = _LOCATOR.unpack(source.read(_LOCATOR.size))
    if disk or disks > 1:
        text = f"the archive is a part of a split archive: its zip64 locator refers to disk {disk} of {disks}"
        notes.add(FEATURE, text, offset=locator)
    before = locator - _END64.size
    found = [
        position
        for position in dict.fromkeys((stated, before))
        if position + _END64.size <= locator and signature(source, position) == b"PK\6\6"
    ]
    if not found:
        raise BadRecordError(f"the zip64 locator at byte {locator} refers to a missing end record")
    position = found[0]
    source.seek(position)
    _, length, _, _, *numbers = _END64.unpack(source.read(_END64.size))
    wide = _End(position, *numbers)
    # If other data precedes the archive, the offset in the locator is off by as much as all other offsets.
    shift = position - wide.size - wide.offset
    if len(found) == 2:
        text = f"the archive has two zip64 end records, at byte {stated} and at byte {before}"
        notes.add(AMBIGUOUS, text, offset=locator)
    elif stated not in (position, position - shift):
        text = f"the zip64 end record is at byte {position}, but at byte {stated} by the zip64 locator"
        notes.add(AMBIGUOUS, text, offset=locator)
    if length != _NO_EXTENSION:
        text = f"the zip64 end record has extension data: it declares {length} bytes, not {_NO_EXTENSION}"
        notes.add(FEATURE, text, offset=position)
    if position != before and position + 12 + length != locator:
        text = f"the archive has {before - position} bytes between the zip64 end record and its locator"
        notes.add(OUTSIDE, text, offset=position + _END64.size)
    for field, narrow, broad, ones in (
        ("number of this disk", end.disk, wide.disk, _ONES16),
        ("disk where the central directory starts", end.first_disk, wide.first_disk, _ONES16),
        ("number of members on this disk", end.here, wide.here, _ONES16),
        ("number of members", end.count, wide.count, _ONES16),
        ("size of the central directory", end.size, wide.size, _ONES32),
        ("offset of the central directory", end.offset, wide.offset, _ONES32),
    ):
        if narrow not in (ones, broad):
            text = (
                f"the two end records disagree on the {field}: the plain one has {narrow}, the zip64 one "
                f"{broad}; readers that support zip64 use the latter, others the former"
            )
            notes.add(AMBIGUOUS, text, offset=end.position, stage=DetectionStage.NEVER)
    return wide
