"""Runs the command that uploads, as if the caller had started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

_OF_TERMINAL = ("SIGINT", "SIGQUIT")
"""Signals that a terminal sends to all processes in the foreground, so the command gets them too."""

_OTHER = ("SIGTERM", "SIGHUP")


@dataclass(frozen=True)
class Ended:
    """The end of a command: its exit status, or the number of the signal that ended it."""

    status: int
    signal: int | None = None

    @property
    def words(self) -> str:
        """How it ended."""
        if self.signal is None:
            return f"exited with status {self.status}"
        with suppress(ValueError):
            return f"was ended by {signal.Signals(self.signal).name}"
        return f"was ended by signal {self.signal}"


def start(words: Sequence[str]) -> Ended:
    """Run a command in this working directory, environment, terminal and process group, and wait for its end.

    Raises:
        OSError: the command cannot be started.
    """
    child: list[subprocess.Popen[bytes]] = []
    with _forwarded(child) as early:
        child.append(subprocess.Popen(list(words)))
        for number in early:
            child[0].send_signal(number)
        status = child[0].wait()
    return Ended(status) if status >= 0 else Ended(128 - status, -status)


def end_like(ended: Ended) -> int:
    """End this process by the signal that ended the command; return the status if none did."""
    if ended.signal is not None and os.name == "posix":
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, full, or None
                stream.flush()
        with suppress(OSError, ValueError):  # SIGKILL and SIGSTOP have no handler
            signal.signal(ended.signal, signal.SIG_DFL)
        if ended.signal not in (signal.SIGSTOP, signal.SIGTSTP):
            os.kill(os.getpid(), ended.signal)
    return ended.status


@contextmanager
def _forwarded(child: list[subprocess.Popen[bytes]]) -> Iterator[list[int]]:
    """Pass signals on to the command, and end only after it; yield those that came before it was started."""
    former = {}
    early: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        if not child:
            early.append(number)
        elif not (number in from_terminal and _is_in_foreground()):
            with suppress(OSError):
                child[0].send_signal(number)

    from_terminal = {getattr(signal, name) for name in _OF_TERMINAL if hasattr(signal, name)}
    if threading.current_thread() is threading.main_thread():  # only there may handlers be set
        for name in (*_OF_TERMINAL, *_OTHER):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                former[number] = signal.signal(number, forward)
    try:
        yield early
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _is_in_foreground() -> bool:
    """Return whether a terminal sends its signals to this process group."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return os.name != "posix"  # without a terminal; a console of Windows sends them to all processes
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)
