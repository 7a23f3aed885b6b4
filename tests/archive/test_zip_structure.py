"""The structure of a zip as a whole: nothing is noted of a sound one, and no change to one goes unnoticed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.zips import (
    ALL_ONES,
    DEFLATED,
    STORED,
    UNICODE_PATH,
    ZIP64,
    Central,
    End,
    End64,
    Local,
    Locator,
    Piece,
    Record,
    Zip,
    extra,
    unicode_path,
    wheel_zip,
    widen,
    zip64_extra,
)
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.zip import read_zip
from tests.archive.reading import Read
from tests.archive.valid_zips import fill_in_zip64_offsets, valid_zips

pytestmark = pytest.mark.once

LARGEST_RATIO = 1032
"""How many times its size deflate data unpacks to at most."""


def read(data: bytes) -> Read:
    notes = Notes()
    members = [
        (each.entry, b"".join(each.chunks)) for each in read_zip(io.BytesIO(data), notes, max_members=2000)
    ]
    assert sum(len(content) for _, content in members) <= LARGEST_RATIO * len(data)
    return Read(members, notes)


def is_noted(data: bytes) -> bool:
    return bool(read(data).notes.anomalies)


@settings(max_examples=200)
@given(valid_zips())
def test_nothing_is_noted_of_a_valid_archive(archive: Zip) -> None:
    data = bytes(archive)
    result = read(data)
    assert result.notes.anomalies == []
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        expected = {
            info.filename.removesuffix("/"): (info.file_size, info.compress_size, source.read(info))
            for info in source.infolist()
        }
    assert {
        entry.path: (entry.size, entry.packed_size, content) for entry, content in result.members
    } == expected
    assert result.paths == [each.name.decode().removesuffix("/") for each in archive.locals]


@settings(max_examples=150)
@given(valid_zips(), st.data())
def test_a_few_bytes_changed_in_a_valid_archive(archive: Zip, data: st.DataObject) -> None:
    whole = bytearray(bytes(archive))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        size = data.draw(st.integers(0, 8))
        whole[at : at + size] = data.draw(st.binary(max_size=8))
    read(bytes(whole))


# What follows changes these archives in every possible place.


@cache
def samples() -> dict[str, Zip]:
    """Return small archives that have every kind of record and field between them."""
    plain = Zip.of(
        [("a/", b""), ("a/b.py", b"x = 1\n" * 9), ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", b"text")]
    )
    plain.end.comment = b"a comment"
    stored = Zip.of([("a.txt", b"text\n"), ("empty", b"")], STORED)
    stored.locals[0].extra = stored.centrals[0].extra = extra(0x5455, b"\1\0\0\0\0")
    stored.locals[1].extra = stored.centrals[1].extra = unicode_path(b"empty", b"empty")
    zip64 = Zip.of([("a.py", b"x = 1\n" * 9), ("b.py", b"y = 1\n" * 9), ("c.py", b"z = 1\n" * 9)])
    zip64.add_zip64_end()
    first, second, third = zip64.centrals
    widen(zip64.locals[0], "size", "packed_size")
    widen(first, "size", "packed_size")
    zip64.locals[1].extra = zip64_extra(second.size, second.packed_size, 0, disk=0)
    third.offset = 0
    widen(third, "offset")
    fill_in_zip64_offsets(zip64)
    both = Zip.of([("a.py", b"x = 1\n" * 9)])
    both.add_zip64_end(sentinels=False)
    nested = Zip.of([("inner.zip", bytes(plain))], STORED)
    return {"plain": plain, "stored": stored, "zip64": zip64, "both ends": both, "zip inside": nested}


NO_MATTER = {
    (Local, "version"): "readers go by the central directory, and writers differ in what they ask for",
    (Central, "made_by"): "tells about the writer",
    (Central, "system"): "tells about the writer, and how to take the attributes",
    (Central, "internal_attributes"): "a hint that the content is text",
    (Central, "attributes"): "modes may be anything; what is no file, folder or link is noted",
    (End64, "made_by"): "tells about the writer",
    (End64, "version"): "no reader goes by it",
    (End, "comment"): "free text",
}
"""The fields that may have any value, and why."""


def matters(record: Piece, name: str, index: int, new: bytes) -> bool:
    """Whether a change to the byte at ``index`` of a field, which then is ``new``, has to be noted."""
    if (type(record), name) in NO_MATTER:
        return False
    if isinstance(record, Central) and name == "version":
        return new[0] > 63  # older ones are all readable; the upper byte is a system, which nobody heeds
    if isinstance(record, Locator) and name == "disks":
        return int.from_bytes(new, "little") > 1  # some writers count none
    if isinstance(record, (Local, Central)) and name == "extra":
        return _extra_matters(record, index)
    if isinstance(record, (Local, Central)) and name == "flags":
        # Bits 1 and 2 tell how hard the writer tried to compress.
        return bool((int.from_bytes(new, "little") ^ record.flags) & ~0b110)
    if isinstance(record, Local) and name == "data" and record.method == DEFLATED:
        return index < len(record.data) - 1  # the last byte has bits that stand for nothing
    return True


def _extra_matters(record: Local | Central, index: int) -> bool:
    """Tell the bytes of an extra field that hold sizes, offsets and names from those that hold anything."""
    fields, start, end = record.extra, 0, 0
    while end <= index:
        start = end
        end = start + 4 + int.from_bytes(fields[start + 2 : start + 4], "little")
    tag, at = int.from_bytes(fields[start : start + 2], "little"), index - start
    if tag == UNICODE_PATH:
        return at in (2, 3) or at >= 9  # its length, the name; else the field is void
    if tag == ZIP64:
        needed = ALL_ONES in (record.size, record.packed_size, getattr(record, "offset", 0))
        return needed if at < 4 else at < 20  # behind the sizes of a local header nothing is heeded
    return False


def bytes_of(archive: Zip) -> Iterator[tuple[Piece, str, int, int, bytes]]:
    """Yield every byte: its record, field, index in the field, offset in the file, and the field."""
    offset = 0
    for record, name, value in archive.fields():
        for index in range(len(value)):
            yield record, name, index, offset + index, value
        offset += len(value)


@pytest.mark.parametrize("sample", samples())
@pytest.mark.parametrize("mask", [*(1 << bit for bit in range(8)), 0xFF])
def test_every_flip_that_matters_is_noted(sample: str, mask: int) -> None:
    archive = samples()[sample]
    whole = bytes(archive)
    assert not is_noted(whole)
    missed = []
    for record, name, index, offset, value in bytes_of(archive):
        flipped = bytes([whole[offset] ^ mask])
        noted = is_noted(whole[:offset] + flipped + whole[offset + 1 :])
        if not noted and matters(record, name, index, value[:index] + flipped + value[index + 1 :]):
            missed.append(f"{type(record).__name__}.{name}[{index}]")
    assert missed == []


def refers_to_zip64(record: Record, name: str, archive: Zip) -> bool:
    """Whether a number may be all ones, since a zip64 record or field has the true one."""
    if isinstance(record, Local):
        return name in ("size", "packed_size") and record.extra.startswith(b"\1\0")
    beside = any(isinstance(each, End64) for each in archive.records)
    # Of the two counts neither may be all ones without the other: PyPI wants them to be the same.
    return beside and isinstance(record, End) and not name.startswith("entries")


@pytest.mark.parametrize("sample", samples())
@pytest.mark.parametrize("byte", [b"\0", b"\xff"])
def test_every_number_of_zeros_or_ones_is_noted(sample: str, byte: bytes) -> None:
    archive = samples()[sample]
    whole = bytes(archive)
    missed, offset = [], 0
    for record, name, old in archive.fields():
        new = byte * len(old)
        if isinstance(record, Record) and name in dict(record.NUMBERS) and new != old:
            fine = not matters(record, name, 0, new) or (
                byte != b"\0" and refers_to_zip64(record, name, archive)
            )
            if not fine and not is_noted(whole[:offset] + new + whole[offset + len(old) :]):
                missed.append(f"{type(record).__name__}.{name}")
        offset += len(old)
    assert missed == []


@pytest.mark.parametrize("sample", samples())
def test_truncation_at_every_byte_is_noted(sample: str) -> None:
    whole = bytes(samples()[sample])
    assert [length for length in range(len(whole)) if not is_noted(whole[:length])] == []


@pytest.mark.parametrize("sample", samples())
def test_a_byte_more_or_less_anywhere_is_noted(sample: str) -> None:
    whole = bytes(samples()[sample])
    missed = []
    for at in range(len(whole) + 1):
        changed = {f"{byte!r} at {at}": whole[:at] + byte + whole[at:] for byte in (b"\0", b"P", b"\xff")}
        changed[f"nothing at {at}"] = whole[:at] + whole[at + 1 :]
        missed += [what for what, data in changed.items() if data != whole and not is_noted(data)]
    assert missed == []


@pytest.mark.parametrize("sample", samples())
def test_every_record_missing_or_doubled_or_moved_is_noted(sample: str) -> None:
    archive = samples()[sample]
    parts: dict[int, bytes] = {}
    for record, _, value in archive.fields():
        parts[id(record)] = parts.get(id(record), b"") + value
    pieces = [parts[id(record)] for record in archive.records]
    whole = b"".join(pieces)
    missed = []
    for index, piece in enumerate(pieces):
        rest = pieces[:index] + pieces[index + 1 :]
        moved = [[*rest[:at], piece, *rest[at:]] for at in range(len(rest) + 1)]
        doubled = [[*pieces[:at], piece, *pieces[at:]] for at in range(len(pieces) + 1)]
        for order in (rest, *moved, *doubled):
            # The central directory may be in any order.
            reordered = sorted(order) == sorted(pieces) and [
                each for each in order if each[:4] != b"PK\1\2"
            ] == [each for each in pieces if each[:4] != b"PK\1\2"]
            if not reordered and not is_noted(b"".join(order)):
                missed.append([piece[:4] for piece in order])
    assert not is_noted(whole)
    assert missed == []


def test_records_of_one_archive_in_another_are_noted() -> None:
    wheel, other = wheel_zip(), Zip.of([("sample/other.py", b"x = 1\n")])
    whole = bytes(wheel)
    borders = [wheel.position(record) for record in wheel.records] + [len(whole)]
    for data in (bytes(other), bytes(other)[: other.position(other.centrals[0])]):
        for border in borders:
            assert is_noted(whole[:border] + data + whole[border:]), border
