"""A run audits what is not done, tries again elsewhere, and can be interrupted at any moment."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra 'sweep' is not installed")

from fixtures.builders import Wheel
from pkgaudit.sweep.executors import Done, Executor
from pkgaudit.sweep.row import ERROR, PASS, Row, unaudited
from pkgaudit.sweep.run import Sweep
from pkgaudit.sweep.store import Store
from pkgaudit.sweep.wanted import Task, Wanted


def wanted(project: str, version: str, tag: str = "py3", size: int = 10) -> Wanted:
    file = f"{project}-{version}-{tag}-none-any.whl"
    return Wanted(file, f"https://index.example/{file}", file.encode().hex().ljust(64, "0"), size)


def row_of(each: Wanted) -> Row:
    return replace(unaudited(each, "", "r"), verdict=PASS, failures=[], audited="")


class Fake(Executor):
    """Ends tasks when they are submitted, as ``end`` says; without it all pass."""

    size = 2

    def __init__(self, end: Callable[[Task, bool, str], Done | None] = lambda *_: None) -> None:
        super().__init__()
        self.end = end
        self.tasks: list[tuple[list[str], bool, str]] = []

    def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
        self.tasks.append(([each.file for each in task.files], isolates, avoid))
        self.done.put(self.end(task, isolates, avoid) or Done(task, [row_of(each) for each in task.files]))

    def close(self) -> None:
        pass


def run(folder: Path, files: Iterable[Wanted], executor: Executor, **options: Any) -> Sweep:
    store = Store(str(folder), writes=True)
    try:
        store.begin("r", "index")
        sweep = Sweep(store, executor, "r", **options)
        sweep.run(iter(files))
        store.end(True)
    finally:
        store.close()
    return sweep


def rows(folder: Path) -> list[Row]:
    store = Store(str(folder))
    found = sorted((replace(each, audited="") for each in store.rows()), key=lambda each: each.file)
    store.close()
    return found


FILES = [wanted(f"p{number:02}", version, size=number) for number in range(12) for version in ("1", "2")]


def test_a_second_run_audits_nothing(tmp_path: Path) -> None:
    run(tmp_path / "s", FILES, Fake())
    executor = Fake()
    totals = run(tmp_path / "s", FILES, executor).totals
    assert executor.tasks == []
    assert (totals.files, totals.done, totals.is_complete) == (0, len(FILES), True)


def test_a_version_with_a_new_file_is_audited_as_a_whole(tmp_path: Path) -> None:
    run(tmp_path / "s", FILES[:4], Fake())
    executor = Fake()
    new = wanted("p00", "1", "py2")
    run(tmp_path / "s", [FILES[0], new, *FILES[1:4]], executor)
    assert executor.tasks == [([FILES[0].file, new.file], False, "")]


def test_small_versions_come_first(tmp_path: Path) -> None:
    class Late(Fake):
        size = 1

        def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
            order.append(task.project)
            end = super().submit
            threading.Thread(target=lambda: read.wait() and end(task)).start()

    def source() -> Iterator[Wanted]:
        yield from (wanted(name, "1", size=size) for name, size in sizes.items())
        read.set()

    order: list[str] = []
    read = threading.Event()
    sizes = {"a": 500, "b": 400, "c": 300, "d": 5, "e": 50}
    run(tmp_path / "s", source(), Late())
    # A worker without work, or with one task, gets the next version that the source names.
    assert order == ["a", "b", "d", "e", "c"]


def test_large_versions_do_not_run_all_at_once(tmp_path: Path) -> None:
    most = 0

    class Slow(Fake):
        def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
            nonlocal most
            super().submit(task)
            most = max(most, self.done.qsize())

    run(tmp_path / "s", [wanted(f"p{number}", "1", size=3 << 30) for number in range(6)], Slow())
    assert most == 1


def test_a_task_in_trouble_is_tried_elsewhere(tmp_path: Path) -> None:
    def end(task: Task, isolates: bool, avoid: str) -> Done | None:
        return None if isolates else Done(task, None, "it stopped", "tcp://worker:1")

    executor = Fake(end)
    run(tmp_path / "s", FILES[:1], executor)
    assert executor.tasks == [([FILES[0].file], False, ""), ([FILES[0].file], True, "tcp://worker:1")]
    assert {each.verdict for each in rows(tmp_path / "s")} == {PASS}


def test_a_file_that_ends_workers_costs_only_its_own_verdict(tmp_path: Path) -> None:
    bad = wanted("p00", "1", "py2")

    def end(task: Task, isolates: bool, avoid: str) -> Done | None:
        return Done(task, None, "the worker that audited it died") if bad in task.files else None

    files = [FILES[0], bad, *FILES[1:]]
    sweep = run(tmp_path / "s", files, Fake(end))
    assert (sweep.totals.verdicts[ERROR], sweep.totals.verdicts[PASS]) == (1, len(files) - 1)
    (failed,) = (each for each in rows(tmp_path / "s") if each.verdict == ERROR)
    assert (failed.file, failed.failures) == (
        bad.file,
        ["could not be audited: the worker that audited it died"],
    )


def test_tasks_that_a_scheduler_lost_run_again(tmp_path: Path) -> None:
    lost: list[Task] = []

    def end(task: Task, isolates: bool, avoid: str) -> Done | None:
        if lost.count(task) >= 3:
            return None
        lost.append(task)
        return Done(task, None, "the scheduler lost it", is_lost=True)

    executor = Fake(end)
    run(tmp_path / "s", FILES[:2], executor)
    assert {isolates for _, isolates, _ in executor.tasks} == {False}
    assert [each.verdict for each in rows(tmp_path / "s")] == [PASS, PASS]


def test_a_run_that_is_interrupted_continues(tmp_path: Path) -> None:
    run(tmp_path / "whole", FILES, Fake())
    audited = 0
    left = 0

    def end(task: Task, isolates: bool, avoid: str) -> Done | None:
        nonlocal audited, left
        audited += len(task.files)
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return None

    for moment in range(10):
        left = moment % 4
        with suppress(KeyboardInterrupt):
            run(tmp_path / "s", FILES, Fake(end))
        assert len(rows(tmp_path / "s")) == len({each.file for each in rows(tmp_path / "s")})
    run(tmp_path / "s", FILES, Fake())
    assert rows(tmp_path / "s") == rows(tmp_path / "whole")
    assert audited < 2 * len(FILES)


PROGRAM = "import pkgaudit.cli as cli; cli.COMMANDS = (*cli.COMMANDS, 'sweep'); cli.main()"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_the_command_soon_with_the_store_whole(tmp_path: Path, name: str, status: int) -> None:
    import signal

    source = tmp_path / "source"
    source.mkdir()
    for number in range(300):
        Wheel(f"sample{number}", "1.0").build().write(source)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "sweep", str(source), "-o", str(tmp_path / "s"), "-j", "1"],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not _count(tmp_path / "s"):
        assert process.poll() is None
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=15)
    assert time.monotonic() - began < 15
    assert process.returncode == status
    assert said.rstrip().rpartition("\n")[2] in ("interrupted", "terminated")
    found = [each.file for each in rows(tmp_path / "s")]
    assert 0 < len(found) < 300
    assert len({*found}) == len(found)


def _count(folder: Path) -> int:
    try:
        return len(rows(folder))
    except Exception:  # the command has not made the store yet
        return 0
