"""The parts of a Cargo.toml that name other files of the project."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pkgaudit.api import TextFile
from pkgaudit.late import dataclass
from pkgaudit.rules.sdist.pyproject_file import strings

_LARGEST = 1 << 18
"""The most bytes of a Cargo.toml that are read: many times those of real ones; bounds the time."""

_MOST = 1_000
"""The most items of a list or table that are read: more than in real files; bounds the time."""

_TABLES = ("dependencies", "build-dependencies", "dev-dependencies")
"""The tables of dependencies, in a manifest and for a platform."""


@dataclass(frozen=True)
class Named:
    """A path that a key names, as it is written, and its line."""

    key: str
    path: str
    line: int | None


@dataclass(frozen=True)
class Dependency:
    """A dependency on another crate of the project.

    ``path`` is None if the workspace states it. ``is_built`` is true if every build of the crate compiles the
    dependency. ``is_for_members`` is true if cargo does not load the dependency for a crate outside the
    workspace: it is optional, or only tests need it.
    """

    name: str
    path: str | None
    line: int | None
    is_built: bool
    is_for_members: bool


@dataclass(frozen=True)
class Target:
    """A library, program, test, benchmark or example: the name of its table, its name, path and line.

    ``is_optional`` is true if cargo only compiles it with certain features.
    """

    table: str
    name: str
    path: str | None
    line: int | None
    is_optional: bool


@dataclass(frozen=True)
class Manifest:
    """The references in a Cargo.toml. ``inherits`` and ``offers`` are keys like ``package.version``."""

    name: str
    edition: str
    workspace: str | None
    is_package: bool
    is_workspace: bool
    has_auto_targets: bool
    build: Named | None
    texts: tuple[Named, ...]
    targets: tuple[Target, ...]
    dependencies: tuple[Dependency, ...]
    inherits: tuple[Named, ...]
    offers: frozenset[str]
    members: tuple[Named, ...]
    excluded: tuple[str, ...]
    shared: tuple[Named, ...]
    patches: tuple[Named, ...]


@dataclass(frozen=True)
class CargoConfig:
    """The folders that a `.cargo/config.toml` names: of vendored crates, and of crates instead of others."""

    vendored: tuple[Named, ...]
    patches: tuple[Named, ...]


def config_in(file: TextFile) -> CargoConfig | None:
    """Return the folders that the configuration of cargo in an sdist names, None if there are none."""
    if not file.path.endswith(("/.cargo/config.toml", "/.cargo/config")) or file.path.count("/") != 2:
        return None
    if len(file.data) > _LARGEST:
        return None
    return read_config(file.text)


def read_config(text: str) -> CargoConfig | None:
    """Return the folders that the text of a configuration names, None if there are none."""
    reader = _reader_of(text)
    found = reader.config() if reader is not None else None
    return found if found is not None and (found.vendored or found.patches) else None


def manifest_in(file: TextFile) -> Manifest | None:
    """Return the references in a Cargo.toml of an sdist, None if it cannot be read."""
    if not file.window.whole or len(file.data) > _LARGEST:
        return None
    return read_manifest(file.text)


def read_manifest(text: str) -> Manifest | None:
    """Return the references in the text of a Cargo.toml, None if it is not TOML."""
    reader = _reader_of(text)
    return reader.manifest() if reader is not None else None


def _reader_of(text: str) -> _Reader | None:
    import tomli

    try:
        return _Reader(text, tomli.loads(text))
    except (ValueError, TypeError, RecursionError, OverflowError):
        return None  # cargo reports it: the author saw that the crate does not compile


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class _Reader:
    def __init__(self, text: str, tables: dict[str, Any]) -> None:
        self.text = text
        self.tables = tables
        self.package = _table(tables, "package") or _table(tables, "project")
        self.root = _table(tables, "workspace")
        self.searches = 0

    def line(self, text: str) -> int | None:
        """Return the line of the first string with a text."""
        self.searches += 1
        if self.searches > _MOST:
            return None
        found = max(self.text.find(f'"{text}"'), self.text.find(f"'{text}'"))
        return self.text.count("\n", 0, found) + 1 if found >= 0 else None

    def named(self, key: str, value: Any) -> Named | None:
        return Named(key, value, self.line(value)) if isinstance(value, str) and value else None

    def manifest(self) -> Manifest:
        build = self.package.get("build")
        dependencies = tuple(islice(self._dependencies(), _MOST))
        return Manifest(
            _text(self.package.get("name")) or "",
            _text(self.package.get("edition", "")) or "workspace",
            _text(self.package.get("workspace")),
            bool(self.package),
            "workspace" in self.tables,
            all(self.package.get(key, True) is True for key in ("autolib", "autobins")),
            Named("package.build", "build.rs", None) if build is True else self.named("package.build", build),
            tuple(self._texts()),
            tuple(self._targets()),
            dependencies,
            tuple(self._inherits(dependencies)),
            frozenset(self._offers()),
            tuple(Named("workspace.members", each, self.line(each)) for each in self._list("members")),
            tuple(self._list("exclude")),
            tuple(self._shared()),
            tuple(self._patches()),
        )

    def config(self) -> CargoConfig:
        return CargoConfig(tuple(self._vendored()), tuple(self._patches()))

    def _vendored(self) -> Iterator[Named]:
        """Yield the folder that replaces crates.io, if one does."""
        sources = _table(self.tables, "source")
        name = "crates-io"
        for _ in range(10):  # each may replace the next one; more than in real files
            replacement = _table(sources, name).get("replace-with")
            if not isinstance(replacement, str):
                break
            name = replacement
        if name != "crates-io" and (
            found := self.named(f"source.{name}.directory", _table(sources, name).get("directory"))
        ):
            yield found

    def _list(self, key: str) -> list[str]:
        return strings(self.root.get(key))[:_MOST]

    def _texts(self) -> Iterator[Named]:
        for where, table in (("package", self.package), ("workspace.package", _table(self.root, "package"))):
            for key in ("readme", "license-file"):
                value = "README.md" if key == "readme" and table.get(key) is True else table.get(key)
                if found := self.named(f"{where}.{key}", value):
                    yield found

    def _targets(self) -> Iterator[Target]:
        for table in ("lib", "bin", "example", "test", "bench"):
            value = self.tables.get(table)
            for each in [value] if isinstance(value, dict) else value if isinstance(value, list) else ():
                if isinstance(each, dict):
                    name, path = _text(each.get("name")) or "", _text(each.get("path"))
                    is_optional = bool(each.get("required-features"))
                    yield Target(table, name, path, self.line(path or name), is_optional)

    def _dependencies(self) -> Iterator[Dependency]:
        places = [(self.tables, True)]
        places += [(each, False) for each in list(_table(self.tables, "target").values())[:_MOST]]
        for tables, is_always in places:
            for kind in _TABLES:
                for name, value in list(_table(tables, kind).items())[:_MOST]:
                    path = _text(value.get("path")) if isinstance(value, dict) else None
                    if not isinstance(value, dict) or (path is None and value.get("workspace") is not True):
                        continue
                    is_spared = kind == "dev-dependencies" or value.get("optional") is True
                    line = self.line(path) if path else None
                    yield Dependency(name, path, line, is_always and not is_spared, is_spared)

    def _inherits(self, dependencies: tuple[Dependency, ...]) -> Iterator[Named]:
        for key, value in list(self.package.items())[:_MOST]:
            if _table(value).get("workspace") is True:
                yield Named(f"package.{key}", "", None)
        if _table(self.tables, "lints").get("workspace") is True:
            yield Named("lints", "", None)
        for each in dependencies:
            if each.path is None:
                yield Named(f"dependencies.{each.name}", "", None)

    def _offers(self) -> Iterator[str]:
        yield from (f"package.{key}" for key in list(_table(self.root, "package"))[:_MOST])
        yield from (f"dependencies.{key}" for key in list(_table(self.root, "dependencies"))[:_MOST])
        if "lints" in self.root:
            yield "lints"

    def _shared(self) -> Iterator[Named]:
        for name, value in list(_table(self.root, "dependencies").items())[:_MOST]:
            if found := self.named(name, _table(value).get("path")):
                yield found

    def _patches(self) -> Iterator[Named]:
        for source, table in list(_table(self.tables, "patch").items())[:_MOST]:
            for name, value in list(_table(table).items())[:_MOST]:
                if found := self.named(f"patch.{source}.{name}", _table(value).get("path")):
                    yield found


def default_paths(table: str, name: str) -> list[str]:
    """Return the paths at which cargo looks for a target without ``path``, in editions from 2018 on."""
    folder = {"bin": "src/bin", "example": "examples", "test": "tests", "bench": "benches"}[table]
    return [posixpath.join(folder, f"{name}.rs"), posixpath.join(folder, name, "main.rs")]
