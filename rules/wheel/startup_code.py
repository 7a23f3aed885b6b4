"""The effect of a piece of Python code, as far as it can be determined without running the code.

Names are followed through imports and through ``getattr`` with a constant; literal arguments of ``exec`` are
parsed too. Code whose effect is unknown counts as dangerous, because code at a start of Python has no reason
to hide its effect.
"""

from __future__ import annotations

import ast
import re
from collections import ChainMap
from collections.abc import Iterable, MutableMapping
from dataclasses import field
from functools import cache

from pkgaudit.api import ArchiveKind, Member, PythonFile, Words
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.call_names import (
    Names,
    absolute_source,
    aliases_of,
    constant_of,
    holds_on_import,
)
from pkgaudit.rules._shared.calls import FUNCTIONS_OF_CODE, is_decoder, kind_of
from pkgaudit.rules._shared.nodes import children

_DEEPEST = 6
"""The depth to which nested ``exec`` texts are read; deeper ones count as hidden code."""

_SMALL = 4_000
"""The most bytes of a module whose calls are read although it has no sign of a danger. Chosen: a module for
the start of Python is small, and to read the calls of all modules would take long."""

_MOST_CALLS = 50
"""The most own functions that are kept for a function; chosen: real ones call a few."""

_STEPS = 5
"""The steps for a text that ``exec`` runs: to parse and read a short one takes fifty microseconds."""

_WHOLE = b"""
    urlopen urlretrieve HTTPConnection HTTPSConnection socket create_connection requests httpx urllib3 aiohttp
    websocket websockets paramiko ftplib smtplib telnetlib xmlrpc boto3 pycurl httplib2 niquests curl_cffi
    subprocess popen Popen system startfile forkpty fork a85decode unhexlify decompress fromhex decodebytes
    codecs pickle marshal dill cloudpickle joblib ctypes cffi exec eval execfile run_path CodeType
    FunctionType spec_from_file_location zipimporter pynput pyautogui ImageGrab
"""
_STARTS = b"execv execl spawn posix_spawn a2b_"
_ENDS = b"b16decode b32decode b64decode b85decode"
_SIGNS = {
    **{word: rb"%s(?<!\w%s)(?!\w)" % (word, word) for word in _WHOLE.split()},
    **{word: rb"%s(?<!\w%s)" % (word, word) for word in _STARTS.split()},
    **{word: rb"%s(?!\w)" % word for word in _ENDS.split()},
}
"""A module with a dangerous call contains one of these names, because hiding such a name needs one too.

Each word has the expression for it as a name, as the start of a name, or as the end of a name. The word comes
first in the expression, because `re` then searches for it ten times as fast.
"""

_WORDS = Words(*_SIGNS)
_MAY_BE = re.compile(b"|".join(_SIGNS.values()))


@cache
def _sign(word: bytes) -> re.Pattern[bytes]:
    return re.compile(_SIGNS[word])


_NAME = re.compile(rb"[\w\x80-\xff]+")


@dataclass(frozen=True)
class Danger:
    """A call that is dangerous at a start of Python: its kind, its name, its line."""

    kind: str
    name: str
    line: int


ON_IMPORT = ""
"""The key of `StartCode.calls` for the code that an import of the module runs."""


