"""The version that the build backend reads from the files of an sdist, if it does not trust PKG-INFO.

The readers follow flit, setuptools, pdm, poetry, maturin and meson-python. hatchling, scikit-build-core and
plugins that ask version control take the version of an sdist from PKG-INFO, or are not known.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from configparser import RawConfigParser

from pkgaudit.api import Location, PythonFile, Sdist, Summaries, TextFile, Words
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.sdist.inputs_script import Script
from pkgaudit.rules.sdist.inputs_setuptools import read_setup_cfg
from pkgaudit.rules.sdist.pyproject_file import Pyproject, strings

_LARGEST = 1 << 20
"""The most bytes of a file that is searched: many times those of real ones; bounds the time."""

_SMALL = 100
"""The most bytes of a file that contains only a version. Chosen: a version has less than 60."""

_MOST = 50
"""The most assignments of a module that are kept. Chosen: modules with versions have a few."""

_WORD = Words(b"ersion", ignores_case=True)

_ASSIGNED = lazy(
    r"^[ \t]*(\w{0,60}version\w{0,60})[ \t]{0,60}(?::[^=\n]{0,100})?[^\s=]{0,2}=[^=]",
    re.IGNORECASE | re.MULTILINE,
)
"""An assignment of a version, in any block; no real name is longer, and the numbers bound the time."""

_PLAIN = lazy(r"\s{0,20}([0-9][\w.+!-]{0,60})\s{0,20}")
"""The complete content of a file such as VERSION."""

_CARGO = lazy(r"""^\[package\][ \t]*$(?:\n(?!\[).*)*?\nversion[ \t]*=[ \t]*"([^"\n]{1,60})\"""", re.MULTILINE)
_MESON = lazy(r"^project\s*\([^()]{0,2000}?\bversion\s*:\s*'([^'\n]{1,60})'", re.MULTILINE)


@dataclass(frozen=True)
class Assigned:
    """The versions that a module assigns: the name, the version and the line of each."""

    versions: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Stated:
    """The version that a text states, and its line."""

    version: str
    line: int


@dataclass(frozen=True)
class Computed:
    """A version that a build reads: the version, its place, and what makes the backend read it."""

    version: str
    place: Location
    how: str


def assigned_in(file: PythonFile) -> Assigned | None:
    """Return the versions that a module of an sdist assigns once, at module level, as constant texts."""
    if not file.window.has(_WORD) or len(file.data) > _LARGEST:
        return None
    text = file.source or ""
    counts = Counter(match[1] for match in _ASSIGNED.finditer(text))
    if not counts or file.tree is None:
        return None
    found = []
    for node in file.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if len(targets) != 1 or not isinstance(targets[0], ast.Name) or not isinstance(value, ast.Constant):
            continue
        name = targets[0].id
        if isinstance(value.value, str) and counts[name] == 1:
            found.append((name, value.value[:100], node.lineno))  # no version is longer
        if len(found) == _MOST:
            break
    return Assigned(tuple(found)) if found else None


def stated_in(file: TextFile) -> Stated | None:
    """Return the version that a text of an sdist states: a version file, Cargo.toml or meson.build."""
    if not file.window.whole or len(file.data) > _LARGEST:
        return None
    name = file.member.name
    if name in ("Cargo.toml", "meson.build"):
        text = file.text.replace("\r\n", "\n")
        if name == "meson.build":
            text = re.sub(r"#[^\n]*", "", text)
        match = (_CARGO if name == "Cargo.toml" else _MESON).search(text)
        return Stated(match[1], text.count("\n", 0, match.start(1)) + 1) if match else None
    plain = _PLAIN.fullmatch(file.text) if len(file.data) <= _SMALL else None
    return Stated(plain[1], 1) if plain else None


@dataclass(frozen=True)
class _Files:
    """The versions that the files of an sdist state, by path below its root folder."""

    sdist: Sdist
    modules: Summaries[Assigned]
    texts: Summaries[Stated]

    def module(self, paths: Iterable[str], name: str, how: str) -> Iterator[Computed]:
        """Yield the version that the one existing of several files assigns to a name."""
        root = self.sdist.root
        there = [path for path in dict.fromkeys(paths) if f"{root}/{path}" in self.sdist.by_path]
        if len(there) != 1:
            return
        assigned = self.modules.get(f"{root}/{there[0]}")
        for key, version, line in assigned.versions if assigned else ():
            if key == name:
                yield Computed(version, Location(f"{root}/{there[0]}", line), how)

    def text(self, path: str, how: str) -> Iterator[Computed]:
        """Yield the version that a text states."""
        full = f"{self.sdist.root}/{posixpath.normpath(path[:500])}"  # no real path is longer
        stated = self.texts.get(full)
        if stated is not None:
            yield Computed(stated.version, Location(full, stated.line), how)


def computed_version(
    sdist: Sdist,
    pyproject: Pyproject | None,
    script: Script | None,
    modules: Summaries[Assigned],
    texts: Summaries[Stated],
) -> Computed | None:
    """Return the version that a build of an sdist will have, None if it is static, or cannot be known."""
    files = _Files(sdist, modules, texts)
    backend = pyproject.backend if pyproject is not None else "setuptools"
    if pyproject is not None and pyproject.project.get("version") is not None:
        return None
    if pyproject is not None and pyproject.project and "version" not in pyproject.dynamic:
        return None
    reader = _READERS.get(backend or "")
    return next(reader(files, pyproject, script), None) if reader is not None else None


def _flit(files: _Files, pyproject: Pyproject | None, script: Script | None) -> Iterator[Computed]:
    if pyproject is None or not pyproject.project:
        return
    name = pyproject.value("tool", "flit", "module", "name") or pyproject.project.get("name")
    if isinstance(name, str):
        yield from files.module(_places(name.replace("-", "_"), ("", "src/")), "__version__", "flit reads it")


def _places(module: str, folders: Iterable[str]) -> Iterator[str]:
    stem = module.strip()[:200].replace(".", "/")  # no real name is longer
    for folder in folders:
        yield f"{folder}{stem}.py"
        yield f"{folder}{stem}/__init__.py"


def _setuptools(files: _Files, pyproject: Pyproject | None, script: Script | None) -> Iterator[Computed]:
    has_script = f"{files.sdist.root}/setup.py" in files.sdist.by_path
    if has_script and script is None:
        return
    text = script.text if script is not None else ""
    if any(word in text for word in ("pbr", "scm", "**")):
        return  # a plug-in or a function provides the version
    if script is not None and script.version and not (pyproject is not None and pyproject.project):
        place = Location(f"{files.sdist.root}/setup.py", script.line or None)
        yield Computed(script.version, place, "setup.py states it")
        return
    if "version" in text.lower() or "cmdclass" in text or "pbr" in text:
        return
    if pyproject is not None and pyproject.project:
        keys = ("tool", "setuptools", "dynamic", "version")
        attribute, named = pyproject.value(*keys, "attr"), strings(pyproject.value(*keys, "file"))
        folders = pyproject.table("tool", "setuptools", "package-dir")
    else:
        attribute, named, folders = None, [], {}
        parser = _setup_cfg(files.sdist)
        value = (parser.get("metadata", "version", fallback="") if parser else "").strip()
        kind, _, rest = value.partition(":")
        if parser is None or not value:
            return
        if kind == "attr" and rest:
            attribute = rest.strip()
        elif kind == "file" and rest:
            named = [each.strip() for each in re.split(r"[,\n]", rest) if each.strip()]
        elif not rest:
            yield Computed(value, Location(f"{files.sdist.root}/setup.cfg"), "setup.cfg states it")
        lines = parser.get("options", "package_dir", fallback="").splitlines()
        folders = dict(each.strip().partition("=")[::2] for each in lines if "=" in each)
    if isinstance(attribute, str):
        module, _, name = attribute.strip().rpartition(".")
        yield from files.module(_mapped(module, folders), name, "setuptools reads it")
    if len(named) == 1:
        yield from files.text(named[0], "setuptools reads it")


def _mapped(module: str, folders: Mapping[str, object]) -> list[str]:
    """Return the paths at which setuptools looks for a module, with the folders of ``package-dir``.

    A key is a package, and that nearest to the module decides. Without a key, the layout is not known.
    """
    package, rest = module.strip()[:200], ""  # no real name is longer
    plain = {key.strip(): each.strip().rstrip("/") for key, each in folders.items() if isinstance(each, str)}
    while package and package not in plain:
        package, _, last = package.rpartition(".")
        rest = f"/{last}{rest}"
    if not package and "" not in plain:
        return list(_places(module, ("", "src/")))
    stem = posixpath.normpath(f"{plain[package]}{rest}".lstrip("/") or ".")
    return [f"{stem}.py", posixpath.join(stem, "__init__.py")]


def _setup_cfg(sdist: Sdist) -> RawConfigParser | None:
    path = sdist.in_root("setup.cfg")
    if path is None or path in sdist.unread or len(sdist.kept[path]) > _LARGEST:
        return None
    read = read_setup_cfg(sdist.kept[path])
    return read[1] if read is not None else None


def _pdm(files: _Files, pyproject: Pyproject | None, script: Script | None) -> Iterator[Computed]:
    table = pyproject.table("tool", "pdm", "version") if pyproject is not None else {}
    path = table.get("path")
    if table.get("source") == "file" and isinstance(path, str):
        yield from files.module([posixpath.normpath(path[:500])], "__version__", "pdm-backend reads it")


def _poetry(files: _Files, pyproject: Pyproject | None, script: Script | None) -> Iterator[Computed]:
    value = pyproject.value("tool", "poetry", "version") if pyproject is not None else None
    if pyproject is not None and isinstance(value, str):
        yield Computed(value, pyproject.place("tool", "poetry", "version"), "`tool.poetry.version` states it")


def _maturin(files: _Files, pyproject: Pyproject | None, script: Script | None) -> Iterator[Computed]:
    path = pyproject.value("tool", "maturin", "manifest-path") if pyproject is not None else None
    yield from files.text(path if isinstance(path, str) else "Cargo.toml", "maturin reads it")


def _meson(files: _Files, pyproject: Pyproject | None, script: Script | None) -> Iterator[Computed]:
    yield from files.text("meson.build", "meson-python reads it")


_READERS = {
    "flit": _flit,
    "maturin": _maturin,
    "meson-python": _meson,
    "pdm": _pdm,
    "poetry": _poetry,
    "setuptools": _setuptools,
}
"""The readers by backend; each yields at most one version."""
