"""The store keeps what it was given, whatever happens to the process, the disk or the folder."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra 'sweep' is not installed")

from pkgaudit.sweep import store as module
from pkgaudit.sweep.row import ERROR, FAIL, PASS, Row
from pkgaudit.sweep.store import Store, StoreError


def row(
    number: int, verdict: str = PASS, codes: tuple[str, ...] = (), sha256: str = "", rules: str = "r"
) -> Row:
    project = f"p{number // 4}"
    findings = [
        {
            "code": code,
            "name": code.lower(),
            "severity": "error",
            "member": "a",
            "line": 1,
            "message": f"'a' has {code}",
            "fingerprint": f"{code}-{number}",
            "content": None,
        }
        for code in codes
    ]
    file = f"{project}-1.{number % 4}-py3-none-any.whl"
    return Row(
        file,
        project,
        f"1.{number % 4}",
        "wheel",
        sha256 or f"{number:064x}",
        100 + number,
        f"https://index.example/{file}",
        "2026-01-01T00:00:00Z",
        verdict,
        errors=len(codes),
        findings=findings,
        rules=rules,
        audited="2026-01-02T00:00:00Z",
        seconds=0.5,
    )


ROWS = [row(number, FAIL, ("MD101",)) if number % 3 else row(number) for number in range(24)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts of five rows, so that a few rows go through everything."""
    monkeypatch.setattr(module, "_PART", 5)
    monkeypatch.setattr(module, "_GROUP", 2)


def sweep(folder: Path, rows: list[Row], *, rules: str = "r", scope: str = "", ends: bool = True) -> None:
    """Do what a run does with these files in the source."""
    store = Store(str(folder), writes=True)
    store.begin(rules, "index", scope)
    batch = []
    for each in rows:
        number, is_done = store.of_project(each.project).get((each.file, each.sha256), (0, False))
        if number:
            store.see(number)
        if not is_done:
            batch.append(each)
        if len(batch) == 3:
            store.add(batch, [(one.location, "stamp", one.sha256) for one in batch])
            batch = []
    store.add(batch)
    if ends:
        store.end(True)
    store.close()


def kept(folder: Path) -> list[Row]:
    store = Store(str(folder))
    try:
        return sorted(store.rows(), key=lambda each: (each.file, each.sha256))
    finally:
        store.close()


def in_parts(folder: Path) -> Counter[str]:
    """Return how often each filename is in the dataset, as any reader of Parquet sees it."""
    import pyarrow.parquet as parquet

    names: Counter[str] = Counter()
    for each in (folder / "parts").iterdir():
        names.update(parquet.read_table(each, columns=["file"])["file"].to_pylist())
    return names


def expected(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda each: (each.file, each.sha256))


@pytest.mark.usefixtures("small")
def test_rows_are_kept_once_and_by_project(tmp_path: Path) -> None:
    sweep(tmp_path / "s", ROWS)
    sweep(tmp_path / "s", ROWS)
    assert kept(tmp_path / "s") == expected(ROWS)
    assert in_parts(tmp_path / "s") == Counter(each.file for each in ROWS)
    store = Store(str(tmp_path / "s"))
    assert {each.file for each in store.rows("p2")} == {each.file for each in ROWS if each.project == "p2"}
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be ended at any statement")
@pytest.mark.usefixtures("small")
def test_a_process_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folder, kills = tmp_path / "s", 0
    # Each process gets a little further, until one is done.
    for life in range(3, 400, 7):
        child = os.fork()
        if not child:
            _die_after(life)
            sweep(folder, ROWS)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not status:
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        kills += 1
        if (folder / "sweep.sqlite").exists() and life > 20:
            found = kept(folder)
            assert all(each in ROWS for each in found)
            assert len({each.file for each in found}) == len(found)
    assert kills >= 10
    assert kept(folder) == expected(ROWS)
    assert in_parts(folder) == Counter(each.file for each in ROWS)


