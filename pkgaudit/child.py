"""A process that does one thing after another, and can be ended in the middle of one.

Executors have threads, and a thread cannot be ended: an audit that hangs, or needs more memory than there is,
must cost one file its verdict and nothing else. Workers of Dask may not start processes by `multiprocessing`,
because they are daemons, so this is a program of its own, which gets orders on its standard input and writes
the results to its standard output, each after its length.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import IO, Any

from pkgaudit.errors import PkgauditError

_HEAD = struct.Struct(">BQ")
"""The kind of a message, and the number of bytes that follow."""

_RESULT, _STEP, _REASON = range(3)
"""The kinds of messages from the child: the result, the number of steps that are done, or why there is no
result."""

_LONGEST = 1 << 30
"""The most bytes of a message: far more than the audits of any release; bounds the memory."""

_GRACE = 5.0
"""Seconds in which a process that closed its output must end."""

_WATCHED = 1.0
"""Seconds between two looks at whether the parent still runs."""

_IDLE = 600.0
"""Seconds without an order after which a process ends: its memory may be needed by others. Chosen."""

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from pkgaudit.child import main; main()"
"""The program of a child: it imports from the same folders as this process, and not from the working
directory, which may contain anything."""

Step = Callable[[int], None]
"""Tells how many steps of an order are done; the time limit is for each step."""


class RefusedError(PkgauditError):
    """An order cannot be done in this process. The message is the reason."""


class ChildError(Exception):
    """The process did not give a result. The message is the reason; ``steps`` is how many steps were done."""

    def __init__(self, reason: str, steps: int = 0) -> None:
        super().__init__(reason)
        self.steps = steps


class Child:
    """A child process; it starts with the first order, and again after it was ended.

    ``make`` is a function of a module and ``given`` its arguments; the child calls it once, and its result
    with each order and a `Step`.
    """

    def __init__(
        self,
        make: Callable[..., Callable[[Any, Step], bytes]],
        given: tuple[Any, ...] = (),
        memory: int | None = None,
    ) -> None:
        """``memory`` is the most bytes that the process may allocate, where the system can limit it."""
        self._settings = pickle.dumps((make, given, memory))
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_late = False
        self._is_closed = False

    def do(self, order: Any, limit: float) -> bytes:
        """Return the result of an order; ``limit`` is the most seconds of each of its steps.

        Raises:
            ChildError: a step took too long, or the process ended. The next order starts a new one.
        """
        steps = 0
        self._is_late = False
        try:
            process = self._started()
            timer = self._timer(limit)
            try:
                _write(process.stdin, _RESULT, pickle.dumps(order))
                while True:
                    kind, data = _read(process.stdout)
                    if kind != _STEP:
                        break
                    timer.cancel()
                    steps = int(data)
                    timer = self._timer(limit)
            finally:
                timer.cancel()
        except (OSError, EOFError):
            raise ChildError(self._reason(limit), steps) from None
        if kind == _REASON:
            # Its memory may be full of what it could not finish.
            self.end()
            raise ChildError(data.decode("utf-8", "replace"), steps)
        return data

    def close(self) -> None:
        """End the process, at once and for good."""
        self._is_closed = True
        self.end()

    def end(self) -> None:
        """End the process; the next order starts a new one."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):  # it waits for a disk; it ends later
                    self._process.wait(_GRACE)

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_closed:
                raise ChildError("the run was interrupted")
            if self._process is None or self._process.poll() is not None:
                self._discard()
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM, *sys.path],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    # Signals of the terminal are for the command, which ends its children.
                    start_new_session=True,
                )
                _write(self._process.stdin, _RESULT, self._settings)
            return self._process

    def _discard(self) -> None:
        """Close the pipes of a process that has ended."""
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # the rest of an order cannot be written any more
                if stream is not None:
                    stream.close()

    def _timer(self, limit: float) -> threading.Timer:
        timer = threading.Timer(limit, self._end_late)
        timer.daemon = True
        timer.start()
        return timer

    def _end_late(self) -> None:
        self._is_late = True
        self.end()

    def _reason(self, limit: float) -> str:
        if self._process is None:
            return "no process could be started for it"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        status = self._process.poll()
        self.end()
        if self._is_closed:
            return "the run was interrupted"
        if self._is_late:
            return f"it took longer than {limit:g} seconds"
        if status is not None and status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            more = ", perhaps because the memory was exhausted" if name == "SIGKILL" else ""
            return f"the process that audited it was ended by {name}{more}"
        return f"the process that audited it ended with status {status}"


