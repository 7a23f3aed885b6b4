"""Evaluate constant expressions of a setup.py: texts, and paths in the sdist."""

from __future__ import annotations

import ast
import posixpath

ROOT = "/\0/\0"
"""The root folder of the sdist as an absolute path that no literal can have, with a folder above it."""

STEPS = 200_000
"""The most nodes that are visited in total: many times those of a real setup.py; it bounds the time on
hostile input.
"""

_DEEPEST = 20
"""The most levels of an expression: a few calls join paths; it bounds the recursion."""

_LONGEST_LITERAL = 1000
"""The most characters of a text that may be a path; longer texts of a setup.py are descriptions."""

_LONGEST = 2000
"""The most characters of a combined path; it bounds the result of a chain of additions."""


_MOST_ITEMS = 1000
"""The most items of a list that is the sum of others: more than in real files; it bounds a chain of sums."""

Value = str | list[str] | dict[str, str]


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# Functions of os.path and classes of pathlib that return a path and only need the location of the project.
# "str" and "fspath" only change the type.
_PATH_FUNCTIONS = frozenset(
    {"abspath", "realpath", "dirname", "normpath", "join", "Path", "PurePath", "PosixPath", "str", "fspath"}
)


def added(left: Value | None, right: Value | None) -> Value | None:
    """Return the sum of two texts or lists, None if it is not known or too long."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) < _LONGEST else None
    if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) <= _MOST_ITEMS:
        return left + right
    return None


class Evaluator:
    """Evaluates expressions within a number of steps."""

    def __init__(self) -> None:
        self.steps = 0

    def value(self, node: ast.AST | None, env: dict[str, Value], depth: int = 0) -> Value | None:
        """Return the value of an expression: a text or path, a list or dict of them; None if unknown."""
        self.steps += 1
        if node is None or depth > _DEEPEST or self.steps > STEPS:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) and len(node.value) < _LONGEST_LITERAL else None
        if isinstance(node, ast.Name):
            return env.get(node.id)
        if isinstance(node, (ast.List, ast.Tuple)):
            found = [self.value(each, env, depth + 1) for each in node.elts]
            texts = [each for each in found if isinstance(each, str)]
            return texts if len(texts) == len(found) else None
        if isinstance(node, ast.Dict):
            pairs = [
                (self.value(key, env, depth + 1), self.value(each, env, depth + 1))
                for key, each in zip(node.keys, node.values, strict=True)
            ]
            known = {key: each for key, each in pairs if isinstance(key, str) and isinstance(each, str)}
            return known if len(known) == len(pairs) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return added(self.value(node.left, env, depth + 1), self.value(node.right, env, depth + 1))
        found_text = self._text(node, env, depth + 1)
        return found_text if found_text is None or len(found_text) < _LONGEST else None

    def _texts(self, nodes: list[ast.expr], env: dict[str, Value], depth: int) -> list[str] | None:
        found: list[str] = []
        for node in nodes:
            value = self.value(node.value if isinstance(node, ast.Starred) else node, env, depth)
            if isinstance(node, ast.Starred) and isinstance(value, list):
                found += value
            elif isinstance(value, str) and not isinstance(node, ast.Starred):
                found.append(value)
            else:
                return None
        return found

    def _text(self, node: ast.AST, env: dict[str, Value], depth: int) -> str | None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            pair = self._texts([node.left, node.right], env, depth)
            return posixpath.join(*pair) if pair is not None else None
        if isinstance(node, ast.JoinedStr):
            parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
            texts = self._texts(parts, env, depth)
            return "".join(texts) if texts is not None else None
        if isinstance(node, ast.Attribute):
            if node.attr in ("curdir", "pardir", "sep") and last_name(node.value) in ("os", "path"):
                return {"curdir": ".", "pardir": "..", "sep": "/"}[node.attr]
            owner = self.value(node.value, env, depth) if node.attr == "parent" else None
            return posixpath.dirname(owner) if isinstance(owner, str) else None
        return self._called(node, env, depth) if isinstance(node, ast.Call) else None

    def _called(self, node: ast.Call, env: dict[str, Value], depth: int) -> str | None:
        name = last_name(node.func)
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in ("getcwd", "getcwdu", "cwd"):
            return ROOT
        if (
            name in ("resolve", "absolute", "expanduser", "joinpath")
            and owner is not None
            and last_name(owner) != "path"
        ):
            parts = self._texts([owner, *node.args] if name == "joinpath" else [owner], env, depth)
            return posixpath.normpath(posixpath.join(ROOT, *parts)) if parts is not None else None
        if name not in _PATH_FUNCTIONS or node.keywords:
            return None
        parts = self._texts(node.args, env, depth)
        if not parts:
            return None
        if name in ("abspath", "realpath"):
            return posixpath.normpath(posixpath.join(ROOT, parts[0]))
        if name == "dirname":
            return posixpath.dirname(parts[0])
        if name == "normpath":
            return posixpath.normpath(parts[0])
        if name == "join" and owner is not None and last_name(owner) != "path":
            return None  # str.join, not os.path.join
        return posixpath.join(*parts)
