"""The contents of wanted files on the machine that audits them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from pkgaudit.errors import PkgauditError
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.wanted import Wanted

_CHUNK = 1 << 20
"""Bytes that are read and hashed at once."""

_ATTEMPTS = 4
"""How often a file is requested. Chosen: indexes that are busy answer again within seconds."""

_LONGEST_PAUSE = 60.0
"""The most seconds to wait before the next attempt, whatever the index asks for."""


class FetchError(PkgauditError):
    """A file cannot be read, or is not what the source states. The message is the reason."""


class ChangedError(FetchError):
    """The content differs from what the source states."""


@contextmanager
def contents(files: list[Wanted], access: Access) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Provide the paths of the contents by the names of the files, and the reasons why others have none.

    Files of the machine stay where they are; others are in a folder that is removed afterwards.
    """
    paths: dict[str, str] = {}
    reasons: dict[str, str] = {}
    with TemporaryDirectory(prefix="pkgaudit-") as folder, access.client() as client:
        for number, each in enumerate(files):
            try:
                if each.is_local:
                    paths[each.file] = _local(each)
                else:
                    paths[each.file] = _download(each, Path(folder) / str(number), client, access)
            except FetchError as error:
                reasons[each.file] = str(error)
        yield paths, reasons


def _local(wanted: Wanted) -> str:
    if not os.path.isfile(wanted.location):
        raise FetchError("the file does not exist on the machine that audits it")
    return wanted.location


def _download(wanted: Wanted, path: Path, client: httpx.Client, access: Access) -> str:
    for attempt in range(_ATTEMPTS):
        try:
            _receive(wanted, path, client, access)
            return str(path)
        except ChangedError:
            raise
        except _LaterError as later:
            if attempt + 1 == _ATTEMPTS:
                raise FetchError(str(later)) from None
            time.sleep(min(later.seconds or 2.0**attempt, _LONGEST_PAUSE) * access.haste)
    raise AssertionError("unreachable")


class _LaterError(Exception):
    """The index may answer later, perhaps after a number of seconds that it states."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


def _receive(wanted: Wanted, path: Path, client: httpx.Client, access: Access) -> None:
    digest, size = hashlib.sha256(), 0
    deadline = time.monotonic() + access.longest
    try:
        with client.stream("GET", wanted.location) as answer, path.open("wb") as stream:
            if answer.status_code in (429, 500, 502, 503, 504):
                raise _LaterError(f"the server answered {answer.status_code}", retry_after(answer))
            if answer.status_code != 200:
                raise FetchError(f"the server answered {answer.status_code}")
            for block in answer.iter_raw(_CHUNK):
                size += len(block)
                if size > access.largest:
                    raise FetchError(f"the file is larger than the limit of {access.largest:,} bytes")
                if time.monotonic() > deadline:
                    raise FetchError(f"the download took longer than {access.longest:g} seconds")
                digest.update(block)
                stream.write(block)
    except httpx.HTTPError as error:
        raise _LaterError(f"the download failed: {type(error).__name__}") from None
    except OSError as error:
        raise FetchError(f"the download cannot be written: {error.strerror or error}") from None
    if wanted.sha256 and digest.hexdigest() != wanted.sha256:
        raise ChangedError("the content has another hash than the source states")
    if wanted.size is not None and size != wanted.size:
        raise ChangedError(f"the content has {size:,} bytes, but the source states {wanted.size:,}")


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that a server asks to wait, None if it does not say."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 6 else None