def _die_after(steps: int) -> None:
    """Have this process killed at a statement of SQLite or a step with a file, in the middle of it."""
    left = steps
    original, replacing = sqlite3.connect, Path.replace

    def step(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect(*given: object, **named: object) -> sqlite3.Connection:
        made = original(*given, **named)  # type: ignore[call-overload]  # as it was called
        made.set_trace_callback(step)
        return made  # type: ignore[no-any-return]  # the original's result

    def move(self: Path, target: Path) -> Path:
        step()
        moved = replacing(self, target)
        step()
        return moved

    sqlite3.connect = connect  # type: ignore[assignment]  # only in a process that ends in this test
    Path.replace = move  # type: ignore[method-assign, assignment]  # as above


@pytest.mark.usefixtures("small")
def test_new_rules_replace_verdicts_and_changes_are_known(tmp_path: Path) -> None:
    sweep(tmp_path / "s", ROWS)
    new = [replace(each, rules="r2") for each in ROWS]
    new[0] = replace(row(0, FAIL, ("MD101", "RM101")), rules="r2")
    new[1] = replace(row(1), rules="r2")
    sweep(tmp_path / "s", new, rules="r2")
    assert kept(tmp_path / "s") == expected(new)
    assert in_parts(tmp_path / "s") == Counter(each.file for each in ROWS)
    store = Store(str(tmp_path / "s"))
    changes = [each for each in store.changes() if each.run == 2]
    store.close()
    assert [(each.before, each.after, each.gained, each.lost) for each in changes] == [
        (PASS, FAIL, ["MD101", "RM101"], []),
        (FAIL, PASS, [], ["MD101"]),
    ]


def test_a_new_content_replaces_the_old_one_of_the_name(tmp_path: Path) -> None:
    sweep(tmp_path / "s", ROWS[:4])
    changed = [row(0, sha256="f" * 64), *ROWS[1:4]]
    sweep(tmp_path / "s", changed)
    assert kept(tmp_path / "s") == expected(changed)


def test_two_contents_under_one_name_have_two_rows(tmp_path: Path) -> None:
    both = [ROWS[0], row(0, sha256="f" * 64)]
    sweep(tmp_path / "s", both)
    sweep(tmp_path / "s", both)
    assert kept(tmp_path / "s") == expected(both)


def test_a_failure_is_tried_again_and_its_row_replaced(tmp_path: Path) -> None:
    failed = replace(ROWS[0], verdict=ERROR, sha256="")
    sweep(tmp_path / "s", [failed, ROWS[1]])
    store = Store(str(tmp_path / "s"), writes=True)
    store.begin("r", "index")
    assert store.of_project("p0")[failed.file, ""][1] is False
    store.close()
    sweep(tmp_path / "s", ROWS[:2])
    assert kept(tmp_path / "s") == expected(ROWS[:2])


def test_files_that_the_source_no_longer_has_are_removed_and_named(tmp_path: Path) -> None:
    sweep(tmp_path / "s", ROWS[:4])
    sweep(tmp_path / "s", ROWS[1:3], scope="fewer are wanted")
    sweep(tmp_path / "s", ROWS[1:3], ends=False)
    assert kept(tmp_path / "s") == expected(ROWS[:4])
    sweep(tmp_path / "s", ROWS[1:3])
    assert kept(tmp_path / "s") == expected(ROWS[1:3])
    store = Store(str(tmp_path / "s"))
    assert [each.file for each in store.changes() if each.after == "gone"] == [ROWS[0].file, ROWS[3].file]
    store.close()


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "s"), writes=True)
    store.begin("r", "index")
    store.add(ROWS[:2])
    (pages,) = store._sql.execute("PRAGMA page_count").fetchone()
    store._sql.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="is full; earlier results are stored"):
        store.add([row(number, FAIL, ("MD101",) * 50) for number in range(4, 400)])
    store.close()
    assert kept(tmp_path / "s") == expected(ROWS[:2])


def test_a_part_that_cannot_be_written_stays_in_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    store = Store(str(tmp_path / "s"), writes=True)
    store.begin("r", "index")
    store.add(ROWS[:2])
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left on device; all results are in its database"):
        store.end(True)
    store.close()
    assert kept(tmp_path / "s") == expected(ROWS[:2])
    assert list((tmp_path / "s/parts").iterdir()) == []


def test_a_damaged_part_is_audited_again(tmp_path: Path) -> None:
    sweep(tmp_path / "s", ROWS[:4])
    (part,) = (tmp_path / "s/parts").iterdir()
    part.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="is damaged, or a sweep has just replaced it"):
        kept(tmp_path / "s")
    store = Store(str(tmp_path / "s"), writes=True)
    assert store.notes == [f"parts/{part.name} is missing or damaged; its files are audited again"]
    store.close()
    sweep(tmp_path / "s", ROWS[:4])
    assert kept(tmp_path / "s") == expected(ROWS[:4])


def test_another_sweep_writes_the_store(tmp_path: Path) -> None:
    first = Store(str(tmp_path / "s"), writes=True)
    with pytest.raises(StoreError, match="another sweep writes it; wait until that one ends"):
        Store(str(tmp_path / "s"), writes=True)
    Store(str(tmp_path / "s")).close()
    first.close()
    Store(str(tmp_path / "s"), writes=True).close()


def test_a_store_of_another_version(tmp_path: Path) -> None:
    sweep(tmp_path / "s", ROWS[:1])
    with sqlite3.connect(tmp_path / "s/sweep.sqlite") as database:
        database.execute("UPDATE about SET value = '99' WHERE key = 'format'")
    database.close()
    for writes in (True, False):
        with pytest.raises(StoreError, match="another version of pkgaudit; sweep into a new folder"):
            Store(str(tmp_path / "s"), writes=writes)


def test_folders_that_are_no_store(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged/sweep.sqlite").write_bytes(b"this is not a database, and long enough" * 99)
    foreign = sqlite3.connect(tmp_path / "damaged/other.sqlite")
    foreign.execute("CREATE TABLE mine (value)")
    foreign.close()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "damaged/other.sqlite").rename(tmp_path / "foreign/sweep.sqlite")
    for name, reason in {
        "other": "has other files",
        "file": "cannot be written",
        "damaged": "delete it and sweep again",
        "foreign": "is not the database of a sweep",
    }.items():
        with pytest.raises(StoreError, match=reason):
            Store(str(tmp_path / name), writes=True)
    with pytest.raises(StoreError, match="is not the store of a sweep"):
        Store(str(tmp_path / "other"))
    assert {each.name for each in (tmp_path / "other").iterdir()} == {"notes.txt"}


def test_a_store_that_cannot_be_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(tmp_path / "s", ROWS[:4])
    # The tests may run as root, for whom no folder is read-only.
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert kept(tmp_path / "s") == expected(ROWS[:4])
