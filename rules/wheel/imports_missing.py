"""The imports of a wheel's modules that fail, judged from the wheel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from functools import cached_property

from pkgaudit.api import Wheel, normalize
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.import_names import (
    Projects,
    dependents_of,
    hosts,
    is_named_after,
    is_same_name,
    is_standard,
    squashed,
    with_theirs,
)
from pkgaudit.rules.wheel.import_calls import Import
from pkgaudit.rules.wheel.imports import NOTHING, Found, Packages

_LONGEST_NAME = 40
"""The longest name of a top-level module that may be missing. The longest in 1,400 real wheels has 34
characters; a longer one may be a token, which messages must not show."""

_MOST = 2_000
"""Requirements that are read, and missing modules that are reported: a bound on hostile wheels."""


GONE = {"pkg_resources": ("setuptools", "82")}
"""Modules that a project no longer has: the project, and the first version without the module.

setuptools 82.0.0 removed pkg_resources (https://setuptools.pypa.io/en/latest/history.html).
"""

_FUTURE = "99999"
"""A version that only a requirement without an upper limit allows."""

_INTEGRATIONS = frozenset(
    {
        *("adapter", "adapters", "addons", "backend", "backends", "bridges", "compat", "connectors"),
        *("contrib", "drivers", "ext", "extension", "extensions", "extra", "extras", "frameworks"),
        *("instrumentation", "integration", "integrations", "interfaces", "optional", "plugin", "plugins"),
        *("providers", "sphinxext", "storages", "testing", "testutils", "wrappers"),
    }
)
"""Folders with modules for users of other projects."""


@dataclass(frozen=True)
class Missing:
    """A missing module or name: its dotted name, and its first import.

    The name begins with dots if they lead out of all packages. ``holder`` is the module in the wheel that
    lacks the name, None if a module is missing.
    """

    name: str
    importer: Found
    statement: Import
    holder: Found | None = None
    is_package: bool = False
    """Whether a missing module must be a package, because something in it is imported."""
    is_stub: bool = False
    """Whether the stub of the importing module is missing, which it reads at run time."""

    @property
    def has_start(self) -> bool:
        """Whether the module that lacks the name is a file, not a folder without ``__init__``."""
        return self.holder is not None and self.holder.path != ""


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
    allows_gone: set[str] = field(default_factory=set)
    """The modules in `GONE` that the newest allowed version of their project no longer has."""

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
        for module, (project, end) in GONE.items():
            # A limit above the version that removed the module does not help.
            if name == project and any(map(requirement.specifier.contains, (end, _FUTURE))):
                found.allows_gone.add(module)
        is_relative = name.partition("-")[0] == own.partition("-")[0] or is_named_after(name, own)
        found.has_relative = found.has_relative or is_relative
    return found


def missing_own(packages: Packages, reached: Iterable[Found], is_lazy: bool = False) -> Iterator[Missing]:
    """Yield the missing own modules and names that the reached modules certainly import.

    ``is_lazy``: also those that they import when somebody asks for a name.
    """
    seen: dict[str, Missing] = {}
    for found in reached:
        if found.summary is None:
            continue
        line = found.summary.stub_line
        if line is not None and f"{found.path}i" not in packages.wheel.files:
            yield Missing(f"{found.name}.pyi", found, Import("", 1, (), line), is_stub=True)
        for statement in packages.own_imports(found, is_lazy):
            for missing in _missing(packages, found, statement):
                if missing.name not in seen and len(seen) < _MOST:
                    seen[missing.name] = missing
                elif missing.is_package and missing.name in seen:
                    seen[missing.name] = replace(seen[missing.name], is_package=True)
    yield from seen.values()


def _missing(packages: Packages, found: Found, statement: Import) -> Iterator[Missing]:
    source = packages.absolute(found, statement)
    if source is None:
        # 20 dots are enough for a message.
        yield Missing("." * min(statement.level, 20) + statement.module, found, statement)
    if not source:
        return
    absent = packages.absent(source)
    if absent is not None:
        yield Missing(absent, found, statement, is_package=absent != source)
        return
    holder = packages.modules.get(source) or _without_start(packages, source)
    if holder is None or holder.shifts:
        return
    # A module can get names from others, as in `settings.debug = True`; a package does so rarely.
    given = packages.given if not holder.is_package else frozenset()
    for name in statement.names:
        if name != "*" and name not in given and "*" not in given and not packages.has_name(holder, name):
            yield Missing(f"{source}.{name}", found, statement, holder)


def _without_start(packages: Packages, source: str) -> Found | None:
    """Return a folder as the package that it should be, if no other distribution can add modules to it."""
    if not packages.has_folder(source):  # as for most modules, which are of other projects
        return None
    around = packages.prefixes(source)
    # Another distribution may have the `__init__` of a top level that the wheel lacks, as of a namespace.
    is_own = is_same_name(packages.project, source) and not packages.is_shared(source)
    if any(each.shifts for each in around) or not (around or is_own):
        return None
    return Found(source, "", True, NOTHING)


@dataclass(frozen=True)
class Undeclared:
    """A top-level module that no declared dependency provides.

    ``in_extra``: an extra declares it; ``is_optional``: another module imports it within ``try``.
    ``may_be_brought``: dependencies of the dependencies provide it, or may provide it; ``is_brought``: they
    are known to provide it. ``beside`` is a module in the wheel with the same name. ``gone`` is the version
    of a declared dependency that no longer has the module.
    """

    missing: Missing
    in_extra: bool = False
    is_optional: bool = False
    may_be_brought: bool = False
    is_brought: bool = False
    beside: str | None = None
    gone: str | None = None

    @property
    def is_integration(self) -> bool:
        """Whether the importing module seems to be for users who have the other project anyway."""
        names = [squashed(each) for each in self.missing.importer.name.split(".")]
        top = squashed(self.missing.name)
        return any(each in _INTEGRATIONS or _is_part(each, top) or _is_part(top, each) for each in names)


def _is_part(short: str, long: str) -> bool:
    # 3 is chosen: shorter names are parts of many others by chance.
    return len(short) >= 3 and short in long


def undeclared(packages: Packages, reached: Iterable[Found], searches: bool) -> Iterator[Undeclared]:
    """Yield the top-level modules that are certainly imported and that no declared dependency provides.

    ``searches``: folders of the wheel may be on the import path.
    """
    requirements = requirements_of(packages.wheel)
    if requirements.is_unreadable:
        return
    own = packages.project
    theirs, is_known = with_theirs(requirements.always)
    # A project that is a part of others imports them undeclared, because a cycle of dependencies would
    # result.
    theirs |= with_theirs(dependents_of(own))[0]
    always, extras, brought = map(Projects, (requirements.always, requirements.extras, theirs))
    guarded = {name for each in packages.modules.values() if each.summary for name in each.summary.guarded}
    seen: set[str] = set()
    provided: set[str] = set(packages.tops)
    """Modules that somebody provides, whichever statement imports them."""
    for found in reached:
        here = found.summary.guarded if found.summary else frozenset()
        for statement in found.summary.imports if found.summary else ():
            top = statement.module.partition(".")[0]
            if statement.level or not top or top in seen or top in here or top in provided:
                continue
            if len(top) > _LONGEST_NAME:
                continue
            gone = GONE[top][1] if top in requirements.allows_gone else None
            if (
                top in packages.put
                or (is_standard(top) or top in hosts() or (is_same_name(own, top) and top[0] != "_"))
                or (always.provide(top) and gone is None)
            ):
                provided.add(top)
                continue
            beside = packages.stems.get(top)
            if beside and searches:
                continue  # the folder of that module may be on the import path
            if len(seen) >= _MOST:
                return
            seen.add(top)
            # An import of Python 2 finds a module in the folder of the importing one.
            is_near = beside is not None and beside.startswith(f"{found.path.rpartition('/')[0]}/{top}")
            may_be_brought = not is_near and (
                not is_known or requirements.asks_extras or brought.provide(top)
            )
            yield Undeclared(
                Missing(top, found, statement),
                extras.provide(top),
                top in guarded,
                may_be_brought,
                brought.provide(top),
                None if may_be_brought else beside,
                gone,
            )
