"""What each file of a distribution is able to do, as a value for reports and rules.

Calls are resolved as for the other rules; the table of names is `capabilities.json`. The code of extension
modules is not read: they count as native code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import ArchiveKind, BinaryFile, PythonFile
from pkgaudit.late import lazy
from pkgaudit.model.capabilities import Ability, Capabilities, Use
from pkgaudit.rules._shared.call_names import constant_of
from pkgaudit.rules._shared.calls import FUNCTIONS_OF_CODE, capability_of, named_in
from pkgaudit.rules._shared.nodes import walk
from pkgaudit.rules._shared.startup_lines import SUFFIXES, code_of, is_read, lines_of, text_of
from pkgaudit.rules.behaviour.calls import writing_modes
from pkgaudit.rules.behaviour.scopes import Scope, at_import, read_scopes
from pkgaudit.rules.behaviour.signs import BACKEND, BUILDING
from pkgaudit.rules.behaviour.test_files import is_aside

_LONGEST = 100
"""The most characters of a name that are kept: more than functions of libraries have."""

_MOST_PARTS = 20
"""The longest chain of attributes that is followed, as in `Names`."""

_MOST_LINES = 100
"""The lines of a `.pth` file that are read; honest files have one."""

_IN_SITE_PACKAGES = lazy(
    r"(?:[^/]+\.data/(?:purelib|platlib|data/(?:.*/)?(?:site|dist)-packages)/)?"
    r"(?:[^/]+\.(?:pth|start)|(?:sitecustomize|usercustomize)\.pyw?)"
)
"""The path in a wheel of a file that Python may run at every start."""

_SCRIPTS = lazy(r"[^/]+\.data/scripts/[^/]+$")
"""The path in a wheel of a command."""

_FOR_PYTHON = lazy(rb"#![^\r\n]{0,200}python")
"""The first line of a script; installers replace `#!python`."""

_LOADERS = frozenset({"__import__", "importlib.import_module", "importlib.__import__"})
"""Functions that import a module; a constant name is a usual import."""

_OF_YAML = frozenset({"yaml.load", "yaml.load_all"})
"""Functions that are harmless with a safe loader."""

_CHECKED = {"torch.load": ("weights_only", False), "numpy.load": ("allow_pickle", True)}
"""Functions that deserialize objects only if a keyword is not, or is, given as True."""

_JUDGES = frozenset({"isinstance", "issubclass", "hasattr", "cast", "typing.cast"})
"""Functions that do not call their arguments."""

_HELPERS = frozenset(
    {
        *("auth", "codes", "compat", "contrib", "cookies", "exceptions", "structures"),
        *("typing", "util", "utils"),
    }
)
"""Modules of requests, urllib3 and similar libraries that do not use the network themselves."""

Named = tuple[str, Use]
"""A capability and its use."""


def read_capabilities(file: BinaryFile) -> Capabilities | None:
    """Return what a file is able to do, None if it is able to do nothing or cannot be read."""
    member, window = file.member, file.window
    if window.offset:
        return None  # the first window says what the file is
    found: list[Named] = []
    is_script = _is_script(file)
    if window.native is not None:
        found.append(("NATIVE", Use(member.name)))
    elif member.suffix in (".py", ".pyw") or is_script:
        is_named = member.suffix in PythonFile.SUFFIXES
        python = window.view(PythonFile, member) if is_named else PythonFile(member, window)
        if python is not None and python.tree is not None:
            found += _of_module(python, python.tree)
    if member.archive is ArchiveKind.WHEEL and _IN_SITE_PACKAGES.fullmatch(member.path):
        found += _of_start(file)
    if not found:
        return None
    uses: dict[str, list[Use]] = {}
    for capability, use in found:
        # A program may unpack a nested archive, but an import of the project does not run its modules, nor
        # its scripts.
        known = use._replace(at_import=use.at_import and not member.is_nested and not is_script)
        uses.setdefault(capability, []).append(known)
    abilities = {name: Ability.of(each) for name, each in sorted(uses.items())}
    return Capabilities(abilities, is_aside(member.path, member.archive))


def _is_script(file: BinaryFile) -> bool:
    """Return whether a file of a wheel is a command in Python, with or without a suffix."""
    path = file.member.path
    is_command = file.member.archive is ArchiveKind.WHEEL and _SCRIPTS.match(path) is not None
    return (
        is_command
        and file.window.whole
        and (path.endswith(".py") or _FOR_PYTHON.match(file.data) is not None)
    )


def _of_start(file: BinaryFile) -> Iterator[Named]:
    """Yield what a file does that Python reads at every start, and that it runs something."""
    if file.member.suffix not in SUFFIXES:
        yield "PERSISTENCE", Use(file.member.name)
        return
    name = file.member.name
    if not is_read(name):
        return
    lines = lines_of(text_of(file.data)[0])
    code = [(number, text) for number, line in lines if (text := code_of(name, line)) is not None]
    for number, _ in code[:1]:
        yield "PERSISTENCE", Use(name, number)
    for number, text in code[:_MOST_LINES] if name.endswith(".pth") else ():
        try:
            tree = file.member.parse(text)
        except (SyntaxError, ValueError):  # WH124 reports it
            continue
        for capability, use in _of_tree(tree, is_program=False):
            yield capability, use._replace(line=number)


def _of_module(file: PythonFile, tree: ast.Module) -> Iterator[Named]:
    is_setup = _is_in_sdist(file) and file.path.count("/") == 1 and file.member.name == "setup.py"
    is_built = is_setup or (_is_in_sdist(file) and file.window.has(BACKEND) and _is_backend(tree))
    for capability, use in _of_tree(tree, is_program=file.member.name == "setup.py"):
        yield capability, use
        if is_built:
            yield "INSTALL_TIME", use


def _is_in_sdist(file: PythonFile) -> bool:
    return file.member.archive is ArchiveKind.SDIST and not file.member.is_nested


def _is_backend(tree: ast.Module) -> bool:
    """Return whether a module is a build backend, which an sdist runs from its own tree, or a build hook."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in BUILDING:
            return True
        if isinstance(node, ast.ImportFrom) and (
            node.module == "setuptools.build_meta" or any(each.name in BUILDING for each in node.names)
        ):
            return True
        if isinstance(node, ast.ClassDef) and any(
            getattr(each, "attr", getattr(each, "id", "")) == "BuildHookInterface" for each in node.bases
        ):
            return True
    return False


