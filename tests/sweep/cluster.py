"""A scheduler of Dask and two workers on this machine, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class LocalCluster:
    """The processes ``dask scheduler`` and ``dask worker``; a nanny restarts a worker that dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()
        for _ in range(2):
            self.start_worker()

    def start_scheduler(self) -> None:
        """Start the scheduler; it gives up workers that say nothing for a few seconds."""
        given = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show"]
        given += ["--scheduler-file", str(self.folder / "scheduler.json")]
        self.scheduler = self._start("dask_scheduler", given)
        for _ in range(200):
            with socket.socket() as made:
                if not made.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.1)
        raise AssertionError("the scheduler does not listen")

    def start_worker(self) -> None:
        """Start a worker with one thread."""
        given = [f"tcp://{self.address}", "--nthreads", "1", "--no-dashboard"]
        given += ["--local-directory", str(self.folder)]
        self.workers.append(self._start("dask_worker", given))

    def _start(self, module: str, given: list[str]) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        with (self.folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *given],
                stdout=log,
                stderr=log,
                env=environment,
            )

    def close(self) -> None:
        """End all processes."""
        for each in (*self.workers, self.scheduler):
            each.send_signal(signal.SIGINT)
        for each in (*self.workers, self.scheduler):
            try:
                each.wait(10)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
