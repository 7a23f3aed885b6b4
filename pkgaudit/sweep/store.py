"""The store of a sweep: what is done, and the results, safe at any moment.

A folder with ``sweep.sqlite``, which knows every file that was swept, and ``parts/``, a Parquet dataset with
one row for each file. Rows are first in a table of the database. When there are enough, they become a part:
the part is written and moved into place, and only then one transaction lists it and deletes the rows. So a
crash loses nothing that was reported as done, and a part that no transaction lists is deleted when the store
is opened.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pkgaudit.errors import PkgauditError
from pkgaudit.sweep.row import ERROR, Row, now

FORMAT = 1
"""The version of the format of a store."""

_DATABASE = "sweep.sqlite"
_PARTS = "parts"

_PART = 20_000
"""The number of rows that become a part. Chosen: a part of some megabytes, written every few minutes."""

_BATCH = 10_000
"""The number of files of which one transaction notes that they are still there."""

_TABLES = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS done (
    file TEXT NOT NULL, sha256 TEXT NOT NULL, rules TEXT NOT NULL, verdict TEXT NOT NULL, project TEXT NOT
    NULL, run INTEGER NOT NULL, seen INTEGER NOT NULL, part TEXT NOT NULL, fingerprints TEXT NOT NULL, PRIMARY
    KEY (file, sha256)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS done_part ON done (part);
CREATE TABLE IF NOT EXISTS waiting (
    file TEXT NOT NULL, sha256 TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (file, sha256)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stamps (
    location TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, rules TEXT NOT NULL, source TEXT NOT NULL,
    is_complete INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS changes (
    run INTEGER NOT NULL, file TEXT NOT NULL, project TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT
    NULL, gained TEXT NOT NULL, lost TEXT NOT NULL, PRIMARY KEY (run, file)
) WITHOUT ROWID;
"""


class StoreError(PkgauditError):
    """A store cannot be used. The message names it and the remedy."""


