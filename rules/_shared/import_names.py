"""The distributions that provide an import name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from pkgaudit.api import normalize
from pkgaudit.rules._shared.library import is_module
from pkgaudit.rules.data.loader import load, reserved_names

_SQUASHED = re.compile(r"[-_.\s]+")
# `python-dateutil` provides `dateutil`, and PyYAML `yaml`.
_AFFIX = re.compile(r"\A(?:python3?|py)|(?:python3?|py)\Z")

_MOST = 5_000
"""Projects whose dependencies are followed: more than any project needs; bounds the time on hostile
metadata."""


def squashed(name: str) -> str:
    """Return a name in lower case without the separators of its words."""
    return _SQUASHED.sub("", name).lower()


def is_same_name(project: str, module: str) -> bool:
    """Return whether a project and a top-level module have the same name, like python-dateutil, dateutil."""
    one, other = squashed(project), squashed(module)
    return one == other or _AFFIX.sub("", one) == _AFFIX.sub("", other)


def distributions_of(module: str) -> tuple[str, ...]:
    """Return the known distributions of a top-level module with a different name."""
    return tuple(load("import_names").values["imports"].get(module, ()))


@cache
def _brought() -> dict[str, tuple[str, ...]]:
    return {name: tuple(found.split()) for name, found in load("import_names").values["brings"].items()}


@cache
def _known() -> frozenset[str]:
    return frozenset(_brought()).union(*_brought().values())


def project_of(module: str) -> str | None:
    """Return the known project with the name of a module, or None."""
    name = normalize(module)
    return name if name in _known() else None


def dependents_of(project: str) -> list[str]:
    """Return the known dependents of a project, which may be a part of them."""
    return [name for name, found in _brought().items() if project in found]


@cache
def hosts() -> frozenset[str]:
    """Return the top-level modules that a program with an embedded Python provides."""
    return frozenset(load("import_names").values["hosts"])


def is_standard(module: str) -> bool:
    """Return whether a top-level module is, or was once, in the standard library."""
    return normalize(module.strip("_.")) in reserved_names() or is_module(module) or module == "__main__"


class Projects:
    """A set of projects with a fast lookup by module: a wheel may need and import thousands."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(map(normalize, names))
        plain = {squashed(each) for each in self._names}
        self._exact = plain | {_AFFIX.sub("", each) for each in plain}
        # Chosen: names of three letters or fewer are parts of many others by chance.
        self._long = [each for each in plain if len(each) >= 4]
        self._text = "\n".join(self._long)
        self._beginnings = {part for each in self._names for part in _beginnings(each)}

    def provide(self, module: str) -> bool:
        """Return whether one of the projects may provide a top-level module."""
        return not self._names.isdisjoint(distributions_of(module)) or self.resemble(module)

    def resemble(self, module: str) -> bool:
        """Return whether the name of one of the projects suggests that it provides a top-level module.

        ``google-cloud-storage`` may provide ``google``: the name of a project often begins with its
        namespace.
        """
        name = squashed(module)
        if name in self._exact or _AFFIX.sub("", name) in self._exact:
            return True
        if len(name) >= 3 and normalize(module.strip("_")) in self._beginnings:
            return True
        return len(name) >= 4 and (name in self._text or any(each in name for each in self._long))


def is_named_after(project: str, module: str) -> bool:
    """Return whether the name of a project suggests that it provides a top-level module."""
    return Projects([project]).resemble(module)


def _beginnings(project: str) -> Iterator[str]:
    """Yield the part of a normalized name before each of its first hyphens."""
    parts = project.split("-", 20)
    for end in range(1, len(parts)):
        yield "-".join(parts[:end])


def with_theirs(projects: Collection[str]) -> tuple[set[str], bool]:
    """Return projects with their known dependencies, and whether the dependencies of all are known."""
    found: set[str] = set()
    pending = [normalize(each) for each in projects]
    is_known = True
    while pending and len(found) < _MOST:
        name = pending.pop()
        if name not in found:
            found.add(name)
            brought = _brought().get(name)
            is_known = is_known and brought is not None
            pending += brought or ()
    return found, is_known
