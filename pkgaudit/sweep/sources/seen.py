"""The state of the pages of an index, or of the files of a project, when they were last read."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from pkgaudit.sweep.wanted import Wanted


@dataclass(frozen=True)
class Known:
    """The serial of a page on the list of all projects, its validators, and its digest."""

    serial: int | None = None
    etag: str = ""
    modified: str = ""
    digest: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers with which an index says only whether the page has changed."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}


class Seen:
    """The states by project, in a temporary file: an index may have a million. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A database without a name is a temporary file.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(
            "CREATE TABLE seen (name TEXT PRIMARY KEY, serial, etag, modified, digest) WITHOUT ROWID"
        )

    def get(self, name: str) -> Known:
        """Return the last state of a project."""
        with self._lock:
            found = self._database.execute(
                "SELECT serial, etag, modified, digest FROM seen WHERE name = ?", (name,)
            ).fetchone()
        return Known(*found) if found else Known()

    def put(self, name: str, known: Known) -> None:
        """Note the state of a project."""
        with self._lock:
            self._database.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", (name, *astuple(known))
            )

    def forget(self, name: str) -> None:
        """Drop the state of a project."""
        self.put(name, Known())

    def has_changed(self, name: str, files: Sequence[Wanted]) -> bool:
        """Return whether the files of a project are others than at the last call."""
        text = "\0".join(f"{each.location}\0{each.sha256}\0{each.stamp}" for each in files)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if digest == self.get(name).digest:
            return False
        self.put(name, Known(digest=digest))
        return True
