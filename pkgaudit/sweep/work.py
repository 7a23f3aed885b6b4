"""One task on the machine that audits it: the files are fetched, audited in a child process, and judged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pkgaudit.config.config import Config
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.child import Child, ChildError, Order
from pkgaudit.sweep.fetch import contents
from pkgaudit.sweep.row import Row, unaudited
from pkgaudit.sweep.wanted import Task, Wanted

_TOGETHER = 200
"""The most files that are audited together; chosen: the largest releases on PyPI have about so many."""


@dataclass(frozen=True)
class Settings:
    """Everything that a worker needs to know besides the task.

    ``limit`` is the most seconds for a file, ``memory`` the most bytes that a process may allocate, None for
    no limit. ``metadata``: only the core metadata of wheels are fetched and judged.
    """

    config: Config
    rules: str
    access: Access
    limit: float = 600.0
    memory: int | None = None
    metadata: bool = False


class Crew:
    """The child processes of this process, one for each of its threads that asks for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[tuple[int, str], Child] = {}
        self._is_closed = False

    def child(self, settings: Settings) -> Child:
        """Return the child of the current thread.

        Raises:
            ChildError: the crew is closed.
        """
        key = threading.get_ident(), settings.rules
        with self._lock:
            if self._is_closed:
                raise ChildError("the sweep was interrupted")
            if key not in self._children:
                self._children[key] = Child(settings.config, settings.memory)
            return self._children[key]

    def close(self) -> None:
        """End all children, at once."""
        with self._lock:
            self._is_closed = True
            for each in self._children.values():
                each.close()


_crew = Crew()
"""The children of a worker of Dask, which end with it."""


def work(task: Task, settings: Settings, crew: Crew | None = None) -> list[Row]:
    """Return the rows of the files of a task.

    If the audit of several files does not end well, each is audited alone, so that only one is without a
    verdict.
    """
    rows: list[Row] = []
    files = iter(task.files)
    while some := list(islice(files, _TOGETHER)):
        rows += _work(some, settings, crew or _crew)
    return rows


def _work(files: list[Wanted], settings: Settings, crew: Crew) -> Iterator[Row]:
    with contents(files, settings.access) as (paths, reasons):
        for each in files:
            if each.file in reasons:
                yield unaudited(each, reasons[each.file], settings.rules)
        there = [each for each in files if each.file in paths]
        if not there:
            return
        try:
            yield from _audit(there, paths, settings, crew)
        except ChildError as error:
            if len(there) == 1:
                yield unaudited(there[0], str(error), settings.rules)
                return
            for each in there:
                try:
                    yield from _audit([each], paths, settings, crew)
                except ChildError as reason:
                    yield unaudited(each, str(reason), settings.rules)


def _audit(files: list[Wanted], paths: dict[str, str], settings: Settings, crew: Crew) -> list[Row]:
    order = Order(
        {each.file: paths[each.file] for each in files}, tuple(files), settings.rules, settings.metadata
    )
    return crew.child(settings).audit(order, settings.limit * len(files))
