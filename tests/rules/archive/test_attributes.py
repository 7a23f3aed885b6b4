"""Times and modes of members, and the header of gzip."""

from __future__ import annotations

import datetime
import gzip
import io

import pytest

from pkgaudit.api import Entry, EntryType
from pkgaudit.archive.compressed import gzip_header
from pkgaudit.model.entry import GzipHeader
from pkgaudit.rules.archive.times import impossible_time

DAY = 86_400

TODAY = datetime.date(2026, 11, 1)


@pytest.mark.parametrize(
    ("mtime", "is_zip", "fault"),
    [
        (None, True, ""),
        (0.0, False, ""),
        (1.0, False, ""),
        (-3600.0, False, ""),
        (-2.0 * DAY, False, "before 1980"),
        (100.0 * DAY, False, "before 1980"),
        (315_532_800.0, False, ""),
        (315_532_800.0 - 3600, False, ""),
        (1_700_000_000.0, True, ""),
        (float("inf"), False, "in the future"),
        (float(1 << 60), False, "in the future"),
    ],
)
def test_times(mtime: float | None, is_zip: bool, fault: str) -> None:
    assert impossible_time(Entry("a", EntryType.FILE, mtime=mtime), is_zip, TODAY) == fault


def test_the_future_begins_after_all_zones_and_clocks() -> None:
    start = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc).timestamp()
    assert not impossible_time(Entry("a", EntryType.FILE, mtime=start + 2 * DAY), True, TODAY)
    assert impossible_time(Entry("a", EntryType.FILE, mtime=start + 4 * DAY), True, TODAY)


def test_header_of_gzip() -> None:
    out = io.BytesIO()
    with gzip.GzipFile("folder/sample-1.0.tar.gz", "wb", fileobj=out, mtime=12) as file:
        file.write(b"x")
    data = out.getvalue()
    assert gzip_header(data) == GzipHeader("sample-1.0.tar", 12)
    assert gzip_header(data[:13]) == GzipHeader("sam", 12)
    assert gzip_header(data[:9]) is None
    assert gzip_header(b"PK\3\4" + bytes(20)) is None
    assert gzip_header(gzip.compress(b"x", mtime=0)) == GzipHeader("", 0)
    extra = data[:3] + b"\x0c" + data[4:10] + b"\x02\x00ab" + data[10:]
    assert gzip_header(extra) == GzipHeader("sample-1.0.tar", 12)
