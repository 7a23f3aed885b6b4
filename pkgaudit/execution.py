"""Runs audits in this process or in several, with a `concurrent.futures.Executor` for each case."""

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
"""The packed size, in bytes, from which worker processes save more time than they cost."""


class InlineExecutor(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call ``function`` and return its finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # as in any executor, `result()` raises it
            future.set_exception(error)
        return future


def choose_jobs(files: Collection[str], jobs: int | None) -> int:
    """Return the number of processes: ``jobs`` if given, else a number that fits the amount of work."""
    if jobs is None:
        jobs = (os.cpu_count() or 1) if _total_size(files) >= WORTH_PROCESSES else 1
    if multiprocessing.current_process().daemon:  # daemons may not start processes
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

    ``files`` maps the name of each file in reports to the path of its content. Worker processes have started
    when this function returns; without workers, the iterator audits each file in turn.

    Raises:
        ConfigError: the options of a rule are invalid.
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
    except BaseException:  # nobody waits for the other results
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
    except Exception as error:  # from pickle or a dying worker; the other audits continue
        message = f"the worker process did not return the audit ({type(error).__name__}); try --jobs 1"
    return Audit(path, failures=[Failure(message, path)])


_work: tuple[Plan, Config]


def _start(config: Config, registry: Registry | None = None) -> None:
    """Prepare a process. Each loads the rules itself, because functions of plug-ins may not be picklable."""
    global _work
    _work = (Plan.make(registry or load_registry(), config), config)


def log_to_standard_error() -> None:
    """Make the modules of pkgaudit log to standard error, unless they do already, as in a forked process."""
    top = logging.getLogger("pkgaudit")
    top.setLevel(logging.DEBUG)
    if not top.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        top.addHandler(handler)


def _start_worker(config: Config, is_logged: bool) -> None:
    if is_logged:
        log_to_standard_error()
    # Ctrl-C reaches every process of a terminal; the main process handles it and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _start(config)


def _audit(path: str, file: str) -> Audit:
    plan, config = _work
    return audit_distribution(path, plan, config, file)
