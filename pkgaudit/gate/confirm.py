"""Reads the files that an index serves, to compare them with what was uploaded.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from pkgaudit.errors import PkgauditError
from pkgaudit.model.addresses import Address

_ACCEPTED = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

_PATIENCE = 30.0
"""Seconds to wait for an answer of the index; chosen: enough for a slow index behind a proxy."""

_LONGEST_PAGE = 60.0
"""Seconds in which a page must be complete; chosen: an index that is slower is not usable."""

_LONGEST_FILE = 3600.0
"""Seconds in which a file must be complete; chosen: a wheel of a gigabyte over a slow line."""

_PAUSES = (0, 1, 2, 4, 8)
"""Seconds before each attempt to find a new file. Chosen: indexes behind a cache need a few."""

_LARGEST_PAGE = 64 << 20
"""The largest page of a project, in bytes; chosen: the largest on PyPI has 20 megabytes."""

_CHUNK = 1 << 20
"""Bytes of a file that are read and hashed at once."""

_SHA256 = re.compile(r"[0-9a-f]{64}")

_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"
"""Characters of an address that stay as they are. An index may leave others unquoted."""

_GZIP = 16 + zlib.MAX_WBITS


class ConfirmError(PkgauditError):
    """The index cannot be read. The message names it and the reason."""


@dataclass(frozen=True)
class Served:
    """A file on the page of a project: its name, its address, and its sha256, empty if the page has none."""

    name: str
    url: str
    sha256: str


def check_address(simple: str) -> None:
    """Check the address of an index, before anything is uploaded.

    Raises:
        ConfirmError: it is no address, or its password would be sent without encryption.
    """
    try:
        address = Address.parse(simple)
    except ValueError as error:
        raise ConfirmError(f"--confirm: {error}; give the address of the simple API") from None
    if address.has_userinfo and address.scheme == "http" and not address.is_loopback:
        raise ConfirmError(
            f"--confirm: the user name and password for {address} would not be encrypted; use https://"
        )


def served_files(simple: str, names: Iterable[str], projects: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and sha256 of the files that an index serves for these projects.

    ``simple`` is the checked address of its simple API. If the page does not show one of the ``names`` yet,
    it is read again for some seconds. A file whose sha256 the page does not give is downloaded to compute it.

    Raises:
        ConfirmError: the index cannot be read.
    """
    wanted = set(names)
    for pause in _PAUSES:
        time.sleep(pause)
        found = [each for project in projects for each in _page(simple, project)]
        if wanted <= {each.name for each in found}:
            break
    mine = [each for each in found if each.name in wanted]
    return [(each.name, each.sha256 or _hashed(each.url, simple)) for each in mine]


def _page(simple: str, project: str) -> Iterator[Served]:
    """Yield the files of a project; none if the index does not know it."""
    url = urljoin(_with_slash(simple), f"{project}/")
    shown = without_login(url)
    data = bytearray()
    try:
        with _open(url, simple) as answer:
            for chunk in _chunks(answer, _LONGEST_PAGE):
                data += chunk
                if len(data) > _LARGEST_PAGE:
                    raise ConfirmError(f"{shown}: the page is too large")
            kind = answer.headers.get_content_type()
            is_gzip = answer.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
            base = answer.geturl()
        if is_gzip:  # some servers only have the compressed page
            data = bytearray(zlib.decompressobj(_GZIP).decompress(data, _LARGEST_PAGE))
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return
        raise ConfirmError(f"{shown}: {_reason(error)}; check the address") from None
    except (HTTPException, OSError, ValueError, zlib.error) as error:
        raise ConfirmError(f"{shown}: cannot be read: {_reason(error)}; check the address") from None
    text = data.decode("utf-8", "replace")
    try:
        yield from _in_json(text, base) if kind.endswith("json") else _in_html(text, base)
    # HTMLParser raises AssertionError for some declarations.
    except (ValueError, LookupError, TypeError, RecursionError, AssertionError):
        raise ConfirmError(f"{shown}: is not a page of the simple API; check the address") from None


def _chunks(answer: Any, longest: float) -> Iterator[bytes]:
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


def _reason(error: Exception) -> str:
    """Return a reason for a message, which quotes no address: it may contain a password."""
    if isinstance(error, HTTPError):
        return f"the index answers {error.code}"
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return _reason(error.reason)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "the answer is not valid or not complete"


def _in_json(text: str, base: str) -> Iterator[Served]:
    files = json.loads(text)["files"]
    for each in files if isinstance(files, list) else ():
        name, url = (each.get("filename"), each.get("url")) if isinstance(each, dict) else (None, None)
        if isinstance(name, str) and isinstance(url, str):
            yield Served(name, urljoin(base, url), _sha256_in(each.get("hashes")))


def _sha256_in(hashes: Any) -> str:
    value = hashes.get("sha256") if isinstance(hashes, dict) else None
    return value.lower() if isinstance(value, str) and _SHA256.fullmatch(value.lower()) else ""


def _in_html(text: str, base: str) -> Iterator[Served]:
    links = _Links()
    links.feed(text)
    for href in links.found:
        url, fragment = urldefrag(urljoin(urljoin(base, links.base), href))
        name = unquote(posixpath.basename(urlsplit(url).path))
        algorithm, _, value = fragment.partition("=")
        is_known = algorithm == "sha256" and _SHA256.fullmatch(value.lower())
        yield Served(name, url, value.lower() if is_known else "")


class _Links(HTMLParser):
    """Collects the targets of links, and the address from which they start, if the page names one."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of a link."""
        href = dict(attrs).get("href") or ""
        if tag == "a" and href:
            self.found.append(href)
        elif tag == "base":
            self.base = self.base or href


def _hashed(url: str, simple: str) -> str:
    """Return the sha256 of a file that the index serves.

    Raises:
        ConfirmError: it cannot be downloaded.
    """
    digest = hashlib.sha256()
    try:
        with _open(url, simple) as answer:
            for chunk in _chunks(answer, _LONGEST_FILE):
                digest.update(chunk)
    except (HTTPException, OSError, ValueError) as error:
        raise ConfirmError(f"{without_login(url)}: cannot be downloaded: {_reason(error)}") from None
    return digest.hexdigest()


def _open(url: str, simple: str) -> Any:
    return urlopen(_request(url, simple), timeout=_PATIENCE)  # Address.parse accepts http and https only


def _request(url: str, simple: str) -> Request:
    """Return a request; the user name and password of the index go only to the index itself."""
    address, index = Address.parse(url), Address.parse(simple)
    is_index = (address.scheme, address.host, address.port) == (index.scheme, index.host, index.port)
    login = urlsplit(simple).netloc.rpartition("@")[0] if is_index else ""
    request = Request(
        quote(without_login(url), safe=_UNQUOTED), headers={"Accept": _ACCEPTED, "User-Agent": "pkgaudit"}
    )
    if login:
        encoded = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return request


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def without_login(url: str) -> str:
    """Return an address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
