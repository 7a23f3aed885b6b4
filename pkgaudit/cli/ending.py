"""How the command ends when it is told to: by Ctrl-C or a signal, with nothing left behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

_SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals by which a CI system, ``timeout``, a closed terminal and Ctrl-Break end a program."""

_OF_SHELLS = 128
"""What shells add to the number of the signal that ended a program, for its exit status."""


class Terminated(KeyboardInterrupt):
    """A signal ended the command. Raised where the command is, it lets all clean up as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def status_of(error: KeyboardInterrupt) -> int:
    """Return the exit status that shells give a program which a signal ended."""
    return _OF_SHELLS + (error.number if isinstance(error, Terminated) else signal.SIGINT)


def words_of(error: KeyboardInterrupt) -> str:
    """Return what is said at the end."""
    return "terminated" if isinstance(error, Terminated) else "interrupted"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have signals raise `Terminated` while the context lasts; those that are ignored still are.

    The second one changes nothing: workers are ended, builds killed and folders removed at the first.
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
