"""SD104 to SD107: the inputs of an sdist's build, and compiled code in it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import chain

from pkgaudit.api import (
    BinaryFile,
    CoreMetadata,
    Exclude,
    Files,
    Include,
    Location,
    Problem,
    PythonFile,
    Sdist,
    SetField,
    Severity,
    Summaries,
    TextFile,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.settings import names_version_plugin
from pkgaudit.rules.sdist.computed_version import (
    Assigned,
    Computed,
    Stated,
    assigned_in,
    computed_version,
    stated_in,
)
from pkgaudit.rules.sdist.inputs_binaries import (
    Prebuilt,
    is_extension,
    is_in_package,
    is_package_data,
    nature,
    verdicts,
)
from pkgaudit.rules.sdist.inputs_cython import CythonNeeds, cython_inputs, cython_needs
from pkgaudit.rules.sdist.inputs_headers import (
    C_SUFFIXES,
    OwnHeaders,
    header_inputs,
    include_folders,
    own_headers,
)
from pkgaudit.rules.sdist.inputs_imports import TopImports, import_inputs, top_imports
from pkgaudit.rules.sdist.inputs_native import native_inputs
from pkgaudit.rules.sdist.inputs_rust import Crate, crates_of, locking_of, rust_inputs
from pkgaudit.rules.sdist.inputs_script import Script, Source, read_script
from pkgaudit.rules.sdist.inputs_setup import script_inputs
from pkgaudit.rules.sdist.inputs_setuptools import pyproject_inputs, setup_cfg_inputs
from pkgaudit.rules.sdist.inputs_tools import tool_inputs
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree, backend_inputs, project_inputs
from pkgaudit.rules.sdist.native_script import SCRIPT_NAMES, SCRIPT_SUFFIXES, NativeScript, native_script_in
from pkgaudit.rules.sdist.pyproject_faults import all_of, faults
from pkgaudit.rules.sdist.pyproject_file import Pyproject, Unreadable, read_pyproject, strings
from pkgaudit.rules.sdist.pyproject_metadata import contradictions
from pkgaudit.rules.sdist.rust_manifest import CargoConfig, Manifest, config_in, manifest_in
from pkgaudit.rules.sdist.rust_source import RustSource, rust_source_in
from pkgaudit.rules.secrets.logins.env import is_environment_file
from pkgaudit.rules.secrets.logins.formats import format_of

_SHOWN = 8
"""The number of findings that a rule reports one by one for an sdist; chosen: more have a common cause."""

_LARGEST = 1 << 20
"""The most bytes of a setup.py or setup.cfg that are read: many times those of real ones; bounds the time."""

_MOST_SOURCES = 200
"""The most sources of a module whose headers are searched: more than in real projects; bounds the time."""

_MOST_FAULTS = 200
"""The most faults of a pyproject.toml that are counted; more are only in hostile files. Chosen."""


@summary(files=Files(names=("setup.py",), nested=False))
def setup_script(file: PythonFile) -> Script | None:
    """Return the certain effects of the setup.py in the root folder."""
    if file.path.count("/") != 1:
        return None
    if file.tree is None or file.source is None:
        return None
    return read_script(file.tree, file.source)


@summary(files=Files(names=("Cargo.toml",), nested=False))
def manifest(file: TextFile) -> Manifest | None:
    """Return the references in a Cargo.toml of an sdist."""
    return manifest_in(file)


@summary(files=Files(names=("config.toml", "config"), nested=False))
def cargo_config(file: TextFile) -> CargoConfig | None:
    """Return the folders that the configuration of cargo in an sdist names."""
    return config_in(file)


@summary(files=Files(nested=False))
def module_imports(file: PythonFile) -> TopImports | None:
    """Return the certain imports of a module of an sdist."""
    return top_imports(file)


@summary(files=Files(SCRIPT_SUFFIXES, SCRIPT_NAMES, nested=False))
def native_script(file: TextFile) -> NativeScript | None:
    """Return a script of meson or CMake in an sdist."""
    return native_script_in(file)


@summary(files=Files(C_SUFFIXES, nested=False))
def headers(file: TextFile) -> OwnHeaders | None:
    """Return the own headers that a C or C++ source of an sdist always includes."""
    return own_headers(file)


@summary(files=Files((".pyx", ".pxd"), nested=False))
def cython_source(file: TextFile) -> CythonNeeds | None:
    """Return the texts and declarations that a source of Cython in an sdist always needs."""
    return cython_needs(file)


@summary(files=Files((".rs",), nested=False))
def rust_source(file: TextFile) -> RustSource | None:
    """Return the certain needs of a Rust source of an sdist."""
    return rust_source_in(file)


def _has_root(sdist: Sdist) -> bool:
    return sdist.is_readable and sdist.root is not None and sdist.root not in ("", ".", "..")


@rule("SD104", "invalid-pyproject", Severity.ERROR, since="0.1.0")
def invalid_pyproject(sdist: Sdist) -> Iterator[Problem]:
    """The pyproject.toml is not valid TOML, or its standard tables violate their specification.

    The rule checks `[build-system]`, `[project]` and `[dependency-groups]`, but not `[tool]`. It reports an
    error if pip or the build backend of the sdist rejects the file, and a warning if only other backends
    do. Faults of a value that is also in the core metadata are left to the metadata rules.

    ## Why it matters
    Installers read `pyproject.toml` first, so nobody can build an sdist in which it is broken. One backend
    may ignore a fault, such as a misspelled key: the setting is then silently lost, or stops the build
    with the next version.

    ## How to fix it
    Correct the key in the message, and build the sdist again from the source.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/>
    - <https://packaging.python.org/en/latest/specifications/dependency-groups/>
    - <https://toml.io/en/v1.0.0>
    """
    if not _has_root(sdist):
        return
    pyproject = read_pyproject(sdist)
    if isinstance(pyproject, Unreadable):
        location = Location(f"{sdist.root}/pyproject.toml", pyproject.line, pyproject.column)
        message = f"{quoted(location.member or '')} {pyproject.reason}; the sdist cannot be built"
        yield Problem(
            message, location, "write valid TOML 1.0 in UTF-8 without a byte order mark", key="toml"
        )
    elif pyproject is not None:
        found = all_of(faults(pyproject, sdist.metadata), _MOST_FAULTS)
        for fault in found[:_SHOWN]:
            place = pyproject.place(*fault.keys, value=fault.value)
            severity = fault.severity(pyproject.backend)
            yield Problem(fault.message, place, fault.fix, severity, key=fault.message, data=fault.data)
        if rest := found[_SHOWN:]:
            severity = max(each.severity(pyproject.backend) for each in rest)
            number = f"{len(rest):,}" if len(found) <= _MOST_FAULTS else "many"
            yield Problem(
                f"{quoted(pyproject.path)} has {number} more faults, for example: {rest[0].message}",
                Location(pyproject.path),
                "correct the other faults in the same way",
                severity,
                key="more",
                data={"count": len(rest)},
            )


@rule("SD105", "missing-build-input", Severity.ERROR, since="0.1.0")
def missing_build_input(
    sdist: Sdist,
    scripts: Summaries[Script],
    manifests: Summaries[Manifest],
    sources: Summaries[RustSource],
    modules: Summaries[TopImports],
    native: Summaries[NativeScript],
    headers: Summaries[OwnHeaders],
    cython: Summaries[CythonNeeds],
    configs: Summaries[CargoConfig],
) -> Iterator[Problem]:
    """The build needs a file or folder that is not in the sdist.

    The rule checks

    - files that `[project]`, `[build-system]`, setup.cfg and the settings of the build backend name
      (setuptools, hatchling, flit, poetry, pdm, uv, maturin, scikit-build-core and meson-python), and files
      that setup.py reads without checking that they exist;
    - for a Rust crate (maturin, setuptools-rust), the crates, sources and texts that cargo reads: path
      dependencies, members of the workspace and the keys inherited from it, targets, modules, vendored
      crates, and Cargo.lock if cargo runs with `--locked`;
    - files and folders that meson.build and CMakeLists.txt name outside of conditions and functions, with
      the values of variables and of loops over constant lists;
    - headers that the C sources of setuptools include by a path that begins with dots, or whose name is that
      of the source file;
    - `.pxd` and `.pxi` files of the project that the Cython sources of setuptools and meson need;
    - imports of setup.py, and of the modules that it imports: a helper module that is missing or not on
      `sys.path`, and a project that `build-system.requires` does not bring.

    The finding is an error if the build certainly fails, or if the wheel lacks its modules, version or
    dependencies. The finding is a warning if only a text file is missing, if a script may make the file, if a
    library may bring the header, or if an import needs another project, which may be installed where a build
    has no isolation.

    ## Why it matters
    A wheel that is built in the checkout hides the fault, because the file exists there. Users who install
    from the sdist, such as distributors and users of other platforms, get an error instead. The usual case
    is a `requirements.txt` that `setup.py` reads but `MANIFEST.in` does not name.

    ## How to fix it
    Pack the file into the sdist, or do not read it. If the file does not exist, create it or remove the
    reference to it. Never pack a file with credentials, such as `.env`. `python -m build` builds the wheel
    from the sdist, so the fault shows before you upload anything.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/>
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html>
    """
    if not _has_root(sdist):
        return
    path = f"{sdist.root}/setup.py"
    if path in scripts and scripts[path].is_cut:
        message = f"{quoted(path)} is too long to find all files that it reads"
        yield Problem(message, Location(path), key="cut", unjudged=True)
    found: dict[tuple[str, str], Missing] = {}
    listed = {each.strip() for each in sdist.metadata.all("License-File")} if sdist.metadata else set()
    tree = Tree(sdist)
    script = scripts.get(path)
    found_all = chain(
        _missing(sdist, tree, script),
        _imports(sdist, tree, script, modules),
        _native(sdist, tree, native, cython),
        _headers(sdist, tree, script, headers),
        _cython(sdist, tree, script, cython),
        rust_inputs(sdist, tree, _crates(sdist, tree, script), manifests, sources, configs),
    )
    for each in found_all:
        if each.path and each.path in listed:
            continue  # LC101 reports it
        found.setdefault((each.path, "" if each.path else each.message), each)
    # If a folder is missing, its content is not reported too.
    paths = {path for path, _ in found if path}
    kept = [each for each in found.values() if not _is_inside(each.path, paths)]
    for each in kept[:_SHOWN]:
        fix = each.fix or _fix_of(each, sdist)
        key = each.path or each.message
        yield Problem(each.message, each.location, fix, each.severity, key=key, data=each.data)
    if rest := kept[_SHOWN:]:
        names = ", ".join(quoted(each.path) for each in rest[:3] if each.path)
        yield Problem(
            f"the sdist lacks {len(rest):,} more inputs, for example {names or rest[0].message}",
            Location(sdist.root),
            "correct the other references in the same way",
            max(each.severity for each in rest),
            key="more",
            data={"count": len(rest), "paths": [each.path for each in rest if each.path]},
        )


_NAME_ANOTHER = (
    "if the project does not have such a file, create it or remove the reference to it; otherwise pack it "
    "into the sdist"
)

_KEYS = (".pem", ".key")
"""The usual suffixes of private keys; the files that secrets.logins reads have other names."""


def _fix_of(missing: Missing, sdist: Sdist) -> str | Include:
    if not missing.path:
        return _NAME_ANOTHER
    name = missing.path.rpartition("/")[2].lower()
    if name.endswith(_KEYS) or is_environment_file(name) or format_of(missing.path) is not None:
        return (
            "remove the reference to the file, and do not pack the file, because files with such a name "
            "often contain credentials"
        )
    # An sdist does not show whether the file exists in the project.
    first = "if the project does not have the file, create it or remove the reference to it"
    return Include(f"{sdist.root}/{missing.path}", first)


def _is_inside(path: str, paths: set[str]) -> bool:
    above = path.rpartition("/")[0]
    while above:
        if above in paths:
            return True
        above = above.rpartition("/")[0]
    return False


def _crates(sdist: Sdist, tree: Tree, script: Script | None) -> Iterator[Crate]:
    """Yield the Rust crates that the build backend compiles."""
    pyproject = read_pyproject(sdist)
    if isinstance(pyproject, Pyproject):
        yield from crates_of(pyproject, tree)
    if pyproject is None or (isinstance(pyproject, Pyproject) and pyproject.backend == "setuptools"):
        for read, arguments in script.crates if script is not None and script.is_tame else ():
            place = Location(f"{sdist.root}/setup.py", read.line)
            yield Crate(posixpath.dirname(read.path), place, locking_of(list(arguments)))


def _imports(
    sdist: Sdist, tree: Tree, script: Script | None, modules: Summaries[TopImports]
) -> Iterator[Missing]:
    """Yield the modules that setup.py imports and the build of setuptools lacks."""
    pyproject = read_pyproject(sdist)
    if script is None or isinstance(pyproject, Unreadable):
        return
    if pyproject is None or pyproject.backend == "setuptools":
        yield from import_inputs(sdist.root or "", tree, script, pyproject, modules)


def _native(
    sdist: Sdist, tree: Tree, native: Summaries[NativeScript], cython: Summaries[CythonNeeds]
) -> Iterator[Missing]:
    """Yield the files that a build with meson or CMake lacks."""
    pyproject = read_pyproject(sdist)
    if isinstance(pyproject, Pyproject):
        yield from native_inputs(sdist.root or "", tree, pyproject, native, cython)


def _cython(
    sdist: Sdist, tree: Tree, script: Script | None, cython: Summaries[CythonNeeds]
) -> Iterator[Missing]:
    """Yield the files that Cython lacks to translate the sources that setuptools compiles."""
    pyproject = read_pyproject(sdist)
    if script is None or not script.is_tame or not cython or isinstance(pyproject, Unreadable):
        return
    if pyproject is not None and pyproject.backend != "setuptools":
        return
    named = pyproject.value("build-system", "requires") if pyproject is not None else None
    if script.has_cython or any(re.match(r"cython\b", each, re.IGNORECASE) for each in strings(named)[:1000]):
        paths = [each.path for each in (*script.sources, *script.patterns)]
        severity = Severity.WARNING if "include_path" in script.text else Severity.ERROR
        yield from cython_inputs(sdist.root or "", tree, paths, cython, severity)


def _headers(
    sdist: Sdist, tree: Tree, script: Script | None, headers: Summaries[OwnHeaders]
) -> Iterator[Missing]:
    """Yield the own headers of the sources that setuptools compiles, which the sdist lacks."""
    pyproject = read_pyproject(sdist)
    if isinstance(pyproject, Unreadable) or (pyproject is not None and pyproject.backend != "setuptools"):
        return
    modules = pyproject.value("tool", "setuptools", "ext-modules") if pyproject is not None else None
    sources = []
    for module in modules[:_SHOWN] if isinstance(modules, list) else ():
        if isinstance(module, dict):
            folders = include_folders(strings(module.get("include-dirs")), tree)
            sources += [Source(path, 0, folders) for path in strings(module.get("sources"))[:_MOST_SOURCES]]
    if script is not None and script.is_tame:
        sources += script.sources
    if sources:
        config = sdist.in_root("setup.cfg")
        more = sdist.kept[config][:_LARGEST].decode("utf-8", "replace") if config is not None else ""
        tool = pyproject.table("tool", "distutils") if pyproject is not None else ""
        settings = f"{more}{tool}{script.text if script is not None else modules}"
        yield from header_inputs(sdist.root or "", tree, sources, headers, settings)


def _missing(sdist: Sdist, tree: Tree, script: Script | None) -> Iterator[Missing]:
    pyproject = read_pyproject(sdist)
    if isinstance(pyproject, Unreadable):
        return
    has_setup = f"{sdist.root}/setup.py" in sdist.by_path
    if pyproject is not None:
        yield from backend_inputs(pyproject, tree)
        yield from project_inputs(pyproject, tree)
        yield from tool_inputs(pyproject, tree)
        if pyproject.backend != "setuptools":
            return
        yield from pyproject_inputs(pyproject, tree, has_setup)
    config = sdist.in_root("setup.cfg")
    if config is not None and config not in sdist.unread and len(sdist.kept[config]) < _LARGEST:
        has_project = pyproject is not None and "project" in pyproject.tables
        text = script.text if script is not None else ""
        if not has_setup or script is not None:
            yield from setup_cfg_inputs(config, sdist.kept[config], tree, has_project, text)
    if script is not None:
        requires = pyproject.value("build-system", "requires") if pyproject is not None else None
        yield from script_inputs(f"{sdist.root}/setup.py", script, tree, requires)


@rule("SD106", "metadata-contradicts-pyproject", Severity.ERROR, since="0.1.0")
def metadata_contradicts_pyproject(
    sdist: Sdist, scripts: Summaries[Script], modules: Summaries[Assigned], texts: Summaries[Stated]
) -> Iterator[Problem]:
    """PKG-INFO contradicts a static value of `[project]`, or the version that the build backend will compute.

    The rule compares meaning, not wording. It reports an error for the name, version, Python versions and
    dependencies. The version may also be in `__version__` (flit, pdm-backend), in the source that `attr:` or
    `file:` names (setuptools), in setup.cfg, setup.py, `[tool.poetry]`, Cargo.toml (maturin) or meson.build.
    It reports a warning for other fields and extras, for metadata before version 2.2, which does not say what
    is static, and if the build backend is the project's own.

    ## Why it matters
    Installers trust PKG-INFO and resolve dependencies by it, but then build a different wheel from
    `pyproject.toml`. If the wheel has another version, pip and uv discard it and install nothing. Usually
    such an sdist was changed after the build: someone raised the version by hand, or a script edited a file.

    ## How to fix it
    Build the sdist again from the source, in one step, and do not edit its content. If the field is computed,
    list it in `project.dynamic`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#dynamic>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic>
    - <https://peps.python.org/pep-0643/>
    """
    metadata, pyproject = sdist.metadata, read_pyproject(sdist)
    if not _has_root(sdist) or metadata is None or metadata.path in sdist.unread or metadata.is_cut:
        return
    if isinstance(pyproject, Unreadable) or (pyproject and _may_change_metadata(sdist, pyproject)):
        return
    if not _has_tag(sdist, pyproject):
        script = scripts.get(f"{sdist.root}/setup.py")
        computed = computed_version(sdist, pyproject, script, modules, texts)
        yield from _other_version(metadata, computed)
    if pyproject is None or not pyproject.project:
        return
    seen: set[str] = set()
    for each in contradictions(pyproject, metadata, _has_tag(sdist, pyproject)):
        if each.message in seen or len(seen) > _SHOWN:
            continue
        seen.add(each.message)
        place = metadata.place(each.field, each.value)
        fix = SetField(each.field, "build the sdist again from the source, which makes both agree")
        key = f"{each.field} {each.key}"
        yield Problem(each.message, place, fix, each.severity, key=key, data=each.data)


def _other_version(metadata: CoreMetadata, computed: Computed | None) -> Iterator[Problem]:
    here = parse_version(metadata.version or "")
    there = parse_version(computed.version.strip()) if computed is not None else None
    if computed is None or here is None or there is None or here == there:
        return
    path = computed.place.member or ""
    yield Problem(
        f"Version is {quoted(str(here))}, but {quoted(path)} contains {quoted(computed.version)}, and "
        f"{computed.how}: a wheel built from the sdist has the version {quoted(computed.version)}, and pip "
        "rejects the wheel as inconsistent",
        computed.place,
        "build the sdist again from the source, which makes both agree",
        key="Version computed",
        data={"field": "Version", "actual": str(here), "expected": computed.version, "path": path},
    )


def _may_change_metadata(sdist: Sdist, pyproject: Pyproject) -> bool:
    """Return whether a hook of the project may change values of pyproject.toml."""
    return pyproject.backend == "pdm" and f"{sdist.root}/pdm_build.py" in sdist.by_path


def _has_tag(sdist: Sdist, pyproject: Pyproject | None) -> bool:
    """Return whether the build appends to the version, or a plugin writes it."""
    # Tables of tools that write the version, such as setuptools_scm; the numbers bound hostile input.
    if pyproject is not None:
        requires = strings(pyproject.value("build-system", "requires"))[:1000]
        if any(map(names_version_plugin, (*list(pyproject.table("tool"))[:1000], *requires))):
            return True
    path = sdist.in_root("setup.cfg")
    data = sdist.kept[path][:_LARGEST] if path else b""
    return re.search(rb"(?m)^tag[_-](?:build[ \t]*=[ \t]*[^\s]|date[ \t]*=[ \t]*[1-9tTyY])", data) is not None


@summary(files=Files(nested=False))
def assigned(file: PythonFile) -> Assigned | None:
    """Return the versions that a module of an sdist assigns."""
    return assigned_in(file)


@summary(files=Files(nested=False))
def stated(file: TextFile) -> Stated | None:
    """Return the version that a text of an sdist states."""
    return stated_in(file)


@summary(files=Files(nested=False))
def prebuilt(file: BinaryFile) -> Prebuilt | None:
    """Return the kind of compiled code in a file."""
    return nature(file)


@rule("SD107", "prebuilt-binary", Severity.WARNING, since="0.1.0")
def prebuilt_binary(sdist: Sdist, binaries: Summaries[Prebuilt]) -> Iterator[Problem]:
    """The sdist contains compiled code: a native library or executable, or Java classes.

    The rule ignores test data, Windows launchers that packaging tools ship on purpose, Python bytecode
    (SF104), object files (SF206) and nested packages (SF106).

    ## Why it matters
    An sdist contains source. Users build from it, above all in distributions, to know the origin of the code
    and to compile it for their platform. A library from an in-place build gets into their wheels, for
    the wrong platform and without review.

    ## How to fix it
    Leave the file out, and compile it during the build. If it cannot be built from source, only ship it in
    wheels. If `package_data` names the file, remove it there too, because the build would not find it.

    A wheel that is built from the sdist lacks every file that the sdist lacks. If the package uses the file
    and the build can neither compile nor download it, keep it, and ignore the finding:

        [tool.pkgaudit.per-file-ignores]
        "**/sample/bin/tiler" = ["SD107"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    - <https://peps.python.org/pep-0517/#source-distributions>
    """
    if not sdist.is_readable:
        return
    found = verdicts(sdist, binaries)
    needed = next((path for path, _ in found if is_package_data(sdist, path)), None)
    for path, kind in found:
        is_inside = is_in_package(sdist, path)
        fix: Exclude | str = Exclude(path, "check that the build compiles it" if is_inside else None)
        cause = "files of compiled code"
        if needed is not None:
            name = quoted(needed.rpartition("/")[2])
            fix = (
                "compile the code from source during the build, or only ship it in wheels; "
                f"package_data names {name}, so a build without the file needs other settings"
            )
        elif is_inside and not is_extension(path):
            name = quoted(path.rpartition("/")[2])
            fix = (
                "compile or download it when the wheel is built, or only ship it in wheels; a wheel that is "
                f"built from an sdist without {name} lacks the file, and code that uses it fails; if it "
                "has to stay, ignore this finding with 'per-file-ignores'"
            )
            cause = "programs and libraries in packages"
        yield Problem(
            f"{quoted(path)} is {kind}; an sdist should only contain source",
            Location(path),
            fix,
            key="compiled",
            data={"path": path},
            cause=cause,
        )
