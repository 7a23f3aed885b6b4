"""The records around the data of a zip member, compared with its central entry, and bytes between members.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.5.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from pkgaudit.archive.names import quote
from pkgaudit.archive.raw import CHUNK, Notes
from pkgaudit.archive.zip_central import SIZE as CENTRAL_SIZE
from pkgaudit.archive.zip_central import UTF8_NAME, Central, CentralEntry
from pkgaudit.archive.zip_data import Buffer
from pkgaudit.archive.zip_end import AMBIGUOUS, FEATURE, OUTSIDE
from pkgaudit.archive.zip_extra import ONES, UNICODE_PATH, ZIP64, Oddity, extra_fields, judge_unicode_path
from pkgaudit.formatting import quoted
from pkgaudit.model.entry import AnomalyKind, DetectionStage

SIZE = 30
"""Size (bytes) of a local header without its name and extra fields."""

DESCRIPTOR = 1 << 3
"""The flag of a member whose checksum and sizes follow its data."""

SIGNATURE = b"PK\5\5"
"""The mark of the digital signature at the end of the central directory."""

MOST_STRAYS = 20
"""Records outside all members that are noted one by one; chosen, because they mostly have one cause."""

_DESCRIPTOR_SIZE = 16
"""Size (bytes) of a data descriptor with its mark (APPNOTE, 4.3.9)."""

_FARTHEST = 1 << 63  # the smallest offset to which no file can seek
_LOCAL = Struct("<4s5H3L2H")
_ZIP64_LENGTHS = (0, 8, 16, 24, 28)
"""The lengths of a zip64 field that PyPI accepts (warehouse/utils/zipfiles.py).

The field has up to three numbers of eight bytes, for the sizes and the offset, and four bytes for the disk.
"""

_BOTH = (
    "has the {} in its local header, but {} in the central directory; "
    "streaming readers use the former, pip uses the latter"
)

_STREAMED = (
    "has its sizes in a data descriptor after its data, as in an archive written to a pipe; "
    "streaming readers must guess where the data ends"
)


@dataclass(slots=True)
class Local:
    """The start of a member's data, the end of its records, and whether both headers agree on the sizes."""

    start: int
    end: int
    agrees: bool = True


@dataclass(slots=True)
class _Header:
    """The numbers of a local header, including those of its zip64 field."""

    flags: int
    method: int
    stamp: int
    crc: int
    packed_size: int
    size: int


def read_local(entry: CentralEntry, offset: int, limit: int, buffer: Buffer, notes: Notes) -> Local | None:
    """Return the local header of a member, None if it is missing, and note where it disagrees.

    ``offset`` is the stated position of the header, ``limit`` the start of the central directory.
    """
    size = SIZE + len(entry.name)
    header = buffer.bytes(offset, size) if 0 <= offset <= limit - SIZE else b""
    if header[:4] != b"PK\3\4" or len(header) < SIZE:
        text = (
            f"{quoted(entry.path)} is in the central directory but has no local header at byte {offset}; "
            "streaming readers do not see the member"
        )
        stage = DetectionStage.OPENING if offset < _FARTHEST else DetectionStage.READING_CRASH
        notes.add(AMBIGUOUS, text, entry.path, stage=stage, unread=True)
        return None
    extra_length = header[28] | header[29] << 8
    # The two headers nearly always have the same bytes.
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
        message = _BOTH.format(f"name {quote(name)}", quote(entry.name))
        oddities.append((AMBIGUOUS, message, DetectionStage.OPENING))
        if not _is_utf8(name):
            message = f"has the name {quote(name)} in its local header, which is not UTF-8"
            oddities.append((AnomalyKind.INVALID_NAME, message, DetectionStage.OPENING))
    if extra:
        oddities += _judge_extra(local, entry, extra)
    oddities += _judge_numbers(local, entry, found)
    if flags & DESCRIPTOR:
        oddities.append((FEATURE, _STREAMED, DetectionStage.OPENING))
        if found.agrees:
            oddities += _judge_descriptor(entry, found, buffer)
    for kind, message, stage in oddities:
        unread = kind is AMBIGUOUS and not found.agrees
        notes.add(kind, f"{quoted(entry.path)} {message}", entry.path, offset, stage, unread=unread)
    return found


