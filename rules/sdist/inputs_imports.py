"""Find imports of setup.py that fail in an isolated build, where only the build requirements are installed.

Tried with setuptools 65 and 84: ``setuptools.build_meta`` does not put the root folder on ``sys.path``,
``setuptools.build_meta:__legacy__`` does, which is also used if no backend is named.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from pkgaudit.api import Location, PythonFile, Severity, Summaries, normalize, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.import_names import (
    Projects,
    distributions_of,
    is_same_name,
    is_standard,
    project_of,
    with_theirs,
)
from pkgaudit.rules.sdist.inputs_script import Script, imported
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, missing
from pkgaudit.rules.sdist.pyproject_file import Pyproject, strings

_MOST = 200
"""The most imports of a module that are read: more than in real ones."""

_MOST_FOLLOWED = 2_000
"""The most names of modules that are followed from setup.py: more than in real ones; bounds the time."""

_NEAR = re.compile(
    r"[^/]+/(?:[^/]+\.py|(?:src/)?(?!(?:tests?|docs?|examples?|benchmarks?)/)[^/]+/__init__\.py)"
)
"""Modules beside setup.py, and packages, in an sdist."""

_LONGEST = 300
"""The most characters of a dotted name that is followed: more than in real ones."""

_TOOLS: dict[str, str] = {
    "babel": "",
    "certifi": "",
    "cmake": "",
    "cppy": "setuptools",
    "cython": "",
    "extension-helpers": "setuptools",
    "gitpython": "gitdb smmap",
    "hatchling": "packaging pathspec pluggy tomli trove-classifiers",
    "mpi4py": "",
    "mypy": "mypy-extensions typing-extensions tomli pathspec librt",
    "nanobind": "",
    "ninja": "",
    "oldest-supported-numpy": "numpy",
    "pbr": "setuptools",
    "petsc4py": "numpy",
    "pip": "",
    "pkgconfig": "",
    "poetry-core": "",
    "py-cpuinfo": "",
    "pybind11": "",
    "pybind11-global": "",
    "pytest-runner": "",
    "pythran": "beniget gast numpy ply",
    "scikit-build": "distro packaging setuptools tomli typing-extensions wheel",
    "semantic-version": "",
    "setuptools-git-versioning": "packaging setuptools tomli",
    "setuptools-rust": "semantic-version setuptools",
    "setuptools-scm": "packaging setuptools tomli typing-extensions vcs-versioning",
    "setuptools-scm-git-archive": "setuptools setuptools-scm",
    "sphinx-rtd-theme": "sphinx",
    "tomlkit": "",
    "vcs-versioning": "packaging tomli typing-extensions",
    "versioneer": "tomli",
}
"""Usual build requirements that the data on import names lacks, with everything that they install.

From their metadata on PyPI in 2026-11; extras are not here. Together with that data, it tells whether a
list of requirements can bring a module.
"""

_FIRST_WITHOUT = "82.0.1"
"""A version of setuptools without pkg_resources, which 82.0.0 removed."""

_VENDORED = frozenset(
    {
        "autocommand",
        "backports",
        "importlib_metadata",
        "jaraco",
        "more_itertools",
        "packaging",
        "platformdirs",
        "tomli",
        "wheel",
        "zipp",
    }
)
"""Modules in a folder that setuptools appends to ``sys.path``, as setuptools 71 to 84 do.

