"""The Python version that a file's syntax needs.

The new features of each version are in https://docs.python.org/3/whatsnew/index.html.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO

Version = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Feature:
    """A feature in the syntax of a file: the first Python that supports it, its name, its first line."""

    version: Version
    name: str
    line: int


_FREE_F_STRING = re.compile(
    rb"[fF][rR]?"
    rb"(?:\"[^\"\n]{0,300}\{[^}\"\n]{0,200}[\"\\\n]|'[^'\n]{0,300}\{[^}'\n]{0,200}['\\\n]|\"\"\"|\'\'\')"
)
"""Hints at an f-string whose braces contain syntax that needs Python 3.12."""

_WORDS = (b":=", b" /,", b" /)", b" /:", b"\t/,", b",/,", b",/)", b",/:", b"except*", b"except *")
"""Words that nearly every file with syntax of Python 3.8 to 3.11 in its functions contains.

Searching for a word takes a hundredth of the time of a regular expression. Features that appear only, or
mostly, at the level of a module or a class are recorded there.
"""

_PARENTHESIZED = re.compile(rb"^[ \t]*(?:async[ \t]+)?with[ \t]*\(", re.M)
_MATCH = re.compile(rb"^[ \t]*match\b[^\n]*:[ \t\r]*(?:\#[^\n]*)?$", re.M)
_STAR = re.compile(rb"\w\[\*\w")
# Syntax that needs Python 3.14: `except A, B:` and t-strings.
_LATEST = re.compile(rb"^[ \t]*except[ \t]+[^(\n:]+,|\b(?:[tT][rR]?|[rR][tT])['\"]", re.M)

_TAKES_FREE = sys.version_info >= (3, 12)
"""Whether the running Python can parse such f-strings."""

_TAKES_LATEST = sys.version_info >= (3, 14)


def may_be_new(data: bytes) -> bool:
    """Return whether a text may have syntax of Python 3.8 or later; if in doubt, return True."""
    return (
        any(word in data for word in _WORDS)
        or ((b"with (" in data or b"with(" in data) and _PARENTHESIZED.search(data) is not None)
        or (b"case " in data and b"match " in data and _MATCH.search(data) is not None)
        or (b"[*" in data and _STAR.search(data) is not None)
        or (_TAKES_FREE and _FREE_F_STRING.search(data) is not None)
        or (_TAKES_LATEST and _LATEST.search(data) is not None)
    )


# Line ends of the tokenizer; `str.splitlines` has more.
_LINE_END = re.compile(r"\r\n|\r|\n")

_MOST_LINES = 100
"""Lines after the first context manager that are searched for the next token: comments are shorter."""

_LONGEST_LINE = 20_000
"""The longest line, in characters, that is checked again: a bound on minified or hostile modules."""


def newest_feature(tree: ast.Module, source: str) -> tuple[Feature | None, set[str]]:
    """Return the newest feature in a module's syntax, and the names that expressions and functions bind."""
    found: dict[Version, Feature] = {}
    bound: set[str] = set()

    def note(version: Version, name: str, line: int) -> None:
        if version not in found or line < found[version].line:
            found[version] = Feature(version, name, line)

    lines = _LINE_END.split(source)
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        kind = node.__class__.__name__
        if kind in ("Name", "Constant", "Load", "Store"):
            continue  # most nodes are of these kinds and have no children
        if isinstance(node, ast.NamedExpr):
            bound.add(node.target.id)
            note((3, 8), "an assignment expression", node.lineno)
        elif isinstance(node, ast.Global):
            bound.update(node.names)
        elif isinstance(node, ast.Lambda):
            if node.args.posonlyargs:
                note((3, 8), "a positional-only parameter", node.lineno)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for each in features_of_definition(node):
                note(each.version, each.name, each.line)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            if _is_parenthesized(lines, node):
                note((3, 9), "context managers in parentheses", node.lineno)
        elif isinstance(node, ast.Match):
            note((3, 10), "a match statement", node.lineno)
        elif isinstance(node, ast.Subscript):
            if _is_starred(node.slice, lines):
                note((3, 11), "a starred expression in an index", node.slice.lineno)
        elif kind == "TryStar":
            note((3, 11), "'except*'", node.lineno)  # type: ignore[attr-defined]
        elif kind == "TypeAlias":
            note((3, 12), "a type statement", node.lineno)  # type: ignore[attr-defined]
        elif kind == "TemplateStr":
            note((3, 14), "a template string", node.lineno)  # type: ignore[attr-defined]
        elif isinstance(node, ast.ExceptHandler) and not _opens(lines, node.type):
            note((3, 14), "'except' with several exceptions and no parentheses", node.lineno)
        for value in node.__dict__.values():
            if isinstance(value, list):
                pending += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                pending.append(value)
    if _TAKES_FREE and _FREE_F_STRING.search(source.encode("utf-8", "replace")):
        _find_free_f_strings(source, note)
    return max(found.values(), default=None), bound