class Store:
    """An open store. One process may write at a time; others may read meanwhile."""

    def __init__(self, folder: str, *, writes: bool = False) -> None:
        """Open a store, or make an empty one if it is to be written.

        Raises:
            StoreError: the folder is no store, cannot be used, or another sweep writes it.
        """
        self.folder = Path(folder)
        self._lock: sqlite3.Connection | None = None
        self.run = 0
        self._seen: list[tuple[int, str, str]] = []
        if writes:
            self._prepare()
        elif not (self.folder / _DATABASE).is_file():
            raise StoreError(
                f"{folder} is not the store of a sweep; give the folder that 'sweep -o' has written"
            )
        try:
            self._open(writes)
        except sqlite3.Error as error:
            self.close()
            raise StoreError(f"{folder} cannot be read: {error}; delete the folder to sweep anew") from None

    def _prepare(self) -> None:
        try:
            there = {each.name for each in self.folder.iterdir()} if self.folder.is_dir() else set()
            if there and _DATABASE not in there:
                raise StoreError(f"{self.folder} has other files; give an empty or a new folder")
            (self.folder / _PARTS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be written: {error.strerror or error}") from None
        self._lock = sqlite3.connect(self.folder / "lock.sqlite", timeout=0, isolation_level=None)
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            self._lock.close()
            raise StoreError(f"{self.folder}: another sweep writes this store; wait until it ends") from None

    def _open(self, writes: bool) -> None:
        path = self.folder / _DATABASE
        where = path.absolute().as_uri() + ("" if writes else "?mode=ro")
        self._database = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA busy_timeout=10000")
        if writes:
            self._database.execute("PRAGMA journal_mode=WAL")
            # After a loss of power, the last results may be missing, which are then audited again.
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_TABLES)
        found = dict(self._database.execute("SELECT key, value FROM about"))
        if writes and not found:
            self._database.execute("INSERT INTO about VALUES ('format', ?)", (str(FORMAT),))
        elif found.get("format") != str(FORMAT):
            raise StoreError(
                f"{self.folder} was written by another version of pkgaudit; sweep into a new folder"
            )
        if writes:
            self._tidy()

    def _tidy(self) -> None:
        """Delete parts that a crash left unlisted."""
        listed = {name for (name,) in self._database.execute("SELECT name FROM parts")}
        for each in (self.folder / _PARTS).iterdir():
            if each.name not in listed:
                with suppress(OSError):
                    each.unlink()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def begin(self, rules: str, source: str) -> None:
        """Begin a run; ``source`` has no credentials."""
        with self._transaction() as database:
            cursor = database.execute(
                "INSERT INTO runs (started, rules, source) VALUES (?, ?, ?)", (now(), rules, source)
            )
            self.run = cursor.lastrowid or 0

    def is_done(self, file: str, sha256: str, rules: str) -> bool:
        """Return whether a file has a verdict by these rules, and note that it is still there."""
        found = self._database.execute(
            "SELECT rules, verdict, seen FROM done WHERE file = ? AND sha256 = ?", (file, sha256)
        ).fetchone()
        if found is None or found[0] != rules or found[1] == ERROR:
            return False
        if found[2] != self.run:
            self._seen.append((self.run, file, sha256))
            if len(self._seen) >= _BATCH:
                self.flush()
        return True

    def flush(self) -> None:
        """Write which files were seen."""
        if self._seen:
            with self._transaction() as database:
                database.executemany("UPDATE done SET seen = ? WHERE file = ? AND sha256 = ?", self._seen)
            self._seen = []

    def known_digest(self, location: str, stamp: str) -> str:
        """Return the sha256 of a file on disk that has not changed since it was hashed, empty if unknown."""
        found = self._database.execute(
            "SELECT sha256 FROM stamps WHERE location = ? AND stamp = ?", (location, stamp)
        ).fetchone()
        return found[0] if found else ""

    def add(self, rows: Iterable[Row], stamps: Iterable[tuple[str, str, str]] = ()) -> None:
        """Add the rows of files; afterwards they are done, whatever happens."""
        rows = list(rows)
        with self._transaction() as database:
            for each in rows:
                self._add(database, each)
            database.executemany("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", stamps)
        (waiting,) = self._database.execute("SELECT count(*) FROM waiting").fetchone()
        if waiting >= _PART:
            self.write_part()

    def _add(self, database: sqlite3.Connection, row: Row) -> None:
        before = database.execute(
            "SELECT verdict, fingerprints FROM done WHERE file = ? ORDER BY run DESC LIMIT 1", (row.file,)
        ).fetchone()
        prints = sorted({each["fingerprint"] for each in row.findings})
        known = json.loads(before[1]) if before else []
        gained, lost = sorted(set(prints) - set(known)), sorted(set(known) - set(prints))
        verdict = before[0] if before else ""
        if (row.verdict, gained, lost) != (verdict, [], []):
            database.execute(
                "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self.run, row.file, row.project, verdict, row.verdict, json.dumps(gained), json.dumps(lost)),
            )
        key = row.file, row.sha256
        database.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?)", (*key, json.dumps(row.in_json())))
        database.execute(
            "INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)",
            (*key, row.rules, row.verdict, row.project, self.run, self.run, json.dumps(prints)),
        )
        if row.verdict != ERROR:
            # What failed under no hash, such as a download, has a verdict now.
            database.execute(
                "DELETE FROM done WHERE file = ? AND verdict = ? AND sha256 <> ?",
                (row.file, ERROR, row.sha256),
            )
            database.execute("DELETE FROM waiting WHERE file = ? AND sha256 = ''", (row.file,))

    def write_part(self) -> None:
        """Move the waiting rows into a new part."""
        texts = [text for (text,) in self._database.execute("SELECT row FROM waiting ORDER BY file, sha256")]
        if not texts:
            return
        rows = [json.loads(each) for each in texts]
        name = self._write(rows)
        with self._transaction() as database:
            database.execute("INSERT INTO parts VALUES (?)", (name,))
            database.execute("UPDATE done SET part = ? WHERE part = ''", (name,))
            database.execute("DELETE FROM waiting")

    def _write(self, rows: list[dict[str, Any]]) -> str:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        from pkgaudit.sweep.schema import SCHEMA

        numbers = [
            int(name.partition("-")[2].partition(".")[0])
            for (name,) in self._database.execute("SELECT name FROM parts")
        ]
        name = f"part-{max(numbers, default=0) + 1:06}.parquet"
        path = self.folder / _PARTS / name
        partial = path.with_suffix(".partial")
        parquet.write_table(pa.Table.from_pylist(rows, SCHEMA), partial, compression="zstd")
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
        return name

    def end(self, is_complete: bool) -> None:
        """End the run: all rows are in parts, with one row for each file.

        ``is_complete``: all files of the source were seen, so that contents that they had before are gone.
        """
        self.flush()
        self.write_part()
        if is_complete:
            with self._transaction() as database:
                database.execute(
                    "DELETE FROM done WHERE seen < ?1 AND EXISTS "
                    "(SELECT 1 FROM done AS other WHERE other.file = done.file AND other.seen = ?1)",
                    (self.run,),
                )
        self._compact()
        with self._transaction() as database:
            database.execute(
                "UPDATE runs SET ended = ?, is_complete = ? WHERE number = ?", (now(), is_complete, self.run)
            )

    def _compact(self) -> None:
        """Write parts again that have rows which newer ones replace, and small ones together."""
        import pyarrow.parquet as parquet

        live = dict(self._database.execute("SELECT part, count(*) FROM done WHERE part <> '' GROUP BY part"))
        names = [name for (name,) in self._database.execute("SELECT name FROM parts ORDER BY name")]
        counts = {name: parquet.read_metadata(self.folder / _PARTS / name).num_rows for name in names}
        small = [name for name in names if live.get(name, 0) < _PART // 2]
        stale = [name for name in names if counts[name] != live.get(name, 0)]
        chosen = sorted({*stale, *(small if len(small) > 1 else ())})
        rows: list[dict[str, Any]] = []
        gone: list[str] = []
        for name in chosen:
            rows += self._live_rows(name)
            gone.append(name)
            if len(rows) >= _PART:
                self._replace(gone, rows)
                rows, gone = [], []
        if gone:
            self._replace(gone, rows)

    def _live_rows(self, part: str) -> list[dict[str, Any]]:
        import pyarrow.parquet as parquet

        found = self._database.execute("SELECT file, sha256 FROM done WHERE part = ?", (part,))
        keys = set(found)
        table = parquet.read_table(self.folder / _PARTS / part)
        return [each for each in table.to_pylist() if (each["file"], each["sha256"]) in keys]

    def _replace(self, names: list[str], rows: list[dict[str, Any]]) -> None:
        new = self._write(rows) if rows else None
        with self._transaction() as database:
            for each in names:
                if new is not None:
                    database.execute("UPDATE done SET part = ? WHERE part = ?", (new, each))
                database.execute("DELETE FROM parts WHERE name = ?", (each,))
            if new is not None:
                database.execute("INSERT INTO parts VALUES (?)", (new,))
        self._tidy()

    def rows(self, project: str | None = None) -> Iterator[Row]:
        """Yield the rows of all files, or those of one project."""
        import pyarrow.parquet as parquet

        wanted = "" if project is None else " AND project = ?"
        given = () if project is None else (project,)
        parts = self._database.execute(
            f"SELECT DISTINCT part FROM done WHERE part <> ''{wanted}", given
        ).fetchall()
        for (part,) in parts:
            found = self._database.execute("SELECT file, sha256 FROM done WHERE part = ?", (part,))
            keys = set(found)
            with parquet.ParquetFile(self.folder / _PARTS / part) as file:
                for batch in file.iter_batches():
                    for each in batch.to_pylist():
                        if (each["file"], each["sha256"]) in keys and project in (None, each["project"]):
                            yield Row.parse(each)
        for (text,) in self._database.execute("SELECT row FROM waiting ORDER BY file, sha256").fetchall():
            row = Row.parse(json.loads(text))
            if project in (None, row.project):
                yield row

    def close(self) -> None:
        """Close the store; everything that was added is there at the next opening."""
        if hasattr(self, "_database"):
            self._database.close()
        if self._lock is not None:
            self._lock.close()
