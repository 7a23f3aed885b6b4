"""RECORD: what is read from it, and that nothing in it can break the reading."""

from __future__ import annotations

import base64
import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import Wheel, record_file, record_row
from pkgaudit.api import Entry, EntryType
from pkgaudit.model.distribution import Wheel as WheelModel
from pkgaudit.rules._shared.index_words import ANNOUNCED, REFUSED, TRIPS, UNNOTICED
from pkgaudit.rules._shared.record import MOST_ROWS, read_hash, read_record
from pkgaudit.rules.record.rules import invalid_record, listed_file_missing, unlisted_file
from tests.support import audit

DIGEST = hashlib.sha256(b"content").digest()
BASE64 = base64.urlsafe_b64encode(DIGEST).decode()


@pytest.mark.parametrize(
    ("text", "sha256", "fault"),
    [
        (f"sha256={BASE64.rstrip('=')}", DIGEST.hex(), None),
        (f"SHA256={BASE64.rstrip('=')}", DIGEST.hex(), "in capitals"),
        (f" sha256={BASE64.rstrip('=')}", DIGEST.hex(), "begins with a space"),
        ("Md5=x", None, "in capitals"),
        ("SHA384=x", None, "in capitals"),
        ("crc32=x", None, "does not have"),
        (f"sha256={BASE64}", DIGEST.hex(), "without padding"),
        (f"sha256={base64.b64encode(b'?' * 32).decode().rstrip('=')}", "3f" * 32, "without padding"),
        (f"sha256={DIGEST.hex().upper()}", DIGEST.hex(), "without padding"),
        ("sha256=", None, "not a sha256 digest"),
        ("sha256=AAAA", None, "not a sha256 digest"),
        ("sha256", None, "algorithm=digest"),
        ("", None, "missing"),
        ("md5=x", None, "too weak"),
        ("sha224=x", None, "too weak"),
        ("sha384=x", None, None),
        ("blake2b=x", None, None),
        ("nothing=x", None, "does not have"),
    ],
)
def test_hash(text: str, sha256: str | None, fault: str | None) -> None:
    found = read_hash(text)
    assert found.sha256 == sha256
    assert (fault is None) == (found.fault is None)
    assert (fault or "") in (found.fault or "")


def test_standard_alphabet_is_told_from_the_url_safe_one() -> None:
    digest = b"\xff\xef" * 16
    wrong = base64.b64encode(digest).decode().rstrip("=")
    assert "+" in wrong or "/" in wrong
    assert read_hash(f"sha256={wrong}").sha256 == digest.hex()
    assert read_hash(f"sha256={wrong}").fault is not None


def test_lines_are_those_of_the_file() -> None:
    record = read_record(b'a,,\r\n\r\n"b\nb",,\nc\n')
    assert [(row.path, row.line, row.fields) for row in record.rows] == [
        ("a", 1, 3),
        ("bb", 3, 3),
        ("c", 5, 1),
    ]
    assert record.blank == [2]


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("a/b", "a/b"),
        ("./a/b", "a/b"),
        ("a//b/../c", "a/c"),
        ("/a/b", "a/b"),
        ("C:/a", "a"),
        ("a\\b", "a/b"),
        ("../a", "../a"),
    ],
)
def test_normal_path(path: str, normal: str) -> None:
    assert read_record(f"{path},,\n".encode()).rows[0].normal_path == normal


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    record = read_record(data)
    for row in record.rows:
        read_hash(row.hash)
        assert isinstance(row.normal_path, str)


@given(st.text(max_size=80))
def test_any_hash(text: str) -> None:
    found = read_hash(text)
    assert found.sha256 is None or len(found.sha256) == 64


