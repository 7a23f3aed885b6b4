"""Names of the standard library that a module uses as attributes when it is imported: ``typing.Self``."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from pkgaudit.late import dataclass
from pkgaudit.rules._shared.library import changed_below, has_changed
from pkgaudit.rules._shared.nodes import walk
from pkgaudit.rules.wheel.evaluated import is_postponed, may_end, signature

_MOST = 50
"""Modules of the standard library whose names are looked for. Chosen: real modules import fewer."""


@dataclass(frozen=True)
class Attribute:
    """A name in a module of the standard library, and the line that evaluates it.

    ``is_annotation``: Python 3.14 and later do not evaluate it.
    """

    module: str
    name: str
    line: int
    is_annotation: bool


def attributes_of(tree: ast.Module, data: bytes) -> tuple[Attribute, ...]:
    """Return the names that importing a module evaluates for certain and that not every Python has."""
    aliases = {
        name: module
        for name, module in _aliases(tree.body)
        if name.isascii() and _may_use(data, name, module)
    }
    if not aliases:
        return ()
    found: dict[tuple[str, str, bool], Attribute] = {}
    for expression, is_annotation in _evaluated(tree.body, is_postponed(tree)):
        for node, module, name in _names_in(expression, aliases):
            attribute = Attribute(module, name, node.lineno, is_annotation)
            found.setdefault((module, name, is_annotation), attribute)
    return tuple(found.values()) if found and not _are_replaced(tree, aliases) else ()


def _aliases(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield the names of modules of the standard library, with the modules, that a module always imports."""
    pairs = (pair for node in body for pair in _bound_by(node) if changed_below(pair[1]))
    return itertools.islice(pairs, _MOST)


def _bound_by(node: ast.AST) -> list[tuple[str, str]]:
    """Return the names that an import binds, each with the module that it may be."""
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [(each.asname or each.name, f"{node.module}.{each.name}") for each in node.names]
    if isinstance(node, ast.Import):
        pairs = [(each.asname, each.name) for each in node.names]
        return [(name, module) if name else (module.partition(".")[0],) * 2 for name, module in pairs]
    return []


def _may_use(data: bytes, name: str, module: str) -> bool:
    """Return whether the text of a module may contain a changed name of a module."""
    changed = changed_below(module)
    # Without `\b`, which would be slower; a longer name before it only costs time.
    found = re.findall(rb"%s\.(\w+)(?:\.(\w+))?" % name.encode(), data)
    return any(
        each.decode("ascii", "replace") in changed for each in set(itertools.chain.from_iterable(found))
    )


def _evaluated(body: list[ast.stmt], postpones: bool) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the expressions that run whenever a module is imported, and if they are annotations."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            for each in (*node.decorator_list, *node.bases, *(word.value for word in node.keywords)):
                yield each, False
            yield from _evaluated(node.body, postpones)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for default in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    yield default, False
            if not postpones:
                for each in signature(node):
                    yield each, True
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)):
            if isinstance(node, ast.AnnAssign) and not postpones:
                yield node.annotation, True
            if node.value is not None:
                yield node.value, False
        elif isinstance(node, (ast.Raise, ast.If, ast.Try)) and may_end(node):
            return


def _names_in(expression: ast.expr, aliases: dict[str, str]) -> Iterator[tuple[ast.expr, str, str]]:
    """Yield the changed names that evaluating an expression always needs, each with its module."""
    pending: list[ast.AST] = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Attribute):
            for module, name in _resolved(node, aliases):
                yield node, module, name
            pending.append(node.value)
        elif isinstance(node, ast.IfExp):
            pending.append(node.test)
        elif isinstance(node, ast.BoolOp):
            pending.append(node.values[0])
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            pending += ast.iter_child_nodes(node)


def _resolved(node: ast.Attribute, aliases: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the module and the name if an attribute such as ``importlib.metadata.version`` has changed."""
    inner = node.value
    if isinstance(inner, ast.Name) and inner.id in aliases:
        module = aliases[inner.id]
    elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id in aliases:
        module = f"{aliases[inner.value.id]}.{inner.attr}"
    else:
        return
    if has_changed(module, node.attr):
        yield module, node.attr


def _are_replaced(tree: ast.Module, aliases: dict[str, str]) -> bool:
    """Return whether a module binds one of the names to something else, or sets an attribute of it."""
    for node in walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if any(aliases.get(name, module) != module for name, module in _bound_by(node)):
                return True
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name in aliases:
                return True
        elif isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            name = node if isinstance(node, ast.Name) else node.value
            if isinstance(name, ast.Name) and name.id in aliases:
                return True
    return False