def _judge_extra(local: _Header, entry: CentralEntry, extra: bytes) -> Iterator[Oddity]:
    """Apply the sizes of the zip64 field, and yield the anomalies of the extra fields."""
    seen: set[int] = set()
    length = 0
    for tag, value in extra_fields(extra):
        length += 4 + len(value)
        if tag in seen and tag in (ZIP64, UNICODE_PATH):
            yield (
                FEATURE,
                f"has the extra field 0x{tag:04x} twice in its local header",
                DetectionStage.OPENING,
            )
        elif tag == ZIP64:
            yield from _widen(local, value)
        elif tag == UNICODE_PATH:
            other, odd = judge_unicode_path(value, entry.name, is_local=True)
            yield from odd
            if other and other != entry.text.encode():
                message = (
                    f"has the name {quote(other)} in the Unicode path field of its local header, "
                    f"but {quote(entry.text)} in the central directory"
                )
                yield AMBIGUOUS, message, DetectionStage.NEVER
        seen.add(tag)
    if length != len(extra):
        rest = len(extra) - length
        yield (
            FEATURE,
            f"has an incomplete extra field in its local header ({rest} bytes)",
            DetectionStage.OPENING,
        )


def _widen(local: _Header, field: bytes) -> Iterator[Oddity]:
    """Read the sizes from the zip64 field of a local header."""
    length = len(field)
    numbers = [int.from_bytes(field[at : at + 8], "little") for at in range(0, length - 7, 8)]
    if length not in _ZIP64_LENGTHS:
        message = f"has a zip64 field of {length} bytes, an invalid length, in its local header"
        yield FEATURE, message, DetectionStage.OPENING
        return
    if not numbers:
        if ONES in (local.size, local.packed_size):
            message = "has an empty zip64 field in its local header, although a size refers to the field"
            yield FEATURE, message, DetectionStage.OPENING
        return
    if len(numbers) == 1:
        if local.method:
            message = "has one size in the zip64 field of its local header, but a compressed member has two"
            yield FEATURE, message, DetectionStage.OPENING
            return
        numbers *= 2
    for name, number in zip(("size", "packed_size"), numbers, strict=False):
        narrow = getattr(local, name)
        if narrow not in (ONES, number):
            size = name.replace("_", " ")
            message = f"has the {size} {narrow} in its local header, but {number} in the header's zip64 field"
            yield AMBIGUOUS, message, DetectionStage.NEVER if name == "size" else DetectionStage.OPENING
        if narrow == ONES or name == "packed_size":
            setattr(local, name, number)


def _judge_numbers(local: _Header, entry: CentralEntry, found: Local) -> Iterator[Oddity]:
    """Yield the differences between the numbers of the two headers."""
    # The local header of a streamed member may leave the numbers to the data descriptor.
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
        # The same bytes then decode to two names, which a reader compares before it reads.
        is_other_name = (local.flags ^ entry.flags) & UTF8_NAME and not entry.name.isascii()
        yield AMBIGUOUS, message, DetectionStage.READING if is_other_name else DetectionStage.NEVER
    if local.stamp.to_bytes(4, "little") != entry.common[6:10]:
        message = "has different modification times in its local header and in the central directory"
        yield AMBIGUOUS, message, DetectionStage.NEVER


def _judge_descriptor(entry: CentralEntry, found: Local, buffer: Buffer) -> Iterator[Oddity]:
    """Find the data descriptor, and yield its contradictions to the central directory."""
    data = buffer.bytes(found.end, 26)
    # The sizes have 4 or 8 bytes, which only the next record shows; the mark in front may be missing.
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
        message = "has different numbers in its data descriptor and in the central directory"
    else:
        message = "has no data descriptor after its data, although its local header requires one"
    yield AMBIGUOUS, message, DetectionStage.OPENING


def _numbers(entry: CentralEntry, width: int) -> bytes:
    """Return the checksum and the sizes of an entry in the format of a data descriptor."""
    fields = ((entry.crc, 4), (entry.packed_size, width), (entry.size, width))
    return b"".join(number.to_bytes(8, "little")[:length] for number, length in fields)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def judge_gap(start: int, end: int, central: Central, buffer: Buffer, notes: Notes) -> None:
    """Note the bytes between ``start`` and ``end``, which belong to no listed member."""
    for _ in range(MOST_STRAYS):
        if start >= end:
            return
        start += _stray(start, end, central, buffer, notes)
    if start < end:
        text = f"the archive has {end - start} more bytes that belong to no member, from byte {start} on"
        notes.add(OUTSIDE, text, offset=start, unread=True)


