"""The cluster of Dask on which audits run: the connection, and which of its workers can be used.

Dask distributes the tasks, and tries a task elsewhere if a worker dies. This module only asks: the rules that
each worker has, also those that join later, must be those of this process.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pkgaudit.config.config import Config
from pkgaudit.errors import PkgauditError

if TYPE_CHECKING:
    from distributed import Client, Future

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


class ClusterError(PkgauditError):
    """A cluster cannot be used. The message names it and the reason."""


class Cluster:
    """A connection to a scheduler of Dask. ``notes`` are sentences about workers that are not used."""

    def __init__(self, where: str, config: Config, rules: str, plugins: dict[str, Any] | None = None) -> None:
        """Connect to a scheduler, and ask each worker for its rules.

        ``where`` is ``dask://`` with ``HOST:PORT``, an address of Dask, or the path of a scheduler file.
        ``plugins`` are plugins of workers by name.

        Raises:
            ClusterError: there is no scheduler, Dask is not installed, or a worker has other rules.
        """
        self.where = where
        self.notes: list[str] = []
        self._config = config
        self._rules = rules
        self._plugins = plugins or {}
        self._workers: dict[str, int] = {}
        self._bad: set[str] = set()
        self._looked = self._had = time.monotonic()
        self._client = self._connect(_PATIENCE)
        self._look()
        if self._bad:
            raise ClusterError(
                f"{self.notes[0]}; install the same versions of pkgaudit, its libraries and plug-ins there"
            )

    def _connect(self, patience: float) -> Client:
        try:
            from distributed import Client
        except ImportError as error:
            raise ClusterError(
                f"--executor {self.where}: {error.name} is not installed; run 'pip install pkgaudit[sweep]'"
            ) from None
        place = self.where.removeprefix(SCHEME)
        given: dict[str, Any] = {"scheduler_file": place} if os.path.isfile(place) else {"address": place}
        deadline = time.monotonic() + patience
        while True:
            try:
                client = Client(**given, timeout=patience, name="pkgaudit", set_as_default=False)
                break
            except (OSError, ValueError, TypeError, KeyError) as error:
                # The system may refuse at once while the scheduler starts again; an address without a port is
                # a ValueError, and a file that is not of a scheduler another one.
                if not isinstance(error, OSError) or time.monotonic() + 1 > deadline:
                    raise ClusterError(f"the scheduler {place} cannot be reached: {_brief(error)}") from None
                time.sleep(1)
        for name, plugin in self._plugins.items():
            client.register_plugin(plugin, name=name)
        return client

    @property
    def size(self) -> int:
        """The number of threads of the workers that can be used."""
        self._look_again()
        return sum(threads for name, threads in self._workers.items() if name not in self._bad)

    def submit(self, function: Callable[..., Any], *given: Any, priority: float, avoid: str = "") -> Future:
        """Run a function on a worker, if possible not on the one with the address ``avoid``."""
        self._look_again()
        bad = self._bad | {avoid}
        good = [each for each in self._workers if each not in bad]
        where: dict[str, Any] = {}
        if good and len(good) < len(self._workers):
            # If all of these have gone when the task is due, Dask takes another one.
            where = {"workers": good, "allow_other_workers": True}
        return self._client.submit(function, *given, pure=False, priority=priority, **where)

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
            said = self._client.run(_rules_there, self._config, workers=new, on_error="return") if new else {}
        except (OSError, RuntimeError):
            # The scheduler has gone. Dask connects again, or closes the client after a while.
            if self._client.status == "closed":
                self._client = self._connect(_PATIENCE)
            self._looked = time.monotonic()
            return
        self._workers = found
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
        try:
            self._client.cancel(futures, force=True, asynchronous=False)
            for name in self._plugins:
                self._client.unregister_worker_plugin(name)
        except (OSError, RuntimeError):  # the scheduler has gone, which leaves nothing to end
            pass
        self._client.close(timeout=5)


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
