"""What an index serves after an upload, read from a server on this machine."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from fixtures.builders import Wheel
from pkgaudit.gate import confirm
from pkgaudit.gate.confirm import served_files
from pkgaudit.online import client
from pkgaudit.online.client import IndexReadError
from tests.support import run

NAME = "sample-1.0-py3-none-any.whl"
CONTENT = b"content of a wheel"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
JSON = "application/vnd.pypi.simple.v1+json"


class Index:
    """An index with pages and files by path; ``logins`` are the paths with the credentials that were sent."""

    def __init__(self) -> None:
        self.url = ""
        self.pages: dict[str, list[tuple[int, str, bytes]]] = {}
        self.headers: dict[str, str] = {}
        self.logins: list[tuple[str, str]] = []

    def serve(self, path: str, data: bytes | str, kind: str = "text/html", status: int = 200) -> None:
        """Answer a path; several answers are given one after the other, the last one again and again."""
        body = data.encode() if isinstance(data, str) else data
        self.pages.setdefault(path, []).append((status, kind, body))


@pytest.fixture
def index() -> Iterator[Index]:
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.logins.append((self.path, self.headers.get("Authorization", "")))
            answers = index.pages.get(self.path, [(404, "text/html", b"")])
            status, kind, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            headers = {"Content-Type": kind, "Content-Length": str(len(body)), **index.headers}
            for each in headers.items():
                self.send_header(*each)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        index.url = f"http://127.0.0.1:{server.server_port}/simple"
        yield index
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "_PAUSES", (0, 0))


def read(index: Index, names: tuple[str, ...] = (NAME,)) -> list[tuple[str, str]]:
    return served_files(index.url, names, ["sample"])


def test_a_page_in_json(index: Index) -> None:
    files = [
        {"filename": NAME, "url": "../../files/x", "hashes": {"sha256": SHA256.upper()}},
        {"filename": "other-1.0.tar.gz", "url": "y", "hashes": {}},
        {"filename": 7},
        None,
    ]
    index.serve("/simple/sample/", json.dumps({"files": files}), JSON)
    assert read(index) == [(NAME, SHA256)]


def test_a_page_in_html(index: Index) -> None:
    other = "other-1.0.tar.gz#sha256=" + "0" * 64
    page = f'<a href="/files/{NAME}#sha256={SHA256}">x</a><a href="{other}">y</a><a>z</a>'
    index.serve("/simple/sample/", page)
    assert read(index) == [(NAME, SHA256)]


@pytest.mark.parametrize("fragment", ["", "#md5=00", "#sha256=00"])
def test_a_file_without_a_hash_is_downloaded(index: Index, fragment: str) -> None:
    index.serve("/simple/sample/", f'<a href="/files/{NAME}{fragment}">x</a>')
    index.serve(f"/files/{NAME}", CONTENT)
    assert read(index) == [(NAME, SHA256)]


def test_a_new_file_may_appear_late(index: Index) -> None:
    index.serve("/simple/sample/", "")
    index.serve("/simple/sample/", f'<a href="{NAME}#sha256={SHA256}">x</a>')
    assert read(index) == [(NAME, SHA256)]


def test_a_project_that_the_index_does_not_know_has_no_files(index: Index) -> None:
    assert read(index) == []


@pytest.mark.parametrize(
    ("status", "kind", "body", "says"),
    [
        (500, "text/html", "", "the index answers 500; check the address"),
        (200, JSON, "{", "is not a page of the simple API"),
        (200, JSON, "[" * 100_000, "is not a page of the simple API"),
        (200, "text/html", f'<a href="file:///etc/{NAME}">x</a>', "cannot be downloaded"),
        (200, "text/html", f'<a href="/missing/{NAME}">x</a>', "cannot be downloaded"),
        (200, "text/html", f'<a href="http://[x/{NAME}">x</a>', f"{NAME}: cannot be downloaded"),
        (200, JSON, f'{{"files": [{{"filename": "{NAME}", "url": "http://[x"}}]}}', "cannot be downloaded"),
    ],
)
def test_an_index_that_cannot_be_read(index: Index, status: int, kind: str, body: str, says: str) -> None:
    index.serve("/simple/sample/", body, kind, status)
    with pytest.raises(IndexReadError, match=says):
        read(index)


def test_a_page_of_any_size(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "_LARGEST_PAGE", 100)
    index.serve("/simple/sample/", "x" * 101)
    with pytest.raises(IndexReadError, match="the page is too large"):
        read(index)


def test_no_server() -> None:
    with pytest.raises(IndexReadError, match=r"http://localhost:1/simple/sample/: cannot be read: .*; check"):
        served_files("http://ada:lovelace@localhost:1/simple", [NAME], ["sample"])


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({"Content-Length": "9"}, b"short", "the answer is not valid or not complete"),
        ({"Transfer-Encoding": "chunked"}, b"no chunk", "the answer is not valid or not complete"),
        ({"Content-Encoding": "gzip"}, b"no gzip", "the answer is not valid or not complete"),
    ],
)
def test_an_answer_that_is_not_valid(index: Index, headers: dict[str, str], body: bytes, says: str) -> None:
    index.headers = headers
    index.serve("/simple/sample/", body)
    with pytest.raises(IndexReadError, match=says):
        read(index)


def test_a_server_of_another_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as connection:
                connection.sendall(b"220 ready\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(IndexReadError, match="the answer is not valid"):
            served_files(f"http://127.0.0.1:{server.getsockname()[1]}/simple/", [NAME], ["sample"])
        thread.join()


def test_a_page_that_takes_too_long(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "_LONGEST_PAGE", -1)
    index.serve("/simple/sample/", "x")
    with pytest.raises(IndexReadError, match="it takes longer than"):
        read(index)


def test_a_compressed_page(index: Index) -> None:
    index.headers = {"Content-Encoding": "gzip"}
    index.serve("/simple/sample/", gzip.compress(f'<a href="{NAME}#sha256={SHA256}">x</a>'.encode()))
    assert read(index) == [(NAME, SHA256)]


@pytest.mark.parametrize("folder", ["with space", "\u00e9", "with%20space"])
def test_a_link_that_is_not_quoted(index: Index, folder: str) -> None:
    index.serve("/simple/sample/", f'<a href="/{folder}/{NAME}">x</a>')
    index.serve(f"/{quote(unquote(folder))}/{NAME}", CONTENT)
    assert read(index) == [(NAME, SHA256)]


def test_links_that_start_elsewhere(index: Index) -> None:
    index.serve("/simple/sample/", f'<base href="/files/"><a href="{NAME}">x</a>')
    index.serve(f"/files/{NAME}", CONTENT)
    assert read(index) == [(NAME, SHA256)]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://localhost/simple", "does not begin with https:// or http://"),
        ("simple", "does not begin with https:// or http://"),
        ("https://", "the address has no host"),
        ("https://[x/", "the host of the address is not valid"),
        ("https://ada:lovelace@localhost:x/", "the port of the address is not a number"),
        ("http://ada:lovelace@packages.example.com/", "would not be encrypted; use https://"),
    ],
)
def test_addresses_that_are_refused_before_the_upload(
    address: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wheel = Wheel().build().write(tmp_path)
    done = run("gate", wheel, "--no-config", "--confirm", address, "--", "touch", "started", "{files}")
    assert done.exit_code == 2
    assert "not started: --confirm: " in done.stderr
    assert says in done.stderr
    assert "lovelace" not in done.output
    assert not Path("started").exists()


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("https://LOCALHOST:443/files/x", True),
        ("http://localhost/files/x", False),
        ("https://localhost:8443/files/x", False),
    ],
)
def test_the_login_is_for_one_scheme_and_port(url: str, is_sent: bool) -> None:
    made = client.request(url, "https://ada:lovelace@localhost/simple/", client.JSON)
    assert bool(made.unredirected_hdrs) is is_sent


def test_the_login_goes_only_to_the_host_of_the_index(index: Index) -> None:
    other = index.url.replace("127.0.0.1", "localhost").removesuffix("/simple")
    index.serve("/simple/sample/", f'<a href="/files/{NAME}">x</a><a href="{other}/other/two">y</a>')
    index.serve(f"/files/{NAME}", CONTENT)
    index.serve("/other/two", CONTENT)
    index.url = index.url.replace("http://", "http://ada:love%3Alace@")
    assert read(index, (NAME, "two")) == [(NAME, SHA256), ("two", SHA256)]
    login = "Basic " + base64.b64encode(b"ada:love:lace").decode()
    assert index.logins == [("/simple/sample/", login), (f"/files/{NAME}", login), ("/other/two", "")]


class TestCommand:
    @pytest.fixture
    def wheel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        return Wheel().build().write(tmp_path)

    def gate(self, wheel: Path, index: Index, *more: str) -> tuple[int, str]:
        done = run("gate", wheel, "--no-config", *more, "--confirm", index.url, "--", "true", "{files}")
        return done.exit_code, " ".join(done.stderr.split())

    def test_the_audited_file_is_served(self, wheel: Path, index: Index) -> None:
        sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
        index.serve("/simple/sample/", f'<a href="{wheel.name}#sha256={sha256}">x</a>')
        status, said = self.gate(wheel, index, "--report", "report.json")
        assert (status, said.partition("pkgaudit gate: ")[2]) == (0, "true exited with status 0")
        report = json.loads(Path("report.json").read_text())["gate"]
        assert (report["confirmed"], report["findings"], report["command_status"]) == (True, [], 0)

    def test_another_file_is_served_under_its_name(self, wheel: Path, index: Index) -> None:
        index.serve("/simple/sample/", f'<a href="{wheel.name}#sha256={SHA256}">x</a>')
        status, said = self.gate(wheel, index, "--report", "report.json")
        assert status == 1
        assert f"serves other content under the name '{wheel.name}': the sha256 is {SHA256}" in said
        assert said.endswith("true exited with status 0, but the index does not serve the audited files")
        report = json.loads(Path("report.json").read_text())["gate"]
        assert (report["confirmed"], [each["code"] for each in report["findings"]]) == (False, ["HM201"])

    def test_the_file_is_not_served(self, wheel: Path, index: Index) -> None:
        status, said = self.gate(wheel, index)
        assert status == 1
        assert f"/simple does not serve '{wheel.name}', although the upload reported success" in said

    def test_the_index_cannot_be_read(self, wheel: Path, index: Index) -> None:
        index.serve("/simple/sample/", "", status=503)
        status, said = self.gate(wheel, index)
        assert status == 2
        assert said.endswith("true exited with status 0, but the index could not be read")

    def test_a_failed_upload_is_not_confirmed(self, wheel: Path, index: Index) -> None:
        done = run("gate", wheel, "--no-config", "--confirm", index.url, "--", "false", "{files}")
        assert (done.exit_code, index.logins) == (1, [])
