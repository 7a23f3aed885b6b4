"""The imports of a wheel's modules that fail, judged from the wheel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pkgaudit.api import Wheel, normalize
from pkgaudit.rules.wheel.import_names import (
    Projects,
    dependents_of,
    hosts,
    is_named_after,
    is_same_name,
    is_standard,
    with_theirs,
)
from pkgaudit.rules.wheel.imports import Found, Packages
from pkgaudit.rules.wheel.modules import Import

_MOST = 2_000
"""Requirements that are read, and missing modules that are reported: a bound on hostile wheels."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A missing module or name: its dotted name, and its first import.

    The name begins with dots if they lead out of all packages.
    """

    name: str
    importer: Found
    statement: Import
    is_module: bool = True


@dataclass
class Requirements:
    """The normalized projects in Requires-Dist: those always required, and those only in extras."""

    always: set[str] = field(default_factory=set)
    extras: set[str] = field(default_factory=set)
    is_unreadable: bool = False
    asks_extras: bool = False
    """Whether the wheel requires extras of a dependency, which have further dependencies."""
    has_relative: bool = False
    """Whether a dependency is named after the project, so it may provide modules with the project's name."""

    @property
    def names(self) -> set[str]:
        """The names of both."""
        return self.always | self.extras

    @cached_property
    def all(self) -> Projects:
        """The projects of both."""
        return Projects(self.names)


def requirements_of(wheel: Wheel) -> Requirements:
    """Return the dependencies of a wheel."""
    from packaging.requirements import InvalidRequirement, Requirement

    found = Requirements()
    own = wheel.project
    for text in (wheel.metadata.all("Requires-Dist") if wheel.metadata else [])[:_MOST]:
        try:
            requirement = Requirement(text)
        except (InvalidRequirement, ValueError, RecursionError):  # deep markers exhaust the parser's stack
            found.is_unreadable = True
            continue
        marker = str(requirement.marker or "")
        found.asks_extras = found.asks_extras or bool(requirement.extras)
        name = normalize(requirement.name)
        # Markers on Pythons and systems are ignored: the project is required on some systems at least.
        (found.extras if "extra" in marker else found.always).add(name)
        is_relative = name.partition("-")[0] == own.partition("-")[0] or is_named_after(name, own)
        found.has_relative = found.has_relative or is_relative
    return found


def missing_own(packages: Packages, reached: Iterable[str]) -> Iterator[Missing]:
    """Yield the missing own modules and names that the reached modules certainly import."""
    seen: set[str] = set()
    for name in reached:
        found = packages.modules[name]
        for statement in found.summary.imports if found.summary else ():
            for missing, is_module in _missing(packages, found, statement):
                if missing not in seen and len(seen) < _MOST:
                    seen.add(missing)
                    yield Missing(missing, found, statement, is_module)


def _missing(packages: Packages, found: Found, statement: Import) -> Iterator[tuple[str, bool]]:
    source = packages.absolute(found, statement)
    if source is None:
        # 20 dots are enough for a message.
        yield "." * min(statement.level, 20) + statement.module, True
    if not source:
        return
    absent = packages.absent(source)
    if absent is not None:
        yield absent, True
        return
    package = packages.modules.get(source)
    if package is None or not package.is_package or package.shifts:
        return
    for name in statement.names:
        if name != "*" and not packages.has_name(package, name):
            yield f"{source}.{name}", False


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A top-level module that no declared dependency provides.

    ``in_extra``: an extra declares it, or the project treats it as optional. ``may_be_brought``: dependencies
    of the dependencies provide it, or may provide it. ``beside`` is a module in the wheel with the same name.
    """

    missing: Missing
    in_extra: bool = False
    may_be_brought: bool = False
    beside: str | None = None


def undeclared(packages: Packages, reached: Iterable[str]) -> Iterator[Undeclared]:
    """Yield the top-level modules that are certainly imported and that no declared dependency provides."""
    requirements = requirements_of(packages.wheel)
    if requirements.is_unreadable:
        return
    own = packages.wheel.project
    theirs, is_known = with_theirs(requirements.always)
    # A project that is a part of others imports them undeclared, because a cycle of dependencies would
    # result.
    theirs |= with_theirs(dependents_of(own))[0]
    always, extras, brought = map(Projects, (requirements.always, requirements.extras, theirs))
    guarded = {name for each in packages.modules.values() if each.summary for name in each.summary.guarded}
    seen: set[str] = set()
    for name in reached:
        found = packages.modules[name]
        here = found.summary.guarded if found.summary else frozenset()
        for statement in found.summary.imports if found.summary else ():
            top = statement.module.partition(".")[0]
            if statement.level or not top or top in seen or top in here or top in packages.tops:
                continue
            if is_standard(top) or top in hosts() or (is_same_name(own, top) and top[0] != "_"):
                continue
            if always.provide(top):
                continue
            beside = packages.stems.get(top)
            if beside and packages.searches:
                continue  # the folder of that module may be on the import path
            if len(seen) >= _MOST:
                return
            seen.add(top)
            yield Undeclared(
                Missing(top, found, statement),
                extras.provide(top) or top in guarded,
                not beside and (not is_known or requirements.asks_extras or brought.provide(top)),
                beside,
            )
