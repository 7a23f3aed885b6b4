"""The progress of an audit: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from pkgaudit.formatting import counted

PATIENCE = 1.0
"""Seconds after which the bar appears; chosen: shorter audits need none."""

LEAVE = 2.0
"""Seconds that the display may take to end after an interrupt; chosen: it checks ten times a second."""

INTERVAL = 5.0
"""Seconds between two lines if no bar can be shown; chosen: a log of an audit has few lines."""


class Progress:
    """Shows on ``stream``, from its own thread, which of ``files`` is being audited.

    ``files`` maps the name of each file in reports to the path from which it is read.
    """

    def __init__(self, files: Mapping[str, str], stream: TextIO) -> None:
        self._stream = stream
        self._pending = {path: _size(file) for path, file in files.items()}
        self._count = len(files)
        self._size = sum(self._pending.values())
        self._lock = threading.Lock()
        self._ended = threading.Event()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the progress while the context lasts."""
        show = self._bar if self._stream.isatty() else self._lines
        thread = threading.Thread(target=show, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads: the audit runs without a progress display
            yield
            return
        try:
            yield
        except BaseException:  # such as Ctrl-C, or a signal
            self._ended.set()
            thread.join(LEAVE)
            if thread.is_alive() and show == self._bar:
                self._restore()
            raise
        self._ended.set()
        thread.join()

    def _restore(self) -> None:
        """Erase the bar and show the cursor, if the thread of the bar cannot.

        A signal that interrupts an import may leave the lock on imports taken, for which that thread waits.
        """
        with suppress(OSError, ValueError):
            self._stream.write("\r\x1b[2K\x1b[?25h")
            self._stream.flush()

    def done(self, path: str) -> None:
        """Note that a file was audited."""
        with self._lock:
            self._pending.pop(path, None)

    def _state(self) -> tuple[int, int, str]:
        """Return how many files and bytes were audited, and which file is next."""
        from pkgaudit.formatting import printable

        with self._lock:
            current = next(iter(self._pending), "")
            left = sum(self._pending.values())
            return self._count - len(self._pending), self._size - left, printable(current)

    def _bar(self) -> None:
        if self._ended.wait(PATIENCE):
            return
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        from pkgaudit.report.escape import cut

        columns = (
            SpinnerColumn(),
            TextColumn("{task.fields[files]}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
        )
        console = Console(file=self._stream)
        # A longer path would push the numbers off the line.
        space = max(console.width - 56, 16)
        with Bar(*columns, console=console, transient=True) as bar:
            task: TaskID | None = None
            while task is None or not self._ended.wait(0.1):
                files, size, current = self._state()
                shown: dict[str, Any] = {
                    "completed": size,
                    "description": escape(cut(current, space)),
                    "files": f"{files}/{self._count}",
                }
                if task is None:
                    task = bar.add_task(total=max(self._size, 1), **shown)
                else:
                    bar.update(task, **shown)

    def _lines(self) -> None:
        begun = time.monotonic()
        while not self._ended.wait(INTERVAL):
            files, _, current = self._state()
            seconds = time.monotonic() - begun
            line = f"{files} of {counted(self._count, 'file')} audited after {seconds:.0f} s"
            try:
                self._stream.write(f"{line}, now {current}\n" if current else f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                return


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size
    except OSError:
        return 0


@contextmanager
def no_progress() -> Iterator[Callable[[str], None]]:
    """Show nothing."""
    yield lambda _: None


@contextmanager
def progress(files: Mapping[str, str], stream: TextIO) -> Iterator[Callable[[str], None]]:
    """Show the progress of an audit, and yield the function to call with the path of each finished file."""
    display = Progress(files, stream)
    with display.shown():
        yield display.done
