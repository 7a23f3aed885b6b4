"""The cluster of Dask on which audits run: the connection, and which of its workers can be used.

Dask distributes the tasks, and tries a task elsewhere if a worker dies. This module only asks: the rules that
each worker has, also those that join later, must be those of this process.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pkgaudit.config.config import Config
from pkgaudit.errors import PkgauditError

Client = Any
"""A `distributed.Client`, whose methods have no types."""

Future = Any
"""A `distributed.Future`: the handle of a task."""

SCHEME = "dask://"
"""The beginning of the address of a scheduler of Dask, as ``--executor`` takes it."""

PROCESS = "process"
"""The other value of ``--executor``: processes of this machine."""

_PATIENCE = 30.0
"""Seconds to wait for a scheduler; chosen: it may just be starting."""

_EVERY = 2.0
"""Seconds between two looks at which workers there are."""

_WITHOUT = 300.0
"""Seconds without a worker after which a run ends. Chosen: managers of clusters start workers in less."""


_ENDING = 5.0
"""Seconds to wait for the result of a task that has ended."""


class ClusterError(PkgauditError):
    """A cluster cannot be used. The message names it and the reason."""


class Cluster:
    """A connection to a scheduler of Dask.

    ``run`` identifies it: the children of this run on the workers end when it is closed. ``notes`` are
    sentences about workers that are not used.
    """

    def __init__(self, where: str, config: Config, rules: str) -> None:
        """Connect to a scheduler, and ask each worker for its rules.

        ``where`` is ``dask://`` with ``HOST:PORT``, an address of Dask, or the path of a scheduler file.

        Raises:
            ClusterError: there is no scheduler, Dask is not installed, or a worker has other rules.
        """
        self.where = where
        self.run = f"pkgaudit-{uuid4().hex}"
        self.notes: list[str] = []
        self._config = config
        self._rules = rules
        self._workers: dict[str, int] = {}
        self._plugins: list[str] = []
        self._bad: set[str] = set()
        self._limited: dict[Future, frozenset[str]] = {}
        self._looked = self._had = time.monotonic()
        self._client = self._connect(_PATIENCE)
        self._look()
        if self._bad:
            raise ClusterError(
                f"{self.notes[0]}; install the same versions of pkgaudit, its libraries and plug-ins there"
            )

    def _connect(self, patience: float) -> Client:
        try:
            import distributed
        except ImportError as error:
            raise ClusterError(
                f"--executor {self.where}: {error.name} is not installed; run 'pip install pkgaudit[sweep]'"
            ) from None
        connect: Any = distributed.Client
        place = self.where.removeprefix(SCHEME)
        given: dict[str, Any] = {"scheduler_file": place} if os.path.isfile(place) else {"address": place}
        deadline = time.monotonic() + patience
        while True:
            try:
                client = connect(**given, timeout=patience, name="pkgaudit", set_as_default=False)
                break
            except (OSError, ValueError, TypeError, KeyError) as error:
                # The system may refuse at once while the scheduler starts again; an address without a port is
                # a ValueError, and a file that is not of a scheduler another one.
                if not isinstance(error, OSError) or time.monotonic() + 1 > deadline:
                    raise ClusterError(f"the scheduler {place} cannot be reached: {_brief(error)}") from None
                time.sleep(1)
        self._register(client)
        return client

    def _register(self, client: Client) -> None:
        """Have the children of this run end with it, also on workers that join later."""
        # A second plugin with one name would end the children when it replaces the first one.
        self._plugins.append(f"{self.run}-{len(self._plugins)}")
        client.register_plugin(_ending(self.run), name=self._plugins[-1])

    @property
    def size(self) -> int:
        """The number of threads of the workers that can be used."""
        self._look_again()
        return sum(threads for name, threads in self._workers.items() if name not in self._bad)

    def submit(self, function: Callable[..., Any], *given: Any, priority: float, avoid: str = "") -> Future:
        """Run a function on a worker, if possible not on the one with the address ``avoid``."""
        self._look_again()
        good = self._workers.keys() - self._bad - {avoid} or self._workers.keys() - self._bad
        # Dask lets any idle worker steal a task that only prefers some.
        limits = {"workers": sorted(good)} if good and len(good) < len(self._workers) else {}
        future = self._client.submit(function, *given, pure=False, priority=priority, **limits)
        if limits:
            self._limited[future] = frozenset(good)
            future.add_done_callback(lambda ended: self._limited.pop(ended, None))
        return future

    def wait(self, future: Future) -> None:
        """Wait until a task has ended.

        Raises:
            ClusterError: there has been no worker for a long time.
        """
        ended = threading.Event()
        future.add_done_callback(lambda _: ended.set())
        while not ended.wait(_EVERY):
            self._look_again()

    def _look_again(self) -> None:
        now = time.monotonic()
        if now - self._looked > _EVERY:
            self._look()
            if self._workers.keys() - self._bad:
                self._had = now
            elif now - self._had > _WITHOUT:
                raise ClusterError(
                    f"{self.where} has had no worker that can be used for {_WITHOUT:g} seconds; start one"
                )

    def _look(self) -> None:
        """Learn which workers there are, and ask new ones for their rules."""
        try:
            found: dict[str, int] = self._client.nthreads()
            new = [each for each in found if each not in self._workers]
            if self._workers and not self._workers.keys() & found.keys():
                self._register(self._client)  # perhaps another scheduler, which does not know the plugin
            said = self._client.run(_rules_there, self._config, workers=new, on_error="return") if new else {}
        except (OSError, RuntimeError):
            # The scheduler has gone. Dask connects again, or closes the client after a while.
            if self._client.status == "closed":
                self._client = self._connect(_PATIENCE)
            self._looked = time.monotonic()
            return
        self._workers = found
        # A task waits forever if all workers that may run it have gone; its caller submits it again.
        self._client.cancel([each for each, names in [*self._limited.items()] if not names & found.keys()])
        self._looked = time.monotonic()
        for worker, rules in said.items():
            if rules == self._rules:
                continue
            if isinstance(rules, OSError):  # it has just gone
                self._workers.pop(worker, None)
                continue
            fault = "cannot load pkgaudit" if isinstance(rules, Exception) else "has other rules"
            self._bad.add(worker)
            self.notes.append(f"the worker {worker} {fault}")

    def close(self, futures: list[Future]) -> None:
        """Abandon tasks and close the connection, in a few seconds even if the scheduler does not answer."""
        ending = threading.Thread(target=self._end, args=(futures,), daemon=True)
        ending.start()
        ending.join(_ENDING)
        self._client.close(timeout=_ENDING)

    def _end(self, futures: list[Future]) -> None:
        with suppress(
            OSError, RuntimeError, CancelledError
        ):  # the scheduler has gone: nothing is left to end
            self._client.cancel(futures, force=True)
        for name in self._plugins:
            # A scheduler that has restarted does not know it.
            with suppress(OSError, RuntimeError, CancelledError, ValueError):
                self._client.unregister_worker_plugin(name)


def _ending(run: str) -> Any:
    """Return a plugin of workers that ends the children of a run when the run or the worker ends."""
    from distributed import WorkerPlugin

    class Ending(WorkerPlugin):  # type: ignore[misc]  # the types of the extra are not read
        def teardown(self, worker: Any) -> None:
            from pkgaudit.child import CREW

            CREW.end(run)

    return Ending()


def outcomes_of(futures: list[Future]) -> list[Outcome]:
    """Return the outcomes of tasks that have ended, with one request if none of them failed."""
    if len(futures) > 1 and all(each.status == "finished" for each in futures):
        # A worker may have gone meanwhile; then each is asked for.
        with suppress(OSError, RuntimeError, CancelledError, KeyError):
            found: list[Outcome] = futures[0].client.gather(futures)
            return found
    return [outcome_of(each) for each in futures]


@dataclass(frozen=True)
class Outcome:
    """The end of a task: its value, or the reason for its failure, and the worker that had it.

    ``is_lost``: no worker is to blame, such as after a restart of the scheduler.
    """

    value: Any = None
    reason: str = ""
    worker: str = ""
    is_lost: bool = False


def outcome_of(future: Future) -> Outcome:
    """Return the outcome of a task that has ended; the task returned one itself, or it failed."""
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    try:
        found: Outcome = future.result(timeout=_ENDING)
        return found
    except KilledWorker as error:
        return Outcome(None, "the worker that audited it died", str(error.last_worker.address))
    except (FutureCancelledError, OSError):
        return Outcome(None, "the scheduler lost it", is_lost=True)
    except Exception as error:  # of a worker that cannot load pkgaudit, or a bug
        return Outcome(None, f"the worker raised {type(error).__name__}")


def this_worker() -> str:
    """Return the address of the worker of Dask that runs this task."""
    from distributed import get_worker

    return str(get_worker().address)


def _brief(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def rules_here(config: Config) -> str:
    """Return the identity of the rules of this process, which may be a worker."""
    from pkgaudit.identity import rules_of
    from pkgaudit.rule import load_registry

    return rules_of(config, load_registry())


async def _rules_there(config: Config) -> str:
    """Return the same on a worker of Dask, whose own thread must not wait for a second."""
    return await asyncio.to_thread(rules_here, config)
