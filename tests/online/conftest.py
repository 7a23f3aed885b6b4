"""An index on this machine, with any answer for each path."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pkgaudit.online.client import JSON

Answer = Callable[[BaseHTTPRequestHandler], None]


class Index:
    """An index; ``asked`` are the paths and headers of the requests."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, Answer] = {}
        self.heads: dict[str, Answer] = {}
        """The answers to requests for headers; others get an error."""
        self.asked: dict[str, dict[str, str]] = {}
        self.is_over = threading.Event()
        """Set at the end of a test, for answers that wait."""

    def has(self, project: str, page: Any = None, **more: Any) -> None:
        """Serve the page of a project; without one, a page with no files."""
        made = {"meta": {"api-version": "1.4"}, "name": project, "files": [], **more}
        self.serve(project, json.dumps(made if page is None else page))

    def serve(
        self, project: str, body: bytes | str = "", kind: str = JSON, status: int = 200, **headers: str
    ) -> None:
        """Serve a body; ``_`` in the name of a header stands for a hyphen."""
        self.serve_at(f"/simple/{project}/", body, kind, status, **headers)

    def serve_at(
        self, path: str, body: bytes | str, kind: str = "", status: int = 200, **headers: str
    ) -> None:
        """Do the same at any path."""
        data = body.encode() if isinstance(body, str) else body
        sent = {"Content-Type": kind, "Content-Length": str(len(data))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for each in sent.items():
                handler.send_header(*each)
            handler.end_headers()
            handler.wfile.write(data)

        self.answers[path] = answer

    @property
    def projects(self) -> list[str]:
        """The projects that were asked for."""
        return sorted(each.split("/")[2] for each in self.asked)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    index = Index()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked[self.path] = dict(self.headers)
            if self.path in index.answers:
                index.answers[self.path](self)
            else:
                self.send_error(404)

        def do_HEAD(self) -> None:
            if self.path in index.heads:
                index.heads[self.path](self)
            else:
                self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that goes away is a part of some tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        index.url = f"http://127.0.0.1:{server.server_port}/simple/"
        yield index
        index.is_over.set()
        server.shutdown()
        thread.join()
