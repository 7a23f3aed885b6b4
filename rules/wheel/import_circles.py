"""Circular imports that fail at every import of the package, found by following the statements in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from pkgaudit.late import dataclass
from pkgaudit.rules.wheel.import_calls import Import
from pkgaudit.rules.wheel.imports import Found, Packages

_MOST_STEPS = 200_000
"""Imported names that are followed. Chosen: many times those of the largest real packages."""


@dataclass(frozen=True)
class Circle:
    """A name that a module imports from another one, which has begun but not yet bound the name.

    ``entry`` is the dotted name of the module whose import fails.
    """

    importer: Found
    statement: Import
    holder: Found
    name: str
    entry: str


def failing_circles(packages: Packages) -> Iterator[Circle]:
    """Yield the first failure of each entry: a package that users import, or the module of a command."""
    seen: set[tuple[str, str, str]] = set()
    order = _Order(packages)
    for entry in dict.fromkeys((*packages.roots, *packages.commands)):
        found = order.failure(entry)
        key = (found.importer.name, found.holder.name, found.name) if found else None
        if found is not None and key is not None and key not in seen:
            seen.add(key)
            yield found


class _UnsureError(Exception):
    """The order of the imports depends on something that the statements do not show."""


class _FailureError(Exception):
    """An import statement fails: the importing module, the statement, the holder and the missing name."""

    def __init__(self, importer: Found, statement: Import, holder: Found, name: str) -> None:
        super().__init__()
        self.importer, self.statement, self.holder, self.name = importer, statement, holder, name


class _Order:
    """Follows the imports in the order in which Python runs them."""

    def __init__(self, packages: Packages) -> None:
        self._packages = packages
        self._bound: dict[str, int] = {}
        """How many names the modules that have begun, but not ended, have bound."""
        self._begun: set[str] = set()
        self._places: dict[str, tuple[dict[str, int], Found]] = {}
        """The places of the early names of modules, and the modules without names."""
        self._steps = 0

    def failure(self, entry: str) -> Circle | None:
        """Return the failure of importing an entry, None if it may succeed."""
        self._bound, self._begun = {}, set()
        running: list[tuple[str, Iterator[Found]]] = [("", iter(self._packages.prefixes(entry)))]
        try:
            while running:
                name, imported = running[-1]
                found = next(imported, None)
                if found is None:
                    running.pop()
                    self._bound.pop(name, None)
                elif found.name not in self._begun:
                    self._begun.add(found.name)
                    self._bound[found.name] = 0
                    running.append((found.name, self._run(found)))
        except _UnsureError:
            return None
        except _FailureError as failure:
            return Circle(failure.importer, failure.statement, failure.holder, failure.name, entry)
        return None

    def _run(self, found: Found) -> Iterator[Found]:
        """Yield the modules that a module imports, in order.

        Raises:
            _UnsureError: it may import others, or itself be another module.
            _FailureError: one of its imports fails.
        """
        summary = found.summary
        if summary is None or summary.hesitates or summary.shifts or summary.puts:
            raise _UnsureError
        for statement, bound in zip(summary.imports, summary.order, strict=True):
            self._steps += 1 + len(statement.names)
            if self._steps > _MOST_STEPS:
                raise _UnsureError
            self._bound[found.name] = bound
            source = self._packages.absolute(found, statement)
            if not source:
                continue
            yield from self._packages.prefixes(source)
            holder = self._packages.modules.get(source)
            if holder is not None and holder.is_package and statement.names == ("*",):
                raise _UnsureError  # `__all__` may name submodules
            for name in statement.names if statement.names != ("*",) else ():
                has = False if holder is None else self._has(holder, name)
                child = self._packages.modules.get(f"{source}.{name}")
                if child is not None and child.name not in self._begun:
                    # Python imports a submodule if the package has no such name.
                    if has is None:
                        raise _UnsureError
                    if not has:
                        yield child
                elif child is None and has is False and self._is_late(holder, name):
                    raise _FailureError(found, statement, holder, name)

    def _is_late(self, holder: Found | None, name: str) -> TypeGuard[Found]:
        """Return whether a module has begun and will bind a name; one that never does is another fault."""
        if holder is None or holder.summary is None or holder.name not in self._bound:
            return False
        return name in holder.summary.names

    def _has(self, holder: Found, name: str) -> bool | None:
        """Return whether a module has a name of its own now, None if it depends."""
        summary = holder.summary
        if summary is None or summary.stars or not self._packages.given.isdisjoint((name, "*")):
            return None
        if holder.name not in self._places:
            places = {each: place for place, each in enumerate(summary.early)}
            nameless = replace(holder, is_package=False, summary=replace(summary, names=frozenset()))
            self._places[holder.name] = places, nameless
        places, nameless = self._places[holder.name]
        if self._packages.has_name_itself(nameless, name):
            return None
        if holder.name not in self._bound:
            return name in summary.names
        return places.get(name, _MOST_STEPS) < self._bound[holder.name]
