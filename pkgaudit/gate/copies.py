"""Private copies of the files of a release, which are audited and then uploaded."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pkgaudit.errors import PkgauditError
from pkgaudit.formatting import sized

_PREFIX = "pkgaudit-gate-"
"""The beginning of the name of each private folder."""

_FOLDERS = ("dist", "attestations")
"""The names of the folders in a private folder."""

_OLD = 24 * 60 * 60
"""Seconds after which a private folder was left behind by a process that was killed. Chosen: an upload of a
day is not possible on any index."""

_CHUNK = 1 << 20
"""Bytes that are copied and hashed at once."""

_SPECIAL = re.compile(r"[*?\[\]{}]" if os.name == "nt" else r"[*?\[\]{}\s'\"`$&|;<>()\\]")
"""Characters in a path that uploaders treat as a pattern, or shells as the end of a word: scripts on the
command line contain the path, and uv has no way to quote a pattern. Windows has folders with spaces."""

_ATTESTATION = ".attestation"


class CopyError(PkgauditError):
    """A file cannot be copied. The message names it and the remedy."""


@dataclass(frozen=True)
class Copied:
    """A copy: the path that was given, the same path without links, that of the copy, its size and sha256."""

    given: str
    real: str
    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The name of the file, which the copy has too."""
        return os.path.basename(self.path)


