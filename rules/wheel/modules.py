"""A small summary of a Python file, made without running the file, that outlives its content.

`ast.parse` takes by far the most time, so the rest is kept small: this module checks the statements at module
level but not their expressions, and walks the whole tree only if a search of the bytes finds a reason to.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator

from pkgaudit.api import ArchiveKind, Construct, Feature, PythonFile, Window, Words
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.call_names import holds_on_import
from pkgaudit.rules._shared.nodes import walk
from pkgaudit.rules.wheel.evaluated import EvaluatedType, evaluated_types
from pkgaudit.rules.wheel.import_calls import Calls, Import, calls_of
from pkgaudit.rules.wheel.library_names import Attribute, attributes_of
from pkgaudit.rules.wheel.syntax import (
    features_of_definition,
    may_be_new,
    may_declare_global,
    newest,
    newest_feature,
)
from pkgaudit.rules.wheel.syntax_faults import (
    Fault,
    Found,
    find_faults,
    may_have_faults,
    repeated_parameter,
)

_OPEN = Words(
    *(b"globals()", b"vars()", b"locals()", b"exec(", b"modules[", b"sys.modules", b"azy", b"apipkg"),
    *(b"import_structure", b"__dict__", b"current_module", b"this_module", b"import_all", b"inject"),
)
"""Signs that a module may get names that no statement binds."""

_SHIFTS = Words(
    *(b"__path__", b"meta_path", b"extend_path", b"declare_namespace", b"path_hooks", b"module_from_spec"),
    *(b"ModuleType", b"pyximport", b"cppyy", b"load_module", b"LibraryLoader"),
)
_MODULES = re.compile(rb"\bmodules\[(?!__name__\])[^\n]{0,200}\][ \t]*=|\bmodules\.(?:setdefault|update)\b")
"""Signs that a module may create modules without a file, or find its own modules elsewhere."""

_OF_MODULES, _MODULE_OF = Words(b"modules[", b"modules."), Words(b"__module__")
_GLOBALS_OF_FRAME = Words(b"f_globals")

_PUTS = re.compile(
    rb"""\bmodules\[[ \t]*(?:["']([\w.]{1,100})["']|(?!__name__)[^\]\n]{1,200}\]?)[ \t]*\][ \t]*=(?!=)"""
    rb"""|\bmodules\.setdefault\([ \t]*(?:["']([\w.]{1,100})["'])?|\bmodules\.update\b"""
)
"""Places that may put a module into ``sys.modules``, with its name if the place has it."""

_QUOTED = re.compile(rb"""["']([^\W\d]\w{0,99})["']""")

_MOST_PUT = 500
"""Names that a module may put into ``sys.modules``; chosen: real ones put a few dozen."""

_FILLS = re.compile(
    rb"""\bmodules\[[^\]\n]{1,200}\](?:\.(?P<name>(?!__dict__)\w{1,100})[ \t]*=(?!=)|(?P<all>\.__dict__))"""
    rb"""|(?P<alias>\b\w{1,100})[ \t]*=[ \t]*(?:sys\.)?modules\[(?!__name__)"""
    rb"""|\bsetattr\(\s*(?:sys\.)?modules\[(?!__name__)[^\]\n]{1,200}\],\s*(?:["'](?P<given>\w{1,100})["'])?"""
)
"""Places that set a name in a module of ``sys.modules``, with the name if it is constant."""

_ATTRIBUTE = re.compile(
    rb"""\b(\w{1,100})\.(\w{1,100})[ \t]*=(?!=)|\bsetattr\([ \t]*(\w{1,100}),\s*(?:["'](\w{1,100})["'])?"""
)
"""Places that set an attribute of a name."""

_FILE = re.compile(rb"""["'/\\]([\w-]{1,100}\.py)["']""")
"""A constant that names a Python file."""

_SEARCHES = Words(b"sys.path", b"addsitedir", b"PYTHONPATH", b"import path")
"""Signs that a module may add folders to the import path."""

_OTHER_WAYS = re.compile(
    rb"exec\(|runpy|pkgutil|entry_points"
    rb"|(?<!from )importlib(?![._](?:metadata|resources)\b)"
    rb"|from importlib import (?!\(?(?:metadata|resources)\b)"
)
"""Signs that a module may import others without an import statement."""

_OTHER_WORDS = Words(b"exec(", b"runpy", b"pkgutil", b"entry_points", b"importlib")

_MOST_BODIES = 500
"""Functions of a module whose imports are kept; chosen: real modules have fewer that import."""

_MOST_OFFERED = 5_000
"""Names in ``__all__`` that are read; chosen: real lists have a few hundred."""

# ModuleNotFoundError and its base classes; a bare `except` has no name and catches it too.
_CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_OTHERS = frozenset(
    {
        "AttributeError",
        "KeyError",
        "NameError",
        "TypeError",
        "ValueError",
        "OSError",
        "IOError",
        "LookupError",
    }
)
"""Exceptions whose handlers certainly do not catch a failed import."""

_HARMLESS = frozenset(
    {
        "addHandler",
        "addLevelName",
        "append",
        "basicConfig",
        "captureWarnings",
        "debug",
        "extend",
        "filterwarnings",
        "info",
        "insert",
        "main",
        "print",
        "register",
        "remove",
        "resetwarnings",
        "run",
        "setLevel",
        "set_start_method",
        "simplefilter",
        "warn",
        "warning",
    }
)
"""Calls that add no names to a module."""

# https://docs.python.org/3/library/__future__.html; the compiler rejects any other name, and Python has never
# removed one.
_FUTURE = frozenset(
    {
        "absolute_import",
        "annotations",
        "barry_as_FLUFL",
        "division",
        "generator_stop",
        "generators",
        "nested_scopes",
        "print_function",
        "unicode_literals",
        "with_statement",
    }
)


@dataclass(frozen=True)
class Module:
    """The summary of a Python file.

    ``names`` are the names that it binds at module level, under any condition that may hold on import.
    ``members`` are the attributes of its classes without base classes. ``imports`` are the imports that run
    whenever the module is imported;
    ``guarded`` are the first components of all other imports. ``stars`` are all imports of ``*``. ``lazy``
    are the imports that run when somebody asks the module for a name. ``bodies`` are the imports that run
    whenever one of its functions is called, by the function's name. ``unbound`` are the names in ``__all__``
    that it does not bind, each with its line. ``early`` are the names that are bound before the
    last import, in their order, and ``order`` is their number before each of the imports. ``hesitates``: the
    module may also import its own package in other ways. ``gives`` are the names that it sets
    as attributes of other objects, which may be modules; ``*`` is any name. ``puts`` are the modules that it
    may put into ``sys.modules``, and ``fills`` the names that it sets in modules there; ``*`` is any name.
    ``shapes``: its decorators and base classes may add names to the modules that use them, and ``is_shaped``:
    it has a class or function that such code could know. ``files`` are the names of Python files in its
    constants: it may open or start them. ``stub_line`` is the line that reads the stub of the module at run
    time.
    ``is_open``: the module may have more names. ``shifts``: the module may create modules or find them
    elsewhere. ``searches``: the module may change the import path. ``error`` is the parser's error message,
    for ``error_line``; ``fault`` is an error of the compiler; ``feature`` is the newest construct, and
    ``evaluated`` the newest type that it evaluates when it is imported. ``attributes`` are the names of the
    standard library that it evaluates then and that not every Python has.
    """

    names: frozenset[str] = frozenset()
    members: tuple[tuple[str, frozenset[str]], ...] = ()
    imports: tuple[Import, ...] = ()
    guarded: frozenset[str] = frozenset()
    stars: tuple[Import, ...] = ()
    lazy: tuple[Import, ...] = ()
    bodies: tuple[tuple[str, tuple[Import, ...]], ...] = ()
    unbound: tuple[tuple[str, int], ...] = ()
    early: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    hesitates: bool = True
    gives: frozenset[str] = frozenset()
    puts: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    shapes: bool = False
    is_shaped: bool = False
    files: frozenset[str] = frozenset()
    stub_line: int | None = None
    is_open: bool = True
    shifts: bool = True
    searches: bool = False
    error: str | None = None
    error_line: int | None = None
    fault: Fault | None = None
    feature: Feature | None = None
    evaluated: EvaluatedType | None = None
    attributes: tuple[Attribute, ...] = ()

    def statements(self, is_lazy: bool = False) -> tuple[Import, ...]:
        """Return the imports that run; ``is_lazy``: also those that run when somebody asks for a name."""
        return (*self.imports, *self.lazy) if is_lazy and self.lazy else self.imports


_UNKNOWN = Module()
"""The summary of a module that is not analyzed."""


def summarize(file: PythonFile) -> Module | None:
    """Return the summary of a Python file in a wheel, None if the file cannot be imported."""
    member = file.member
    if member.archive is not ArchiveKind.WHEEL or member.is_nested or member.suffix != ".py":
        return None
    if ".dist-info/" in member.path:
        return None
    window, data = file.window, file.data
    if _TEST.search(member.path):
        return _UNKNOWN
    tree = file.tree
    if tree is None:
        return _broken(file)
    walk = _Walk(member.path, calls_of(member.path, window))
    walk.run(tree.body)
    feature: Feature | None = None
    bound: set[str] = set()
    if may_be_new(window) or may_declare_global(window):
        feature, bound = newest_feature(tree, file.parsed_source or "")
    names = frozenset({*bound, *walk.names})
    has_lazy = any(each.construct is Construct.LAZY_IMPORT for each in file.newer)
    found = find_faults(tree, file.source or "") if has_lazy or may_have_faults(window) else Found()
    return Module(
        names,
        tuple(walk.members.items()),
        tuple(walk.imports),
        frozenset(walk.guarded),
        tuple(walk.stars),
        tuple(walk.calls.lazy),
        tuple(walk.bodies.items()),
        tuple((name, line) for name, line in walk.offered.items() if name not in names),
        (*bound, *itertools.islice(walk.names, max(walk.order, default=0))),
        tuple(len(bound) + each for each in walk.order),
        walk.is_over or walk.calls.makes or _hesitates(member.path, window),
        frozenset(walk.gives),
        _put_by(window),
        _filled_by(window),
        window.has(_GLOBALS_OF_FRAME) or (window.has(_MODULE_OF) and b"modules" in data),
        walk.is_shaped,
        _files_in(data),
        walk.calls.stub_line,
        walk.is_open or "__getattr__" in names or window.has(_OPEN),
        bool(window.has(_SHIFTS) or (window.found(_OF_MODULES) and _MODULES.search(data))),
        window.has(_SEARCHES),
        fault=min(filter(None, (walk.fault, found.fault)), key=lambda each: each.since, default=None),
        feature=newest((walk.feature, feature, found.feature, *file.newer)),
        evaluated=evaluated_types(tree, window),
        attributes=attributes_of(tree, data),
    )


def _put_by(window: Window) -> frozenset[str]:
    """Return the modules that a module may put into ``sys.modules``, for other imports to find."""
    if not window.has(_OF_MODULES):
        return frozenset()
    data = window.data
    names: set[bytes] = set()
    for match in itertools.islice(_PUTS.finditer(data), _MOST_PUT):
        name = match[1] or match[2]
        if name is None:
            # The name is computed: each quoted word may be one.
            names.update(each[1] for each in itertools.islice(_QUOTED.finditer(data), _MOST_PUT))
            break
        names.add(name)
    return frozenset(each.decode("ascii", "replace") for each in names)


def _filled_by(window: Window) -> frozenset[str]:
    """Return the names that a module sets in modules of ``sys.modules``."""
    if b"modules[" not in window.found(_OF_MODULES):
        return frozenset()
    data = window.data
    names: set[bytes] = set()
    aliases: set[bytes] = set()
    for match in itertools.islice(_FILLS.finditer(data), _MOST_PUT):
        if match["alias"]:
            aliases.add(match["alias"])
        else:
            names.add(match["name"] or match["given"] or b"*")
    if aliases:
        # 100,000 is chosen: far more assignments than a module has; bounds the time on hostile ones.
        for match in itertools.islice(_ATTRIBUTE.finditer(data), 100_000):
            if (match[1] or match[3]) in aliases and len(names) < _MOST_PUT:
                names.add(match[2] or match[4] or b"*")
    return frozenset(each.decode("ascii", "replace") for each in names)


def _files_in(data: bytes) -> frozenset[str]:
    """Return the names of the Python files that constants of a module name."""
    if b".py" not in data:
        return frozenset()
    found = itertools.islice(_FILE.finditer(data), _MOST_PUT)
    return frozenset(each[1].decode("ascii", "replace") for each in found)


def _hesitates(path: str, window: Window) -> bool:
    """Return whether a module may import its own package elsewhere than at the left margin."""
    top = _DATA.sub("", path, count=1).partition("/")[0].removesuffix(".py").encode()
    words = (b"from .", b"from " + top, b"import " + top)
    if any(space + word in window.data for space in (b" ", b"\t") for word in words):
        return True
    return bool(window.found(_OTHER_WORDS) and _OTHER_WAYS.search(window.data))


_TEST = re.compile(r"(?:\A|/)tests?/(?:[^/]+/)*(?:test_[^/]*|[^/]*_test|conftest)\.py\Z")
"""Modules that only a test runner imports; they can be half of all Python files."""

_DATA = re.compile(r"\A[^/]+\.data/(?:pure|plat)lib/")
_AT_LINE = re.compile(r" \(line (\d+)\)\Z")


def _broken(file: PythonFile) -> Module | None:
    """Return the summary of a file with a syntax error; a file that is too deep for the parser has none."""
    error = file.syntax_error or ""
    at = _AT_LINE.search(error)
    text = error[: at.start()] if at else error
    if file.source is None:
        text = "its encoding is not the declared one, or not UTF-8"
    elif b"\0" in file.data:
        text = "it contains NUL bytes"
    elif at is None and "line None" not in error:
        return _UNKNOWN  # not parsed because it is too large or too deep, which proves nothing
    # 200 and 9 bound values from a message of the parser.
    return Module(error=text[:200], error_line=int(at[1]) if at and len(at[1]) < 9 else None)


def _bind(names: dict[str, None], new: Iterable[str]) -> None:
    names.update(dict.fromkeys(new))


class _Walk:
    """Visits the statements that run when a module is imported, in their order."""

    def __init__(self, path: str = "", calls: Calls | None = None) -> None:
        self.path = path
        self.calls = calls or Calls()
        self.names: dict[str, None] = {}
        """In the order in which the module binds them."""
        self.order: list[int] = []
        """How many names the module has bound before each of its imports."""
        self.members: dict[str, frozenset[str]] = {}
        self.imports: list[Import] = []
        self.guarded: set[str] = set()
        self.stars: list[Import] = []
        self.bodies: dict[str, tuple[Import, ...]] = {}
        self.offered: dict[str, int] = {}
        """The names in ``__all__``, each with its line, if nothing changes the list."""
        self.gives: set[str] = set()
        self.fault: Fault | None = None
        self.feature: Feature | None = None
        self.is_open = False
        self.is_shaped = False
        self.is_over = False
        """Whether an exception or an exit has ended the module."""
        self._first: set[int] = set()
        """The statements at the beginning, where ``__future__`` imports are allowed."""

    def run(self, body: list[ast.stmt]) -> None:
        """Visit the module; nested blocks are on a stack, because ``elif`` chains can be long."""
        self._first = set(map(id, itertools.takewhile(_may_precede_future, body)))
        stack: list[tuple[Iterator[ast.stmt], bool, bool]] = [(iter(body), False, False)]
        while stack:
            block, is_guarded, is_inside = stack[-1]
            statement = next(block, None)
            if statement is None:
                stack.pop()
            else:
                for inner, guards, contains in self._statement(statement, is_guarded, is_inside):
                    stack.append((iter(inner), is_guarded or guards, is_inside or contains))

    def _statement(
        self, node: ast.stmt, is_guarded: bool, is_inside: bool
    ) -> Iterable[tuple[list[ast.stmt], bool, bool]]:
        """Visit a statement; return its blocks, the last first.

        For each block also return if it is guarded, and if its names are not those of the module.
        """
        kind = node.__class__
        names = self.names if not is_inside else {}
        if kind is ast.Import or kind is ast.ImportFrom:
            self._import(node, is_guarded, names)  # type: ignore[arg-type]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names[node.name] = None
            self.is_shaped = self.is_shaped or bool(node.decorator_list)
            self.calls.take_function(node)
            if not is_inside:
                self._body(node, is_guarded)
            self._notice(*features_of_definition(node))
            repeated = repeated_parameter(node.args)
            if repeated is not None:
                self._fault(f"duplicate argument {repeated[:40]!r} in function definition", node)
        elif isinstance(node, ast.ClassDef):
            names[node.name] = None
            self.is_shaped = self.is_shaped or bool(node.decorator_list or node.bases or node.keywords)
            # https://docs.python.org/3/library/enum.html#enum.global_enum puts the members into the module.
            self.is_open = self.is_open or any(
                _last_name(each) == "global_enum" for each in node.decorator_list
            )
            self._notice(*features_of_definition(node))
            if not is_inside and not (node.bases or node.keywords or node.decorator_list):
                self.members[node.name] = _bound_in(node.body)
            return ((node.body, False, True),)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                _bind(names, _targets(target))
                if isinstance(target, ast.Attribute):
                    self.gives.add(target.attr)
                elif isinstance(target, ast.Name):
                    self.calls.take_table(target.id, node.value)
                    if target.id == "__all__":
                        self.offered = {} if is_guarded or is_inside else _texts(node.value)
            self._calls(node.value, is_guarded)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
            _bind(names, _targets(node.target))
            if isinstance(node.target, ast.Name) and node.value is not None:
                self.calls.take_table(node.target.id, node.value)
                if node.target.id == "__all__" and not (is_guarded or is_inside):
                    before = self.offered if isinstance(node, ast.AugAssign) else {}
                    self.offered = {**before, **_texts(node.value)}
            self._calls(node.value, is_guarded)
        elif isinstance(node, ast.If):
            holds = holds_on_import(node.test)
            # Names that are bound only for type checkers, or in a program, are not there on import.
            otherwise = (node.orelse, holds is not False, holds is True)
            return (otherwise, (node.body, holds is not True, holds is False))
        elif isinstance(node, (ast.For, ast.While)):
            if isinstance(node, ast.For):
                _bind(names, _targets(node.target))
            return ((node.orelse, True, False), (node.body, True, False))
        elif kind.__name__ in ("Try", "TryStar"):
            return self._try(node, names)  # type: ignore[arg-type]
        elif isinstance(node, ast.With):
            for item in node.items:
                if item.optional_vars is not None:
                    _bind(names, _targets(item.optional_vars))
            return ((node.body, not all(map(_lets_through, node.items)), False),)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                _bind(names, _captured(case.pattern))
            return tuple((case.body, True, False) for case in reversed(node.cases))
        elif kind.__name__ == "TypeAlias":
            _bind(names, _targets(node.name))  # type: ignore[attr-defined]
        elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and _is_exit(node.value)):
            self.is_over = self.is_over or not is_guarded
        else:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                if _last_name(node.value) == "setattr":
                    self.gives.add("*")
                if not is_guarded:
                    # The function may add names to the module.
                    self.is_open = self.is_open or _last_name(node.value) not in _HARMLESS
                self._calls(node.value, is_guarded)
                if _takes_from_all(node.value):
                    self.offered = {}
            self._outside_of_function(node)
        return ()

    def _body(self, node: ast.FunctionDef | ast.AsyncFunctionDef, is_guarded: bool) -> None:
        """Take the imports that every call of a function makes."""
        # Another function may have this name under another condition.
        known = self.bodies.pop(node.name, None)
        if not is_guarded and known is None and isinstance(node, ast.FunctionDef):
            found = _imported_by_calls(node)
            if found and len(self.bodies) < _MOST_BODIES:
                self.bodies[node.name] = found

    def _calls(self, value: ast.expr | None, is_guarded: bool) -> None:
        """Take the imports that the calls in an expression make."""
        found = self.calls.imports_in(value, is_guarded or self.is_over) if value is not None else []
        if is_guarded or self.is_over:
            self.guarded.update(each.module.partition(".")[0] for each in found if not each.level)
        else:
            self._take(found, len(self.names))

    def _try(self, node: ast.Try, names: dict[str, None]) -> tuple[tuple[list[ast.stmt], bool, bool], ...]:
        catching = [each for each in node.handlers if _catches_import_error(each)]
        catches = bool(catching)
        if catches and all(isinstance(each.body[-1], ast.Raise) for each in catching):
            # Imports of own modules still fail, but the project knows that other projects may be missing.
            self._take_own(node.body)
        _bind(names, (each.name for each in node.handlers if each.name))
        handlers = tuple((each.body, True, False) for each in reversed(node.handlers))
        rest = (node.finalbody, False, False), (node.orelse, catches, False)
        return (*rest, *handlers, (node.body, catches, False))

    def _take_own(self, body: list[ast.stmt]) -> None:
        """Count the imports of the package's own modules as certain, although they are in a ``try``."""
        top = _DATA.sub("", self.path, count=1).partition("/")[0]
        for node in body if not self.is_over else ():
            found = _statements_of(node)
            own = [each for each in found if each.level or each.module.partition(".")[0] == top]
            self._take(own, len(self.names))

    def _import(self, node: ast.Import | ast.ImportFrom, is_guarded: bool, names: dict[str, None]) -> None:
        bound = len(self.names)
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = None
            found = _statements_of(node)
        else:
            is_own = self._is_of_itself(node)
            _bind(names, (each.asname or each.name for each in node.names if each.asname or not is_own))
            found = _statements_of(node)
            taken = found[0].names
            if taken == ("*",):
                self.stars += found
            if node.module == "__future__" and not node.level:
                self._future(node, taken)
        if is_guarded or self.is_over:
            self.guarded.update(each.module.partition(".")[0] for each in found if not each.level)
        else:
            self._take(found, bound)

    def _take(self, found: list[Import], bound: int) -> None:
        """Count imports as certain; before them, the module has bound this number of names."""
        self.imports += found
        self.order += [bound] * len(found)

    def _is_of_itself(self, node: ast.ImportFrom) -> bool:
        """Return whether a package imports from itself: such names must come from elsewhere."""
        if not self.path.endswith("__init__.py"):
            return False
        if node.level:
            return node.level == 1 and not node.module
        return f"/{self.path}".endswith(f"/{(node.module or '').replace('.', '/')}/__init__.py")

    def _future(self, node: ast.ImportFrom, names: tuple[str, ...]) -> None:
        if id(node) not in self._first:
            self._fault("from __future__ imports must occur at the beginning of the file", node)
        unknown = [name for name in names if name not in _FUTURE]
        if unknown:
            self._fault(f"future feature {unknown[0][:40]!r} is not defined", node)
        elif "annotations" in names:
            self._notice(Feature(Construct.ANNOTATIONS, node.lineno))

    def _notice(self, *features: Feature) -> None:
        self.feature = newest((self.feature, *features))

    def _outside_of_function(self, node: ast.stmt) -> None:
        """Record errors that the parser accepts and the compiler does not."""
        if isinstance(node, ast.Return):
            self._fault("'return' outside function", node)
        elif isinstance(node, ast.Nonlocal):
            self._fault("nonlocal declaration not allowed at module level", node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, (ast.Await, ast.Yield, ast.YieldFrom)):
            word = "await" if isinstance(node.value, ast.Await) else "yield"
            self._fault(f"'{word}' outside function", node)

    def _fault(self, text: str, node: ast.stmt) -> None:
        if self.fault is None:
            self.fault = Fault(text, node.lineno)


def _statements_of(node: ast.stmt) -> list[Import]:
    """Return the imports of a statement, none if it is no import."""
    if isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        return [Import(node.module or "", node.level, names, node.lineno)]
    if isinstance(node, ast.Import):
        return [Import(alias.name, 0, (), node.lineno) for alias in node.names]
    return []


def _imported_by_calls(node: ast.FunctionDef) -> tuple[Import, ...]:
    """Return the imports at the top level of a function's body, up to the first statement that may end it."""
    if not any(each.__class__ in (ast.Import, ast.ImportFrom) for each in node.body):
        return ()
    found: list[Import] = []
    for each in node.body:
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and _may_leave(each):
            break
        found += _statements_of(each)
    # Calling a generator does not run its body.
    is_generator = found and any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in walk(node))
    return () if is_generator else tuple(found)


