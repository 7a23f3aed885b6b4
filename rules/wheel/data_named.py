"""The data files of its own package that a module names by constants, and how it uses them.

The module is not run. Only paths that consist of the folder of a package and of constants count:
``Path(__file__).parent / "data.json"``, ``os.path.join(os.path.dirname(__file__), NAME)``,
``importlib.resources.files("package") / "data.json"`` and ``pkgutil.get_data("package", "data.json")``.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from pkgaudit.api import PythonFile, Words
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.call_names import holds_on_import
from pkgaudit.rules.wheel.data_paths import DEEPEST, SAME, Paths, Text, joined, name_of

_SIGNS = Words(
    *(b"__file__", b"get_data", b"pkg_resources", b"importlib.resources", b"importlib_resources"),
    *(b"import resources", b"PackageLoader", b"getfile", b"__path__["),
)
"""Every way to name a file of the package contains one of these texts."""

_NAMES = Words(b"DIR", b"PATH", b"ROOT", b"FOLDER", b"HERE", b"DATA", b"BASE", b"FILE")

_IMPORTS = re.compile(
    rb"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)]{0,500}|[^\n]{0,300})"
    rb"\b[A-Z_]*(?:" + b"|".join(_NAMES) + rb")",
    re.MULTILINE,
)
"""An import of a constant whose name seems to be that of a path."""

_WORDS = re.compile(
    r"__file__|__path__\[|files *\(|get_data|getfile|getsourcefile|resource_\w|resources\.path|PackageLoader"
    r"|open_text|open_binary|read_text|read_binary"
)
"""The words of a statement that names a file."""

_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""The nodes with a scope of their own."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""The statements that define a function or a class."""

_MOST = 100
"""The uses of files of one module that are kept. The modules of real projects have a few."""

_MOST_NODES = 200_000
"""The nodes of a syntax tree that are visited: those of a module with tens of thousands of lines."""

_MOST_NAMES = 200
"""Names with paths in one scope. Real modules have a few; bounds the time on hostile ones."""

_MOST_TEXTS = 100
"""Names with constant texts in one scope, so that enough names with paths remain."""

_IDENTIFIER = re.compile(r"[^\W\d]\w*")

_LONGEST = 200
"""The longest path of a file that is kept: far longer than real ones."""

_ONE_FILE = re.compile(r"(?:[\w .+-]+/)*[\w .+-]*\.[A-Za-z][A-Za-z0-9]{0,9}")
"""A relative path of a file with a suffix; folders and patterns have none."""

_ONE_NAME = re.compile(r"(?:[\w .+-]+/)*[\w .+-]+")
"""A relative path of a file or folder."""

_ENCODINGS = ("utf", "UTF", "ascii", "latin")
"""How the third argument of ``read_text`` begins if it is the encoding, as before Python 3.13."""

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


@dataclass(frozen=True)
class Use:
    """The use of a file: its path, relative to the folder of the module, or absolute with a slash.

    ``reads``: importing the module, or calling a public function of it, opens the file for reading, without a
    condition or a ``try`` around it, and nothing in the module seems to write the file.
    """

    path: str
    line: int
    reads: bool
    is_folder: bool = False


@dataclass(frozen=True)
class NamedFiles:
    """The files that a module names. ``spared`` are the names of files that it writes or looks for first.

    ``is_program``: the module can be run as a program. ``imported`` are the beginnings of paths that are the
    name of an imported package, or of a constant of another module. ``constants`` are the paths of the names
    of this module, ``filled`` the folders into which it may write.
    """

    uses: tuple[Use, ...]
    spared: frozenset[str]
    is_program: bool = False
    imported: frozenset[str] = frozenset()
    constants: tuple[tuple[str, str], ...] = ()
    filled: frozenset[str] = frozenset()


def named_files(file: PythonFile) -> NamedFiles | None:
    """Return the data files that a module of a wheel names, None for most modules."""
    member = file.member
    window = file.window
    if not window.has(_SIGNS) and not (window.has(_NAMES) and _IMPORTS.search(file.data)):
        return None
    tree = file.tree
    if tree is None:
        return None
    reader = _Reader(posixpath.basename(member.path).removesuffix(".py"), file.parsed_source or "")
    reader.read(tree)
    found = reader.found()
    return found if found.uses or found.spared or found.constants or found.filled else None


