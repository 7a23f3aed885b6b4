"""The records around a zip member's data, held against its central entry, and what lies between members.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.5.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from pkgaudit.archive.names import quote
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.zip_central import SIZE as CENTRAL_SIZE
from pkgaudit.archive.zip_central import UTF8_NAME, Central, CentralEntry
from pkgaudit.archive.zip_data import Buffer
from pkgaudit.archive.zip_end import AMBIGUOUS, FEATURE, OUTSIDE
from pkgaudit.archive.zip_extra import ONES, UNICODE_PATH, ZIP64, Oddity, extra_fields, judge_unicode_path
from pkgaudit.model.entry import AnomalyKind, DetectionStage

SIZE = 30
"""The length (bytes) of a local header without its name and extra fields."""

DESCRIPTOR = 1 << 3
"""The flag of a member whose checksum and sizes stand behind its data."""

SIGNATURE = b"PK\5\5"
"""What a digital signature of the central directory begins with; it stands at its end."""

MOST_STRAYS = 20
"""How many records that belong to no member are told one by one; chosen: they mostly have one cause."""

_FARTHEST = 1 << 63  # where no file can be sought
_LOCAL = Struct("<4s5H3L2H")
_ZIP64_LENGTHS = (0, 8, 16, 24, 28)
"""The lengths of a zip64 field that PyPI accepts (warehouse/utils/zipfiles.py).

They are those of up to three numbers of eight bytes, for sizes and offset, and of four more for the disk.
"""

_BOTH = (
    "its local header gives the {}, the central directory {}: "
    "readers that go from front to back follow the former, pip the latter"
)

_STREAMED = (
    "its sizes stand in a data descriptor behind its data, as in an archive that was written to a pipe: "
    "readers that go from front to back must guess where it ends"
)


@dataclass(slots=True)
class Local:
    """Where a member's data starts, where its records end, and whether both headers tell the same sizes."""

    start: int
    end: int
    agrees: bool = True


@dataclass(slots=True)
class _Header:
    """The numbers of a local header, those of its zip64 field included."""

    flags: int
    method: int
    stamp: int
    crc: int
    packed_size: int
    size: int


def read_local(entry: CentralEntry, offset: int, limit: int, buffer: Buffer, notes: Notes) -> Local | None:
    """Return what stands at the place of a member, None if it is no local header; note what disagrees.

    ``offset`` is where the header should be, ``limit`` where the central directory starts.
    """
    size = SIZE + len(entry.name)
    header = buffer.bytes(offset, size) if 0 <= offset <= limit - SIZE else b""
    if header[:4] != b"PK\3\4" or len(header) < SIZE:
        text = (
            f"the central directory lists it, but there is no local header at byte {offset}: "
            "readers that go from front to back don't see it"
        )
        stage = DetectionStage.OPENING if offset < _FARTHEST else DetectionStage.READING_CRASH
        notes.add(AMBIGUOUS, text, entry.path, stage=stage, unread=True)
        return None
    extra_length = header[28] | header[29] << 8
    # Nearly always the two headers hold the same bytes.
    if (
        not extra_length
        and not entry.flags & DESCRIPTOR
        and header[4:28] == entry.common
        and header[SIZE:] == entry.name
        and entry.packed_size != ONES
        and entry.size != ONES
    ):
        start = offset + size
        return Local(start, start + entry.packed_size)
    return _judged(entry, offset, buffer, notes)


def _judged(entry: CentralEntry, offset: int, buffer: Buffer, notes: Notes) -> Local:
    header = buffer.bytes(offset, SIZE)
    _, _, flags, method, time, date, crc, packed_size, size, name_length, extra_length = _LOCAL.unpack(header)
    rest = buffer.bytes(offset + SIZE, name_length + extra_length)
    name, extra = rest[:name_length], rest[name_length:]
    local = _Header(flags, method, date << 16 | time, crc, packed_size, size)
    start = offset + SIZE + name_length + extra_length
    found = Local(start, start + entry.packed_size, agrees=ONES not in (entry.packed_size, entry.size))
    oddities: list[Oddity] = []
    if name != entry.name:
        message = (
            f"its local header calls it {quote(name)}, the central directory {quote(entry.name)}: "
            "readers that go from front to back take the former, pip the latter"
        )
        oddities.append((AMBIGUOUS, message, DetectionStage.OPENING))
        if not _is_utf8(name):
            message = f"the name in its local header, {quote(name)}, is not UTF-8"
            oddities.append((AnomalyKind.INVALID_NAME, message, DetectionStage.OPENING))
    if extra:
        oddities += _judge_extra(local, entry, extra)
    oddities += _judge_numbers(local, entry, found)
    if flags & DESCRIPTOR:
        oddities.append((FEATURE, _STREAMED, DetectionStage.OPENING))
        if found.agrees:
            oddities += _judge_descriptor(entry, found, buffer)
    for kind, message, stage in oddities:
        notes.add(kind, message, entry.path, offset, stage, unread=kind is AMBIGUOUS and not found.agrees)
    return found


