"""Find the crates and sources that cargo needs to build a package and the sdist lacks.

The reader follows cargo 1.95, with which each case was tried (see tests/rules/sdist/test_inputs_rust.py).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from pkgaudit.api import Location, Sdist, Severity, Summaries, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, effect_of, missing
from pkgaudit.rules.sdist.pyproject_file import Pyproject, strings
from pkgaudit.rules.sdist.rust_manifest import CargoConfig, Dependency, Manifest, Named, Target, default_paths
from pkgaudit.rules.sdist.rust_source import RustSource

_MOST = 20_000
"""The most crates, dependencies and sources that are followed: more than in real sdists; bounds the time."""

_LOCKING = ("--locked", "--frozen")

_KINDS = {"bin": "bin", "pyo3": "lib", "pyo3-ffi": "lib", "cffi": "lib", "uniffi": "lib"}
"""The kind of target that maturin compiles for each value of ``bindings``."""


@dataclass(frozen=True)
class Crate:
    """A crate that the build backend compiles: the folder, and where it is named.

    ``locking`` is the option with which cargo does not write a Cargo.lock, or "". ``reads_texts`` is true if
    the backend reads the readme and license of the crate. ``kind`` is the kind of target that the backend
    compiles, "lib" or "bin", or "" if only the crate shows this.
    """

    folder: str
    place: Location
    locking: str = ""
    reads_texts: bool = False
    kind: str = ""


def crates_of(pyproject: Pyproject, tree: Tree) -> Iterator[Crate]:
    """Yield the crates that pyproject.toml names: those of maturin and setuptools-rust."""
    if pyproject.backend == "maturin":
        settings = pyproject.table("tool", "maturin")
        default = "Cargo.toml"
        if not tree.is_file(default) and tree.is_file(f"rust/{default}"):
            default = f"rust/{default}"  # maturin finds it if the Python code is in src
        path = settings.get("manifest-path", default)
        locking = next((f"--{key}" for key in ("locked", "frozen") if settings.get(key) is True), "")
        if isinstance(path, str):
            place = pyproject.place("tool", "maturin", "manifest-path")
            bindings = settings.get("bindings") if "targets" not in settings else None
            kind = _KINDS.get(bindings, "") if isinstance(bindings, str) else ""
            yield Crate(posixpath.dirname(path), place, locking, reads_texts=True, kind=kind)
    elif pyproject.backend == "setuptools":
        keys = ("tool", "setuptools-rust", "ext-modules")
        modules = pyproject.value(*keys)
        for module in modules[:_MOST] if isinstance(modules, list) else ():
            path = module.get("path", "Cargo.toml") if isinstance(module, dict) else None
            if isinstance(path, str) and module.get("optional") is not True:
                given = [*strings(module.get("args")), *strings(module.get("cargo-manifest-args"))]
                yield Crate(posixpath.dirname(path), pyproject.place(*keys), locking_of(given))


def locking_of(arguments: list[str]) -> str:
    """Return the argument with which cargo does not write a Cargo.lock, or ""."""
    return next((each for each in _LOCKING if each in arguments), "")


def rust_inputs(
    sdist: Sdist,
    tree: Tree,
    crates: Iterable[Crate],
    manifests: Summaries[Manifest],
    sources: Summaries[RustSource],
    configs: Summaries[CargoConfig],
) -> Iterator[Missing]:
    """Yield the crates and sources that the sdist lacks, and that cargo needs to build the crates."""
    build = _Build(sdist, tree, manifests, sources)
    unique = list(dict.fromkeys(crates))
    for crate in unique:
        yield from build.inputs(crate)
    if unique:
        yield from _configured(tree, configs)


def _configured(tree: Tree, configs: Summaries[CargoConfig]) -> Iterator[Missing]:
    """Yield the folders that the configuration of cargo in the root folder names."""
    for member, config in configs.items():
        for each in config.patches:
            path = tree.local(posixpath.join(each.path, "Cargo.toml"))
            if path is not None and not tree.is_file(path):
                message = f"`{each.key}` names {quoted(each.path)}, but {quoted(path)} is not in the sdist"
                place = Location(member, each.line)
                yield missing(tree, path, f"{message}, {FAILS}", place, field=each.key, needs=each.path)
        for each in config.vendored:
            path = tree.local(each.path)
            if path is not None and not tree.is_folder(path):
                # A crate without dependencies needs no folder of crates; nearly all have some.
                severity = Severity.WARNING
                message = f"`{each.key}` names the folder {quoted(path)}, which is not in the sdist"
                place = Location(member, each.line)
                message = f"{message}, {effect_of(severity)}"
                yield missing(tree, path, message, place, severity, field=each.key, needs=each.path)


@dataclass(frozen=True)
class _Names:
    """What the manifest of a workspace names: folders, None for those outside the sdist, and crates."""

    excluded: set[str | None]
    members: set[str | None]
    shared: dict[str, Named]


class _Build:
    """A search for the inputs of several crates, with one limit of its steps."""

    def __init__(
        self, sdist: Sdist, tree: Tree, manifests: Summaries[Manifest], sources: Summaries[RustSource]
    ) -> None:
        self.root = sdist.root or ""
        self.tree = tree
        self.manifests = manifests
        self.sources = sources
        self.workspace: str | None = None
        self.members: set[str] = set()
        self.knows_members = not tree.links
        self.seen: set[str] = set()
        self.kinds: dict[str, str] = {}
        self.workspaces: dict[str, str | None] = {}
        self.names: dict[str, _Names] = {}
        self.steps = 0

    def inputs(self, crate: Crate) -> Iterator[Missing]:
        folder = self.tree.local(crate.folder or ".")
        self.steps += 1
        if folder is None or self.steps >= _MOST:
            return
        path = posixpath.join(folder, "Cargo.toml")
        if not self.tree.is_file(path):
            message = f"{quoted(path)}, the manifest of a Rust crate, is not in the sdist, {FAILS}"
            yield missing(self.tree, path, message, crate.place)
            return
        if self.manifest(folder) is None:
            return
        self.members = set()
        self.workspace = self.workspace_of(folder)
        self.kinds[folder] = crate.kind
        if self.workspace is not None:
            yield from self._members(self.workspace)
            yield from self._crates()
            yield from self._stranger(folder, self.workspace)
        self.members.add(folder)
        yield from self._crates()
        yield from self._compiled(folder)
        top = self.workspace if self.workspace is not None else folder
        for patch in self._patches(top):
            yield from self._gone_crate(top, posixpath.join(top, patch.path), patch)
        lock = posixpath.join(top, "Cargo.lock")
        if crate.locking and not self.tree.is_file(lock):
            message = f"{quoted(lock)} is not in the sdist, and cargo runs with {crate.locking}, {FAILS}"
            yield missing(self.tree, lock, message, crate.place)
        if crate.reads_texts:
            yield from self._texts(folder)

    def manifest(self, folder: str) -> Manifest | None:
        return self.manifests.get(posixpath.join(self.root, folder, "Cargo.toml"))

    def place(self, folder: str, line: int | None = None) -> Location:
        return Location(posixpath.join(self.root, folder, "Cargo.toml"), line)

    def local(self, folder: str, path: str) -> str | None:
        """Return the folder that a manifest names, None if it is outside the sdist."""
        return self.tree.local(posixpath.join(folder, path) or ".")

    def workspace_of(self, folder: str) -> str | None:
        """Return the folder of the manifest with the workspace of a crate, as cargo searches it."""
        if folder not in self.workspaces:
            self.workspaces[folder] = self._search_workspace(folder)
        return self.workspaces[folder]

    def _search_workspace(self, folder: str) -> str | None:
        at: str | None = folder
        while at is not None:
            manifest = self.manifest(at)
            if manifest is not None and manifest.is_workspace:
                names = self._names(at, manifest)
                is_excluded = not names.excluded.isdisjoint(_with_parents(folder))
                return None if is_excluded and folder not in names.members else at
            if manifest is not None and manifest.workspace is not None:
                found = self.local(at, manifest.workspace)
                return found if found is not None and self.manifest(found) else None
            at = posixpath.dirname(at) if at else None
        return None

    def _names(self, top: str, manifest: Manifest) -> _Names:
        """Return the folders and crates that the manifest of a workspace names."""
        if top not in self.names:
            self.steps += len(manifest.excluded) + len(manifest.members)
            self.names[top] = _Names(
                {self.local(top, each) for each in manifest.excluded},
                {self.local(top, each.path) for each in manifest.members},
                {each.key: each for each in reversed(manifest.shared)},
            )
        return self.names[top]

    def _members(self, top: str) -> Iterator[Missing]:
        """Find the members of a workspace, and yield those without a manifest."""
        manifest = self.manifest(top)
        if manifest is None:
            return
        if manifest.is_package:
            self.members.add(top)
        excluded = self._names(top, manifest).excluded
        self.steps += len(manifest.members)
        for member in manifest.members:
            pattern = self.local(top, member.path)
            if pattern is None:
                yield self._outside(top, member, member.path)
            elif not re.search(r"[*?\[]", pattern):
                self.members.add(pattern)
                yield from self._gone_crate(top, pattern, member)
            elif "**" not in pattern and not self.tree.links:
                found = [each for each in self.tree.folders_like(pattern) if each not in excluded]
                self.members.update(found)
                for each in found:
                    yield from self._gone_crate(top, each, member)
                if not found and not self.tree.matches(pattern):
                    message = f"no folder of the sdist matches {quoted(member.path)} in `{member.key}`"
                    place = self.place(top, member.line)
                    yield missing(self.tree, "", f"{message}, {FAILS}", place, needs=member.path)
                self.knows_members &= bool(found)
            else:
                self.knows_members = False

    def _stranger(self, folder: str, top: str) -> Iterator[Missing]:
        """Yield the problem that a crate is below a workspace to which it does not belong."""
        is_known = self.knows_members and self.steps < _MOST
        if not is_known or folder in self.members or folder == top:
            return
        path, above = (quoted(posixpath.join(each, "Cargo.toml")) for each in (folder, top))
        message = f"the workspace of {above} neither lists nor excludes {path} below it, {FAILS}"
        name = quoted(posixpath.relpath(folder or ".", top or "."))
        fix = f"add {name} to `workspace.members` or `workspace.exclude` in {above}"
        yield Missing("", message, self.place(top), fix=fix, needs=folder, field="workspace.members")

    def _gone_crate(self, folder: str, crate: str, named: Named) -> Iterator[Missing]:
        plain = self.tree.local(crate or ".")
        if plain is None:
            yield self._outside(folder, named, named.path)
        elif not self.tree.is_file(path := posixpath.join(plain, "Cargo.toml")):
            message = f"`{named.key}` names {quoted(named.path)}, but {quoted(path)} is not in the sdist"
            place = self.place(folder, named.line)
            yield missing(self.tree, path, f"{message}, {FAILS}", place, field=named.key, needs=named.path)

    def _outside(self, folder: str, named: Named, path: str) -> Missing:
        message = f"`{named.key}` names {quoted(path)}, which is outside the sdist, {FAILS}"
        fix = "build the sdist with the backend, which packs all crates in the folder of the workspace"
        return Missing("", message, self.place(folder, named.line), fix=fix, needs=path, field=named.key)

    def _crates(self) -> Iterator[Missing]:
        """Follow the dependencies of all members, which cargo loads before it compiles anything."""
        pending = sorted(self.members)
        while pending and self.steps < _MOST:
            self.steps += 1
            folder = pending.pop()
            manifest = self.manifest(folder)
            self.knows_members &= manifest is not None
            if folder in self.seen or manifest is None:
                continue
            self.seen.add(folder)
            yield from self._targets(folder, manifest)
            yield from self._inherited(folder, manifest)
            self.steps += len(manifest.dependencies)
            for each in manifest.dependencies:
                if each.is_for_members and folder not in self.members:
                    continue
                base, named = self._resolve(folder, each)
                if named is None:
                    continue
                target = self.local(base, named.path)
                yield from self._gone_crate(base, posixpath.join(base, named.path), named)
                if target is not None:
                    self.kinds.setdefault(target, "lib")
                    if self._becomes_member(target):
                        self.members.add(target)
                    pending.append(target)

    def _becomes_member(self, folder: str) -> bool:
        """Return whether a crate on which a member depends is a member too."""
        top = self.workspace
        if top is None or not _is_in(folder, top):
            return False
        return self.workspace_of(folder) == top

    def _resolve(self, folder: str, dependency: Dependency) -> tuple[str, Named | None]:
        """Return the folder of the manifest that states the path of a dependency, and the path."""
        if dependency.path is not None:
            return folder, Named(f"dependencies.{dependency.name}", dependency.path, dependency.line)
        top = self.workspace_of(folder)
        manifest = self.manifest(top) if top is not None else None
        if manifest is None or top is None:
            return folder, None
        named = self._names(top, manifest).shared.get(dependency.name)
        if named is None:
            return folder, None
        return top, Named(f"workspace.dependencies.{named.key}", named.path, named.line)

    def _targets(self, folder: str, manifest: Manifest) -> Iterator[Missing]:
        """Yield the targets without ``path`` for which cargo finds no file."""
        # A manifest without a package needs no target.
        names = {each.table for each in manifest.targets} if manifest.is_package else {"lib", "bin"}
        standard = [posixpath.join(folder, "src", each) for each in ("main.rs", "lib.rs", "bin")]
        kind = self.kinds.get(folder, "")
        if kind == "bin" and "bin" not in names and not self._has_program(folder):
            message = f"`tool.maturin.bindings` is 'bin', but {quoted(manifest.name)} has no program such as"
            yield missing(self.tree, standard[0], f"{message} src/main.rs, {FAILS}", self.place(folder))
        elif (
            not (names & {"lib", "bin"} or any(map(self.tree.exists, standard))) and manifest.has_auto_targets
        ):
            yield self._without_targets(folder, manifest, kind)
        for target in manifest.targets:
            paths = [posixpath.join(folder, each) for each in _paths(target, manifest)]
            if paths and not any(map(self.tree.is_file, paths)) and self._is_needed(folder, target):
                name = "" if target.table == "lib" else f" {quoted(target.name)}"
                lost = quoted(paths[0])
                message = f"`{target.table}`{name} has no `path`, and {lost} is not in the sdist, {FAILS}"
                yield missing(self.tree, paths[0], message, self.place(folder, target.line))

    def _without_targets(self, folder: str, manifest: Manifest, kind: str) -> Missing:
        """Return the problem that a crate has neither a library nor a program."""
        message = f"the crate {quoted(manifest.name)} has no src/lib.rs and no src/main.rs, {FAILS}"
        if kind == "lib":
            return missing(self.tree, posixpath.join(folder, "src/lib.rs"), message, self.place(folder))
        fix = "pack the file that the project has: src/lib.rs of a library, or src/main.rs of a program"
        return Missing("", message, self.place(folder), fix=fix)

    def _has_program(self, folder: str) -> bool:
        """Return whether a crate may have a program at a path where cargo finds it."""
        programs = posixpath.join(folder, "src", "bin", "")
        return (
            bool(self.tree.links)
            or self.tree.is_file(posixpath.join(folder, "src", "main.rs"))
            or any(each.startswith(programs) and each.endswith(".rs") for each in self.tree.files)
        )

    def _is_needed(self, folder: str, target: Target) -> bool:
        """Return whether cargo looks for a target: it does not for tests of crates outside the workspace."""
        return target.table in ("lib", "bin") or folder in self.members

    def _inherited(self, folder: str, manifest: Manifest) -> Iterator[Missing]:
        """Yield the keys that a crate inherits from a workspace that the sdist lacks."""
        if not manifest.inherits:
            return
        top = self.workspace_of(folder)
        if manifest.workspace is not None and top is None:
            return
        shared = self.manifest(top) if top is not None else None
        lost = [each.key for each in manifest.inherits if shared is None or each.key not in shared.offers]
        if not lost or self._hides_workspace(folder):
            return
        key = quoted(lost[0])[1:-1]
        reason = "but its workspace is not in the sdist" if shared is None else "which its workspace lacks"
        message = f"{quoted(manifest.name)} inherits `{key}`, {reason}, {FAILS}"
        fix = "pack the Cargo.toml of the workspace, or write the values into the manifest of the crate"
        yield Missing("", message, self.place(folder), fix=fix, needs=lost[0])

    def _hides_workspace(self, folder: str) -> bool:
        """Return whether a manifest above a crate was not read, so its workspace may be there."""
        at = folder
        while at:
            at = posixpath.dirname(at)
            if self.tree.is_file(posixpath.join(at, "Cargo.toml")) and self.manifest(at) is None:
                return True
        return False

    def _patches(self, top: str) -> tuple[Named, ...]:
        manifest = self.manifest(top)
        self.steps += len(manifest.patches) if manifest is not None else 0
        return manifest.patches if manifest is not None else ()

    def _compiled(self, folder: str) -> Iterator[Missing]:
        """Yield the missing sources of a crate and of the crates that are always compiled with it."""
        pending = [folder]
        seen: set[str] = set()
        while pending and self.steps < _MOST:
            self.steps += 1
            at = pending.pop()
            manifest = self.manifest(at)
            if at in seen or manifest is None:
                continue
            seen.add(at)
            if manifest.build is not None:
                yield from self._source(at, manifest.build)
            library = next((each for each in manifest.targets if each.table == "lib"), None)
            if library is not None and library.path is not None:
                yield from self._source(at, Named("lib.path", library.path, library.line))
            default = posixpath.join(at, (library.path if library is not None else None) or "src/lib.rs")
            # With `autolib = false`, cargo does not compile a library that the manifest does not name.
            has_library = library is not None or (manifest.has_auto_targets and self.tree.is_file(default))
            roots = [default] if has_library else []
            programs = self._programs(at, manifest) if at == folder else []
            if self.kinds[folder] == "bin" or (len(programs) == 1 and not has_library):
                for program in programs:
                    yield from self._source(at, program)
                    roots.append(posixpath.join(at, program.path))
            yield from self._sources(at, manifest, roots)
            self.steps += len(manifest.dependencies)
            for each in manifest.dependencies:
                base, named = self._resolve(at, each)
                target = self.local(base, named.path) if named is not None else None
                if each.is_built and target is not None:
                    pending.append(target)

    def _programs(self, folder: str, manifest: Manifest) -> list[Named]:
        """Return the programs of a crate that are always compiled."""
        listed = [each for each in manifest.targets if each.table == "bin"]
        if not listed and manifest.has_auto_targets:
            is_there = self.tree.is_file(posixpath.join(folder, "src/main.rs"))
            return [Named("package", "src/main.rs", None)] if is_there else []
        always = [each for each in listed if not each.is_optional]
        return [Named("bin.path", each.path, each.line) for each in always if each.path]

    def _source(self, folder: str, named: Named) -> Iterator[Missing]:
        path = posixpath.join(folder, named.path)
        if self.tree.local(path) is None:
            yield self._outside(folder, named, named.path)
        elif not self.tree.is_file(path):
            message = f"`{named.key}` names {quoted(path)}, which is not in the sdist, {FAILS}"
            place = self.place(folder, named.line)
            yield missing(self.tree, path, message, place, field=named.key, needs=named.path)

    def _sources(self, folder: str, manifest: Manifest, roots: list[str]) -> Iterator[Missing]:
        """Yield the modules and texts that the build script and the other targets of a crate always need."""
        script = posixpath.join(folder, manifest.build.path if manifest.build is not None else "build.rs")
        source = self.sources.get(posixpath.join(self.root, script))
        for path, line in source.c_sources if source is not None else ():
            yield from self._read(script, posixpath.join(folder, path), line, "compiles")
        if self.tree.is_file(script):
            return  # it may make the other sources
        pending = [(each, posixpath.dirname(each)) for each in map(posixpath.normpath, roots)]
        while pending and self.steps < _MOST:
            self.steps += 1
            at, inner = pending.pop()
            source = self.sources.get(posixpath.join(self.root, at))
            if source is None:
                continue
            for path, line in source.included:
                base = folder if path.startswith("/") else posixpath.dirname(at)
                yield from self._read(at, posixpath.join(base, path.lstrip("/")), line, "includes")
            for name, line in source.modules:
                plain, nested = (posixpath.join(inner, each) for each in (f"{name}.rs", f"{name}/mod.rs"))
                if self.tree.is_file(plain) or self.tree.is_file(nested):
                    found = plain if self.tree.is_file(plain) else nested
                    pending.append((found, posixpath.join(inner, name)))
                else:
                    yield from self._read(at, plain, line, "needs the module")

    def _read(self, source: str, path: str, line: int, verb: str) -> Iterator[Missing]:
        named = posixpath.normpath(path)
        place = Location(posixpath.join(self.root, source), line)
        if self.tree.local(path) is None:
            message = f"{quoted(source)} {verb} {quoted(named)}, which is outside the sdist, {FAILS}"
            fix = "copy the file into the crate, or do not name it in the source"
            yield Missing("", message, place, fix=fix, needs=named)
        elif not self.tree.is_file(path):
            message = f"{quoted(source)} {verb} {quoted(named)}, which is not in the sdist, {FAILS}"
            yield missing(self.tree, path, message, place, needs=named)

    def _texts(self, folder: str) -> Iterator[Missing]:
        """Yield the missing readme and license of a crate, which maturin reads for the metadata."""
        manifest = self.manifest(folder)
        top = self.workspace_of(folder)
        shared = self.manifest(top) if top is not None else None
        inherited = {each.key for each in manifest.inherits} if manifest is not None else set()
        for each in manifest.texts if manifest is not None else ():
            if each.key.startswith("package."):
                yield from self._source(folder, each)
        for each in shared.texts if shared is not None and top is not None else ():
            if each.key.removeprefix("workspace.") in inherited and each.key.startswith("workspace."):
                yield from self._source(top or "", each)


def _is_in(folder: str, top: str | None) -> bool:
    return top is not None and (not top or folder == top or folder.startswith(f"{top}/"))


def _with_parents(folder: str) -> list[str]:
    """Return a folder and the folders above it, the root folder of the sdist last."""
    found = [folder]
    while folder:
        folder = posixpath.dirname(folder)
        found.append(folder)
    return found


def _paths(target: Target, manifest: Manifest) -> list[str]:
    """Return the paths at which cargo looks for a target without ``path``, empty if this is not known.

    Edition 2015, which is the default, allows others.
    """
    if target.path is not None:
        return []
    if target.table == "lib":
        return ["src/lib.rs"]
    if manifest.edition in ("", "2015") or not re.fullmatch(r"[\w.-]{1,99}", target.name):
        return []
    found = default_paths(target.table, target.name)
    return [*found, "src/main.rs"] if target.table == "bin" and target.name == manifest.name else found
