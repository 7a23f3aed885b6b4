"""A command of the user that gets each new finding."""

from __future__ import annotations

import json
import shlex
import subprocess
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

from pkgaudit.errors import PkgauditError

_LIMIT = 30.0
"""Seconds that the command may take for one finding; chosen: it sends one request."""

_MOST = 1_000
"""Findings that wait for the command; then the sweep waits too."""


class CommandError(PkgauditError):
    """A command cannot be used. The message names the reason."""


class Hook:
    """Runs a command for each line, which it gets on standard input, one after the other."""

    def __init__(self, command: str, complain: Callable[[str], None], limit: float = _LIMIT) -> None:
        """``complain`` gets a sentence if the command fails.

        Raises:
            CommandError: the command line cannot be read.
        """
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise CommandError(f"--on-finding: {error}") from None
        if not self._words:
            raise CommandError("--on-finding: the command is empty")
        self._complain = complain
        self._limit = limit
        self._lines: Queue[str | None] = Queue(_MOST)
        # It does not keep the program alive longer than `close` waits.
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def tell(self, line: dict[str, Any]) -> None:
        """Run the command with a line, soon."""
        self._lines.put(json.dumps(line) + "\n")

    def close(self, seconds: float = 5.0) -> None:
        """Wait for the command to get all lines, for some seconds."""
        if self._lines.qsize() < _MOST:
            self._lines.put(None)
            self._thread.join(seconds)
        if left := self._lines.qsize():
            self._complain(f"the command of --on-finding was not run for {left:,} findings")

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                done = subprocess.run(
                    self._words,
                    input=line.encode("ascii"),
                    stdout=subprocess.DEVNULL,
                    timeout=self._limit,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                self._complain(f"the command of --on-finding took longer than {self._limit:g} seconds")
            except OSError as error:
                self._complain(f"the command of --on-finding cannot be run: {error.strerror or error}")
            else:
                if done.returncode:
                    self._complain(f"the command of --on-finding ended with status {done.returncode}")
