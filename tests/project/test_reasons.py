"""A reason stands beside each threshold, each list of exceptions and each broad except."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TOP = Path(__file__).parents[2]

FILES = sorted(
    path
    for folder in ("rules", "pkgaudit")
    for path in (TOP / folder).rglob("*.py")
    if path.parent.name != "cases"
)
"""The product code. Cases are inputs of tests, which judge nothing."""

FEW = 3
"""From so many entries or alternatives on, a collection or a pattern is a list of special cases.

Chosen: two are mostly a pair, as two spellings or two ends, which says by itself why it is there.
"""

SMALL = 10
"""Integers below it need no reason in a comparison: they count the parts of a syntax, as fields in a line.

Chosen; larger ones are mostly limits.
"""

CHARACTERS = re.compile(r"0x[0-9a-f]{2}", re.IGNORECASE)
"""How a character code is written: as two hexadecimal digits."""

EXEMPT: frozenset[tuple[str, str]] = frozenset()
"""Files, by their path, and numbers in them that say themselves why they are there."""

_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


class _Source:
    """A module with the lines that its comments are on."""

    def __init__(self, text: str, path: str = "") -> None:
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        self.comments = {each.start[0] for each in tokens if each.type == tokenize.COMMENT}

    def missing(self) -> list[str]:
        """Return a line for each place without a reason."""
        places = [*self.constants(), *self.broad_excepts(), *self.numbers()]
        return [f"{self.path}:{line}: {what}" for line, what in sorted(set(places))]

    def constants(self) -> Iterator[tuple[int, str]]:
        body = self.tree.body
        for node, below in zip(body, [*body[1:], None], strict=False):
            name, value = _assigned(node)
            if value is None or not _CONSTANT.fullmatch(name) or not _needs_reason(value):
                continue
            if not _is_docstring(below) and not self.has_comment(node.lineno, node.end_lineno):
                yield node.lineno, name

    def broad_excepts(self) -> Iterator[tuple[int, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or _names_broad(node.type)
                last = node.body[0].lineno - 1 if node.body else node.lineno
            elif isinstance(node, ast.Call) and _called(node) == "suppress":
                broad, last = any(map(_names_broad, node.args)), node.lineno
            else:
                continue
            if broad and not self.has_comment(node.lineno, max(last, node.lineno + 1)):
                yield node.lineno, "broad except"

    def numbers(self) -> Iterator[tuple[int, str]]:
        for node in _in_functions(self.tree):
            if isinstance(node, ast.Compare) and not self.has_comment(node.lineno, node.end_lineno):
                yield from self.numbers_in(node)

    def numbers_in(self, node: ast.Compare) -> Iterator[tuple[int, str]]:
        for each in filter(_is_number, [node.left, *node.comparators]):
            if all(number < SMALL for number in _integers(each)):
                continue
            written = ast.get_source_segment(self.text, each) or ""  # which splits the text into lines
            if not CHARACTERS.fullmatch(written) and (self.path, written) not in EXEMPT:
                yield each.lineno, f"{written} in a comparison"

    def has_comment(self, first: int, last: int | None) -> bool:
        """Tell whether there is a comment on these lines, or one of its own on the line above."""
        above = first - 1 in self.comments and self.lines[first - 2].lstrip().startswith("#")
        return above or any(line in self.comments for line in range(first, (last or first) + 1))


def _in_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes in functions, each once although functions may contain others."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from ast.walk(node)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return "", None
    return (target.id, node.value) if isinstance(target, ast.Name) else ("", None)


def _needs_reason(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        if _called(value) == "compile":
            return bool(value.args) and _alternatives(value.args[0]) >= FEW
        return _called(value) in ("frozenset", "set", "tuple", "list", "dict") and any(
            _needs_reason(each) and not _is_number(each) for each in value.args
        )
    if isinstance(value, ast.Dict):
        return len(value.keys) >= FEW and any(isinstance(each, ast.Constant) for each in value.keys)
    if isinstance(value, (ast.Set, ast.Tuple, ast.List)):
        return sum(isinstance(each, (ast.Constant, ast.Tuple)) for each in value.elts) >= FEW
    return _is_number(value)


def _is_number(value: ast.expr) -> bool:
    """Tell whether this is a number, or arithmetic on numbers."""
    if isinstance(value, ast.BinOp):
        return _is_number(value.left) and _is_number(value.right)
    if isinstance(value, ast.UnaryOp):
        return _is_number(value.operand)
    return isinstance(value, ast.Constant) and type(value.value) in (int, float)


def _integers(value: ast.expr) -> list[int]:
    """Return the integers that a number is made of, as 1 and 20 of ``1 << 20``."""
    return [
        each.value for each in ast.walk(value) if isinstance(each, ast.Constant) and type(each.value) is int
    ]


def _alternatives(pattern: ast.expr) -> int:
    """Return how many alternatives the longest choice of a regular expression has."""
    parts = [each.value for each in ast.walk(pattern) if isinstance(each, ast.Constant)]
    texts = [each.decode("latin-1") if isinstance(each, bytes) else each for each in parts]
    text = "".join(each for each in texts if isinstance(each, str))
    most, groups = 1, [1]
    for char in re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", text):
        if char == "(":
            groups.append(1)
        elif char == ")" and groups[1:]:
            groups.pop()
        elif char == "|":
            groups[-1] += 1
            most = max(most, groups[-1])
    return most


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _names_broad(node: ast.expr) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id in ("Exception", "BaseException") for each in ast.walk(node)
    )


def _is_docstring(node: ast.stmt | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP)))
def test_each_has_a_reason(path: Path) -> None:
    """Say under the constant, or in a comment, why it has this value."""
    source = _Source(path.read_text(encoding="utf-8"), path.relative_to(TOP).as_posix())
    assert source.missing() == []


def test_exemptions_are_needed() -> None:
    for path, written in EXEMPT:
        assert written in (TOP / path).read_text(encoding="utf-8")


MISSING = [
    ("MOST = 50\n", ["1: MOST"]),
    ("_RATIO: float = -0.5\n", ["1: _RATIO"]),
    ("LARGEST = 4 << 20\n\nOTHER = 1\n", ["1: LARGEST", "3: OTHER"]),
    ('_NAMES = {"a", "b", "c"}\n', ["1: _NAMES"]),
    ('NAMES = frozenset(("a", "b", "c"))\n', ["1: NAMES"]),
    ('NAMES = [("a", 1), ("b", 2), ("c", 3)]\n', ["1: NAMES"]),
    ('KINDS = {"a": x, "b": y, "c": z}\n', ["1: KINDS"]),
    ('_WORDS = re.compile(r"\\b(?:a|b|c)")\n', ["1: _WORDS"]),
    ('_WORDS = re.compile(rb"a|b" rb"|c", re.IGNORECASE)\n', ["1: _WORDS"]),
    ("try:\n    pass\nexcept Exception:\n    pass\n", ["3: broad except"]),
    ("try:\n    pass\nexcept (OSError, BaseException) as error:\n    pass\n", ["3: broad except"]),
    ("try:\n    pass\nexcept:\n    pass\n", ["3: broad except"]),
    ("with contextlib.suppress(Exception):\n    pass\n", ["1: broad except"]),
    ("def f(x):\n    return len(x) > 4_096\n", ["2: 4_096 in a comparison"]),
    ("def f(x):\n    return x < 1 << 20\n", ["2: 1 << 20 in a comparison"]),
    ("def f(x):\n    return 10 <= x < 2 * 32\n", ["2: 10 in a comparison", "2: 2 * 32 in a comparison"]),
    ("class C:\n    def f(self):\n        assert self.x != -12\n", ["3: -12 in a comparison"]),
    ("# Why.\n\nMOST = 50\n", ["3: MOST"]),
    ("OTHER = None  # why\nMOST = 50\n", ["2: MOST"]),
]
"""Code without a reason, and what is said of it."""


@pytest.mark.parametrize(("text", "expected"), MISSING, ids=[text for text, _ in MISSING])
def test_finds_what_lacks_a_reason(text: str, expected: list[str]) -> None:
    assert _Source(text).missing() == [f":{each}" for each in expected]


@pytest.mark.parametrize(
    "text",
    [
        '"""Of a module."""\nMOST = 50\n"""Why."""\n',
        "MOST = 50  # why\n",
        "# Why.\nMOST = 50\n",
        'NAMES = {\n    "a",  # why\n    "b",\n    "c",\n}\n',
        'PAIR = ("a", "b")\n',
        'FLAG = True\nNAME = "a"\nFOLDER = Path("a", "b", "c")\n',
        "most = 50\n",
        '_WORD = re.compile(r"(?:a|b)(?:c|d)[|||]\\|\\|")\n',
        "try:\n    pass\nexcept Exception:  # why\n    pass\n",
        "try:\n    pass\n# Why.\nexcept Exception:\n    pass\n",
        "try:\n    pass\nexcept Exception:\n    # Why.\n    pass\n",
        "try:\n    pass\nexcept ValueError:\n    pass\n",
        "def f(x):\n    return x > 9 or x == 0x7F or x[:20] == y or x % 100 == y\n",
        "def f(x):\n    # Why.\n    return x > 100\n",
        "def f(x):\n    return x > 100  # why\n",
        "def f(x):\n    return x > (3, 11)\n",
    ],
)
def test_is_silent_where_there_is_a_reason_or_needs_none(text: str) -> None:
    assert _Source(text).missing() == []
