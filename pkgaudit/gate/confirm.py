"""Reads the files that an index serves, to compare them with what was uploaded.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPException
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import urlopen

from pkgaudit.online.client import (
    JSON,
    Bounds,
    IndexReadError,
    chunks,
    read_page,
    reason_of,
    request,
    without_login,
)

_ACCEPTED = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

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

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Served:
    """A file on the page of a project: its name, its address, and its sha256, empty if the page has none."""

    name: str
    url: str
    sha256: str


def served_files(simple: str, names: Iterable[str], projects: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and sha256 of the files that an index serves for these projects.

    ``simple`` is the checked address of its simple API. If the page does not show one of the ``names`` yet,
    it is read again for some seconds. A file whose sha256 the page does not give is downloaded to compute it.

    Raises:
        IndexReadError: the index cannot be read.
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
    bounds = Bounds(_PATIENCE, _LONGEST_PAGE, _LARGEST_PAGE)
    page = read_page(simple, project, _ACCEPTED, bounds)
    if page is None:
        return
    text = page.data.decode("utf-8", "replace")
    try:
        yield from _in_json(text, page.url) if page.kind.endswith("json") else _in_html(text, page.url)
    # HTMLParser raises AssertionError for some declarations.
    except (ValueError, LookupError, TypeError, RecursionError, AssertionError):
        shown = without_login(f"{simple.rstrip('/')}/{project}/")
        raise IndexReadError(f"{shown}: is not a page of the simple API; check the address") from None


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
        IndexReadError: it cannot be downloaded.
    """
    digest = hashlib.sha256()
    try:
        # Address.parse, which reads the address for the request, accepts http and https only.
        with urlopen(request(url, simple, _ACCEPTED), timeout=_PATIENCE) as answer:
            for chunk in chunks(answer, _LONGEST_FILE):
                digest.update(chunk)
    except (HTTPException, OSError, ValueError) as error:
        raise IndexReadError(f"{without_login(url)}: cannot be downloaded: {reason_of(error)}") from None
    return digest.hexdigest()
