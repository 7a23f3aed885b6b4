"""Measures sweeps: real ones with one and two processes, and simulated ones with up to 64 workers of Dask.

python -m benchmarks.scale real FOLDER     audits all distributions in a folder, and keeps their times
python -m benchmarks.scale simulated       workers that sleep for these times, through a real scheduler
python -m benchmarks.scale many            100,000 files that take no time: overhead and memory
python -m benchmarks.scale resumed         a second run over these files
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pkgaudit.cluster import Outcome, rules_here, this_worker
from pkgaudit.config.config import Config
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.executors import ClusterTasks, Executor, Processes
from pkgaudit.sweep.row import PASS, Row, unaudited
from pkgaudit.sweep.run import Sweep
from pkgaudit.sweep.sources import open_source
from pkgaudit.sweep.store import Store
from pkgaudit.sweep.wanted import Task, Wanted
from pkgaudit.sweep.work import Settings

PORT = 8795

KEPT = Path(tempfile.gettempdir(), "pkgaudit-scale.json")
"""The seconds of each audit that ``real`` has measured."""

STORE = Path(tempfile.gettempdir(), "pkgaudit-scale-store")
"""The store of ``many``."""

WORKERS = (4, 16, 64)

SECONDS = 30.0
"""How long a simulation takes with the ideal speed."""

MANY = 100_000
"""The number of files that take no time."""

PER_VERSION = 2
"""Files of each version; PyPI has 2.2 of each release that has any."""


def row_of(wanted: Wanted, rules: str) -> Row:
    """Return a row with two findings, as long as usual ones."""
    finding = {
        "code": "MD101",
        "name": "sample",
        "severity": "info",
        "member": "sample-1.0.dist-info/METADATA",
        "line": 1,
        "message": "the core metadata have a field that says something at the usual length of a message",
        "content": None,
    }
    findings = [{**finding, "fingerprint": f"{number}" * 32} for number in (1, 2)]
    row = unaudited(wanted, "", rules)
    return replace(row, verdict=PASS, failures=[], infos=2, findings=findings)


class Sleeping(ClusterTasks):
    """Sends stand-ins to the workers, which sleep as many milliseconds as a file has bytes."""

    def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
        """Submit the stand-in as `ClusterTasks` submits an audit."""
        future = self._cluster.submit(stand_in, task, self._settings, priority=-task.size / 1000, avoid=avoid)
        self._futures[future.key] = future
        future.add_done_callback(self._end_of(task))


def stand_in(task: Task, settings: Settings) -> Outcome:
    """Sleep, and return rows."""
    time.sleep(task.size / 1000)
    return Outcome([row_of(each, settings.rules) for each in task.files], worker=this_worker())


def files_of(times: list[float], per_version: int) -> Iterator[Wanted]:
    """Yield files of as many versions as there are times, which their sizes state in milliseconds."""
    for number, seconds in enumerate(times):
        for tag in range(per_version):
            name = f"p{number // 10:06}-1.{number % 10}-py{tag + 2}-none-any.whl"
            digest = f"{number:060x}{tag:04x}"
            size = round(seconds * 1000 / per_version)
            yield Wanted(name, f"https://index.example/{name}", digest, size)


@contextmanager
def cluster(threads: int) -> Iterator[dict[str, int]]:
    """Run a scheduler and one worker with many threads, which only sleep; provide their pids."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *filter(None, sys.path)])}
    address = f"127.0.0.1:{PORT}"
    commands = {
        "scheduler": ["dask_scheduler", "--host", "127.0.0.1", "--port", str(PORT), "--no-dashboard"],
        "worker": ["dask_worker", address, "--nthreads", str(threads), "--no-nanny", "--no-dashboard"],
    }
    running = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, (module, *given) in commands.items():
                running[name] = subprocess.Popen(
                    [sys.executable, "-m", f"distributed.cli.{module}", *given],
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    cwd=folder,
                )
            yield {name: each.pid for name, each in running.items()}
        finally:
            for each in reversed(running.values()):
                each.kill()
                each.wait()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int | str) -> int:
    """Return the resident memory of a process in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def sweep(folder: Path, executor: Executor, files: Iterator[Wanted], rules: str) -> tuple[Sweep, float]:
    """Sweep files into a store, and return the sweep and its seconds."""
    with closing(Store(str(folder), writes=True)) as store:
        began = time.monotonic()
        with closing(executor):
            store.begin(rules, "benchmark")
            made = Sweep(store, executor, rules)
            made.run(files)
        store.end(True)
        return made, time.monotonic() - began


def real(folder: str) -> None:
    """Audit a folder with one and two processes."""
    config = Config()
    settings = Settings(config, rules_here(config), Access())
    for processes in (1, 2):
        with tempfile.TemporaryDirectory() as place:
            files = open_source(folder, Choice()).files()
            made, seconds = sweep(Path(place, "s"), Processes(settings, processes), files, settings.rules)
            with closing(Store(str(Path(place, "s")))) as store:
                KEPT.write_text(json.dumps([each.seconds for each in store.rows()]))
            totals = made.totals
        rate = f"{totals.files / seconds:.2f} files/s, {totals.bytes / seconds / 1e6:.1f} MB/s"
        print(f"{processes} processes: {totals.files} files in {seconds:.0f} s: {rate}", flush=True)


def simulated() -> None:
    """Sweep with workers that sleep."""
    config = Config()
    settings = Settings(config, rules_here(config), Access())
    measured = json.loads(KEPT.read_text())
    # Without the few longest audits, whose luck would decide about a simulation of half a minute.
    known = sorted(measured)[: len(measured) * 99 // 100]
    for workers in WORKERS:
        chosen = random.Random(0)
        times: list[float] = []
        while sum(times) < SECONDS * workers:
            times.append(chosen.choice(known))
        with cluster(workers) as pids, tempfile.TemporaryDirectory() as place:
            executor = _connected(settings)
            before = {**{name: cpu_of(pid) for name, pid in pids.items()}, "client": time.process_time()}
            made, seconds = sweep(Path(place, "s"), executor, files_of(times, 1), settings.rules)
            spent = {name: cpu_of(pid) - before[name] for name, pid in pids.items()}
            spent["client"] = time.process_time() - before["client"]
        share = sum(times) / workers / seconds
        each = ", ".join(f"{name} {1000 * cpu / len(times):.1f} ms" for name, cpu in spent.items())
        print(f"{workers} workers: {made.totals.files / seconds:.0f} files/s, {share:.2f} of linear; {each}")


def many() -> None:
    """Sweep many files that take no time, and show how the memory grows."""
    config = Config()
    settings = Settings(config, rules_here(config), Access())
    with cluster(2) as pids:
        watched: dict[str, Any] = {"client": "self", **pids}
        executor = _connected(settings)
        ended = threading.Event()

        def show() -> None:
            while not ended.wait(20):
                print({name: memory_of(pid) for name, pid in watched.items()}, flush=True)

        threading.Thread(target=show, daemon=True).start()
        before = {**{name: cpu_of(pid) for name, pid in pids.items()}, "client": time.process_time()}
        made, seconds = sweep(
            STORE, executor, files_of([0.0] * (MANY // PER_VERSION), PER_VERSION), settings.rules
        )
        ended.set()
        spent = {name: cpu_of(pid) - before[name] for name, pid in pids.items()}
        spent["client"] = time.process_time() - before["client"]
        print({name: memory_of(pid) for name, pid in watched.items()})
    each = ", ".join(f"{name} {1000 * cpu / MANY:.2f} ms" for name, cpu in spent.items())
    print(f"{made.totals.files} files in {seconds:.0f} s; CPU time for each file: {each}")


def resumed() -> None:
    """Sweep the files of `many` again: all are done."""
    config = Config()
    began = time.process_time()
    settings = Settings(config, rules_here(config), Access())
    loaded = time.process_time()
    made, seconds = sweep(
        STORE, Processes(settings, 1), files_of([0.0] * (MANY // PER_VERSION), PER_VERSION), settings.rules
    )
    cpu = f"{loaded - began:.1f} s for the rules, {time.process_time() - loaded:.1f} s for the files"
    print(f"{made.totals.done} done files: {seconds:.1f} s; CPU time: {cpu}; {memory_of('self')} MB")


def _connected(settings: Settings) -> Sleeping:
    """Return the executor when the worker has joined."""
    while True:
        executor = Sleeping(f"dask://127.0.0.1:{PORT}", settings)
        if executor._cluster.size:
            return executor
        executor.close()
        time.sleep(1)


if __name__ == "__main__":
    if sys.argv[1] == "real":
        real(sys.argv[2])
    else:
        {"simulated": simulated, "many": many, "resumed": resumed}[sys.argv[1]]()
