"""SD104 to SD107: what an sdist needs to be built, and what it should not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pkgaudit.api import (
    BinaryFile,
    Exclude,
    Include,
    Location,
    Problem,
    PythonFile,
    Sdist,
    SetField,
    Severity,
    Summaries,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.settings import names_version_plugin
from pkgaudit.rules.sdist.inputs_binaries import Prebuilt, is_package_data, nature, verdicts
from pkgaudit.rules.sdist.inputs_script import Script, read_script
from pkgaudit.rules.sdist.inputs_setup import script_inputs
from pkgaudit.rules.sdist.inputs_setuptools import pyproject_inputs, setup_cfg_inputs
from pkgaudit.rules.sdist.inputs_tools import tool_inputs
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree, backend_inputs, project_inputs
from pkgaudit.rules.sdist.pyproject_faults import all_of, faults
from pkgaudit.rules.sdist.pyproject_file import Pyproject, Unreadable, read_pyproject
from pkgaudit.rules.sdist.pyproject_metadata import contradictions

_SHOWN = 8
"""How many findings of a rule in one sdist are said one by one; chosen: more have a cause in common."""

_LARGEST = 1 << 20
"""Bytes of a setup.py or setup.cfg that is read: many times the largest real ones; it bounds the time."""

_MOST_FAULTS = 200
"""Faults of a pyproject.toml that are counted; a file with more is not an honest one. Chosen."""


@summary
def setup_script(file: PythonFile) -> Script | None:
    """What the setup.py in the root folder does for certain."""
    if file.member.name != "setup.py" or file.member.is_nested or file.path.count("/") != 1:
        return None
    if file.tree is None or file.source is None:
        return None
    return read_script(file.tree, file.source)


def _has_root(sdist: Sdist) -> bool:
    return sdist.is_readable and sdist.root is not None and sdist.root not in ("", ".", "..")


@rule("SD104", "invalid-pyproject", Severity.ERROR, since="0.1.0")
def invalid_pyproject(sdist: Sdist) -> Iterator[Problem]:
    """The pyproject.toml is not valid TOML, or its standard tables are not as specified.

    Looked at are `[build-system]`, `[project]` and `[dependency-groups]`, not `[tool]`. It is an error
    where pip or the sdist's own build backend refuses it, and a warning where other backends do. A
    value that the core metadata has too is left to the rules on that.

    ## Why it matters
    Installers read `pyproject.toml` before anything else: they cannot build an sdist in which it is
    broken, for nobody. What one backend lets pass, as an unknown key that was to be another one, is
    silently lost or stops the build with the next version.

    ## How to fix it
    Correct the key that the finding names, and build the sdist again from the sources.

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
        message = f"pyproject.toml {pyproject.what}: the sdist cannot be built"
        yield Problem(
            message, location, "correct it, as TOML 1.0 in UTF-8 without a byte order mark", key="toml"
        )
    elif pyproject is not None:
        found = all_of(faults(pyproject, sdist.metadata), _MOST_FAULTS)
        for fault in found[:_SHOWN]:
            place = pyproject.place(*fault.keys, value=fault.value)
            severity = fault.severity(pyproject.backend)
            yield Problem(fault.what, place, fault.fix, severity, key=fault.what, data=fault.data)
        if rest := found[_SHOWN:]:
            severity = max(each.severity(pyproject.backend) for each in rest)
            number = f"{len(rest):,}" if len(found) <= _MOST_FAULTS else "many"
            yield Problem(
                f"there are {number} more faults, as {rest[0].what}",
                Location(pyproject.path),
                "correct them in the same way",
                severity,
                key="more",
                data={"count": len(rest)},
            )


@rule("SD105", "missing-build-input", Severity.ERROR, since="0.1.0")
def missing_build_input(sdist: Sdist, scripts: Summaries[Script]) -> Iterator[Problem]:
    """The build needs a file or folder that is not in the sdist.

    Looked for is what is named by `[project]` and `[build-system]`, by the settings of the build
    backend (setuptools, hatchling, flit, poetry, pdm, uv, maturin, scikit-build-core and
    meson-python), by setup.cfg, and what setup.py reads without asking whether it is there. It is an
    error where the build fails, or where what it makes lacks its modules, its version or its
    dependencies; a warning where only a text is lost.

    ## Why it matters
    A wheel that is built in the checkout hides the fault: there the file exists. Whoever installs
    from the sdist, as distributions and users of other platforms do, gets an error instead. The usual
    case is a `requirements.txt` that `setup.py` reads and `MANIFEST.in` does not name.

    ## How to fix it
    Have the file packed into the sdist, or do not read it. With `python -m build`, which makes the
    wheel from the sdist, the fault shows before it is uploaded.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/>
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html>
    """
    if not _has_root(sdist):
        return
    found: dict[tuple[str, str], Missing] = {}
    listed = {each.strip() for each in sdist.metadata.all("License-File")} if sdist.metadata else set()
    for each in _missing(sdist, scripts):
        if each.path and each.path in listed:
            continue  # of which LC101 tells
        found.setdefault((each.path, "" if each.path else each.message), each)
    # Of a folder that is missing, what would be in it is no further fault.
    paths = {path for path, _ in found if path}
    kept = [each for each in found.values() if not _is_inside(each.path, paths)]
    for each in kept[:_SHOWN]:
        fix = each.fix or (Include(f"{sdist.root}/{each.path}") if each.path else _NAME_ANOTHER)
        key = each.path or each.message
        yield Problem(each.message, each.location, fix, each.severity, key=key, data=each.data)
    if rest := kept[_SHOWN:]:
        names = ", ".join(quoted(each.path) for each in rest[:3] if each.path)
        yield Problem(
            f"{len(rest):,} more such inputs are missing, as {names or rest[0].message}",
            Location(sdist.root),
            "have them packed into the sdist",
            max(each.severity for each in rest),
            key="more",
            data={"count": len(rest), "paths": [each.path for each in rest if each.path]},
        )


