"""The end of a zip archive: the records that tell where its central directory is, judged against each other.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.14 to 4.3.16.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from pkgaudit.archive.raw import Notes, Source
from pkgaudit.model.entry import AnomalyKind, DetectionStage

LARGEST_DIRECTORY = 64 << 20
"""The most bytes of a central directory that are read; it is held in memory whole.

An entry has some 100 bytes, so that these are 600,000 members, three times what `Limits` lets be read.
"""

_END = Struct("<4s4H2LH")
_END64 = Struct("<4sQ2H2L4Q")
_LOCATOR = Struct("<4sLQL")
_LONGEST_COMMENT = (1 << 16) - 1
"""The bytes that the comment of an archive may have: its length has two bytes (APPNOTE, 4.3.16)."""

_NO_EXTENSION = _END64.size - 12
_ONES16, _ONES32 = 0xFFFF, 0xFFFFFFFF

AMBIGUOUS, FEATURE, OUTSIDE = (
    AnomalyKind.AMBIGUOUS,
    AnomalyKind.UNSUPPORTED_FEATURE,
    AnomalyKind.OUTSIDE_MEMBERS,
)


class BadRecordError(Exception):
    """A record that makes no sense; the message is the note."""


@dataclass(slots=True)
class _End:
    """An end record, plain or zip64; ``position`` and what it says, in bytes."""

    position: int
    disk: int
    first_disk: int
    here: int
    count: int
    size: int
    offset: int


@dataclass(slots=True)
class Directory:
    """The central directory: where it starts, where the end records begin, and what they say of it.

    ``stated_offset`` counts from where the archive begins, which is not the start of the file if
    something was put in front of it.
    """

    start: int
    limit: int
    count: int
    size: int
    stated_offset: int


def looks_like_zip(source: Source) -> bool:
    """Whether a file ends as a zip archive does, with an end record that leads to a central directory.

    That is what makes a file a zip archive for most tools, whatever it begins with.
    """
    try:
        end = _last_record(source, Notes())
    except BadRecordError:
        return False
    if not (end.count or end.size or end.offset):
        return True
    return end.disk == end.first_disk and signature(source, end.position - end.size) == b"PK\1\2"


def ends_as_zip(source: Source) -> bool:
    """Whether a file ends as a zip archive with members does, whatever it begins with.

    More is asked for than by `looks_like_zip`: programs that read zips have the marks of them as texts.
    """
    try:
        end = _last_record(source, Notes())
    except BadRecordError:
        return False
    places = (end.position - end.size, end.offset)
    return end.count > 0 and any(signature(source, place) == b"PK\1\2" for place in places)


def signature(source: Source, offset: int) -> bytes:
    """Return the four bytes at ``offset``, fewer where the file does not have them."""
    if not 0 <= offset < source.seek(0, 2):  # a seek far beyond the end of a file fails
        return b""
    source.seek(offset)
    return source.read(4)


def find_directory(source: Source, notes: Notes) -> Directory:
    """Return where the central directory of ``source`` is, and note where the end records disagree.

    Raises:
        BadRecordError: there is no end record, or what it says can't be.

    """
    end = _last_record(source, notes)
    if end.count and not end.size:
        raise BadRecordError(f"the central directory should have {end.count} entries, but is empty")
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
            f"the end record leads to no central directory, neither by its offset (byte {end.offset}) "
            f"nor by its size (byte {before})"
        )
    else:
        start = places[0]
        if len(places) == 2 and before != end.offset:
            text = (
                f"there is a central directory at byte {end.offset}, as the end record has it, and one at "
                f"byte {before}, as its size of {end.size} bytes has it: readers differ in which they take"
            )
            notes.add(AMBIGUOUS, text, offset=before)
    size = end.position - start
    if size > LARGEST_DIRECTORY:
        raise BadRecordError(
            f"the central directory is {size} bytes long, {LARGEST_DIRECTORY} are read at most"
        )
    return Directory(start, end.position, end.count, end.size, end.offset)


def _last_record(source: Source, notes: Notes) -> _End:
    """Return what the end records say together; ``position`` is where the first of them begins."""
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
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(tail, at)
    end = _End(start + at, disk, first_disk, here, count, size, offset)
    after = end.position + _END.size + comment
    notes.add_comment(tail[at + _END.size :][:comment])
    if after > length:
        notes.add(AnomalyKind.UNREADABLE, "the archive is cut off inside its comment", offset=length)
    elif after < length:
        text = f"the archive ends at byte {after}, {length - after} other bytes follow it"
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
    """Note what makes the archive a part of several."""
    if end.disk != end.first_disk:
        text = (
            f"the end record is said to be on disk {end.disk}, the central directory to start on disk "
            f"{end.first_disk}: a part of a split archive"
        )
        notes.add(FEATURE, text, offset=end.position)
    elif end.disk:
        text = f"the archive says that it is disk {end.disk} of a split archive"
        notes.add(FEATURE, text, offset=end.position, stage=DetectionStage.NEVER)


def _zip64_record(source: Source, end: _End, notes: Notes) -> _End | None:
    """Return the zip64 end record, None if there is none, and note what contradicts it."""
    locator = end.position - _LOCATOR.size
    if signature(source, locator) != b"PK\6\7":
        return None
    source.seek(locator)
    _, disk, stated, disks = _LOCATOR.unpack(source.read(_LOCATOR.size))
    if disk or disks > 1:
        text = f"the zip64 locator refers to disk {disk} of {disks}: a part of a split archive"
        notes.add(FEATURE, text, offset=locator)
    before = locator - _END64.size
    found = [
        position
        for position in dict.fromkeys((stated, before))
        if position + _END64.size <= locator and signature(source, position) == b"PK\6\6"
    ]
    if not found:
        raise BadRecordError(f"the zip64 locator at byte {locator} refers to an end record that isn't there")
    position = found[0]
    source.seek(position)
    _, length, _, _, *numbers = _END64.unpack(source.read(_END64.size))
    wide = _End(position, *numbers)
    # Before an archive with something in front of it, the locator is off by as much as all other offsets.
    shift = position - wide.size - wide.offset
    if len(found) == 2:
        text = f"there are two zip64 end records, at byte {stated} and at byte {before}"
        notes.add(AMBIGUOUS, text, offset=locator)
    elif stated not in (position, position - shift):
        text = f"the zip64 locator has the zip64 end record at byte {stated}, it is at byte {position}"
        notes.add(AMBIGUOUS, text, offset=locator)
    if length != _NO_EXTENSION:
        text = f"the zip64 end record declares {length} bytes and not {_NO_EXTENSION}: data of an extension"
        notes.add(FEATURE, text, offset=position)
    if position != before and position + 12 + length != locator:
        text = f"{before - position} bytes stand between the zip64 end record and its locator"
        notes.add(OUTSIDE, text, offset=position + _END64.size)
    for what, narrow, broad, ones in (
        ("number of this disk", end.disk, wide.disk, _ONES16),
        ("disk where the central directory starts", end.first_disk, wide.first_disk, _ONES16),
        ("number of members on this disk", end.here, wide.here, _ONES16),
        ("number of members", end.count, wide.count, _ONES16),
        ("size of the central directory", end.size, wide.size, _ONES32),
        ("offset of the central directory", end.offset, wide.offset, _ONES32),
    ):
        if narrow not in (ones, broad):
            text = (
                f"the two end records tell a different {what}: {narrow} and, in the zip64 one, {broad}; "
                "readers that know zip64 take the latter, others the former"
            )
            notes.add(AMBIGUOUS, text, offset=end.position, stage=DetectionStage.NEVER)
    return wide