def features_of_definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Feature]:
    """Yield the features in the head of a function or class."""
    if not isinstance(node, ast.ClassDef) and node.args.posonlyargs:
        yield Feature((3, 8), "a positional-only parameter", node.lineno)
    for decorator in node.decorator_list:
        if not _is_plain(decorator):
            yield Feature((3, 9), "a decorator that is not a dotted name or call", decorator.lineno)
    parameters = getattr(node, "type_params", None)
    if parameters:
        yield Feature((3, 12), "type parameters", node.lineno)
        if any(getattr(each, "default_value", None) for each in parameters):
            yield Feature((3, 13), "a type parameter with a default", node.lineno)


def _is_starred(node: ast.expr, lines: list[str]) -> bool:
    """Return whether an index has a starred expression outside of parentheses."""
    return not _opens(lines, node) and any(isinstance(each, ast.Starred) for each in node.elts)  # type: ignore[attr-defined]


def _opens(lines: list[str], node: ast.expr | None) -> bool:
    """Return whether an expression is anything but a tuple without parentheses of its own."""
    return not isinstance(node, ast.Tuple) or _bytes(lines, node.lineno)[node.col_offset :][:1] in (b"(", b"")


def _is_plain(node: ast.expr) -> bool:
    """Return whether Python 3.8 accepts a decorator."""
    if isinstance(node, ast.Call):
        node = node.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


Note = Callable[[Version, str, int], None]


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


def _find_free_f_strings(source: str, note: Note) -> None:
    """Find syntax in the braces of f-strings that needs Python 3.12."""
    start, end, middle = (getattr(tokenize, f"FSTRING_{each}", -1) for each in ("START", "END", "MIDDLE"))
    quotes: list[str] = []
    try:
        for token in tokenize.generate_tokens(StringIO(source).readline):
            if token.type == end and quotes:
                quotes.pop()
                continue
            found = _free(token, quotes, start, middle)
            if found:
                note((3, 12), found, token.start[0])
            if token.type == start:
                quotes.append(token.string.lstrip("fFrR"))
    except (tokenize.TokenError, SyntaxError, RecursionError):
        return  # the source did parse, so the features found so far are valid


def _free(token: tokenize.TokenInfo, quotes: list[str], start: int, middle: int) -> str | None:
    """Return the new feature that a token uses inside f-strings with these quotes, or None."""
    if not quotes or token.type == middle:
        return None
    if token.type in (start, tokenize.STRING):
        opened = token.string.lstrip("fFrRbBuU")
        if any(opened.startswith(each) or (len(each) == 1 and each in opened) for each in quotes):
            return "an f-string that reuses its quotes in its braces"
    if token.type == tokenize.STRING and "\\" in token.string:
        return "an f-string with a backslash in its braces"
    if token.type == tokenize.COMMENT:
        return "an f-string with a comment in its braces"
    if token.type == tokenize.NL and len(quotes[-1]) == 1:
        return "an f-string whose braces span lines"
    return None
