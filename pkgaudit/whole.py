"""Files that are there as a whole, or as they were: nothing that is broken off leaves a part of one."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TextIO

_IN_PLACE = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM)
"""Errors of a file that cannot be exchanged: it is mounted, or on Windows somebody reads it."""


_STREAMS = ("/dev/", "/proc/")
"""Where systems have streams of the process as files: what one leads to is not to be exchanged."""


class WholeFile:
    """A text file that is written beside its place and put there when it is complete.

    ``stream`` takes the text. What is no regular file, as a device or a pipe, is written at once. Where no
    file can be made or exchanged in the folder, as in a container that has just this file mounted, the
    complete text is copied into the file that is there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Begin to write.

        Raises:
            OSError: the file cannot be written.
        """
        self._path = Path(os.path.realpath(path))  # which a loop of links does not stop
        self._made: Path | None = None
        self._copied: IO[str] | None = None
        is_stream = os.path.abspath(path).startswith(_STREAMS)
        if is_stream or (self._path.exists() and not self._path.is_file()):
            self.stream: TextIO = _open(Path(path), "w")
            return
        # Processes of a container have the same few numbers; what a killed one left must not be in the way.
        made = self._path.with_name(f".{self._path.name[:40]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
        try:
            self.stream = _open(made, "x")
            self._made = made
        except OSError:
            if not self._path.exists():
                raise
            with self._path.open("r+b"):  # if not even that can be done, nothing can
                pass
            self._copied = TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - it is closed later
            self.stream = self._copied

    def keep(self) -> None:
        """Put what was written in its place.

        Raises:
            OSError: it cannot be written; what was there before still is.
        """
        try:
            self.stream.flush()
            if self._made is not None:
                self.stream.close()
                with suppress(OSError):
                    self._made.chmod(self._path.stat().st_mode & 0o7777)
                self._exchange(self._made)
            elif self._copied is not None:
                self._copied.seek(0)
                _copy(self._copied.read(), self._path)
            self._made = None
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave all as it was, unless it was kept already."""
        with suppress(OSError):  # what could not be written before is tried once more
            self.stream.close()
        if self._made is not None:
            with suppress(OSError):
                self._made.unlink()
            self._made = None

    def _exchange(self, made: Path) -> None:
        try:
            made.replace(self._path)
        except OSError as error:
            if error.errno not in _IN_PLACE or not self._path.exists():
                raise
            _copy(made.read_text("utf-8"), self._path)
            made.unlink()


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it is there as a whole, or as it was.

    Raises:
        OSError: it cannot be written.
    """
    file = WholeFile(path)
    try:
        file.stream.write(text)
        file.keep()
    finally:  # Ctrl-C too must not leave the unfinished file behind
        file.discard()


def _open(path: Path, mode: str) -> TextIO:
    return path.open(mode, encoding="utf-8", newline="\n")  # type: ignore[return-value]


def _copy(text: str, path: Path) -> None:
    """Replace the contents of a file, which gets back what it had if they do not fit on the disk."""
    before = path.read_bytes()
    try:
        _overwrite(path, text.encode("utf-8"))
    except OSError:
        with suppress(OSError):
            _overwrite(path, before)
        raise


def _overwrite(path: Path, data: bytes) -> None:
    with path.open("r+b") as stream:
        stream.write(data)
        stream.flush()
        stream.truncate()
