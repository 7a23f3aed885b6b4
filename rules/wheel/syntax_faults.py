"""Errors that the parser accepts and the compiler reports, found in the syntax tree.

The compiler of the running Python is not asked: its answers depend on its version, and a small text can need
much memory, because the compiler repeats the code of `finally` blocks. The checks follow what CPython 3.8 to
3.15 reject; `tools.check_syntax` compares them. A walk over a tree takes about as long as parsing, so only
files with certain words are walked: a fault that is written in an unusual way may be missed, by every Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from pkgaudit.api import Construct, Feature, Window, Words
from pkgaudit.late import dataclass

_WORDS = Words(b"__debug__", b"(yield", b"[await")
"""Words that few files have, and nearly every file with certain faults."""

_PATTERNS = (
    # Only in an annotation, an iterable or a comprehension, an assignment expression can be wrong.
    (b":=", rb":=[^\n]{0,200}\sfor\b| in [^\n]{0,200}:=|[:>]\s*\(\s*\w+\s*:="),
    (b"await", rb"[:>]\s*\(\s*await\b"),
    (b"async for", rb"async for\b(?<=\S async for)"),
    (b"import *", rb"\n[ \t]+from[ \t][^\n]{0,200}import[ \t]*\*"),
    # A bare `except` that is followed by another one of the same `try`.
    (b"except:", rb"(?m)^([ \t]*)except[ \t]*:.*\n(?:(?:\1[ \t]+\S.*|[ \t\r]*)\n){0,50}\1except\b"),
)
"""Words, and patterns that are searched only after the word is found, because that takes longer."""

_SEARCHES = {word: re.compile(pattern) for word, pattern in _PATTERNS}
_SEARCHED = Words(*_SEARCHES)
_DECLARES, _ASYNCHRONOUS = Words(b"global", b"nonlocal"), Words(b"async ")
_DECLARATION = re.compile(
    rb"\b(?:global|nonlocal)[ \t]+(\w+(?:[ \t]*,[ \t]*\w+){0,20})[ \t]*(?:[;#\r\n\\]|\Z)"
)
_NAME = re.compile(rb"\w+")
_ASYNC = re.compile(rb"async (?:for|with)\b")
_MOST = 100
"""Declarations and asynchronous statements of a file that are compared with the text before. Chosen."""

_REACH = 5_000
"""Bytes before such a statement that are searched for the start of its function. Chosen."""

# Line ends of the tokenizer; `str.splitlines` has more.
_LINE_END = re.compile(r"\r\n|\r|\n")
_LAZY = re.compile(r"[ \t]*lazy[ \t]+(?:import|from)\b")


@dataclass(frozen=True)
class Fault:
    """An error of the compiler, for a line; Pythons before ``since`` do not report it."""

    text: str
    line: int
    since: tuple[int, int] = (3, 0)


class Found(NamedTuple):
    """The first fault of a module, and the first asynchronous comprehension inside another one."""

    fault: Fault | None = None
    feature: Feature | None = None


def may_have_faults(window: Window) -> bool:
    """Return whether a text has the words of a fault; the walk over its tree takes much longer."""
    found, data = window.found, window.data
    return bool(
        found(_WORDS)
        or any(_SEARCHES[word].search(data) for word in found(_SEARCHED))
        or (found(_DECLARES) and _declares_late(data))
        or (found(_ASYNCHRONOUS) and _has_async_outside(data))
    )


def _declares_late(data: bytes) -> bool:
    """Return whether a text may use a name in a function before it declares the name."""
    for match in islice(_DECLARATION.finditer(data), _MOST):
        start = data.rfind(b"def ", max(0, match.start() - _REACH), match.start())
        before = data[max(start, match.start() - _REACH, 0) : match.start()]
        if re.search(rb"\b(?:" + b"|".join(_NAME.findall(match[1])) + rb")\b", before):
            return True
    return False


def _has_async_outside(data: bytes) -> bool:
    """Return whether a text may have an asynchronous statement that is not in an asynchronous function."""
    for match in islice(_ASYNC.finditer(data), _MOST):
        start = data.rfind(b"def ", max(0, match.start() - _REACH), match.start())
        if start < 0 or not data.startswith(b"async ", start - 6):
            return True
    return False


def find_faults(tree: ast.Module, source: str) -> Found:
    """Return the first fault of a module; ``source`` is its text."""
    walk = _Walk(source)
    walk.run(tree)
    fault = min(walk.faults.values(), key=lambda each: (each.since, each.line), default=None)
    return Found(fault, walk.feature)


def repeated_parameter(arguments: ast.arguments) -> str | None:
    """Return the name of a parameter that a function has twice."""
    names = _parameters(arguments)
    return _repeated(names) if len(names) > 1 and len(set(names)) < len(names) else None


def _parameters(arguments: ast.arguments) -> list[str]:
    each = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [parameter.arg for parameter in each if parameter is not None]


def _repeated(names: list[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


class _Scope:
    """A block with its own names.

    ``kind`` is module, class, function, async (function), lambda, annotation, comprehension, or generator.
    """

    __slots__ = ("is_async", "kind", "names", "outer", "parameters", "returns", "targets", "yields")

    def __init__(self, kind: str, outer: _Scope | None = None, parameters: Iterable[str] = ()) -> None:
        self.kind = kind
        self.outer = outer
        self.parameters = frozenset(parameters)
        self.names: set[str] = set()
        """The names that were used or bound so far, except by imports."""
        self.targets: set[str] = set()
        """For a comprehension, the names that it iterates with."""
        self.is_async = kind == "async"
        self.yields = False
        self.returns = False

    @property
    def block(self) -> _Scope:
        """The nearest scope that is not a comprehension."""
        scope = self
        while scope.outer is not None and scope.kind in ("comprehension", "generator"):
            scope = scope.outer
        return scope


class _Step(NamedTuple):
    node: ast.AST
    scope: _Scope
    in_iterable: bool = False
    """Whether the node is in the iterable of a comprehension."""
    in_try: bool = False


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class _Walk:
    """Walks over a tree in the order of the text, without recursion."""

    def __init__(self, source: str) -> None:
        self.faults: dict[tuple[int, int], Fault] = {}
        """The first fault for each Python that reports it."""
        self.feature: Feature | None = None
        self.lazy_lines = {
            number for number, line in enumerate(_LINE_END.split(source), 1) if _LAZY.match(line)
        }

    def run(self, tree: ast.Module) -> None:
        pending = [_Step(tree, _Scope("module"))]
        while pending:
            step = pending.pop()
            node = step.node
            if isinstance(node, ast.Name):
                self._name(node, step.scope)
            elif not isinstance(node, ast.Constant):
                pending += reversed([*self._visit(step)])

    def _fault(self, text: str, node: ast.AST, since: tuple[int, int] = (3, 0)) -> None:
        line = getattr(node, "lineno", 1)
        if since not in self.faults or line < self.faults[since].line:
            self.faults[since] = Fault(text, line, since)

    def _name(self, node: ast.Name, scope: _Scope) -> None:
        if node.id != "__debug__":
            scope.names.add(node.id)
        elif isinstance(node.ctx, ast.Store):
            self._fault("cannot assign to __debug__", node)
        elif isinstance(node.ctx, ast.Del):
            self._fault("cannot delete __debug__", node, (3, 10))

    def _visit(self, step: _Step) -> Iterator[_Step]:
        """Check a node, and yield its children."""
        node, scope = step.node, step.scope
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            yield from self._function(node, step)
            return
        if isinstance(node, _COMPREHENSIONS):
            yield from self._comprehension(node, step)
            return
        if isinstance(node, ast.ClassDef):
            scope.names.add(node.name)
            self._keywords(node.keywords, node)
            for each in (*node.decorator_list, *node.bases, *node.keywords):
                yield _Step(each, scope)
            inner = _Scope("class", scope)
            for statement in node.body:
                yield _Step(statement, inner)
            return
        if isinstance(node, ast.AnnAssign):
            yield step._replace(node=node.annotation, scope=_Scope("annotation", scope))
            yield step._replace(node=node.target)
            if node.value is not None:
                yield step._replace(node=node.value)
            return
        if node.__class__.__name__ in ("Try", "TryStar"):
            bare = [each for each in node.handlers[:-1] if each.type is None]  # type: ignore[attr-defined]
            if bare:
                self._fault("default 'except:' must be last", bare[0])
            step = step._replace(in_try=True)
        else:
            self._check(node, step)
        for value in node.__dict__.values():
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                    yield step._replace(node=child)

    def _check(self, node: ast.AST, step: _Step) -> None:
        """Check a node that has no scope of its own."""
        scope = step.scope
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, step)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self._declaration(node, scope)
        elif isinstance(node, ast.NamedExpr):
            self._named(node, step)
        elif isinstance(node, (ast.Yield, ast.YieldFrom)):
            self._yield(node, scope)
        elif isinstance(node, ast.Await):
            self._await(node, scope)
        elif isinstance(node, (ast.AsyncFor, ast.AsyncWith)):
            if not scope.is_async:
                word = "for" if isinstance(node, ast.AsyncFor) else "with"
                self._fault(f"'async {word}' outside async function", node)
        elif isinstance(node, ast.Return):
            if scope.kind == "class":
                self._fault("'return' outside function", node)
            scope.returns = scope.returns or node.value is not None
            self._async_generator(node, scope)
        elif isinstance(node, ast.Call):
            self._keywords(node.keywords, node)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            scope.names.update([node.name] if node.name else ())
        elif isinstance(node, ast.MatchMapping):
            scope.names.update([node.rest] if node.rest else ())

    # Blocks

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, step: _Step
    ) -> Iterator[_Step]:
        scope, arguments = step.scope, node.args
        repeated = repeated_parameter(arguments)
        if repeated is not None:
            self._fault(f"duplicate argument {repeated[:40]!r} in function definition", node)
        kind = {"AsyncFunctionDef": "async", "Lambda": "lambda"}.get(node.__class__.__name__, "function")
        inner = _Scope(kind, scope, _parameters(arguments))
        for each in (*arguments.defaults, *arguments.kw_defaults):
            if each is not None:
                yield step._replace(node=each)
        if isinstance(node, ast.Lambda):
            yield step._replace(node=node.body, scope=inner, in_try=False)
            return
        scope.names.add(node.name)
        for each in node.decorator_list:
            yield _Step(each, scope)
        parameters = (
            *(*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs),
            *(arguments.vararg, arguments.kwarg),
        )
        for annotation in (*(each.annotation for each in parameters if each is not None), node.returns):
            if annotation is not None:
                yield _Step(annotation, _Scope("annotation", scope))
        for statement in node.body:
            yield _Step(statement, inner)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, step: _Step
    ) -> Iterator[_Step]:
        inner = _Scope("generator" if isinstance(node, ast.GeneratorExp) else "comprehension", step.scope)
        inner.is_async = any(each.is_async for each in node.generators)
        if inner.is_async:
            self._asynchronous(node, inner)
        for number, each in enumerate(node.generators):
            for target in ast.walk(each.target):
                if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                    inner.targets.add(target.id)
            # The first iterable is evaluated outside of the comprehension.
            yield _Step(each.iter, inner if number else step.scope, in_iterable=True)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.comprehension):
                for part in (child.target, *child.ifs):
                    yield step._replace(node=part, scope=inner)
            else:
                yield step._replace(node=child, scope=inner)

    # Nodes

    def _asynchronous(self, node: ast.AST, scope: _Scope) -> None:
        """Check a comprehension that awaits; a generator may do so anywhere."""
        if scope.kind == "generator":
            return
        outer = scope.outer
        assert outer is not None  # a comprehension is in a module
        if outer.kind in ("comprehension", "generator") and not outer.is_async:
            line = getattr(node, "lineno", 1)
            if self.feature is None or line < self.feature.line:
                self.feature = Feature(Construct.ASYNC_INSIDE, line)
        while outer.kind == "comprehension" and outer.outer is not None:
            outer = outer.outer
        if outer.kind in ("module", "class", "function", "lambda"):
            self._fault("asynchronous comprehension outside of an asynchronous function", node)

    def _await(self, node: ast.Await, scope: _Scope) -> None:
        if scope.kind == "annotation":
            self._in_annotation("'await'", node, scope)
        elif scope.kind == "comprehension":
            self._asynchronous(node, scope)
        elif scope.kind not in ("async", "generator"):
            self._fault("'await' outside async function", node)

    def _yield(self, node: ast.Yield | ast.YieldFrom, scope: _Scope) -> None:
        if scope.kind in ("comprehension", "generator"):
            self._fault("'yield' inside a comprehension", node)
        elif scope.kind in ("module", "class"):
            self._fault("'yield' outside function", node)
        elif scope.kind == "annotation":
            self._in_annotation("'yield'", node, scope)
        elif scope.kind == "async" and isinstance(node, ast.YieldFrom):
            self._fault("'yield from' inside async function", node)
        scope.yields = True
        self._async_generator(node, scope)

    def _async_generator(self, node: ast.AST, scope: _Scope) -> None:
        if scope.kind == "async" and scope.yields and scope.returns:
            self._fault("'return' with value in async generator", node)

    def _in_annotation(self, what: str, node: ast.AST, scope: _Scope) -> None:
        assert scope.outer is not None  # an annotation is in a block
        in_function = scope.outer.block.kind in ("function", "async")
        self._fault(f"{what} inside an annotation", node, (3, 14) if in_function else (3, 0))

    def _named(self, node: ast.NamedExpr, step: _Step) -> None:
        scope, name = step.scope, node.target.id
        if step.in_iterable:
            self._fault("assignment expression inside the iterable of a comprehension", node)
        block = scope.block
        if block is not scope and block.kind == "class":
            self._fault("assignment expression inside a comprehension in the body of a class", node)
        if block.kind == "annotation":
            self._fault("assignment expression inside an annotation", node, (3, 14))
        while scope is not block and scope.outer is not None:
            if name in scope.targets:
                self._fault("assignment expression rebinds the variable of a comprehension", node)
            scope = scope.outer
        block.names.add(name)

    def _declaration(self, node: ast.Global | ast.Nonlocal, scope: _Scope) -> None:
        word = "global" if isinstance(node, ast.Global) else "nonlocal"
        for name in node.names:
            if name in scope.parameters:
                self._fault(f"name {name[:40]!r} is parameter and {word}", node)
            elif name in scope.names:
                self._fault(f"name {name[:40]!r} is used before its {word} declaration", node)

    def _import(self, node: ast.Import | ast.ImportFrom, step: _Step) -> None:
        is_star = any(each.name == "*" for each in node.names)
        is_inside = step.scope.kind != "module"
        if is_star and is_inside:
            self._fault("import * only allowed at module level", node)
        if node.lineno in self.lazy_lines and (is_star or is_inside or step.in_try):
            self._fault("lazy import only allowed at module level, outside of 'try' and without '*'", node)

    def _keywords(self, keywords: list[ast.keyword], node: ast.AST) -> None:
        if len(keywords) > 1:
            repeated = _repeated([each.arg for each in keywords if each.arg is not None])
            if repeated is not None:
                self._fault(f"keyword argument repeated: {repeated[:40]}", node)