def _judge_extra(local: _Header, entry: CentralEntry, extra: bytes) -> Iterator[Oddity]:
    """Take the sizes of the zip64 field, and yield what is odd about the extra fields."""
    seen: set[int] = set()
    length = 0
    for tag, value in extra_fields(extra):
        length += 4 + len(value)
        if tag in seen and tag in (ZIP64, UNICODE_PATH):
            yield FEATURE, f"its local header has the extra field 0x{tag:04x} twice", DetectionStage.OPENING
        elif tag == ZIP64:
            yield from _widen(local, value)
        elif tag == UNICODE_PATH:
            other, odd = judge_unicode_path(value, entry.name, is_local=True)
            yield from odd
            if other and other != entry.text.encode():
                message = (
                    f"the Unicode path field of its local header gives it the name {quote(other)}, "
                    f"the central directory {quote(entry.text)}"
                )
                yield AMBIGUOUS, message, DetectionStage.NEVER
        seen.add(tag)
    if length != len(extra):
        rest = len(extra) - length
        yield (
            FEATURE,
            f"an extra field of its local header isn't whole ({rest} bytes)",
            DetectionStage.OPENING,
        )


def _widen(local: _Header, field: bytes) -> Iterator[Oddity]:
    """Take the sizes that the zip64 field of a local header gives."""
    length = len(field)
    numbers = [int.from_bytes(field[at : at + 8], "little") for at in range(0, length - 7, 8)]
    if length not in _ZIP64_LENGTHS:
        yield FEATURE, f"the zip64 field of its local header is {length} bytes long", DetectionStage.OPENING
        return
    if not numbers:
        if ONES in (local.size, local.packed_size):
            yield (
                FEATURE,
                "the zip64 field of its local header is empty, yet referred to",
                DetectionStage.OPENING,
            )
        return
    if len(numbers) == 1:
        if local.method:
            message = "the zip64 field of its local header gives one size, and a packed member has two"
            yield FEATURE, message, DetectionStage.OPENING
            return
        numbers *= 2
    for name, number in zip(("size", "packed_size"), numbers, strict=False):
        narrow = getattr(local, name)
        if narrow not in (ONES, number):
            what = name.replace("_", " ")
            message = f"its local header gives the {what} {narrow}, the zip64 field of the same {number}"
            yield AMBIGUOUS, message, DetectionStage.NEVER if name == "size" else DetectionStage.OPENING
        if narrow == ONES or name == "packed_size":
            setattr(local, name, number)


def _judge_numbers(local: _Header, entry: CentralEntry, found: Local) -> Iterator[Oddity]:
    """Yield how the numbers of the two headers differ."""
    # Of a streamed member the local header may leave the numbers to the data descriptor.
    streamed = local.flags & DESCRIPTOR
    for name, here, there in (
        ("packed size", local.packed_size, entry.packed_size),
        ("size", local.size, entry.size),
    ):
        if here != there and not (streamed and here == 0):
            found.agrees = False
            yield AMBIGUOUS, _BOTH.format(f"{name} {here}", there), DetectionStage.OPENING
    if local.crc != entry.crc and not (streamed and local.crc == 0):
        message = _BOTH.format(f"checksum {local.crc:08x}", f"{entry.crc:08x}")
        yield AMBIGUOUS, message, DetectionStage.NEVER
    if local.method != entry.method:
        message = _BOTH.format(f"compression method {local.method}", entry.method)
        yield AMBIGUOUS, message, DetectionStage.NEVER
    if local.flags != entry.flags:
        message = _BOTH.format(f"flags 0x{local.flags:04x}", f"0x{entry.flags:04x}")
        # The same bytes are then two names, which a reader compares before it reads.
        is_other_name = (local.flags ^ entry.flags) & UTF8_NAME and not entry.name.isascii()
        yield AMBIGUOUS, message, DetectionStage.READING if is_other_name else DetectionStage.NEVER
    if local.stamp.to_bytes(4, "little") != entry.common[6:10]:
        message = "its local header and the central directory give different times of its last change"
        yield AMBIGUOUS, message, DetectionStage.NEVER


def _judge_descriptor(entry: CentralEntry, found: Local, buffer: Buffer) -> Iterator[Oddity]:
    """Find the data descriptor, and yield where it contradicts the central directory."""
    data = buffer.bytes(found.end, 26)
    # The sizes have 4 or 8 bytes, and only what follows tells which; the mark in front may be missing.
    lengths = [
        len(wanted)
        for width in (8, 4)
        for mark in (b"PK\7\x08", b"")
        if data.startswith(wanted := mark + _numbers(entry, width))
    ]
    if lengths:
        found.end += next((length for length in lengths if data.startswith(b"PK", length)), lengths[0])
        return
    if data[:4] == b"PK\7\x08":
        found.end += 16
        message = "its data descriptor and the central directory give different numbers"
    else:
        message = "no data descriptor stands behind its data, where one should be"
    yield AMBIGUOUS, message, DetectionStage.OPENING


