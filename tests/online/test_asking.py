"""Pages of projects, read from an index on this machine that may answer anything."""

from __future__ import annotations

import datetime
import gzip
import json
import threading
from dataclasses import replace
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.request import Request

import pytest

from fixtures.index_pages import release
from pkgaudit.model.distribution import Release
from pkgaudit.model.index_answers import IndexFile, IndexPage, PrivateNames
from pkgaudit.online import asking, client, connections
from pkgaudit.online.asking import LIMITS, Limits, ask, is_doubtful, projects_of
from pkgaudit.online.client import IndexReadError, check_address
from tests.online.conftest import Index

SHA256 = "0" * 64


def faults(index: Index, *projects: str, limits: Limits = LIMITS) -> list[str]:
    """Ask about projects beside one that the index has, and return what went wrong, without the address."""
    index.has("known")
    pages, found = ask(index.url, ["known", *projects], limits)
    assert pages.get("known", IndexPage()) == IndexPage()
    return [each.replace(index.url, "") for each in found]


def hasty(**more: Any) -> Limits:
    """Return limits that a test does not wait for long."""
    return replace(LIMITS, **more)


def test_the_parts_of_a_page(index: Index) -> None:
    index.has(
        "sample",
        **{
            "project-status": {"status": "deprecated", "reason": "use other"},
            "files": [
                {
                    "filename": "sample-1.0.tar.gz",
                    "url": "https://files.example.com/x",
                    "hashes": {"sha256": SHA256},
                    "yanked": "broken",
                    "upload-time": "2026-11-30T12:00:00.123456Z",
                    "provenance": "https://index.example.com/x",
                },
                {"filename": "sample-1.1.tar.gz", "yanked": False, "hashes": {}, "provenance": None},
            ],
        },
    )
    time = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.timezone.utc)
    files = (
        IndexFile("sample-1.0.tar.gz", "https://files.example.com/x", SHA256, True, time, True),
        IndexFile("sample-1.1.tar.gz"),
    )
    assert ask(index.url, ["sample"]) == ({"sample": IndexPage(files, "deprecated", "use other")}, [])


@pytest.mark.parametrize(
    "files",
    [
        [None, 7, {}, {"filename": 7}],
        [{"filename": "x", "url": "http://[x/"}],
        [{"filename": "x", "url": 7, "hashes": [], "yanked": None, "upload-time": 7, "provenance": ""}],
        [{"filename": "x", "hashes": {"sha256": 7}, "upload-time": "yesterdayZ"}],
        [{"filename": "x", "hashes": {"sha256": "short"}, "upload-time": "2026-11-30T12:00:00+01:00"}],
    ],
)
def test_files_with_other_values(index: Index, files: list[Any]) -> None:
    index.has("sample", files=files, **{"project-status": "archived"})
    pages, found = ask(index.url, ["sample"])
    page = pages["sample"]
    assert page is not None
    assert (page.status, found) == ("active", [])
    assert set(page.files) <= {IndexFile("x")}


def test_only_names_are_sent(index: Index) -> None:
    index.has("sample")
    ask(index.url.replace("http://", "http://ada:love%3Alace@"), ["sample"])
    (path,) = index.asked
    assert path == "/simple/sample/"
    sent = {name: value for name, value in index.asked[path].items() if name not in ("Host", "Connection")}
    assert sent == {
        "Accept": "application/vnd.pypi.simple.v1+json",
        "Accept-Encoding": "identity",
        "Authorization": "Basic YWRhOmxvdmU6bGFjZQ==",
        "User-Agent": "pkgaudit",
    }


@pytest.mark.parametrize("status", [404, 410])
def test_a_project_that_the_index_does_not_have(index: Index, status: int) -> None:
    index.has("known")
    index.serve("gone", status=status)
    assert ask(index.url, ["gone", "known"]) == ({"gone": None, "known": IndexPage()}, [])