@dataclass(frozen=True)
class StartCode:
    """The first danger of a module on its import, and in each of its functions.

    ``calls`` are the full names of the package's own functions that the import and each function call, and
    of the modules that a function imports. ``names`` are the full names behind the names that the module
    imports from its own package.
    """

    imported: Danger | None
    functions: dict[str, Danger]
    calls: dict[str, tuple[str, ...]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Code:
    """The effect of a piece of code: its first danger, the imported modules, the names that it uses."""

    danger: Danger | None = None
    modules: dict[str, None] = field(default_factory=dict)
    uses: dict[str, None] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    error: str | None = None

    def found(self, kind: str, name: str, line: int) -> None:
        """Note a danger; the first one stays."""
        if self.danger is None:
            self.danger = Danger(kind, name, line)


def read_code(source: str, member: Member) -> Code:
    """Return the effect of a line of a ``.pth``, function bodies included."""
    code = Code()
    tree = _parse(source, member)
    if isinstance(tree, str):
        code.error = tree
        return code
    aliases = aliases_of(tree.body, everything=True)
    _Reader(code, aliases, member, everything=True, is_line=True).read(tree.body)
    return code


def _parse(source: str, member: Member) -> ast.Module | str:
    """Return the tree of a source, or why it has none."""
    try:
        return member.parse(source)
    except SyntaxError as error:
        return error.msg
    except ValueError as error:
        return str(error)


def summarize(file: PythonFile) -> StartCode | None:
    """Return the dangers of a module and its calls of own functions, None without them or without a tree."""
    member = file.member
    if member.archive is not ArchiveKind.WHEEL or member.is_nested or member.suffix == ".pyi":
        return None
    signs = [sign for sign in map(_sign, file.window.found(_WORDS)) if sign.search(file.data)]
    module, package = _module_of(member.path)
    if not signs and (len(file.data) > _SMALL or not _may_import(file.data, module)):
        return None
    if file.tree is None:
        return None
    aliases = aliases_of(file.tree.body, package=package)
    top = f"{module.partition('.')[0]}."
    own = {name: full for name, full in aliases.items() if f"{full}.".startswith(top)}
    code = Code()
    _Reader(code, aliases, member, package=package).read(file.tree.body)
    functions = {}
    calls = {ON_IMPORT: _own_calls(code, module, top, set(code.functions))}
    lines = file.data.split(b"\n") if code.functions else []
    hidden = {name.encode() for name, full in aliases.items() if _MAY_BE.search(full.encode())}
    wanted = {name.encode() for name in (*own, *code.functions)}
    for name, function in code.functions.items():
        # Few functions are dangerous, and searching their text is faster than walking their tree.
        text = b"\n".join(lines[function.lineno - 1 : function.end_lineno])
        words = set(_NAME.findall(text)) - {name.encode()}
        has_signs = any(sign.search(text) for sign in signs) or not hidden.isdisjoint(words)
        if not has_signs and wanted.isdisjoint(words) and b"import" not in words:
            continue
        inner = Code()
        known = ChainMap(aliases_of(function.body, everything=True, package=package), aliases)
        _Reader(inner, known, member, everything=True, package=package).read(function.body)
        if inner.danger is not None:
            functions[name] = inner.danger
        calls[name] = _own_calls(inner, module, top, set(code.functions), with_modules=True)
    calls = {name: each for name, each in calls.items() if each}
    imported = code.danger or next((functions[name] for name in code.uses if name in functions), None)
    if not (imported or functions or calls or own):
        return None
    return StartCode(imported, functions, calls, own)


def _may_import(data: bytes, module: str) -> bool:
    """Return whether a module may import others of its own package."""
    return b"from ." in data or module.partition(".")[0].encode() in data


def _module_of(path: str) -> tuple[str, str]:
    """Return the dotted names of a module of a wheel and of its package, by the path of the module."""
    parts = path.rpartition(".")[0].split("/")
    if len(parts) > 2 and parts[0].endswith(".data"):
        del parts[:2]
    package = ".".join(parts[:-1])
    return (package if parts[-1] == "__init__" else ".".join(parts)), package


def _own_calls(
    code: Code, module: str, top: str, functions: set[str], with_modules: bool = False
) -> tuple[str, ...]:
    """Return the full names of own functions that code calls, and of the own modules that it imports."""
    found = [f"{module}.{name}" if name in functions else name for name in code.uses]
    if with_modules:
        found += code.modules
    return tuple(dict.fromkeys(each for each in found if each.startswith(top)))[:_MOST_CALLS]


_LOOKED_AT = frozenset(
    {
        *(ast.Import, ast.ImportFrom, ast.Call, ast.Name, ast.Attribute, ast.Subscript),
        *(ast.Assign, ast.NamedExpr),
    }
)
"""The nodes that may have an effect, or give a name another meaning."""


class _Reader:
    """Walks over statements without recursion."""

    def __init__(
        self,
        code: Code,
        aliases: MutableMapping[str, str],
        member: Member,
        depth: int = 0,
        everything: bool = False,
        is_line: bool = False,
        package: str = "",
    ) -> None:
        self.code = code
        self.package = package
        self.names = Names(aliases)
        self.member = member
        self.depth = depth
        self.everything = everything
        self.methods: set[int] = set()
        """The nodes of methods, which have no name of their own."""
        self.is_line = is_line
        """Whether it is a line of a ``.pth``, in which even a mention of a dangerous function counts."""

    def read(self, body: Iterable[ast.AST]) -> None:
        """Record the effect of statements when they run."""
        pending = list(body)[::-1]
        while pending:
            node = pending.pop()
            if self.code.danger is not None and not self.is_line:
                # The first danger of a module or a function is enough: only more functions are of interest.
                if self.everything:
                    return
                if not isinstance(node, ast.stmt):
                    continue
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and not self.everything:
                if not isinstance(node, ast.Lambda):
                    if id(node) not in self.methods:
                        self.code.functions[node.name] = node
                    pending += [*node.decorator_list[::-1], *(each for each in node.args.defaults if each)]
                continue
            if isinstance(node, ast.ClassDef):
                self.methods.update(map(id, node.body))
            if isinstance(node, ast.If) and holds_on_import(node.test) is False:
                pending += node.orelse[::-1]
                continue
            if node.__class__ in _LOOKED_AT:
                self._look(node)
            pending += reversed(children(node))

    def _look(self, node: ast.AST) -> None:
        code = self.code
        if isinstance(node, ast.Import):
            code.modules.update(dict.fromkeys(each.name for each in node.names))
        elif isinstance(node, ast.ImportFrom):
            source = absolute_source(node, self.package)
            if source:
                code.modules[source] = None
                names = [f"{source}.{each.name}" for each in node.names]
                code.modules.update(dict.fromkeys(names))
                if self.is_line:
                    code.uses.update(dict.fromkeys(names))
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, (ast.Assign, ast.NamedExpr)) and self.is_line:
            self._rename(node)
        elif (
            isinstance(node, ast.Name)
            and id(node) not in self.names.called
            and isinstance(node.ctx, ast.Load)
        ):
            if self.names.aliases.get(node.id, node.id) in FUNCTIONS_OF_CODE - {"compile"}:
                code.found("code", f"{node.id} under another name", node.lineno)
            elif self.is_line:
                self._mention(node)
        elif self.is_line and isinstance(node, (ast.Attribute, ast.Subscript)) and self._mention(node):
            return
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and node.slice.value in FUNCTIONS_OF_CODE
        ):
            code.found("code", str(node.slice.value), node.lineno)

    def _rename(self, node: ast.Assign | ast.NamedExpr) -> None:
        """Record an alias that an assignment creates for another name."""
        full = self.names.of(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if full is not None and isinstance(target, ast.Name):
                self.names.bind(target.id, full)

    def _mention(self, node: ast.expr) -> bool:
        """Note a function that is passed on and called elsewhere: ``map(os.system, …)``."""
        name = self.names.of(node)
        kind = kind_of(name) if name is not None and name not in FUNCTIONS_OF_CODE else None
        if name is not None and kind is not None and id(node) not in self.names.called:
            self.code.found(kind, name, node.lineno)
        return kind is not None

    def _call(self, node: ast.Call) -> None:
        name = self.names.of(node.func)
        self.names.called.add(id(node.func))
        if self.is_line and _is_computed(name or "", node):
            self.code.found("code", "a call by a computed name", node.lineno)
        if name is None:
            if isinstance(node.func, ast.Attribute) and node.func.attr == "decode" and _decodes(node):
                self.code.found("decoding", "decode", node.lineno)
            return
        self.code.uses[name] = None
        for each in node.keywords:
            # A thread or a process runs its target.
            if each.arg == "target" and (target := self.names.of(each.value)) is not None:
                self.code.uses[target] = None
        if name in FUNCTIONS_OF_CODE:
            self._text(name, node)
        elif name in ("__import__", "importlib.import_module", "importlib.__import__"):
            text = constant_of(node)
            if text is not None:
                self.code.modules[text] = None
            elif self.everything:
                # Modules may load plug-ins by computed names on import; code at a start has no reason to.
                self.code.found("code", name, node.lineno)
        elif name == "codecs.decode":
            if len(node.args) < 2 or _decodes(node, 1):
                self.code.found("decoding", name, node.lineno)
        elif (kind := kind_of(name)) is not None:
            self.code.found(kind, name, node.lineno)

    def _text(self, name: str, node: ast.Call) -> None:
        """Read the text that the call runs."""
        source = constant_of(node)
        if source is None:
            first = node.args[0] if node.args else None
            is_compiled = isinstance(first, ast.Call) and self.names.of(first.func) == "compile"
            if (not is_compiled and name != "compile") or (
                name == "compile" and self.everything
            ):  # the argument of compile is checked separately
                self.code.found("code", name, node.lineno)
            return
        if self.depth >= _DEEPEST or not self.member.spend(_STEPS):
            self.code.found("code", name, node.lineno)
            return
        tree = _parse(source, self.member)
        if isinstance(tree, str):
            if self.everything:
                self.code.found("code", f"{name} of text that is not Python", node.lineno)
            return
        inner = Code()
        names = ChainMap(aliases_of(tree.body, everything=True, package=self.package), self.names.aliases)
        reader = _Reader(
            inner, names, self.member, self.depth + 1, self.everything, self.is_line, self.package
        )
        reader.read(tree.body)
        self.code.modules.update(inner.modules)
        self.code.uses.update(inner.uses)
        if inner.danger is not None:
            self.code.found(inner.danger.kind, inner.danger.name, node.lineno)


def _is_computed(name: str, node: ast.Call) -> bool:
    """Return whether a call finds its function by a computed name, or by a detour."""
    if name == "getattr":
        return len(node.args) < 2 or not isinstance(node.args[1], ast.Constant)
    if isinstance(node.func, ast.Subscript) and not isinstance(node.func.slice, ast.Constant):
        return True
    last = node.func.attr if isinstance(node.func, ast.Attribute) else name
    return last in ("attrgetter", "methodcaller", "__subclasses__", "__getattribute__")


def _decodes(node: ast.Call, at: int = 0) -> bool:
    given = node.args[at] if len(node.args) > at else None
    return isinstance(given, ast.Constant) and is_decoder(given.value)
