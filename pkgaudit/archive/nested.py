"""Detection of archives among the members, by their first bytes or, for zips, by their end record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain

from pkgaudit.archive.appended import Appended
from pkgaudit.archive.budget import Budget
from pkgaudit.archive.compressed import decompress, is_archive, is_tar, is_zip
from pkgaudit.archive.raw import Notes, RawMember
from pkgaudit.archive.tar import read_tar
from pkgaudit.archive.zip import read_zip
from pkgaudit.archive.zip_end import ends_as_zip
from pkgaudit.model.entry import AnomalyKind, Entry, EntryType
from pkgaudit.model.member import Member

START = 0x9000
"""Bytes at the start of a large file that identify its format: disc images have a mark at byte 0x8001."""

_END_MARK = b"PK\5\6"
_END = 22
"""Size (bytes) of the end record of a zip without its comment (APPNOTE, 4.3.16)."""

TAIL = _END + 0xFFFF
"""Bytes at the end of a file that identify its format: the end record of a zip with the longest comment."""

_LARGEST_EMPTY = 1024
"""Largest size (bytes) of a compressed file without content; chosen: its header may contain a filename."""

Reader = Callable[[bytes, Notes, Budget], Iterator[RawMember]]
"""Yields the members of an archive from its bytes."""


def reader_of(data: bytes, member: Member) -> Reader | None:
    """Return the reader for a member that is an archive, None if it is another file.

    ``data`` is the content of the member, or as much of its start as is known.
    """
    # A zip is detected by its end, because zipapps and self-extracting programs start with other data.
    if is_zip(data) or (may_end_as_zip(data) and ends_as_zip(BytesIO(data))):
        return _read_zip
    if is_archive(data):
        return lambda content, notes, budget: _read_stream(content, notes, budget, member)
    return None


def reader_of_appended(found: Appended, member: Member) -> Reader:
    """Return the reader for an archive in a format that pkgaudit reads, which is appended to other data."""
    if found.format == "zip":
        # It has no end record, so it was not recognized as a zip archive. The reader notes the reason.
        return _read_zip
    return lambda content, notes, budget: _read_stream(content[found.start :], notes, budget, member)


def may_end_as_zip(data: bytes) -> bool:
    """Return whether a file, of which at least the last `TAIL` bytes are given, may end with a record."""
    start = max(0, len(data) - TAIL)
    # The search for one byte is many times faster than for four, and text does not contain this byte.
    return data.find(_END_MARK[2], start) >= 0 and data.rfind(_END_MARK, start) >= 0


def ends_with_record(tail: bytes) -> bool:
    """Return whether a file that ends with ``tail`` ends with the end record of a zip that has members."""
    at = tail.rfind(_END_MARK)
    record = tail[at:] if at >= 0 else b""
    return len(record) >= _END and any(record[10:12]) and _u16(record, 20) == len(record) - _END


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _read_zip(data: bytes, notes: Notes, budget: Budget) -> Iterator[RawMember]:
    return read_zip(BytesIO(data), notes, max_members=budget.limits.members)


def _read_stream(data: bytes, notes: Notes, budget: Budget, member: Member) -> Iterator[RawMember]:
    """Yield the members of a tar, compressed or not, or the content of a compressed file as one member."""
    stream = budget.meter_stream(decompress(BytesIO(data), notes, streams=budget.streams))
    first = next(stream, b"")
    stream = chain((first,), stream)
    if is_tar(first):
        yield from read_tar(stream, notes, max_members=budget.limits.members)
    elif first:
        name = member.name[: -len(member.suffix)] if member.suffix else member.name
        yield RawMember(Entry(name, EntryType.FILE), stream)
    elif len(data) > _LARGEST_EMPTY:
        # zstd and gzip have fields of any content, which decoders skip.
        notes.add(AnomalyKind.UNREADABLE, f"its {len(data):,} bytes unpack to nothing")
