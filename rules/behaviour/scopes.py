"""The scopes of a module: modules, classes and functions, with the calls and the values of names in each.

A scope says what runs together. Values of names are followed through assignments, `with` and `for`, not
through parameters, attributes or results of functions.
"""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping

from pkgaudit.rules._shared.call_names import Names, bind_import, holds_on_import
from pkgaudit.rules._shared.calls import bind_star
from pkgaudit.rules._shared.nodes import children

_STEPS = 3
"""The most assignments between a value and its use that are followed."""

_MOST_PARTS = 300
"""The most nodes of a value that are looked at; bounds the time for large tables."""

Function = ast.FunctionDef | ast.AsyncFunctionDef

_LOADERS = frozenset({"getattr", "__import__", "importlib.import_module", "vars"})
"""Functions whose results have names of their own."""


class Scope:
    """A module, a class, a function, or the part of a module that only runs as a program.

    ``calls``, ``attributes`` and ``imports`` are in no order; ``lambdas`` are outer ones first. ``values``
    are the values of names that the scope assigns, ``names`` resolves names in it.
    """

    __slots__ = (
        *("attributes", "body", "calls", "entered", "functions", "imports", "is_class", "lambdas", "name"),
        *("names", "node", "parent", "values"),
    )

    def __init__(self, node: ast.AST, body: list[ast.stmt], name: str, parent: Scope | None) -> None:
        self.node = node
        self.body = body
        self.name = name
        self.parent = parent
        self.is_class = node.__class__ is ast.ClassDef
        self.calls: list[ast.Call] = []
        self.entered: list[ast.expr] = []
        """The context managers of its `with` statements."""
        self.attributes: list[ast.Attribute] = []
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.lambdas: list[ast.Lambda] = []
        self.values: dict[str, list[ast.expr]] = {}
        self.functions: dict[str, Scope] = {}
        """The functions and classes that it defines."""
        self.names: Names

    @property
    def outer(self) -> Iterator[Scope]:
        """The scopes in which names of this scope are looked up, itself first."""
        yield self
        above = self.parent
        while above is not None:
            if not above.is_class:
                yield above
            above = above.parent

    def function(self, name: str) -> Scope | None:
        """Return the function or the class with a name."""
        return next((each.functions[name] for each in self.outer if name in each.functions), None)

    def value(self, name: str) -> ast.expr | None:
        """Return the only value that is assigned to a name, None if it may have several or none."""
        values = next((each.values[name] for each in self.outer if name in each.values), ())
        return values[0] if len(values) == 1 else None


def read_scopes(tree: ast.Module) -> list[Scope]:
    """Return the scopes of a module, outer ones first; the first one is the module."""
    module = Scope(tree, tree.body, "", None)
    scopes = [module]
    for scope in scopes:  # grows meanwhile
        _read(scope, scopes)
    return scopes