class Crew:
    """The children of this process, one for each run and each thread that asks for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[tuple[str, int, Any], Child] = {}
        self._ended: set[str] = set()

    def child(
        self,
        run: str,
        make: Callable[..., Callable[[Any, Step], bytes]],
        given: tuple[Any, ...],
        memory: int | None = None,
    ) -> Child:
        """Return the child of the current thread for a run; see `Child`.

        Raises:
            ChildError: the run has ended.
        """
        key = run, threading.get_ident(), pickle.dumps(given)
        with self._lock:
            if run in self._ended:
                raise ChildError("the run was interrupted")
            if key not in self._children:
                self._children[key] = Child(make, given, memory)
            return self._children[key]

    def has_ended(self, run: str) -> bool:
        """Return whether the children of a run were ended."""
        return run in self._ended

    def end(self, run: str) -> None:
        """End the children of a run, at once and for good."""
        with self._lock:
            self._ended.add(run)
            found = [self._children.pop(key) for key in list(self._children) if key[0] == run]
        for each in found:
            each.close()


CREW = Crew()
"""The children of this process: it audits, or is a worker of Dask."""


def _write(stream: IO[bytes] | None, kind: int, data: bytes) -> None:
    assert stream is not None
    stream.write(_HEAD.pack(kind, len(data)) + data)
    stream.flush()


def _read(stream: IO[bytes] | None) -> tuple[int, bytes]:
    """Return the next message.

    Raises:
        EOFError: there is none, or it is too long.
    """
    assert stream is not None
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    kind, length = _HEAD.unpack(head)
    data = stream.read(length) if length <= _LONGEST else b""
    if len(data) < length:
        raise EOFError
    return kind, data


def main() -> None:
    """Do what arrives on standard input, until it ends."""
    orders, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Nothing else may read the orders, or write among the results.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    watch = _Watch()
    try:
        make, given, memory = pickle.loads(_read(orders)[1])
        _limit(memory)
        doer = cache(lambda: make(*given))
        while True:
            order = pickle.loads(_read(orders)[1])
            with watch:
                kind, data = _result(doer, order, lambda done: _write(results, _STEP, b"%d" % done))
                _write(results, kind, data)
    except EOFError:
        return


def _result(doer: Callable[[], Callable[[Any, Step], bytes]], order: Any, step: Step) -> tuple[int, bytes]:
    try:
        return _RESULT, doer()(order, step)
    except PkgauditError as error:
        return _REASON, str(error).encode("utf-8", "backslashreplace")
    except MemoryError:
        return _REASON, b"it needs more memory than the limit"
    except Exception as error:  # a bug in pkgaudit: it costs this order its result, and nothing else
        return _REASON, f"the audit raised {type(error).__name__}".encode()


class _Watch:
    """Ends this process soon after its parent, even in the middle of an order, and when it is idle."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._since: float | None = time.monotonic()
        threading.Thread(target=self._run, daemon=True).start()

    def __enter__(self) -> None:
        self._since = None

    def __exit__(self, *_: object) -> None:
        self._since = time.monotonic()

    def _run(self) -> None:
        while os.getppid() == self._parent:
            since = self._since
            if since is not None and time.monotonic() - since > _IDLE:
                break
            time.sleep(_WATCHED)
        os._exit(1)


def _limit(memory: int | None) -> None:
    """Limit the memory, and have the system end this process rather than its parent if it is exhausted."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as stream:  # Linux only
        stream.write("1000")
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows, or a lower limit in force
        import resource

        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
