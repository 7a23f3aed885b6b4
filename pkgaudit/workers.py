"""Worker processes, and what each does next."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from pkgaudit.archive.walk import Part
from pkgaudit.config.config import Config
from pkgaudit.finding import Failure
from pkgaudit.inputs.paths import size_of
from pkgaudit.judged import Audit
from pkgaudit.known import project_of
from pkgaudit.plan import Mode
from pkgaudit.work import WORTH_PARTS, Task, Work, log_to_standard_error, plan_of

if TYPE_CHECKING:
    from pkgaudit.cache.cache import Place

logger = logging.getLogger(__name__)

_PARTS = 2
"""Parts of a large wheel for each process. Chosen: a process that begins later takes fewer of them."""


def _serve(
    connection: Connection,
    config: Config,
    cache: Place | None,
    mode: Mode,
    is_logged: bool,
) -> None:
    """Do the tasks that arrive, in a worker process, until None arrives."""
    _prepare(is_logged)
    try:
        work = Work(plan_of(config, mode), config, cache)
    except Exception:  # rules that this process cannot import; its end is reported with the file
        return
    while (task := connection.recv()) is not None:
        try:
            done = work.audit(task) if task.part is None else work.judge(task, task.part)
            message = pickle.dumps(done)
        except Exception as error:  # from pickle or a file that has vanished; the other tasks continue
            message = pickle.dumps(_Lost(type(error).__name__))
        connection.send_bytes(message)
    work.close()


@dataclass(frozen=True)
class _Lost:
    """The type of the exception because of which a worker did not return a result."""

    error: str


@dataclass
class _Worker:
    """A worker process, its task, and the files that it will audit next."""

    process: BaseProcess
    connection: Connection
    task: Task | None = None
    lot: deque[str] = field(default_factory=deque)


class Crew:
    """The audits of some files by worker processes; see `Audits`.

    The files of a project are a lot. A worker takes a lot, because it judges the common members of its files
    once. A worker without a lot takes the last large file of another lot. The members of a file that alone
    would take longer than its share of all files are judged in parts, before its audit.
    """

    def __init__(self, files: Mapping[str, str], workers: Sequence[_Worker]) -> None:
        self._files = files
        self._order = iter(files)
        self._workers = list(workers)
        self._lots = deque(_lots(files))
        self._done: dict[str, Audit] = {}
        self._parts = deque(
            Task(path, files[path], Part(number, count))
            for path, count in _split(files, len(workers)).items()
            for number in range(count)
        )
        self._missing = Counter(task.path for task in self._parts)
        """The number of parts of each file that are not judged yet."""
        self._known: defaultdict[str, list[bytes]] = defaultdict(list)
        for worker in self._workers:
            self._give(worker)

    def __iter__(self) -> Iterator[Audit]:
        return self

    def __next__(self) -> Audit:
        path = next(self._order, None)
        if path is None:
            self._dismiss()
            raise StopIteration
        while path not in self._done:
            self._receive(path)
        return self._done.pop(path)

    def _give(self, worker: _Worker) -> None:
        """Give a worker its next task, if there is one."""
        task = self._next(worker)
        if task is None:
            return
        worker.task = task
        with suppress(OSError):  # it died; that shows when its answer is awaited
            worker.connection.send(task)

    def _next(self, worker: _Worker) -> Task | None:
        if self._parts:
            return self._parts.popleft()
        while not worker.lot and self._lots:
            worker.lot = self._lots.popleft()
        # A file whose parts are still being judged has to wait.
        for lot in (worker.lot, *self._lots):
            ready = [path for path in lot if not self._missing[path]]
            if ready:
                return self._take(lot, ready[0])
        others = (each.lot for each in self._workers if each is not worker)
        for lot in sorted(others, key=len, reverse=True):
            ready = [path for path in lot if not self._missing[path] and self._is_large(path)]
            if ready:
                return self._take(lot, ready[-1])
        return None

    def _take(self, lot: deque[str], path: str) -> Task:
        lot.remove(path)
        return Task(path, self._files[path], known=tuple(self._known.pop(path, ())))

    def _is_large(self, path: str) -> bool:
        """Return whether a file has so much content that it pays to judge the common members again."""
        return size_of(self._files[path]) >= WORTH_PARTS

    def _receive(self, path: str) -> None:
        """Wait for answers and give new tasks; without any worker, give up the file at ``path``."""
        busy = [each for each in self._workers if each.task is not None]
        if not busy:
            message = "the worker processes died before auditing it; try --jobs 1"
            self._done[path] = Audit(path, failures=[Failure(message, path)])
            return
        ready = wait([each.connection for each in busy])
        for worker in busy:
            if worker.connection in ready and worker.task is not None:
                task, worker.task = worker.task, None
                self._note(task, self._answer(worker))
        for worker in self._workers:
            if worker.task is None:
                self._give(worker)

    def _answer(self, worker: _Worker) -> Any:
        """Return the answer of a worker, None if it died."""
        try:
            return pickle.loads(worker.connection.recv_bytes())  # from another process of this audit
        except (EOFError, OSError):
            self._workers.remove(worker)
            self._lots.append(worker.lot)
            worker.process.join()
            worker.connection.close()
            return None

    def _note(self, task: Task, answer: Any) -> None:
        if isinstance(answer, Audit):
            self._done[task.path] = answer
        elif answer is None:
            self._give_up(task, "a worker process died while auditing; try --jobs 1")
        elif task.part is None:
            self._give_up(task, f"the worker process did not return the audit ({answer.error}); try --jobs 1")
        else:
            self._missing[task.path] -= 1
            if isinstance(answer, bytes):  # if a part is missing, the audit judges its members
                self._known[task.path].append(answer)

    def _give_up(self, task: Task, message: str) -> None:
        """Report a file, and do not let it end another worker."""
        self._done[task.path] = Audit(task.path, failures=[Failure(message, task.path)])
        self._parts = deque(each for each in self._parts if each.path != task.path)
        for lot in [*self._lots, *(each.lot for each in self._workers)]:
            with suppress(ValueError):  # it is in one of them at most
                lot.remove(task.path)

    def _dismiss(self) -> None:
        """Let the workers end, which have nothing left to do."""
        for worker in self._workers:
            with suppress(OSError):  # it has ended already
                worker.connection.send(None)
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()
        self._workers.clear()

    def close(self) -> None:
        """End the workers, if there are any, without waiting for their results."""
        _end(self._workers)
        self._workers.clear()


def _lots(files: Iterable[str]) -> Iterable[deque[str]]:
    """Return the files of each project."""
    lots: dict[str, deque[str]] = {}
    for path in files:
        lots.setdefault(project_of(path), deque()).append(path)
    return lots.values()


def _split(files: Mapping[str, str], jobs: int) -> dict[str, int]:
    """Return the files whose members are shared out, with the number of parts."""
    sizes = {path: size_of(file) for path, file in files.items()}
    share = max(sum(sizes.values()) / jobs, WORTH_PARTS)
    # The members of an sdist cannot be read separately.
    return {path: _PARTS * jobs for path, size in sizes.items() if size > share and path.endswith(".whl")}


def start(config: Config, jobs: int, cache: Place | None, mode: Mode) -> list[_Worker]:
    """Start worker processes; return none if one of these cannot be started."""
    workers: list[_Worker] = []
    try:
        with _without_working_directory():
            for _ in range(jobs):
                ours, theirs = multiprocessing.Pipe()
                process = multiprocessing.Process(
                    target=_serve,
                    args=(theirs, config, cache, mode, logger.isEnabledFor(logging.DEBUG)),
                    daemon=True,
                )
                process.start()
                workers.append(_Worker(process, ours))
                # The end of a worker shows only if no other process has its end of the pipe.
                theirs.close()
    # The system has no more processes, memory or pipes, or does not support them.
    except (OSError, RuntimeError, MemoryError, NotImplementedError, ImportError) as error:
        logger.debug(
            "worker processes cannot be started (%s); auditing in this process", type(error).__name__
        )
        _end(workers)
        return []
    except BaseException:  # Ctrl-C
        _end(workers)
        raise
    return workers


def _end(workers: Iterable[_Worker]) -> None:
    """End worker processes at once, even in the middle of an audit."""
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.join()
        worker.connection.close()


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


def _prepare(is_logged: bool) -> None:
    """Prepare a worker process."""
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


def _end_with_parent() -> None:
    """End this process when its parent has ended, even if the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
