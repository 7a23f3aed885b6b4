"""A sweep: the files of a source that are not done, through an executor, into a store."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Empty

from pkgaudit.report.escape import whole
from pkgaudit.sweep.executors import Done, Executor
from pkgaudit.sweep.row import ERROR, Row, unaudited
from pkgaudit.sweep.store import Store
from pkgaudit.sweep.wanted import Task, Wanted, tasks_of

_AHEAD = 2_000
"""The most tasks that are known before they run; the smaller ones of them run first. Chosen: their files take
a few megabytes of memory."""

_MOST = 300
"""The most tasks that an executor has at a time, however many workers there are."""

_BYTES = 4 << 30
"""The most bytes of the files of these tasks, unless it is one task."""

_EVERY = 0.5
"""Seconds in which results are collected before they are stored together."""

_LOST = 5
"""How often a task runs again that was lost without a fault of its own. Chosen: a scheduler that restarts
more often cannot be used."""


@dataclass
class Totals:
    """The numbers of a run: files by verdict, and those that were done before."""

    verdicts: Counter[str] = field(default_factory=Counter)
    done: int = 0
    bytes: int = 0
    is_complete: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def files(self) -> int:
        """The number of files that were audited in this run."""
        return sum(self.verdicts.values())


@dataclass
class _Attempt:
    """A task that runs: how often it ended without rows, and how often without a fault of its own."""

    task: Task
    number: int = 1
    lost: int = 0


class Sweep:
    """One run. It stores finished audits every half second, and when it is interrupted."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        rules: str,
        tell: Callable[[list[Row]], None] = lambda _: None,
        *,
        compares: bool = False,
    ) -> None:
        """``tell`` receives rows when they are stored; ``compares``: each version with the one before."""
        self.totals = Totals()
        self._store = store
        self._executor = executor
        self._rules = rules
        self._tell = tell
        self._compares = compares
        self._running: dict[int, _Attempt] = {}
        self._bytes = 0
        self._stored = time.monotonic()
        self._new: list[Row] = []
        self._stamps: list[tuple[str, str, str]] = []

    def run(self, files: Iterable[Wanted]) -> Totals:
        """Audit the files that are not done, and return the numbers.

        Raises:
            StoreError: the store cannot be written.
            ClusterError: the cluster cannot be used any more.
        """
        self.totals.is_complete = False
        waiting: list[tuple[int, int, Task]] = []
        numbers = itertools.count()
        tasks = self._tasks(files)
        is_exhausted = False
        try:
            while True:
                size = self._executor.size
                while waiting and self._has_room(waiting[0][2], size):
                    self._start(_Attempt(heapq.heappop(waiting)[2]))
                # A source may take long for the next file, so results come first.
                if not is_exhausted and len(waiting) < _AHEAD and self._executor.done.empty():
                    task = next(tasks, None)
                    if task is None:
                        is_exhausted = True
                    else:
                        heapq.heappush(waiting, (task.size, next(numbers), task))
                elif self._running:
                    self._collect()
                else:
                    break
            self.totals.is_complete = True
        finally:
            self._save()
        return self.totals

    def _tasks(self, files: Iterable[Wanted]) -> Iterator[Task]:
        """Yield the tasks with a file that is not done; the others of its version are compared with it."""
        for tasks in tasks_of(files, compares=self._compares):
            known = self._store.of_project(tasks[0].project)
            for task in tasks:
                found = [known.get((each.file, self._digest(each)), (0, False)) for each in task.files]
                for number, _ in found:
                    if number:
                        self._store.see(number)
                if all(is_done for _, is_done in found):
                    self.totals.done += len(found)
                else:
                    yield task

    def _digest(self, wanted: Wanted) -> str:
        if wanted.sha256 or not wanted.stamp:
            return wanted.sha256
        return self._store.known_digest(wanted.location, wanted.stamp)

    def _has_room(self, task: Task, size: int) -> bool:
        if len(self._running) >= min(_MOST, 2 * size):
            return False
        return not self._running or self._bytes + task.size <= _BYTES

    def _start(self, attempt: _Attempt, avoid: str = "") -> None:
        self._running[id(attempt.task)] = attempt
        self._bytes += attempt.task.size
        self._executor.submit(attempt.task, isolates=attempt.number > 1, avoid=avoid)

    def _collect(self) -> None:
        """Take the next end of a task, if there is one soon, and all others that are there."""
        try:
            self._take(self._executor.done.get(timeout=_EVERY))
            while True:
                self._take(self._executor.done.get_nowait())
        except Empty:
            pass
        if time.monotonic() - self._stored > _EVERY:
            self._save()

    def _take(self, done: Done) -> None:
        attempt = self._running.pop(id(done.task))
        self._bytes -= done.task.size
        if done.rows is not None:
            self._keep(done.task, done.rows)
        elif done.is_lost and attempt.lost < _LOST:
            self._start(_Attempt(done.task, attempt.number, attempt.lost + 1))
        elif attempt.number == 1:
            self._start(_Attempt(done.task, 2), done.worker)
        elif len(done.task.files) > 1:
            for each in done.task.alone():
                self._start(_Attempt(each, 2), done.worker)
        else:
            self._keep(done.task, [unaudited(each, done.reason, self._rules) for each in done.task.files])

    def _keep(self, task: Task, rows: list[Row]) -> None:
        by_place = {whole(each.location): each for each in task.files if each.stamp}
        for row in rows:
            self.totals.verdicts[row.verdict] += 1
            self.totals.bytes += row.size
            wanted = by_place.get(row.location)
            if wanted is not None and row.verdict != ERROR:
                self._stamps.append((wanted.location, wanted.stamp, row.sha256))
        self._new += rows

    def _save(self) -> None:
        self._stored = time.monotonic()
        if self._new:
            self._store.add(self._new, self._stamps)
            rows, self._new, self._stamps = self._new, [], []
            self._tell(rows)