_NAME_ANOTHER = "have what is named packed into the sdist, or name what is there"


def _is_inside(path: str, paths: set[str]) -> bool:
    above = path.rpartition("/")[0]
    while above:
        if above in paths:
            return True
        above = above.rpartition("/")[0]
    return False


def _missing(sdist: Sdist, scripts: Summaries[Script]) -> Iterator[Missing]:
    pyproject = read_pyproject(sdist)
    if isinstance(pyproject, Unreadable):
        return
    tree = Tree(sdist)
    script = scripts.get(f"{sdist.root}/setup.py")
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
def metadata_contradicts_pyproject(sdist: Sdist) -> Iterator[Problem]:
    """PKG-INFO says something else than `[project]` in pyproject.toml, where that is static.

    Compared is what is meant, not how it is worded. It is an error for the name, the version, the
    Python versions and the dependencies, and a warning for the rest, for extras, for metadata before
    version 2.2, which promised nothing, and where the build backend is the project's own.

    ## Why it matters
    Installers trust PKG-INFO and resolve dependencies by it, then build a wheel from
    `pyproject.toml` that turns out to be another one. Such an sdist was changed after it was built:
    a version raised by hand, a file that a script edited in between.

    ## How to fix it
    Build the sdist again from the sources, in one step, and do not edit what is in it. If the field is
    computed, list it in `project.dynamic`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#dynamic>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic>
    - <https://peps.python.org/pep-0643/>
    """
    metadata, pyproject = sdist.metadata, read_pyproject(sdist)
    if not _has_root(sdist) or metadata is None or metadata.path in sdist.unread or metadata.is_cut:
        return
    if (
        not isinstance(pyproject, Pyproject)
        or not pyproject.project
        or _may_change_metadata(sdist, pyproject)
    ):
        return
    seen: set[str] = set()
    for each in contradictions(pyproject, metadata, _has_tag(sdist, pyproject)):
        if each.message in seen or len(seen) > _SHOWN:
            continue
        seen.add(each.message)
        place = metadata.place(each.field, each.value)
        fix = SetField(each.field, "build the sdist again from the sources, of which both are made")
        key = f"{each.field} {each.key}"
        yield Problem(each.message, place, fix, each.severity, key=key, data=each.data)


def _may_change_metadata(sdist: Sdist, pyproject: Pyproject) -> bool:
    """Return whether a hook of the project may set what pyproject.toml states."""
    return pyproject.backend == "pdm" and f"{sdist.root}/pdm_build.py" in sdist.by_path


def _has_tag(sdist: Sdist, pyproject: Pyproject) -> bool:
    """Return whether the build appends something to the version, or a plugin writes it."""
    # Tables of tools that make the version, as setuptools_scm; the number bounds hostile input.
    if any(map(names_version_plugin, list(pyproject.table("tool"))[:1000])):
        return True
    path = sdist.in_root("setup.cfg")
    data = sdist.kept[path][:_LARGEST] if path else b""
    return re.search(rb"(?m)^tag[_-](?:build[ \t]*=[ \t]*[^\s]|date[ \t]*=[ \t]*[1-9tTyY])", data) is not None


@summary
def prebuilt(file: BinaryFile) -> Prebuilt | None:
    """What compiled code a file is."""
    return nature(file)


@rule("SD107", "prebuilt-binary", Severity.WARNING, since="0.1.0")
def prebuilt_binary(sdist: Sdist, binaries: Summaries[Prebuilt]) -> Iterator[Problem]:
    """The sdist holds compiled code: a native library or executable, or Java classes.

    Not meant are test data, launchers of Windows that packaging tools ship on purpose, Python
    bytecode (SF104), object files (SF206), and packages inside (SF106).

    ## Why it matters
    An sdist is source: those who build from it, distributions first, do so to know where the code
    comes from and to compile it for their platform. A library that lies in the tree from a build in
    place gets into their wheels, for the wrong platform and unseen by review.

    ## How to fix it
    Leave it out, and have the build compile it. If it cannot be built from source, ship it in wheels
    alone. Take a file that `package_data` names out of these settings too, or the build lacks it.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    - <https://peps.python.org/pep-0517/#source-distributions>
    """
    if not sdist.is_readable:
        return
    found = verdicts(sdist, binaries)
    if not found:
        return
    # One cause, as a build in place, leaves many files: three show which they are, data has all. Chosen.
    (first, what), *rest = found
    names = ", ".join(quoted(path.partition("/")[2]) for path, _ in found[:3])
    asked = next((path for path, _ in found if is_package_data(sdist, path)), None)
    fix: Exclude | str = Exclude(first, "leave all of them out" if rest else None)
    if asked is not None:
        name = quoted(asked.rpartition("/")[2])
        fix = (
            "have the build compile it from source, or ship it in wheels alone; "
            f"package_data names {name}, so that a build without it needs other settings"
        )
    yield Problem(
        f"{counted(len(found), 'file')} of the sdist are compiled code, as {names}"
        f"{' …' if len(found) > 3 else ''}: an sdist is to contain sources"
        if rest
        else f"{quoted(first.rpartition('/')[2])} is {what}, in an sdist, which is to contain sources",
        Location(first if not rest else _common([path for path, _ in found])),
        fix,
        key="compiled" if rest else first,
        data={"count": len(found), "paths": [path for path, _ in found]},
    )


def _common(paths: Iterable[str]) -> str | None:
    import posixpath

    try:
        return posixpath.commonpath(list(paths)) or None
    except ValueError:
        return None