def _stray(start: int, end: int, central: Central, buffer: Buffer, notes: Notes) -> int:
    """Note the record or the bytes at ``start``, and return their length."""
    size = end - start
    head = buffer.bytes(start, min(size, SIZE))
    mark = head[:4]
    if mark == b"PK\3\4" and size >= SIZE:
        return _hidden_member(start, end, central, buffer, notes)
    if mark == b"PK\1\2" and size >= CENTRAL_SIZE:
        length = CENTRAL_SIZE + sum(int.from_bytes(head[at : at + 2], "little") for at in (28, 30))
        length += int.from_bytes(buffer.bytes(start + 32, 2), "little")
        name = buffer.bytes(start + CENTRAL_SIZE, int.from_bytes(head[28:30], "little"))
        text = f"the archive has an entry of another central directory at byte {start}, for {quote(name)}"
        text += "; readers differ in which directory they use"
        notes.add(AMBIGUOUS, text, offset=start, unread=True)
        return length
    # The fixed lengths of an end record, of a zip64 one and of its locator (APPNOTE, 4.3.14 to 4.3.16).
    if mark == b"PK\5\6" and size >= 22:
        text = f"the archive has the end record of another archive at byte {start}"
        notes.add(OUTSIDE, f"{text}; streaming readers stop there", offset=start, unread=True)
        return 22 + int.from_bytes(head[20:22], "little")
    if mark == b"PK\6\6" and size >= 56:  # the length that it declares does not count twelve of these bytes
        text = f"the archive has a zip64 end record at byte {start} to which no locator refers"
        notes.add(AMBIGUOUS, f"{text}; some readers use it, but pip does not", offset=start, unread=True)
        return 12 + int.from_bytes(head[4:12], "little")
    if mark == b"PK\6\7" and size >= 20:  # the locator
        text = f"the archive has a zip64 locator at byte {start} that belongs to no end record"
        notes.add(AMBIGUOUS, f"{text}; readers differ in whether they follow it", offset=start)
        return 20
    if start == 0 and mark in (b"PK\7\x08", b"PK00"):
        notes.add(OUTSIDE, "the archive has the mark of a split archive at byte 0", offset=0)
        return 4
    for known, record, length in (
        (b"PK\7\x08", "a data descriptor that belongs to no member", _DESCRIPTOR_SIZE),
        (SIGNATURE, "a digital signature of the archive", 6 + int.from_bytes(head[4:6], "little")),
        (b"PK\6\x08", "a record of extra data for the archive", 8 + int.from_bytes(head[4:8], "little")),
    ):
        if mark == known:
            text = f"the archive has {record} at byte {start}"
            notes.add(FEATURE, text, offset=start, unread=length > _DESCRIPTOR_SIZE)
            return min(length, size)
    where = "before the first member" if start == 0 else "between the records"
    text = f"the archive has {size} bytes {where} that belong to no record, from byte {start} to {end}"
    unread = start > 0 and not _is_harmless(start, end, buffer)
    text = f"{text}; pip skips them, but streaming readers stop there"
    notes.add(OUTSIDE, text, offset=start, unread=unread)
    return size


def _is_harmless(start: int, end: int, buffer: Buffer) -> bool:
    """Return whether bytes between the records are only zeros, or the signature of an Android application."""
    # https://source.android.com/docs/security/features/apksigning/v2#apk-signing-block: the size, which does
    # not count its own eight bytes, is at the start and before the mark at the end.
    foot = buffer.bytes(end - 24, 24) if end - start >= 32 else b""
    if foot[8:] == b"APK Sig Block 42":
        size = (end - start - 8).to_bytes(8, "little")
        return foot[:8] == size and buffer.bytes(start, 8) == size
    return not any(any(buffer.bytes(at, min(CHUNK, end - at))) for at in range(start, end, CHUNK))


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
        f"the archive has a member {quote(name)} at byte {start} that the central directory does not list; "
        "streaming readers unpack it, but pip does not see it"
    )
    notes.add(kind, text, offset=start, unread=True)
    return min(SIZE + len(rest) + local.packed_size, end - start) if not flags & DESCRIPTOR else end - start
