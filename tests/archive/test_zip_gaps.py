"""Bytes between the records of a nested zip archive, which its readers skip and pkgaudit does not read."""

from __future__ import annotations

import struct

import pytest

from fixtures.builders import zip_archive
from pkgaudit.model.entry import AnomalyKind
from tests.archive.test_formats import inside

ZIP = zip_archive({"inner.txt": b"hello"})
HIDDEN = zip_archive({"hidden.txt": b"hidden"})
DIRECTORY = ZIP.index(b"PK\1\2")


def with_gap(data: bytes) -> bytes:
    """Return an archive with bytes before its central directory, whose offset is correct."""
    offset = struct.pack("<I", DIRECTORY + len(data))
    return ZIP[:DIRECTORY] + data + ZIP[DIRECTORY:-6] + offset + ZIP[-2:]


def signing_block(pairs: bytes, size: int | None = None) -> bytes:
    length = struct.pack("<Q", len(pairs) + 24 if size is None else size)
    return length + pairs + length + b"APK Sig Block 42"


@pytest.mark.parametrize(
    "gap",
    [
        b"hidden text",
        HIDDEN[: HIDDEN.index(b"PK\1\2")],
        b"PK\6\x08" + struct.pack("<I", 50) + bytes(50),
        signing_block(b"pairs", size=7),
        b"PK\5\6" * 200,
    ],
    ids=["bytes", "member", "extra data", "false signature", "records"],
)
def test_bytes_between_the_records_are_told(gap: bytes) -> None:
    distribution, contents = inside(with_gap(gap), "data.zip")
    assert contents["sample/data.zip!/inner.txt"] == b"hello"
    (found,) = distribution.anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert (
        "'sample/data.zip' is an archive that could not be read completely: the archive has" in found.message
    )


@pytest.mark.parametrize("gap", [bytes(100), signing_block(b"pairs"), b""])
def test_padding_and_signatures_are_usual(gap: bytes) -> None:
    distribution, contents = inside(with_gap(gap), "data.zip")
    assert contents["sample/data.zip!/inner.txt"] == b"hello"
    assert distribution.anomalies == []


def test_a_second_archive_is_told() -> None:
    (found,) = inside(HIDDEN + ZIP, "data.zip")[0].anomalies_of(AnomalyKind.NOT_LOOKED_INTO)
    assert "hidden.txt" in found.message
