"""The data files of its own package that a module names by constants, and how it uses them.

The module is not run. Only paths that consist of the module's own folder and of constants count:
``Path(__file__).parent / "data.json"``, ``os.path.join(os.path.dirname(__file__), "data.json")``,
``importlib.resources.files("package") / "data.json"`` and ``pkgutil.get_data("package", "data.json")``.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pkgaudit.api import ArchiveKind, PythonFile
from pkgaudit.rules.wheel.modules import holds_on_import

_SIGNS = (
    *(b"__file__", b"get_data", b"pkg_resources", b"importlib.resources", b"importlib_resources"),
    b"import resources",
)
"""Every way to name a file of the package contains one of these texts, which are quick to search for."""

_WORDS = re.compile(r"__file__|\bfiles *\(|get_data|resource_\w|(?:open|read)_(?:text|binary)")
"""The words of a statement that names a file."""

_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""The nodes with a scope of their own."""

_MOST = 100
"""The uses of files of one module that are kept. The modules of real projects have a few."""

_MOST_NODES = 200_000
"""The nodes of a syntax tree that are visited: those of a module with tens of thousands of lines."""

_MOST_NAMES = 200
"""Names with paths in one scope. Real modules have a few; bounds the time on hostile ones."""

_IDENTIFIER = re.compile(r"[^\W\d]\w*")

_VALUE = re.compile(r"\b(\w{1,100})\b(?= *(?::[^=\n]{1,200})?=(?!=))")
"""A place where a name seems to get a value."""

_LONGEST = 200
"""The longest path of a file that is kept: far longer than real ones."""

_DEEPEST = 20
"""The nested parts of an expression that are evaluated. Real paths have a few."""

_ONE_FILE = re.compile(r"(?:[\w .+-]+/)*[\w .+-]*\.[A-Za-z][A-Za-z0-9]{0,9}")
"""A relative path of a file with a suffix; folders and patterns have none."""

_SAME = frozenset(
    {
        *("abspath", "realpath", "normpath", "resolve", "absolute", "as_posix", "str", "fspath", "as_file"),
        *(
            "Path",
            "PurePath",
            "PosixPath",
            "joinpath",
            "join",
            "dirname",
            "files",
            "with_name",
            "with_suffix",
        ),
    }
)
"""Functions and methods that make a path of a path, and do not touch the file."""

_READING = frozenset({"read_text", "read_bytes", "open"})
"""Methods of a path that read the file, ``open`` if its mode says so."""

# Functions of importlib.resources and pkg_resources with a package and a name.
_OF_PACKAGE = frozenset(
    {"get_data", "open_text", "open_binary", "read_text", "read_binary", "resource_string", "resource_stream"}
)
_WRITING = frozenset(
    {
        *(
            "exists",
            "lexists",
            "isfile",
            "isdir",
            "access",
            "stat",
            "getsize",
            "getmtime",
            "exist",
            "makedirs",
        ),
        *("mkdir", "remove", "unlink", "copy", "copy2", "copyfile", "copytree", "move", "rename", "replace"),
        *("save", "savetxt", "savez", "dump", "to_csv", "connect", "FileHandler", "RotatingFileHandler"),
        *("urlretrieve", "download", "download_file"),
    }
)
"""Functions with a path that write the file or look for it, so it need not be in the wheel."""

_LOOKING = frozenset(
    {
        *("listdir", "walk", "scandir", "glob", "iglob", "rglob", "iterdir", "exists", "isdir", "isfile"),
        *("insert", "append", "addsitedir", "print", "isinstance", "len", "repr", "format", "debug", "info"),
        *("relative_to", "relpath", "commonpath", "startswith", "is_relative_to", "setdefault"),
        *("FileSystemLoader", "TemplateLookup", "Environment", "Jinja2Templates", "StaticFiles"),
    }
)
"""Functions with a folder that write no files into it."""

_CREATING = frozenset({"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to"})
"""Methods of a path that create the file."""

_BARRIERS = (ast.If, ast.IfExp, ast.While, ast.Raise, ast.Assert, ast.Match, ast.Return)
"""Nodes after which the rest of a function need not run."""

