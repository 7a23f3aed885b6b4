"""The database of the cache, whatever happens to it."""

from __future__ import annotations

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from types import SimpleNamespace

import pytest

from pkgaudit.cache import store as module
from pkgaudit.cache.store import FILE, CacheError, Store, info

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


def key(number: int) -> bytes:
    return blake2b(str(number).encode(), digest_size=32).digest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pkgaudit"


def test_results_are_found_again(folder: Path) -> None:
    with Store(folder) as store:
        assert store.get(key(1)) is None
        store.put(key(1), b"one")
    with Store(folder) as store:
        assert (store.get(key(1)), store.get(key(2)), store.was_replaced) == (b"one", None, False)
    assert info(folder).results == 1
    assert info(folder).size == (folder / FILE).stat().st_size


def test_info_of_no_cache(folder: Path) -> None:
    assert (info(folder).size, info(folder).results) == (0, 0)
    assert not folder.exists()


@posix
def test_nobody_else_may_read_it(folder: Path) -> None:
    before = os.umask(0)
    try:
        Store(folder).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o777, 0o720, 0o755])
def test_folder_that_others_may_use_is_closed(mode: int, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(mode)
    Store(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@posix
def test_pipe_is_refused(folder: Path) -> None:
    """SQLite would wait for ever for somebody who writes into it."""
    folder.mkdir(parents=True)
    os.mkfifo(folder / FILE)
    with pytest.raises(CacheError, match="not a regular file"):
        Store(folder)
    assert info(folder).results == 0


def test_locked_file_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT", 0.01)
    with Store(folder) as store:
        store.put(key(1), b"one")
    with closing(sqlite3.connect(folder / FILE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CacheError, match="locked"):
            Store(folder)
    with Store(folder) as store:
        assert store.get(key(1)) == b"one"


@posix
def test_link_is_refused(folder: Path, tmp_path: Path) -> None:
    folder.parent.mkdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(CacheError):
        Store(folder)


def test_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CacheError, match="cannot be used"):
        Store(tmp_path / "file" / "pkgaudit")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE results (number INTEGER PRIMARY KEY, value BLOB, used INTEGER)")
        connection.execute("CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM results; END")
        connection.commit()


def other_layout(path: Path) -> None:
    Store(path.parent).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database at all, but a text" * 100),
        lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
        foreign,
        other_layout,
    ],
)
def test_what_is_no_cache_is_replaced(damage: object, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    damage(folder / FILE)  # type: ignore[operator]  # one of the functions above
    with Store(folder) as store:
        assert store.was_replaced
        store.put(key(1), b"one")
    with Store(folder) as store:
        assert not store.was_replaced
        assert store.get(key(1)) == b"one"


def test_damaged_pages_lose_results_only(folder: Path) -> None:
    with Store(folder) as store:
        for number in range(2_000):
            store.put(key(number), bytes(50))
    path = folder / FILE
    data = bytearray(path.read_bytes())
    data[8192:20_000] = b"\xff" * (20_000 - 8192)
    path.write_bytes(data)
    with Store(folder) as store:
        found = [store.get(key(number)) for number in range(2_000)]
        assert set(found) <= {bytes(50), None}
        store.put(key(3_000), b"x")


@pytest.mark.parametrize(
    "change", ["value = x'00'", "value = 'text'", "value = value || x'00'", "used = 'never'"]
)
def test_changed_value_is_not_used(change: str, folder: Path) -> None:
    with Store(folder) as store:
        store.put(key(1), b"one")
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(f"UPDATE results SET {change}")
        connection.commit()
    with Store(folder) as store:
        assert store.get(key(1)) == (b"one" if "used" in change else None)


def test_value_of_another_key_is_not_used(folder: Path) -> None:
    """Only a part of the key is the number of the row."""
    other = key(1)[:8] + bytes(24)
    with Store(folder) as store:
        store.put(key(1), b"one")
        store.flush()
        assert store.get(other) is None


def test_oldest_results_are_deleted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 400_000)
    monkeypatch.setattr(module, "_FEWER_BYTES", 300_000)
    days = [100 * 86_400.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: days[0]))
    for number in range(10):
        days[0] += 2 * 86_400
        with Store(folder) as store:
            store.put(key(number), bytes([number]) * 60_000)
            assert store.get(key(0)) is not None or number == 0
    with Store(folder) as store:
        left = [number for number in range(10) if store.get(key(number)) is not None]
    assert left[0] == 0  # used each time
    assert left[1:] == list(range(10 - len(left) + 1, 10))
    assert 3 <= len(left) <= 6
    assert info(folder).size < 800_000


def test_several_processes_write(folder: Path) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 20):
            with Store(folder) as store:
                store.put(key(number), str(number).encode())

    Store(folder).close()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(0, 80, 20)))
    with Store(folder) as store:
        assert [store.get(key(number)) for number in range(80)] == [str(each).encode() for each in range(80)]


def test_full_disk_loses_results_only(folder: Path) -> None:
    with Store(folder) as store:
        store._connection.execute("PRAGMA max_page_count = 3")
        store.put(key(1), bytes(1_000_000))
        store.flush()
        assert store.get(key(1)) is None
    assert info(folder).results == 0
