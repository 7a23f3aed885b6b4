"""The files of a revision in the project's checkout, read by git without a checkout, filters or hooks."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pkgaudit.errors import PkgauditError
from pkgaudit.finding import Failure
from pkgaudit.formatting import counted, quoted
from pkgaudit.inputs.checkout import find_project, git_output, is_shallow, prefix_of, resolve, tags_of
from pkgaudit.inputs.paths import Skipped
from pkgaudit.model.distribution import Commit, Release, Sdist, Wheel
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.texts import digest_of

AUTO = "auto"
"""The revision that means the tag of the version."""

_MOST_FILES = 200_000
"""The most files of a revision; chosen: more than any project on PyPI has."""

_MOST_CONTENT = 500_000_000
"""The most bytes of files that are compared; chosen: ten times the Python of a large project."""

_LARGEST = 20_000_000
"""The largest file in bytes that is compared, and kept in memory for that; chosen."""

_MOST_READ = 50
"""The most files that are read for a rule; chosen, as for members of archives."""

_CHUNK = 1 << 16
"""The bytes of git's output that are read at once."""

_SUFFIXES = (".py", ".pyi", ".pyw", ".pth", ".start")
"""The files that are compared, beside scripts."""

_POINTER = b"version https://git-lfs.github.com/spec/"
"""The beginning of a file that git-lfs replaces by another one."""

_ROOT = "tree/"
"""The root folder of the tree, as that of an sdist."""

_LINK, _PROGRAM, _MODULE = b"120000", b"100755", b"160000"
"""Modes of links, of executable files and of submodules in git's trees."""

_BEFORE_VERSION = r"(?:(?:release|rel|version|{})[-_/@.]{{1,2}})?v?"
"""The words that a tag may have before the version."""


class CommitError(PkgauditError):
    """A revision cannot be compared with."""


class _Blob(NamedTuple):
    """A file of a revision: its mode, and the hash of its content."""

    mode: bytes
    name: str


def add_commits(release: Release, projects: Iterable[str], rev: str) -> tuple[list[Failure], list[Skipped]]:
    """Add the revision, or the tags of the versions, to a release.

    Return the reasons if that is impossible, and what cannot be compared.
    """
    versions = [*dict.fromkeys(each.version for each in release.distributions if each.version)]
    skipped: list[Skipped] = []
    try:
        folder = _folder(release, projects)
        revs = {
            version: _tag(folder, release.project, version) if rev == AUTO else rev for version in versions
        }
        different = [each for each in dict.fromkeys(revs.values()) if each is not None]
        read = {each: _commit(folder, release, each, skipped) for each in different}
    except CommitError as error:
        return [Failure(str(error))], skipped
    release.commits = {version: read[each] for version, each in revs.items() if each is not None}
    release.untagged = tuple(version for version, each in revs.items() if each is None)
    return [], skipped


def _folder(release: Release, projects: Iterable[str]) -> Path:
    folder = find_project(release, projects)
    if folder is None:
        raise CommitError(
            f"no checkout of the project {quoted(release.project)} was found for --git; "
            "run pkgaudit in the folder of the project"
        )
    return folder


def _tag(folder: Path, project: str, version: str) -> str | None:
    """Return the tag of a version, None without one."""
    from packaging.version import InvalidVersion, Version

    tags = tags_of(folder)
    if tags is None:
        raise _git_failed(folder)
    name = "[-_.]".join(map(re.escape, project.split("-")))
    pattern = re.compile(rf"refs/tags/{_BEFORE_VERSION.format(name)}([0-9][\w.!+-]{{0,99}})", re.IGNORECASE)
    found = []
    with suppress(InvalidVersion, ValueError):  # a version that Python cannot read
        wanted = Version(version)
        for tag in tags:
            match = pattern.fullmatch(tag)
            with suppress(InvalidVersion, ValueError):
                if match and Version(match[1]) == wanted:
                    found.append(tag.removeprefix("refs/tags/"))
    # The usual forms come first: without a word before the version.
    return min(found, key=lambda tag: (len(tag), tag), default=None)


