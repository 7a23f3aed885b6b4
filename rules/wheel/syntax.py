"""The newest construct of Python 3.8 to 3.10 in a syntax tree. Every Python that runs an audit parses them.

`PythonFile.newer` are the constructs of later Pythons. The new features of each version are in
https://docs.python.org/3/whatsnew/index.html.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from pkgaudit.api import Construct, Feature, Window, Words
from pkgaudit.rules._shared.nodes import walk

_WORDS = Words(b":=", b" /,", b" /)", b" /:", b"\t/,", b",/,", b",/)", b",/:")
"""Words that nearly every file with syntax of Python 3.8 in its functions contains.

Features that appear only, or mostly, at the level of a module or a class are recorded there.
"""

_MANAGERS, _CASE, _MATCHES = Words(b"with (", b"with("), Words(b"case "), Words(b"match ")
_GLOBAL = Words(b" global ", b"\tglobal ")

_PARENTHESIZED = re.compile(rb"^[ \t]*(?:async[ \t]+)?with[ \t]*\(", re.M)
_MATCH = re.compile(rb"^[ \t]*match\b[^\n]*:[ \t\r]*(?:\#[^\n]*)?$", re.M)


def may_be_new(window: Window) -> bool:
    """Return whether a text may have syntax of Python 3.8 to 3.10; if in doubt, return True."""
    found, data = window.found, window.data
    return bool(
        found(_WORDS)
        or (found(_MANAGERS) and _PARENTHESIZED.search(data))
        or (found(_CASE) and found(_MATCHES) and _MATCH.search(data))
    )


def may_declare_global(window: Window) -> bool:
    """Return whether a text may have a ``global`` statement, by which functions bind names of the module."""
    return window.has(_GLOBAL)


# Line ends of the tokenizer; `str.splitlines` has more.
_LINE_END = re.compile(r"\r\n|\r|\n")

_MOST_LINES = 100
"""Lines after the first context manager that are searched for the next token: comments are shorter."""

_LONGEST_LINE = 20_000
"""The longest line, in characters, that is checked again: a bound on minified or hostile modules."""


def newest(features: Iterable[Feature | None]) -> Feature | None:
    """Return the first feature of the newest Python."""
    return max(filter(None, features), key=lambda each: (each.version, -each.line, each.name), default=None)


_NOTED = frozenset(
    {
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
        *(ast.With, ast.AsyncWith, ast.Match, ast.Global, ast.NamedExpr),
    }
)
"""The nodes that may be one of these constructs, or bind a name of the module."""


def newest_feature(tree: ast.Module, source: str) -> tuple[Feature | None, set[str]]:
    """Return the newest of these constructs in a module, and the names that expressions and functions bind.

    ``source`` is the text that the tree describes.
    """
    found: dict[Construct, Feature] = {}
    bound: set[str] = set()

    def note(construct: Construct, line: int) -> None:
        if construct not in found or line < found[construct].line:
            found[construct] = Feature(construct, line)

    lines = _LINE_END.split(source)
    for node in walk(tree):
        if node.__class__ not in _NOTED:
            continue
        if isinstance(node, ast.NamedExpr):
            bound.add(node.target.id)
            note(Construct.WALRUS, node.lineno)
        elif isinstance(node, ast.Global):
            bound.update(node.names)
        elif isinstance(node, ast.Lambda):
            if node.args.posonlyargs:
                note(Construct.POSITIONAL_ONLY, node.lineno)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for each in features_of_definition(node):
                note(each.construct, each.line)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            if _is_parenthesized(lines, node):
                note(Construct.MANAGERS, node.lineno)
        elif isinstance(node, ast.Match):
            note(Construct.MATCH, node.lineno)
    return newest(found.values()), bound


def features_of_definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Feature]:
    """Yield the features in the head of a function or class."""
    if not isinstance(node, ast.ClassDef) and node.args.posonlyargs:
        yield Feature(Construct.POSITIONAL_ONLY, node.lineno)
    for decorator in node.decorator_list:
        if not _is_plain(decorator):
            yield Feature(Construct.DECORATOR, decorator.lineno)


def _is_plain(node: ast.expr) -> bool:
    """Return whether Python 3.8 accepts a decorator."""
    if isinstance(node, ast.Call):
        node = node.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


_WITH = re.compile(rb"(?:async[ \t]+)?with[ \t]*\(")


def _is_parenthesized(lines: list[str], node: ast.With | ast.AsyncWith) -> bool:
    """Return whether the context managers of a statement are in parentheses, which the tree does not show.

    The opening parenthesis then belongs to the statement, so no parenthesis closes after the first manager.
    """
    first = node.items[0].context_expr
    line = _bytes(lines, node.lineno)
    opened = _WITH.match(line, node.col_offset)
    if opened is None or (first.lineno, first.col_offset) < (node.lineno, opened.end()):
        return False
    number, column = first.end_lineno or first.lineno, first.end_col_offset or 0
    for _ in range(_MOST_LINES):
        rest = _bytes(lines, number)[column:].lstrip(b" \t\r\f\\")
        if rest and not rest.startswith(b"#"):
            return not rest.startswith(b")")
        number, column = number + 1, 0
    return False


def _bytes(lines: list[str], number: int) -> bytes:
    """Return a line as bytes, the unit of the tree's columns; empty if it is missing or huge."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    return line.encode("utf-8", "replace") if len(line) <= _LONGEST_LINE else b""
