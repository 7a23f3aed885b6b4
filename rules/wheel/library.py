"""The imports of a wheel's modules that the standard library of some declared Python cannot satisfy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pkgaudit.rules._shared.import_names import with_theirs
from pkgaudit.rules._shared.library import Part, Version, is_module, latest, parts
from pkgaudit.rules.wheel.imports import Found, Packages
from pkgaudit.rules.wheel.imports_missing import requirements_of
from pkgaudit.rules.wheel.syntax_versions import Declared

_BRINGERS = {
    "asynchat": "pyasynchat",
    "asyncore": "pyasyncore",
    "audioop": "audioop-lts",
    "cgi": "legacy-cgi",
    "cgitb": "legacy-cgi",
    "crypt": "legacycrypt",
    "distutils": "setuptools",
    "imp": "zombie-imp",
}
"""Projects that provide a removed module. For many others it is ``standard-`` and the module's name."""

_MOST_DOTS = 20
"""Chosen: the names of modules in the standard library have four components at most."""


@dataclass(frozen=True, slots=True)
class Use:
    """An import of a part of the standard library: the part, the importing module and the line."""

    part: Part
    importer: Found
    line: int


@dataclass(frozen=True, slots=True)
class Uses:
    """The imports of parts that a declared Python does not have yet, or no longer has."""

    newer: list[Use]
    removed: list[Use]


def failing_uses(packages: Packages, reached: Iterable[str], declared: Declared) -> Uses:
    """Return the first import of each part that the reached modules certainly import and a Python lacks."""
    found = Uses([], [])
    known = [each for each in declared.versions if (3, 0) <= each <= latest()]
    if not known:
        return found
    brought = _Brought(packages)
    seen: set[Part] = set()
    for use in _uses(packages, reached):
        if use.part in seen:
            continue
        seen.add(use.part)
        lacks_yet = use.part.first and declared.lowest and max(declared.lowest, (3, 0)) < use.part.first
        lacks_again = use.part.end and max(known) >= use.part.end
        if (lacks_yet or lacks_again) and not brought.provide(use.part.module):
            (found.newer if lacks_yet else found.removed).append(use)
    return found


def _uses(packages: Packages, reached: Iterable[str]) -> Iterator[Use]:
    for name in reached:
        found = packages.modules[name]
        for statement in found.summary.imports if found.summary else ():
            top = statement.module.partition(".")[0]
            if statement.level or not is_module(top) or top in packages.tops or top in packages.put:
                continue
            if statement.module.count(".") < _MOST_DOTS:
                for each in parts(statement.module, statement.names):
                    yield Use(each, found, statement.line)


class _Brought:
    """The projects that are installed with the wheel."""

    def __init__(self, packages: Packages) -> None:
        requirements = requirements_of(packages.wheel)
        theirs, is_known = with_theirs(requirements.names)
        self._names = {*theirs, packages.wheel.project}
        self._has_all = is_known and not requirements.asks_extras and not requirements.is_unreadable

    def provide(self, module: str) -> bool:
        """Return whether one of them provides, or may provide, a module of the standard library."""
        top = module.partition(".")[0]
        if top == "distutils" and not self._has_all:
            return True  # setuptools, which many projects require, provides it
        return not self._names.isdisjoint((top.lower(), f"standard-{top.lower()}", _BRINGERS.get(top)))


def newest_needed(uses: Iterable[Use]) -> Version:
    """Return the first Python that has all the newer parts."""
    return max(each.part.first for each in uses if each.part.first)


def first_lacking(uses: Iterable[Use]) -> Version:
    """Return the first Python that lacks one of the removed parts."""
    return min(each.part.end for each in uses if each.part.end)
