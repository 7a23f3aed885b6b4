"""The files of an index that may answer anything."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.online.client import JSON, Bounds
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources import index as module
from pkgaudit.sweep.sources.index import IndexSource
from pkgaudit.sweep.wanted import Wanted
from tests.online.conftest import Index
from tests.sweep.conftest import Open

A = "a" * 64


def names(source: IndexSource) -> list[str]:
    return [each.file for each in source.files()]


def listed(index: Index, *projects: str, **serials: int) -> None:
    items: list[dict[str, Any]] = [{"name": each} for each in projects]
    items += [{"name": name, "_last-serial": serial} for name, serial in serials.items()]
    index.serve_at("/simple/", json.dumps({"meta": {"api-version": "1.4"}, "projects": items}), JSON)


def has(index: Index, project: str, *files: str, **more: Any) -> None:
    made = [{"filename": each, "url": f"/f/{each}", "hashes": {"sha256": A}, **more} for each in files]
    index.has(project, files=made)


def test_the_files_of_all_projects(index: Index, open_index: Open) -> None:
    listed(index, "B.a", "c", "gone")
    has(
        index,
        "b-a",
        "b_a-1.0-py3-none-any.whl",
        "b_a-1.0.tar.gz",
        **{"size": 7, "upload-time": "2026-11-30T12:00:00.5Z"},
    )
    index.serve("c", '<a href="c-1.0.zip">c</a><a href="c-1.0.exe">c</a>', "text/html")
    source = open_index()
    url = index.url.replace("/simple/", "/f/")
    time = "2026-11-30T12:00:00Z"
    assert [*source.files()] == [
        Wanted("b_a-1.0-py3-none-any.whl", f"{url}b_a-1.0-py3-none-any.whl", A, 7, time, "", f"7 {time}"),
        Wanted("b_a-1.0.tar.gz", f"{url}b_a-1.0.tar.gz", A, 7, time, "", f"7 {time}"),
        Wanted("c-1.0.zip", f"{index.url}c/c-1.0.zip"),
    ]
    assert source.notes.take() == []


def test_named_projects_need_no_list(index: Index, open_index: Open) -> None:
    has(index, "a", "a-1.0.tar.gz")
    source = open_index(Choice(("a", "none")))
    assert names(source) == ["a-1.0.tar.gz"]
    assert source.notes.take() == [f"{index.url}none/: the index has no such project"]


def test_globs_choose_from_the_list(index: Index, open_index: Open) -> None:
    listed(index, "acme-a", "acme-b", "other")
    for each in ("acme-a", "acme-b", "other"):
        has(index, each, f"{each}-1.0.tar.gz")
    assert names(open_index(Choice(("acme-*",)))) == ["acme-a-1.0.tar.gz", "acme-b-1.0.tar.gz"]
    assert "other" not in index.projects


class TestFaults:
    def faults(self, index: Index, source: IndexSource) -> list[str]:
        """Read all files, of which one is there whatever else happens, and return the notes."""
        listed(index, "bad", "good")
        has(index, "good", "good-1.0.tar.gz")
        assert names(source) == ["good-1.0.tar.gz"]
        return [each.replace(index.url, "") for each in source.notes.take()]

    @pytest.mark.parametrize(("status", "number"), [(403, 1), (429, 4), (500, 4), (302, 1)])
    def test_statuses(self, index: Index, open_index: Open, status: int, number: int) -> None:
        """A busy index is asked again."""
        asked: list[int] = []
        index.serve("bad", "", JSON, status, Location="ftp://127.0.0.1/")
        answer = index.answers["/simple/bad/"]

        def counted(handler: BaseHTTPRequestHandler) -> None:
            asked.append(status)
            answer(handler)

        index.answers["/simple/bad/"] = counted
        (fault,) = self.faults(index, open_index())
        assert fault.startswith("bad/: ")
        assert len(asked) == number

    def test_an_index_that_recovers(self, index: Index, open_index: Open) -> None:
        has(index, "bad", "bad-1.0.tar.gz")
        listed(index, "bad")
        later = index.answers["/simple/bad/"]

        def busy(handler: BaseHTTPRequestHandler) -> None:
            index.answers["/simple/bad/"] = later
            handler.send_response(429)
            handler.send_header("Retry-After", "1")
            handler.end_headers()

        index.answers["/simple/bad/"] = busy
        assert names(open_index()) == ["bad-1.0.tar.gz"]

    def test_a_long_pause_is_kept(self, index: Index, open_index: Open) -> None:
        index.serve("bad", "", JSON, 429, Retry_After="9000")
        source = open_index()
        assert len(self.faults(index, source)) == 1
        assert source.pause == 9000

    def test_pages_that_are_none(self, index: Index, open_index: Open) -> None:
        index.serve("bad", '{"secret": ')
        (fault,) = self.faults(index, open_index())
        assert fault == "bad/: is not a page of the simple API: it is not valid"

    def test_a_page_that_does_not_end(
        self, index: Index, open_index: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_PAGE", Bounds(5, 5, 100_000))

        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not index.is_over.is_set():
                handler.wfile.write(b"x" * 10_000)

        index.answers["/simple/bad/"] = endless
        assert self.faults(index, open_index()) == ["bad/: the page is too large"]

    @pytest.mark.parametrize(
        "file",
        [
            {"filename": "bad-1.0.tar.gz", "url": "file:///bad-1.0.tar.gz"},
            {"filename": "bad-1.0.tar.gz", "url": "data:bad-1.0.tar.gz"},
            {"filename": "bad-1.0.tar.gz"},
            {"filename": "../bad-1.0.tar.gz", "url": "/x"},
            {"filename": "c:bad-1.0.tar.gz", "url": "/x"},
        ],
    )
    def test_files_that_are_elsewhere(self, index: Index, open_index: Open, file: dict[str, str]) -> None:
        index.has("bad", files=[file])
        (fault,) = self.faults(index, open_index())
        assert "has no valid name or no valid address" in fault

    def test_an_index_that_stops_to_answer(self, index: Index, open_index: Open) -> None:
        listed(index, *(f"p{each}" for each in range(200)))
        for each in range(200):
            index.serve(f"p{each}", status=503)
        source = open_index()
        assert names(source) == []
        notes = source.notes.take()
        assert len(notes) == 21
        assert notes[-1] == f"{index.url}: the index does not answer; no other page was read"
        assert len(index.projects) < 40

    @pytest.mark.parametrize("answer", ["none", "text", "500"])
    def test_lists_that_cannot_be_read(self, index: Index, open_index: Open, answer: str) -> None:
        if answer != "none":
            index.serve_at("/simple/", "{}", JSON, 500 if answer == "500" else 200)
        source = open_index()
        assert names(source) == []
        (note,) = source.notes.take()
        assert note.startswith(index.url)


def test_a_million_projects_need_little_memory(index: Index, open_index: Open) -> None:
    import tracemalloc

    number = 30_000
    listed(index, *(f"project-{each}-{'x' * 50}" for each in range(number)), "last")
    has(index, "last", "last-1.0.tar.gz")
    source = open_index(Choice(("las*",)))
    assert names(source) == ["last-1.0.tar.gz"]
    tracemalloc.start()
    assert names(source) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The names are longer; the server is in the same process, and has them in memory already.
    assert peak < 2_500_000


class TestAgain:
    """What the second call reads, which `--watch` makes."""

    def conditional(self, index: Index, project: str, header: str, value: str, *files: str) -> None:
        """Serve a page that is sent only if the request has not this condition."""
        has(index, project, *files)
        answer = index.answers[f"/simple/{project}/"]
        asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[header]

        def conditional(handler: BaseHTTPRequestHandler) -> None:
            if handler.headers[asked] == value:
                handler.send_response(304)
                handler.end_headers()
                return
            send_response = handler.send_response

            def with_header(*given: Any) -> None:
                send_response(*given)
                handler.send_header(header, value)

            handler.send_response = with_header  # type: ignore[assignment, method-assign]  # adds a header
            answer(handler)

        index.answers[f"/simple/{project}/"] = conditional

    @pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
    def test_conditional_requests(self, index: Index, open_index: Open, header: str) -> None:
        listed(index, "a")
        self.conditional(index, "a", header, "x", "a-1.0.tar.gz")
        source = open_index()
        assert names(source) == ["a-1.0.tar.gz"]
        assert names(source) == []
        self.conditional(index, "a", header, "y", "a-1.0.tar.gz", "a-1.1.tar.gz")
        assert names(source) == ["a-1.0.tar.gz", "a-1.1.tar.gz"]

    def test_pages_without_validators(self, index: Index, open_index: Open) -> None:
        listed(index, "a")
        has(index, "a", "a-1.0.tar.gz")
        source = open_index()
        assert [names(source), names(source)] == [["a-1.0.tar.gz"], []]
        source.again("a")
        assert names(source) == ["a-1.0.tar.gz"]

    def test_serials_on_the_list(self, index: Index, open_index: Open) -> None:
        listed(index, a=1, b=1)
        has(index, "a", "a-1.0.tar.gz")
        has(index, "b", "b-1.0.tar.gz")
        source = open_index()
        assert len(names(source)) == 2
        index.asked.clear()
        listed(index, a=1, b=2)
        has(index, "b", "b-1.0.tar.gz", "b-1.1.tar.gz")
        assert names(source) == ["b-1.0.tar.gz", "b-1.1.tar.gz"]
        assert "/simple/a/" not in index.asked

    @pytest.mark.parametrize("header", ["X-PyPI-Last-Serial", "X-DEVPI-SERIAL"])
    def test_the_serial_of_the_index(self, index: Index, open_index: Open, header: str) -> None:
        def answer(serial: str) -> None:
            def head(handler: BaseHTTPRequestHandler) -> None:
                handler.send_response(200)
                handler.send_header(header, serial)
                handler.end_headers()

            index.heads["/simple/"] = head

        answer("1")
        has(index, "a", "a-1.0.tar.gz")
        source = open_index(Choice(("a",)))
        assert names(source) == ["a-1.0.tar.gz"]
        index.asked.clear()
        assert names(source) == []
        assert index.asked == {}
        has(index, "a", "a-1.1.tar.gz")
        answer("2")
        assert names(source) == ["a-1.1.tar.gz"]

    def test_a_page_that_failed_is_read_again(self, index: Index, open_index: Open) -> None:
        listed(index, a=1)
        index.serve("a", status=403)
        source = open_index()
        assert (names(source), len(source.notes.take())) == ([], 1)
        has(index, "a", "a-1.0.tar.gz")
        assert (names(source), source.notes.take()) == (["a-1.0.tar.gz"], [])


def test_only_metadata(index: Index, open_index: Open) -> None:
    wheel = "a-1.0-py3-none-any.whl"
    has(index, "a", wheel, "a-1.0.tar.gz", **{"core-metadata": {"sha256": "b" * 64}})
    has(index, "b", "b-1.0-py3-none-any.whl")
    source = open_index(Choice(("a", "b")), metadata=True)
    (found,) = source.files()
    assert found.metadata == f"{index.url.replace('/simple/', '/f/')}{wheel}.metadata#sha256={'b' * 64}"
    assert (source.skipped, source.notes.take()) == (2, [])


def test_logins(index: Index, open_index: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has(index, "a", "a-1.0.tar.gz")
    source = open_index(Choice(("a",)), index.url.replace("http://", "http://ada:lovelace@"))
    (found,) = source.files()
    assert index.asked["/simple/a/"]["Authorization"].startswith("Basic ")
    assert "lovelace" not in f"{found} {source.name} {source.access}"
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login ada password lovelace\n")
    monkeypatch.setenv("NETRC", str(path))
    has(index, "b", "b-1.0.tar.gz")
    names(open_index(Choice(("b",))))
    assert index.asked["/simple/b/"]["Authorization"].startswith("Basic ")


class TestChoice:
    def chosen(self, index: Index, open_index: Open, choice: Choice) -> Iterable[str]:
        files = [
            {"filename": name, "url": name, "upload-time": f"2026-11-{day:02}T00:00:00Z"}
            for name, day in [
                ("a-1.0.tar.gz", 1),
                ("a-2.0-py3-none-any.whl", 5),
                ("a-10.0.tar.gz", 9),
                ("a-x.tar.gz", 1),
            ]
        ]
        index.has("a", files=files)
        return names(open_index(choice))

    @pytest.mark.parametrize(
        ("choice", "wanted"),
        [
            (Choice(("a",), since="2026-11-05"), ["a-2.0-py3-none-any.whl", "a-10.0.tar.gz"]),
            (Choice(("a",), latest=2), ["a-2.0-py3-none-any.whl", "a-10.0.tar.gz"]),
            (Choice(("a",), kinds=("wheel",)), ["a-2.0-py3-none-any.whl"]),
            (Choice(("a",), latest=1, kinds=("wheel",)), ["a-2.0-py3-none-any.whl"]),
        ],
    )
    def test_limits(self, index: Index, open_index: Open, choice: Choice, wanted: list[str]) -> None:
        assert self.chosen(index, open_index, choice) == wanted


def test_pages_are_read_at_the_same_time(index: Index, open_index: Open) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.1)
        handler.send_error(404)

    listed(index, *"abcdefgh")
    for each in "abcdefgh":
        index.answers[f"/simple/{each}/"] = slow
    began = time.monotonic()
    names(open_index())
    assert time.monotonic() - began < 0.7
