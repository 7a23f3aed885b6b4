"""Recognize environments with other projects installed in them by the layout of their folders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import Distribution, Wheel, normalize
from pkgaudit.rules._shared.patterns import File, Folder, Hit, Inventory
from pkgaudit.rules.stray.pattern_rules import in_tests, is_vendored

# Names that the documentation of venv and virtualenv suggests. `.venv` is reported for its name; folders with
# these names may contain anything, so they must have the layout of an environment.
_NAMES = ("venv", "env", "virtualenv", ".env", ".virtualenv")
_LIBRARIES = re.compile(r"python\d.*|pypy\d.*")
# The files that npm, Yarn 1, pnpm and Yarn 2 leave in a `node_modules` folder that they filled.
_INSTALLED_NODE = (".package-lock.json", ".yarn-integrity", ".modules.yaml", ".yarn-state.yml")


def environments(inventory: Inventory) -> Iterator[Folder]:
    """Yield the folders that are environments, under any name."""
    for file in inventory.files.get("pyvenv.cfg", []):
        if _has_layout(file):
            yield file.folder
    for name in _NAMES:
        yield from (each for each in inventory.folders.get(name, []) if _is_environment(each))
    for folder in inventory.folders.get("site-packages", []):
        if any(_is_installed(each) for each in folder.children.values()) and not in_tests(Hit(folder, ())):
            yield folder


def lone_configurations(inventory: Inventory) -> list[File]:
    """Return each ``pyvenv.cfg`` that is not in the folder of an environment."""
    return [file for file in inventory.files.get("pyvenv.cfg", []) if not _has_layout(file)]


def _has_layout(file: File) -> bool:
    folder = file.folder
    return folder.parent is not None and any(
        folder.child(each) for each in ("bin", "scripts", "lib", "include")
    )


def _is_environment(folder: Folder) -> bool:
    if folder.file("__init__.py"):
        return False  # a package with the name `env`
    for name in ("bin", "scripts"):
        programs = folder.child(name)
        if programs and any(each.name.casefold().startswith("activate") for each in programs.files):
            return True
    libraries = folder.child("lib")
    if libraries is None:
        return False
    deeper = [each for each in libraries.children.values() if _LIBRARIES.fullmatch(each.name.casefold())]
    return any(each.child("site-packages") for each in (libraries, *deeper))


def is_installed_by_node(folder: Folder) -> bool:
    """Return whether an installer of JavaScript packages left its own file in a ``node_modules`` folder."""
    return any(folder.file(each) for each in _INSTALLED_NODE)


def installed_metadata(inventory: Inventory, distribution: Distribution) -> list[Folder]:
    """Return the ``.dist-info`` folders that an installer left outside of vendored projects and tests.

    Folders at the root of a wheel are left out: the wheel's own folder belongs there, and the rules for the
    layout of wheels cover the others.
    """
    return [
        folder
        for name, folders in inventory.folders.items()
        if name.endswith(".dist-info")
        for folder in folders
        if _is_installed(folder) and _is_out_of_place(folder, distribution)
    ]


def _is_own(folder: Folder, distribution: Distribution) -> bool:
    """Return whether a ``.dist-info`` folder comes from a wheel of the project itself, not from an installer.

    In that case the wheel was packed one folder too deep, or renamed to ``.zip``: other rules cover that.
    """
    if folder.file("installer"):
        return False  # pip, uv and others write INSTALLER when they install; no wheel contains it
    stem = folder.name[: -len(".dist-info")]
    name, _, version = stem.partition("-")
    if (normalize(name), version) == (normalize(distribution.name), distribution.version):
        return True
    return distribution.stem == stem or distribution.stem.startswith(f"{stem}-")


def _is_installed(folder: Folder) -> bool:
    name = folder.name.casefold()
    # Test data often has only METADATA; installed and built projects also have RECORD.
    return name.endswith(".dist-info") and bool(folder.file("installer") or folder.file("record"))


def _is_out_of_place(folder: Folder, distribution: Distribution) -> bool:
    path = folder.path
    if "!/" in path or (isinstance(distribution, Wheel) and "/" not in path) or _is_own(folder, distribution):
        return False
    hit = Hit(folder, ())
    installed = any(each.name.casefold() == "site-packages" for each in folder.above())
    return not (installed or in_tests(hit) or is_vendored(hit))
