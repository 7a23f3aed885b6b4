"""Find the files that a setup.py always reads, from its syntax tree; nothing is run.

The reader follows the statements that always run: those of the module and of the functions that it calls, but
not those in a condition or in a `try` that may catch the failure. It computes paths from constants,
``__file__`` and the functions of ``os.path`` and ``pathlib``, and ignores paths that it cannot compute.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from itertools import islice

from pkgaudit.late import dataclass
from pkgaudit.rules.sdist.inputs_paths import ROOT, STEPS, Evaluator, Value, added, last_name

_DEPTH = 5
"""The most nested calls of the script's own functions; chosen: reading a version takes two."""

_MOST = 200
"""The most files, packages and scripts of each kind that are kept: more than in real files."""

MOST_FOLDERS = 100
"""The most include folders of an extension that are known: more than in real projects; bounds the time."""

_LONGEST_NAME = 300
"""The most characters of an imported name that are kept: more than in real ones."""

_LONGEST = 100
"""The most characters of a version that are kept: more than in real ones."""

_MOST_ITEMS = 20
"""The most items of a loop or comprehension that are followed; chosen: real ones read a few files."""


@dataclass(frozen=True)
class Read:
    """A file that is read, relative to the root folder, and its line; ``..`` leads out of the sdist."""

    path: str
    line: int


@dataclass(frozen=True)
class Source(Read):
    """A source of an extension, and the folders of its headers, which are None if they are not known."""

    folders: tuple[str, ...] | None = ()


Imported = tuple[tuple[str, ...], int]
"""The dotted names that an import statement may need, of which the first is certain, and its line."""


@dataclass(frozen=True)
class Script:
    """The certain effects of a setup.py.

    ``imports`` are those before ``setup()``. ``is_tame`` is true if nothing in it creates files or changes
    the folder. ``sources`` are those of extensions, if ``setup()`` has some and runs its own commands, and
    ``crates`` the manifests of Rust extensions, each with the options of cargo. ``patterns`` are the names
    and globs for ``cythonize``. ``packages``, ``scripts`` and ``data_files`` are arguments of ``setup()`` if
    they are constants, and so is ``version``; ``line`` is the line of the call. ``is_cut`` is true if the
    script is too long to be followed to its end.
    """

    reads: tuple[Read, ...] = ()
    imports: tuple[Imported, ...] = ()
    is_tame: bool = True
    sources: tuple[Source, ...] = ()
    crates: tuple[tuple[Read, tuple[str, ...]], ...] = ()
    patterns: tuple[Read, ...] = ()
    packages: tuple[str, ...] = ()
    package_dir: tuple[tuple[str, str], ...] = ()
    scripts: tuple[str, ...] = ()
    data_files: tuple[str, ...] = ()
    version: str = ""
    line: int = 0
    text: str = field(default="", repr=False)
    is_cut: bool = False

    @property
    def has_cython(self) -> bool:
        """Whether the script always has the function of Cython."""
        return any(map(_is_cython, self.imports))


def _is_cython(imported: Imported) -> bool:
    """Return whether a statement imports the function of Cython, so that it is certain."""
    return "Cython.Build.cythonize" in imported[0]


_MAKERS = frozenset(
    {
        *(
            "copy",
            "copy2",
            "copyfile",
            "copytree",
            "copyfileobj",
            "move",
            "rename",
            "replace_file",
            "symlink",
        ),
        *("urlretrieve", "urlopen", "check_call", "call", "Popen", "check_output", "system", "extractall"),
        *("write_text", "write_bytes", "touch", "unlink", "run_setup", "execv", "mkdir", "makedirs"),
    }
)
"""Functions that may create a file before it is read: of shutil, os, pathlib, urllib, subprocess, archives.

After one of them, a file that is read may not be required in the sdist.
"""


_WITH_SETUP = frozenset({"distutils", "numpy", "setuptools", "skbuild"})
"""Projects whose function ``setup`` takes the arguments of setuptools with the same meaning."""


def read_script(tree: ast.Module, text: str) -> Script:
    """Return the certain effects of a setup.py."""
    reader = _Reader("exec_module" in text or "load_module" in text)
    script = _effects(reader, tree, text)
    is_cut = reader.steps > STEPS or len(reader.reads) > len(script.reads) == _MOST
    return replace(script, is_cut=script.is_cut or is_cut)


