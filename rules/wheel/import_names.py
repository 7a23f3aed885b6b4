"""Which distribution an import name comes from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from pkgaudit.api import normalize
from pkgaudit.rules.data.loader import load, reserved_names

_SQUASHED = re.compile(r"[-_.\s]+")
# `python-dateutil` brings `dateutil`, and PyYAML `yaml`.
_AFFIX = re.compile(r"\A(?:python3?|py)|(?:python3?|py)\Z")

_MOST = 5_000
"""Projects that are followed to their dependencies: more than any has; bounds the time on hostile
metadata."""


def squashed(name: str) -> str:
    """Return a name in lower case without what separates its words."""
    return _SQUASHED.sub("", name).lower()


def is_same_name(project: str, module: str) -> bool:
    """Return whether a project and a top-level module have one name, as python-dateutil and dateutil."""
    one, other = squashed(project), squashed(module)
    return one == other or _AFFIX.sub("", one) == _AFFIX.sub("", other)


def distributions_of(module: str) -> tuple[str, ...]:
    """Return the distributions that are known to bring a top-level module whose name is not theirs."""
    return tuple(load("import_names").values["imports"].get(module, ()))


@cache
def _brought() -> dict[str, tuple[str, ...]]:
    return {name: tuple(found.split()) for name, found in load("import_names").values["brings"].items()}


@cache
def _known() -> frozenset[str]:
    return frozenset(_brought()).union(*_brought().values())


def project_of(module: str) -> str | None:
    """Return the known project of the same name as a module, None if none is known."""
    name = normalize(module)
    return name if name in _known() else None


def dependents_of(project: str) -> list[str]:
    """Return the projects that are known to depend on one: it may well be a part of them."""
    return [name for name, found in _brought().items() if project in found]


@cache
def hosts() -> frozenset[str]:
    """Return the top-level modules that no distribution brings but the program in which Python runs."""
    return frozenset(load("import_names").values["hosts"])


def is_standard(module: str) -> bool:
    """Return whether a top-level module is, or was in some Python, one of the standard library."""
    return normalize(module.strip("_.")) in reserved_names() or module == "__main__"


class Projects:
    """Some projects, to be asked many times what they may bring: a wheel may need and import thousands."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(map(normalize, names))
        plain = {squashed(each) for each in self._names}
        self._exact = plain | {_AFFIX.sub("", each) for each in plain}
        # Chosen: names of three letters or fewer are parts of many others by chance.
        self._long = [each for each in plain if len(each) >= 4]
        self._text = "\n".join(self._long)
        self._beginnings = {part for each in self._names for part in _beginnings(each)}

    def provide(self, module: str) -> bool:
        """Return whether one of them may bring a top-level module."""
        return not self._names.isdisjoint(distributions_of(module)) or self.tell_of(module)

    def tell_of(self, module: str) -> bool:
        """Return whether the name of one of them tells that it may bring a top-level module.

        ``google-cloud-storage`` may bring ``google``: a project often begins with the name of the namespace
        that it adds to.
        """
        name = squashed(module)
        if name in self._exact or _AFFIX.sub("", name) in self._exact:
            return True
        if len(name) >= 3 and normalize(module.strip("_")) in self._beginnings:
            return True
        return len(name) >= 4 and (name in self._text or any(each in name for each in self._long))


def is_named_after(project: str, module: str) -> bool:
    """Return whether the name of a project tells that it may bring a top-level module."""
    return Projects([project]).tell_of(module)


def _beginnings(project: str) -> Iterator[str]:
    """Yield what a normalized name begins with before each of its first hyphens."""
    parts = project.split("-", 20)
    for end in range(1, len(parts)):
        yield "-".join(parts[:end])


def with_theirs(projects: Collection[str]) -> tuple[set[str], bool]:
    """Return projects with those that they are known to depend on, and whether that is known of all."""
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
