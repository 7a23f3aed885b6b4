"""Sweeps and audits on a real scheduler of Dask with two workers, which die, hang and come back.

All tests share one cluster, because its processes take seconds to start.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="the extra 'sweep' is not installed")
pytest.importorskip("pyarrow", reason="the extra 'sweep' is not installed")

from fixtures.builders import Wheel
from pkgaudit import cluster as module
from pkgaudit.cluster import Cluster, ClusterError, rules_here
from pkgaudit.config.config import Config, parse_config
from pkgaudit.rule import load_registry
from pkgaudit.run import run
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.executors import ClusterTasks, Processes
from pkgaudit.sweep.row import PASS, Row
from pkgaudit.sweep.run import Sweep
from pkgaudit.sweep.store import Store
from pkgaudit.sweep.wanted import Wanted
from pkgaudit.sweep.work import Settings
from pkgaudit.watch import Request
from tests.sweep.cluster import LocalCluster, free_port

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
    pytest.mark.once,
]

CONFIG = parse_config({"select": ["MD1", "RL"]}, "the test")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def rules() -> str:
    return rules_here(CONFIG)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Wanted]:
    folder = tmp_path_factory.mktemp("source")
    found = []
    for number in range(60):
        path = Wheel(f"sample{number:02}", "1.0").build().write(folder)
        found.append(Wanted(path.name, str(path), size=path.stat().st_size))
    return found


def sweep(
    folder: Path,
    files: list[Wanted],
    settings: Settings,
    where: str = "",
    after: Callable[[int, ClusterTasks], Any] = lambda *_: None,
) -> list[Row]:
    """Return the rows of a sweep, without times; ``after`` is called with the number of rows so far."""
    store = Store(str(folder), writes=True)
    executor: Any = ClusterTasks(where, settings) if where else Processes(settings, 2)
    seen = 0

    def tell(rows: list[Row]) -> None:
        nonlocal seen
        seen += len(rows)
        after(seen, executor)

    try:
        store.begin(settings.rules, "files")
        Sweep(store, executor, settings.rules, tell).run(iter(files))
    finally:
        executor.close()
    store.end(True)
    found = sorted(store.rows(), key=lambda each: each.file)
    store.close()
    return [replace(each, audited="", seconds=0.0) for each in found]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, files: list[Wanted], rules: str) -> list[Row]:
    return sweep(tmp_path_factory.mktemp("expected"), files, Settings(CONFIG, rules, Access()))


class Once:
    """Calls a function once, when enough rows are there, in a thread, so that the sweep does not wait."""

    def __init__(self, rows: int, do: Callable[[], object]) -> None:
        self.rows = rows
        self.thread = threading.Thread(target=do)

    def __call__(self, seen: int, _: ClusterTasks) -> None:
        if seen >= self.rows and self.thread.ident is None:
            self.thread.start()


def worker_pids(executor: ClusterTasks) -> list[int]:
    return [*executor._cluster._client.run(os.getpid).values()]


def test_rows_are_those_of_a_sweep_on_this_machine(
    cluster: LocalCluster, tmp_path: Path, files: list[Wanted], expected: list[Row], rules: str
) -> None:
    file = f"dask://{cluster.folder / 'scheduler.json'}"
    assert sweep(tmp_path / "s", files, Settings(CONFIG, rules, Access()), file) == expected
    assert {each.verdict for each in expected} <= {PASS, "fail"}
    assert _children(cluster) == []


def _children(cluster: LocalCluster) -> list[str]:
    """Return the processes below the workers that audit."""
    found = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    client = Cluster(f"dask://{cluster.address}", CONFIG, rules_here(CONFIG))
    pids = {str(each) for each in client._client.run(os.getpid).values()}
    client.close([])
    return [each for each in found.splitlines() if "pkgaudit.child" in each and each.split()[0] in pids]


def test_a_worker_that_is_killed_costs_nothing(
    cluster: LocalCluster, tmp_path: Path, files: list[Wanted], expected: list[Row], rules: str
) -> None:
    killed: list[int] = []

    def after(seen: int, executor: ClusterTasks) -> None:
        if seen >= 5 and not killed:
            killed.append(worker_pids(executor)[0])
            os.kill(killed[0], signal.SIGKILL)

    found = sweep(
        tmp_path / "s", files, Settings(CONFIG, rules, Access()), f"dask://{cluster.address}", after
    )
    assert killed
    assert found == expected


def test_a_worker_that_hangs_costs_nothing(
    cluster: LocalCluster, tmp_path: Path, files: list[Wanted], expected: list[Row], rules: str
) -> None:
    stopped: list[int] = []

    def after(seen: int, executor: ClusterTasks) -> None:
        if seen >= 5 and not stopped:
            stopped.append(worker_pids(executor)[0])
            os.kill(stopped[0], signal.SIGSTOP)

    try:
        found = sweep(
            tmp_path / "s", files, Settings(CONFIG, rules, Access()), f"dask://{cluster.address}", after
        )
    finally:
        for each in stopped:
            with suppress(ProcessLookupError):  # its nanny has ended it, and starts another one
                os.kill(each, signal.SIGKILL)
    assert stopped
    assert found == expected


def test_a_file_that_takes_too_long_costs_its_own_verdict(
    cluster: LocalCluster, tmp_path: Path, files: list[Wanted], rules: str
) -> None:
    settings = Settings(CONFIG, rules, Access(), limit=0.001)
    (row,) = sweep(tmp_path / "s", files[:1], settings, f"dask://{cluster.address}")
    assert row.failures == ["could not be audited: it took longer than 0.001 seconds"]


def test_findings_of_an_audit_are_those_of_an_audit_on_this_machine(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        made = Wheel(f"extra{number}", "1.0", files={f"extra{number}/.env": b"MODE=test", "extra.py": b""})
        made.build().write(tmp_path)
    monkeypatch.chdir(tmp_path)
    paths = sorted(each.name for each in tmp_path.iterdir())
    registry = load_registry()
    here = run(Request(paths, jobs=1), Config(), registry)
    there = run(Request(paths, cluster=f"dask://{cluster.address}"), Config(), registry)
    assert there.findings == here.findings
    assert here.findings
    assert (there.verdict, there.failures) == (here.verdict, [])
    assert [each.path for each in there.distributions] == paths


def test_a_scheduler_that_restarts_costs_nothing(
    cluster: LocalCluster, tmp_path: Path, files: list[Wanted], expected: list[Row], rules: str
) -> None:
    def restart() -> None:
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        time.sleep(1)
        cluster.start_scheduler()
        # Workers end with their scheduler.
        for each in cluster.workers:
            each.send_signal(signal.SIGINT)
            each.wait(20)
        cluster.workers.clear()
        for _ in range(2):
            cluster.start_worker()

    once = Once(5, restart)
    found = sweep(tmp_path / "s", files, Settings(CONFIG, rules, Access()), f"dask://{cluster.address}", once)
    once.thread.join()
    assert found == expected


def test_a_scheduler_that_is_not_there() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PATIENCE", 0.5)
        with pytest.raises(ClusterError, match=r"the scheduler 127\.0\.0\.1:\d+ cannot be reached"):
            Cluster(f"dask://127.0.0.1:{free_port()}", Config(), "r")


@pytest.mark.parametrize("address", ["nonsense", "host:port", "", "teleport://x:1"])
def test_an_address_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.5)
    with pytest.raises(ClusterError, match="cannot be reached"):
        Cluster(f"dask://{address}", Config(), "r")


def test_dask_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"is not installed; run 'pip install pkgaudit\[sweep\]'"):
        Cluster("dask://127.0.0.1:1", Config(), "r")


def test_workers_with_other_rules_are_named(cluster: LocalCluster) -> None:
    with pytest.raises(ClusterError, match=r"the worker tcp://.* has other rules; install the same versions"):
        Cluster(f"dask://{cluster.address}", CONFIG, "others")


def test_workers_with_other_rules_that_join_later_are_avoided(cluster: LocalCluster, rules: str) -> None:
    made = Cluster(f"dask://{cluster.address}", CONFIG, rules)
    try:
        first, second = made._workers
        del made._workers[second]
        made._rules = "others"
        made._look()
        assert made._bad == {second}
        assert made.notes == [f"the worker {second} has other rules"]
        assert made.size == 1
        futures = [made.submit(_worker_name, priority=0) for _ in range(4)]
        assert {each.result() for each in futures} == {first}
    finally:
        made.close([])


def _worker_name() -> str:
    from distributed import get_worker

    return str(get_worker().address)