Version 70 and older do not, but an isolated build installs the newest version that the requirement allows.
"""

_HELPER = re.compile(
    r"\A_|\A(?:my|local)|(?<!py)build|setup(?!tools)|helper|util|version|config|tool|common|extension|compile"
)
"""Parts of the names of modules that projects write for their own setup.py."""


@dataclass(frozen=True)
class TopImports:
    """The imports that a module of an sdist certainly runs, as dotted names with their lines.

    The names after the first of a group are submodules only if they exist.
    """

    groups: tuple[tuple[tuple[str, ...], int], ...]


def top_imports(file: PythonFile) -> TopImports | None:
    """Return the certain imports of a module that setup.py may import, None if there are none.

    These are modules beside it, and the ``__init__`` of a package. Parsing all modules of an sdist would take
    longer than the rest of its audit.
    """
    path = file.path
    if not _NEAR.fullmatch(path):
        return None
    if b"import" not in file.data:
        return None
    package = path.removesuffix(".py").split("/")[:-1]
    nodes = (file.tree.body if file.tree else ())[:_MOST]
    groups = tuple(islice((group for node in nodes for group in imported(node, package)), _MOST))
    return TopImports(groups) if groups else None


def import_inputs(
    root: str, tree: Tree, script: Script, pyproject: Pyproject | None, modules: Summaries[TopImports]
) -> Iterator[Missing]:
    """Yield the modules that setup.py imports, itself or through its own modules, and a build lacks."""
    yield from _Imports(root, tree, script, pyproject, modules).inputs()


class _Imports:
    def __init__(
        self,
        root: str,
        tree: Tree,
        script: Script,
        pyproject: Pyproject | None,
        modules: Summaries[TopImports],
    ) -> None:
        self.root = root
        self.tree = tree
        self.script = script
        self.pyproject = pyproject
        self.modules = modules
        self.followed: set[str] = set()
        named = pyproject.value("build-system", "requires") if pyproject is not None else None
        requires = [_project(each) for each in strings(named)[:_MOST]] or ["setuptools"]
        known, self.is_closed = with_theirs(_with_tools(requires))
        self.requires = Projects(known.union(requires))
        self.vendored = _VENDORED if "setuptools" in known.union(requires) else frozenset()

    @property
    def has_root(self) -> bool:
        """Whether the root folder is on ``sys.path`` when setup.py runs."""
        backend = (
            self.pyproject.value("build-system", "build-backend") if self.pyproject is not None else None
        )
        return backend is None or backend == "setuptools.build_meta:__legacy__"

    @property
    def changes_path(self) -> bool:
        return (
            re.search(r"\bsys\b.{0,20}\bpath\b|addsitedir|chdir|load_module|importlib", self.script.text)
            is not None
        )

    def inputs(self) -> Iterator[Missing]:
        top = self.root
        path = f"{top}/setup.py"
        seen: set[str] = set()
        for names, line in self.script.imports:
            name = names[0].partition(".")[0]
            if name in seen or not name.isidentifier():
                continue
            seen.add(name)
            is_own = self._file(name) is not None or self.tree.is_folder(name)
            if name == "pkg_resources":
                yield from self._without_pkg_resources(path, line)
            elif _is_given(name):
                continue
            elif is_own and not (self.has_root or self.changes_path):
                if not self.requires.provide(name) and self._file(name) is not None:
                    yield self._not_on_path(name, path, line)
            elif is_own:
                yield from self._through(names, line)
            elif self._may_be_lost(name):
                yield from self._lost(name, path, line)

    def _file(self, dotted: str) -> str | None:
        """Return the path of a module or package in the root folder, None if it is not there."""
        stem = dotted.replace(".", "/")
        return next((each for each in (f"{stem}.py", f"{stem}/__init__.py") if self.tree.is_file(each)), None)

    def _without_pkg_resources(self, path: str, line: int) -> Iterator[Missing]:
        has_cap = self.pyproject is not None and not self.pyproject.builds_with("setuptools", _FIRST_WITHOUT)
        if not has_cap and self._file("pkg_resources") is None:
            yield Missing(
                "",
                "setup.py imports 'pkg_resources', which setuptools 82 removed, so a build with it fails",
                Location(path, line),
                Severity.WARNING,
                "use importlib.metadata or importlib.resources instead, or require 'setuptools<82' "
                "in `build-system.requires`",
                "pkg_resources",
            )

    def _not_on_path(self, name: str, path: str, line: int) -> Missing:
        return Missing(
            "",
            f"setup.py imports {quoted(name)} from the root folder, which the backend setuptools.build_meta "
            f"does not put on `sys.path`, {FAILS}",
            Location(path, line),
            fix="add at the top of setup.py: import os, sys; "
            "sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))",
            needs=name,
        )

    def _lost(self, name: str, path: str, line: int, through: str = "") -> Iterator[Missing]:
        """Yield a module that neither the sdist nor the build requirements provide."""
        if self.tree.ends_with(f"{name}.py", f"{name}/__init__.py") or self._is_elsewhere(name):
            return
        project = (distributions_of(name) or (project_of(name) or _tool(name),))[0]
        subject = f"setup.py imports {quoted(name)}"
        if through:
            subject = f"setup.py imports {quoted(through)}, which imports {quoted(name)}"
        if not project and _HELPER.search(name.lower()) is not None:
            if not self.script.is_tame:
                return  # it may make the module
            message = f"{subject}, which is not in the sdist and not in `build-system.requires`, {FAILS}"
            yield missing(self.tree, f"{name}.py", message, Location(path, line), needs=name)
            return
        has_requires = self.pyproject is not None and "build-system" in self.pyproject.tables
        reason = "which `build-system.requires` does not bring, so an isolated build fails"
        if not has_requires:
            reason = "but without `build-system.requires`, an isolated build only installs setuptools"
        yield Missing(
            "",
            f"{subject}, {reason}",
            Location(path, line),
            Severity.WARNING,
            f"add {project or name!r} to `build-system.requires` in pyproject.toml",
            name,
            field="build-system.requires",
        )

    def _is_elsewhere(self, name: str) -> bool:
        """Return whether a folder or compiled module in the sdist has the name of a module."""
        return name in self._folder_names or self.tree.is_module(name)

    @cached_property
    def _folder_names(self) -> set[str]:
        return {posixpath.basename(each) for each in self.tree.folders}

    def _through(self, names: tuple[str, ...], line: int) -> Iterator[Missing]:
        """Follow the imports of the project's own modules in the root folder, each module once."""
        first = names[0]
        if (
            "." in first
            and self._file(first.partition(".")[0])
            and not self.tree.is_module(first.replace(".", "/"))
        ):
            return
        pending = deque(self._new((first.partition(".")[0], *names)))
        while pending:
            dotted = pending.popleft()
            file = self._file(dotted)
            found = self.modules.get(f"{self.root}/{file}") if file is not None else None
            for group, _ in found.groups if found is not None else ():
                top = group[0].partition(".")[0]
                if top.startswith("/"):
                    named = [each.removeprefix(f"/{self.root}/").replace("/", ".") for each in group]
                elif self._file(top) or self.tree.is_folder(top):
                    named = [top, *group]
                elif self._is_known(top) and self._may_be_lost(top):
                    yield from self._lost(top, f"{self.root}/setup.py", line, dotted)
                    return
                else:
                    continue
                pending.extend(self._new(named))

    def _new(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the names of modules that were not followed yet."""
        for each in names:
            if each not in self.followed and len(self.followed) < _MOST_FOLLOWED:
                self.followed.add(each)
                yield each

    def _is_known(self, name: str) -> bool:
        """Return whether a known project has a module with the name."""
        return bool(distributions_of(name) or project_of(name) or _tool(name))

    def _may_be_lost(self, name: str) -> bool:
        """Return whether the build requirements do not bring a module."""
        if name in self.vendored or _is_given(name):
            return False
        return self.is_closed and not self.requires.provide(name)


def _is_given(name: str) -> bool:
    """Return whether setuptools or Python provides a module in every build."""
    return name in ("setuptools", "_distutils_hack", "distutils", "pkg_resources") or is_standard(name)


def _tool(name: str) -> str:
    """Return the usual build requirement with the name of a module, or ""."""
    return next((each for each in _TOOLS if is_same_name(each, name)), "")


def _project(requirement: str) -> str:
    match = re.match(r"[\s]{0,99}([A-Za-z0-9][\w.-]{0,200})", requirement)
    return normalize(match[1]) if match else ""


def _with_tools(requires: list[str]) -> set[str]:
    """Return build requirements, with those of tools that the data on import names does not know."""
    found: set[str] = set()
    for each in requires:
        found |= set(_TOOLS[each].split()) if each in _TOOLS else {each}
    return found