def _git_failed(folder: Path) -> CommitError:
    return CommitError(
        f"{quoted(str(folder))} cannot be read with git for --git: it is not in a checkout, git is missing, "
        "or git does not trust the owner of the folder (safe.directory)"
    )


def _commit(folder: Path, release: Release, rev: str, skipped: list[Skipped]) -> Commit:
    prefix = prefix_of(folder)
    if prefix is None:
        raise _git_failed(folder)
    name = resolve(folder, rev)
    if name is None:
        reason = "it is a shallow clone, so fetch" if is_shallow(folder) else "correct the name, or fetch"
        raise CommitError(
            f"{quoted(rev)} of --git is not a revision in {quoted(str(folder))}; {reason} the revision first"
        )
    return _Reading(folder, prefix, rev, release, skipped).commit(name)


class _Reading:
    """Reads one revision."""

    def __init__(self, folder: Path, prefix: str, rev: str, release: Release, skipped: list[Skipped]) -> None:
        self.folder = folder
        self.prefix = prefix
        self.rev = rev
        self.release = release
        self.skipped = skipped
        self.blobs: dict[str, _Blob] = {}
        """The files by their paths in the repository."""
        self.opaque: set[str] = set()

    def commit(self, name: str) -> Commit:
        """Return the commit with a hash."""
        submodules = self._list(name)
        self._note(submodules, "a submodule")
        scripts = {*_names_of_scripts(self.release)}
        chosen = [path for path, blob in self.blobs.items() if self._is_compared(path, blob, scripts)]
        digests: dict[str, str] = {}
        sizes: dict[str, int] = {}
        kept: dict[str, bytes] = {}
        links: dict[str, str] = {}
        pointers, large = [], []
        by_name: dict[str, list[str]] = {}
        for path in chosen:
            by_name.setdefault(self.blobs[path].name, []).append(path)
        for blob, size, data in self._contents(by_name):
            for path in by_name[blob]:
                if data is None:
                    large.append(path)
                elif self.blobs[path].mode == _LINK:
                    links[path] = posixpath.normpath(
                        posixpath.join(posixpath.dirname(path), os.fsdecode(data[:4096]))
                    )
                elif data.startswith(_POINTER):
                    pointers.append(path)
                else:
                    digests[path] = digest_of(data)
                    sizes[path] = size
                    if Sdist.keeps(self._place(path)):
                        kept[self._place(path)] = data
        for path, target in links.items():
            if target in digests:
                digests[path], sizes[path] = digests[target], sizes[target]
                self.blobs[path] = self.blobs[target]
            else:
                self.opaque.add(path)
        self._note(pointers, "a file of git-lfs")
        self._note(large, "a large file")
        entries = [Entry(self._place(path), EntryType.FILE, sizes.get(path, 0), "") for path in self.blobs]
        filename = f"{self.release.project}-0.tar.gz"
        return Commit(
            self.rev,
            Sdist(self.rev, filename, entries=entries, kept=kept),
            {self._place(path): digest for path, digest in digests.items()},
            frozenset(self._place(path).removeprefix(_ROOT) for path in self.opaque),
            partial(_read, self.folder, {self._place(path): self.blobs[path].name for path in digests}),
        )

    def _place(self, path: str) -> str:
        """Return the path in the tree of a path in the repository."""
        return _ROOT + (posixpath.relpath(path, self.prefix) if self.prefix else path)

    def _list(self, name: str) -> list[str]:
        """Read the list of files, and return the submodules."""
        submodules = []
        with _output(self.folder, "ls-tree", "-r", "-z", "--full-tree", name) as stream:
            for row in _rows(stream):
                head, _, path = row.partition(b"\t")
                mode, _, rest = head.partition(b" ")
                place = os.fsdecode(path)
                if mode == _MODULE:
                    submodules.append(place)
                else:
                    self.blobs[place] = _Blob(mode, rest.rpartition(b" ")[2].decode("ascii", "replace"))
                if len(self.blobs) > _MOST_FILES:
                    raise CommitError(
                        f"{quoted(self.rev)} has more than {_MOST_FILES:,} files, so --git cannot compare it"
                    )
        return submodules

    def _is_compared(self, path: str, blob: _Blob, scripts: Collection[str]) -> bool:
        name = path.rpartition("/")[2]
        return (
            name.endswith(_SUFFIXES)
            or blob.mode == _PROGRAM
            or name in scripts
            or Sdist.keeps(self._place(path))
        )

    def _contents(self, blobs: Collection[str]) -> Iterator[tuple[str, int, bytes | None]]:
        """Yield the hash, the size and the content of blobs, None for the content of a large one."""
        total = 0
        for blob, size, data in _batch(self.folder, blobs):
            if size < 0:
                raise CommitError(
                    f"the checkout lacks files of {quoted(self.rev)}, as partial clones do; fetch them first"
                )
            total += size
            if total > _MOST_CONTENT:
                raise CommitError(
                    f"the Python files of {quoted(self.rev)} have more than {_MOST_CONTENT:,} bytes, "
                    "so --git cannot compare it"
                )
            yield blob, size, data

    def _note(self, paths: list[str], what: str) -> None:
        """Note files that cannot be compared."""
        if paths:
            self.opaque.update(paths)
            first = f"{quoted(paths[0])} is {what}"
            rest = f", and {counted(len(paths) - 1, 'more file')} like it" if len(paths) > 1 else ""
            self.skipped.append(Skipped(f"--git {self.rev}", f"{first}{rest}; the content is not compared"))