def _of_tree(tree: ast.Module, is_program: bool) -> Iterator[Named]:
    scopes = read_scopes(tree)
    imported = at_import(scopes, is_program)
    own = {
        each.asname or each.name
        for scope in scopes
        for node in scope.imports
        if isinstance(node, ast.ImportFrom) and node.level
        for each in node.names
    }
    for scope in scopes:
        runs = id(scope) in imported
        for capability, use in _of_scope(scope, own):
            yield capability, use._replace(name=use.name[:_LONGEST], at_import=runs and use.at_import)


def _of_scope(scope: Scope, own: set[str]) -> Iterator[Named]:
    """Yield the uses in a scope; ``at_import`` of each says whether it runs together with the scope.

    ``own`` are the names that relative imports bind: modules of the project, not others of these names.
    """
    names, methods = scope.names, named_in("method")
    later = _in_lambdas(scope)
    for call in scope.calls:
        function, runs = call.func, id(call) not in later
        name = names.of(function)
        found = _capability_of(function, scope, own)
        if name is not None and found is None and any(writing_modes(name, call)):
            found = "FILES_WRITE"
        if name is not None and found is not None:
            if _does(name, call) and not _is_of_result(function, scope, own):
                yield found, Use(name, call.lineno, runs)
            continue
        if isinstance(function, ast.Attribute) and function.attr in methods:
            yield methods[function.attr], Use(f"….{function.attr}", call.lineno, runs)
        if name not in _JUDGES:
            for each in (*call.args, *(keyword.value for keyword in call.keywords)):
                # A function that is handed on will be called; a class may only be compared.
                if isinstance(each, ast.Attribute) and each.attr.islower():
                    name = names.of(each)
                    found = _capability_of(each, scope, own)
                    if name is not None and found is not None:
                        yield found, Use(name, each.lineno)
    yield from _of_values(scope, later)


