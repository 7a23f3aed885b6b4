"""WH117: data files that the code of a wheel reads and the wheel lacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterator
from itertools import islice

from pkgaudit.api import (
    Files,
    Include,
    Location,
    Problem,
    PythonFile,
    Severity,
    Summaries,
    Wheel,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules.wheel.data_constants import Constants
from pkgaudit.rules.wheel.data_named import NamedFiles, Use, named_files
from pkgaudit.rules.wheel.imports import COMPILED, Packages, is_aside, packages_of
from pkgaudit.rules.wheel.imports_missing import requirements_of
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.syntax_problems import folded

_MOST = 5_000
"""The missing files that are collected; the first few are reported one by one. Bounds hostile wheels."""

_LONGEST_NAME = 255
"""The longest filename of the usual filesystems; bounds the time of the pattern."""

_OF_USERS = re.compile(
    r"(?:config|settings|auth|secrets?|credentials?|local(?:[_-].*)?)\.\w+|.*\.local\.\w+", re.IGNORECASE
)
"""The usual names of settings that users put beside the module where they deploy it."""

_BUILT = (*COMPILED, "dll", "exe", "app", "a", "lib", "pyc", "log", "db", "sqlite", "lock", "pid", "tmp")
"""Suffixes of binaries, which may be for another system, and of files that a program writes."""


@summary(files=Files((".py",), nested=False))
def data_of_module(file: PythonFile) -> NamedFiles | None:
    """Return the data files that a module of a wheel names."""
    return named_files(file)


@rule("WH117", "missing-data-file", Severity.WARNING, since="0.1.0")
def missing_data_file(
    wheel: Wheel, named: Summaries[NamedFiles], modules: Summaries[Module]
) -> Iterator[Problem]:
    """A module reads a data file of its package that is not in the wheel.

    The rule follows paths that consist of the folder of the module and of constants, such as
    `Path(__file__).parent / "data.json"`, `os.path.join(os.path.dirname(__file__), "data.json")`,
    `importlib.resources.files("sample") / "data.json"` and `pkgutil.get_data("sample", "data.json")`. The
    constants may be in the module, or in another module of the wheel if their names show that they are paths
    (`DATA_DIR`). It also checks the folders that `jinja2.PackageLoader` needs. It skips files that the code
    writes, or whose existence it checks (`exists()`), binaries, tests, and paths outside of the packages of
    the wheel.

    The finding is a warning if importing the module, or calling a public function of it, reads the file
    without a condition or a `try` around the read or the call. The finding is at info level if

    - another class may set the attribute that contains the path, or a part of it;
    - other code reads the file, or the code only passes its path on, perhaps to a function that writes it;
    - the module is a program that no other module imports;
    - a dependency is named after the project, such as `sample-data`, and may contain the file;
    - users usually write a file of this name (`config.json`, `auth.json`, `local_settings.ini`).

    ## Why it matters
    The code fails with a `FileNotFoundError` where the package is installed. In the source tree it works,
    because the file exists there. Most build backends pack modules, but setuptools packs data only if its
    settings name them.

    ## How to fix it
    Configure the build backend to pack the file.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/datafiles.html>
    - <https://docs.python.org/3/library/importlib.resources.html>
    """
    if not wheel.is_readable or wheel.unread:
        return
    found = list(islice(_missing(wheel, named, modules), _MOST))
    for severity in (Severity.WARNING, Severity.INFO):
        problems = [_problem(*each) for each in found if each[3] is severity]
        yield from folded(problems, "data files that the code names are not in the wheel", "path")


def _missing(
    wheel: Wheel, named: Summaries[NamedFiles], modules: Summaries[Module]
) -> Iterator[tuple[str, Use, str, Severity]]:
    """Yield the module, its use of a missing file, the path of the file, and the severity."""
    importable = installation_of(wheel).importable
    packages = packages_of(wheel, modules)
    constants = Constants(packages, {path: named.get(each.entry.path) for path, each in importable.items()})
    spared = {name for each in named.values() for name in each.spared}
    seen: set[str] = set()
    for path, module in importable.items():
        files = named.get(module.entry.path)
        if files is None or is_aside(path.removesuffix(".py").replace("/", ".")):
            continue
        for use in sorted(files.uses, key=lambda each: not each.reads):
            target = constants.resolved(path, use.path)
            if (
                target is None
                or target in importable
                or target in packages.places
                or target in seen
                or posixpath.basename(target) in spared
            ):
                continue
            name = posixpath.basename(target)
            if (
                name.startswith(".")
                or name.rpartition(".")[2].lower() in _BUILT
                or is_aside(posixpath.dirname(target))
            ):
                continue
            folder = posixpath.dirname(target)
            if any(f"{target}{each}" in importable for each in ("/__init__.py", ".py")):
                continue
            if not _is_own(folder, importable):
                continue
            seen.add(target)
            is_near = target.partition("/")[0] == path.partition("/")[0]
            is_own = is_near and _OF_USERS.fullmatch(name[:_LONGEST_NAME]) is None
            is_certain = use.reads and is_own and not _is_optional(packages, path, files)
            is_certain = is_certain and not (files.imported and constants.is_filled(target))
            yield module.entry.path, use, target, Severity.WARNING if is_certain else Severity.INFO


def _is_optional(packages: Packages, path: str, files: NamedFiles) -> bool:
    """Return whether nobody may run a module, or another project may bring its data."""
    name = path.removesuffix(".py").replace("/", ".")
    return (files.is_program and name not in packages.needed) or requirements_of(packages.wheel).has_relative


def _is_own(folder: str, importable: Container[str]) -> bool:
    """Return whether a folder is in a package of the wheel, into which no other project installs files."""
    while folder:
        if f"{folder}/__init__.py" in importable:
            return True
        folder = posixpath.dirname(folder)
    return False


def _problem(module: str, use: Use, target: str, severity: Severity) -> Problem:
    verb = "reads" if use.reads else "names"
    if use.is_folder:
        return Problem(
            f"{quoted(module)} {verb} the folder {quoted(target)}, which is not in the wheel",
            Location(module, use.line),
            f"configure the build backend to pack the files in {quoted(target)}, or create the folder if it "
            "does not exist",
            severity,
            key=target,
            data={"path": target, "module": module},
        )
    return Problem(
        f"{quoted(module)} {verb} {quoted(target)}, which is not in the wheel",
        Location(module, use.line),
        Include(target, absent="create it if it does not exist"),
        severity,
        key=target,
        data={"path": target, "module": module},
    )