class _Reader:
    """Visits a module once, and collects the uses of its files."""

    def __init__(self, stem: str, source: str) -> None:
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
        self._source = source
        self._paths = Paths(stem, source)

    def read(self, tree: ast.Module) -> None:
        """Visit the statements whose text contains a way to name a file, or the name of such a path."""
        self._tree = tree
        lines = self._source.split("\n")
        module, words = self._module(tree, lines)
        pending: list[tuple[ast.AST, bool, dict[str, str | None], ast.AST | None]] = [
            (each, False, module, owner) for each, owner in _statements(tree, lines, words)
        ]
        while pending and self._nodes < _MOST_NODES:
            node, is_guarded, self._paths.names, self._function = pending.pop()
            self._nodes += 1
            if isinstance(node, ast.Call):
                self._call(node, is_guarded)
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return)) and node.value is not None:
                self._use(self._paths.path(node.value), node, False)
            names, function = self._paths.names, self._function
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = self._scope([node.args, *node.body], names)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                function = function or node
            pending += [(each, guarded, names, function) for each, guarded in _inside(node, is_guarded)]
        if pending:
            self.uses.clear()  # the rest may write the files

    def found(self) -> NamedFiles:
        """Return the files that the module names."""
        uses = sorted(self._judged(), key=lambda each: each.line)[:_MOST]
        paths = self._paths
        constants = [
            (name, path)
            for name, path in paths.module.items()
            if path is not None and not isinstance(path, Text) and name[0] != "." and path != "__file__"
        ]
        return NamedFiles(
            tuple(uses),
            frozenset(sorted(self.spared)[:_MOST]),
            "__main__" in self._source,
            frozenset(paths.imported),
            tuple((name, path) for name, path in constants[:_MOST] if paths.is_single(name)),
            frozenset(sorted(self._filled)[:_MOST]),
        )

    def _judged(self) -> Iterator[Use]:
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

    def _module(self, tree: ast.Module, lines: list[str]) -> tuple[dict[str, str | None], set[str]]:
        """Return the paths and texts of module-level names, and all names that have a path."""
        words: set[str] = set()
        names: dict[str, str | None] = {}
        for node in tree.body:
            if isinstance(node, _DEFINITIONS):
                self._paths.definitions.add(node.name)
        imports = [each for each in tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]
        for each in imports:
            self._paths.note_import(each)
        words |= self._paths.constants()
        bodies = [tree.body, *(each.body for each in tree.body if isinstance(each, ast.ClassDef))]
        for body in bodies:
            outer, is_class = names, body is not tree.body
            scope = self._scope([each for each in body if _is_plain(each)], outer)
            for node in body:
                if not isinstance(node, _BLOCKS) and _names_file(_text_of(node, lines), words):
                    scope = self._scope([node], scope)
                    self._paths.module = scope
                    words |= {name for name, value in scope.items() if not isinstance(value, Text)}
            own = (
                {f".{name}": value for name, value in scope.items() if name not in outer}
                if is_class
                else scope
            )
            names = {**names, **own} if len(names) < _MOST_NAMES else names
            self._paths.module = names
        return names, {each.lstrip(".") for each in words}

    def _scope(self, nodes: Iterable[ast.AST], outer: dict[str, str | None]) -> dict[str, str | None]:
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
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._paths.note_import(node)
            elif not isinstance(node, _BLOCKS):
                pending += ast.iter_child_nodes(node)
        self._paths.names = names = {name: path for name, path in outer.items() if name not in values}
        names.update(dict.fromkeys(each for each in values if self._paths.is_imported(each)))
        texts = 0
        # The latest comes first; the path of a name often begins with that of an earlier one.
        for name, (value, *more) in reversed(values.items()):
            if value is None or more or len(names) >= _MOST_NAMES:
                continue
            path = self._paths.path(value)
            if path is not None:
                names[name] = path
            elif texts < _MOST_TEXTS and (text := self._paths.text(value)) is not None:
                names[name] = Text(text)
                texts += 1
        return names

    def _call(self, node: ast.Call, is_guarded: bool) -> None:
        name = name_of(node.func)
        own = self._paths.path(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if own:
            if name in _READING and (name != "open" or _is_read(node, 0)):
                self._use(own, node, not is_guarded)
            elif name not in SAME:
                self._spare(own)
        elif isinstance(node.func, ast.Attribute) and own is None and self._creates(node, name):
            self._fill(self._base(node.func.value))
        elif name in _OF_PACKAGE and len(node.args) >= 2:
            if len(node.args) == 2 or (self._paths.text(node.args[2]) or "").startswith(_ENCODINGS):
                self._use(self._paths.of_package(node), node, not is_guarded)
        elif name == "as_file" and len(node.args) == 1:
            self._use(self._paths.path(node.args[0]), node, False)
        elif name == "path" and len(node.args) == 2 and name_of(_owner(node.func)).endswith("resources"):
            self._use(self._paths.of_package(node), node, False)
        elif name == "PackageLoader" and node.args:
            self._use_folder(node, not is_guarded)
        elif name == "open" and node.args:
            path = self._paths.path(node.args[0])
            if _is_read(node, 1):
                self._use(path, node, not is_guarded)
            elif path:
                self._spare(path)
            else:
                self._fill(self._base(node.args[0]))
        elif name not in SAME:
            for each in _arguments(node):
                path = self._paths.path(each)
                if path and name in _WRITING:
                    self._spare(path)
                else:
                    self._use(path, node, False)
                    self._pass(path if path is not None else self._base(each), name)

    def _use_folder(self, node: ast.Call, reads: bool) -> None:
        """Record the folder of templates of a package; jinja2 raises an error if it does not exist."""
        options = {each.arg: each.value for each in node.keywords}
        folder = (
            node.args[1] if len(node.args) > 1 else options.get("package_path", ast.Constant("templates"))
        )
        path = joined(self._paths.package(node.args[0]), self._paths.text(folder))
        if path and _is_name(path.rstrip("/")):
            self.uses.append(Use(path.rstrip("/"), node.lineno, reads and self._is_run(node.lineno), True))

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
        for _ in range(DEEPEST):
            if isinstance(node, ast.BinOp):
                node = node.left
            elif isinstance(node, ast.JoinedStr) and node.values:
                node = node.values[0]
            elif isinstance(node, ast.FormattedValue):
                node = node.value
            elif isinstance(node, ast.Call) and name_of(node.func) == "joinpath":
                node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            elif isinstance(node, ast.Call) and name_of(node.func) in SAME and node.args:
                node = node.args[0]
            else:
                return None
            path = self._paths.path(node)
            if path is not None:
                return path
        return None

    def _use(self, path: str | None, node: ast.expr | ast.stmt, reads: bool) -> None:
        # Code that reads a path shows that it is a file, whatever its name.
        if path and path != "__file__" and (_is_file(path) or (reads and _is_name(path))):
            is_certain = reads and self._paths.is_certain and self._is_run(node.lineno)
            self.uses.append(Use(path, node.lineno, is_certain))

    def _is_run(self, line: int) -> bool:
        """Return whether everybody who imports the module, or calls the function visited, runs a line."""
        function = self._function
        if function is None:
            return True
        if not isinstance(function, ast.FunctionDef) or self._barriers(function) < line:
            return False
        if not all(name_of(each) in _PLAIN_DECORATORS for each in function.decorator_list):
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
                yield name_of(node.func), is_guarded
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


def _is_plain(node: ast.stmt) -> bool:
    """Return whether a statement may give a constant text to a name."""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return is_text or isinstance(value, (ast.JoinedStr, ast.BinOp))


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


def _is_name(path: str) -> bool:
    """Return whether a path is that of one file or folder, and no pattern."""
    return len(path) <= _LONGEST and _ONE_NAME.fullmatch(path.lstrip("./")) is not None


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
        suppresses = any(name_of(each.context_expr) == "suppress" for each in node.items)
        yield from ((each.context_expr, is_guarded) for each in node.items)
        yield from ((each, is_guarded or suppresses) for each in node.body)
    else:
        is_guarded = is_guarded or isinstance(node, (ast.For, ast.AsyncFor, ast.match_case, ast.BoolOp))
        yield from ((each, is_guarded) for each in ast.iter_child_nodes(node))


def _owner(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Attribute) else node


def _list(body: list[ast.stmt] | ast.expr) -> list[ast.AST]:
    return [*body] if isinstance(body, list) else [body]


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
    return any(each is None or name_of(each) in _CATCHING for each in kinds)
