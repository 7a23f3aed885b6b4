"""Packages without modules, and modules that Python does not find behind another one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pkgaudit.api import Location, Problem, Severity, Summaries, Wheel, counted, quoted
from pkgaudit.late import lazy
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.wheel.imports import is_importable_name
from pkgaudit.rules.wheel.layout_pythons import is_for_any_platform
from pkgaudit.rules.wheel.modules import Module

_CODE = lazy(r"(?i).*\.(?:py|pyw|pyc|pyo|hy|so|pyd|dll|dylib|sl|exe|jar|wasm)(?:\.[\d.]+)?")
"""Files that a program can run or load."""

_IDLE = lazy(
    r"(?i).*\.(?:pyi|pyx|c|cc|cpp|cxx|rs|f90|md|rst|txt)"
    r"|(?:.*/)?(?:py\.typed|licen[cs]e|copying|notice|authors|readme)"
)
"""Files that have no effect without a module: stubs, the marker of types, sources and documents.

Headers and declarations of Cython are for the code of others.
"""

_MOST = 8
"""Folders that are reported one by one. Chosen: as many as fit on a screen."""


def without_code(wheel: Wheel) -> Iterator[Problem]:
    """Yield a problem if a wheel installs a package without any code, although it is for any platform."""
    files = installation_of(wheel).files
    # Scripts, headers and data outside of site-packages have users of their own.
    if not all(each.is_importable for each in files) or not is_for_any_platform(wheel):
        return
    folders = {each.path.partition("/")[0] for each in files if "/" in each.path}
    # A folder with another name has no modules: `name-stubs` has types, and `.agents` is for other programs.
    if not folders or not all(map(is_importable_name, folders)):
        return
    if any(_CODE.fullmatch(each.path) for each in files):
        return
    place = min(folders)
    is_idle = all(_IDLE.fullmatch(each.path) for each in files)
    yield Problem(
        f"the wheel installs {counted(len(files), 'file')} in {quoted(place + '/')}, but no module",
        Location(place),
        "include the modules of the package, and build the wheel again",
        Severity.WARNING if is_idle else Severity.INFO,
        key="no code",
        data={"path": place, "count": len(files)},
    )


def hidden_modules(wheel: Wheel, packages: Collection[str], modules: Summaries[Module]) -> Iterator[Problem]:
    """Yield a problem for each folder whose modules a module of the same name hides.

    ``packages`` are the paths of the folders with an ``__init__``.
    """
    importable = installation_of(wheel).importable
    inside: dict[str, list[str]] = {}
    for path in importable:
        folder, _, name = path.rpartition("/")
        if name.endswith(".py") and f"{folder}.py" in importable and folder not in packages:
            inside.setdefault(folder, []).append(path)
    named = {name for each in modules.values() for name in each.files} if inside else set()
    for folder, paths in list(inside.items())[:_MOST]:
        module = importable[f"{folder}.py"].entry.path
        summary = modules.get(module)
        # A module that sets `__path__` is a package; tests have such pairs on purpose.
        if summary is None or summary.shifts or any(map(is_test_folder, folder.split("/"))):
            continue
        # A program that a module starts or opens by its path need not be importable.
        paths = [each for each in paths if each.rpartition("/")[2] not in named]
        if not paths:
            continue
        place = importable[paths[0]].entry.path
        more = f" (like {counted(len(paths) - 1, 'more module')})" if len(paths) > 1 else ""
        yield Problem(
            f"{quoted(place)} cannot be imported, because Python imports {quoted(module)}{more}",
            Location(place),
            f"move {module[:80]!r} to '__init__.py' in the folder, or rename one of them",
            key=place[:200],
            data={"path": place, "module": module},
        )