def _effects(reader: _Reader, tree: ast.Module, text: str) -> Script:
    try:
        reader.run(tree.body, {"__file__": f"{ROOT}/setup.py"}, 0)
        is_tame = not reader.is_elsewhere and not any(map(_makes_files, _plain(tree)))
    except RecursionError:
        return Script(is_tame=False, text=text, is_cut=True)
    call = reader.setup
    reads = tuple(dict.fromkeys(reader.reads))[:_MOST]
    patterns = tuple(dict.fromkeys(reader.patterns))[:_MOST]
    patterns = patterns if any(map(_is_cython, reader.imports)) and "chdir" not in text else ()
    if call is None:
        return Script(reads, tuple(reader.imports[:_MOST]), is_tame, patterns=patterns, text=text)
    arguments = {each.arg: each.value for each in call.keywords if each.arg}
    # Another function of this name may change its arguments; that of pyobjc finds packages in `Lib`.
    is_wrapped = any(map(_is_other_setup, _plain(tree)))
    has_own_commands = is_wrapped or "cmdclass" in arguments or len(arguments) < len(call.keywords)

    def listed(name: str) -> tuple[str, ...]:
        found = reader.value(arguments[name], reader.env) if name in arguments else None
        return tuple(found[:_MOST]) if isinstance(found, list) and not has_own_commands else ()

    dirs = reader.value(arguments["package_dir"], reader.env) if "package_dir" in arguments else {}
    knows_dirs = isinstance(dirs, dict)
    has_extensions = "ext_modules" in arguments and not has_own_commands
    sources = dict.fromkeys(reader.sources if has_extensions else ())
    if not has_own_commands:
        sources.update(dict.fromkeys(_of_libraries(arguments.get("libraries"), reader)))
    if "include_dirs" in arguments:
        sources = dict.fromkeys(replace(each, folders=None) for each in sources)
    return Script(
        reads,
        tuple(reader.imports[:_MOST]),
        is_tame,
        tuple(sources)[:_MOST],
        tuple(reader.crates[:_MOST]) if "rust_extensions" in arguments else (),
        patterns,
        listed("packages") if knows_dirs else (),
        tuple(dirs.items())[:_MOST] if isinstance(dirs, dict) else (),
        listed("scripts"),
        tuple(_data_files(arguments.get("data_files"), reader)) if not has_own_commands else (),
        _constant(arguments.get("version"), tree) if not has_own_commands else "",
        call.lineno,
        text,
    )


def _is_other_setup(node: ast.AST) -> bool:
    """Return whether a statement defines ``setup``, or imports it from a module that is not known."""
    if isinstance(node, ast.ImportFrom):
        names = {each.asname or each.name for each in node.names}
        return "setup" in names and (node.module or "").partition(".")[0] not in _WITH_SETUP
    return isinstance(node, ast.FunctionDef) and node.name == "setup"


def imported(node: ast.stmt, package: list[str]) -> Iterator[Imported]:
    """Yield the names that an import statement needs, those relative to a package after the path of it."""
    if isinstance(node, ast.Import):
        for each in node.names[:_MOST]:
            yield (each.name[:_LONGEST_NAME],), node.lineno
    elif isinstance(node, ast.ImportFrom) and node.level <= len(package):
        parts = package[: len(package) - node.level + 1] if node.level else []
        base = f"/{'/'.join(parts)}/" if parts else ""
        module = (node.module or "")[:_LONGEST_NAME]
        names = [f"{module}.{each.name}".lstrip(".") for each in node.names[:_MOST] if each.name != "*"]
        if module or names:
            yield tuple(f"{base}{each}" for each in ([module] if module else []) + names), node.lineno


def _may_bind(name: str) -> Callable[[ast.AST], bool]:
    """Return a function that tells whether a node may bind a name in another way than an assignment."""

    def may_bind(node: ast.AST) -> bool:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return any((each.asname or each.name) in (name, "*") for each in node.names)
        return isinstance(node, ast.Name) and node.id in ("exec", "execfile", "globals", "locals", "vars")

    return may_bind


