"""Where audits run: in this process or in several, each of them a `concurrent.futures.Executor`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pkgaudit.config import Config
from pkgaudit.engine import Audit, Plan, audit_distribution
from pkgaudit.finding import Failure
from pkgaudit.rule import Registry, load_registry

T = TypeVar("T")

WORTH_PROCESSES = 24 << 20
"""Packed bytes from which starting worker processes costs less than it saves."""


class InlineExecutor(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call ``function`` and return its finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def choose_jobs(paths: Sequence[str], jobs: int | None) -> int:
    """Return how many processes to use: ``jobs`` if given, else what the amount of work is worth."""
    if jobs is None:
        jobs = (os.cpu_count() or 1) if _total_size(paths) >= WORTH_PROCESSES else 1
    return max(1, min(jobs, len(paths)))


def _total_size(paths: Sequence[str]) -> int:
    total = 0
    for path in paths:
        try:
            total += os.stat(path).st_size
        except OSError:
            continue
    return total


def audit_all(
    paths: Sequence[str], registry: Registry, config: Config, jobs: int | None = None
) -> Iterator[Audit]:
    """Audit files and yield the audits in the order of the files.

    Raises:
        ConfigError: options of a rule that do not fit.
    """
    if choose_jobs(paths, jobs) == 1:
        plan = Plan.make(registry, config)
        with InlineExecutor() as executor:
            for path in paths:
                yield executor.submit(audit_distribution, path, plan, config).result()
        return
    with ProcessPoolExecutor(choose_jobs(paths, jobs), initializer=_start, initargs=(config,)) as pool:
        futures = [pool.submit(_audit_in_worker, path) for path in paths]
        for path, future in zip(paths, futures, strict=True):
            try:
                yield future.result()
            except BrokenProcessPool:
                yield Audit(
                    path, failures=[Failure("a worker process died while auditing; try --jobs 1", path)]
                )


_worker: tuple[Plan, Config]


def _start(config: Config) -> None:
    """Prepare a worker process: each finds the rules itself, since functions of plug-ins do not travel."""
    global _worker
    _worker = (Plan.make(load_registry(), config), config)


def _audit_in_worker(path: str) -> Audit:
    plan, config = _worker
    return audit_distribution(path, plan, config)
