"""Types that a module evaluates when it is imported, and that need a newer Python than their syntax does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import Window, Words
from pkgaudit.rules._shared.library import Version

_GENERIC = frozenset({"dict", "frozenset", "list", "set", "tuple", "type"})
"""Built-in types that take parameters (https://docs.python.org/3/library/stdtypes.html#types-genericalias)."""

_TYPES = frozenset({*_GENERIC, "bool", "bytes", "complex", "float", "int", "object", "str"})
"""Built-in types: the union of two of them needs Python 3.10."""

_SIGNS = Words(
    *(b"| None", b"None |"),
    *(f"{name}[".encode() for name in sorted(_GENERIC)),
    *(f"{name} |".encode() for name in sorted(_TYPES)),
)

_MOST_NODES = 200
"""Chosen: real annotations have fewer nodes; bounds the time for each of them."""


@dataclass(frozen=True, slots=True, order=True)
class EvaluatedType:
    """A type that an import evaluates: the first Python that can do so, its name in messages, its line."""

    version: Version
    name: str
    line: int


def evaluated_types(tree: ast.Module, window: Window) -> EvaluatedType | None:
    """Return the newest kind of types that importing a module evaluates for certain.

    ``list[str]`` needs Python 3.9, and ``int | None`` needs 3.10, unless annotations are postponed
    (https://peps.python.org/pep-0585/, https://peps.python.org/pep-0604/).
    """
    if not window.has(_SIGNS):
        return None
    expressions = list(_evaluated(tree.body, is_postponed(tree)))
    own = _names_of(tree.body)
    found = [feature for each in expressions for feature in _features(each, own)]
    newest = max((each.version for each in found), default=None)
    return min((each for each in found if each.version == newest), key=lambda each: each.line, default=None)


def is_postponed(tree: ast.Module) -> bool:
    """Return whether a module has ``from __future__ import annotations``."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def _evaluated(body: list[ast.stmt], is_postponed: bool) -> Iterator[ast.expr]:
    """Yield the expressions of types in the statements of a module and of its classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from node.bases
            yield from _evaluated(node.body, is_postponed)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not is_postponed:
                yield from signature(node)
        elif isinstance(node, ast.AnnAssign):
            if not is_postponed:
                yield node.annotation
        elif isinstance(node, (ast.Raise, ast.If, ast.Try)) and may_end(node):
            return


def may_end(node: ast.Raise | ast.If | ast.Try) -> bool:
    """Return whether a statement may end the import for some Pythons."""
    return any(isinstance(each, ast.Raise) for each in (node, *getattr(node, "body", ())))


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Yield the annotations of a function."""
    arguments = node.args
    everyone = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    for each in everyone:
        if each is not None and each.annotation is not None:
            yield each.annotation
    if node.returns is not None:
        yield node.returns


def _names_of(body: list[ast.stmt]) -> frozenset[str]:
    """Return the names that a module or one of its classes binds: they are not the built-in types."""
    names: set[str] = set()
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(each.id for each in targets if isinstance(each, ast.Name))
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pending += [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)]
            for handler in getattr(node, "handlers", ()):
                pending += handler.body
    return frozenset(names)


def _features(expression: ast.expr, own: frozenset[str]) -> Iterator[EvaluatedType]:
    pending: list[ast.AST] = [expression]
    for _ in range(_MOST_NODES):
        if not pending:
            return
        node = pending.pop()
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            if (
                node.value.id in _GENERIC
                and node.value.id not in own
                and not isinstance(node.slice, ast.Slice)
            ):
                yield EvaluatedType((3, 9), f"'{node.value.id}[…]'", node.lineno)
        elif isinstance(node, ast.BinOp):
            sides = (node.left, node.right)
            if isinstance(node.op, ast.BitOr) and (
                _is_none(*sides) or all(_is_type(each, own) for each in sides)
            ):
                yield EvaluatedType((3, 10), "a union with '|'", node.lineno)
        elif not isinstance(node, (ast.Tuple, ast.List, ast.Subscript)):
            continue  # a call, a lambda or a comprehension evaluates later, or something else
        pending += ast.iter_child_nodes(node)


def _is_none(*sides: ast.expr) -> bool:
    """Return whether one side is None and the other one is a name or a type with parameters."""
    nones = [isinstance(each, ast.Constant) and each.value is None for each in sides]
    others = [each for each, is_none in zip(sides, nones, strict=True) if not is_none]
    return any(nones) and all(isinstance(each, (ast.Name, ast.Attribute, ast.Subscript)) for each in others)


def _is_type(node: ast.expr, own: frozenset[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in _TYPES and node.id not in own