def _texts(value: ast.expr) -> dict[str, int]:
    """Return the constant strings in a list, each with its line."""
    elements = value.elts if isinstance(value, (ast.List, ast.Tuple)) else []
    return {
        each.value: each.lineno
        for each in elements[:_MOST_OFFERED]
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def _takes_from_all(call: ast.Call) -> bool:
    """Return whether a call may remove names from ``__all__``."""
    function = call.func
    is_of_all = isinstance(function, ast.Attribute) and _last_name(function.value) == "__all__"
    return is_of_all and _last_name(function) not in ("append", "extend")


def _may_leave(node: ast.stmt) -> bool:
    """Return whether a statement may end the function that contains it, or the program."""
    return any(
        isinstance(each, (ast.Return, ast.Raise)) or (isinstance(each, ast.expr) and _is_exit(each))
        for each in walk(node)
    )


def _may_precede_future(node: ast.stmt) -> bool:
    """Return whether a ``__future__`` import may follow: the statement is one, or a docstring."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _bound_in(body: list[ast.stmt]) -> frozenset[str]:
    """Return the names that the body of a class binds."""
    walk = _Walk()
    walk.run(body)
    return frozenset(walk.names)


def _targets(target: ast.expr) -> Iterator[str]:
    """Yield the names that a target of an assignment binds."""
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, (ast.Tuple, ast.List)):
            stack += node.elts
        elif isinstance(node, ast.Starred):
            stack.append(node.value)


def _captured(pattern: ast.AST) -> Iterator[str]:
    for node in ast.walk(pattern):
        if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def _last_name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler may catch a failed import."""
    kind = handler.type
    kinds: list[ast.expr | None] = [*kind.elts] if isinstance(kind, ast.Tuple) else [kind]
    return any(_last_name(each) in _CATCHING or _last_name(each) not in _OTHERS for each in kinds)


def _lets_through(item: ast.withitem) -> bool:
    """Return whether a context manager is known to pass on the exception of a failed import."""
    # `suppress(ImportError)` does the opposite, and other context managers are unknown.
    return _last_name(item.context_expr) in ("catch_warnings", "open")


def _is_exit(node: ast.expr) -> bool:
    # `skip` and `importorskip` of pytest raise in the same way.
    return isinstance(node, ast.Call) and _last_name(node) in (
        "exit",
        "_exit",
        "quit",
        "skip",
        "importorskip",
    )
