"""Files are downloaded within limits, and are what the source states."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pkgaudit.sweep.access import Access
from pkgaudit.sweep.fetch import contents
from pkgaudit.sweep.wanted import Wanted
from tests.online.conftest import Index

WHEEL = "sample-1.0-py3-none-any.whl"
DATA = b"content"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def wanted(index: Index) -> Wanted:
    index.serve_at("/f/x", DATA)
    return Wanted(WHEEL, index.url.replace("/simple/", "/f/x"), SHA256, len(DATA))


def fetched(wanted: Wanted, access: Access | None = None, has_ended: bool = False) -> bytes | str:
    """Return the content, or the reason why there is none."""
    access = replace(access or Access(), haste=0.01)
    with contents([wanted], access, lambda: has_ended) as (paths, reasons):
        return Path(paths[WHEEL]).read_bytes() if WHEEL in paths else reasons[WHEEL]


def test_a_file(wanted: Wanted) -> None:
    assert fetched(wanted) == DATA
    assert fetched(replace(wanted, sha256="", size=None)) == DATA


def test_local_files(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(DATA)
    assert fetched(Wanted(WHEEL, str(tmp_path / WHEEL))) == DATA
    gone = Wanted(WHEEL, str(tmp_path / "gone"))
    assert fetched(gone) == "the file does not exist on the machine that audits it"


def test_files_that_are_not_what_the_source_states(wanted: Wanted) -> None:
    assert fetched(replace(wanted, sha256="0" * 64)) == "the content has another hash than the source states"
    assert fetched(replace(wanted, sha256="", size=9)) == "the content has 7 bytes, but the source states 9"


@pytest.mark.parametrize(("status", "number"), [(404, 1), (302, 1), (429, 4), (503, 4)])
def test_statuses(index: Index, wanted: Wanted, status: int, number: int) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(1)
        handler.send_response(status)
        handler.send_header("Location", "http://localhost:1/elsewhere")
        handler.end_headers()

    index.answers["/f/x"] = answer
    reason = fetched(wanted)
    assert isinstance(reason, str)
    assert reason.startswith(f"the index answers {status}")
    assert "http" not in reason
    assert len(asked) == number


def test_a_connection_that_breaks(index: Index, wanted: Wanted) -> None:
    whole = index.answers["/f/x"]

    def broken(handler: BaseHTTPRequestHandler) -> None:
        index.answers["/f/x"] = whole
        handler.send_response(200)
        handler.send_header("Content-Length", "7")
        handler.end_headers()
        handler.wfile.write(b"con")

    index.answers["/f/x"] = broken
    assert fetched(wanted) == DATA


def test_limits(index: Index, wanted: Wanted) -> None:
    assert fetched(wanted, Access(largest=3)) == "the file is larger than the limit of 3 bytes"
    assert "longer than" in str(fetched(wanted, Access(longest=-1)))

    def silent(_: BaseHTTPRequestHandler) -> None:
        index.is_over.wait(5)

    index.answers["/f/x"] = silent
    assert fetched(wanted, Access(step=0.02)) == "it cannot be downloaded: timed out"


def test_the_end_of_a_sweep(index: Index, wanted: Wanted) -> None:
    assert fetched(wanted, has_ended=True) == "the run was interrupted"


def test_an_address_that_is_none(wanted: Wanted) -> None:
    assert "cannot be downloaded" in str(fetched(replace(wanted, location="file:///etc/hosts")))


def test_core_metadata(index: Index, wanted: Wanted, tmp_path: Path) -> None:
    text = b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n"
    index.serve_at("/f/x.metadata", text)
    digest = hashlib.sha256(text).hexdigest()
    made = fetched(replace(wanted, metadata=f"{wanted.location}.metadata#sha256={digest}"))
    assert isinstance(made, bytes)
    (tmp_path / WHEEL).write_bytes(made)
    with zipfile.ZipFile(tmp_path / WHEEL) as archive:
        assert {each: archive.read(each) for each in archive.namelist()} == {
            "sample-1.0.dist-info/METADATA": text
        }
    other = replace(wanted, metadata=f"{wanted.location}.metadata#sha256={SHA256}")
    assert fetched(other) == "the content has another hash than the source states"
