"""Modules and names of the standard library that a wheel needs and that some declared Python lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pkgaudit.late import dataclass
from pkgaudit.rules._shared.import_names import with_theirs
from pkgaudit.rules._shared.library import Part, Version, is_module, latest, part, parts
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

_LAZY: Version = (3, 14)
"""The first Python that evaluates annotations only on request (https://peps.python.org/pep-0649/)."""

_MOST_DOTS = 20
"""Chosen: the names of modules in the standard library have four components at most."""


@dataclass(frozen=True)
class Use:
    """An import of a part of the standard library: the part, the importing module and the line.

    ``is_attribute``: the module uses it as an attribute instead; ``is_annotation``: in an annotation.
    """

    part: Part
    importer: Found
    line: int
    is_attribute: bool = False
    is_annotation: bool = False


@dataclass(frozen=True)
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
        evaluating = [each for each in known if each < _LAZY] if use.is_annotation else known
        first, end = use.part.first, use.part.end
        lacks_yet = first and evaluating and declared.lowest and max(declared.lowest, (3, 0)) < first
        lacks_again = end and any(each >= end for each in evaluating)
        if (lacks_yet or lacks_again) and not brought.provide(use.part.module):
            seen.add(use.part)
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
        for attribute in found.summary.attributes if found.summary else ():
            top = attribute.module.partition(".")[0]
            used = part(attribute.module, attribute.name)
            # A module may set the attribute if a Python lacks it.
            is_own = top in packages.tops or top in packages.put
            if used and not is_own and packages.given.isdisjoint((attribute.name, "*")):
                yield Use(used, found, attribute.line, True, attribute.is_annotation)


class _Brought:
    """The projects that are installed with the wheel."""

    def __init__(self, packages: Packages) -> None:
        requirements = requirements_of(packages.wheel)
        theirs, is_known = with_theirs(requirements.names)
        self._names = {*theirs, packages.project}
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