def test_an_address_without_any_project(index: Index) -> None:
    pages, found = ask(index.url, ["sample", "other"])
    assert (pages, found) == ({"sample": None, "other": None}, [])
    assert is_doubtful(index.url, pages, {"sample"})
    assert not is_doubtful(index.url, pages, {"sample", "other"})  # both may be new
    assert not is_doubtful("https://PyPI.org/simple", pages, {"sample"})
    assert not is_doubtful(index.url, {**pages, "other": IndexPage()}, {"sample"})


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        ("", client.JSON, 500, "the index answers 500"),
        ("", client.JSON, 429, "the index answers 429"),
        ("", client.JSON, 403, "the index answers 403"),
        ("", client.JSON, 406, "the index answers 406, because it has no page in this form"),
        ("", client.JSON, 300, "the index answers 300, a redirect that is not followed"),
        ("<html>", "text/html", 200, "the index has no JSON form of its pages"),
        ("{}", "application/json", 200, "the index has no JSON form of its pages"),
        ("{", client.JSON, 200, "is not a page of the simple API: the JSON is not valid"),
        (b"\xff\xff", client.JSON, 200, "the JSON is not valid"),
        ("[" * 100_000, client.JSON, 200, "the JSON is nested too deeply"),
        ("9" * 5_000, client.JSON, 200, "is not a page of the simple API: "),
        ("[]", client.JSON, 200, "the page is not an object"),
        ("{}", client.JSON, 200, "the page has no files"),
        ('{"meta": {"api-version": 1}}', client.JSON, 200, "the version of the format is not known"),
        ('{"meta": {"api-version": "2.0"}}', client.JSON, 200, "the version of the format is not known"),
        ('{"meta": {"api-version": "1.0"}, "name": 7}', client.JSON, 200, "that of another project"),
        ('{"meta": {"api-version": "1.0"}, "name": "Other"}', client.JSON, 200, "that of another project"),
        ('{"meta": {"api-version": "1.0"}, "name": "sample"}', client.JSON, 200, "the page has no files"),
    ],
)
def test_pages_that_cannot_be_used(
    index: Index, body: bytes | str, kind: str, status: int, says: str
) -> None:
    index.serve("sample", body, kind, status)
    (found,) = faults(index, "sample")
    assert found.startswith("sample/: ")
    assert says in found


def test_a_name_in_another_spelling(index: Index) -> None:
    index.has("acme-tides", {"meta": {"api-version": "1.0"}, "name": "Acme.Tides", "files": []})
    assert faults(index, "acme-tides") == []


def test_a_page_that_is_too_large(index: Index) -> None:
    index.serve("sample", "x" * 301)
    each = replace(LIMITS.each, size=300)
    assert faults(index, "sample", limits=hasty(each=each)) == ["sample/: the page is too large"]


def test_a_compressed_page_that_grows(index: Index) -> None:
    page = json.dumps({"meta": {"api-version": "1.0"}, "name": "known", "files": [], "x": "x" * 10_000})
    index.serve("sample", gzip.compress(page.encode()), Content_Encoding="gzip")
    each = replace(LIMITS.each, size=300)
    assert faults(index, "sample", limits=hasty(each=each)) == ["sample/: the page is too large"]


def test_a_compressed_page_that_ends_too_early(index: Index) -> None:
    index.serve("sample", gzip.compress(b"{}" * 100)[:-9], Content_Encoding="gzip")
    assert "the answer is not valid or not complete" in faults(index, "sample")[0]


def test_a_truncated_page(index: Index) -> None:
    index.serve("sample", "{}", Content_Length="900")
    assert "the answer is not valid or not complete" in faults(index, "sample")[0]


class TestRedirects:
    def redirect(self, index: Index, target: str) -> list[str]:
        index.serve("sample", status=302, Location=target)
        return faults(index, "sample")

    def test_to_the_same_host(self, index: Index) -> None:
        index.has("there", name="sample")
        assert self.redirect(index, "/simple/there/") == []

    @pytest.mark.parametrize(
        "target",
        ["http://localhost:1/simple/x/", "http://127.0.0.2/simple/x/", "/simple/sample/", "file:///x"],
    )
    def test_that_are_not_followed(self, index: Index, target: str) -> None:
        """Redirects to another host without encryption, in a circle, and to a file."""
        (found,) = self.redirect(index, target)
        assert "the index answers 302, a redirect that is not followed" in found

    @pytest.mark.parametrize("target", ["ftp://localhost/", "https://[x/"])
    def test_to_something_else(self, index: Index, target: str) -> None:
        (found,) = self.redirect(index, target)
        assert "sample/: cannot be read: the answer is not valid or not complete" in found

    def test_more_than_a_few(self, index: Index) -> None:
        for number in range(5):
            index.serve(str(number), status=302, Location=f"/simple/{number + 1}/")
        (found,) = self.redirect(index, "/simple/0/")
        assert "a redirect that is not followed" in found
        assert "4" not in index.projects

    def test_the_password_stays_with_the_index(self, index: Index) -> None:
        index.has("there", name="sample")
        index.serve("sample", status=302, Location="/simple/there/")
        ask(index.url.replace("http://", "http://ada:lovelace@"), ["sample"])
        assert index.asked["/simple/there/"]["Authorization"].startswith("Basic ")
        made = Request("http://127.0.0.1/x")
        made.add_unredirected_header("Authorization", "Basic x")
        for url, is_sent in (("http://127.0.0.1/y", True), ("https://127.0.0.1/y", False)):
            other = connections._SafeRedirects().redirect_request(made, None, 302, "", HTTPMessage(), url)
            assert other is not None
            assert other.has_header("Authorization") is is_sent

    def test_the_body_of_a_redirect_is_not_read(self, index: Index) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", "/simple/there/")
            handler.end_headers()
            index.is_over.wait(10)

        index.has("there", name="sample")
        index.answers["/simple/sample/"] = answer
        assert faults(index, "sample") == []


