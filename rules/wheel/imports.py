"""The modules that a wheel installs, the modules that they import, and the missing ones among these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from keyword import iskeyword

from pkgaudit.api import Entry, Wheel, normalize
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.cache import Latest
from pkgaudit.rules._shared.entry_points import SCRIPTS, EntryPoints, Target, read_entry_points
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.wheel.import_calls import Import
from pkgaudit.rules.wheel.modules import Module

COMPILED = ("so", "pyd", "dylib", "sl")
"""Suffixes of extension modules."""

_OTHER = ("pyc", "pyo", "hy", "pye", "pyw")
"""Suffixes under which import hooks and Python itself find modules, but which cannot be parsed."""

_ASIDE = frozenset(
    {
        "benchmark",
        "benchmarks",
        "conftest",
        "demo",
        "demos",
        "doc",
        "docs",
        "documentation",
        "example",
        "examples",
        "sample_code",
        "samples",
        "scripts",
        "setup",
        "share",
        "src",
        "templates",
        "tools",
    }
)
"""Top levels that users do not import, even if they are installed."""

_OF_OTHERS = re.compile(r"(?i)_?(?:vendor(?:ed)?|third_?party|extern(?:al)?s?)")
"""Folders with other projects, which are often packed without the parts that nobody needs."""

_OF_ALL = frozenset(
    {
        *("__builtins__", "__cached__", "__dict__", "__doc__", "__file__", "__init__", "__loader__"),
        *("__name__", "__package__", "__spec__"),
    }
)
"""Names that every module has (https://docs.python.org/3/reference/datamodel.html#module-objects)."""

_PROJECT = re.compile(r"[A-Za-z0-9._-]{1,200}")

NOTHING = Module(is_open=False, shifts=False, hesitates=False)
"""The summary of an empty file."""

_FILLED = Module(is_open=True, shifts=False)
"""The summary of an empty file with a stub: another module gives it the names that the stub declares."""

_PARTS = frozenset(
    {
        "all",
        "api",
        "backend",
        "base",
        "bin",
        "binary",
        "cli",
        "client",
        "common",
        "core",
        "data",
        "ext",
        "extras",
        "full",
        "lib",
        "libs",
        "models",
        "plugins",
        "protos",
        "runtime",
        "sdk",
        "server",
        "shared",
        "types",
    }
)
"""Names for the parts of a divided project."""

_MOST_STEPS = 1_000_000
"""Import statements that are followed: many times those of the largest wheels. WH110 reports more."""

_MOST_COMMANDS = 5_000
"""Commands whose functions are looked at; chosen: more than any project has."""

_DEEPEST = 50
"""Nested packages: more than any project has; bounds the time on hostile paths and names."""


@dataclass(frozen=True)
class Found:
    """A module of the wheel: its dotted name, its path in the archive, and its summary.

    The summary is None if the module cannot be parsed, for example because it is compiled.
    """

    name: str
    path: str
    is_package: bool
    summary: Module | None

    @property
    def is_open(self) -> bool:
        """Whether it may have more names than its summary lists."""
        return self.summary is None or self.summary.is_open

    @property
    def shifts(self) -> bool:
        """Whether it may create modules without a file."""
        return self.summary is None or self.summary.shifts


class Packages:
    """The modules of a wheel by dotted name, and the folders that contain modules."""

    def __init__(self, wheel: Wheel, modules: Mapping[str, Module]) -> None:
        self.wheel = wheel
        self.modules: dict[str, Found] = {}
        self.folders: set[str] = set()
        """Dotted names of all folders with a module at any depth."""
        self.places: set[str] = set()
        """Paths of all folders: each can be imported as a namespace, whatever it contains."""
        self.compiled: set[str] = set()
        """Paths of the folders that contain an extension module."""
        self.steps = 0
        """Import statements that were followed; beyond the limit, not all were checked."""
        self.stems: dict[str, str] = {}
        """The names of all modules and of their folders, at any depth, each with the path of one of them."""
        self.project = wheel.project
        self._prefixes: dict[str, tuple[Found, ...]] = {}
        self._imports: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._own: dict[tuple[int, bool], tuple[Module, tuple[Import, ...]]] = {}
        """The summary, which must live as long as its number is a key, and what `own_imports` returns."""
        self._absent: dict[str, str | None] = {}
        self._summaries = modules
        self._words_behind: dict[str, frozenset[str]] = {}
        """What follows the name of a top level in the names of dependencies, by that name."""
        for path, each in installation_of(wheel).importable.items():
            self._add(path, each.entry)
        self.searches = any(
            each.summary is not None and each.summary.searches for each in self.modules.values()
        )

    def _add(self, path: str, entry: Entry) -> None:
        folder, _, file = path.rpartition("/")
        above = folder.split("/") if folder else []
        while folder and folder not in self.places and len(above) <= _DEEPEST:
            self.places.add(folder)
            folder = folder.rpartition("/")[0]
        stem, _, suffix = file.partition(".")
        suffix = suffix.lower().rpartition(".")[2]
        if suffix not in ("py", *COMPILED, *_OTHER) or (suffix == "py" and file.count(".") > 1):
            return
        for each in (stem, *above[-20:]):
            self.stems.setdefault(each, entry.path)
        if suffix in COMPILED:
            self.compiled.add("/".join(above))
        if len(above) > _DEEPEST or not all(map(is_importable_name, (*above, stem))):
            return
        is_package = stem == "__init__"
        if is_package and not above:
            return
        parts = above if is_package else [*above, stem]
        name = ".".join(parts)
        for end in range(len(above), 0, -1):
            folder = ".".join(above[:end])
            if folder in self.folders:
                break
            self.folders.add(folder)
        summary = self._summaries.get(entry.path) if suffix == "py" else None
        if suffix == "py" and not entry.size:
            summary = _FILLED if f"{path}i" in installation_of(self.wheel).importable else NOTHING
        old = self.modules.get(name)
        if old is not None and (old.is_package, old.summary is None) >= (is_package, summary is None):
            # Python prefers a package to a module. The source of a compiled module is kept, because it shows
            # the imports.
            return
        self.modules[name] = Found(name, entry.path, is_package, summary)

    @cached_property
    def tops(self) -> frozenset[str]:
        """The top-level names that can be imported."""
        return frozenset(name.partition(".")[0] for name in (*self.modules, *self.folders))

    @cached_property
    def by_folded_top(self) -> dict[str, str]:
        """The top-level names by their case-folded form."""
        return {each.casefold(): each for each in self.tops}

    @cached_property
    def by_last_name(self) -> dict[str, list[str]]:
        """The modules by the last component of their names."""
        found: dict[str, list[str]] = {}
        for name in self.modules:
            found.setdefault(name.rpartition(".")[2], []).append(name)
        return found

    @cached_property
    def roots(self) -> list[str]:
        """The modules that users import: packages and modules at the top level, or in a namespace.

        A folder without ``__init__`` that contains modules itself is a package, and no namespace: what is
        deeper in it is for those who import it.
        """
        packages = {name.rpartition(".")[0] for name, each in self.modules.items() if not each.is_package}
        found = []
        for name, each in self.modules.items():
            parts = name.split(".")
            if len(parts) > 4 or is_aside(name):
                continue
            above = [".".join(parts[:end]) for end in range(1, len(parts))]
            if any(each in self.modules for each in above) or any(each in packages for each in above[:-1]):
                continue
            if not name.startswith("_") and (len(parts) == 1 or each.is_package):
                found.append(name)
        return found

    @cached_property
    def public(self) -> dict[str, str | None]:
        """The modules that importing the packages and modules with public names imports."""
        return self.reached([name for name in self.modules if is_public(name)], is_lazy=True)

    @cached_property
    def needed(self) -> frozenset[str]:
        """The modules that another module of the wheel certainly imports, or that an entry point names."""
        imported = {
            name
            for each in self.modules.values()
            for statement in self.own_imports(each)
            for name in self.imports_of(each, statement)
        }
        return frozenset(imported | self.run.keys() | self.plugged.keys())

    @cached_property
    def put(self) -> frozenset[str]:
        """The modules that modules of the wheel may put into ``sys.modules``, so importing them succeeds."""
        summaries = (each.summary for each in self.modules.values() if each.summary is not None)
        return frozenset(name for each in summaries for name in each.puts)

    @cached_property
    def given(self) -> frozenset[str]:
        """The names that modules set as attributes of other objects, which may be modules."""
        summaries = (each.summary for each in self.modules.values() if each.summary is not None)
        return frozenset(name for each in summaries for name in each.gives)

    @cached_property
    def filled(self) -> frozenset[str]:
        """The names that modules set in modules of ``sys.modules``; ``*`` is any name."""
        summaries = (each.summary for each in self.modules.values() if each.summary is not None)
        return frozenset(name for each in summaries for name in each.fills)

    @cached_property
    def _has_shapes(self) -> bool:
        """Whether decorators or base classes of the wheel may add names to the modules that use them."""
        return any(each.summary is not None and each.summary.shapes for each in self.modules.values())

    @property
    def is_cut(self) -> bool:
        """Whether there are more imports than are followed."""
        return self.steps > _MOST_STEPS

    @cached_property
    def _required(self) -> list[str]:
        metadata = self.wheel.metadata
        rows = metadata.all("Requires-Dist")[:2_000] if metadata else []
        names = (_PROJECT.match(row) for row in rows)
        return [f"-{normalize(name[0])}-" for name in names if name]

    def is_shared(self, name: str) -> bool:
        """Return whether a dependency that is named after a module or its package may provide the module.

        For example ``chip-clusters`` may provide ``chip.clusters.objects``, and ``chip-core`` any module of
        ``chip``.
        """
        top, *parts = (normalize(part).strip("-") for part in name.split(".")[:_DEEPEST])
        if top not in self._words_behind:
            behind = [each.partition(f"-{top}-")[1:] for each in self._required]
            self._words_behind[top] = frozenset(
                word for found, rest in behind if found for word in rest.strip("-").split("-")
            )
        words = self._words_behind[top]
        return not words.isdisjoint(_PARTS) or not words.isdisjoint(parts)

    def base_of(self, found: Found, level: int) -> str | None:
        """Return the package that a number of leading dots names, None if they lead out of all packages."""
        parts = found.name.split(".") if found.is_package else found.name.split(".")[:-1]
        end = len(parts) - (level - 1)
        return ".".join(parts[:end]) if 0 < end <= len(parts) else None

    def absolute(self, found: Found, statement: Import) -> str | None:
        """Return the dotted name of the module that a statement imports, or imports from."""
        if not statement.level:
            return statement.module
        base = self.base_of(found, statement.level)
        if base is None:
            return None
        return f"{base}.{statement.module}" if statement.module else base

    def prefixes(self, name: str) -> tuple[Found, ...]:
        """Return the modules that importing a dotted name imports: its packages, then the module itself."""
        if name not in self._prefixes:
            parts = name.split(".")
            ends = range(1, min(len(parts), _DEEPEST) + 1)
            found = (self.modules.get(".".join(parts[:end])) for end in ends)
            self._prefixes[name] = tuple(each for each in found if each is not None)
        return self._prefixes[name]

    def absent(self, name: str) -> str | None:
        """Return the part of a dotted name that is certain to be missing, or None.

        The modules of a package in the wheel must be in the wheel too, unless the package is a namespace or
        may find its modules elsewhere.
        """
        if name not in self._absent:
            self._absent[name] = self._find_absent(name)
        return self._absent[name]

    def _find_absent(self, name: str) -> str | None:
        parts = name.split(".")
        if len(parts) > _DEEPEST:
            return None
        for end in range(1, len(parts)):
            parent = ".".join(parts[:end])
            found = self.modules.get(parent)
            if found is None:
                if parent not in self.folders:
                    return None
                continue
            if found.shifts:
                return None  # it may create modules without a file
            child = ".".join(parts[: end + 1])
            if child in self.modules:
                continue
            if parts[end] == "__init__" and found.is_package:
                return None  # the file of the package, imported again under another name
            if not found.is_package:
                return None if found.is_open or parts[end] in found.summary.names else child  # type: ignore[union-attr]
            if not self.has_folder(child):
                return child
        return None

    def has_folder(self, name: str) -> bool:
        """Return whether a dotted name has a folder, which can be imported whatever it contains."""
        return name.replace(".", "/") in self.places

    def may_be_compiled(self, name: str) -> bool:
        """Return whether an extension module, beside or above a missing module, may create it when loaded."""
        folder = name.replace(".", "/").rpartition("/")[0]
        while folder and folder not in self.compiled:
            folder = folder.rpartition("/")[0]
        return bool(folder)

    def has_name(self, found: Found, name: str) -> bool:
        """Return whether a module has, or may have, a name."""
        return self._has_name(found, name, {})

    def _has_name(self, found: Found, name: str, answers: dict[str, bool]) -> bool:
        # `import *` in a circle may provide any name: the answer is yes until another one is known.
        answers[found.name] = True
        if self.has_name_itself(found, name):
            return True
        for star in found.summary.stars if found.summary is not None else ():
            self.steps += 1
            source = self.absolute(found, star)
            other = self.modules.get(source) if source else None
            # 20 is chosen: `import *` through more modules may provide any name.
            if other is None or len(answers) > 20 or self.steps > _MOST_STEPS:
                return True
            has_it = answers.get(other.name)
            if self._has_name(other, name, answers) if has_it is None else has_it:
                return True
        answers[found.name] = False
        return False

    def has_name_itself(self, found: Found, name: str) -> bool:
        """Return whether a module has, or may have, a name without the names from `import *`."""
        if found.is_open or found.summary is None or name in found.summary.names:
            return True
        if not self.filled.isdisjoint((name, "*")) or (found.summary.is_shaped and self._has_shapes):
            return True
        child = f"{found.name}.{name}"
        if found.is_package and (child in self.modules or self.has_folder(child)):
            return True
        return name in _OF_ALL or (name == "__path__" and found.is_package)

    def imports_of(self, found: Found, statement: Import) -> Iterator[str]:
        """Yield the dotted names of the modules that a statement certainly imports."""
        source = self.absolute(found, statement)
        if not source:
            return
        yield source
        package = self.modules.get(source)
        if package is not None and not package.is_package:
            return
        for name in statement.names:
            child = f"{source}.{name}"
            if child in self.modules and (
                package is None or package.summary is None or name not in package.summary.names
            ):
                yield child

    def reached(self, roots: Iterable[str], is_lazy: bool = False) -> dict[str, str | None]:
        """Return the modules that importing ``roots`` certainly imports, each with one of its importers.

        ``is_lazy``: also those that are imported when somebody asks for a name of one of them.
        """
        found: dict[str, str | None] = {}
        pending: list[tuple[str, str | None]] = [(each, None) for each in roots]
        while pending and self.steps <= _MOST_STEPS:
            name, importer = pending.pop()
            for each in self.prefixes(name):
                if each.name in found:
                    continue
                found[each.name] = importer
                pending += [(imported, each.name) for imported in self._imports_in(each, is_lazy)]
        return found

    def _imports_in(self, found: Found, is_lazy: bool) -> tuple[str, ...]:
        """Return the names that all statements of a module import, in order; several roots reach a module."""
        key = found.name, is_lazy
        if key not in self._imports:
            statements = found.summary.statements(is_lazy) if found.summary is not None else ()
            self.steps += len(statements)
            self._imports[key] = tuple(
                name
                for statement in self.own_imports(found, is_lazy)
                for name in self.imports_of(found, statement)
            )
        return self._imports[key]

    def own_imports(self, found: Found, is_lazy: bool = False) -> tuple[Import, ...]:
        """Return the statements of a module that may import a module or a folder of the wheel.

        Most import the modules of others, and are not looked at again.
        """
        if found.summary is None:
            return ()
        key = id(found.summary), is_lazy
        if key not in self._own:
            statements = found.summary.statements(is_lazy)
            self._own[key] = found.summary, tuple(filter(self._may_be_own, statements))
        return self._own[key][1]

    def _may_be_own(self, statement: Import) -> bool:
        top = statement.module.partition(".")[0]
        return statement.level > 0 or top in self.tops or top in self.places

    @cached_property
    def imported(self) -> dict[str, str | None]:
        """The modules that importing the top levels imports."""
        return self.reached(self.roots)

    @cached_property
    def entry_points(self) -> EntryPoints:
        """The entry points, none if they cannot be read."""
        path = f"{self.wheel.dist_info}/entry_points.txt"
        data = self.wheel.kept.get(path)
        if data is None or path in self.wheel.unread:
            return EntryPoints()
        try:
            return read_entry_points(data.decode("utf-8"))
        except UnicodeDecodeError:
            return EntryPoints()

    @cached_property
    def run(self) -> dict[str, str | None]:
        """The modules that the scripts import."""
        return self.reached(self.commands)

    @cached_property
    def commands(self) -> list[str]:
        """The modules that the scripts name."""
        targets = (each.target for each in self.entry_points.points() if each.is_script)
        return [each.module for each in targets if isinstance(each, Target)]

    @cached_property
    def started(self) -> list[Found]:
        """What running the commands imports after their modules, and what `python -m` imports.

        A function that a command calls is a module with the imports of the function's body.
        """
        targets = (each.target for each in self.entry_points.points() if each.is_script)
        called = (self._called(each) for each in islice(targets, _MOST_COMMANDS) if each is not None)
        functions = [each for each in called if each is not None]
        roots = [f"{name}.__main__" for name in self.roots if f"{name}.__main__" in self.modules]
        roots += [
            name
            for each in functions
            for statement in (each.summary.imports if each.summary else ())
            for name in self.imports_of(each, statement)
        ]
        return [*functions, *self.those(self.reached(roots))]

    def _called(self, target: Target) -> Found | None:
        """Return the function of a command as a module, None if it is unknown or imports nothing."""
        found = self.modules.get(target.module)
        # 5 is chosen: packages pass on a function from module to module, but not as often.
        for _ in range(5):
            if found is None or found.summary is None or len(target.attributes) != 1:
                return None
            name = target.attributes[0]
            body = dict(found.summary.bodies).get(name)
            if body is not None:
                return replace(found, summary=replace(found.summary, imports=body, lazy=(), stub_line=None))
            if not found.is_package:
                return None
            sources = [each for each in found.summary.imports if name in each.names]
            source = self.absolute(found, sources[0]) if len(sources) == 1 else None
            found = self.modules.get(source) if source else None
        return None

    def those(self, names: Iterable[str]) -> list[Found]:
        """Return the modules with these dotted names."""
        return [self.modules[name] for name in names]

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The programs that load the plug-ins, if the groups begin with their names, as in pytest11."""
        groups = [each.partition(".")[0] for each in self.entry_points.groups if each not in SCRIPTS]
        return frozenset({*groups, *(each.rstrip("0123456789") for each in groups)})

    @cached_property
    def plugged(self) -> dict[str, str | None]:
        """The modules that the plug-ins import."""
        targets = (each.target for each in self.entry_points.points() if not each.is_script)
        return self.reached([each.module for each in targets if isinstance(each, Target)])


def is_aside(name: str) -> bool:
    """Return whether a dotted name belongs to tests, examples, templates or similar folders."""
    return any(is_test_folder(part) or part.lower() in _ASIDE for part in name.split("."))


def is_public(name: str) -> bool:
    """Return whether users may import a module themselves, judged by its dotted name."""
    parts = name.split(".")
    if any(each.startswith("_") or _OF_OTHERS.fullmatch(each) for each in parts):
        return False
    # At the top level `tools` contains programs for developers, in a package a part of it.
    return not is_aside(".".join([parts[0], *(each for each in parts[1:] if each != "tools")]))


def is_importable_name(name: str) -> bool:
    """Return whether an import statement can contain a name."""
    return name.isidentifier() and not iskeyword(name)


_latest = Latest[Wheel, Packages]()


def packages_of(wheel: Wheel, modules: Mapping[str, Module]) -> Packages:
    """Return the modules of a wheel, computed once for consecutive rules."""
    return _latest.of(wheel, lambda: Packages(wheel, modules))
