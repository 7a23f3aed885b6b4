"""The repository file from which a member of a distribution was made.

A member is matched by its content: the file with the same content whose path has the longest common end with
the member's. If no file has the same content, the file at the same path is used without the line, which may
differ. A line of the description in the core metadata is a line of the readme with its text.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pkgaudit.archive.walk import NESTED_MARK
from pkgaudit.finding import Place
from pkgaudit.inputs.checkout import is_version, prefix_of, project_name, settings_file, tracked_files
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Distribution, Sdist, Wheel, normalize
from pkgaudit.model.member import authored_path

_ABOVE = 3
"""Number of folders above a distribution that are searched: it is in ``dist/`` of its project, or near it."""

_ROOTS = ("", "src/", "python/", "lib/")
"""Folders of projects that contain the top-level modules of a wheel."""

_LARGEST = 16 << 20
"""Largest size in bytes of a file that is compared; chosen: larger files are rarely sources."""

_TEXT = re.compile(r"\.(?:markdown|md|rst|txt)$|^readme$", re.IGNORECASE)
"""The names of files that may be a readme."""

_MOST = 200
"""Number of files with one name that are compared, and of projects searched in a repository; chosen."""


@dataclass(frozen=True)
class Source:
    """A file of the repository: ``path`` relative to its top, with forward slashes, and the line if known."""

    path: str
    line: int | None = None


class Sources:
    """The files of the repository of the working directory; none if it is not in a repository.

    The projects of the ``distributions`` are searched in ``folders``, then in the folders above each. Without
    ``folders``, only sources of distributions are searched. Git runs only when a report needs a source.
    """

    def __init__(self, distributions: Iterable[Distribution] = (), folders: Iterable[str] = ()) -> None:
        self._distributions = {each.path: each for each in distributions}
        self._folders = [Path(os.path.abspath(each)) for each in folders]
        self._homes: dict[str, _Folder | None] = {}
        self._known: dict[Path, _Folder | None] = {}
        self._found: dict[tuple[str, str], tuple[str, bool] | None] = {}
        self._readmes: dict[str, _Readme | None] = {}

    def of(self, place: Place) -> Source | None:
        """Return the file that a member was made from, None if it is not found.

        For core metadata it is the file with the project's settings, for the description the readme, and for
        a member of a nested archive it is that archive.
        """
        distribution, member = self._distributions.get(place.distribution), place.location.member
        if distribution is None:
            return self._file(place) if member is None and self._folders else None
        if member is None:
            return None
        if member == distribution.metadata_path and place.location.line is not None:
            readme = self._readme(distribution)
            if readme is not None and place.location.line > readme.before:
                return Source(readme.path, place.location.line - readme.before + readme.skipped)
        key = (distribution.path, member)
        if key not in self._found:
            home = self._home(distribution)
            self._found[key] = None if home is None else _origin(distribution, member, home)
        found = self._found[key]
        return None if found is None else Source(found[0], place.location.line if found[1] else None)

    def settings(self, path: str, file: str) -> tuple[str, str] | None:
        """Return the path and the text of a tracked settings file of a distribution's project, or None."""
        distribution = self._distributions.get(path)
        home = self._home(distribution) if distribution is not None else None
        data = home.read(file) if home is not None and file in home.tracked else None
        try:
            return None if home is None or data is None else (home.prefix + file, data.decode("utf-8"))
        except ValueError:
            return None  # no edit is possible in another encoding

    def _readme(self, distribution: Distribution) -> _Readme | None:
        if distribution.path not in self._readmes:
            home = self._home(distribution)
            self._readmes[distribution.path] = None if home is None else _readme_in(distribution, home)
        return self._readmes[distribution.path]

    def _file(self, place: Place) -> Source | None:
        """Return a file that a place names directly, such as the configuration."""
        path = Path(os.path.abspath(place.distribution))
        home = self._folder(path.parent)
        if home is None or path.name not in home.tracked:
            return None
        return Source(home.prefix + path.name, place.location.line)

    def _home(self, distribution: Distribution) -> _Folder | None:
        """Return the folder of a distribution's project."""
        if distribution.project not in self._homes:
            self._homes[distribution.project] = next(self._candidates(distribution), None)
        return self._homes[distribution.project]

    def _candidates(self, distribution: Distribution) -> Iterator[_Folder]:
        above = list(Path(os.path.abspath(distribution.path)).parents)[:_ABOVE]
        versions = [
            each.version for each in self._distributions.values() if each.project == distribution.project
        ]
        for folder in dict.fromkeys([*self._folders, *above]):
            for path in (folder, *self._projects_below(folder, distribution.project)):
                if project_name(path) == distribution.project and is_version(path, versions):
                    home = self._folder(path)
                    if home is not None:
                        yield home

    def _projects_below(self, folder: Path, project: str) -> Iterator[Path]:
        """Yield the folders of the projects in a repository, those with the name ``project`` first."""
        home = self._folder(folder) if folder in self._folders else None
        files = home.by_name.get("pyproject.toml", ()) if home else ()
        below = [path.rpartition("/")[0] for path in files if "/" in path]
        below.sort(key=lambda path: (normalize(path.rpartition("/")[2]) != project, path))
        yield from (folder / path for path in below[:_MOST])

    def _folder(self, path: Path) -> _Folder | None:
        if path not in self._known:
            prefix = prefix_of(path) if path.is_dir() else None
            is_ours = prefix is not None and self._top in (None, _top_of(path, prefix))
            tracked = tracked_files(path, submodules=False) if is_ours else None
            self._known[path] = None if tracked is None else _Folder(path, prefix or "", tracked)
        return self._known[path]

    @cached_property
    def _top(self) -> str | None:
        """The top of the repository of the working directory; files of other repositories are not sources."""
        for folder in self._folders:
            prefix = prefix_of(folder) if folder.is_dir() else None
            if prefix is not None:
                return _top_of(folder, prefix)
        return None


