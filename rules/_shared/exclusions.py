"""The files that the settings of a project leave out of its distributions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pkgaudit.api import Sdist
from pkgaudit.rules._shared.gitignore import GitIgnore
from pkgaudit.rules._shared.settings import settings_of

_MOST_STRINGS = 2_000
"""The texts of the settings that are read: far more than real settings have; bounds the time."""

_DEEPEST = 12
"""The nested tables that are read. Those of real settings have four or five levels; bounds the time."""

_LONGEST_SETUP = 1 << 17
"""The bytes of setup.py, setup.cfg and MANIFEST.in that are read: far more than real ones have."""


class Exclusions:
    """The settings of an sdist that exclude files."""

    def __init__(self, sdist: Sdist) -> None:
        self.sdist = sdist

    @cached_property
    def setup(self) -> str:
        """The text of setup.py and setup.cfg."""
        return self._text("setup.py") + self._text("setup.cfg")

    @cached_property
    def settings(self) -> str:
        """The text of setup.py, setup.cfg and pyproject.toml."""
        return self.setup + self._text("pyproject.toml")

    def _text(self, name: str) -> str:
        path = self.sdist.in_root(name)
        data = self.sdist.kept[path] if path is not None else b""
        return data[:_LONGEST_SETUP].decode("utf-8", "replace")

    def is_excluded(self, path: str) -> bool:
        """Return whether the settings name a file, or a folder above it, that a distribution leaves out."""
        if self._excluded.is_exhausted or self._excluded.ignoring(path) is not None:
            return True
        setup = self._exclusive_setup
        return bool(setup) and any(each in setup for each in _names(path))

    def is_only_for_sdists(self, path: str) -> bool:
        """Return whether MANIFEST.in names a folder above a file, but wheels do not get what it names."""
        return any(path.startswith(each) for each in self._only_for_sdists)

    @cached_property
    def _only_for_sdists(self) -> tuple[str, ...]:
        """The folders inside of packages that MANIFEST.in includes, if setuptools must not pack its files."""
        tool = settings_of(self.sdist).get("tool")
        setuptools = tool.get("setuptools") if isinstance(tool, dict) else None
        if not isinstance(setuptools, dict) or setuptools.get("include-package-data") is not False:
            return ()
        rows = self._text("MANIFEST.in").split("\n")[:_MOST_STRINGS]
        words = [row.split()[:2] for row in rows]
        folders = {
            each[1].strip("/")
            for each in words
            if len(each) == 2 and each[0] in ("graft", "recursive-include")
        }
        return tuple(f"{each}/" for each in folders if "/" in each.removeprefix("src/"))

    @cached_property
    def _excluded(self) -> GitIgnore:
        lines = [*_manifest(self._text("MANIFEST.in")), *_strings(settings_of(self.sdist).get("tool"))]
        return GitIgnore({"": "\n".join(lines).encode("utf-8", "replace")})

    @cached_property
    def _exclusive_setup(self) -> frozenset[str]:
        """The words of setup.py and setup.cfg if these exclude something."""
        return frozenset(re.findall(r"[\w./-]+", self.setup)) if "exclude" in self.setup else frozenset()


def _names(path: str) -> Iterator[str]:
    """Yield the ways in which setup.py may name a file, or a folder above it that is not the package."""
    folder, _, name = path.removeprefix("src/").rpartition("/")
    yield path
    yield name
    while "/" in folder:
        yield folder
        yield folder.replace("/", ".")
        yield folder.replace("/", ".") + "."  # the beginning of `package.inner.*`
        folder, _, name = folder.rpartition("/")
        yield name


def _manifest(text: str) -> Iterator[str]:
    """Yield the exclusions of a MANIFEST.in as lines of a .gitignore."""
    for row in text.split("\n")[:_MOST_STRINGS]:
        command, *words = row.split()[:100] or [""]  # more words than real rows have; bounds the lines
        if command == "prune":
            yield from (f"/{each.strip('/')}/" for each in words)
        elif command == "exclude":
            yield from (f"/{each}" for each in words)
        elif command == "global-exclude":
            yield from words
        elif command == "recursive-exclude" and len(words) > 1:
            folder = words[0].strip("/")
            yield from (each if folder in ("*", ".") else f"/{folder}/**/{each}" for each in words[1:])


def _strings(tool: Any) -> Iterator[str]:
    """Yield the texts below keys with "exclude" in their names, as lines of a .gitignore."""
    pending: list[tuple[Any, bool, int]] = [(tool, False, 0)]
    count = 0
    while pending and count < _MOST_STRINGS:
        value, is_chosen, depth = pending.pop()
        count += 1
        if isinstance(value, str) and is_chosen and "\n" not in value and not value.startswith(("!", "#")):
            yield value.removeprefix("./")
            yield value.replace(".", "/")  # the name of a package
        elif isinstance(value, list) and depth < _DEEPEST:
            pending += [(each, is_chosen, depth + 1) for each in value[:_MOST_STRINGS]]
        elif isinstance(value, dict) and depth < _DEEPEST:
            for key, each in list(value.items())[:_MOST_STRINGS]:
                pending.append((each, is_chosen or "exclude" in key, depth + 1))
