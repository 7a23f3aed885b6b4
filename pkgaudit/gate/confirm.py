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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from pkgaudit.errors import PkgauditError

_ACCEPTED = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

_PATIENCE = 30.0
"""Seconds to wait for an answer of the index; chosen: enough for a slow index behind a proxy."""

_PAUSES = (0, 1, 2, 4, 8)
"""Seconds before each attempt to find a new file. Chosen: indexes behind a cache need a few."""

_LARGEST_PAGE = 64 << 20
"""The largest page of a project, in bytes; chosen: the largest on PyPI has 20 megabytes."""

_CHUNK = 1 << 20
"""Bytes of a file that are read and hashed at once."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ConfirmError(PkgauditError):
    """The index cannot be read. The message names it and the reason."""


@dataclass(frozen=True)
class Served:
    """A file on the page of a project: its name, its address, and its sha256, empty if the page has none."""

    name: str
    url: str
    sha256: str


def served_files(simple: str, names: Iterable[str], projects: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and sha256 of the files that an index serves for these projects.

    ``simple`` is the address of its simple API. If the page does not show one of the ``names`` yet, it is
    read again for some seconds. A file whose sha256 the page does not give is downloaded to compute it.

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
    try:
        with _open(url, simple) as answer:
            data = answer.read(_LARGEST_PAGE + 1)
            kind = answer.headers.get_content_type()
            base = answer.geturl()
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return
        raise ConfirmError(f"{shown}: the index answers {error.code}; check the address") from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ConfirmError(f"{shown}: cannot be read: {reason}; check the address") from None
    if len(data) > _LARGEST_PAGE:
        raise ConfirmError(f"{shown}: the page is too large")
    text = data.decode("utf-8", "replace")
    yield from _in_json(text, base) if kind.endswith("json") else _in_html(text, base)


def _in_json(text: str, base: str) -> Iterator[Served]:
    try:
        files = json.loads(text)["files"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise ConfirmError(
            f"{without_login(base)}: is not a page of the simple API; check the address"
        ) from None
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
        url, fragment = urldefrag(urljoin(base, href))
        name = unquote(posixpath.basename(urlsplit(url).path))
        algorithm, _, value = fragment.partition("=")
        is_known = algorithm == "sha256" and _SHA256.fullmatch(value.lower())
        yield Served(name, url, value.lower() if is_known else "")


class _Links(HTMLParser):
    """Collects the targets of links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of a link."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _hashed(url: str, simple: str) -> str:
    """Return the sha256 of a file that the index serves.

    Raises:
        ConfirmError: it cannot be downloaded.
    """
    digest = hashlib.sha256()
    try:
        with _open(url, simple) as answer:
            while chunk := answer.read(_CHUNK):
                digest.update(chunk)
    except (HTTPError, URLError, OSError, ValueError) as error:
        raise ConfirmError(f"{without_login(url)}: cannot be downloaded: {error}") from None
    return digest.hexdigest()


def _open(url: str, simple: str) -> Any:
    """Open an address; the user name and password of the index go only to its own host."""
    parts, index = urlsplit(url), urlsplit(simple)
    login = index.netloc.rpartition("@")[0] if parts.hostname == index.hostname else ""
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    if urlsplit(plain).scheme not in ("http", "https"):
        raise ValueError("the address does not begin with https:// or http://")
    request = Request(plain, headers={"Accept": _ACCEPTED, "User-Agent": "pkgaudit"})
    if login:
        encoded = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return urlopen(request, timeout=_PATIENCE)  # the scheme was checked above


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def without_login(url: str) -> str:
    """Return an address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
