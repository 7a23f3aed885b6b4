"""Parts of a large zip member are read again without unpacking everything before them."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from pkgaudit.archive.raw import CHUNK, Notes, RawMember
from pkgaudit.archive.zip import read_zip
from pkgaudit.archive.zip_parts import SPACING, ZipParts

DATA = random.Random(1).randbytes(CHUNK) * 13 + b"the end"


def member(data: bytes, method: int = zipfile.ZIP_DEFLATED, damage: int | None = None) -> RawMember:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        archive.writestr("data", data)
    packed = bytearray(file.getvalue())
    if damage is not None:
        packed[damage : damage + 100] = b"\xff" * 100
    (raw,) = read_zip(io.BytesIO(bytes(packed)), Notes(), max_members=10)
    for _ in raw.chunks:
        pass
    return raw


def parts_of(raw: RawMember) -> ZipParts:
    assert isinstance(raw.parts, ZipParts)
    return raw.parts


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_any_part_is_read_in_any_order(method: int) -> None:
    parts = parts_of(member(DATA, method))
    assert parts.size == len(DATA)
    last = len(DATA) - 7
    for at in (last, 0, 3 * CHUNK, 1, SPACING - 1, last, 5 * CHUNK - 2, 2 * CHUNK):
        assert parts.read(at, 4) == DATA[at : at + 4]
    assert parts.read(last, 100) == b"the end"
    assert parts.read(len(DATA), 1) == b""
    assert parts.read(0, len(DATA)) == DATA


def test_little_is_unpacked_for_a_part() -> None:
    parts = parts_of(member(DATA))
    for at in (5 * CHUNK, 0, len(DATA) - 1):
        before = parts._left
        parts.read(at, 1)
        assert before - parts._left <= SPACING + CHUNK
    before = parts._left
    assert parts.read(len(DATA) - 2, 1) == b"n"
    assert parts._left == before, "the last piece is kept"


def test_what_is_unpacked_again_is_bounded() -> None:
    parts = parts_of(member(DATA))
    reads = [len(parts.read(0, len(DATA))) for _ in range(20)]
    assert reads[:3] == [len(DATA)] * 3
    assert reads[-1] == 0


def test_damaged_data_ends_the_part() -> None:
    data = b"".join(b"%d," % number for number in range(2 * CHUNK))
    found = parts_of(member(data, damage=3 * CHUNK)).read(0, len(data))
    assert CHUNK < len(found) < len(data)
    assert data.startswith(found[:CHUNK])


@pytest.mark.parametrize(
    ("data", "method"), [(b"small", zipfile.ZIP_DEFLATED), (bytes(2 * SPACING), zipfile.ZIP_BZIP2)]
)
def test_other_members_have_no_parts(data: bytes, method: int) -> None:
    assert member(data, method).parts is None
