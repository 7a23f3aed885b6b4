"""Opens requests over connections that are used again, and follows only safe redirects.

`urllib.request` closes each connection after its answer. A sweep requests thousands of small pages and files
of the same host, for which a new TLS connection would take longer than the answer.
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from http.client import BadStatusLine, HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from pkgaudit.model.addresses import Address

_HEADERS = 5
"""How often the time of a step all headers may take; chosen: a slow server sends them in a few parts."""

_FOR_PROXY = "Proxy-Authorization"

_PATIENCE = 60.0
"""Seconds for a step of a request that does not state them."""

LOGIN = "Authorization"
"""The header with user and password."""


class Answer(HTTPResponse):
    """An answer; its reader sets ``is_whole`` at the end, so that the next request uses the connection."""

    is_whole = False


class Opener:
    """Opens requests, from any number of threads; it keeps the connections of which the answer is read."""

    def __init__(self) -> None:
        self._kept = _Kept()
        self._open = build_opener(_Plain(self._kept), _Secure(self._kept), _SafeRedirects()).open

    def __call__(self, request: Request, timeout: float) -> Any:
        """Open a request, as `urllib.request.urlopen` does; ``timeout`` is in seconds, for each step.

        Raises:
            HTTPError: the server answers with another status than success.
            OSError: the server cannot be reached.
            HTTPException: the answer is not valid.
            ValueError: the address, or that of a redirect, is not valid.
        """
        return self._open(request, timeout=timeout)

    def __enter__(self) -> Opener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._kept.close()


class _Kept:
    """Connections with their last answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[tuple[tuple[Any, ...], HTTPConnection, HTTPResponse]] = []

    def take(self, key: tuple[Any, ...]) -> HTTPConnection | None:
        """Return an idle connection, and close those that an unread answer has spoiled."""
        found, left = None, []
        with self._lock:
            for each in self._all:
                mine, connection, answer = each
                is_whole = getattr(answer, "is_whole", False) or answer.length == 0
                if not answer.isclosed() and not is_whole:
                    left.append(each)
                elif not is_whole:
                    connection.close()
                elif mine == key and found is None:
                    answer.close()
                    found = connection
                else:
                    left.append(each)
            self._all = left
        return found

    def keep(self, key: tuple[Any, ...], connection: HTTPConnection, answer: HTTPResponse) -> None:
        with self._lock:
            self._all.append((key, connection, answer))

    def close(self) -> None:
        with self._lock:
            for _, connection, answer in self._all:
                answer.close()
                connection.close()
            self._all = []

    def open(self, kind: type[HTTPConnection], request: Request, **more: Any) -> HTTPResponse:
        """Send a request and return the answer, whose headers are read.

        Raises:
            OSError: the server cannot be reached.
            HTTPException: the answer is not valid.
        """
        host, tunnel = request.host, getattr(request, "_tunnel_host", None)
        if not host:
            raise URLError("the address has no host")
        key = kind, host, tunnel
        connection = self.take(key)
        if connection is not None:
            # The server may have closed it meanwhile; then a new connection is opened.
            with suppress(ConnectionError, BadStatusLine):
                return self._send(key, connection, request, tunnel)
        connection = kind(host, timeout=request.timeout, **more)
        connection.response_class = Answer
        if tunnel:
            connection.set_tunnel(tunnel, headers=_proxy_headers(request))
        return self._send(key, connection, request, tunnel)

    def _send(
        self, key: tuple[Any, ...], connection: HTTPConnection, request: Request, tunnel: str | None
    ) -> HTTPResponse:
        headers = {name.title(): value for name, value in request.header_items()}
        if tunnel:
            for name in _proxy_headers(request):
                del headers[name]
        seconds = request.timeout or _PATIENCE
        timer: threading.Timer | None = None
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(seconds)
            timer = threading.Timer(_HEADERS * seconds, _abort, (connection.sock,))
            timer.daemon = True
            timer.start()
            connection.request(request.get_method(), request.selector, headers=headers)
            answer = connection.getresponse()
        except BaseException:  # also Ctrl-C; the connection may be in the middle of an answer
            connection.close()
            raise
        finally:
            if timer is not None:
                timer.cancel()
        # The names that the handlers of urllib read.
        answer.url = request.full_url
        answer.msg = answer.reason  # type: ignore[assignment]  # urllib.request does the same
        # Otherwise the answer has the socket.
        if not answer.will_close:
            self.keep(key, connection, answer)
        return answer


def _proxy_headers(request: Request) -> dict[str, str]:
    """Return the headers that are for the proxy and not for the server behind it."""
    return {name.title(): value for name, value in request.header_items() if name.title() == _FOR_PROXY}


def _abort(sock: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        sock.shutdown(socket.SHUT_RDWR)


class _Plain(HTTPHandler):
    def __init__(self, kept: _Kept) -> None:
        super().__init__()
        self._kept = kept

    def http_open(self, req: Request) -> HTTPResponse:
        return self._kept.open(HTTPConnection, req)


class _Secure(HTTPSHandler):
    def __init__(self, kept: _Kept) -> None:
        super().__init__()
        self._kept = kept
        # One for all connections: it takes long to read the certificates.
        self._tls: ssl.SSLContext | None = None

    def https_open(self, req: Request) -> HTTPResponse:
        self._tls = self._tls or ssl.create_default_context()
        return self._kept.open(HTTPSConnection, req, context=self._tls)


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a few redirects, to https or within the host of the index."""

    max_redirections = 3

    def http_error_302(self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        """Follow a redirect."""
        # Otherwise its body, of any size, would be read.
        fp.close()
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the next request, None to report the redirect as the answer.

        User and password of the index are sent again only to the index.
        """
        old, new = Address.parse(req.full_url), Address.parse(newurl)
        is_same = (old.scheme, old.host, old.port) == (new.scheme, new.host, new.port)
        if new.scheme != "https" and not is_same:
            return None
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        login = req.unredirected_hdrs.get(LOGIN)
        if made is not None and is_same and login is not None:
            made.add_unredirected_header(LOGIN, login)
        return made