def waiting(index: Index) -> Any:
    """Return an answer that sends nothing until the end of the test."""

    def answer(_: BaseHTTPRequestHandler) -> None:
        index.is_over.wait(10)

    return answer


def test_an_index_that_does_not_answer(index: Index) -> None:
    index.answers["/simple/sample/"] = waiting(index)
    (found,) = faults(index, "sample", limits=hasty(each=replace(LIMITS.each, step=0.05)))
    assert found == "sample/: cannot be read: timed out; check the address"


def test_answers_that_take_too_long_in_all(index: Index) -> None:
    index.answers["/simple/sample/"] = waiting(index)
    (found,) = faults(index, "sample", limits=hasty(seconds=0.3))
    assert found == ": the index did not answer all requests within 0 seconds"


def test_a_page_that_trickles(index: Index) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not index.is_over.wait(0.01):
            handler.wfile.write(b"x")

    index.answers["/simple/sample/"] = answer
    (found,) = faults(index, "sample", limits=hasty(each=replace(LIMITS.each, whole=0.05)))
    assert "cannot be read: it takes longer than 0 seconds" in found


def test_headers_that_trickle(index: Index) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        while not index.is_over.wait(0.01):
            handler.wfile.write(b"x")

    index.answers["/simple/sample/"] = answer
    (found,) = faults(index, "sample", limits=hasty(seconds=0.3))
    assert "did not answer all requests" in found


def test_an_index_that_is_not_reachable_is_asked_once_by_each_thread() -> None:
    pages, found = ask("http://ada:lovelace@localhost:1/simple", [f"project-{each}" for each in range(50)])
    assert (pages, len(found) <= LIMITS.at_a_time) == ({}, True)
    assert found[0].startswith("http://localhost:1/simple/project-")


def test_a_busy_index_gets_no_more_requests(index: Index) -> None:
    names = [f"project-{each:02}" for each in range(50)]
    for each in names:
        index.serve(each, status=429)
    _, found = ask(index.url, names)
    assert len(found) == len(index.projects) <= LIMITS.at_a_time


def test_requests_at_a_time(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"project-{each:02}" for each in range(12)]
    together = threading.Barrier(LIMITS.at_a_time)
    running: list[str] = []
    numbers: list[int] = []

    def read_page(simple: str, project: str, *more: Any) -> client.Page | None:
        running.append(project)
        numbers.append(len(running))
        together.wait(10)
        try:
            return client.read_page(simple, project, *more)
        finally:
            running.remove(project)

    monkeypatch.setattr(asking, "read_page", read_page)
    pages, found = ask(index.url, names)
    assert (len(pages), found) == (12, [])
    assert max(numbers) == LIMITS.at_a_time


def test_more_projects_than_are_asked_for(index: Index) -> None:
    index.has("a")
    pages, found = ask(index.url, ["a", "b"], hasty(projects=1))
    assert pages.keys() == {"a"}
    assert found == [f"{index.url}: was asked about 1 of 2 projects only"]


def test_a_fault_of_ours_is_raised(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(asking, "read_page", crash)
    with pytest.raises(ZeroDivisionError):
        ask(index.url, ["sample"])


def test_a_proxy_of_the_environment(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", index.url.removesuffix("/simple/"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    url = "http://packages.example.com/simple/"
    index.has("sample")
    index.answers[f"{url}sample/"] = index.answers["/simple/sample/"]
    assert ask(url, ["sample"]) == ({"sample": IndexPage()}, [])


def test_the_address_is_checked() -> None:
    with pytest.raises(IndexReadError, match="--index-url: the user name and password for http://x/ would"):
        check_address("http://ada:lovelace@x/", "--index-url")


class TestProjects:
    def named(self, *releases: Release, private: tuple[str, ...] = ()) -> list[str]:
        return projects_of([*releases], PrivateNames(private))

    def test_hard_dependencies(self) -> None:
        made = release(
            "Acme.Tides>=1",
            "acme-moon; sys_platform == 'win32'",
            "acme-sky; extra == 'x'",
            "acme-sea @ https://example.com/x.whl",
            "not valid at all",
        )
        assert self.named(made) == ["acme-moon", "acme-tides", "sample"]

    def test_requirements_of_wheels_count(self) -> None:
        made = release("acme-tides")
        (wheel,), (sdist,) = made.wheels, made.sdists
        sdist.kept = {"sample-1.0/PKG-INFO": next(iter(wheel.kept.values())).replace(b"tides", b"moon")}
        sdist.entries = [replace(wheel.entries[0], path="sample-1.0/PKG-INFO")]
        assert self.named(made) == ["acme-tides", "sample"]
        assert self.named(Release("sample", [sdist])) == ["acme-moon", "sample"]

    def test_private_names_are_left_out(self) -> None:
        made = release("acme-tides", "other")
        assert self.named(made, private=("Acme_*", "sample")) == ["other"]