def _numbers(entry: CentralEntry, width: int) -> bytes:
    """Return the checksum and the sizes of an entry as a data descriptor holds them."""
    fields = ((entry.crc, 4), (entry.packed_size, width), (entry.size, width))
    return b"".join(number.to_bytes(8, "little")[:length] for number, length in fields)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def judge_gap(start: int, end: int, central: Central, buffer: Buffer, notes: Notes) -> None:
    """Note what stands between ``start`` and ``end``, where no record of a listed member is."""
    for _ in range(MOST_STRAYS):
        if start >= end:
            return
        start += _stray(start, end, central, buffer, notes)
    if start < end:
        notes.add(OUTSIDE, f"{end - start} more bytes from byte {start} on belong to no member", offset=start)


def _stray(start: int, end: int, central: Central, buffer: Buffer, notes: Notes) -> int:
    """Note the record, or the bytes, at ``start``, and return how long it is."""
    size = end - start
    head = buffer.bytes(start, min(size, SIZE))
    mark = head[:4]
    if mark == b"PK\3\4" and size >= SIZE:
        return _hidden_member(start, end, central, buffer, notes)
    if mark == b"PK\1\2" and size >= CENTRAL_SIZE:
        length = CENTRAL_SIZE + sum(int.from_bytes(head[at : at + 2], "little") for at in (28, 30))
        length += int.from_bytes(buffer.bytes(start + 32, 2), "little")
        name = buffer.bytes(start + CENTRAL_SIZE, int.from_bytes(head[28:30], "little"))
        text = f"at byte {start} stands an entry of another central directory, for {quote(name)}"
        notes.add(AMBIGUOUS, f"{text}: readers differ in which directory they take", offset=start)
        return length
    # The fixed lengths of an end record, of a zip64 one and of its locator (APPNOTE, 4.3.14 to 4.3.16).
    if mark == b"PK\5\6" and size >= 22:
        text = f"at byte {start} stands the end record of another archive"
        notes.add(OUTSIDE, f"{text}: readers that go from front to back stop there", offset=start)
        return 22 + int.from_bytes(head[20:22], "little")
    if mark == b"PK\6\6" and size >= 56:  # of which twelve are not in the length that it states
        text = f"at byte {start} stands a zip64 end record that no locator refers to"
        notes.add(AMBIGUOUS, f"{text}: some readers take it, pip does not", offset=start)
        return 12 + int.from_bytes(head[4:12], "little")
    if mark == b"PK\6\7" and size >= 20:  # the locator
        text = f"at byte {start} stands a zip64 locator that belongs to no end record"
        notes.add(AMBIGUOUS, f"{text}: readers differ in whether they follow it", offset=start)
        return 20
    if start == 0 and mark in (b"PK\7\x08", b"PK00"):
        notes.add(OUTSIDE, "the mark of a split archive stands at byte 0", offset=0)
        return 4
    for known, what, length in (
        (b"PK\7\x08", "a data descriptor that no member announces", 16),
        (SIGNATURE, "a digital signature of the archive", 6 + int.from_bytes(head[4:6], "little")),
        (b"PK\6\x08", "a record of extra data for the archive", 8 + int.from_bytes(head[4:8], "little")),
    ):
        if mark == known:
            notes.add(FEATURE, f"at byte {start} stands {what}", offset=start)
            return min(length, size)
    where = "in front of the first member" if start == 0 else "between the records"
    text = f"{size} bytes that belong to no record stand {where}, from byte {start} to {end}"
    notes.add(OUTSIDE, f"{text}: pip skips them, readers that go from front to back stop there", offset=start)
    return size


def _hidden_member(start: int, end: int, central: Central, buffer: Buffer, notes: Notes) -> int:
    _, _, flags, method, _, _, _, packed_size, size, name_length, extra_length = _LOCAL.unpack(
        buffer.bytes(start, SIZE)
    )
    rest = buffer.bytes(start + SIZE, name_length + extra_length)
    local = _Header(flags, method, 0, 0, packed_size, size)
    for tag, value in extra_fields(rest[name_length:]):
        if tag == ZIP64:
            list(_widen(local, value))
    name = rest[:name_length]
    kind = AnomalyKind.DUPLICATE if central.lists(name) else AMBIGUOUS
    text = (
        f"at byte {start} stands a member {quote(name)} that the central directory does not list: "
        "readers that go from front to back unpack it, pip does not see it"
    )
    notes.add(kind, text, offset=start)
    return min(SIZE + len(rest) + local.packed_size, end - start) if not flags & DESCRIPTOR else end - start
