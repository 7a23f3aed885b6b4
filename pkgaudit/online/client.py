"""Reads pages and files of an index within limits on time and size.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

from pkgaudit.errors import PkgauditError
from pkgaudit.model.addresses import Address

JSON = "application/vnd.pypi.simple.v1+json"
"""The content type of pages in JSON (PEP 691)."""

_CHUNK = 1 << 20
"""Bytes of an answer that are read at once."""

_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"
"""Characters of an address that stay as they are. An index may leave others unquoted."""

_GZIP = 16 + zlib.MAX_WBITS

_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""The answers of an index that does not have a project."""


class IndexReadError(PkgauditError):
    """The index cannot be read. The message names it and the reason.

    ``is_final``: other pages cannot be read either, because the index is not reachable or overloaded.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True)
class Bounds:
    """The limits on one request: seconds for each step, seconds for the complete answer, and bytes."""

    step: float
    whole: float
    size: int


@dataclass(frozen=True)
class Page:
    """A page of an index: its content type, its content, and its address after redirects."""

    kind: str
    data: bytes
    url: str


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


def read_page(
    simple: str, project: str, accepted: str, bounds: Bounds, open_: Callable[..., Any] = urlopen
) -> Page | None:
    """Return the page of a project, None if the index does not know the project.

    ``simple`` is the checked address of the simple API, ``accepted`` the content types to request; ``open_``
    opens a request, as `urlopen` does.

    Raises:
        IndexReadError: the page cannot be read, or is too large.
    """
    url = urljoin(_with_slash(simple), f"{project}/")
    shown = without_login(url)
    data = bytearray()
    try:
        with open_(request(url, simple, accepted), timeout=bounds.step) as answer:
            for chunk in chunks(answer, bounds.whole):
                data += chunk
                if len(data) > bounds.size:
                    raise IndexReadError(f"{shown}: the page is too large")
            kind = answer.headers.get_content_type()
            is_gzip = answer.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
            base = answer.geturl()
        if is_gzip:  # some servers only have the compressed page
            data = bytearray(zlib.decompressobj(_GZIP).decompress(data, bounds.size))
    except HTTPError as error:
        if error.code in _MISSING:
            return None
        is_final = (
            error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
        )
        raise IndexReadError(f"{shown}: {reason_of(error)}; check the address", is_final=is_final) from None
    except (HTTPException, OSError, ValueError, zlib.error) as error:
        reason = f"{shown}: cannot be read: {reason_of(error)}; check the address"
        raise IndexReadError(reason, is_final=isinstance(error, OSError)) from None
    return Page(kind, bytes(data), base)


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


def request(url: str, simple: str, accepted: str) -> Request:
    """Return a request; the user name and password of the index go only to the index itself."""
    address, index = Address.parse(url), Address.parse(simple)
    is_index = (address.scheme, address.host, address.port) == (index.scheme, index.host, index.port)
    login = urlsplit(simple).netloc.rpartition("@")[0] if is_index else ""
    made = Request(
        quote(without_login(url), safe=_UNQUOTED), headers={"Accept": accepted, "User-Agent": "pkgaudit"}
    )
    if login:
        encoded = base64.b64encode(unquote(login).encode()).decode()
        made.add_unredirected_header("Authorization", f"Basic {encoded}")
    return made


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a few redirects, to https or within the host of the index."""

    max_redirections = 3

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the next request, None to report the redirect as the answer."""
        old, new = Address.parse(req.full_url), Address.parse(newurl)
        if new.scheme != "https" and (old.scheme, old.host, old.port) != (new.scheme, new.host, new.port):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def safe_opener() -> Callable[..., Any]:
    """Return a function like `urlopen` that follows only safe redirects."""
    return build_opener(_SafeRedirects).open


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def without_login(url: str) -> str:
    """Return an address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