def _in_lambdas(scope: Scope) -> set[int]:
    """Return the identities of the nodes in the lambdas of a scope, which run when somebody calls them.

    Those that the scope calls itself are left out.
    """
    called = {id(call.func) for call in scope.calls}
    called |= {id(scope.value(call.func.id)) for call in scope.calls if isinstance(call.func, ast.Name)}
    found: set[int] = set()
    for each in scope.lambdas:
        if id(each) not in found and id(each) not in called:
            found.update(map(id, walk(each.body)))
    return found


def _root(node: ast.expr) -> ast.expr:
    """Return the value whose attribute, or attribute of an attribute, an expression is."""
    for _ in range(_MOST_PARTS):
        if not isinstance(node, ast.Attribute):
            break
        node = node.value
    return node


def _is_of_result(function: ast.expr, scope: Scope, own: set[str]) -> bool:
    """Return whether a method is one of what another call returned, which counts itself."""
    function = _root(function)
    if isinstance(function, ast.Call):
        name = scope.names.of(function.func)
        return name not in _LOADERS and _capability_of(function.func, scope, own) is not None
    return isinstance(function, ast.Name) and (scope.names.of(function) or "").endswith("()")


def _of_values(scope: Scope, later: set[int]) -> Iterator[Named]:
    """Yield the uses of names that need no call."""
    values, lasts = named_in("value"), _last_parts()
    for attribute in scope.attributes:
        if attribute.attr in lasts:
            name = scope.names.of(attribute)
            if name in values:
                yield values[name], Use(name, attribute.lineno, id(attribute) not in later)
    for node in scope.imports:
        if isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in values:
                    yield values[name], Use(name, node.lineno, True)


@cache
def _last_parts() -> frozenset[str]:
    return frozenset(each.rpartition(".")[2] for each in named_in("value"))


def _capability_of(function: ast.expr, scope: Scope, own: set[str]) -> str | None:
    """Return the capability of a call; names as ``requests.__version__.split`` show none."""
    name, root = scope.names.of(function), _root(function)
    if name is None or ".__" in name:
        return None
    # An absolute import of the same name may be the fallback, and counts.
    if isinstance(root, ast.Name) and root.id in own and root.id not in scope.names.aliases:
        return None
    name = name.rpartition("._vendor.")[2]  # pip._vendor.requests is a copy of requests
    found = capability_of(name)
    is_helper = found == "NETWORK" and not _HELPERS.isdisjoint(name.split(".")[1:2])
    return None if is_helper else found


def _does(name: str, call: ast.Call) -> bool:
    """Return whether the arguments of a call let it do what its name says."""
    if name in FUNCTIONS_OF_CODE and constant_of(call) is not None:
        return False
    if name == "types.FunctionType":
        # A copy of a function runs code that the source shows.
        return not (call.args and getattr(call.args[0], "attr", "") == "__code__")
    if name in _LOADERS:
        return bool(call.args) and constant_of(call) is None
    if name == "compile":
        return len(call.args) + len(call.keywords) > 2  # the builtin function needs three arguments
    if name in _OF_YAML:
        given = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "Loader")]
        return not any("Safe" in getattr(each, "attr", getattr(each, "id", "")) for each in given)
    if name in _CHECKED:
        keyword, value = _CHECKED[name]
        is_given = any(
            each.arg == keyword and isinstance(each.value, ast.Constant) and each.value.value is True
            for each in call.keywords
        )
        return is_given is value
    return True