def _constant(node: ast.expr | None, tree: ast.Module) -> str:
    """Return a text, or that of a variable which only one statement at module level sets, or ""."""
    if isinstance(node, ast.Name):
        name = node.id
        if any(map(_may_bind(name), ast.walk(tree))):
            return ""
        bound = [each for each in ast.walk(tree) if isinstance(each, ast.Name) and each.id == name]
        if sum(isinstance(each.ctx, ast.Store) for each in bound) != 1:
            return ""
        values = [
            each.value
            for each in tree.body
            if isinstance(each, ast.Assign) and any(target in bound for target in each.targets)
        ]
        node = values[0] if values else None
    return node.value[:_LONGEST] if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _data_files(node: ast.expr | None, reader: _Reader) -> list[str]:
    found: list[str] = []
    for pair in node.elts[:_MOST] if isinstance(node, (ast.List, ast.Tuple)) else ():
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
            files = reader.value(pair.elts[1], reader.env)
            found += files if isinstance(files, list) else []
    return found[:_MOST]


def _of_libraries(node: ast.expr | None, reader: _Reader) -> Iterator[Source]:
    """Yield the sources of the C libraries that setuptools compiles before the extensions."""
    for pair in node.elts[:_MOST] if isinstance(node, (ast.List, ast.Tuple)) else ():
        info = pair.elts[1] if isinstance(pair, (ast.List, ast.Tuple)) and len(pair.elts) == 2 else None
        if not isinstance(info, ast.Dict):
            continue
        for key, value in zip(info.keys, info.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "sources":
                files = reader.value(value, reader.env)
                paths = map(_below_root, files[:_MOST] if isinstance(files, list) else ())
                yield from (Source(path, value.lineno, None) for path in paths if path)


def _plain(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except those of classes, which run as commands, and of checks of the arguments."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ClassDef) or (isinstance(node, ast.If) and _is_of_caller(node.test)):
            continue
        yield node
        pending += ast.iter_child_nodes(node)


def _is_of_caller(test: ast.expr) -> bool:
    """Return whether a condition checks the arguments or the Python version, which are right in a build."""
    return any(
        last_name(each) in ("argv", "version_info", "hexversion", "version")
        for each in islice(ast.walk(test), 50)  # nodes: more than in such a condition
    )


_SECOND = ("load_source", "spec_from_file_location", "SourceFileLoader")
"""Functions that load a module and have the path as the second argument."""

_KEYS = ("file", "filename", "location", "path")
"""The keywords with which these functions and ``open`` have the path."""

_OPENERS = ("io", "codecs", "builtins", "tokenize", "os")
"""The modules whose ``open`` has the path as its first argument; elsewhere it is a method of a path."""


def _makes_files(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    if name == "open":
        of_path = isinstance(node.func, ast.Attribute) and last_name(node.func.value) not in _OPENERS
        given = node.args[:1] if of_path else node.args[1:2]
        modes = [*given, *(each.value for each in node.keywords if each.arg == "mode")]
        return any(
            isinstance(each, ast.Constant)
            and isinstance(each.value, str)
            and len(each.value) <= 3  # for example "wb+"; a longer text is not a mode
            and bool(set(each.value) & set("wax+"))
            and set(each.value) <= set("wax+bt")
            for each in modes
        )
    return name in _MAKERS


class _Reader(Evaluator):
    """Walks over statements and collects the files that they read. ``env`` has the values of known names.

    ``loads`` is true if the script runs modules that it finds by their paths.
    """

    def __init__(self, loads: bool) -> None:
        super().__init__()
        self.loads = loads
        self.reads: list[Read] = []
        self.imports: list[Imported] = []
        self.sources: list[Source] = []
        self.crates: list[tuple[Read, tuple[str, ...]]] = []
        self.patterns: list[Read] = []
        self.functions: dict[str, ast.FunctionDef] = {}
        self.setup: ast.Call | None = None
        self.env: dict[str, Value] = {}
        self.is_elsewhere = False
        """Whether the working directory may not be the root folder."""

    def run(self, body: list[ast.stmt], env: dict[str, Value], depth: int) -> bool:
        """Follow statements; return whether the code after them is always reached."""
        if depth == 0:
            self.env = env
        for statement in body:
            self.steps += 1
            if self.steps > STEPS or not self._statement(statement, env, depth):
                return False
        return True

    def _statement(self, node: ast.stmt, env: dict[str, Value], depth: int) -> bool:
        if isinstance(node, ast.FunctionDef):
            if not node.decorator_list:
                self.functions[node.name] = node
            return True
        if isinstance(node, (ast.Import, ast.ImportFrom)) and self.setup is None:
            self.imports += imported(node, [])
        if isinstance(node, (ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            return True
        if isinstance(node, ast.If):
            if _is_main(node.test):
                return self.run(node.body, env, depth)
            self.scan(node.test, env, depth)
            return self._leave(node, env)
        if isinstance(node, ast.Try):
            if not node.handlers and not self.run(node.body, env, depth):
                return False
            return self._leave(node, env)
        if isinstance(node, ast.With):
            return self._with(node, env, depth)
        if isinstance(node, (ast.For, ast.While)):
            return self._loop(node, env, depth)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.scan(child, env, depth)
        if isinstance(node, ast.Assign):
            value = self.value(node.value, env)
            for target in node.targets:
                _bind(target, value, env)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                _bind(target, None, env)
        elif isinstance(node, ast.AnnAssign):
            _bind(node.target, self.value(node.value, env), env)
        elif isinstance(node, ast.AugAssign):
            known = env.get(node.target.id) if isinstance(node.target, ast.Name) else None
            is_sum = isinstance(node.op, ast.Add)
            _bind(node.target, added(known, self.value(node.value, env)) if is_sum else None, env)
        return not isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue))

    def _leave(self, node: ast.AST, env: dict[str, Value]) -> bool:
        """Forget names bound in statements that are not followed; return whether the code after them runs."""
        goes_on = True
        is_guard = isinstance(node, ast.If) and _is_of_caller(node.test)
        for each in self._walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                env.pop(each.id, None)
            elif shortened := _shortened(each):
                env.pop(shortened, None)
            elif isinstance(each, ast.FunctionDef):
                self.functions.pop(each.name, None)
            elif isinstance(each, ast.Call) and last_name(each.func) == "chdir":
                self.is_elsewhere = True
            elif isinstance(each, (ast.Return, ast.Raise, ast.Break, ast.Continue)) or (
                isinstance(each, ast.Call) and last_name(each.func) in ("exit", "_exit", "main", "setup")
            ):
                goes_on = goes_on and is_guard
        return goes_on and self.steps <= STEPS

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        for each in ast.walk(node):
            self.steps += 1
            if self.steps > STEPS:
                return
            yield each

    def _with(self, node: ast.With, env: dict[str, Value], depth: int) -> bool:
        for item in node.items:
            self.scan(item.context_expr, env, depth)
            if item.optional_vars is not None:
                _bind(item.optional_vars, None, env)
        catches = any(
            (isinstance(each, ast.Name) and each.id in ("suppress", "raises"))
            or (isinstance(each, ast.Attribute) and each.attr in ("suppress", "chdir", "cd"))
            for item in node.items
            for each in ast.walk(item.context_expr)
        )
        return self._leave(node, env) if catches else self.run(node.body, env, depth)

    def _loop(self, node: ast.For | ast.While, env: dict[str, Value], depth: int) -> bool:
        if isinstance(node, ast.While):
            self.scan(node.test, env, depth)
            return self._leave(node, env)
        self.scan(node.iter, env, depth)
        items = self.value(node.iter, env)
        if isinstance(items, list):
            for item in items[:_MOST_ITEMS]:
                _bind(node.target, item, env)
                if not self.run(node.body, env, depth):
                    break
        return self._leave(node, env)

    def scan(self, node: ast.expr, env: dict[str, Value], depth: int) -> None:
        """Collect the files that are read by the parts of an expression that are always evaluated."""
        self.steps += 1
        if self.steps > STEPS or isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.IfExp):
            self.scan(node.test, env, depth)
        elif isinstance(node, ast.BoolOp):
            self.scan(node.values[0], env, depth)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            self.scan(node.generators[0].iter, env, depth)
            self._comprehension(node, env, depth)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.keyword):
                    self.scan(child.value, env, depth)
                elif isinstance(child, ast.expr):
                    self.scan(child, env, depth)
            if isinstance(node, ast.Call):
                self._call(node, env, depth)

    def _comprehension(self, node: ast.expr, env: dict[str, Value], depth: int) -> None:
        if not isinstance(node, ast.ListComp) or len(node.generators) != 1 or node.generators[0].ifs:
            return
        items = self.value(node.generators[0].iter, env)
        for item in items[:_MOST_ITEMS] if isinstance(items, list) else ():
            inner = dict(env)
            _bind(node.generators[0].target, item, inner)
            self.scan(node.elt, inner, depth)

    def _call(self, node: ast.Call, env: dict[str, Value], depth: int) -> None:
        name = last_name(node.func)
        path: Value | None = None
        env.pop(_shortened(node), None)
        # Deeper calls of a function with this name are probably not those of setuptools. Chosen.
        if name == "setup" and self.setup is None and depth < 3:
            self.setup = node
        elif name == "Extension":
            self._extension(node, env)
        elif name == "RustExtension":
            self._crate(node, env)
        elif name == "chdir":
            folder = self.value(node.args[0], env) if node.args else None
            self.is_elsewhere = not isinstance(folder, str) or _below_root(folder) != "."
        elif name == "cythonize":
            self._patterns(node, env)
        elif name in ("import_module", "__import__", "run_module"):
            self._import(node, env)
        elif name in ("open", "run_path", "execfile", "read_text", "read_bytes", *_SECOND):
            path = self._read_by(node, name, env)
        elif isinstance(node.func, ast.Name) and node.func.id in self.functions and depth < _DEPTH:
            inner = self._arguments(self.functions[node.func.id], node, env)
            if inner is not None:
                self.run(self.functions[node.func.id].body, inner, depth + 1)
        if isinstance(path, str) and path and not self.is_elsewhere:
            plain = posixpath.normpath(posixpath.join(ROOT, path.replace("\\", "/")))
            if plain.startswith(f"{ROOT}/"):
                self.reads.append(Read(plain[len(ROOT) + 1 :], node.lineno))
            elif plain.startswith("/\0/"):
                self.reads.append(Read(f"..{plain[2:]}", node.lineno))

    def _extension(self, node: ast.Call, env: dict[str, Value]) -> None:
        """Collect the sources of an extension that is always built."""
        given = {each.arg: each.value for each in node.keywords}
        if None in given or "optional" in given or any(isinstance(each, ast.Starred) for each in node.args):
            return
        sources = self.value(node.args[1] if len(node.args) > 1 else given.get("sources"), env)
        named = node.args[2] if len(node.args) > 2 else given.get("include_dirs", ast.Tuple([]))
        includes = self.value(named, env)
        known: tuple[str, ...] | None = None
        if isinstance(includes, list) and len(includes) <= MOST_FOLDERS:
            below = tuple(each for each in map(_below_root, includes) if each is not None)
            known = below if len(below) == len(includes) else None
        for path in sources if isinstance(sources, list) else ():
            plain = _below_root(path)
            if plain:
                self.sources.append(Source(plain, node.lineno, known))

    def _patterns(self, node: ast.Call, env: dict[str, Value]) -> None:
        """Collect the names and globs of the sources that Cython translates."""
        found = self.value(node.args[0], env) if node.args else None
        for each in [found] if isinstance(found, str) else found if isinstance(found, list) else ():
            plain = _below_root(each)
            if plain and "{" not in plain:  # Cython also expands braces
                self.patterns.append(Read(plain, node.lineno))

    def _import(self, node: ast.Call, env: dict[str, Value]) -> None:
        """Collect a module that is imported by its name."""
        name = self.value(node.args[0], env) if node.args else None
        if isinstance(name, str) and name[:1].isalpha() and self.setup is None:
            self.imports.append(((name[:_LONGEST_NAME],), node.lineno))

    def _crate(self, node: ast.Call, env: dict[str, Value]) -> None:
        """Collect the manifest of a Rust extension that is always built."""
        given = {each.arg: each.value for each in node.keywords}
        if None in given or "optional" in given or any(isinstance(each, ast.Starred) for each in node.args):
            return
        named = node.args[1] if len(node.args) > 1 else given.get("path", ast.Constant("Cargo.toml"))
        path = self.value(named, env)
        if not isinstance(path, str):
            return
        plain = _below_root(path)
        options = [self.value(given.get(each), env) for each in ("args", "cargo_manifest_args")]
        arguments = [each for found in options if isinstance(found, list) for each in found]
        if plain:
            self.crates.append((Read(plain, node.lineno), tuple(arguments[:_MOST])))

    def _read_by(self, node: ast.Call, name: str, env: dict[str, Value]) -> Value | None:
        """Return the path that a call reads, None if it is unknown."""
        is_method = isinstance(node.func, ast.Attribute)
        owner = self.value(node.func.value, env) if isinstance(node.func, ast.Attribute) else None
        if name in ("read_text", "read_bytes"):
            return owner
        if any(isinstance(each, ast.Starred) for each in node.args) or any(
            each.arg in (None, "opener", "dir_fd") for each in node.keywords
        ):
            return None
        modes = [each.value for each in node.keywords if each.arg == "mode"]
        at = 0
        if is_method and name == "open" and owner is not None:
            modes += node.args[:1]
        elif name in _SECOND:
            if not self.loads and name != "load_source":
                return None
            at = 1
        elif name == "open":
            if isinstance(node.func, ast.Attribute) and last_name(node.func.value) not in _OPENERS:
                return None
            modes += node.args[1:2]
        for each in modes:
            mode = self.value(each, env)
            if not isinstance(mode, str) or set(mode) & set("wax+"):
                return None
        if is_method and name == "open" and owner is not None:
            return owner
        first = node.args[at] if len(node.args) > at else None
        if first is None:
            first = next((each.value for each in node.keywords if each.arg in _KEYS), None)
        return self.value(first, env) if first is not None else None

    def _arguments(
        self, function: ast.FunctionDef, call: ast.Call, env: dict[str, Value]
    ) -> dict[str, Value] | None:
        """Return the names within a function call, None if it does not run or they are unknown."""
        nodes = list(self._walk(function))
        if any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in nodes):
            return None
        bound = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        inner = dict(self.env)
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        defaults = function.args.defaults
        given: dict[str, ast.expr] = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        for each, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
            names.append(each.arg)
            if default is not None:
                given[each.arg] = default
        for name in (*names, *bound):
            inner.pop(name, None)
        values = {name: self.value(node, self.env) for name, node in given.items()}
        if not any(isinstance(each, ast.Starred) for each in call.args):
            positional = [self.value(each, env) for each in call.args]
            plain = len(function.args.posonlyargs) + len(function.args.args)
            values.update(zip(names[:plain], positional, strict=False))
            if function.args.vararg is not None:
                rest = [each for each in positional[plain:] if isinstance(each, str)]
                values[function.args.vararg.arg] = rest if len(rest) == len(positional[plain:]) else None
        values.update({each.arg: self.value(each.value, env) for each in call.keywords if each.arg})
        inner.update({name: value for name, value in values.items() if value is not None})
        return inner


def _below_root(path: str) -> str | None:
    """Return a path relative to the root folder, None if it leads out of the sdist."""
    plain = posixpath.normpath(posixpath.join(ROOT, path))
    return posixpath.relpath(plain, ROOT) if f"{plain}/".startswith(f"{ROOT}/") else None


def _shortened(node: ast.AST) -> str:
    """Return the name of a list in which a call or statement removes or replaces items, or ""."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value) if not isinstance(node.ctx, ast.Load) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return last_name(node.func.value) if node.func.attr in ("remove", "pop", "clear") else ""
    return ""


def _bind(target: ast.AST, value: Value | None, env: dict[str, Value]) -> None:
    for each in ast.walk(target):
        is_bound = isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
        env.pop(last_name(each) if is_bound else _shortened(each), None)
    if isinstance(target, ast.Name) and value is not None:
        env[target.id] = value


def _is_main(test: ast.expr) -> bool:
    """Return whether a condition is ``__name__ == "__main__"``, which is true when setuptools builds."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, test.comparators[0]]
    return any(isinstance(each, ast.Name) and each.id == "__name__" for each in sides) and any(
        isinstance(each, ast.Constant) and each.value == "__main__" for each in sides
    )
