"""Where tasks run: in processes of this machine, or on the workers of Dask."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

from pkgaudit.child import CREW
from pkgaudit.cluster import Cluster, Future, Outcome, outcomes_of, this_worker
from pkgaudit.sweep.row import Row
from pkgaudit.sweep.wanted import Task
from pkgaudit.sweep.work import Settings, TroubleError, work

_ENDING = 5.0
"""Seconds in which the threads of this process end; one that still downloads ends with the process."""

_TOGETHER = 100
"""The most results that one request asks for; each has some kilobytes."""


@dataclass(frozen=True)
class Done:
    """The end of a task: its rows, or the reason why there are none, and the worker that had it.

    ``is_lost``: no worker is to blame, such as after a restart of the scheduler.
    """

    task: Task
    rows: list[Row] | None
    reason: str = ""
    worker: str = ""
    is_lost: bool = False


class Executor(ABC):
    """Runs tasks; the ends arrive in ``done``, in any order. ``size`` is the number of tasks at a time."""

    def __init__(self) -> None:
        self.done: SimpleQueue[Done] = SimpleQueue()
        self.notes: list[str] = []
        """Sentences about workers that are not used."""

    @property
    @abstractmethod
    def size(self) -> int: ...

    @abstractmethod
    def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
        """Run a task, if possible not on the worker ``avoid``; see `work` for ``isolates``."""

    @abstractmethod
    def close(self) -> None:
        """Abandon all tasks at once."""


class Processes(Executor):
    """Runs tasks in child processes of this one, each with a thread that waits for it."""

    def __init__(self, settings: Settings, processes: int | None = None) -> None:
        super().__init__()
        self._settings = replace(settings, sweep=uuid4().hex)
        self._processes = processes or os.cpu_count() or 1
        self._tasks: SimpleQueue[tuple[Task, bool] | None] = SimpleQueue()
        # A pool of the standard library would wait for downloads when the interpreter exits.
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self._processes)]
        for each in self._threads:
            each.start()

    @property
    def size(self) -> int:
        return self._processes

    def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
        self._tasks.put((task, isolates))

    def _run(self) -> None:
        while (given := self._tasks.get()) is not None:
            task, isolates = given
            try:
                self.done.put(Done(task, work(task, self._settings, isolates=isolates)))
            except TroubleError as error:
                self.done.put(Done(task, None, str(error)))
            except (
                Exception
            ) as error:  # a bug in pkgaudit: it costs these files their verdict, and nothing else
                self.done.put(Done(task, None, f"the worker raised {type(error).__name__}"))

    def close(self) -> None:
        while not self._tasks.empty():
            self._tasks.get()
        for _ in self._threads:
            self._tasks.put(None)
        CREW.end(self._settings.sweep)
        for each in self._threads:
            each.join(_ENDING / len(self._threads))


class ClusterTasks(Executor):
    """Runs tasks on the workers of a scheduler of Dask, which distributes them by its own rules."""

    def __init__(self, where: str, settings: Settings) -> None:
        """Connect to a scheduler.

        Raises:
            ClusterError: the cluster cannot be used.
        """
        super().__init__()
        self._cluster = Cluster(where, settings.config, settings.rules)
        self._settings = replace(settings, sweep=self._cluster.run)
        self.notes = self._cluster.notes
        self._futures: dict[Any, Future] = {}
        self._ended: SimpleQueue[tuple[Task, Future]] = SimpleQueue()
        threading.Thread(target=self._collect, daemon=True).start()

    @property
    def size(self) -> int:
        return max(1, self._cluster.size)

    def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
        # Small files first: their verdicts are there soon, and large ones do not occupy all workers.
        future = self._cluster.submit(
            work_there, task, self._settings, isolates, priority=-task.size / (1 << 20), avoid=avoid
        )
        self._futures[future.key] = future
        future.add_done_callback(self._end_of(task))

    def _end_of(self, task: Task) -> Callable[[Future], None]:
        def end(future: Future) -> None:
            self._futures.pop(future.key, None)
            self._ended.put((task, future))

        return end

    def _collect(self) -> None:
        """Get the results of all tasks that have ended at once: a request for each would limit the rate."""
        while True:
            some = [self._ended.get()]
            while not self._ended.empty() and len(some) < _TOGETHER:
                some.append(self._ended.get())
            for (task, _), found in zip(some, outcomes_of([each for _, each in some]), strict=True):
                self.done.put(Done(task, found.value, found.reason, found.worker, found.is_lost))

    def close(self) -> None:
        futures, self._futures = [*self._futures.values()], {}
        self._cluster.close(futures)


def work_there(task: Task, settings: Settings, isolates: bool) -> Outcome:
    """Return the rows of a task, or the reason why there are none, on a worker of Dask."""
    try:
        return Outcome(work(task, settings, isolates=isolates), worker=this_worker())
    except TroubleError as error:
        return Outcome(None, str(error), this_worker())
