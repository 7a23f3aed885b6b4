"""The full names of called functions, after imports, ``getattr`` and ``__import__`` are resolved."""

from __future__ import annotations

import ast
from collections.abc import Iterable, MutableMapping

_MOST_PARTS = 20
"""The longest chain of attributes that is followed."""

_MOST_TEXTS = 100
"""The most texts joined by ``+`` or an f-string that count as one constant."""

_IMPORT_MODULE = "importlib.import_module"


def aliases_of(body: Iterable[ast.AST], everything: bool = False, package: str = "") -> dict[str, str]:
    """Return the full names behind the names that imports bind; in functions only with ``everything``.

    Relative imports bind no names without the dotted name of the ``package``.
    """
    aliases: dict[str, str] = {}
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bind_import(node, aliases, package)
        elif everything or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # Only statements are followed, because no expression imports a name.
            for field_name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, field_name, None)
                if isinstance(inner, list):
                    pending += inner
    return aliases


def bind_import(
    node: ast.Import | ast.ImportFrom, aliases: MutableMapping[str, str], package: str = ""
) -> None:
    """Add the names that an import binds; relative ones only if the dotted name of the package is given."""
    if isinstance(node, ast.Import):
        for each in node.names:
            name = each.asname or each.name.partition(".")[0]
            aliases[name] = each.name if each.asname else name
        return
    source = absolute_source(node, package)
    if source is not None:
        for each in node.names:
            aliases[each.asname or each.name] = f"{source}.{each.name}"


def absolute_source(node: ast.ImportFrom, package: str) -> str | None:
    """Return the module from which a module of a package imports, None if it is not in the package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return None
    base = parts[: len(parts) + 1 - node.level]
    return ".".join([*base, node.module] if node.module else base)


class Names:
    """The full names of expressions, as long as no name is bound again."""

    def __init__(self, aliases: MutableMapping[str, str]) -> None:
        self.aliases = aliases
        self._known: dict[ast.expr, str | None] = {}
        """The names so far: each part of a chain of subscripts needs the names of all parts below."""
        self.called: set[int] = set()
        """The nodes of called names, which the check of the call covers."""

    def bind(self, name: str, full: str) -> None:
        """Give a name another meaning."""
        self.aliases[name] = full
        self._known.clear()

    def of(self, node: ast.expr) -> str | None:
        """Return the full name of the object of an expression, None if it is unknown."""
        if node not in self._known:
            self._known[node] = self._find(node)
        return self._known[node]

    def _find(self, node: ast.expr) -> str | None:
        parts: list[str] = []
        for _ in range(_MOST_PARTS):
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
                continue
            if isinstance(node, ast.Subscript) and (key := _key(node.slice)) is not None:
                # A module in sys.modules, or a name in the __dict__ of a module.
                parts.append(key)
                if self.of(node.value) == "sys.modules":
                    return _joined(parts)
                node = node.value
                if isinstance(node, ast.Attribute) and node.attr == "__dict__":
                    node = node.value
                elif isinstance(node, ast.Call) and _is_vars(node):
                    node = node.args[0]
                continue
            if isinstance(node, ast.NamedExpr):
                node = node.value
                continue
            if isinstance(node, ast.Name):
                parts.append(self.aliases.get(node.id, node.id))
                return _joined(parts)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                self.called.add(id(node.func))
                function = _joined([self.aliases.get(node.func.id, node.func.id)])
                arguments = node.args
                if function == "getattr" and len(arguments) >= 2 and (key := _key(arguments[1])) is not None:
                    parts.append(key)
                    node = arguments[0]
                    continue
                if function in ("__import__", _IMPORT_MODULE) and (text := constant_of(node)) is not None:
                    is_whole = function == _IMPORT_MODULE or _has_list(node)
                    parts.append(text if is_whole else text.partition(".")[0])
                    return _joined(parts)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "import_module" and (text := constant_of(node)) is not None:
                    parts.append(text)
                    return _joined(parts)
                # A method of a call's result gets the name of the call: requests.Session().get
                node = node.func
                continue
            return None
        return None


def constant_of(node: ast.Call) -> str | None:
    """Return the text that is the first argument of a call, None if it is computed."""
    return text_of(node.args[0]) if node.args else None


def text_of(node: ast.expr) -> str | None:
    """Return a constant text, or bytes as a text, None if it is computed.

    Constants may be joined by ``+`` and by f-strings.
    """
    parts: list[str] = []
    pending = [node]
    while pending and len(parts) + len(pending) < _MOST_TEXTS:
        each = pending.pop()
        if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Add):
            pending += [each.right, each.left]
        elif isinstance(each, ast.JoinedStr):
            pending += reversed(each.values)
        elif isinstance(each, ast.FormattedValue) and each.conversion < 0 and each.format_spec is None:
            pending.append(each.value)
        elif isinstance(each, ast.Constant) and isinstance(each.value, (str, bytes)):
            value = each.value
            parts.append(value if isinstance(value, str) else value.decode("utf-8", "replace"))
        else:
            return None
    return "".join(parts) if not pending else None


def _key(node: ast.expr) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) else text_of(node)


def _joined(parts: list[str]) -> str:
    return ".".join(reversed(parts)).removeprefix("builtins.").removeprefix("__builtins__.")


def _is_vars(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "vars" and len(node.args) == 1


def _has_list(node: ast.Call) -> bool:
    return len(node.args) > 3 or any(each.arg == "fromlist" for each in node.keywords)


def holds_on_import(test: ast.expr) -> bool | None:
    """Return whether a condition holds when a module is imported, None if it depends."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds_on_import(test.operand) if not isinstance(test.operand, ast.UnaryOp) else None
        return None if inner is None else not inner
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        values = [
            holds_on_import(each) for each in test.values if not isinstance(each, (ast.BoolOp, ast.UnaryOp))
        ]
        return False if False in values else None
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
        is_main = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value == "__main__"
        return False if is_main and isinstance(test.ops[0], ast.Eq) else None
    last = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return False if last == "TYPE_CHECKING" else None
