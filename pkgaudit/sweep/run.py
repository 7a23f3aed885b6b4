"""A sweep: the files of a source that are not done, through an executor, into a store."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Empty

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


@dataclass
class Totals:
    """The numbers of a run: files by verdict, and what was not audited because it was done."""

    verdicts: Counter[str] = field(default_factory=Counter)
    done: int = 0
    bytes: int = 0
    seconds: float = 0.0
    is_complete: bool = False

    @property
    def files(self) -> int:
        """The number of files that were audited in this run."""
        return sum(self.verdicts.values())


class Sweep:
    """One run. `stop` ends it at the next opportunity, with everything stored that is done."""

    def __init__(
        self, store: Store, executor: Executor, rules: str, tell: Callable[[list[Row]], None] = lambda _: None
    ) -> None:
        self.totals = Totals()
        self._store = store
        self._executor = executor
        self._rules = rules
        self._tell = tell
        self._stopped = False
        self._running: dict[int, tuple[Task, bool]] = {}
        self._stored = time.monotonic()
        self._rows: list[Row] = []
        self._stamps: list[tuple[str, str, str]] = []

    def stop(self) -> None:
        """End the run as soon as possible; signal handlers may call this."""
        self._stopped = True

    def run(self, files: Iterable[Wanted]) -> Totals:
        """Audit the files that are not done, and return the numbers."""
        began = time.monotonic()
        waiting: list[tuple[int, int, Task]] = []
        numbers = itertools.count()
        tasks = self._tasks(files)
        is_exhausted = False
        try:
            while not self._stopped:
                while not is_exhausted and len(waiting) < _AHEAD and not self._stopped:
                    task = next(tasks, None)
                    is_exhausted = task is None
                    if task is not None:
                        heapq.heappush(waiting, (task.size, next(numbers), task))
                    if self._executor.done.qsize():
                        break
                while waiting and self._has_room(waiting[0][2]):
                    self._start(heapq.heappop(waiting)[2])
                if not self._running and not waiting and is_exhausted:
                    break
                self._collect()
            self.totals.is_complete = not self._stopped
        finally:
            self._save()
            self.totals.seconds = time.monotonic() - began
        return self.totals

    def _tasks(self, files: Iterable[Wanted]) -> Iterator[Task]:
        for task in tasks_of(files):
            left = tuple(each for each in task.files if not self._is_done(each))
            self.totals.done += len(task.files) - len(left)
            if left:
                yield Task(task.project, task.version, left)

    def _is_done(self, wanted: Wanted) -> bool:
        digest = wanted.sha256
        if not digest and wanted.stamp:
            digest = self._store.known_digest(wanted.location, wanted.stamp)
        return bool(digest) and self._store.is_done(wanted.file, digest, self._rules)

    def _has_room(self, task: Task) -> bool:
        if len(self._running) >= min(_MOST, 2 * self._executor.size):
            return False
        return not self._running or task.size + sum(each.size for each, _ in self._running.values()) <= _BYTES

    def _start(self, task: Task, avoid: str | None = None) -> None:
        self._running[id(task)] = task, avoid is not None
        self._executor.submit(task, avoid or "")

    def _collect(self) -> None:
        """Take the next end of a task, if there is one soon, and all others that are there."""
        try:
            self._take(self._executor.done.get(timeout=_EVERY if self._running else 0))
            while True:
                self._take(self._executor.done.get_nowait())
        except Empty:
            pass
        if time.monotonic() - self._stored > _EVERY:
            self._save()

    def _take(self, done: Done) -> None:
        _, is_second = self._running.pop(id(done.task), (None, True))
        if done.rows is None and not is_second:
            for each in done.task.alone():
                self._start(each, done.worker)
            return
        rows = done.rows
        if rows is None:
            rows = [unaudited(each, done.reason, self._rules) for each in done.task.files]
        stamps = {each.file: each for each in done.task.files if each.stamp}
        for row in rows:
            self.totals.verdicts[row.verdict] += 1
            self.totals.bytes += row.size
            if row.file in stamps and row.verdict != ERROR:
                wanted = stamps[row.file]
                self._stamps.append((wanted.location, wanted.stamp, row.sha256))
        self._rows += rows
        self._tell(rows)

    def _save(self) -> None:
        self._stored = time.monotonic()
        if self._rows:
            self._store.add(self._rows, self._stamps)
            self._rows, self._stamps = [], []
