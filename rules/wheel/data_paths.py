"""The values of expressions that consist of the folder of a module and of constants."""

from __future__ import annotations

import ast
import posixpath
from collections import Counter
from functools import cached_property

from pkgaudit.late import lazy

DEEPEST = 20
"""The nested parts of an expression that are evaluated. Real paths have a few."""

_MOST_PARTS = 30
"""The parts of a text that are joined. Real paths have a few; bounds the time."""

_LONGEST = 1000
"""The longest path and text that are kept: far longer than real ones; bounds the memory."""

_MOST_IMPORTS = 500
"""Imported names of one module that are kept. Real modules have a few dozen; bounds the time."""

_MOST_STARTS = 100
"""Imported names of one module that paths begin with. Real modules have a few; bounds the time."""

SAME = frozenset(
    {
        *("abspath", "realpath", "normpath", "resolve", "absolute", "as_posix", "str", "fspath", "as_file"),
        *("Path", "PurePath", "PosixPath", "joinpath", "join", "dirname", "files"),
        *("with_name", "with_suffix", "splitext"),
    }
)
"""Functions and methods that make a path of a path, and do not touch the file."""

_METHODS = frozenset({"joinpath", "resolve", "absolute", "with_name", "with_suffix", "as_posix", "__str__"})
"""The methods of a path among them."""

_VALUE = lazy(r"\b(\w{1,100})\b(?= *(?::[^=\n]{1,200})?=(?!=))")
"""A place where a name seems to get a value."""

_IS_NAME = lazy(r"[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){0,20}")
"""The dotted name of a package, with limits far above those of real names."""

_CONSTANT = lazy(
    r"_?(?:[A-Z\d]{1,50}_){0,9}(?:DIR|DIRECTORY|PATH|ROOT|FOLDER|HERE|DATA|BASE|FILE|FILENAME)(?:_[A-Z\d]{1,50}){0,3}"
)
"""The usual names of constants with a path, which another module may import. Others are not looked up."""

_OWN_NAMES = frozenset(
    ast.dump(ast.parse(each, mode="eval").body)
    for each in ("__name__", "__package__", "__spec__.parent", "__spec__.name", "sys.modules[__name__]")
)
"""The expressions for the package or the module itself."""

_SEPARATORS = {"sep": "/", "pardir": "..", "curdir": "."}
"""The constants of ``os`` and ``os.path``."""


class Text(str):
    """A constant text, in contrast to a path."""

    __slots__ = ()