_PLAIN_DECORATORS = frozenset(
    {"cache", "cached_property", "classmethod", "lru_cache", "property", "staticmethod"}
)
"""Decorators of the standard library that do not catch what a function raises."""

_CATCHING = frozenset(
    {
        "OSError",
        "IOError",
        "EnvironmentError",
        "FileNotFoundError",
        "Exception",
        "BaseException",
        "ModuleNotFoundError",
        "ImportError",
    }
)
"""Exceptions whose handlers may catch a missing file, or that of the package of a resource."""


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a file: its path, relative to the folder of the module, or absolute with a slash.

    ``reads``: importing the module, or calling a public function of it, opens the file for reading, without a
    condition or a ``try`` around it, and nothing in the module seems to write the file.
    """

    path: str
    line: int
    reads: bool


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """The files that a module names. ``spared`` are the names of files that it writes or looks for first.

    ``is_program``: the module can be run as a program.
    """

    uses: tuple[Use, ...]
    spared: frozenset[str]
    is_program: bool = False


def named_files(file: PythonFile) -> NamedFiles | None:
    """Return the data files that a module of a wheel names, None for most modules."""
    member = file.member
    if member.archive is not ArchiveKind.WHEEL or member.is_nested or member.suffix != ".py":
        return None
    if not any(sign in file.data for sign in _SIGNS):
        return None
    tree = file.tree
    if tree is None:
        return None
    reader = _Reader()
    reader.read(tree, file.parsed_source or "")
    if not reader.uses and not reader.spared:
        return None
    uses = sorted(reader.judged(), key=lambda each: each.line)
    is_program = b"__main__" in file.data
    return NamedFiles(tuple(uses[:_MOST]), frozenset(sorted(reader.spared)[:_MOST]), is_program)


class _Reader:
    """Visits a module once, and collects the uses of its files."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.spared: set[str] = set()
        self._passed: set[str] = set()
        """The names of files whose paths other functions get, which may write them."""
        self._filled: set[str] = set()
        """The folders into which the module may write files."""
        self._tree = ast.Module([], [])
        self._function: ast.AST | None = None
        """The innermost function that is being visited."""
        self._nodes = 0
        self._names: dict[str, str] = {}
        """The paths of the names in the scope that is being visited."""

    def read(self, tree: ast.Module, source: str) -> None:
        """Visit the statements whose text contains a way to name a file, or the name of such a path."""
        self._tree = tree
        lines = source.split("\n")
        module, words = self._module(tree, lines, source)
        pending: list[tuple[ast.AST, bool, dict[str, str], ast.AST | None]] = [
            (each, False, module, owner) for each, owner in _statements(tree, lines, words)
        ]
        while pending and self._nodes < _MOST_NODES:
            node, is_guarded, self._names, self._function = pending.pop()
            self._nodes += 1
            if isinstance(node, ast.Call):
                self._call(node, is_guarded)
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return)) and node.value is not None:
                self._use(self._path(node.value), node, False)
            names, function = self._names, self._function
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = self._scope([node.args, *node.body], names)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                function = function or node
            pending += [(each, guarded, names, function) for each, guarded in _inside(node, is_guarded)]
        if pending:
            self.uses.clear()  # the rest may write the files

    def judged(self) -> Iterator[Use]:
        """Yield the uses; a file that the module may write is not certain to be missed."""
        for each in self.uses:
            is_written = posixpath.basename(each.path) in self._passed
            yield replace(each, reads=False) if is_written or self._is_filled(each.path) else each

    def _is_filled(self, path: str) -> bool:
        folder = posixpath.dirname(path)
        while folder not in self._filled:
            above = posixpath.dirname(folder)
            if above == folder:
                return False
            folder = above
        return True

    def _module(self, tree: ast.Module, lines: list[str], source: str) -> tuple[dict[str, str], set[str]]:
        """Return the paths of module-level names, and all names that had a path."""
        names: dict[str, str] = {}
        words: set[str] = set()
        for node in tree.body:
            if not isinstance(node, _BLOCKS) and _names_file(_text_of(node, lines), words):
                names = self._scope([node], names)
                words |= names.keys()
        # A name with several values has no certain path.
        values = Counter(_VALUE.findall(source)) if names else Counter[str]()
        return {name: path for name, path in names.items() if values[name] == 1}, words

    def _scope(self, nodes: Iterable[ast.AST], outer: dict[str, str]) -> dict[str, str]:
        """Return the names that have one path in a module or function, with those of the outer scope."""
        values: dict[str, list[ast.expr | None]] = {}
        pending: list[ast.AST] = [*nodes]
        while pending and self._nodes < _MOST_NODES:
            node = pending.pop()
            self._nodes += 1
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                values.setdefault(node.targets[0].id, []).append(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                values.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, ast.arg):
                values.setdefault(node.arg, []).append(None)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                values.setdefault(node.id, []).append(None)
            elif not isinstance(node, _BLOCKS):
                pending += ast.iter_child_nodes(node)
        self._names = names = {name: path for name, path in outer.items() if name not in values}
        # The latest comes first; the path of a name often begins with that of an earlier one.
        for name, (value, *more) in reversed(values.items()):
            path = self._path(value) if value is not None and not more else None
            if path is not None and len(names) < _MOST_NAMES:
                names[name] = path
        return names

    def _call(self, node: ast.Call, is_guarded: bool) -> None:
        name = _name_of(node.func)
        own = self._path(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if own:
            if name in _READING and (name != "open" or _is_read(node, 0)):
                self._use(own, node, not is_guarded)
            elif name not in _SAME:
                self._spare(own)
        elif isinstance(node.func, ast.Attribute) and own is None and self._creates(node, name):
            self._fill(self._base(node.func.value))
        elif name in _OF_PACKAGE and len(node.args) == 2:
            self._use(self._of_package(node), node, not is_guarded)
        elif name == "open" and node.args:
            path = self._path(node.args[0])
            if _is_read(node, 1):
                self._use(path, node, not is_guarded)
            elif path:
                self._spare(path)
            else:
                self._fill(self._base(node.args[0]))
        elif name not in _SAME:
            for each in _arguments(node):
                path = self._path(each)
                if path and name in _WRITING:
                    self._spare(path)
                else:
                    self._use(path, node, False)
                    self._pass(path if path is not None else self._base(each), name)

    def _creates(self, node: ast.Call, name: str) -> bool:
        return name in _CREATING or (name == "open" and bool(node.args) and not _is_read(node, 0))

    def _pass(self, path: str | None, name: str) -> None:
        """Record that a function gets a path."""
        if not path or not _is_file(path):
            if name not in _LOOKING:
                self._fill(path)
        else:
            self._passed.add(posixpath.basename(path))

    def _fill(self, folder: str | None) -> None:
        """Record that the module may write into a folder."""
        if folder is not None and folder != "__file__" and len(self._filled) < _MOST_NAMES:
            self._filled.add(folder)

    def _base(self, node: ast.expr) -> str | None:
        """Return the folder at the beginning of a path that ends in no constant."""
        for _ in range(_DEEPEST):
            if isinstance(node, ast.BinOp):
                node = node.left
            elif isinstance(node, ast.JoinedStr) and node.values:
                node = node.values[0]
            elif isinstance(node, ast.FormattedValue):
                node = node.value
            elif isinstance(node, ast.Call) and _name_of(node.func) == "joinpath":
                node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            elif isinstance(node, ast.Call) and _name_of(node.func) in _SAME and node.args:
                node = node.args[0]
            else:
                return None
            path = self._path(node)
            if path is not None:
                return path
        return None

    def _use(self, path: str | None, node: ast.expr | ast.stmt, reads: bool) -> None:
        if path and _is_file(path):
            self.uses.append(Use(path, node.lineno, reads and self._is_run(node.lineno)))

    def _is_run(self, line: int) -> bool:
        """Return whether everybody who imports the module, or calls the function visited, runs a line."""
        function = self._function
        if function is None:
            return True
        if not isinstance(function, ast.FunctionDef) or self._barriers(function) < line:
            return False
        if not all(_name_of(each) in _PLAIN_DECORATORS for each in function.decorator_list):
            return False
        # The module may catch what a function raises that it calls itself.
        return function.name not in self._guarded and (
            function.name in self._called or function.name[0] != "_"
        )

    @cached_property
    def _called(self) -> set[str]:
        """The functions that importing the module calls, without a condition or a ``try`` around the call."""
        return {name for name, is_guarded in self._calls(False) if not is_guarded}

    @cached_property
    def _guarded(self) -> set[str]:
        """The functions that the module calls anywhere with a condition or a ``try`` around the call."""
        return {name for name, is_guarded in self._calls(True) if is_guarded}

    def _calls(self, is_anywhere: bool) -> Iterator[tuple[str, bool]]:
        """Yield the functions that are called, by their last name, at module level or anywhere."""
        pending: list[tuple[ast.AST, bool]] = [(each, False) for each in self._tree.body]
        while pending and self._nodes < _MOST_NODES:
            node, is_guarded = pending.pop()
            self._nodes += 1
            if isinstance(node, ast.Call):
                yield _name_of(node.func), is_guarded
            if is_anywhere or not isinstance(node, _BLOCKS):
                pending += _inside(node, is_guarded)

    def _barriers(self, function: ast.FunctionDef) -> int:
        """Return the last line of a function that is certain to run."""
        last = function.end_lineno or 0
        pending: list[ast.AST] = [*function.body]
        while pending and self._nodes < _MOST_NODES:
            node = pending.pop()
            self._nodes += 1
            if isinstance(node, _BARRIERS):
                last = min(last, node.end_lineno or 0)
            pending += ast.iter_child_nodes(node)
        return last

    def _spare(self, path: str) -> None:
        self.spared.add(posixpath.basename(path)[:_LONGEST])

    def _of_package(self, node: ast.Call) -> str | None:
        return _joined(self._package(node.args[0]), node.args[1])

    def _package(self, node: ast.expr) -> str | None:
        """Return the folder of a package, as in `Use`, None if it is not a constant."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return "/" + node.value.replace(".", "/") if _IS_NAME.fullmatch(node.value) else None
        if isinstance(node, ast.Name) and node.id in ("__name__", "__package__"):
            return ""
        return "" if ast.dump(node) == _SPEC_PARENT else None

    def _path(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the value of an expression as in `Use`, None if it does not consist of constants.

        The value ``__file__`` is the path of the module, the empty text its folder.
        """
        if depth > _DEEPEST:
            return None
        if isinstance(node, ast.Name):
            return "__file__" if node.id == "__file__" else self._names.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            left = self._path(node.left, depth + 1)
            return _joined(left, node.right, is_text=isinstance(node.op, ast.Add))
        if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
            start, end = node.values
            if not isinstance(start, ast.FormattedValue) or start.conversion != -1 or start.format_spec:
                return None
            return _joined(self._path(start.value, depth + 1), end, is_text=True)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return _parent(self._path(node.value, depth + 1), 1)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
            index = node.slice
            is_number = isinstance(index, ast.Constant) and isinstance(index.value, int)
            if node.value.attr == "parents" and is_number and 0 <= index.value < _DEEPEST:  # type: ignore[attr-defined]
                return _parent(self._path(node.value.value, depth + 1), index.value + 1)  # type: ignore[attr-defined]
            return None
        return self._path_of_call(node, depth) if isinstance(node, ast.Call) else None

    def _path_of_call(self, node: ast.Call, depth: int) -> str | None:
        name = _name_of(node.func)
        if name == "files" and len(node.args) == 1:
            return self._package(node.args[0])
        if name == "resource_filename" and len(node.args) == 2:
            return self._of_package(node)
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return None
        if name == "dirname" and len(node.args) == 1:
            return _parent(self._path(node.args[0], depth + 1), 1)
        rest = node.args
        if isinstance(node.func, ast.Attribute) and name in ("joinpath", "resolve", "absolute", "with_name"):
            path = self._path(node.func.value, depth + 1)
        elif name in _SAME and rest:
            path, rest = self._path(rest[0], depth + 1), rest[1:]
        else:
            return None
        if name == "with_name":
            path = _parent(path, 1)
        for each in rest:
            path = _joined(path, each)
        return path


def _text_of(node: ast.stmt, lines: list[str]) -> str:
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _names_file(text: str, words: set[str]) -> bool:
    """Return whether a text contains a way to name a file, or one of the words."""
    if _WORDS.search(text) is not None:
        return True
    return bool(words) and not words.isdisjoint(_IDENTIFIER.findall(text))


def _statements(
    tree: ast.Module, lines: list[str], words: set[str]
) -> Iterator[tuple[ast.stmt, ast.AST | None]]:
    """Yield the statements that may name a file; those of a class one by one, methods with their class."""
    pending: list[tuple[ast.stmt, ast.AST | None]] = [(each, None) for each in reversed(tree.body)]
    while pending:
        node, owner = pending.pop()
        if not _names_file(_text_of(node, lines), words):
            continue
        if isinstance(node, ast.ClassDef):
            pending += [(each, node) for each in reversed(node.body)]
        else:
            yield node, owner if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def _is_file(path: str) -> bool:
    """Return whether a path seems to be that of one file with a suffix."""
    return len(path) <= _LONGEST and _ONE_FILE.fullmatch(path.lstrip("./")) is not None


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call, and the parts of those that are lists."""
    for each in (*node.args, *(keyword.value for keyword in node.keywords)):
        if isinstance(each, (ast.List, ast.Tuple)):
            yield from each.elts
        else:
            yield each


_IS_NAME = re.compile(r"[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){0,20}")
"""The dotted name of a package, with limits far above those of real names."""

_SPEC_PARENT = ast.dump(ast.parse("__spec__.parent", mode="eval").body)


def _joined(folder: str | None, part: ast.expr, is_text: bool = False) -> str | None:
    """Return a path with a further part, or with a text that begins with a slash."""
    if not isinstance(part, ast.Constant) or not isinstance(part.value, str) or "\\" in part.value:
        return None
    name = part.value
    if folder is None or folder == "__file__" or name.startswith("/") is not is_text:
        return None
    # 1000 is chosen: far longer than real paths; it bounds the memory.
    if len(folder) + len(name) > 1000:
        return None
    path = posixpath.normpath(f"{folder}/{name}" if folder else name.lstrip("/"))
    return "" if path == "." else path


def _parent(path: str | None, count: int) -> str | None:
    for _ in range(count):
        if path is None:
            return None
        if path == "__file__":
            path = ""
        elif not path or path.endswith(".."):
            path = f"{path}/.." if path else ".."
        else:
            path = posixpath.dirname(path)
    return path


def _inside(node: ast.AST, is_guarded: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the nodes in a node, and whether a condition or a ``try`` is around each."""
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield node.test, is_guarded
        holds = holds_on_import(node.test)
        for body, runs in ((node.body, holds is True), (node.orelse, holds is False)):
            if runs or holds is None:
                yield from ((each, is_guarded or not runs) for each in _list(body))
    elif node.__class__.__name__ in ("Try", "TryStar"):
        catches = any(map(_may_catch, node.handlers))  # type: ignore[attr-defined] # of Python 3.11 and later
        for each in ast.iter_child_nodes(node):
            yield each, is_guarded or catches or isinstance(each, ast.ExceptHandler)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        suppresses = any(_name_of(each.context_expr) == "suppress" for each in node.items)
        yield from ((each.context_expr, is_guarded) for each in node.items)
        yield from ((each, is_guarded or suppresses) for each in node.body)
    else:
        is_guarded = is_guarded or isinstance(node, (ast.For, ast.AsyncFor, ast.match_case, ast.BoolOp))
        yield from ((each, is_guarded) for each in ast.iter_child_nodes(node))


def _list(body: list[ast.stmt] | ast.expr) -> list[ast.AST]:
    return [*body] if isinstance(body, list) else [body]


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_read(node: ast.Call, position: int) -> bool:
    """Return whether a call of ``open`` opens the file for reading."""
    modes = [each.value for each in node.keywords if each.arg == "mode"]
    if any(each.arg is None for each in node.keywords):
        return False
    mode = modes[0] if modes else node.args[position] if len(node.args) > position else None
    if mode is None:
        return True
    is_text = isinstance(mode, ast.Constant) and isinstance(mode.value, str)
    return is_text and not set("wax+") & set(mode.value)  # type: ignore[attr-defined]


def _may_catch(handler: ast.ExceptHandler) -> bool:
    kinds = [*handler.type.elts] if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or _name_of(each) in _CATCHING for each in kinds)
