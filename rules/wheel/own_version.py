"""What a package says about its own version, and which project it asks for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pkgaudit.api import PythonFile, Words
from pkgaudit.late import dataclass, lazy

_ABOUT = frozenset({"__init__", "_version", "__version__", "version", "__about__", "_about"})
"""The modules of a package that contain its version."""

_SIGNS = Words(b"__version__", b"metadata")

_IMPORTS = ("importlib.metadata", "importlib_metadata")
"""The modules that read the metadata of installed projects."""

_WRITERS = frozenset({"exec", "globals", "setattr"})
"""Functions by which code can bind any name."""

_NUMBER = lazy(rb"""["'](\d[\w.+!-]{0,60})["']""", re.ASCII)
"""Texts that may be versions: a package that imitates another one has two."""

_MOST = 200
"""The texts that are kept of a module. Chosen: a module with its version has a few."""

_FUNCTIONS = frozenset({"version", "metadata", "distribution", "requires"})
"""The functions of these modules that fail for a project that is not installed."""


@dataclass(frozen=True)
class About:
    """The constant ``__version__`` of a module, and the projects whose metadata it reads when it is imported.

    Each has its line. A project is None where the module asks for its own name (``__name__``). ``numbers``
    are all texts of the module that may be versions.
    """

    version: tuple[str, int] | None
    asked: tuple[tuple[str | None, int], ...]
    numbers: frozenset[str] = frozenset()


def about_of(file: PythonFile) -> About | None:
    """Return what a module at the top of a package, or a top-level module, says about its version."""
    if file.path.count("/") > 1:
        return None
    stem = file.path.rpartition("/")[2].removesuffix(".py")
    if ("/" in file.path and stem not in _ABOUT) or not file.window.has(_SIGNS):
        return None
    if file.tree is None:
        return None
    functions = _imported(file.tree.body)
    version: tuple[str, int] | None = None
    asked: list[tuple[str | None, int]] = []
    for statement in file.tree.body:
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)) else None
        if value is None:
            continue
        if isinstance(value, ast.Call) and ast.unparse(value.func) in functions and len(value.args) == 1:
            asked += _project(value.args[0])
        elif _is_version(statement) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            version = (value.value, statement.lineno)
    if version and sum(_may_bind(each) for each in ast.walk(file.tree)) > 1:
        version = None  # a fallback, which the module replaces where it finds the version
    if not version and not asked:
        return None
    numbers = {each.decode("ascii") for each in _NUMBER.findall(file.data)[:_MOST]}
    return About(version, tuple(asked), frozenset(numbers))


def _may_bind(node: ast.AST) -> bool:
    """Return whether a part of a module may bind ``__version__``."""
    if isinstance(node, ast.Name):
        return node.id in _WRITERS or (node.id == "__version__" and isinstance(node.ctx, ast.Store))
    if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names):
        # Other modules rarely have a version, and never export it without listing it.
        return (node.module or "").rpartition(".")[2] in _ABOUT
    return isinstance(node, ast.alias) and (node.asname or node.name) == "__version__"


def _imported(body: list[ast.stmt]) -> set[str]:
    """Return the names by which the module can call the functions of ``importlib.metadata``."""
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            for each in statement.names:
                name = each.asname or each.name
                module = "." * statement.level + (statement.module or "")
                if module in _IMPORTS and each.name in _FUNCTIONS:
                    names.add(name)
                elif f"{module}.{each.name}" in _IMPORTS:
                    names |= {f"{name}.{function}" for function in _FUNCTIONS}
                else:
                    names.discard(name)  # the later import wins
        elif isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.discard(statement.name)
        elif isinstance(statement, ast.Import):
            for each in statement.names:
                if each.name in _IMPORTS:
                    names |= {f"{each.asname or each.name}.{function}" for function in _FUNCTIONS}
    return names


def _project(argument: ast.expr) -> Iterator[tuple[str | None, int]]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value, argument.lineno
    elif isinstance(argument, ast.Name) and argument.id in ("__name__", "__package__"):
        yield None, argument.lineno


def _is_version(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(each, ast.Name) and each.id == "__version__" for each in targets)
