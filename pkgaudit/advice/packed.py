"""The file or folder that a remedy adds or removes, as the functions of the build backends read it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkgaudit.finding import Setting
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Distribution, Sdist, Wheel
from pkgaudit.model.entry import EntryType

Words = tuple[str, tuple[Setting, ...]]
"""A clause that completes "keep x out of the wheel: ", and the settings to paste."""

MOST_PATTERNS = 500
"""Patterns of a setting that are read; chosen: far more than real settings have. It bounds the time."""

LONGEST_PATTERN = 200
"""Characters of a pattern that is read; chosen: more than real ones have. It bounds the time."""

LEVELS = ("src", "lib", "python")
"""The folders of a project in which every folder is a package: the src layout and its variants."""

_PREFIXES = ("", "src/")
"""The folders of a project that may contain its packages."""


@dataclass(frozen=True)
class Packed:
    """A file or folder in a distribution, or one that the distribution lacks.

    ``path`` is as it is in the wheel, or below the root folder of the sdist. ``beside`` is the sdist of the
    same release, None if it is not known. ``tracked`` are the files that version control has.
    """

    path: str
    is_folder: bool
    distribution: Distribution
    beside: Sdist | None
    tracked: frozenset[str] = frozenset()

    @property
    def in_wheel(self) -> bool:
        """Whether the distribution is a wheel."""
        return isinstance(self.distribution, Wheel)

    @property
    def project(self) -> Sdist | None:
        """The sdist with the settings of the project, None if it is not known."""
        return self.distribution if isinstance(self.distribution, Sdist) else self.beside

    @property
    def glob(self) -> str:
        """The pattern for the path."""
        return glob_of(self.path)

    @property
    def sources(self) -> list[str]:
        """Return the paths that the file may have in the project's folder.

        A wheel does not show whether its modules come from ``src/``, but the sdist does.
        """
        if not self.in_wheel:
            return [self.path]
        prefixes = self._prefixes(self.beside) if self.beside is not None else []
        return [f"{each}{self.path}" for each in prefixes or _PREFIXES]

    def _prefixes(self, sdist: Sdist) -> list[str]:
        """Return the folders of the sdist from which the file may come, none if it has neither of them."""
        if found := [each for each in _PREFIXES if f"{sdist.root}/{each}{self.path}" in sdist.by_path]:
            return found
        # A folder may have no entry of its own, and the build may have made the file in its package.
        for folder in (self.path, self.path.partition("/")[0]):
            starts = {each: f"{sdist.root}/{each}{folder}/" for each in _PREFIXES}
            found = [each for each in starts if any(path.startswith(starts[each]) for path in sdist.by_path)]
            if found:
                return found
        return []

    @property
    def is_in_sdist(self) -> bool:
        """Whether the sdist of the same release has the file."""
        sdist = self.beside
        return sdist is not None and any(f"{sdist.root}/{each}" in sdist.by_path for each in self.sources)

    @property
    def is_in_project(self) -> bool:
        """Whether the sdist of the same release or version control has the file."""
        return self.is_in_sdist or not self.tracked.isdisjoint(self.sources)

    def patterns(self, slash: str = "") -> list[str]:
        """Return patterns for the path in the project's folder, of which a wheel shows only the end.

        A path in a package matches in any folder. A top-level path only matches the file itself, because a
        file with the same name in a package must stay.
        """
        if self.in_wheel and "/" in self.path:
            return [f"**/{self.glob}"]
        return [f"{slash}{glob_of(each)}" for each in self.sources]


def packed(
    path: str,
    distribution: Distribution,
    beside: Sdist | None,
    tracked: frozenset[str] = frozenset(),
) -> Packed:
    """Return the member, the folder or the missing file at a path of a distribution."""
    return Packed(relative(path, distribution), _is_folder(path, distribution), distribution, beside, tracked)


def relative(path: str, distribution: Distribution) -> str:
    """Return the path of a member as it is in the wheel, or below the root folder of the sdist."""
    root = distribution.root if isinstance(distribution, Sdist) else None
    path = path.replace("\\", "/").strip("/")
    return path.removeprefix(f"{root}/") if root else path


def _is_folder(path: str, distribution: Distribution) -> bool:
    entry = distribution.by_path.get(path)
    if entry is not None:
        return entry.type is EntryType.DIRECTORY
    return any(each.startswith((f"{path}/", f"{path}\\")) for each in distribution.by_path)


def shown(path: str) -> str:
    """Return a path as one line of limited length, because text after a line end would be pasted."""
    # Beginning and end identify the path; the numbers are chosen to fit on a line of most terminals.
    path = path if len(path) <= 100 else f"{path[:60]}…{path[-30:]}"
    return path if path.isprintable() else "".join(char if char.isprintable() else "?" for char in path)


def glob_of(path: str) -> str:
    """Return a pattern for a path; a character that may be syntax becomes ``?``, a wildcard."""
    return re.sub(r"[^\w./@+=,~-]", "?", path)


def patterns_in(value: object) -> list[str]:
    """Return the patterns of a list in pyproject.toml, an empty list if it is another value."""
    patterns = value[:MOST_PATTERNS] if isinstance(value, list) else []
    return [each for each in patterns if isinstance(each, str) and len(each) <= LONGEST_PATTERN]


def in_manifest(lines: Iterable[str], of: Packed, more: str = "") -> Words:
    """Return lines for the end of MANIFEST.in, where they win over earlier ones."""
    sdist = of.distribution if isinstance(of.distribution, Sdist) else of.beside
    is_there = sdist is not None and sdist.in_root("MANIFEST.in") is not None
    or_create = "" if is_there else ", creating it if needed"
    return f"add at the end of MANIFEST.in{or_create}{more}", (Setting("MANIFEST.in", tuple(lines)),)


def is_plain(path: str) -> bool:
    """Return whether a path is a meson string without escapes."""
    return re.fullmatch(r"[^\x00-\x1f\x7f-\x9f'\\\ud800-\udfff]{1,500}", path) is not None
