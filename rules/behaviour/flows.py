"""What a module does, in calls that belong together: the behaviors that the rules report."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain, islice

from pkgaudit.api import PythonFile
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.nodes import children
from pkgaudit.rules.behaviour.calls import (
    ENCODED_COMMAND,
    PIPED_TO_SHELL,
    RUNS_DECODED,
    Effects,
    Named,
    command_of,
    decodes,
    effects_of,
    opens_network,
    text_of_command,
)
from pkgaudit.rules.behaviour.scopes import Scope, at_import, inside, parts_of, reached, read_scopes
from pkgaudit.rules.behaviour.signs import ENVIRONMENT, HOST, PLACES, builds, may_matter, names_hosts

_STEPS_OF_SCOPE = 10
"""The steps to look at a scope with calls that matter."""

_STEPS_OF_CALL = 30
"""The steps to look at the arguments of a call."""

_STEPS_OF_PLACES = 200
"""The steps to look for places of credentials in a scope."""

_MOST_PARTS = 2_000
"""The most nodes of a scope in which such places are looked for."""

_MOST_DECODERS = 3
"""The most decoders in one command that are looked at; honest and hostile commands have one or two."""

_MOST = 20
"""The most behaviors of one module, and calls that are compared with the sockets of a scope."""


@dataclass(frozen=True)
class Flow:
    """A behavior: its kind, the line, the call, what belongs to the call, and whether an import runs it."""

    kind: str
    line: int
    call: str
    source: str = ""
    at_import: bool = False


@dataclass(frozen=True)
class Behavior:
    """The behaviors of a module that rules report."""

    flows: tuple[Flow, ...]

    def of(self, *kinds: str) -> list[Flow]:
        """Return the behaviors of some kinds."""
        return [each for each in self.flows if each.kind in kinds]


def read_behavior(file: PythonFile) -> Behavior | None:
    """Return the behaviors of a module, None if it has none or cannot be read."""
    if file.member.suffix == ".pyi" or not may_matter(file) or file.tree is None:
        return None
    flows: list[Flow] = []
    for flow in _flows(file, file.tree):
        if flow not in flows:
            flows.append(flow)
        if len(flows) == _MOST:
            break
    return Behavior(tuple(flows)) if flows else None


def _flows(file: PythonFile, tree: ast.Module) -> Iterator[Flow]:
    scopes = read_scopes(tree)
    imported = at_import(scopes, file.member.name == "setup.py")
    building = imported | _building(scopes) if builds(file) else set()
    has_environment = file.window.has(ENVIRONMENT)
    names_places = len(file.window.found(PLACES)) > 1
    spend = file.member.spend
    for scope in scopes:
        effects = effects_of(scope)
        runs = id(scope) in imported
        if not (effects.running or effects.starting or effects.network):
            continue
        if not spend(_STEPS_OF_SCOPE):
            return
        for call, name in effects.running:
            if not spend(_STEPS_OF_CALL):
                return
            found = _hidden(scope, call.args[:1], of_code=True)
            if found is not None:
                yield Flow(found[0], call.lineno, name, found[1], runs)
        for call, name in effects.starting:
            if not spend(2 * _STEPS_OF_CALL):  # the calls in the command, and its texts
                return
            yield from _started(scope, call, name, runs)
        downloads = effects.downloads
        if downloads is not None and effects.starting:
            call, name = effects.starting[0]
            yield Flow("download", call.lineno, name, downloads[1], runs)
        shell = _shell(scope, effects)
        if shell is not None:
            yield Flow("shell", shell[0].lineno, shell[1], "socket", runs)
        if effects.network and has_environment:
            yield from _environment(scope, effects, runs)
        if effects.network and names_places:
            if not spend(_STEPS_OF_PLACES):
                return
            yield from _credentials(scope, effects, runs)
        if id(scope) in building:
            yield from _built(scope, effects)
    if names_hosts(file):
        yield from _hosts(tree)


def _hidden(scope: Scope, values: list[ast.expr], of_code: bool = False) -> tuple[str, str] | None:
    """Return the function that decodes a value, or reads it from the network, with the kind of behavior.

    Without ``of_code``, only decoded constants count: processes get encoded commands from each other.
    """
    tried = 0
    for value in values:
        for node, place in parts_of(scope, value):
            found = decodes(node, place.names)
            if found is not None:
                tried += 1
                if of_code or (tried <= _MOST_DECODERS and _has_constant(node, place)):
                    return "decoded", found
            found = opens_network(node, place.names) if of_code else None
            if found is not None:
                return "remote", found
    return None


def _has_constant(value: ast.AST, scope: Scope) -> bool:
    """Return whether a value, or that of a name in it, contains a constant text."""
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        for node, _ in parts_of(scope, value)
    )


def _started(scope: Scope, call: ast.Call, name: str, runs: bool) -> Iterator[Flow]:
    found = _hidden(scope, command_of(call, name))
    text = text_of_command(scope, call, name)
    if found is not None:
        yield Flow("decoded", call.lineno, name, found[1], runs)
    elif RUNS_DECODED.search(text):
        yield Flow("command", call.lineno, name, "Python that runs decoded text", runs)
    elif ENCODED_COMMAND.search(text):
        yield Flow("command", call.lineno, name, "an encoded PowerShell command", runs)
    if PIPED_TO_SHELL.search(text):
        yield Flow("script", call.lineno, name, "curl" if "curl" in text else "wget", runs)


def _shell(scope: Scope, effects: Effects) -> Named | None:
    """Return the call that connects a shell with a socket."""
    if not effects.starting or not any(_is_socket(name) for _, name in effects.network):
        return None
    for call, _ in effects.duplicates[:_MOST]:
        if call.args and _is_file_of_socket(scope, call.args[0]):
            return effects.starting[0]
    for call, name in effects.starting[:_MOST]:
        given = [each.value for each in call.keywords if each.arg in ("stdin", "stdout")]
        if any(_is_file_of_socket(scope, each) for each in given):
            return call, name
    return None


def _is_socket(name: str) -> bool:
    return name in ("socket.socket", "socket.create_connection")


def _is_file_of_socket(scope: Scope, value: ast.expr) -> bool:
    """Return whether a value is the file descriptor of a socket that the scope made."""
    has_number = has_socket = False
    for node, place in parts_of(scope, value):
        if isinstance(node, ast.Call):
            has_number = has_number or (isinstance(node.func, ast.Attribute) and node.func.attr == "fileno")
            has_socket = has_socket or _is_socket(place.names.of(node.func) or "")
    return has_number and has_socket


_WHOLE = frozenset({"dict", "str", "repr", "list", "json.dumps", "pickle.dumps", "pprint.pformat"})
"""Functions that make a value of a whole mapping."""

_VIEWS = frozenset({"items", "copy", "values"})
"""Methods of a mapping that return all of its values."""

_SENDS = lazy(r"(?:.*\.)?(?:post|put|send|sendall|sendto|sendmail|storbinary|upload_file|put_object)")
"""Names of functions that send data: of HTTP clients, sockets, mail, FTP and S3."""

_OPENS = frozenset({"read_text", "read_bytes", "read", "open"})
"""The last parts of the names of functions that read a file."""


def _environment(scope: Scope, effects: Effects, runs: bool) -> Iterator[Flow]:
    """Yield the use of the complete environment; a process that is started may need it."""
    line = None if effects.starting or effects.forks else _whole_environment(scope)
    if line is not None:
        yield Flow("environment", line, effects.network[0][1], "os.environ", runs)


def _credentials(scope: Scope, effects: Effects, runs: bool) -> Iterator[Flow]:
    """Yield the call that sends data, in a function that reads the credentials of several programs."""
    sending = next((each for each in effects.network if _sends(each)), None)
    if sending is None or not _reads_files(scope):
        return
    places = _places(scope)
    if len(places) > 1:
        yield Flow("credentials", sending[0].lineno, sending[1], ", ".join(places[:3]), runs)


def _whole_environment(scope: Scope) -> int | None:
    """Return the line in which a scope uses the environment as a whole."""
    names = scope.names

    def is_environment(node: ast.AST | None) -> bool:
        return isinstance(node, (ast.Name, ast.Attribute)) and names.of(node) == "os.environ"

    for node in inside(scope):
        if isinstance(node, ast.Call):
            function = node.func
            is_view = isinstance(function, ast.Attribute) and function.attr in _VIEWS
            if is_view and is_environment(function.value):  # type: ignore[attr-defined]  # an Attribute
                return node.lineno
            given = node.args[0] if node.args else None
            if is_environment(given) and names.of(function) in _WHOLE:
                return node.lineno
        elif isinstance(node, ast.FormattedValue):
            if is_environment(node.value):
                return node.lineno
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None and is_environment(value):
                    return node.lineno
    return None


def _sends(named: Named) -> bool:
    call, name = named
    if _SENDS.fullmatch(name):
        return True
    given = {each.arg for each in call.keywords}
    return not given.isdisjoint({"data", "json", "body", "files"}) or (
        name.endswith("urlopen") and len(call.args) > 1
    )


def _reads_files(scope: Scope) -> bool:
    for call in scope.calls:
        function = call.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if last in _OPENS:
            return True
    return False


def _places(scope: Scope) -> list[str]:
    """Return the files with credentials that a scope names, itself or by a constant of the module."""
    words = [each.decode() for each in PLACES]
    found: dict[str, None] = {}
    parts = chain.from_iterable(parts_of(scope, statement) for statement in scope.body)
    for node, _ in islice(parts, _MOST_PARTS):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(dict.fromkeys(each for each in words if each in node.value))
    return list(found)


def _hosts(tree: ast.Module) -> Iterator[Flow]:
    """Yield each host of a webhook or a tunnel in a text that is not a docstring."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = HOST.search(node.value)
            if match is not None:
                yield Flow("host", node.lineno, re.split(r"[/:]", match[0].removeprefix("stratum+tcp://"))[0])
        pending += reversed(children(node))


_HOOKS = frozenset({"run", "initialize", "finalize"})
"""Methods that a build calls: of a command of setuptools, and of a build hook of Hatch."""


def _building(scopes: list[Scope]) -> set[int]:
    hooks = [each for each in scopes if each.name in _HOOKS and each.parent and each.parent.is_class]
    return reached(scopes, hooks)


def _built(scope: Scope, effects: Effects) -> Iterator[Flow]:
    """Yield the first use of the network in a scope that a build runs."""
    if effects.network:
        call, name = effects.network[0]
        yield Flow("build", call.lineno, name)
    for call, name in effects.starting:
        if re.match(r"(?:/usr/bin/)?(?:curl|wget)\b", text_of_command(scope, call, name)):
            yield Flow("build", call.lineno, f"{name}")