@given(
    st.dictionaries(
        st.text(
            st.characters(min_codepoint=32, exclude_characters="\\/", exclude_categories=("Cs", "Cc")),
            min_size=1,
        ),
        st.binary(max_size=20),
        max_size=5,
    )
)
def test_a_record_that_was_written_is_read_again(files: dict[str, bytes]) -> None:
    rows = [record_row(f"sample/{path}", data) for path, data in files.items()]
    record = read_record(record_file([*rows, ("RECORD", "", "")]))
    assert record.fault is None
    assert [(row.path, row.hash, row.size) for row in record.rows[:-1]] == rows
    for row, data in zip(record.rows, files.values(), strict=False):
        assert read_hash(row.hash).sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (None, "HM104"),
        (b"", "HM101"),
        (b"\xff", "HM101"),
        (b'"', "HM101"),
        (b"\n\n\n", "HM101"),
        (b"x", None),
    ],
)
def test_one_finding_for_one_fault(record: bytes | None, code: str | None, tmp_path: Path) -> None:
    """A RECORD that cannot be read is one finding, not one for each file."""
    wheel = Wheel(record=record, unlisted={"sample/core.py"})
    found = [each.code for each in audit(tmp_path, wheel.build(), {"select": ["HM"]})]
    assert found == [code] if code else len(found) > 1


def test_record_of_millions_of_lines_is_not_read() -> None:
    record = read_record(b"a,,\n" * (MOST_ROWS + 1))
    assert record.fault == f"has more than {MOST_ROWS:,} lines"
    assert record.index is None
    assert record.rows == []


INFO = "sample-1.0.dist-info"
FRAGMENTS = [
    *("a", "b.py", f"{INFO}/RECORD", f"{INFO}/RECORD.jws", "./a", "/a", "d/", "d\\e", "d/e", "", " ", ","),
    *(",,\n", ",,\r\n", ",sha256=x,1\n", "\n", "\r\r\n", "\x0c", "\x85", "\u2028", "\0", "\ufeff", '"', '""'),
]
PATHS = ["a", "b.py", "d/e", "d\\e", "d\\", f"{INFO}/RECORD.jws", "d/RECORD.jws"]


def outcome(members: list[str], data: bytes) -> str:
    """Return what the index does, by its own means."""
    try:
        listed = {row[0].replace("\\", "/") for row in csv.reader(data.decode().splitlines())}
    except (UnicodeDecodeError, csv.Error):
        return REFUSED
    except IndexError:
        return TRIPS
    signatures = {f"{INFO}/RECORD.jws", f"{INFO}/RECORD.p7s"}
    packed = {path for path in members if not path.endswith(("/", "\\")) and path not in signatures}
    return UNNOTICED if listed == packed else ANNOUNCED


@given(
    st.lists(st.sampled_from(PATHS), unique=True),
    st.one_of(
        st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(lambda parts: "".join(parts).encode()),
        st.lists(st.sampled_from(FRAGMENTS[:9]), max_size=6).map(
            lambda paths: "".join(f"{path},,\n" for path in [*paths, f"{INFO}/RECORD"]).encode()
        ),
        st.binary(max_size=30),
    ),
)
def test_what_is_said_is_what_the_index_does(members: list[str], data: bytes) -> None:
    if b"\0" in data:  # an older Python than the index's stops there
        return
    path = f"{INFO}/RECORD"
    wheel = WheelModel("sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl")
    wheel.entries = [Entry(each, EntryType.FILE) for each in [*members, path]]
    wheel.kept = {path: data}
    said = [
        each.message
        for rule in (invalid_record, unlisted_file, listed_file_missing)
        for each in rule(wheel)
        if each.severity is None
    ]
    words = {word for word in (REFUSED, TRIPS, ANNOUNCED) if any(each.endswith(word) for each in said)}
    expected = outcome([*members, path], data)
    assert all(each.endswith((REFUSED, TRIPS, ANNOUNCED, UNNOTICED)) for each in said)
    if expected == TRIPS:  # of several faults the index only tells the first
        assert TRIPS in words
    else:
        assert words == ({expected} if expected != UNNOTICED else set())
