"""The paths of the constants that the modules of a wheel import from each other."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property

from pkgaudit.rules.wheel.data_named import NamedFiles
from pkgaudit.rules.wheel.imports import Packages

_MOST_STEPS = 5
"""The constants that are followed one to the next; bounds the time, and ends cycles."""


class Constants:
    """Finds the place in a wheel of a path that a module names."""

    def __init__(self, packages: Packages, named: Mapping[str, NamedFiles | None]) -> None:
        self._packages = packages
        self._named = named

    def resolved(self, module: str, path: str) -> str | None:
        """Return the path of a file below site-packages, None if it begins with an unknown constant."""
        for _ in range(_MOST_STEPS):
            files = self._named.get(module)
            imported = files.imported if files is not None else frozenset[str]()
            start = max(
                (each for each in imported if f"{path}/".startswith(f"{each}/")), key=len, default=None
            )
            found = _below(module, path)
            if start is None or _below(module, start) in self._packages.places:
                return found
            folder, _, name = _below(module, start).rpartition("/")
            owner = next(
                (each for each in (f"{folder}.py", f"{folder}/__init__.py") if each in self._named), ""
            )
            value = self._values.get((owner, name))
            if value is None:
                return None
            module, path = owner, f"{value}/{path[len(start) :].lstrip('/')}".strip("/")
            if value.startswith("/"):
                path = f"/{path}"
        return None

    @cached_property
    def _values(self) -> dict[tuple[str, str], str]:
        """The paths of constants, by module and name."""
        named = self._named.items()
        return {(module, name): path for module, each in named if each for name, path in each.constants}

    def is_filled(self, path: str) -> bool:
        """Return whether any module may write files into a folder above a path."""
        while path:
            path = posixpath.dirname(path)
            if path in self._filled:
                return True
        return False

    @cached_property
    def _filled(self) -> set[str | None]:
        named = self._named.items()
        return {self.resolved(module, folder) for module, each in named if each for folder in each.filled}


def _below(module: str, path: str) -> str:
    """Return a path below site-packages of a path from the folder of a module."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(module), path))[1:]
