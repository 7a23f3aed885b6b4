"""A process that audits one release after another, and can be ended in the middle of one.

The executors have threads, and a thread cannot be ended: an audit that hangs, or needs more memory than there
is, must cost one file its verdict and nothing else. Workers of Dask may not start processes by
`multiprocessing`, because they are daemons, so this is a program of its own, which gets tasks on its standard
input and writes the results to its standard output, each after its length.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from pkgaudit.config.config import Config
from pkgaudit.sweep.row import Row
from pkgaudit.sweep.wanted import Wanted

_LENGTH = struct.Struct(">Q")

_LONGEST = 256 << 20
"""The most bytes of a result: far more than the findings on any release; bounds the memory."""

_GRACE = 5.0
"""Seconds in which a process without work must end."""


_WATCHED = 1.0
"""Seconds between two looks at whether the parent still runs."""


class ChildError(Exception):
    """The process did not give a result. The message is the reason, for users."""


@dataclass(frozen=True)
class Order:
    """What a child is to audit: the wanted files with the paths of their contents.

    ``metadata`` are the files of which only the core metadata were fetched.
    """

    files: Mapping[str, str]
    wanted: tuple[Wanted, ...]
    rules: str
    metadata: bool = False


class Child:
    """A child process; it starts with the first order, and again after it was ended."""

    def __init__(self, config: Config, memory: int | None = None) -> None:
        """``memory`` is the most bytes that the process may allocate, where the system can limit it."""
        self._config = config
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_late = False
        self._is_closed = False

    def audit(self, order: Order, limit: float) -> list[Row]:
        """Audit files within a number of seconds.

        Raises:
            ChildError: the process took too long, or ended. The next order starts a new one.
        """
        process = self._started()
        self._is_late = False
        timer = threading.Timer(limit, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            _write(process.stdin, pickle.dumps(order))
            said = _read(process.stdout)
        except OSError:
            said = None
        finally:
            timer.cancel()
        if said is None:
            raise ChildError(self._reason(limit))
        values = json.loads(said)
        if isinstance(values, str):
            raise ChildError(values)
        return [Row.parse(each) for each in values]

    def close(self) -> None:
        """End the process, at once."""
        with self._lock:
            self._is_closed = True
            self._kill()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_closed:
                raise ChildError("the sweep was interrupted")
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", __name__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    # Signals of the terminal are for the sweep, which ends its children.
                    start_new_session=True,
                )
                with contextlib.suppress(OSError):  # it has ended already, which the caller notices
                    _write(self._process.stdin, pickle.dumps((self._config, self._memory)))
            return self._process

    def _end_late(self) -> None:
        with self._lock:
            self._is_late = True
            self._kill()

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _reason(self, limit: float) -> str:
        assert self._process is not None
        if self._is_late:
            self._process.wait(_GRACE)
            return f"it took longer than {limit:g} seconds"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        status = self._process.poll()
        self.end()
        if status is not None and status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            more = ", perhaps because the memory was exhausted" if -status == signal.SIGKILL else ""
            return f"the process that audited it was ended by {name}{more}"
        return f"the process that audited it ended with status {status}"

    def end(self) -> None:
        """End the process; the next order starts a new one."""
        with self._lock:
            self._kill()


def _write(stream: IO[bytes] | None, data: bytes) -> None:
    assert stream is not None
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _read(stream: IO[bytes] | None) -> bytes | None:
    """Return the next message, None at the end of the stream."""
    assert stream is not None
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        return None
    data = stream.read(length)
    return data if len(data) == length else None


def main() -> None:
    """Audit what arrives on standard input, until it ends."""
    orders, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Nothing else may write among the results.
    os.dup2(2, 1)
    settings = _read(orders)
    if settings is None:
        return
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    config, memory = pickle.loads(settings)
    if memory:
        _limit(memory)
    # The rules are loaded here, after the memory is limited.
    from pkgaudit.sweep.auditing import Auditor

    auditor = Auditor(config)
    while (data := _read(orders)) is not None:
        _write(results, json.dumps(_answer(auditor, pickle.loads(data))).encode("ascii"))


def _end_with(parent: int) -> None:
    """End the process soon after its parent, even in the middle of an audit."""
    while os.getppid() == parent:
        time.sleep(_WATCHED)
    os._exit(1)


def _answer(auditor: Any, order: Order) -> list[dict[str, Any]] | str:
    """Return the rows of an order in JSON, or the reason why there are none."""
    try:
        return [each.in_json() for each in auditor.audit(order)]
    except MemoryError:
        return "it needs more memory than the limit"
    except Exception as error:  # a bug in pkgaudit: it costs these files their verdict, and nothing else
        return f"the audit raised {type(error).__name__}"


def _limit(memory: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows, or a lower limit in force
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    main()
