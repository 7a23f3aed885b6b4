"""The store of a sweep: the files that are done, and the results, safe at any moment.

A folder with ``sweep.sqlite``, which knows every file that was swept, and ``parts/``, a Parquet dataset with
one row for each file. Rows are first in a table of the database. When there are enough, they become a part:
the part is written and moved into place, and only then one transaction lists it and deletes the rows. So a
crash loses nothing that was reported as done, and a part that no transaction lists is deleted when the store
is opened. If a listed part is missing or damaged, its files are audited again.
"""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkgaudit.errors import PkgauditError
from pkgaudit.sweep.row import ERROR, FAIL, PASS, Row, now

FORMAT = 1
"""The version of the format of a store."""

GONE = "gone"
"""The verdict after the change of a file that the source no longer has."""

_DATABASE = "sweep.sqlite"
_PARTS = "parts"
_LOCK = "lock.sqlite"

_PART = 20_000
"""The number of rows that become a part. Chosen: a part of some megabytes, written every few minutes."""

_TEXT = 64 << 20
"""The number of characters of rows, in JSON, that become a part even if there are fewer rows."""

_GROUP = 2_000
"""The number of rows that are in memory at a time while a part is written or read."""

_TABLES = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS done (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, rules TEXT NOT
    NULL, verdict TEXT NOT NULL, errors INTEGER NOT NULL, warnings INTEGER NOT NULL, infos INTEGER NOT NULL,
    size INTEGER NOT NULL, seconds REAL NOT NULL, run INTEGER NOT NULL, part TEXT NOT NULL, findings TEXT NOT
    NULL, UNIQUE (file, sha256)
);
CREATE INDEX IF NOT EXISTS done_project ON done (project);
CREATE INDEX IF NOT EXISTS done_part ON done (part);
CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY, row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stamps (
    location TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, rules TEXT NOT NULL, source TEXT NOT NULL,
    scope TEXT NOT NULL, is_complete INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS changes (
    run INTEGER NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, project TEXT NOT NULL, before TEXT NOT
    NULL, after TEXT NOT NULL, gained TEXT NOT NULL, lost TEXT NOT NULL, PRIMARY KEY (run, file, sha256)
) WITHOUT ROWID;
"""


_COUNTS = """coalesce(sum(verdict = ?), 0), coalesce(sum(verdict = ?), 0), coalesce(sum(verdict = ?), 0),
coalesce(sum(errors), 0), coalesce(sum(warnings), 0), coalesce(sum(infos), 0)"""
_VERDICTS = (FAIL, PASS, ERROR)


class StoreError(PkgauditError):
    """A store cannot be used. The message names it and the remedy."""


@dataclass(frozen=True)
class Run:
    """A run of a sweep: its times in UTC in the form of ISO 8601, empty if it did not end."""

    number: int
    started: str
    ended: str
    source: str
    is_complete: bool


@dataclass(frozen=True)
class Change:
    """What a run changed for a file: the verdicts before and after, and the codes of findings.

    ``before`` is empty if the file is new, ``after`` is `GONE` if the source no longer has it.
    """

    run: int
    file: str
    project: str
    before: str
    after: str
    gained: list[str]
    lost: list[str]


@dataclass(frozen=True)
class Totals:
    """The numbers of all files: those by verdict, and the findings by severity; ``size`` is in bytes."""

    files: int
    projects: int
    size: int
    seconds: float
    failed: int
    passed: int
    unaudited: int
    errors: int
    warnings: int
    infos: int


@dataclass(frozen=True)
class Project:
    """The numbers of a project: its files by verdict, and the findings by severity."""

    project: str
    files: int
    failed: int
    passed: int
    unaudited: int
    errors: int
    warnings: int
    infos: int


@dataclass(frozen=True)
class Code:
    """The findings of a rule with one severity: how many, in how many files, and of how many projects."""

    code: str
    severity: str
    findings: int
    files: int
    projects: int


class Store:
    """An open store. One process may write at a time; others may read meanwhile."""

    def __init__(self, folder: str, *, writes: bool = False) -> None:
        """Open a store, or make an empty one if it is to be written.

        Raises:
            StoreError: the folder is not a store, cannot be used, or another sweep writes it.
        """
        self.folder = Path(folder)
        self.run = 0
        self.notes: list[str] = []
        self._lock: sqlite3.Connection | None = None
        self._database: sqlite3.Connection | None = None
        self._seen = bytearray()
        """One byte for each id of `done`, 1 if the source still has the file: far less than a set."""
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
            raise StoreError(
                f"the store {folder} cannot be used: {error}; if it is damaged, delete it and sweep again"
            ) from None
        except BaseException:  # an interruption too: the next sweep must find the store unlocked
            self.close()
            raise

    def _prepare(self) -> None:
        try:
            there = {each.name for each in self.folder.iterdir()} if self.folder.exists() else set()
            if there and _DATABASE not in there and there != {_LOCK}:
                raise StoreError(f"{self.folder} has other files; give an empty or a new folder")
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = sqlite3.connect(self.folder / _LOCK, timeout=0, isolation_level=None)
            self._lock.execute("BEGIN EXCLUSIVE")
            (self.folder / _PARTS).mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the store {self.folder} cannot be written: {error.strerror or error}"
            ) from None
        except sqlite3.Error as error:
            self.close()
            if getattr(error, "sqlite_errorname", "SQLITE_BUSY") == "SQLITE_BUSY" and "lock" in str(error):
                reason = "another sweep writes it; wait until that one ends"
            else:
                reason = f"it cannot be written: {error}"
            raise StoreError(f"the store {self.folder}: {reason}") from None

    def _open(self, writes: bool) -> None:
        path = self.folder / _DATABASE
        where = path.absolute().as_uri()
        if not writes:
            # Without write access, the log has no shared memory, and nobody writes.
            where += "?mode=ro" if os.access(self.folder, os.W_OK) else "?immutable=1"
        self._database = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA busy_timeout=10000")
        tables = {name for (name,) in self._database.execute("SELECT name FROM sqlite_master")}
        found = dict(self._database.execute("SELECT key, value FROM about")) if "about" in tables else {}
        if tables and found.get("format", str(FORMAT)) != str(FORMAT):
            raise StoreError(
                f"the store {self.folder} was written by another version of pkgaudit; sweep into a new folder"
            )
        if tables and "about" not in tables:
            raise StoreError(f"{path} is not the database of a sweep; give an empty or a new folder")
        if writes:
            self._database.execute("PRAGMA journal_mode=WAL")
            # After a loss of power, the last results may be missing, which are then audited again.
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_TABLES)
            self._database.execute("INSERT OR IGNORE INTO about VALUES ('format', ?)", (str(FORMAT),))
            self._tidy()
            self._forget_lost()
        elif not tables:
            raise StoreError(f"the store {self.folder} is empty; sweep into it first")

    @property
    def _sql(self) -> sqlite3.Connection:
        assert self._database is not None
        return self._database

    def _listed(self) -> list[str]:
        return [name for (name,) in self._sql.execute("SELECT name FROM parts ORDER BY name")]

    def _tidy(self) -> None:
        """Delete parts that no transaction lists."""
        listed = set(self._listed())
        for each in (self.folder / _PARTS).iterdir():
            if each.name not in listed:
                with suppress(OSError):  # another time
                    each.unlink()

    def _forget_lost(self) -> None:
        """Have the files of parts that are missing or damaged audited again."""
        import pyarrow as pa
        import pyarrow.parquet as parquet

        for name in self._listed():
            try:
                parquet.read_metadata(self.folder / _PARTS / name)
            except (OSError, pa.ArrowException):
                self.notes.append(f"{_PARTS}/{name} is missing or damaged; its files are audited again")
                with self._transaction() as database:
                    database.execute("DELETE FROM done WHERE part = ?", (name,))
                    database.execute("DELETE FROM parts WHERE name = ?", (name,))
        self._tidy()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Change the database at once or not at all.

        Raises:
            StoreError: it cannot be written, such as on a full disk.
        """
        try:
            if self._sql.in_transaction:  # an interruption fell between its beginning and the block below
                self._sql.execute("ROLLBACK")
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._sql
                self._sql.execute("COMMIT")
            except BaseException:  # an interruption too must leave the store whole
                with suppress(sqlite3.Error):  # SQLite itself has rolled back
                    self._sql.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(
                f"the store {self.folder} cannot be written: {reason}; earlier results are stored, "
                "and the next run continues there"
            ) from None

    def begin(self, rules: str, source: str, scope: str = "") -> None:
        """Begin a run.

        ``source`` is its name without credentials, ``scope`` which of its files are wanted: only a run with
        the same ones can say that the source no longer has a file.

        Raises:
            StoreError: the store cannot be written.
        """
        with self._transaction() as database:
            cursor = database.execute(
                "INSERT INTO runs (started, rules, source, scope) VALUES (?, ?, ?, ?)",
                (now(), rules, source, scope),
            )
            self.run = cursor.lastrowid or 0
        self._rules = rules
        (most,) = self._sql.execute("SELECT max(id) FROM done").fetchone()
        self._seen = bytearray((most or 0) + 1)
        self._rows, self._text = self._sql.execute(
            "SELECT count(*), coalesce(sum(length(row)), 0) FROM waiting"
        ).fetchone()

    def of_project(self, project: str) -> dict[tuple[str, str], tuple[int, bool]]:
        """Return the known files of a project by name and sha256: the id, and whether the file is done.

        A file is done if it has a verdict by the rules of this run.
        """
        return {
            (file, sha256): (number, rules == self._rules and verdict != ERROR)
            for number, file, sha256, rules, verdict in self._sql.execute(
                "SELECT id, file, sha256, rules, verdict FROM done WHERE project = ?", (project,)
            )
        }

    def see(self, number: int) -> None:
        """Note that the source still has a file, given its id."""
        self._seen[number] = 1

    def known_digest(self, location: str, stamp: str) -> str:
        """Return the sha256 of a file on disk that has not changed since it was hashed, empty if unknown."""
        found = self._sql.execute(
            "SELECT sha256 FROM stamps WHERE location = ? AND stamp = ?", (location, stamp)
        ).fetchone()
        return found[0] if found else ""

    def add(self, rows: Iterable[Row], stamps: Iterable[tuple[str, str, str]] = ()) -> None:
        """Add the rows of files; afterwards they are done, whatever happens.

        Raises:
            StoreError: the store cannot be written; then none of them is added.
        """
        with self._transaction() as database:
            for each in rows:
                self._add(database, each)
            database.executemany("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", stamps)
        if self._rows >= _PART or self._text >= _TEXT:
            self.write_part()

    def _add(self, database: sqlite3.Connection, row: Row) -> None:
        number, before, known = None, "", set[tuple[str, str]]()
        for each, sha256, verdict, findings in database.execute(
            "SELECT id, sha256, verdict, findings FROM done WHERE file = ? ORDER BY run", (row.file,)
        ).fetchall():
            is_same = sha256 == row.sha256
            if not is_same and verdict != ERROR and self._was_seen(each):
                continue  # the source has two contents under this name
            before, known = verdict, {(one, code) for one, code, _ in json.loads(findings)}
            if is_same:
                number = each
            else:
                database.execute("DELETE FROM done WHERE id = ?", (each,))
                database.execute("DELETE FROM waiting WHERE id = ?", (each,))
        found = {(each["fingerprint"], each["code"]) for each in row.findings}
        gained, lost = (sorted(code for _, code in each) for each in (found - known, known - found))
        if (row.verdict, gained, lost) != (before, [], []):
            change = (
                row.file,
                row.sha256,
                row.project,
                before,
                row.verdict,
                json.dumps(gained),
                json.dumps(lost),
            )
            database.execute(f"INSERT OR REPLACE INTO changes VALUES ({_marks(8)})", (self.run, *change))
        brief = [[each["fingerprint"], each["code"], each["severity"]] for each in row.findings]
        counts = row.errors, row.warnings, row.infos, row.size, row.seconds
        values = (
            row.project,
            row.file,
            row.sha256,
            row.rules,
            row.verdict,
            *counts,
            self.run,
            "",
            _json(brief),
        )
        cursor = database.execute(f"INSERT OR REPLACE INTO done VALUES ({_marks(14)})", (number, *values))
        number = cursor.lastrowid or 0
        self._seen.extend(bytes(max(0, number + 1 - len(self._seen))))
        self._seen[number] = 1
        text = _json(row.in_json())
        database.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (number, text))
        self._rows += 1
        self._text += len(text)

    def _was_seen(self, number: int) -> bool:
        return number < len(self._seen) and bool(self._seen[number])

    def write_part(self) -> None:
        """Move the waiting rows into a new part.

        Raises:
            StoreError: the store cannot be written; the rows are still waiting.
        """
        texts = self._sql.execute(
            "SELECT row FROM waiting JOIN done USING (id) ORDER BY project, file, sha256"
        )
        name = self._write(json.loads(text) for (text,) in texts)
        if name is None:
            return
        with self._transaction() as database:
            database.execute("INSERT INTO parts VALUES (?)", (name,))
            database.execute("UPDATE done SET part = ? WHERE part = ''", (name,))
            database.execute("DELETE FROM waiting")
        self._rows = self._text = 0

    def _write(self, rows: Iterator[dict[str, Any]]) -> str | None:
        """Write a part, which is not listed yet, and return its name, None without rows."""
        import pyarrow as pa
        import pyarrow.parquet as parquet

        from pkgaudit.sweep.schema import SCHEMA

        first = next(rows, None)
        if first is None:
            return None
        rows = itertools.chain([first], rows)
        numbers = [int(each.removeprefix("part-").partition(".")[0]) for each in self._listed()]
        name = f"part-{max(numbers, default=0) + 1:06}.parquet"
        path = self.folder / _PARTS / name
        partial = path.with_suffix(".partial")
        try:
            with parquet.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
                while group := list(itertools.islice(rows, _GROUP)):
                    writer.write_table(pa.Table.from_pylist(group, SCHEMA))
            with partial.open("rb") as stream:
                os.fsync(stream.fileno())
            partial.replace(path)
        except (OSError, pa.ArrowException) as error:
            with suppress(OSError):  # the next opening deletes it
                partial.unlink()
            reason = getattr(error, "strerror", None) or error
            raise StoreError(
                f"the store {self.folder} cannot be written: {reason}; all results are in its database"
            ) from None
        return name

    def end(self, is_complete: bool) -> None:
        """End the run: all rows are in parts, with one row for each file.

        ``is_complete``: all wanted files of the source were seen, so the others are gone.

        Raises:
            StoreError: the store cannot be written.
        """
        if is_complete:
            self._remove_gone()
        self.write_part()
        self._compact()
        with self._transaction() as database:
            database.execute(
                "UPDATE runs SET ended = ?, is_complete = ? WHERE number = ?", (now(), is_complete, self.run)
            )

    def _remove_gone(self) -> None:
        gone = [
            found
            for found in self._sql.execute(
                "SELECT id, file, sha256, project, verdict, findings FROM done WHERE run IN "
                "(SELECT old.number FROM runs AS old JOIN runs AS new USING (source, scope) "
                "WHERE new.number = ?)",
                (self.run,),
            )
            if not self._was_seen(found[0])
        ]
        with self._transaction() as database:
            for number, file, sha256, project, verdict, findings in gone:
                lost = json.dumps(sorted(code for _, code, _ in json.loads(findings)))
                database.execute(
                    f"INSERT OR REPLACE INTO changes VALUES ({_marks(8)})",
                    (self.run, file, sha256, project, verdict, GONE, "[]", lost),
                )
                database.execute("DELETE FROM done WHERE id = ?", (number,))
                database.execute("DELETE FROM waiting WHERE id = ?", (number,))

    def _compact(self) -> None:
        """Write parts again that have rows which newer ones replace, and small ones together."""
        live = dict(self._sql.execute("SELECT part, count(*) FROM done WHERE part <> '' GROUP BY part"))
        sizes = {name: self._size_of(name) for name in self._listed()}
        stale = {name for name, size in sizes.items() if size != live.get(name, 0)}
        small = {name for name in sizes if live.get(name, 0) < _PART // 2}
        group: list[str] = []
        count = 0
        for name in sorted(stale | (small if len(small) > 1 else set())):
            group.append(name)
            count += live.get(name, 0)
            if count >= _PART:
                self._join(group)
                group, count = [], 0
        if group:
            self._join(group)

    def _size_of(self, part: str) -> int:
        import pyarrow.parquet as parquet

        with self._readable(part):
            size: int = parquet.read_metadata(self.folder / _PARTS / part).num_rows
        return size

    def _join(self, names: list[str]) -> None:
        """Replace parts by one."""
        new = self._write(row for name in names for row in self._live(name))
        with self._transaction() as database:
            for each in names:
                database.execute("UPDATE done SET part = ? WHERE part = ?", (new or "", each))
                database.execute("DELETE FROM parts WHERE name = ?", (each,))
            if new is not None:
                database.execute("INSERT INTO parts VALUES (?)", (new,))
        self._tidy()

    @contextmanager
    def _readable(self, part: str) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (OSError, pa.ArrowException):
            raise StoreError(
                f"{self.folder / _PARTS / part} is damaged, or a sweep has just replaced it; try again, "
                "and if it is damaged, delete it and sweep again"
            ) from None

    def _live(self, part: str, project: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows of a part that no newer ones replace."""
        import pyarrow.parquet as parquet

        keys = set(self._sql.execute("SELECT file, sha256 FROM done WHERE part = ?", (part,)))
        with self._readable(part), parquet.ParquetFile(self.folder / _PARTS / part) as file:
            for number in range(file.num_row_groups):
                if (
                    project is not None
                    and project
                    not in file.read_row_group(number, ["project"])["project"].unique().to_pylist()
                ):
                    continue
                for each in file.read_row_group(number).to_pylist():
                    if (each["file"], each["sha256"]) in keys and project in (None, each["project"]):
                        yield each

    def rows(self, project: str | None = None) -> Iterator[Row]:
        """Yield the rows of all files, or those of one project.

        Raises:
            StoreError: a part cannot be read.
        """
        chosen, given = ("", ()) if project is None else (" AND project = ?", (project,))
        parts = self._sql.execute(
            f"SELECT DISTINCT part FROM done WHERE part <> ''{chosen} ORDER BY part", given
        ).fetchall()
        for (part,) in parts:
            yield from map(Row.parse, self._live(part, project))
        for (text,) in self._sql.execute(
            f"SELECT row FROM waiting JOIN done USING (id) WHERE part = ''{chosen} ORDER BY project, file",
            given,
        ):
            yield Row.parse(json.loads(text))

    def runs(self) -> list[Run]:
        """Return all runs, the first one first."""
        return [
            Run(number, started, ended or "", source, bool(is_complete))
            for number, started, ended, source, is_complete in self._sql.execute(
                "SELECT number, started, ended, source, is_complete FROM runs ORDER BY number"
            )
        ]

    def changes(self, since: int = 0, project: str | None = None) -> Iterator[Change]:
        """Yield what the runs with this number and later ones changed, in their order."""
        chosen, given = ("", ()) if project is None else (" AND project = ?", (project,))
        for number, file, name, before, after, gained, lost in self._sql.execute(
            "SELECT run, file, project, before, after, gained, lost FROM changes "
            f"WHERE run >= ?{chosen} ORDER BY run, project, file",
            (since, *given),
        ):
            yield Change(number, file, name, before, after, json.loads(gained), json.loads(lost))

    def totals(self) -> Totals:
        """Return the numbers of all files."""
        return Totals(
            *self._sql.execute(
                "SELECT count(*), count(DISTINCT project), coalesce(sum(size), 0), "
                f"coalesce(sum(seconds), 0), {_COUNTS} FROM done",
                _VERDICTS,
            ).fetchone()
        )

    def projects(self, most: int) -> list[Project]:
        """Return the projects with findings or failures, the worst first."""
        found = self._sql.execute(
            f"SELECT project, count(*), {_COUNTS} FROM done GROUP BY project "
            "HAVING sum(errors + warnings + infos) OR sum(verdict <> ?) "
            "ORDER BY 3 DESC, 6 DESC, 5 DESC, 7 DESC, 8 DESC, 1 LIMIT ?",
            (*_VERDICTS, PASS, most),
        )
        return [Project(*each) for each in found]

    def codes(self) -> list[Code]:
        """Return the rules with findings, those of the most files first."""
        found = self._sql.execute(
            "SELECT json_extract(value, '$[1]'), json_extract(value, '$[2]'), count(*), "
            "count(DISTINCT done.id), count(DISTINCT project) FROM done, json_each(findings) "
            "GROUP BY 1, 2 ORDER BY 4 DESC, 1"
        )
        return [Code(*each) for each in found]

    def levels_of(self, file: str) -> dict[str, str]:
        """Return the severities of the findings of a file by code."""
        return {
            code: severity
            for (findings,) in self._sql.execute("SELECT findings FROM done WHERE file = ?", (file,))
            for _, code, severity in json.loads(findings)
        }

    def news_of(self, file: str) -> set[str]:
        """Return the codes of the findings that this run has added to a file, and `ERROR` if it failed."""
        found: set[str] = set()
        for after, gained in self._sql.execute(
            "SELECT after, gained FROM changes WHERE run = ? AND file = ?", (self.run, file)
        ):
            found.update(json.loads(gained), [after] if after == ERROR else [])
        return found

    def close(self) -> None:
        """Close the store; everything that was added is there at the next opening."""
        for each in (self._database, self._lock):
            if each is not None:
                each.close()


def _marks(number: int) -> str:
    return ", ".join("?" * number)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
