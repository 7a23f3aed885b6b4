"""Where tasks run: in processes of this machine, or on the workers of Dask."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from pkgaudit.errors import PkgauditError
from pkgaudit.sweep.row import Row
from pkgaudit.sweep.wanted import Task
from pkgaudit.sweep.work import Crew, Settings, work

if TYPE_CHECKING:
    from distributed import Client, Future

SCHEME = "dask://"
"""The beginning of the address of a scheduler of Dask, as ``--executor`` takes it."""

_PATIENCE = 30.0
"""Seconds to wait for a scheduler; chosen: it may just be starting."""


class ExecutorError(PkgauditError):
    """The executor cannot be used. The message names it and the reason."""


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

    @property
    @abstractmethod
    def size(self) -> int: ...

    @abstractmethod
    def submit(self, task: Task, avoid: str = "") -> None:
        """Run a task, if possible not on the worker ``avoid``."""

    @abstractmethod
    def close(self) -> None:
        """Abandon all tasks at once."""


class Processes(Executor):
    """Runs tasks in child processes of this one."""

    def __init__(self, settings: Settings, processes: int | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._processes = processes or os.cpu_count() or 1
        self._crew = Crew()
        self._pool = ThreadPoolExecutor(self._processes, thread_name_prefix="sweep")

    @property
    def size(self) -> int:
        return self._processes

    def submit(self, task: Task, avoid: str = "") -> None:
        self._pool.submit(self._run, task)

    def _run(self, task: Task) -> None:
        try:
            self.done.put(Done(task, work(task, self._settings, self._crew)))
        except Exception as error:  # a bug in pkgaudit: it costs these files their verdict, and nothing else
            self.done.put(Done(task, None, f"the worker raised {type(error).__name__}"))

    def close(self) -> None:
        self._crew.close()
        self._pool.shutdown(wait=True, cancel_futures=True)


class Cluster(Executor):
    """Runs tasks on the workers of a scheduler of Dask, which distributes them by its own rules."""

    def __init__(self, address: str, settings: Settings) -> None:
        """Connect to a scheduler.

        ``address`` is its address, ``HOST:PORT`` or with a protocol, or the path of a scheduler file.

        Raises:
            ExecutorError: there is no scheduler, Dask is not installed, or a worker has another version.
        """
        super().__init__()
        try:
            from distributed import Client
        except ImportError as error:
            raise ExecutorError(
                f"--executor {SCHEME}…: {error.name} is not installed; run 'pip install pkgaudit[sweep]'"
            ) from None
        self._address = address
        where: dict[str, Any] = (
            {"scheduler_file": address} if os.path.isfile(address) else {"address": address}
        )
        try:
            self._client: Client = Client(
                **where, timeout=_PATIENCE, name="pkgaudit sweep", set_as_default=False
            )
        except (OSError, ValueError, TimeoutError) as error:
            raise ExecutorError(f"the scheduler {address} cannot be reached: {error}") from None
        # A task carries them, a few kilobytes, so that it also runs after a restart of the scheduler.
        self._settings = settings
        self._futures: dict[Any, Future] = {}
        self._check(settings)

    def _check(self, settings: Settings) -> None:
        found = self._client.run(rules_here, settings.config, on_error="return")
        for worker, rules in found.items():
            if rules != settings.rules:
                said = (
                    "cannot load pkgaudit"
                    if isinstance(rules, Exception)
                    else "has another version of pkgaudit"
                )
                raise ExecutorError(
                    f"the worker {worker} {said}, its libraries or plug-ins; install the same there as here"
                )

    @property
    def size(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def submit(self, task: Task, avoid: str = "") -> None:
        others = [each for each in self._client.nthreads() if each != avoid] if avoid else []
        where: dict[str, Any] = {"workers": others, "allow_other_workers": True} if others else {}
        # Small files first: their verdicts are there soon, and large ones do not occupy all workers.
        future = self._client.submit(
            work, task, self._settings, pure=False, retries=0, priority=-task.size / (1 << 20), **where
        )
        self._futures[future.key] = future
        future.add_done_callback(self._end_of(task))

    def _end_of(self, task: Task) -> Callable[[Future], None]:
        def end(future: Future) -> None:
            self._futures.pop(future.key, None)
            if future.status == "finished":
                self.done.put(Done(task, future.result()))
                return
            error = None if future.cancelled() else future.exception()
            worker = getattr(getattr(error, "last_worker", None), "address", "")
            said = "the worker that audited it died" if worker else "the scheduler lost it"
            if error is not None and not worker:
                said = f"the worker raised {type(error).__name__}"
            self.done.put(Done(task, None, said, worker))

        return end

    def close(self) -> None:
        self._client.cancel(list(self._futures.values()), force=True)
        self._client.close(timeout=5)


def rules_here(config: Any) -> str:
    """Return the identity of the rules of this process, which a worker runs."""
    from pkgaudit.rule import load_registry
    from pkgaudit.sweep.rules import rules_of

    return rules_of(config, load_registry())
