"""Match the paths of a distribution against gitignore-style patterns, fast enough for thousands of members.

A pathspec of fifty patterns takes fifty microseconds per path. So an `Inventory` splits the paths
once, for all rules, and finds folders and files by name. The last component of a pattern determines
which names it can match, and pathspec checks only the paths with such a name. This selection may
include too many paths, but never too few: if it cannot judge a pattern, pathspec checks every path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from pkgaudit.api import Distribution, Entry, EntryType, Sdist, normalize, user_patterns
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.cache import Latest

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NESTED = "!/"

_MOST_FOLDERS = 200_000
"""How many folders are created. No honest archive has as many; long paths could create billions of them."""


class Folder:
    """A folder of an archive, whether or not the archive has an entry for it.

    ``base`` is set only for the root: it is the path before the paths that patterns see, that is
    the root folder of an sdist or the nested archive. A folder has a higher ``number`` than the
    folders that contain it. ``is_own``: it is the import package with the name of the project.
    """

    __slots__ = (
        "_files_by_name",
        "base",
        "children",
        "files",
        "is_own",
        "name",
        "number",
        "outside",
        "parent",
    )

    def __init__(self, name: str, parent: Folder | None, base: str = "", number: int = 0) -> None:
        self.name = name
        self.number = number
        self.parent = parent
        self.base = base
        self.outside: Folder | None = None
        """For the root of a nested archive: the folder that contains the archive."""
        self.is_own = False
        self.files: list[File] = []
        self.children: dict[str, Folder] = {}
        self._files_by_name: dict[str, File] | None = None

    @property
    def relative(self) -> str:
        """The path as patterns see it: from the root of the sdist, wheel or nested archive."""
        names = []
        folder = self
        while folder.parent is not None:
            names.append(folder.name)
            folder = folder.parent
        return "/".join(reversed(names))

    @property
    def path(self) -> str:
        """The path in the archive, with forward slashes."""
        folder = self
        while folder.parent is not None:
            folder = folder.parent
        relative = self.relative
        return f"{folder.base}/{relative}" if folder.base and relative else folder.base or relative

    def above(self) -> Iterator[Folder]:
        """Yield the folders that contain it, the nearest first, beyond nested archives too."""
        folder = self.parent or self.outside
        while folder is not None:
            yield folder
            folder = folder.parent or folder.outside

    def all_files(self) -> Iterator[File]:
        """Yield the files in it, at any depth."""
        pending = [self]
        while pending:
            folder = pending.pop()
            yield from folder.files
            pending += folder.children.values()

    def child(self, name: str) -> Folder | None:
        """Return the direct subfolder of that name (any case)."""
        return next((each for each in self.children.values() if each.name.casefold() == name), None)

    def file(self, name: str) -> File | None:
        """Return the direct child file of that name (any case)."""
        if self._files_by_name is None:
            self._files_by_name = {each.name.casefold(): each for each in self.files}
        return self._files_by_name.get(name)


class File:
    """A member that is not a folder. ``number`` is its position in the archive."""

    __slots__ = ("entry", "folder", "name", "number")

    def __init__(self, entry: Entry, name: str, folder: Folder, number: int) -> None:
        self.entry = entry
        self.name = name
        self.folder = folder
        self.number = number

    @property
    def path(self) -> str:
        """The path in the archive."""
        return self.entry.path

    @property
    def relative(self) -> str:
        """The path as patterns see it."""
        above = self.folder.relative
        return f"{above}/{self.name}" if above else self.name


class Inventory:
    """The folders and files of a distribution and of its nested archives, by casefolded name."""

    def __init__(self, entries: Iterable[Entry], root: str = "") -> None:
        self._roots: dict[str, Folder] = {}
        self._count = 0
        self._skip = len(root) + 1 if root else 0
        self.files: dict[str, list[File]] = {}
        self.folders: dict[str, list[Folder]] = {}
        latest, folder = None, None
        for number, entry in enumerate(entries):
            path = entry.path.replace("\\", "/")
            if entry.type is EntryType.DIRECTORY:
                self._folder(path, entry.depth)
                continue
            above, slash, name = path.rpartition("/")
            if folder is None or above != latest:
                latest, folder = above, self._folder(above if slash else "", entry.depth)
            file = File(entry, name, folder, number)
            folder.files.append(file)
            self.files.setdefault(name.casefold(), []).append(file)

    def root(self, base: str) -> Folder | None:
        """Return the root folder with a base, None if there is none."""
        return self._roots.get(base)

    def _folder(self, path: str, depth: int) -> Folder:
        """Return the folder at a path; create it and the folders that contain it where they are missing."""
        if depth:
            base, _, relative = f"{path}/".rpartition(_NESTED)
            base = f"{base}!" if base else ""
        else:
            base, relative = path[: max(self._skip - 1, 0)], path[self._skip :]
        folder = self._roots.get(base)
        if folder is None:
            folder = self._roots[base] = Folder("", None, base)
            if depth and base:
                folder.outside = self._folder(base.rpartition("/")[0], depth - 1)
        for name in relative.rstrip("/").split("/") if relative else ():
            child = folder.children.get(name)
            if child is None:
                if self._count >= _MOST_FOLDERS:
                    break
                self._count += 1
                child = folder.children[name] = Folder(name, folder, number=self._count)
                self.folders.setdefault(name.casefold(), []).append(child)
            folder = child
        return folder


_latest = Latest[Distribution, Inventory]()


def inventory_of(distribution: Distribution) -> Inventory:
    """Return the inventory of a distribution, made once for consecutive rules."""
    return _latest.of(distribution, lambda: _make(distribution))


def _make(distribution: Distribution) -> Inventory:
    root = distribution.root if isinstance(distribution, Sdist) else None
    inventory = Inventory(chain(distribution.entries, distribution.nested), root or "")
    top = inventory.root(root or "")
    sources = [each for name in ("src", "lib") if (each := top.child(name)) is not None] if top else []
    for folder in (top, *sources) if top else ():
        for child in folder.children.values():
            child.is_own = normalize(child.name) == distribution.project
    return inventory


class Patterns:
    """Compiled gitignore-style patterns. With ``ignore_case`` they are compared casefolded."""

    def __init__(self, lines: tuple[str, ...], ignore_case: bool = True) -> None:
        self.lines = tuple(line.casefold() for line in lines) if ignore_case else lines
        self.ignore_case = ignore_case
        self.negates = any(line.startswith("!") for line in self.lines)
        self.exact: set[str] = set()
        self.everything = False
        prefixes: set[str] = set()
        suffixes: set[str] = set()
        inner: set[str] = set()
        for line in self.lines:
            kind, text = _key(line)
            if kind == "exact":
                self.exact.add(text)
            elif kind == "prefix":
                prefixes.add(text)
            elif kind == "suffix":
                suffixes.add(text)
            elif kind == "inner":
                inner.add(text)
            elif kind == "any":
                self.everything = True
        self.prefixes = tuple(prefixes)
        self.suffixes = tuple(suffixes)
        self.inner = tuple(inner)

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        """The patterns compiled by pathspec.

        Raises:
            ValueError: a line is not a valid pattern.
        """
        return user_patterns(self.lines)

    def match(self, path: str) -> bool:
        """Return whether a path with forward slashes matches; the path of a folder ends with a slash."""
        return self.spec.match_file(path.casefold() if self.ignore_case else path)

    def names(self, names: Iterable[str]) -> list[str]:
        """Return the casefolded names that the last component of a pattern may match."""
        if self.everything:
            return list(names)
        exact, prefixes, suffixes, inner = self.exact, self.prefixes, self.suffixes, self.inner
        if not prefixes and not suffixes and not inner:
            return [name for name in names if name in exact]
        return [
            name
            for name in names
            if name in exact
            or name.endswith(suffixes)
            or name.startswith(prefixes)
            or (inner and any(each in name for each in inner))
        ]


_META = frozenset("*?\\")
"""Special characters of a pattern, except for sets, which `_key` does not judge (https://git-scm.com/docs/gitignore)."""


def _key(line: str) -> tuple[str, str]:
    r"""Return which names the last component of a pattern may match, casefolded.

    The kind is ``exact``, ``prefix``, ``suffix`` or ``inner`` with the text, ``any`` if every name may match,
    and ``none`` if no name matches. A set (``[!a]``) is ``any``, because in pathspec it also matches
    a slash; so is ``foo/**``, because it matches files of any name. A digit (``[0-9]``) is a character.
    """
    line = line.rstrip().replace("[0-9]", "?")
    if not line or line[0] in "#!" or line == "/":
        return "none", ""
    last = line.removesuffix("/").rpartition("/")[2]
    if "[" in line or "//" in line or last.strip("*") == "":
        return "any", ""
    marks = [at for at, letter in enumerate(last) if letter in _META]
    if not marks:
        return "exact", last.casefold()
    head, tail = last[: marks[0]], last[marks[-1] + 1 :]
    if not head and not tail:
        text = max(re.split(r"[*?\\]+", last), key=len)
        return ("inner", text.casefold()) if text else ("any", "")
    return ("suffix", tail.casefold()) if len(tail) >= len(head) else ("prefix", head.casefold())


@lru_cache(maxsize=128)
def compile_patterns(lines: tuple[str, ...], ignore_case: bool = True) -> Patterns:
    """Return patterns, compiled once for all distributions."""
    return Patterns(lines, ignore_case)


@dataclass(frozen=True)
class Hit:
    """A matched file, or the outermost matched folder with the files in it."""

    folder: Folder | None
    files: tuple[File, ...]

    @property
    def path(self) -> str:
        """The path in the archive."""
        path = self.files[0].path
        return path if self.folder is None else path[: len(self.folder.path)]

    @property
    def relative(self) -> str:
        """The path as patterns see it."""
        return self.files[0].relative if self.folder is None else self.folder.relative

    @property
    def name(self) -> str:
        """The last component of the path."""
        return self.files[0].name if self.folder is None else self.folder.name

    @property
    def size(self) -> int:
        """The total size of the files, in bytes."""
        return sum(file.entry.size for file in self.files)

    @property
    def is_nested(self) -> bool:
        """Whether it is in a nested archive."""
        return self.files[0].entry.depth > 0


class Inside:
    """A set of folders that also contains every folder below them.

    Results are cached, because folders may be many and deep. A cached result stays true unless a
    folder is added after a query about a folder in it.
    """

    def __init__(self, folders: Iterable[Folder]) -> None:
        self.folders = dict.fromkeys(folders)
        self._known: dict[Folder, bool] = {}

    def add(self, folder: Folder) -> None:
        """Add a folder."""
        self.folders[folder] = None

    def __contains__(self, folder: Folder) -> bool:
        passed = []
        found = False
        for each in chain((folder,), folder.above()):
            known = True if each in self.folders else self._known.get(each)
            if known is not None:
                found = known
                break
            passed.append(each)
        self._known.update(dict.fromkeys(passed, found))
        return found

    def covers(self, folder: Folder) -> bool:
        """Return whether a folder is below another folder of the set."""
        outer = folder.parent or folder.outside
        return outer is not None and outer in self


def find(
    inventory: Inventory,
    patterns: Patterns,
    allow: Patterns | None = None,
    marked: Iterable[Folder] = (),
    also: Iterable[File] = (),
) -> list[Hit]:
    """Return the matches in archive order: files, and the outermost matched folders instead of their files.

    ``marked`` and ``also`` are folders and files that count as matched under any name; files that match
    ``allow`` are left out.
    """
    inside = Inside(marked)
    single = dict.fromkeys(also)
    candidates = [each for name in patterns.names(inventory.folders) for each in inventory.folders[name]]
    candidates.sort(key=lambda folder: folder.number)
    for folder in candidates:
        if folder not in inside and patterns.match(f"{folder.relative}/"):
            inside.add(folder)
    for name in patterns.names(inventory.files):
        for file in inventory.files[name]:
            if file.folder not in inside and patterns.match(file.relative):
                single[file] = None
    spared: set[File] = set()
    if patterns.negates:
        # Only negated patterns can treat a file differently from its folder.
        for folder in candidates:
            for file in folder.all_files():
                if file in single or file in spared:
                    continue
                if patterns.match(file.relative):
                    single[file] = None
                else:
                    spared.add(file)
    hits = [
        Hit(folder, tuple(each for each in folder.all_files() if each not in spared))
        for folder in inside.folders
        if not inside.covers(folder)
    ]
    hits += [Hit(None, (file,)) for file in single if file.folder not in inside]
    if allow is not None:
        hits = [
            Hit(hit.folder, tuple(each for each in hit.files if not _allowed(each, allow))) for hit in hits
        ]
    unique = {(hit.path, hit.folder is None): hit for hit in hits if hit.files}
    return sorted(unique.values(), key=lambda hit: min(file.number for file in hit.files))


def _allowed(file: File, allow: Patterns) -> bool:
    """Return whether a path is allowed, either as patterns see it or as the archive spells it."""
    return allow.match(file.relative) or allow.match(file.path.replace("\\", "/").replace(_NESTED, "/"))
