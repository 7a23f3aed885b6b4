"""The structure of a tar.gz as a whole: no change to a sound one goes unnoticed, and none raises."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.builders import Sdist, gzip_archive, tar_archive, tar_info
from pkgaudit.archive.compressed import decompress
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.tar import read_tar
from pkgaudit.model.entry import AnomalyKind
from tests.archive.reading import Read

pytestmark = pytest.mark.once

BLOCK = 512
CHECKSUM = range(148, 156)
"""Where a header has its checksum: an octal number with zeros or blanks before it, a NUL or blank after."""
MASKS = [*(1 << bit for bit in range(8)), 0xFF]


def read(data: bytes, *, packed: bool = False) -> Read:
    notes = Notes()
    stream = decompress(io.BytesIO(data), notes) if packed else iter([data])
    members = [(each.entry, b"".join(each.chunks)) for each in read_tar(stream, notes, max_members=1000)]
    assert sum(len(content) for _, content in members) <= (1032 if packed else 1) * len(data)
    return Read(members, notes)


def is_noted(data: bytes, *, packed: bool = False) -> bool:
    return bool(read(data, packed=packed).notes.anomalies)


def sample(format: int = tarfile.USTAR_FORMAT) -> bytes:
    """Return a small tar: a folder, files, a link; in the format's own way a long name."""
    long = "sample-1.0/" + "n" * 120 + ".txt"
    members = [
        (tar_info("sample-1.0", type=tarfile.DIRTYPE, mode=0o755), b""),
        (tar_info("sample-1.0/PKG-INFO", 600), b"x" * 600),
        (tar_info("sample-1.0/empty"), b""),
        (tar_info("sample-1.0/link", type=tarfile.SYMTYPE, linkname="PKG-INFO"), b""),
    ]
    if format != tarfile.USTAR_FORMAT:
        members.append((tar_info(long, 5), b"\xff" * 5))
    return tar_archive(members, format)


def headers(data: bytes) -> list[int]:
    """Return the offsets of all headers, those of extended headers too."""
    found, at = [], 0
    while data[at : at + BLOCK].strip(b"\0"):
        found.append(at)
        size = int(data[at + 124 : at + 135], 8)
        at += BLOCK + size + -size % BLOCK
    return [*found, at]


def checksum(data: bytes, start: int) -> bytes:
    """Return the checksum of the header at ``start`` without what may stand around it."""
    number = data[start + CHECKSUM.start : start + CHECKSUM.stop]
    return number.split(b"\0")[0].strip(b" ").lstrip(b"0")


FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("mask", MASKS)
def test_every_flip_in_a_header_of_a_tar_is_noted(format: int, mask: int) -> None:
    whole = sample(format)
    assert not is_noted(whole)
    missed = []
    *starts, end = headers(whole)
    # The zero blocks at the end belong to no header: whoever goes on reads what stands there.
    for start in (*starts, end):
        for at in range(start, start + BLOCK):
            changed = whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :]
            same = at - start in CHECKSUM and checksum(changed, start) == checksum(whole, start)
            if not is_noted(changed) and (start == end or not same):
                missed.append(at)
    assert missed == []


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_truncation_of_a_tar_at_every_byte_is_noted(format: int) -> None:
    whole = sample(format)
    end = headers(whole)[-1]
    assert [length for length in range(end + BLOCK) if not is_noted(whole[:length])] == []
    for length in range(end + BLOCK, len(whole)):
        read(whole[:length])


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_a_byte_more_or_less_in_a_tar_is_noted(format: int) -> None:
    whole = sample(format)
    *starts, end = headers(whole)
    missed = []
    for start in starts:
        for at in range(start, start + BLOCK):
            # A zero more or less in the last header moves zeros only into the next block: it stays valid.
            last = start == starts[-1] and at > start + CHECKSUM.start
            for byte in (b"\0", b"x", b"\xff"):
                if not (last and byte == b"\0") and not is_noted(whole[:at] + byte + whole[at:]):
                    missed.append((at, byte))
            if not (last and whole[at] == 0) and not is_noted(whole[:at] + whole[at + 1 :]):
                missed.append((at, b""))
    assert missed == []
    assert is_noted(whole[:end] + b"x" + whole[end:])
    assert is_noted(whole + b"x")


def test_members_of_a_tar_behind_its_end_are_noted() -> None:
    whole = sample()
    end = headers(whole)[-1]
    for zeros in (BLOCK, 2 * BLOCK, 20 * BLOCK):
        assert AnomalyKind.OUTSIDE_MEMBERS in read(whole[:end] + bytes(zeros) + whole).kinds


# gzip

GZIP_NO_MATTER = {**dict.fromkeys(range(4, 8), "the time"), 8: "how hard the writer tried", 9: "the system"}
"""The bytes of the header of gzip that may have any value, and what they tell."""
TEXT = 1
"""The flag that says that the content is text. Nobody heeds it."""


@pytest.mark.parametrize("mask", MASKS)
def test_every_flip_in_a_gzip_stream_is_noted(mask: int) -> None:
    whole = gzip_archive(sample())
    assert not is_noted(whole, packed=True)
    missed = []
    for at in range(len(whole)):
        noted = is_noted(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :], packed=True)
        if not noted and at not in GZIP_NO_MATTER and (at, mask) != (3, TEXT):
            missed.append(at)
    # The last byte of the deflate data has bits that stand for nothing.
    assert set(missed) <= {len(whole) - 9}


@pytest.mark.parametrize("level", [0, 9])
def test_truncation_of_a_gzip_stream_at_every_byte_is_noted(level: int) -> None:
    whole = gzip.compress(sample(), level, mtime=0)
    assert [length for length in range(len(whole)) if not is_noted(whole[:length], packed=True)] == []


def test_a_byte_more_or_less_in_a_gzip_stream_is_noted() -> None:
    whole = gzip_archive(sample())
    missed = []
    for at in range(len(whole) + 1):
        for byte in (b"\0", b"\x1f", b"\xff"):
            data = whole[:at] + byte + whole[at:]
            if data != whole and not is_noted(data, packed=True):
                missed.append((at, byte))
        data = whole[:at] + whole[at + 1 :]
        if data != whole and not is_noted(data, packed=True):
            missed.append((at, b""))
    assert missed == []


def test_a_gzip_member_in_another_is_noted() -> None:
    whole, other = gzip_archive(sample()), gzip_archive(b"")
    for at in (10, len(whole) - 8):
        assert is_noted(whole[:at] + other + whole[at:], packed=True), at
    for at in (0, len(whole)):
        assert not is_noted(whole[:at] + other + whole[at:], packed=True), at


@pytest.mark.parametrize("at", [1, 512, 700, 5120, -1024, -512, -1])
def test_a_tar_may_continue_in_another_gzip_member(at: int) -> None:
    tar = sample()
    assert not is_noted(gzip_archive(tar[:at]) + gzip_archive(tar[at:]), packed=True)


def test_a_gzip_member_with_a_tar_of_its_own_is_noted() -> None:
    for hidden in (sample(), b"x", bytes(700) + b"x"):
        assert is_noted(gzip_archive(sample()) + gzip_archive(hidden), packed=True)


@settings(max_examples=200)
@given(st.data())
def test_a_few_bytes_changed_in_an_sdist(data: st.DataObject) -> None:
    packed = data.draw(st.booleans())
    whole = bytearray(
        Sdist().build().data if packed else sample(data.draw(st.sampled_from([*FORMATS.values()])))
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        size = data.draw(st.integers(0, 8))
        whole[at : at + size] = data.draw(st.binary(max_size=8))
    read(bytes(whole), packed=packed)
