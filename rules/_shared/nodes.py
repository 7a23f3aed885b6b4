"""Walks over syntax trees that leave out the nodes that never matter: operators and expression contexts.

`ast.walk` and `ast.iter_child_nodes` look at each field of each node, and two of three values that they meet
are contexts, operators, names and numbers. These functions know which fields of a class may contain nodes,
and take a third of the time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_PLAIN = frozenset(
    {
        *("arg", "asname", "attr", "conversion", "id", "is_async", "kind", "kwd_attrs", "level", "module"),
        *("name", "names", "rest", "simple", "str", "tag", "type_comment", "type_ignores"),
        *("ctx", "op", "ops"),
    }
)
"""Fields with values that are no nodes, or with operators and contexts.

https://docs.python.org/3/library/ast.html#abstract-grammar
"""

_EXCEPTIONS = {
    "Constant": (),
    "Import": ("names",),
    "ImportFrom": ("names",),
    "MatchSingleton": (),
    "TypeAlias": ("name", "type_params", "value"),
}
"""The fields with nodes of classes in which a field of this name has other values than elsewhere."""

_FIELDS: dict[type, tuple[str, ...]] = {
    each: _EXCEPTIONS.get(name, tuple(field for field in each._fields if field not in _PLAIN))
    for name, each in vars(ast).items()
    if isinstance(each, type) and issubclass(each, ast.AST)
}


def children(node: ast.AST) -> list[Any]:
    """Return the nodes in a node, in the order of `ast.iter_child_nodes`."""
    found: list[Any] = []
    for field in _FIELDS[node.__class__]:
        value = getattr(node, field, None)
        if value.__class__ is list:
            # `**` in a dict has no key, and a parameter that must be given by its name may have no default.
            found += filter(None, value) if None in value else value
        elif value is not None:
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[Any]:
    """Yield a node and all nodes in it, in no order."""
    pending = [node]
    while pending:
        each = pending.pop()
        yield each
        pending += children(each)
