"""Runs audits in this process or in several, with a `concurrent.futures.Executor` for each case."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from pkgaudit.config.config import Config
from pkgaudit.engine import Audit, audit_distribution
from pkgaudit.finding import Failure
from pkgaudit.formatting import counted, inert, printable
from pkgaudit.known import Known
from pkgaudit.plan import Plan
from pkgaudit.rule import Registry, load_registry

T = TypeVar("T")

logger = logging.getLogger(__name__)

WORTH_PROCESSES = 8 << 20
"""The packed size, in bytes, from which worker processes save more time than they cost."""


class InlineExecutor(Executor):
    """An executor that runs each call at once, in the calling thread."""

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


class Audits(Iterator[Audit]):
    """An iterator over the audits of some files, in order, each as soon as it is done.

    If it is closed early, such as by a signal, it ends its worker processes at once.
    """

    def __init__(
        self,
        futures: Iterable[tuple[str, Future[Audit]]],
        pool: ProcessPoolExecutor | None = None,
        workers: Collection[BaseProcess] = (),
    ) -> None:
        self._futures = iter(futures)
        self._pool = pool
        self._workers = workers

    def __next__(self) -> Audit:
        for path, future in self._futures:
            return _result(path, future)
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        raise StopIteration

    def close(self) -> None:
        """End the workers, if there are any, without waiting for their results."""
        if self._pool is not None:
            _end(self._pool, self._workers)
            self._pool = None


def audit_all(
    files: Mapping[str, str], registry: Registry, config: Config, jobs: int | None = None
) -> Audits:
    """Audit files and return an iterator over the audits, in the order of the files; close it when done.

    ``files`` maps the name of each file in reports to the path of its content. Worker processes have started
    when this function returns; without workers, the iterator audits each file in turn. If no worker can be
    started, all files are audited in this process.

    Raises:
        ConfigError: the options of a rule are invalid.
    """
    jobs = choose_jobs(files.values(), jobs)
    logger.debug("%s in %s", counted(len(files), "file"), counted(jobs, "process", "processes"))
    if jobs > 1:
        started = _in_workers(files, config, jobs)
        if started is not None:
            return started
    _start(config, registry)
    inline = InlineExecutor()
    return Audits((path, inline.submit(_audit, path, file)) for path, file in files.items())


def _in_workers(files: Mapping[str, str], config: Config, jobs: int) -> Audits | None:
    """Give the files to worker processes; return None if one of these cannot be started."""
    others = set(multiprocessing.active_children())  # those of a program that uses pkgaudit as a library
    pool = None
    try:
        with _without_working_directory():
            pool = ProcessPoolExecutor(
                jobs, initializer=_start_worker, initargs=(config, logger.isEnabledFor(logging.DEBUG))
            )
            futures = [(path, _submitted(pool, path, file)) for path, file in files.items()]
    # The system has no more processes, threads, memory or semaphores, or does not support them.
    except (OSError, RuntimeError, MemoryError, NotImplementedError, ImportError) as error:
        logger.debug(
            "worker processes cannot be started (%s); auditing in this process", type(error).__name__
        )
        _end(pool, set(multiprocessing.active_children()) - others)
        return None
    except BaseException:  # Ctrl-C
        _end(pool, set(multiprocessing.active_children()) - others)
        raise
    return Audits(futures, pool, set(multiprocessing.active_children()) - others)


def _submitted(pool: ProcessPoolExecutor, path: str, file: str) -> Future[Audit]:
    try:
        return pool.submit(_audit, path, file)
    except BrokenProcessPool as error:  # a worker died already; the remaining files are not audited
        future: Future[Audit] = Future()
        future.set_exception(error)
        return future


def _end(pool: ProcessPoolExecutor | None, workers: Collection[BaseProcess]) -> None:
    """End worker processes at once, even in the middle of an audit."""
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join()
    if pool is not None:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _without_working_directory() -> Iterator[None]:
    """Keep workers from importing modules from the working directory, which may be the audited project.

    A worker that is a new Python process (spawn, forkserver) imports modules of the standard library before
    it gets the import path of this process. Python 3.10, which has had its last release, ignores the
    variable.
    """
    name = "PYTHONSAFEPATH"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _result(path: str, future: Future[Audit]) -> Audit:
    try:
        return future.result()
    except BrokenProcessPool:
        message = "a worker process died while auditing; try --jobs 1"
    except Exception as error:  # from pickle or a dying worker; the other audits continue
        message = f"the worker process did not return the audit ({type(error).__name__}); try --jobs 1"
    return Audit(path, failures=[Failure(message, path)])


_work: tuple[Plan, Config, Known]


def _start(config: Config, registry: Registry | None = None) -> None:
    """Prepare a process. Each loads the rules itself, because functions of plug-ins may not be picklable."""
    global _work
    _work = (Plan.make(registry or load_registry(), config), config, Known())


class _Harmless(logging.Formatter):
    """Formats a record as one line without control characters or CI commands from archives or paths."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return inert(printable(super().format(record)))


def log_to_standard_error() -> None:
    """Make the modules of pkgaudit log to standard error, unless they do already, as in a forked process."""
    top = logging.getLogger("pkgaudit")
    top.setLevel(logging.DEBUG)
    if not top.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(_Harmless("%(name)s: %(message)s"))
        top.addHandler(handler)


def _start_worker(config: Config, is_logged: bool) -> None:
    if is_logged:
        log_to_standard_error()
    # Ctrl-C reaches every process of a terminal; the main process handles it and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A forked process inherits the signal handlers of the main process, which it must not use.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    with suppress(RuntimeError):  # no more threads: usually the parent still ends this process
        threading.Thread(target=_end_with_parent, daemon=True).start()
    _start(config)


def _end_with_parent() -> None:
    """End this process when its parent has ended, even if the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _audit(path: str, file: str) -> Audit:
    plan, config, known = _work
    return audit_distribution(path, plan, config, file, known)
