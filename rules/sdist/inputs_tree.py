"""Find inputs that ``[project]`` and ``[build-system]`` name and the sdist lacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from functools import cached_property, lru_cache

from pkgaudit.api import EntryType, Location, Sdist, Severity, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules.sdist.pyproject_file import ALL, Pyproject, strings

FAILS = "so the build fails"

_MAY_FAIL = "so the build probably fails"


def effect_of(severity: Severity) -> str:
    """Return the end of a message on a missing input, as certain as the severity."""
    return FAILS if severity is Severity.ERROR else _MAY_FAIL


_MOST_MATCHES = 3_000_000
"""The most comparisons of a path with a pattern; beyond that, a file counts as existing.

A real sdist has some thousand files and a few patterns; it bounds the time on hostile input.
"""

_MOST_FOLDERS = 200_000
"""The most folders that are collected: more than in real sdists; long paths could create billions of them."""

_LONGEST_PATTERN = 500
"""The most characters of a pattern or path that is looked up: more than in real files; it bounds the time."""

_DEEPEST_PATTERN = 50
"""The most slashes of a pattern: more than in real ones; it bounds the time."""

_MOST_PATTERNS = 100
"""The most patterns and folders that are checked: more than in real projects; it bounds the time."""


@dataclass(frozen=True)
class Missing:
    """An input that the sdist lacks. ``path`` is relative to the root folder, or "".

    ``needs`` is the path or module as it is named, ``other`` a file whose path only differs in case, and
    ``field`` the configuration key that names the input; each may be "".
    """

    path: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    fix: str | None = None
    needs: str = ""
    other: str = ""
    field: str = ""

    @property
    def data(self) -> dict[str, str]:
        """The data of a problem with the input."""
        values = {"needs": self.needs, "path": self.other, "field": self.field}
        return {key: each for key, each in values.items() if each}


class Tree:
    """The files and folders of an sdist below its root folder, whether or not folders have entries."""

    def __init__(self, sdist: Sdist) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = {""}
        self.links: set[str] = set()
        self._budget = _MOST_MATCHES
        skip = len(sdist.root or "") + 1
        for entry in sdist.entries:
            path = entry.path[skip:]
            if not path:
                continue
            if entry.type is EntryType.DIRECTORY:
                self._add_folder(path)
                continue
            self.files.add(path)
            if entry.type is EntryType.SYMLINK:
                self.links.add(path)
            self._add_folder(posixpath.dirname(path))

    def _add_folder(self, path: str) -> None:
        while path not in self.folders and len(self.folders) < _MOST_FOLDERS:
            self.folders.add(path)
            path = posixpath.dirname(path)

    def local(self, path: str) -> str | None:
        """Return a normalized path below the root folder, None if the path is elsewhere."""
        plain = posixpath.normpath(path.replace("\\", "/").strip()) if path.strip() else "."
        if plain.startswith(("/", "../")) or plain == ".." or re.match(r"[A-Za-z]:|~", plain):
            return None
        return "" if plain == "." else plain

    def _is_behind_link(self, path: str) -> bool:
        """Return whether the path may be in the target of a symlink."""
        while path and self.links:
            if path in self.links:
                return True
            path = posixpath.dirname(path)
        return False

    def is_file(self, path: str) -> bool:
        """Return whether a file exists or may exist; nothing is known about paths outside the sdist."""
        plain = self.local(path)
        return plain is None or plain in self.files or self._is_behind_link(plain)

    def is_folder(self, path: str) -> bool:
        """Return whether a folder exists or may exist."""
        plain = self.local(path)
        return plain is None or plain in self.folders or self._is_behind_link(plain)

    def exists(self, path: str) -> bool:
        """Return whether a file or folder exists or may exist."""
        return self.is_file(path) or self.is_folder(path)

    def is_module(self, path: str) -> bool:
        """Return whether a module exists at a path without its suffix: a file of any kind, or a package."""
        plain = self.local(path)
        if plain is None or self.is_folder(plain):
            return True
        return self.is_file(f"{plain}.py") or plain in self._stems

    @cached_property
    def _stems(self) -> set[str]:
        """The paths without suffix of modules that are not ``.py``."""
        endings = (".pyx", ".so", ".pyd", ".pyi", ".c", ".cpp", ".pyc")
        return {self._stem(each) for each in self.files if each.endswith(endings)}

    @staticmethod
    def _stem(path: str) -> str:
        folder, slash, name = path.rpartition("/")
        return f"{folder}{slash}{name.split('.', 1)[0]}"

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self.files:
            found.setdefault(each.rpartition("/")[2], []).append(each)
        return found

    def ends_with(self, *tails: str) -> bool:
        """Return whether a file in any folder has one of these paths."""
        return any(
            f"/{each}".endswith(f"/{tail}")
            for tail in tails
            for each in self._by_name.get(tail.rpartition("/")[2], ())
        )

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {each.casefold(): each for each in sorted(self.files, reverse=True)}

    def other_case(self, path: str) -> str | None:
        """Return a file with this path, or with a path that only differs in case."""
        return path if path in self.files else self._folded.get(path.casefold())

    def matches(self, pattern: str) -> bool:
        """Return whether a file matches a glob pattern for license files."""
        if len(pattern) > _LONGEST_PATTERN or pattern.count("/") > _DEEPEST_PATTERN:
            return True
        plain = pattern.replace("\\", "/").removeprefix("./")
        if not re.search(r"[*?\[]", plain):
            return self.exists(plain)
        self._budget -= len(self.files)
        if self._budget < 0:
            return True
        parts = _glob(plain)
        return bool(self.links) or any(_matches(parts, each.split("/")) for each in self.files)

    def folders_like(self, pattern: str) -> list[str]:
        """Return the folders that match a glob pattern, sorted."""
        self._budget -= len(self.folders)
        if self._budget < 0 or len(pattern) > _LONGEST_PATTERN or pattern.count("/") > _DEEPEST_PATTERN:
            return []
        parts = _glob(pattern)
        return sorted(each for each in self.folders if each and _matches(parts, each.split("/")))


Component = Callable[[str], object]


@lru_cache(maxsize=256)
def _glob(pattern: str) -> tuple[Component | None, ...]:
    """Return a test for each component of a glob pattern, None for ``**``."""
    parts = [part for part in pattern.split("/") if part]
    return tuple(
        None if part == "**" else re.compile(translate(part.replace("**", "*"))).match for part in parts
    )


def _matches(parts: tuple[Component | None, ...], path: list[str]) -> bool:
    """Return whether the components of a path match; backtracking only returns to the latest ``**``."""
    at = place = 0
    star, resume = -1, 0
    while place < len(path):
        part = parts[at] if at < len(parts) else ""
        if part is None:
            star, resume = at, place
            at += 1
        elif not isinstance(part, str) and part(path[place]):
            at += 1
            place += 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return all(part is None for part in parts[at:])


def project_inputs(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    """Yield the inputs that ``[project]`` names and the sdist lacks.

    Setuptools continues without a readme or license, the other backends stop.
    """
    backend, project = pyproject.backend, pyproject.project
    for key in ("readme", "license"):
        value = project.get(key)
        path = value.get("file") if isinstance(value, dict) else value if key == "readme" else None
        if isinstance(path, str) and path and not tree.is_file(path) and key not in pyproject.dynamic:
            is_fatal = backend in ALL - {"setuptools"}
            effect = FAILS if is_fatal else "but setuptools builds without it"
            yield missing(
                tree,
                path,
                f"`project.{key}` names {quoted(path)}, which is not in the sdist, {effect}",
                pyproject.place("project", key, value=path),
                Severity.ERROR if is_fatal else Severity.WARNING,
                field=f"project.{key}",
            )
    patterns = project.get("license-files")
    for pattern in strings(patterns) if isinstance(patterns, list) and len(patterns) < _MOST_PATTERNS else ():
        if not tree.matches(pattern) and ".." not in pattern:
            # Tried with each of them; setuptools, hatchling, maturin and scikit-build-core continue.
            is_fatal = backend in {"flit", "poetry", "pdm", "uv", "meson-python"}
            effect = f", {FAILS}" if is_fatal else "; the specification requires that the build fails"
            yield missing(
                tree,
                "" if re.search(r"[*?\[]", pattern) else pattern,
                f"{quoted(pattern)} in `project.license-files` matches no file of the sdist{effect}",
                pyproject.place("project", "license-files", value=pattern),
                Severity.ERROR if is_fatal else Severity.WARNING,
                field="project.license-files",
                needs=pattern,
            )


def backend_inputs(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    """Yield the missing module of a build backend that is in the sdist itself."""
    paths = pyproject.value("build-system", "backend-path")
    backend = pyproject.value("build-system", "build-backend")
    if not isinstance(paths, list) or not isinstance(backend, str):
        return
    if not 0 < len(paths) <= _MOST_PATTERNS:
        return
    folders = strings(paths)
    if len(folders) != len(paths) or any(tree.local(each) is None for each in folders):
        return  # SD104 reports it
    module = backend.partition(":")[0].strip()
    relative = module.replace(".", "/")
    if not relative or len(relative) > _LONGEST_PATTERN:
        return
    if not any(tree.is_module(posixpath.join(folder, relative)) for folder in folders):
        wanted = posixpath.normpath(posixpath.join(folders[0], f"{relative}.py"))
        yield missing(
            tree,
            wanted,
            f"no folder of `backend-path` ({', '.join(map(quoted, folders[:3]))}) contains the build backend "
            f"{quoted(module)}, {FAILS}",
            pyproject.place("build-system", "build-backend"),
            field="build-system.build-backend",
            needs=module,
        )


def missing(
    tree: Tree,
    path: str,
    message: str,
    location: Location,
    severity: Severity = Severity.ERROR,
    *,
    field: str = "",
    needs: str = "",
) -> Missing:
    """Return a missing input, and mention a file whose name only differs in case.

    ``needs`` is the name in the configuration if it is not ``path``.
    """
    needs = needs or path
    plain = tree.local(path) if path else ""
    other = tree.other_case(plain) if plain else None
    if other is not None:
        fix = f"spell the name {other!r} like the file, because most systems are case-sensitive"
        message = f"{message} (the sdist has {quoted(other)})"
        return Missing("", message, location, severity, fix, needs, other, field)
    return Missing(plain or "", message, location, severity, needs=needs, field=field)