class Copies:
    """A fresh folder of the user, with read-only copies of a release. As a context manager, it removes them.

    ``folder`` contains the distributions and their signatures, and nothing else, because pdm uploads all that
    it finds in a folder. ``files`` are the distributions in the order given, ``side`` their signatures and
    attestations; attestations are in a folder of their own.
    """

    def __init__(self) -> None:
        """Make the folder, and remove folders that killed processes of this user have left.

        Raises:
            CopyError: no folder can be made.
        """
        place = _place()
        _remove_old(place)
        try:
            self._root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        except OSError as error:
            raise CopyError(f"{place}: no folder can be made here: {error.strerror}; set TMPDIR") from None
        self.folder, self._attestations = (self._root / each for each in _FOLDERS)
        self.files: list[Copied] = []
        self.side: list[Copied] = []
        self._by_path: dict[str, Copied] = {}

    def __enter__(self) -> Copies:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            remove(self._root)
        except KeyboardInterrupt:  # many users press Ctrl-C twice
            remove(self._root)
            raise

    def add(self, files: Iterable[str], beside: Iterable[str] = ()) -> None:
        """Copy distributions with all that accompanies them, then make the folder read-only.

        ``beside`` are further signatures and attestations.

        Raises:
            CopyError: a file cannot be copied, or two files have the same name.
        """
        files = list(files)
        try:
            self._root.chmod(stat.S_IRWXU)  # whatever the umask is
            for folder in (self.folder, self._attestations):
                folder.mkdir()
                folder.chmod(stat.S_IRWXU)
            for path in files:
                self.files.append(self._copy(path, self.folder))
            for path in (*beside, *_side_files(files)):
                if self.at(path) is None:
                    self.side.append(
                        self._copy(path, self._attestations if is_attestation(path) else self.folder)
                    )
            for folder in (self.folder, self._attestations):
                folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        except OSError as error:
            raise CopyError(f"{self._root}: cannot be written: {error.strerror}; set TMPDIR") from None

    def _copy(self, path: str, folder: Path) -> Copied:
        real = _checked(path)
        copy = folder / os.path.basename(path)
        descriptor = _open(path, real)
        with os.fdopen(descriptor, "rb", buffering=0) as source:
            before = os.fstat(descriptor)
            try:
                target = copy.open("xb")
            except FileExistsError:
                raise CopyError(
                    f"{path}: another file with this name was given; rename or leave out one"
                ) from None
            digest, size = hashlib.sha256(), 0
            try:
                with target:
                    while chunk := _read(source, path):
                        digest.update(chunk)
                        size += len(chunk)
                        target.write(chunk)
            except OSError as error:
                raise CopyError(
                    f"{path}: its copy cannot be written to {folder}: {error.strerror}; "
                    f"free {sized(before.st_size)} there, or set TMPDIR"
                ) from None
            after = os.fstat(descriptor)
        unchanged = (size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        if not unchanged or before.st_size != size:
            raise CopyError(f"{path}: changed while it was copied; wait until it is complete")
        copy.chmod(stat.S_IRUSR)
        made = Copied(path, real, str(copy), size, digest.hexdigest())
        self._by_path.update(dict.fromkeys((made.path, os.path.abspath(path), real), made))
        return made

    def at(self, path: str) -> Copied | None:
        """Return the copy of the file at a path, or of which this is the copy; None if there is none."""
        return self._by_path.get(os.path.abspath(path)) or self._by_path.get(os.path.realpath(path))

    def changed(self) -> list[Copied]:
        """Return the copies that no longer have the bytes that were copied."""
        return [each for each in (*self.files, *self.side) if _sha256(each.path) != each.sha256]


def remove(folder: Path) -> None:
    """Remove a private folder, as far as possible."""
    with suppress(OSError):
        for each in (folder, *folder.iterdir()):
            if not each.is_symlink():
                each.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def _place() -> str:
    """Return the folder for private folders, whose path no uploader treats as a pattern.

    Raises:
        CopyError: there is none.
    """
    try:
        place = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise CopyError(f"no temporary folder can be written: {error}; set TMPDIR") from None
    if not _SPECIAL.search(place):
        return place
    from platformdirs import user_cache_path

    cache = user_cache_path("pkgaudit", appauthor=False)
    if _SPECIAL.search(str(cache)):
        raise CopyError(f"{place}: uploaders treat characters of this path as a pattern; set TMPDIR")
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CopyError(f"{cache}: cannot be made: {error.strerror}; set TMPDIR") from None
    return str(cache)


def _remove_old(place: str) -> None:
    """Remove private folders of this user that are a day old: their processes were killed."""
    try:
        entries = list(os.scandir(place))
    except OSError:  # the new folder cannot be made either, or the place is not listable
        return
    limit = time.time() - _OLD
    for entry in entries:
        with suppress(OSError):  # another run may have removed it
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                is_mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
                # A folder of the user may happen to have such a name.
                if is_mine and status.st_mtime < limit and set(os.listdir(entry)) <= {*_FOLDERS}:
                    remove(Path(entry.path))


def _side_files(files: list[str]) -> Iterator[str]:
    """Yield the signatures and attestations beside distributions."""
    found: dict[str, list[str]] = {}
    for path in files:
        folder, name = os.path.split(path)
        if folder not in found:
            found[folder] = []
            with suppress(OSError):
                found[folder] = sorted(filter(is_sent_along, os.listdir(folder or os.curdir)))
        for other in found[folder]:
            if other.startswith(f"{name}."):
                yield os.path.join(folder, other)


def is_attestation(path: str) -> bool:
    """Return whether uploaders take a file for an attestation."""
    return path.lower().endswith(_ATTESTATION)


def is_sent_along(path: str) -> bool:
    """Return whether uploaders send a file together with its distribution."""
    return path.lower().endswith(".asc") or is_attestation(path)


def _checked(path: str) -> str:
    """Return a path without links.

    Raises:
        CopyError: it is a link to a file outside its folder.
    """
    folder = os.path.realpath(os.path.dirname(path) or os.curdir)
    real = os.path.realpath(path)
    if os.path.islink(path) and not Path(real).is_relative_to(folder):
        raise CopyError(f"{path}: is a link to a file outside its folder; give the file itself")
    return real


def _open(path: str, real: str) -> int:
    """Open a regular file for reading and return its descriptor.

    Raises:
        CopyError: it cannot be opened, or is not a regular file.
    """
    # Without O_NONBLOCK, opening a named pipe waits for a writer.
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        descriptor = os.open(real, flags | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise CopyError(f"{path}: cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CopyError(f"{path}: is not a regular file; give the distributions themselves")
    return descriptor


def _read(source: object, path: str) -> bytes:
    try:
        return source.read(_CHUNK)  # type: ignore[attr-defined,no-any-return]
    except OSError as error:
        raise CopyError(f"{path}: cannot be read: {error.strerror}") from None


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
