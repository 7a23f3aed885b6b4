"""Connections are used again, and replaced if the server has closed them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest

from pkgaudit.online.client import chunks, pause_of, request
from pkgaudit.online.connections import Opener


class Server:
    """A server that counts connections; with ``closes`` it closes each one after its first answer."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.logins: list[str | None] = []
        self.closes = False


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            made.connections += 1
            super().setup()

        def do_GET(self) -> None:
            made.logins.append(self.headers["Authorization"])
            body = b"x" * 100
            self.send_response(404 if self.path == "/missing" else 200)
            if self.path == "/chunked":
                self.send_header("Transfer-Encoding", "chunked")
                body = b"2\r\nxx\r\n0\r\n\r\n"
            else:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = made.closes

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that goes away is a part of some tests."""

    with Quiet(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        made.url = f"http://127.0.0.1:{running.server_port}"
        yield made
        running.shutdown()


def get(open_: Opener, url: str) -> int:
    with open_(request(url, url, "*/*"), 5) as answer:
        return sum(map(len, chunks(answer, 5)))


@pytest.mark.parametrize(("path", "size"), [("/", 100), ("/chunked", 2)])
def test_one_connection_for_all_requests(server: Server, path: str, size: int) -> None:
    with Opener() as open_:
        assert [get(open_, server.url + path) for _ in range(3)] == [size] * 3
    assert server.connections == 1


def test_an_answer_that_is_not_read_spoils_its_connection(server: Server) -> None:
    with Opener() as open_:
        open_(request(server.url, server.url, "*/*"), 5).close()
        assert get(open_, server.url) == 100
        with pytest.raises(HTTPError) as error:
            open_(request(f"{server.url}/missing", server.url, "*/*"), 5)
        error.value.close()
        assert get(open_, server.url) == 100
    assert server.connections == 3


def test_an_answer_that_is_being_read_has_its_connection_alone(server: Server) -> None:
    with Opener() as open_, open_(request(server.url, server.url, "*/*"), 5) as answer:
        assert get(open_, server.url) == 100
        assert sum(map(len, chunks(answer, 5))) == 100
    assert server.connections == 2


def test_a_server_that_closes_connections(server: Server) -> None:
    server.closes = True
    with Opener() as open_:
        assert [get(open_, server.url) for _ in range(3)] == [100] * 3


class TestNetrc:
    @pytest.fixture(autouse=True)
    def written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "netrc"
        path.write_text("machine 127.0.0.1 login ada password l:v\ndefault login eve password x\n")
        monkeypatch.setenv("NETRC", str(path))

    def login(self, url: str, simple: str = "https://index.example.com/simple/") -> str | None:
        return request(url, simple, "*/*", with_netrc=True).get_header("Authorization")

    def test_it_is_sent_to_the_hosts_that_it_names(self) -> None:
        assert self.login("http://127.0.0.1:8080/x") == "Basic YWRhOmw6dg=="
        assert self.login("https://index.example.com/x") is None

    def test_the_address_has_priority(self) -> None:
        assert self.login("http://127.0.0.1/x", "http://eve:y@127.0.0.1/") == "Basic ZXZlOnk="
        # Only the password is missing.
        assert self.login("http://127.0.0.1/x", "http://ada@127.0.0.1/") == "Basic YWRhOmw6dg=="
        assert self.login("http://127.0.0.1/x", "http://token@127.0.0.1/") == "Basic dG9rZW46"

    def test_it_is_read_only_if_wanted(self) -> None:
        assert request("http://127.0.0.1/x", "http://x/", "*/*").get_header("Authorization") is None

    @pytest.mark.parametrize("text", ["machine", "\xff"])
    def test_a_file_that_cannot_be_read(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "netrc").write_text(text, encoding="latin-1")
        assert self.login("http://127.0.0.1/x") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("9" * 99, 999_999), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None), ("", None)],
)
def test_the_pause_that_a_server_asks_for(text: str, seconds: float | None) -> None:
    headers = Message()
    if text:
        headers["Retry-After"] = text
    assert pause_of(HTTPError("", 429, "", headers, None)) == seconds