class Paths:
    """Evaluates expressions with the names that are visible at a place of a module.

    A path is relative to the folder of the module, or absolute with a slash if it begins with the name of a
    package. The value ``__file__`` is the path of the module, the empty text its folder.
    """

    def __init__(self, stem: str, source: str) -> None:
        self.names: dict[str, str | None] = {}
        """The paths and texts of the names in the scope that is being visited, None for hidden imports."""
        self.module: dict[str, str | None] = {}
        """Those of the module, and those of its classes with a dot before the name."""
        self.definitions: set[str] = set()
        """The functions and classes of the module."""
        self.imported: set[str] = set()
        """The paths that begin with the name of an imported module, by which paths were named."""
        self.is_certain = True
        """Whether the last path has no attribute of a class, which another class may set."""
        self._stem = stem
        self._source = source
        self._modules: dict[str, str | None] = {}

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(_VALUE.findall(self._source))

    def note_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Record the modules that a statement may import."""
        for each in node.names:
            if isinstance(node, ast.Import):
                name = each.asname or each.name.partition(".")[0]
                path = f"/{(each.name if each.asname else name).replace('.', '/')}"
            elif node.level:
                above = "../" * (node.level - 1) + (node.module or "").replace(".", "/")
                name, path = each.asname or each.name, posixpath.normpath(f"{above}/{each.name}".lstrip("/"))
            else:
                name = each.asname or each.name
                path = f"/{(node.module or '').replace('.', '/')}/{each.name}"
            if len(self._modules) < _MOST_IMPORTS and len(path) <= _LONGEST:
                self._modules[name] = path if self._modules.get(name, path) == path else None

    def is_imported(self, name: str) -> bool:
        """Return whether the module imports a name."""
        return name in self._modules

    def constants(self) -> set[str]:
        """Return the imported names that seem to be constants with a path."""
        return {each for each in self._modules if _CONSTANT.fullmatch(each)}

    def _named(self, name: str) -> str | None:
        """Return the path or text of a name, None if the module seems to give it several."""
        value = self.names.get(name)
        is_shared = value is not None and self.module.get(name) == value
        return None if is_shared and not self.is_single(name) else value

    def is_single(self, name: str) -> bool:
        """Return whether the module seems to give a name only one value."""
        return self._counts[name.lstrip(".")] == 1

    def _attribute(self, node: ast.Attribute) -> str | None:
        """Return the path or text of an attribute of a class of the module."""
        owner = node.value
        is_own = isinstance(owner, ast.Name) and (owner.id in ("self", "cls") or owner.id in self.definitions)
        value = self._named(f".{node.attr}") if is_own else None
        if value is not None:
            self.is_certain = False
        return value

    def package(self, node: ast.expr) -> str | None:
        """Return the folder of a package, None if it is not a constant."""
        if isinstance(node, ast.Name) and (node.id in ("__name__", "__package__")):
            return ""
        text = self.text(node)
        if text is not None:
            return "/" + text.replace(".", "/") if _IS_NAME.fullmatch(text) else None
        return "" if ast.dump(node) in _OWN_NAMES else self._module_of(node)

    def _module_of(self, node: ast.expr) -> str | None:
        """Return the folder of an imported module, if it is a package, which only the wheel shows."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute) and len(attributes) < DEEPEST:
            attributes.append(node.attr)
            node = node.value
        path = self._modules.get(node.id) if isinstance(node, ast.Name) else None
        if path is None or node.id in self.names or self._counts[node.id]:  # type: ignore[attr-defined] # a name, as just checked
            return None
        path = "/".join([path, *reversed(attributes)])
        if path not in self.imported and len(self.imported) >= _MOST_STARTS:
            return None
        self.imported.add(path)
        return path

    def _join(self, folder: str | None, name: str | None) -> str | None:
        """Return a path with a further part, None if it may leave the folder of an imported module."""
        if (
            folder
            and name
            and ".." in name
            and any(f"{folder}/".startswith(f"{each}/") for each in self.imported)
        ):
            return None
        return joined(folder, name)

    def of_package(self, node: ast.Call) -> str | None:
        """Return the path of a resource, from a call with a package and a name."""
        return joined(self.package(node.args[0]), self.text(node.args[1]))

    def text(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the text of an expression that consists of constants, None for others."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) and len(node.value) <= _LONGEST else None
        if isinstance(node, (ast.Name, ast.Attribute)):
            if isinstance(node, ast.Attribute) and node.attr in _SEPARATORS:
                return _SEPARATORS[node.attr]
            value = self._named(node.id) if isinstance(node, ast.Name) else self._attribute(node)
            return value if isinstance(value, Text) else None
        if depth > DEEPEST:
            return None
        if isinstance(node, ast.Call) and name_of(node.func) == "join" and not node.keywords:
            parts, mark = node.args[:_MOST_PARTS], "/"
        else:
            parts, mark = _parts(node), ""
        texts = [self.text(each, depth + 1) for each in parts]
        if not texts or None in texts:
            return None
        text = mark.join(filter(None, texts))
        return text if len(text) <= _LONGEST else None

    def path(self, node: ast.expr) -> str | None:
        """Return the path of an expression, None if it does not consist of constants."""
        self.is_certain = True
        return self._path(node, 0)

    def _path(self, node: ast.expr, depth: int) -> str | None:
        if depth > DEEPEST:
            return None
        if isinstance(node, ast.Name):
            value = "__file__" if node.id == "__file__" else self._named(node.id)
            if value is None and _CONSTANT.fullmatch(node.id):
                return self._module_of(node)
            return None if isinstance(value, Text) else value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._join(self._path(node.left, depth + 1), self.text(node.right))
        if isinstance(node, ast.Attribute):
            return self._path_of_attribute(node, depth)
        if isinstance(node, ast.Subscript):
            return self._path_of_item(node, depth)
        parts = _parts(node)
        if parts:
            start, *rest = parts
            return self._appended(self._path(start, depth + 1), rest)
        return self._path_of_call(node, depth) if isinstance(node, ast.Call) else None

    def _appended(self, path: str | None, rest: list[ast.expr]) -> str | None:
        """Return a path with further text after it."""
        texts = [self.text(each) for each in rest] if path is not None else [None]
        if None in texts:
            return None
        text = "".join(filter(None, texts))
        if path is None or not text:
            return path
        if text.startswith("/") or path.endswith("/"):
            return self._join(path, text.removeprefix("/"))
        if path == "__file__" or path in self.imported or posixpath.basename(path) in ("", ".."):
            return None
        return joined(posixpath.dirname(path), f"{posixpath.basename(path)}{text}")

    def _path_of_attribute(self, node: ast.Attribute, depth: int) -> str | None:
        if node.attr == "parent":
            return parent(self._path(node.value, depth + 1), 1, self.imported)
        if node.attr in ("__file__", "origin"):
            if ast.dump(node.value) in _OWN_NAMES or (node.attr, name_of(node.value)) == (
                "origin",
                "__spec__",
            ):
                return "__file__"
            package = self._module_of(node.value) if node.attr == "__file__" else None
            return None if package is None else f"{package}/__init__.py"
        value = self._attribute(node)
        return None if isinstance(value, Text) else value

    def _path_of_item(self, node: ast.Subscript, depth: int) -> str | None:
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if not isinstance(index, int) or not 0 <= index < DEEPEST:
            return None
        value = node.value
        if isinstance(value, ast.Attribute) and value.attr == "parents":
            return parent(self._path(value.value, depth + 1), index + 1, self.imported)
        if index:
            return None
        if isinstance(value, ast.Attribute):
            return self._module_of(value.value) if value.attr == "__path__" else None
        if isinstance(value, ast.Call) and len(value.args) == 1:
            path = self._path(value.args[0], depth + 1) if name_of(value) in ("split", "splitext") else None
            if name_of(value) == "split":
                return parent(path, 1, self.imported)
            return self._stem if path == "__file__" else posixpath.splitext(path)[0] if path else None
        return "" if name_of(value) == "__path__" else None

    def _path_of_call(self, node: ast.Call, depth: int) -> str | None:
        name = name_of(node.func)
        if name == "files" and len(node.args) == 1:
            return self.package(node.args[0])
        if name == "resource_filename" and len(node.args) == 2:
            return self.of_package(node)
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return None
        if name in ("getfile", "getsourcefile", "getabsfile") and len(node.args) == 1:
            of = name_of(node.args[0])
            is_own = of == "currentframe" or (isinstance(node.args[0], ast.Name) and of in self.definitions)
            return "__file__" if is_own else None
        if name == "dirname" and len(node.args) == 1:
            path = self._path(node.args[0], depth + 1)
            return path[:-1] if path is not None and path.endswith("/") else parent(path, 1, self.imported)
        rest = node.args
        if isinstance(node.func, ast.Attribute) and name in _METHODS:
            path = self._path(node.func.value, depth + 1)
        elif name in SAME and name != "splitext" and rest:
            path, rest = self._path(rest[0], depth + 1), rest[1:]
        else:
            return None
        if name == "with_name":
            path = parent(path, 1, self.imported)
        elif name == "with_suffix":
            suffix = self.text(rest[0]) if len(rest) == 1 else None
            return self._with_suffix(path, suffix)
        for each in rest[:_MOST_PARTS]:
            path = self._join(path, self.text(each))
        return path if len(rest) <= _MOST_PARTS else None

    def _with_suffix(self, path: str | None, suffix: str | None) -> str | None:
        if not path or not suffix or not suffix.startswith(".") or "/" in suffix:
            return None
        stem = self._stem if path == "__file__" else posixpath.splitext(path)[0]
        return f"{stem}{suffix}" if len(suffix) <= _LONGEST else None


def _parts(node: ast.expr) -> list[ast.expr]:
    """Return the parts of a text that an expression joins, none if it is another expression."""
    if isinstance(node, ast.JoinedStr):
        values = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
        is_plain = all(
            each.conversion == -1 and each.format_spec is None
            for each in node.values
            if isinstance(each, ast.FormattedValue)
        )
        return values if is_plain and len(values) <= _MOST_PARTS else []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts: list[ast.expr] = []
        start: ast.expr = node
        while isinstance(start, ast.BinOp) and isinstance(start.op, ast.Add) and len(parts) < _MOST_PARTS:
            parts.append(start.right)
            start = start.left
        return [start, *reversed(parts)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = [*node.right.elts] if isinstance(node.right, ast.Tuple) else [node.right]
        return _formatted(node.left, "%s", values)
    if isinstance(node, ast.Call) and name_of(node.func) == "format" and not node.keywords:
        return _formatted(node.func.value, "{}", node.args) if isinstance(node.func, ast.Attribute) else []
    return []


def _formatted(pattern: ast.expr, mark: str, values: list[ast.expr]) -> list[ast.expr]:
    """Return the parts of a format string and its values in turn."""
    if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str):
        return []
    texts = pattern.value.split(mark)
    if len(texts) != len(values) + 1 or len(values) > _MOST_PARTS:
        return []
    if any(sign in text for text in texts for sign in ("%", "{", "}")):
        return []
    parts: list[ast.expr] = []
    for text, value in zip(texts, [*values, None], strict=True):
        parts += [ast.Constant(text)] if text else []
        parts += [value] if value is not None else []
    return parts


def name_of(node: ast.expr) -> str:
    """Return the last name of a name, an attribute or a call, empty for others."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def joined(folder: str | None, name: str | None) -> str | None:
    """Return a path with a further part; the slash after the part is kept."""
    if name is None or "\\" in name or folder is None or folder == "__file__" or name.startswith("/"):
        return None
    if len(folder) + len(name) > _LONGEST:
        return None
    path = posixpath.normpath(f"{folder}/{name}" if folder else name)
    if path == ".":
        return ""
    return f"{path}/" if name.endswith("/") else path


def parent(path: str | None, count: int, ends: set[str]) -> str | None:
    """Return the folder above a path, None above the folders at which nothing is known."""
    for _ in range(count):
        if path is None or path in ends:
            return None
        path = path.rstrip("/")
        if path == "__file__":
            path = ""
        elif not path or path.endswith(".."):
            path = f"{path}/.." if path else ".."
        else:
            path = posixpath.dirname(path)
    return path
