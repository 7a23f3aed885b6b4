"""Reads pages and files of an index within limits on time and size.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit
from urllib.request import Request

from pkgaudit.errors import PkgauditError
from pkgaudit.model.addresses import Address
from pkgaudit.online.connections import LOGIN, Opener
from pkgaudit.online.logins import netrc_login

JSON = "application/vnd.pypi.simple.v1+json"
"""The content type of pages in JSON (PEP 691)."""

_CHUNK = 1 << 20
"""Bytes of an answer that are read at once."""

_DIGITS = 6
"""The most digits of a number of seconds that count."""

_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"
"""Characters of an address that stay as they are. An index may leave others unquoted."""

_GZIP = 16 + zlib.MAX_WBITS

_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""The answers of an index that does not have a project."""


class IndexReadError(PkgauditError):
    """The index cannot be read. The message names it and the reason.

    ``is_unavailable``: other pages cannot be read now either, because the index is not reachable or
    overloaded. ``pause`` is the number of seconds that it asks to wait, None if it does not say.
    """

    def __init__(self, message: str, *, is_unavailable: bool = False, pause: float | None = None) -> None:
        super().__init__(message)
        self.is_unavailable = is_unavailable
        self.pause = pause


class UnchangedError(Exception):
    """A page is that of the last request."""


@dataclass(frozen=True)
class Bounds:
    """The limits on one request: seconds for each step, seconds for the complete answer, and bytes."""

    step: float
    whole: float
    size: int


@dataclass(frozen=True)
class Head:
    """An answer without its content: the content type, the address after redirects, and the headers."""

    kind: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A page of an index: its content type, its content, its address after redirects, and the headers."""

    kind: str
    data: bytes
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


def check_address(simple: str, option: str) -> None:
    """Check the address of an index, which is the value of an option, before anything is sent.

    Raises:
        IndexReadError: it is not an address, or its password would be sent without encryption.
    """
    try:
        address = Address.parse(simple)
    except ValueError as error:
        raise IndexReadError(f"{option}: {error}; give the address of the simple API") from None
    if address.has_userinfo and address.scheme == "http" and not address.is_loopback:
        raise IndexReadError(
            f"{option}: the user name and password for {address} would not be encrypted; use https://"
        )


def read_page(simple: str, project: str, accepted: str, bounds: Bounds, open_: Opener) -> Page | None:
    """Return the page of a project, None if the index does not know the project.

    ``simple`` is the checked address of the simple API, ``accepted`` the content types to request.

    Raises:
        IndexReadError: the page cannot be read, or is too large.
    """
    asked = request(page_url(simple, project), simple, accepted)
    data = bytearray()
    head = receive(asked, bounds, open_, data.extend)
    return None if head is None else Page(head.kind, bytes(data), head.url, head.headers)


def receive(asked: Request, bounds: Bounds, open_: Opener, write: Callable[[bytes], object]) -> Head | None:
    """Read the answer to a request, and return all but its content; None if the index has no such page.

    ``write`` gets the content in parts.

    Raises:
        IndexReadError: the page cannot be read, or is too large.
        UnchangedError: the request has a condition, and the page is the same.
    """
    shown = without_login(asked.full_url)
    size = 0
    try:
        with open_(asked, bounds.step) as answer:
            for part in _decoded(answer, bounds):
                size += len(part)
                if size > bounds.size:
                    raise IndexReadError(f"{shown}: the page is too large")
                write(part)
            return Head(answer.headers.get_content_type(), answer.geturl(), answer.headers)
    except HTTPError as error:
        error.close()
        if error.code in _MISSING:
            return None
        if error.code == HTTPStatus.NOT_MODIFIED:
            raise UnchangedError from None
        raise IndexReadError(
            f"{shown}: {reason_of(error)}; check the address",
            is_unavailable=is_passing(error),
            pause=pause_of(error),
        ) from None
    except (HTTPException, OSError, ValueError, zlib.error) as error:
        reason = f"{shown}: cannot be read: {reason_of(error)}; check the address"
        raise IndexReadError(reason, is_unavailable=is_passing(error)) from None


def is_passing(error: Exception) -> bool:
    """Return whether the same request may succeed later: the server is not reachable, or overloaded."""
    if isinstance(error, HTTPError):
        return error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, OSError)


def pause_of(error: HTTPError) -> float | None:
    """Return the seconds that a server asks to wait, None if it does not say.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = error.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text[:_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):  # the header is missing, or not a date
        return None


def _decoded(answer: Any, bounds: Bounds) -> Iterator[bytes]:
    """Yield the content of an answer, which may be compressed."""
    if answer.headers.get("Content-Encoding", "").lower() not in ("gzip", "x-gzip"):
        yield from chunks(answer, bounds.whole)
        return
    decoder = zlib.decompressobj(_GZIP)
    for chunk in chunks(answer, bounds.whole):
        while chunk and not decoder.eof:
            yield decoder.decompress(chunk, _CHUNK)
            chunk = decoder.unconsumed_tail
    if not decoder.eof:
        raise HTTPException


def chunks(answer: Any, longest: float) -> Iterator[bytes]:
    """Yield the content of an answer.

    Raises:
        HTTPException: the answer ends too early.
        TimeoutError: it takes longer than so many seconds, although each part arrives in time.
    """
    end = time.monotonic() + longest
    length = answer.headers.get("Content-Length", "")
    left = int(length) if length.isdecimal() and not answer.chunked else None
    while left is None or left > 0:
        chunk = answer.read1(_CHUNK)
        if not chunk:
            break
        yield chunk
        left = None if left is None else left - len(chunk)
        if time.monotonic() > end:
            raise TimeoutError(f"it takes longer than {longest:.0f} seconds")
    if left:
        raise HTTPException
    answer.is_whole = True


def reason_of(error: Exception) -> str:
    """Return a reason for a message, which quotes no address: it may contain a password."""
    if isinstance(error, HTTPError):
        meaning = ""
        if error.code == HTTPStatus.NOT_ACCEPTABLE:
            meaning = ", because it has no page in this form"
        elif error.code < HTTPStatus.BAD_REQUEST:
            meaning = ", a redirect that is not followed"
        return f"the index answers {error.code}{meaning}"
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return reason_of(error.reason)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "the answer is not valid or not complete"


def request(
    url: str, simple: str, accepted: str, *, with_netrc: bool = False, method: str = "GET"
) -> Request:
    """Return a request; the user name and password of the index go only to the index itself.

    ``with_netrc``: those in the netrc file of the user are sent to the hosts that it names.
    """
    address, index = Address.parse(url), Address.parse(simple)
    is_index = (address.scheme, address.host, address.port) == (index.scheme, index.host, index.port)
    login = urlsplit(simple).netloc.rpartition("@")[0] if is_index else ""
    user, colon, password = login.partition(":")
    if with_netrc and not colon and (address.scheme == "https" or address.is_loopback):
        user, password = netrc_login(address.host, user) or (user, "")
    made = Request(
        quote(without_login(url), safe=_UNQUOTED),
        headers={"Accept": accepted, "User-Agent": "pkgaudit"},
        method=method,
    )
    if user or password:
        encoded = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        made.add_unredirected_header(LOGIN, f"Basic {encoded}")
    return made


def page_url(simple: str, project: str) -> str:
    """Return the address of the page of a project, or of the list of all projects for an empty name."""
    return urljoin(_with_slash(simple), f"{project}/" if project else "")


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def without_login(url: str) -> str:
    """Return an address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
