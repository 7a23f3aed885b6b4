"""Ending the command by Ctrl-C or a signal, without leaving processes or files behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

_SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that CI systems, ``timeout``, a closed terminal and Ctrl-Break send to end a program."""

_OF_SHELLS = 128
"""The number that shells add to a signal's number to make the exit status of the program it ended."""


class Terminated(KeyboardInterrupt):
    """A signal ended the command. It is raised where the command runs, so cleanup works as for Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def status_of(error: KeyboardInterrupt) -> int:
    """Return the exit status that shells give a program that a signal ended."""
    return _OF_SHELLS + (error.number if isinstance(error, Terminated) else signal.SIGINT)


def leave(error: KeyboardInterrupt) -> int:
    """Return the exit status of an interrupted command, or end the process if a signal ended it.

    The interpreter waits for threads when it exits. One of them may wait for a lock that the interrupted code
    never releases, such as the lock on imports.
    """
    status = status_of(error)
    if isinstance(error, Terminated):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, full, or None
                stream.flush()
        os._exit(status)
    return status


def words_of(error: KeyboardInterrupt) -> str:
    """Return the last line of the command."""
    return "terminated" if isinstance(error, Terminated) else "interrupted"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have signals raise `Terminated` while the context lasts; ignored signals stay ignored.

    A second signal has no effect: the first one already ends workers and builds and removes folders.
    """
    former: dict[int, Any] = {}

    def end(number: int, _: FrameType | None) -> NoReturn:
        for each in former:
            signal.signal(each, signal.SIG_IGN)
        raise Terminated(number)

    if threading.current_thread() is threading.main_thread():  # only there may handlers be set
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                former[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
