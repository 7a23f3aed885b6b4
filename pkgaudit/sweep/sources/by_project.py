"""Sorts files by project, on disk: a mirror of PyPI has ten million."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from pkgaudit.sweep.wanted import Wanted


class ByProject:
    """Paths and addresses, which come back by project, in the order in which they were added."""

    def __init__(self) -> None:
        # A database without a name is a temporary file.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE files (project TEXT NOT NULL, text TEXT NOT NULL)")
        self._database.execute("BEGIN")

    def add(self, name: str, text: str) -> bool:
        """Add a path or an address with a filename; return whether it is that of a distribution."""
        project = Wanted(name, text).release[0]
        if project:
            self._database.execute("INSERT INTO files VALUES (?, ?)", (project, text))
        return bool(project)

    def projects(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the projects with their paths or addresses; afterwards there are none."""
        try:
            rows = self._database.execute("SELECT project, text FROM files ORDER BY project, rowid")
            for project, group in groupby(rows, itemgetter(0)):
                yield project, [text for _, text in group]
        finally:
            self._database.close()