def _top_of(folder: Path, prefix: str) -> str:
    return os.path.realpath(os.path.join(folder, *[os.pardir] * prefix.count("/")))


class _Folder:
    """A folder under version control; ``prefix`` is its path relative to the top of the repository."""

    def __init__(self, path: Path, prefix: str, tracked: frozenset[str]) -> None:
        self.path = path
        self.prefix = prefix
        self.tracked = tracked
        self._digests: dict[str, frozenset[str]] = {}

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The tracked files by the last part of their paths."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.tracked):
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    def has(self, path: str, digest: str) -> bool:
        """Whether a file has that content, with Unix or Windows line ends."""
        if path not in self._digests:
            self._digests[path] = frozenset(self._digests_of(path))
        return digest in self._digests[path]

    def _digests_of(self, path: str) -> Iterator[str]:
        data = self.read(path)
        if data is not None:
            unix = data.replace(b"\r\n", b"\n")
            for text in dict.fromkeys((data, unix, unix.replace(b"\n", b"\r\n"))):
                yield sha256(text).hexdigest()

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, None if it is large, or cannot be read."""
        file, top = os.path.realpath(self.path / path), os.path.realpath(self.path)
        if not file.startswith(os.path.join(top, "")):  # a link leads elsewhere
            return None
        with suppress(OSError, ValueError):
            found = os.lstat(file)
            if stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST:
                return Path(file).read_bytes()
        return None


class _Readme(NamedTuple):
    """A readme in the repository: its path, the lines before the text there and in the core metadata."""

    path: str
    skipped: int
    before: int


def _readme_in(distribution: Distribution, home: _Folder) -> _Readme | None:
    """Return the only file in a project's folder with the text of the description, blank lines aside."""
    metadata = distribution.metadata
    body = b"" if metadata is None else metadata.body.replace(b"\r\n", b"\n")
    if metadata is None or not body.strip():
        return None
    found = []
    for path in [each for each in sorted(home.tracked) if "/" not in each and _TEXT.search(each)][:_MOST]:
        data = (home.read(path) or b"").replace(b"\r\n", b"\n")
        if data.strip() == body.strip():
            before = metadata.body_line - 1 + _blank_lines(body)
            found.append(_Readme(home.prefix + path, _blank_lines(data), before))
    return found[0] if len(found) == 1 else None


def _blank_lines(data: bytes) -> int:
    """Return the number of blank lines at the beginning of a text."""
    return data[: len(data) - len(data.lstrip())].count(b"\n")


def _origin(distribution: Distribution, member: str, home: _Folder) -> tuple[str, bool] | None:
    """Return the path of the file that a member was made from, and whether it has the same lines."""
    is_nested = member not in distribution.by_path and NESTED_MARK in member
    member = member.partition(NESTED_MARK)[0] if is_nested else member
    if member == distribution.metadata_path or (
        isinstance(distribution, Wheel) and member == distribution.wheel_path
    ):
        settings = settings_file(home.path)
        return (home.prefix + settings, False) if settings in home.tracked else None
    entry = distribution.by_path.get(member)
    if entry is None or not entry.is_file:
        return None
    roots: tuple[str, ...] = _ROOTS
    path = member
    if isinstance(distribution, Sdist):
        path, roots = member.partition("/")[2] if distribution.root else member, ("",)
        if member in distribution.copies.values():
            path = authored_path(path)
    there = [root + path for root in roots if root + path in home.tracked]
    # All empty files have the same content.
    same = _with_content(home, path, there, entry.sha256) if entry.size else None
    found = same or next(iter(there), None)
    return None if found is None else (home.prefix + found, same is not None and not is_nested)


def _with_content(home: _Folder, path: str, there: list[str], digest: str) -> str | None:
    """Return the file with that content whose path is most similar to a member's, None if several are."""
    if not digest:
        return None
    first = next((each for each in there if home.has(each, digest)), None)
    if first is not None:
        return first
    others = [
        each for each in home.by_name.get(path.rpartition("/")[2], [])[:_MOST] if home.has(each, digest)
    ]
    lengths = [_common_end(each, path) for each in others]
    best = max(lengths, default=0)
    return others[lengths.index(best)] if lengths.count(best) == 1 else None


def _common_end(one: str, other: str) -> int:
    """Return the number of common components at the ends of two paths."""
    pairs = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return next(
        (number for number, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")) + 1
    )
