"""The calls of a scope that matter to the rules, by their effect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.call_names import Names
from pkgaudit.rules._shared.calls import is_decoder, kind_of
from pkgaudit.rules.behaviour.scopes import Scope, parts_of, read_scopes

_RUNNING = frozenset({"exec", "eval", "execfile"})
"""Builtin functions that run a text; the last one is of Python 2."""

_NO_PROGRAM = frozenset({"os.fork", "os.forkpty", "pty.fork", "multiprocessing.Process"})
"""Functions that start a process with the same program."""

_OPENERS = frozenset({"open", "io.open", "codecs.open"})
"""Functions whose second argument is the mode."""

_WRITES = lazy(r"[rwaxbtU+]*[wax+][rwaxbtU+]*")
"""The modes of `open` that write."""

_DOWNLOADS = frozenset({"urlretrieve", "wget.download"})
_READS = frozenset({"get", "urlopen", "request", "stream"})
"""The last parts of the names of functions that read an address."""

Named = tuple[ast.Call, str]
"""A call with the name of its function."""


@dataclass
class Effects:
    """The calls of a scope by their effect."""

    running: list[Named] = field(default_factory=list)
    starting: list[Named] = field(default_factory=list)
    network: list[Named] = field(default_factory=list)
    writing: list[Named] = field(default_factory=list)
    forks: bool = False
    duplicates: list[Named] = field(default_factory=list)

    @property
    def downloads(self) -> Named | None:
        """The call that saves a file from the network, None if there is none."""
        reads = None
        for call, name in self.network:
            last = name.rpartition(".")[2]
            if last in _DOWNLOADS or name in _DOWNLOADS:
                return call, name
            if last in _READS:
                reads = reads or (call, name)
        return reads if self.writing else None


def effects_of(scope: Scope) -> Effects:
    """Return the calls of a scope by their effect."""
    found = Effects()
    names = scope.names
    for call in scope.calls:
        function = call.func
        name = names.of(function)
        if name is None:
            name = f"….{function.attr}" if isinstance(function, ast.Attribute) else ""
        if name in _RUNNING:
            found.running.append((call, name))
        elif name == "os.dup2":
            found.duplicates.append((call, name))
        elif _writes(name, call):
            found.writing.append((call, name))
        else:
            kind = kind_of(name)
            if kind == "network":
                found.network.append((call, name))
            elif kind == "process" and name in _NO_PROGRAM:
                found.forks = True
            elif kind == "process":
                found.starting.append((call, name))
    return found


def _writes(name: str, call: ast.Call) -> bool:
    """Return whether a call writes bytes to a file."""
    if name in ("os.write", "os.memfd_create") or name.endswith(".write_bytes"):
        return True
    return any("b" in mode for mode in writing_modes(name, call))


def writing_modes(name: str, call: ast.Call) -> Iterator[str]:
    """Yield the modes with which a call of a function of a name opens a file for writing."""
    if name != "open" and not name.endswith(".open"):
        return
    # The first argument of a method may be the mode, as that of Path.open.
    first = 1 if name in _OPENERS else 0
    given = [*call.args[first:2], *(each.value for each in call.keywords if each.arg == "mode")]
    texts = (each.value for each in given if isinstance(each, ast.Constant))
    yield from (each for each in texts if isinstance(each, str) and _WRITES.fullmatch(each))


def kinds_in(tree: ast.Module) -> frozenset[str]:
    """Return which of three kinds of calls a module has: network, process, decoding.

    Hijacked releases had them, and no difference in formatting adds one. The capabilities of a module are
    more, because they also count calls that good releases often add.
    """
    found = set()
    for scope in read_scopes(tree):
        effects = effects_of(scope)
        if effects.network:
            found.add("network")
        if effects.starting:
            found.add("process")
        if any(decodes(call, scope.names) for call in scope.calls):
            found.add("decoding")
    return frozenset(found)


def decodes(node: ast.AST, names: Names) -> str | None:
    """Return the name of the function if a node is a call that decodes, None if it is not."""
    if not isinstance(node, ast.Call):
        return None
    name = names.of(node.func) or ""
    if name == "codecs.decode":
        return name if _has_decoder(node, 1) else None
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if method == "decode" and name != "base64.decode":
        # A method of what another call returned, which has its own turn.
        return "decode" if _has_decoder(node, 0) else None
    if name == "marshal.loads" or kind_of(name) == "decoding":
        return name
    if method == "decrypt":
        return name or method
    return "chr" if method == "join" and node.args and _is_of_characters(node.args[0], names) else None


def _has_decoder(call: ast.Call, at: int) -> bool:
    given = [*call.args[at : at + 1], *(each.value for each in call.keywords if each.arg == "encoding")]
    return any(isinstance(each, ast.Constant) and is_decoder(each.value) for each in given)


def _is_of_characters(value: ast.expr, names: Names) -> bool:
    """Return whether an iterable consists of characters that are made from numbers."""
    if isinstance(value, (ast.GeneratorExp, ast.ListComp)):
        return isinstance(value.elt, ast.Call) and names.of(value.elt.func) == "chr"
    if not isinstance(value, ast.Call) or not value.args:
        return False
    return names.of(value.func) == "map" and names.of(value.args[0]) == "chr"


def opens_network(node: ast.AST, names: Names) -> str | None:
    """Return the name of the function if a node is a call that opens the network, None if it is not."""
    name = names.of(node.func) if isinstance(node, ast.Call) else None
    return name if name is not None and kind_of(name) == "network" else None


def command_of(call: ast.Call, name: str) -> list[ast.expr]:
    """Return the arguments of a call that name the program and its arguments."""
    given = call.args[:1] if name.startswith("subprocess.") else call.args
    named = [each.value for each in call.keywords if each.arg in ("args", "cmd", "command")]
    return [*given, *named][:_MOST_ARGUMENTS]


_MOST_ARGUMENTS = 20
"""The most arguments of a call that are looked at; longer commands are lists."""

_LONGEST = 10_000
"""The most characters of a command that are searched."""


def text_of_command(scope: Scope, call: ast.Call, name: str) -> str:
    """Return the constant texts of a command, joined by blanks."""
    return " ".join(_texts(scope, command_of(call, name)))[:_LONGEST]


def _texts(scope: Scope, values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        for node, _ in parts_of(scope, value):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


RUNS_DECODED = lazy(
    r"\b(?:exec|eval)\s*\([^\n]{0,200}?(?:b(?:16|32|64|85)decode|decompress|fromhex|unhexlify|a2b_\w+|marshal\.loads)"
)
"""Python that runs what it decodes, in a text."""

ENCODED_COMMAND = lazy(
    r"(?i)\b(?:powershell|pwsh)(?:\.exe)?\b.{0,300}?\s[-/]e(?:c|n|nc|nco|ncod|ncode|ncoded\w*)?\s+[\"']?[A-Za-z0-9+/=]{20,}"
)
"""A command that PowerShell decodes."""

PIPED_TO_SHELL = lazy(
    r"\b(?:curl|wget)\b[^|;&\n]{0,300}https?:[^|;&\n]{0,300}\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:[bdkz]a?)?sh\b"
)
"""A command that runs a script from the network."""
