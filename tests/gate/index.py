"""A package index on this machine that accepts everything and logs it.

It refuses nothing by itself: a test asserts from the log that nothing has arrived.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Upload:
    """A request with a file: its name and the sha256 of the received bytes, which other parts it had.

    ``credentials`` is the scheme of the header, such as ``Basic``, None without credentials.
    """

    path: str
    name: str
    sha256: str
    credentials: str | None
    parts: frozenset[str]


@dataclass
class Index:
    """A running index.

    ``status`` is the answer to uploads, and ``location`` the target of a redirect. ``while_receiving`` is
    called before the body of an upload is read.
    """

    port: int = 0
    status: int = 200
    location: str | None = None
    while_receiving: Callable[[], None] = lambda: None
    uploads: list[Upload] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def url(self, path: str = "/upload/") -> str:
        """Return an address on the index."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def received(self) -> dict[str, str]:
        """The sha256 of the received files by their names."""
        return {each.name: each.sha256 for each in self.uploads}


@contextmanager
def serving() -> Iterator[Index]:
    """Run an index in a thread."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Write nothing to standard error."""

        def do_GET(self) -> None:
            index.requests.append(f"GET {self.path}")
            found = self.path == "/_/oidc/audience"
            self._answer(200 if found else 404, {"audience": "sample"} if found else {})

        def do_POST(self) -> None:
            index.requests.append(f"POST {self.path}")
            if self.path != "/_/oidc/mint-token":
                index.while_receiving()
            body = self._body()
            if self.path == "/_/oidc/mint-token":
                self._answer(200, {"success": True, "token": "minted"})
                return
            index.uploads.append(self._upload(body))
            self._answer(index.status, {})

        def _body(self) -> bytes:
            if length := self.headers.get("Content-Length"):
                return self.rfile.read(int(length))
            made = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                made += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return made

        def _upload(self, body: bytes) -> Upload:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
            parts = {
                str(each.get_param("name", header="content-disposition")): each
                for each in message.iter_parts()
            }
            content = parts["content"].get_payload(decode=True)
            assert isinstance(content, bytes)
            scheme = self.headers.get("Authorization", "").partition(" ")[0]
            return Upload(
                self.path,
                parts["content"].get_filename() or "",
                hashlib.sha256(content).hexdigest(),
                scheme or None,
                frozenset(parts),
            )

        def _answer(self, status: int, value: object) -> None:
            made = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(made)))
            if index.location is not None:
                self.send_header("Location", index.location)
            self.end_headers()
            self.wfile.write(made)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Write nothing: uploaders reset connections that they no longer need."""

    server = Server(("127.0.0.1", 0), Handler)
    index.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
