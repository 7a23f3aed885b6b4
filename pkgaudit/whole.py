"""Files that are written completely or not at all: an interruption never leaves a partial file."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

_IN_PLACE = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM)
"""Errors when a file cannot be replaced: it is a mount point, or on Windows a program has it open."""


_STREAMS = ("/dev/", "/proc/")
"""Folders where systems show streams of a process as files, which must not be replaced."""

_IN_MEMORY = "/dev/shm/"
"""The folder below them that contains ordinary files: the file system in memory of Linux."""


class WholeFile:
    """A file that is written under a temporary name beside its path and renamed when it is complete.

    Write text to ``stream``, or bytes to its ``buffer``. A path that is not a regular file, such as a device
    or a pipe, is written directly. If no file can be made or replaced in the folder, such as in a container
    that mounts only this file, the complete content is copied into the existing file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file for writing.

        Raises:
            OSError: the file cannot be written.
        """
        self._path = Path(os.path.realpath(path))  # realpath ends even in a loop of links
        self._made: Path | None = None
        self._copied: TextIO | None = None
        place = os.path.abspath(path)
        is_stream = place.startswith(_STREAMS) and not place.startswith(_IN_MEMORY)
        if is_stream or (self._path.exists() and not self._path.is_file()):
            self.stream: TextIO = _open(Path(path), "w")
            return
        # Process ids repeat in containers, and a killed process may have left its file, so add random digits.
        made = self._path.with_name(f".{self._path.name[:40]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
        try:
            self.stream = _open(made, "x")
            self._made = made
        except OSError:
            if not self._path.exists():
                raise
            with self._path.open("r+b"):  # raises if the file cannot be written either
                pass
            self._copied = TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - it is closed later
            self.stream = self._copied

    def keep(self) -> None:
        """Replace the file at the path with the written text.

        Raises:
            OSError: the file cannot be written; its former contents are unchanged.
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
                _copy(self._copied.buffer.read(), self._path)
            self._made = None
        finally:
            self.discard()

    def discard(self) -> None:
        """Discard the text unless it was kept already; the file at the path does not change."""
        with suppress(OSError):  # close() flushes, and may fail like the write before
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
            _copy(made.read_bytes(), self._path)
            made.unlink()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file completely, or leave it unchanged.

    Raises:
        OSError: the file cannot be written.
    """
    file = WholeFile(path)
    try:
        if isinstance(content, bytes):
            file.stream.buffer.write(content)
        else:
            file.stream.write(content)
        file.keep()
    finally:  # also on Ctrl-C, remove the temporary file
        file.discard()


def _open(path: Path, mode: str) -> TextIO:
    return path.open(mode, encoding="utf-8", newline="\n")  # type: ignore[return-value]


def _copy(data: bytes, path: Path) -> None:
    """Replace the contents of a file; if the new ones do not fit on the disk, restore the former ones."""
    before = path.read_bytes()
    try:
        _overwrite(path, data)
    except OSError:
        with suppress(OSError):
            _overwrite(path, before)
        raise


def _overwrite(path: Path, data: bytes) -> None:
    with path.open("r+b") as stream:
        stream.write(data)
        stream.flush()
        stream.truncate()
