"""The database of the cache: one SQLite file for all projects of a user, bounded in size.

SQLite makes it safe to use in several processes at the same time, and if one of them crashes. A result that
cannot be read or written is missing; a damaged file, or one of another program, is replaced by an empty one.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from platformdirs import user_cache_path

from pkgaudit.formatting import printable

FILE = "results.sqlite3"

_APPLICATION = 0x706B6761
"""Identifies the file, as ``pkga``: https://www.sqlite.org/pragma.html#pragma_application_id."""

_LAYOUT = 1
"""The number of the layout of the tables; a file with another one is replaced."""

MOST_BYTES = 256 << 20
"""The most bytes of all results. Chosen: about 100 releases of large projects; the oldest are deleted."""

_FEWER_BYTES = MOST_BYTES * 3 // 4
"""What is left when results are deleted, so that it does not happen in each run."""

_WAIT = 5.0
"""Seconds to wait for another process that writes. Chosen: writing takes a fraction of a second."""

_DAY = 24 * 60 * 60
"""Seconds after which the use of a result is noted again, so that most runs write nothing."""

_SIZE = 16
"""Bytes of the checksum in front of each result."""

_TABLE = "CREATE TABLE results (number INTEGER PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL)"
"""The only table: results by the first bytes of their keys, with the time of their last use in seconds since
1970."""

_GET = "SELECT value, used FROM results WHERE number = ?"


class CacheError(Exception):
    """The cache cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Info:
    """What the cache contains. ``size`` is that of the file in bytes."""

    path: Path
    size: int = 0
    results: int = 0


def cache_folder() -> Path:
    """Return the folder of the cache, which need not exist.

    It is ``$XDG_CACHE_HOME/pkgaudit`` on all systems if that variable is set, else in the system's place for
    caches.
    """
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    return Path(chosen, "pkgaudit") if os.path.isabs(chosen) else user_cache_path("pkgaudit", appauthor=False)


class Store:
    """An open cache. Results are written together by `flush`."""

    def __init__(self, folder: Path) -> None:
        """Open the cache in a folder, which is created if necessary.

        Raises:
            CacheError: the folder or the file cannot be used.
        """
        self.path = folder / FILE
        self.was_replaced = False
        """Whether the file was damaged, or of another program, and has been replaced by an empty one."""
        self._new: dict[int, bytes] = {}
        self._used: set[int] = set()
        try:
            _make_private(folder)
            self._connection = self._opened()
        except (OSError, sqlite3.Error) as error:
            raise CacheError(f"the cache {printable(str(self.path))} cannot be used: {error}") from None

    def _opened(self) -> sqlite3.Connection:
        try:
            found = _ours(self.path)
        except sqlite3.OperationalError:
            raise  # another process writes for a long time, or the disk has a fault: the file may be sound
        except sqlite3.DatabaseError:
            found = None  # damaged, or of another program
        if found is None:
            self.was_replaced = True
            remove(self.path)
            found = _ours(self.path)
        if found is None:
            raise sqlite3.DatabaseError("another program writes this file")
        return found

    def get(self, key: bytes) -> bytes | None:
        """Return the result that was stored with a key, None if it is missing or damaged."""
        number = _number(key)
        try:
            row = self._connection.execute(_GET, (number,)).fetchone()
        except sqlite3.Error:  # damaged, or locked for too long: the member is judged again
            return None
        if row is None or not isinstance(row[0], bytes):
            return None
        value: bytes = row[0]
        if value[:_SIZE] != _checksum(key, value[_SIZE:]):
            return None
        if not isinstance(row[1], int) or row[1] < time.time() - _DAY:
            self._used.add(number)
        return value[_SIZE:]

    def put(self, key: bytes, value: bytes) -> None:
        """Add a result, which `flush` writes."""
        self._new[_number(key)] = _checksum(key, value) + value

    def flush(self) -> None:
        """Write the added results. What cannot be written, such as to a full disk, is dropped."""
        now = int(time.time())
        with suppress(sqlite3.Error):
            if self._new or self._used:
                with self._connection:
                    self._connection.executemany(
                        "INSERT OR REPLACE INTO results VALUES (?, ?, ?)",
                        ((number, value, now) for number, value in self._new.items()),
                    )
                    self._connection.executemany(
                        "UPDATE results SET used = ? WHERE number = ?",
                        ((now, number) for number in self._used),
                    )
        self._new.clear()
        self._used.clear()

    def close(self) -> None:
        """Write the added results, delete the oldest ones if there are too many, and close the file."""
        self.flush()
        with suppress(sqlite3.Error), self._connection:
            _trim(self._connection)
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def info(folder: Path) -> Info:
    """Return what the cache in a folder contains; a file that cannot be read counts as an empty cache."""
    path = folder / FILE
    try:
        _check_regular(path)
        size = path.stat().st_size
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            [results] = connection.execute("SELECT count(*) FROM results").fetchone()
        return Info(path, size, results)
    except OSError:
        return Info(path)
    except sqlite3.Error:
        return Info(path, size)


def remove(path: Path) -> None:
    """Remove the file of a cache and what SQLite writes beside it.

    Raises:
        OSError: it cannot be removed.
    """
    for suffix in ("", "-journal", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _make_private(folder: Path) -> None:
    """Create the folder for the user alone.

    Raises:
        OSError: it belongs to somebody else, or cannot be created.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid"):
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise PermissionError("it must be a folder, not a link, and belong to you")
        if status.st_mode & 0o077:
            folder.chmod(0o700)


def _check_regular(path: Path) -> None:
    """Raise an error if a file exists and is not a regular file; SQLite would wait for a pipe for ever."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise PermissionError("it is not a regular file")


def _connected(path: Path) -> sqlite3.Connection:
    _check_regular(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=_WAIT)
    # After a power failure, the file may be damaged, which is noticed. In return, writing is fast.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _ours(path: Path) -> sqlite3.Connection | None:
    """Return a connection to the file if it has our tables, or is new."""
    connection = _connected(path)
    is_ours = False
    try:
        is_ours = _is_ours(connection)
    finally:
        if not is_ours:
            connection.close()
    return connection if is_ours else None


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Return whether the file has our tables, which are created in a new file."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        [application] = connection.execute("PRAGMA application_id").fetchone()
        [layout] = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        if not application and not tables:
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_LAYOUT}")
            connection.execute(_TABLE)
            return True
    return (application, layout, tables) == (_APPLICATION, _LAYOUT, [("table", "results", _TABLE)])


def _trim(connection: sqlite3.Connection) -> None:
    """Delete the results that have not been used for the longest time, if there are too many."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    total = (pages - free) * size
    if total <= MOST_BYTES:
        return
    surplus = total - _FEWER_BYTES
    oldest = []
    for number, length in connection.execute("SELECT number, length(value) FROM results ORDER BY used"):
        if surplus <= 0:
            break
        oldest.append((number,))
        surplus -= length
    connection.executemany("DELETE FROM results WHERE number = ?", oldest)


def _number(key: bytes) -> int:
    """Return the number of a row: SQLite finds integers fastest. The checksum tells two keys apart."""
    return int.from_bytes(key[:8], "big", signed=True)


def _checksum(key: bytes, value: bytes) -> bytes:
    return blake2b(value, key=key[:64], digest_size=_SIZE).digest()
