"""The contents of wanted files on the machine that audits them."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.parse import urldefrag

from pkgaudit.online.client import IndexReadError, chunks, is_passing, pause_of, reason_of
from pkgaudit.online.connections import Opener
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.wanted import Wanted

_LARGEST_METADATA = 16 << 20
"""The most bytes of the core metadata. Chosen: the largest on PyPI have about one megabyte."""


def never() -> bool:
    """Return False: the sweep goes on."""
    return False


@contextmanager
def contents(
    files: Sequence[Wanted], access: Access, has_ended: Callable[[], bool] = never
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Provide the paths of the contents by the names of the files, and the reasons why others have none.

    Files of the machine stay where they are; others are in a folder that is removed afterwards. When
    ``has_ended`` returns true, downloads are abandoned.
    """
    paths: dict[str, str] = {}
    reasons: dict[str, str] = {}
    with TemporaryDirectory(prefix="pkgaudit-") as folder, Opener() as open_:
        download = _Download(access, open_, has_ended)
        for number, each in enumerate(files):
            try:
                if each.is_local:
                    paths[each.file] = _local(each)
                else:
                    path = Path(folder) / str(number)
                    download.save(each, path)
                    paths[each.file] = str(path)
            except IndexReadError as error:
                reasons[each.file] = str(error)
        yield paths, reasons


def _local(wanted: Wanted) -> str:
    if not os.path.isfile(wanted.location):
        raise IndexReadError("the file does not exist on the machine that audits it")
    return wanted.location


class _Download:
    """Downloads files over the same connections. Messages of errors have the reason, and no address."""

    def __init__(self, access: Access, open_: Opener, has_ended: Callable[[], bool]) -> None:
        self._access = access
        self._open = open_
        self._has_ended = has_ended

    def save(self, wanted: Wanted, path: Path) -> None:
        """Write a file, or a wheel with nothing but the core metadata.

        Raises:
            IndexReadError: it cannot be downloaded, or differs from the hash or size that the source states.
        """
        if not wanted.metadata:
            self._save(wanted.location, wanted.sha256, wanted.size, self._access.largest, path)
            return
        url, fragment = urldefrag(wanted.metadata)
        metadata = path.with_suffix(".metadata")
        self._save(url, fragment.removeprefix("sha256="), None, _LARGEST_METADATA, metadata)
        stem = "-".join(wanted.file.split("-")[:2])
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{stem}.dist-info/METADATA", metadata.read_bytes())
        metadata.unlink()

    def _save(self, url: str, sha256: str, size: int | None, largest: int, path: Path) -> None:
        def attempt() -> tuple[str, int]:
            return self._receive(url, largest, path)

        found, received = self._access.patiently(attempt, self._has_ended)
        if sha256 and found != sha256:
            raise IndexReadError("the content has another hash than the source states")
        if size is not None and received != size:
            raise IndexReadError(f"the content has {received:,} bytes, but the source states {size:,}")

    def _receive(self, url: str, largest: int, path: Path) -> tuple[str, int]:
        """Write the answer to one request, and return its sha256 and size."""
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("wb") as stream:
                asked = self._access.request(url)
                with self._open(asked, self._access.step) as answer:
                    for chunk in chunks(answer, self._access.longest):
                        size += len(chunk)
                        if size > largest:
                            raise IndexReadError(f"the file is larger than the limit of {largest:,} bytes")
                        if self._has_ended():
                            raise IndexReadError("the run was interrupted")
                        digest.update(chunk)
                        stream.write(chunk)
        except HTTPError as error:
            error.close()
            raise IndexReadError(
                reason_of(error), is_unavailable=is_passing(error), pause=pause_of(error)
            ) from None
        except (HTTPException, OSError, ValueError) as error:
            reason = f"it cannot be downloaded: {reason_of(error)}"
            raise IndexReadError(reason, is_unavailable=_may_pass(error)) from None
        return digest.hexdigest(), size


def _may_pass(error: Exception) -> bool:
    """Return whether another attempt may succeed, such as after a broken connection, not with a full disk."""
    is_local = isinstance(error, OSError) and error.filename is not None
    return isinstance(error, HTTPException) or (is_passing(error) and not is_local)
