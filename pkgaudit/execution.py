"""Where audits run: in this process or in several, each of them a `concurrent.futures.Executor`."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pkgaudit.config.config import Config
from pkgaudit.engine import Audit, audit_distribution
from pkgaudit.finding import Failure
from pkgaudit.formatting import counted
from pkgaudit.plan import Plan
from pkgaudit.rule import Registry, load_registry

T = TypeVar("T")

logger = logging.getLogger(__name__)

WORTH_PROCESSES = 8 << 20
"""Packed bytes from which starting worker processes costs less than it saves."""


class InlineExecutor(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call ``function`` and return its finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # what an executor does: it raises where the result is asked for
            future.set_exception(error)
        return future


def choose_jobs(files: Collection[str], jobs: int | None) -> int:
    """Return how many processes to use: ``jobs`` if given, else what the amount of work is worth."""
    if jobs is None:
        jobs = (os.cpu_count() or 1) if _total_size(files) >= WORTH_PROCESSES else 1
    if multiprocessing.current_process().daemon:  # which may not have processes of its own
        return 1
    return max(1, min(jobs, len(files)))


def _total_size(files: Iterable[str]) -> int:
    total = 0
    for file in files:
        try:
            total += os.stat(file).st_size
        except OSError:
            continue
    return total


def audit_all(
    files: Mapping[str, str], registry: Registry, config: Config, jobs: int | None = None
) -> Iterator[Audit]:
    """Audit files and return an iterator over the audits, in the order of the files.

    ``files`` maps what reports call each file to the path it is read from. Worker processes have begun
    when it returns; in this process a file is audited when it is its turn.

    Raises:
        ConfigError: options of a rule that do not fit.
    """
    jobs = choose_jobs(files.values(), jobs)
    logger.debug("%s in %s", counted(len(files), "file"), counted(jobs, "process", "processes"))
    if jobs == 1:
        _start(config, registry)
        inline = InlineExecutor()
        return _results(inline, ((path, inline.submit(_audit, path, file)) for path, file in files.items()))
    pool = ProcessPoolExecutor(
        jobs, initializer=_start_worker, initargs=(config, logger.isEnabledFor(logging.DEBUG))
    )
    return _results(pool, [(path, pool.submit(_audit, path, file)) for path, file in files.items()])


def _results(executor: Executor, futures: Iterable[tuple[str, Future[Audit]]]) -> Iterator[Audit]:
    try:
        for path, future in futures:
            yield _result(path, future)
    except BaseException:  # nobody waits for the rest any more
        executor.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    executor.shutdown()


def _result(path: str, future: Future[Audit]) -> Audit:
    try:
        return future.result()
    except BrokenProcessPool:
        message = "a worker process died while auditing; try --jobs 1"
    except Exception as error:  # what pickle or a dying worker raises; the other audits go on
        message = f"its audit did not come back from the worker ({type(error).__name__}); try --jobs 1"
    return Audit(path, failures=[Failure(message, path)])


_work: tuple[Plan, Config]


def _start(config: Config, registry: Registry | None = None) -> None:
    """Prepare a process: each finds the rules itself, since the functions of plug-ins do not travel."""
    global _work
    _work = (Plan.make(registry or load_registry(), config), config)


def log_to_standard_error() -> None:
    """Have the modules of pkgaudit log to standard error, once: a forked process does so already."""
    top = logging.getLogger("pkgaudit")
    top.setLevel(logging.DEBUG)
    if not top.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        top.addHandler(handler)


def _start_worker(config: Config, is_logged: bool) -> None:
    if is_logged:
        log_to_standard_error()
    # Ctrl-C reaches every process of a terminal; the first one says so, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _start(config)


def _audit(path: str, file: str) -> Audit:
    plan, config = _work
    return audit_distribution(path, plan, config, file)
