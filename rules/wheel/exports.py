"""The names that modules list in ``__all__``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pkgaudit.api import ArchiveKind, PythonFile
from pkgaudit.rules.wheel.imports import Packages, is_aside, is_public

_MOST = 5_000
"""The names of a module that are read. Chosen: the largest real modules list about a thousand."""


@dataclass(frozen=True, slots=True)
class Exports:
    """The names in ``__all__``, each with its line."""

    names: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Undefined:
    """A module by its dotted name and its path, and the names, with lines, that it lists and lacks."""

    module: str
    path: str
    names: list[tuple[str, int]]


def exports_of(file: PythonFile) -> Exports | None:
    """Return the names in the lists that a module of a wheel assigns to ``__all__``, None if it has none."""
    member = file.member
    if member.archive is not ArchiveKind.WHEEL or member.is_nested or b"__all__" not in file.data:
        return None
    names = [each for statement in (file.tree.body if file.tree else ()) for each in _listed(statement)]
    return Exports(tuple(names[:_MOST])) if names else None


def _listed(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    """Yield the constant names that a statement assigns or adds to ``__all__``."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets = [statement.target]
    else:
        return
    if any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets) and isinstance(
        statement.value, (ast.List, ast.Tuple)
    ):
        for each in statement.value.elts:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value, each.lineno


def undefined_exports(packages: Packages, exports: Mapping[str, Exports]) -> Iterator[Undefined]:
    """Yield the modules that list names in ``__all__`` that they do not have."""
    for found in packages.modules.values():
        listed = exports.get(found.path)
        if listed is None or found.is_open or not is_public(found.name) or is_aside(found.name):
            continue
        names = [(name, line) for name, line in listed.names if not packages.has_name(found, name)]
        if names:
            yield Undefined(found.name, found.path, names)
