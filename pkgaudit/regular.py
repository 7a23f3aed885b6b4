"""Opens regular files only."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO


def open_regular(path: str) -> BinaryIO:
    """Open a regular file for reading. A pipe or a device could block forever or be endless.

    Raises:
        OSError: the path is not a regular file, or cannot be opened.
        ValueError: the path contains a null character.
    """
    # Opening a device may already have an effect, so it is not even opened.
    _check(os.stat(path))
    # Since then, a pipe may have replaced the file, which would block.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    stream = open(os.open(path, flags), "rb")  # noqa: SIM115 - the caller closes it
    try:
        _check(os.fstat(stream.fileno()))
    except OSError:
        stream.close()
        raise
    return stream


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(None, "it is not a regular file")