def _read(scope: Scope, scopes: list[Scope]) -> None:
    """Read the statements of a scope, and append the scopes in it."""
    own: dict[str, str] = {}
    shadowed: set[str] = set()
    values, calls = scope.values, scope.calls

    def inner(node: ast.AST, body: list[ast.stmt], name: str) -> Scope:
        made = Scope(node, body, name, scope)
        scopes.append(made)
        return made

    def assign(target: ast.expr, value: ast.expr) -> None:
        for each in target.elts if isinstance(target, (ast.Tuple, ast.List)) else (target,):
            if each.__class__ is ast.Name:
                values.setdefault(each.id, []).append(value)

    if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        given = scope.node.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        shadowed.update(each.arg for each in parameters if each is not None)
    pending: list[ast.AST] = [*reversed(scope.body)]
    while pending:
        node = pending.pop()
        kind = node.__class__
        if kind is ast.Name or kind is ast.Constant:
            continue
        if isinstance(node, ast.Attribute):
            scope.attributes.append(node)
        elif isinstance(node, ast.Call):
            calls.append(node)
        elif isinstance(node, ast.Lambda):
            scope.lambdas.append(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope.functions[node.name] = inner(node, node.body, node.name)
            shadowed.add(node.name)
            pending += node.decorator_list
            pending += [each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
            continue
        elif isinstance(node, ast.ClassDef):
            scope.functions[node.name] = inner(node, node.body, node.name)
            shadowed.add(node.name)
            pending += [*node.decorator_list, *node.bases, *node.keywords]
            continue
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bind_import(node, own)
            bind_star(node, own)
            scope.imports.append(node)
            continue
        elif isinstance(node, ast.If):
            if holds_on_import(node.test) is False and not _is_forged(values):
                inner(node, node.body, "")
                pending += reversed(node.orelse)
                continue
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                assign(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            if node.value is not None:
                assign(node.target, node.value)
        elif isinstance(node, ast.withitem):
            scope.entered.append(node.context_expr)
            if node.optional_vars is not None:
                assign(node.optional_vars, node.context_expr)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            assign(node.target, node.iter)
        pending += reversed(children(node))
    above = next((each.names.aliases for each in scope.outer if each is not scope), {})
    if own or values or shadowed:
        scope.names = Names(_chained(own, above))
        _name_values(scope, own, shadowed)
    else:
        scope.names = Names(above)


def _is_forged(values: Mapping[str, list[ast.expr]]) -> bool:
    """Return whether a scope gives the names other values on which `holds_on_import` relies."""
    flags = values.get("TYPE_CHECKING", ())
    return "__name__" in values or any(getattr(each, "value", True) for each in flags)


def _chained(own: dict[str, str], above: MutableMapping[str, str]) -> MutableMapping[str, str]:
    maps = above.maps if isinstance(above, ChainMap) else [above]
    return ChainMap(own, *maps)


def _name_values(scope: Scope, own: dict[str, str], shadowed: set[str]) -> None:
    """Give names the meaning of their values; a name with an unknown value hides a builtin of this name."""
    imported = {*own}
    for name in shadowed - imported:
        own[name] = f"<{name}>"
    for name, values in scope.values.items():
        if name in imported:
            continue
        own[name] = f"<{name}>"
        certain = [each for each in values if not isinstance(each, ast.Constant)]
        if len(certain) == 1 and name not in shadowed:
            full = _named(scope.names, certain[0])
            if full is not None and full != name:
                scope.names.bind(name, full)
            elif full == name:
                del own[name]


def _named(names: Names, value: ast.expr) -> str | None:
    if not isinstance(value, ast.Call):
        return names.of(value)
    function = names.of(value.func)
    if function is None or function in _LOADERS:
        return names.of(value)
    return f"{function}()"


def parts_of(scope: Scope, value: ast.AST) -> Iterator[tuple[ast.AST, Scope]]:
    """Yield the nodes of a value and of the values of the names in it, each with its scope.

    Texts are in the order in which they are written.
    """
    pending: list[tuple[ast.AST, Scope, int]] = [(value, scope, 0)]
    followed: set[tuple[int, str]] = set()
    for _ in range(_MOST_PARTS):
        if not pending:
            return
        node, inside, steps = pending.pop()
        yield node, inside
        if isinstance(node, ast.Name):
            place = next((each for each in inside.outer if node.id in each.values), None)
            if place is None or steps == _STEPS or (id(place), node.id) in followed:
                continue
            followed.add((id(place), node.id))
            pending += [(each, place, steps + 1) for each in reversed(place.values[node.id][:_MOST_PARTS])]
        else:
            pending += [(each, inside, steps) for each in reversed(children(node)[:_MOST_PARTS])]


def inside(scope: Scope) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, without those of the scopes in it."""
    pending: list[ast.AST] = [*scope.body]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            pending += children(node)


_HANDED_ON = {
    "Thread": (1, "target"),
    "Timer": (1, "function"),
    "Process": (1, "target"),
    "register": (0, "func"),
    **dict.fromkeys(("map", "filter", "start_new_thread", "apply_async"), (0, "func")),
    "submit": (0, "fn"),
}
"""Functions that call another function: the place of that function in the arguments, and its keyword."""

_OF_CREATION = ("__new__", "__init__", "__post_init__", "__set_name__")
"""The methods that a call of a class runs; the last one if the object becomes an attribute of a class."""

_OF_METACLASS = ("__prepare__", "__new__", "__init__")
"""The methods of a metaclass that the definition of a class runs."""


def at_import(scopes: list[Scope], is_program: bool = False) -> set[int]:
    """Return the identities of the scopes that run when the module is imported.

    ``is_program``: the module runs as a program, such as setup.py, so ``__name__`` is ``__main__``.
    """
    roots = [scopes[0], *(each for each in scopes if is_program and isinstance(each.node, ast.If))]
    return reached(scopes, roots)


def reached(scopes: list[Scope], roots: list[Scope]) -> set[int]:
    """Return the identities of scopes and of those that they run: functions that they call or hand on."""
    found = {id(each) for each in roots}
    pending = [*roots]
    inner: dict[int, list[Scope]] = {}
    for each in scopes:
        if each.parent is not None:
            inner.setdefault(id(each.parent), []).append(each)

    def add(scope: Scope | None) -> None:
        if scope is not None and id(scope) not in found:
            found.add(id(scope))
            pending.append(scope)

    while pending:
        scope = pending.pop()
        for each in inner.get(id(scope), ()):
            if each.is_class or _registers(each):
                add(each)
            for made in _defining(scope, each.node):
                add(made)
        for call in scope.calls:
            for target in (call.func, *_handed_on(call)):
                for called in _called(scope, target):
                    add(called)
        for entered in scope.entered:
            for called in _methods(_class_of(scope, entered), "__enter__", "__exit__"):
                add(called)
    return found


def _defining(scope: Scope, node: ast.AST) -> Iterator[Scope]:
    """Yield what the definition of a function or a class in a scope runs, besides calls."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        for each in node.decorator_list:
            yield from _called(scope, each) if isinstance(each, (ast.Name, ast.Attribute)) else ()
    if isinstance(node, ast.ClassDef):
        for base in node.bases:
            yield from _methods(_class_of(scope, base, is_instance=False), "__init_subclass__")
        for keyword in node.keywords:
            if keyword.arg == "metaclass":
                yield from _methods(_class_of(scope, keyword.value, is_instance=False), *_OF_METACLASS)


def _called(scope: Scope, target: ast.expr) -> Iterator[Scope]:
    """Yield the functions that a call of an expression runs: a function, or methods."""
    if isinstance(target, ast.Attribute):
        made = _class_of(scope, target.value, is_instance=None)
        yield from _methods(made, target.attr)
    elif isinstance(target, ast.Call):
        function = target.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if last == "partial" and target.args and isinstance(target.args[0], ast.Name):
            yield from _called(scope, target.args[0])
        yield from _methods(_class_of(scope, target), "__call__")
    elif isinstance(target, ast.Name):
        made = scope.function(target.id)
        if made is None:
            value = scope.value(target.id)
            if isinstance(value, ast.Name):
                made = scope.function(value.id)
            yield from _methods(_class_of(scope, target), "__call__")
        if made is not None and made.is_class:
            yield from _methods(made, *_OF_CREATION)
        elif made is not None:
            yield made


def _methods(made: Scope | None, *names: str) -> Iterator[Scope]:
    """Yield those methods of a class that it defines itself."""
    functions = made.functions if made is not None else {}
    yield from (functions[each] for each in names if each in functions)


def _class_of(scope: Scope, value: ast.expr, *, is_instance: bool | None = True) -> Scope | None:
    """Return the class of the module of which a value is an instance, or which it is, or either (None)."""
    if isinstance(value, ast.Name) and value.id in ("self", "cls"):
        return scope.parent if scope.parent is not None and scope.parent.is_class else None
    made = None
    if isinstance(value, ast.Name):
        made = None if is_instance else scope.function(value.id)
        value = scope.value(value.id) or value
    if made is None and is_instance is not False and isinstance(value, ast.Call):
        made = scope.function(value.func.id) if isinstance(value.func, ast.Name) else None
    return made if made is not None and made.is_class else None


def _handed_on(call: ast.Call) -> Iterator[ast.expr]:
    function = call.func
    last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    place = _HANDED_ON.get(last)
    if place is not None:
        at, keyword = place
        yield from call.args[at : at + 1]
        yield from (each.value for each in call.keywords if each.arg == keyword)


def _registers(scope: Scope) -> bool:
    """Return whether a decorator registers a function for the end of the program."""
    if not isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)) or scope.parent is None:
        return False
    names = scope.parent.names
    return any(names.of(each) == "atexit.register" for each in scope.node.decorator_list)