def _read(folder: Path, names: Mapping[str, str], paths: Collection[str]) -> dict[str, bytes]:
    """Return the contents of a few files of a revision, given the hashes of all files by path."""
    wanted: dict[str, list[str]] = {}
    for path in [each for each in paths if each in names][:_MOST_READ]:
        wanted.setdefault(names[path], []).append(path)
    found: dict[str, bytes] = {}
    with suppress(CommitError):  # the repository has changed since it was read
        for blob, _, data in _batch(folder, wanted):
            if data is not None:
                found.update(dict.fromkeys(wanted[blob], data))
    return found


def _names_of_scripts(release: Release) -> Iterator[str]:
    """Yield the names that the scripts of a release have, or may have in its sdist."""
    for each in release.distributions:
        scripts = f"{each.data_directory}/scripts/" if isinstance(each, Wheel) else ""
        for path in each.files:
            name = path.rpartition("/")[2]
            if path.startswith(scripts) and (scripts or "." not in name):
                yield name


@contextmanager
def _output(folder: Path, *arguments: str, given: bytes = b"") -> Iterator[BinaryIO]:
    """Provide the output of git.

    Raises:
        CommitError: git fails.
    """
    try:
        with git_output(folder, *arguments, given=given) as stream:
            yield stream
    except OSError as error:
        raise CommitError(f"{quoted(str(folder))} cannot be read for --git: {error}") from None


def _rows(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the parts of an output that null characters end."""
    rest = b""
    for chunk in iter(lambda: stream.read(_CHUNK), b""):
        *rows, rest = (rest + chunk).split(b"\0")
        yield from rows


def _batch(folder: Path, blobs: Collection[str]) -> Iterator[tuple[str, int, bytes | None]]:
    """Yield the hash, the size and the content of blobs.

    The size is -1 for a blob that the repository lacks, and the content None then and for a large one.
    """
    given = "".join(f"{each}\n" for each in blobs).encode()
    with _output(folder, "cat-file", "--batch", given=given) as stream:
        for blob in blobs:
            head = stream.readline(_CHUNK).split()
            if len(head) < 2:
                raise OSError("git has ended early")
            if len(head) < 3:
                yield blob, -1, None
                continue
            size = int(head[2])
            if size <= _LARGEST:
                yield blob, size, stream.read(size)
            else:
                _skip(stream, size)
                yield blob, size, None
            stream.read(1)  # the line feed after the content
        stream.read()


def _skip(stream: BinaryIO, size: int) -> None:
    while size and (chunk := stream.read(min(size, _CHUNK))):
        size -= len(chunk)
