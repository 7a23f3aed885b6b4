"""Standard output: what it can show, and what to do when nobody reads it."""

from __future__ import annotations

from typing import TextIO


def wants_color(choice: str, stream: TextIO) -> bool:
    """Return whether to colour, by ``--color`` and, where that says auto, by the environment."""
    import os

    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Return how many characters a line has."""
    import shutil

    return min(shutil.get_terminal_size().columns, 120) if stream.isatty() else 80


def abandon(stream: TextIO) -> None:
    """Have what is left in a stream's buffer go nowhere when the interpreter flushes it."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
