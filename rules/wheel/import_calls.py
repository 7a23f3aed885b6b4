"""Imports that calls make: ``__import__``, ``importlib.import_module``, and tables of lazy imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import field

from pkgaudit.api import Window, Words
from pkgaudit.late import dataclass


@dataclass(frozen=True)
class Import:
    """An import statement: the module as written, the number of dots before it, and the imported names.

    ``names`` is empty for ``import module`` and ``("*",)`` for ``import *``.
    """

    module: str
    level: int
    names: tuple[str, ...]
    line: int


_LAZY = ("attach", "attach_stub")
"""Functions of lazy_loader (https://github.com/scientific-python/lazy-loader)."""

_NAME = re.compile(r"\.[^\W\d]\w*(?:\.[^\W\d]\w*){0,20}")
"""A module in a table of lazy imports: relative, so it belongs to the package."""

_MOST = 5_000
"""Chosen: the entries of a table, or the parts of an expression, that are read; real ones have fewer."""


@dataclass
class Calls:
    """The calls of a module that import others.

    Attributes:
        is_package: whether the module is the ``__init__`` of a package.
        makes: whether its text has a call that may import.
        has_table: whether its text may have a table of lazy imports.
        attached: the imports of lazy_loader.
        tables: the imports in tables, by the name of the table.
        used: the names in the function ``__getattr__``: a table that it does not use has something else.
        stub_line: the line of a call that reads the stub beside the module.
    """

    is_package: bool = False
    makes: bool = False
    has_table: bool = False
    attached: list[Import] = field(default_factory=list)
    tables: dict[str, list[Import]] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    stub_line: int | None = None

    @property
    def lazy(self) -> Iterator[Import]:
        """The imports that run when somebody asks the module for a name."""
        yield from self.attached
        for name, imports in self.tables.items():
            if name in self.used:
                yield from imports

    def take_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Note the names that ``__getattr__`` uses."""
        if self.has_table and node.name == "__getattr__":
            self.used |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}

    def take_table(self, name: str, value: ast.expr) -> None:
        """Note a table like ``{"name": ".module", "other": (".module", "name")}``."""
        if self.has_table and isinstance(value, ast.Dict):
            self.tables[name] = list(_in_table(value))

    def imports_in(self, value: ast.expr, is_guarded: bool) -> list[Import]:
        """Return the imports that evaluating an expression makes; note the lazy ones."""
        if not self.makes:
            return []
        found: list[Import] = []
        pending: list[ast.expr] = [value]
        for _ in range(_MOST):
            if not pending:
                break
            node = pending.pop()
            if isinstance(node, ast.Call):
                name = _last_name(node.func)
                if name in ("__import__", "import_module"):
                    found += self._import(node, name)
                elif name in _LAZY and self.is_package:
                    self._attach(node, name, is_guarded)
                pending += [node.func, *node.args]
            elif isinstance(node, (ast.Attribute, ast.Subscript)):
                pending.append(node.value)
        return found

    def _import(self, node: ast.Call, name: str) -> Iterator[Import]:
        module = _text(node.args[0]) if node.args else None
        if not module or node.keywords or len(node.args) > 2:
            return
        plain = module.lstrip(".")
        level = len(module) - len(plain)
        if not level and len(node.args) == 1:
            yield Import(plain, 0, (), node.lineno)
        elif level and plain and name == "import_module" and len(node.args) == 2:
            base = _last_name(node.args[1])
            if base == "__package__" or (base == "__name__" and self.is_package):
                yield Import(plain, level, (), node.lineno)

    def _attach(self, node: ast.Call, name: str, is_guarded: bool) -> None:
        if not node.args or _last_name(node.args[0]) != "__name__":
            return
        if name == "attach_stub":
            if self.stub_line is None and not is_guarded:
                self.stub_line = node.lineno
            return
        given = dict(zip(("submodules", "submod_attrs"), node.args[1:], strict=False))
        given |= {each.arg: each.value for each in node.keywords if each.arg}
        table = given.get("submod_attrs")
        names = [_text(each) for each in _elements(given.get("submodules"))]
        names += [_text(each) for each in table.keys[:_MOST] if each] if isinstance(table, ast.Dict) else []
        modules = [each for each in names if each and _NAME.fullmatch(f".{each}")]
        self.attached += [Import(each, 1, (), node.lineno) for each in modules]


_CALLS = Words(b"__import__(", b"import_module(", b"attach")
_GETATTR, _IMPORT_MODULE = Words(b"def __getattr__"), Words(b"import_module")


def calls_of(path: str, window: Window) -> Calls:
    """Return the calls to look for in a module with this path and text."""
    return Calls(
        path.endswith("__init__.py"),
        window.has(_CALLS),
        window.has(_GETATTR) and window.has(_IMPORT_MODULE),
    )


def _in_table(table: ast.Dict) -> Iterator[Import]:
    """Yield the imports in a table."""
    for value in table.values[:_MOST]:
        text = _text(value) or next((_text(each) for each in _elements(value)), None)
        if text and _NAME.fullmatch(text):
            yield Import(text[1:], 1, (), value.lineno)


def _elements(node: ast.expr | None) -> list[ast.expr]:
    return node.elts[:_MOST] if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else []


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
