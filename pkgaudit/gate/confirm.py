"""Reads the files that an index serves, to compare them with the uploaded files.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from http.client import HTTPException

from pkgaudit.model.index_answers import IndexFile
from pkgaudit.online.client import (
    Bounds,
    IndexReadError,
    chunks,
    page_url,
    read_page,
    reason_of,
    request,
    without_login,
)
from pkgaudit.online.connections import Opener
from pkgaudit.online.pages import ACCEPTED, parse_page

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


def served_files(simple: str, names: Iterable[str], projects: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and sha256 of the files that an index serves for these projects.

    ``simple`` is the checked address of its simple API. If the page does not show one of the ``names`` yet,
    it is read again for some seconds. A file whose sha256 the page does not give is downloaded to compute it.

    Raises:
        IndexReadError: the index cannot be read.
    """
    wanted = set(names)
    with Opener() as open_:
        for pause in _PAUSES:
            time.sleep(pause)
            found = [each for project in projects for each in _files(simple, project, open_)]
            if wanted <= {each.name for each in found}:
                break
        mine = [each for each in found if each.name in wanted]
        return [(each.name, each.sha256 or _hashed(each, simple, open_)) for each in mine]


def _files(simple: str, project: str, open_: Opener) -> tuple[IndexFile, ...]:
    """Return the files of a project; none if the index does not know it."""
    page = read_page(simple, project, ACCEPTED, Bounds(_PATIENCE, _LONGEST_PAGE, _LARGEST_PAGE), open_)
    if page is None:
        return ()
    try:
        return parse_page(page, project).files
    except ValueError:
        shown = without_login(page_url(simple, project))
        raise IndexReadError(f"{shown}: is not a page of the simple API; check the address") from None


def _hashed(file: IndexFile, simple: str, open_: Opener) -> str:
    """Return the sha256 of a file that the index serves.

    Raises:
        IndexReadError: it cannot be downloaded.
    """
    digest = hashlib.sha256()
    try:
        # Address.parse, which reads the address for the request, accepts http and https only.
        with open_(request(file.url, simple, ACCEPTED), _PATIENCE) as answer:
            for chunk in chunks(answer, _LONGEST_FILE):
                digest.update(chunk)
    except (HTTPException, OSError, ValueError) as error:
        shown = without_login(file.url) or file.name
        raise IndexReadError(f"{shown}: cannot be downloaded: {reason_of(error)}") from None
    return digest.hexdigest()
