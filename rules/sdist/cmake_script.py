"""Evaluate the constant parts of a CMakeLists.txt and of the scripts that it includes; nothing is run.

The reader follows the commands that always run, and loops over constant lists. It does not decide
conditions: a variable that is set in one is no longer known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.sdist.native_uses import LONGEST, MOST, MOST_USES, ROOT, Use, plain_path

_STEPS = 200_000
"""The most arguments that are read, in loops too: many times those of real scripts; bounds the time."""

_DEEPEST = 30
"""The most levels of loops and scripts: more than in real projects; bounds the recursion."""

_NAME = "CMakeLists.txt"

_TOKEN = lazy(
    r"#?\[(=*)\[(?s:.*?)(?:\]\1\]|\Z)|#[^\n]*"
    r"|(?P<text>\"(?:\\(?s:.)|[^\"\\])*(?:\"|\Z))|(?P<word>(?:\\.|\$\{[^}\n]{0,99}\}|[^\s()#\"\\])+)|(?P<mark>[()\n])"
)
"""Comments and bracket arguments, which name nothing; quoted and plain arguments; and marks."""

_OPEN = frozenset({"if", "foreach", "while", "function", "macro", "block"})
"""Commands that open a block, which does not always run."""

_TARGETS = frozenset(
    ["add_library", "add_executable", "pybind11_add_module", "python_add_library", "nanobind_add_module"]
)
"""Commands whose arguments after the name of a target are sources."""

_SOURCE = lazy(r"\.(?:c|cc|cpp|cxx|cu|f|f90|for|s|asm)\Z", re.IGNORECASE)
"""Suffixes of sources, by which they differ from options such as SHARED."""

_OTHER_KINDS = frozenset({"ALIAS", "IMPORTED", "INTERFACE", "FILE_SET"})
"""Kinds of targets without sources of their own, and lists with another base folder."""

_PARTS = frozenset({"COMPONENT", "CONFIGURATIONS", "EXCLUDE_FROM_ALL", "OPTIONAL"})
"""Options with which a build may not install the files, or go on without them."""

_VARIABLE = lazy(r"\$\{([^${}]{1,99})\}")


@dataclass(frozen=True)
class _Text:
    """An argument, and where it is written."""

    text: str
    script: str
    line: int
    is_quoted: bool = False


@dataclass(frozen=True)
class _Command:
    name: str
    arguments: tuple[_Text, ...]


_List = list[_Text | None]
"""The items of a variable; None stands for items that are not known."""


def cmake_uses(first: str, text_of: Callable[[str], str | None]) -> Iterator[Use]:
    """Yield the files that CMake always needs; ``text_of`` returns the script at a path."""
    reader = _Reader(first, text_of)
    reader.script(posixpath.join(first, _NAME), _Scope(first, first, {}))
    yield from reader.uses


@dataclass
class _Scope:
    """The folders of the script and of the project, and the variables."""

    folder: str
    project: str
    variables: dict[str, _List]
    is_installed: bool = True


class _Reader:
    def __init__(self, first: str, text_of: Callable[[str], str | None]) -> None:
        self.first = first
        self.text_of = text_of
        self.uses: list[Use] = []
        self.unknown: set[str] = set()
        self.steps = self.depth = 0
        self.at = ""

    def script(self, path: str, scope: _Scope) -> None:
        """Read a script, in the scope of the one that includes it or in a new one."""
        text = self.text_of(path) if self.depth < _DEEPEST else None
        if text is None:
            return
        outer, self.at = self.at, path
        self.run(list(_commands(text, path)), scope)
        self.at = outer

    def run(self, commands: list[_Command], scope: _Scope) -> bool:
        """Read commands; return whether the script always goes on after them."""
        self.depth += 1
        at, goes_on = 0, self.depth < _DEEPEST
        while at < len(commands) and goes_on:
            command = commands[at]
            self.steps += 1 + len(command.arguments)
            if self.steps > _STEPS:
                goes_on = False
            elif command.name in _OPEN:
                end = _end(commands, at)
                goes_on = self.block(command, commands[at + 1 : end], scope)
                at = end
            elif command.name == "return":
                goes_on = False
            else:
                self.command(command, scope)
            at += 1
        self.depth -= 1
        return goes_on

    def block(self, command: _Command, body: list[_Command], scope: _Scope) -> bool:
        """Read a block that may not run; return whether the script goes on."""
        names = {each.name for each in body}
        self.steps += len(body)
        if command.name in ("function", "macro"):
            for each in body:
                texts = [argument.text for argument in each.arguments]
                if command.name == "macro" or "PARENT_SCOPE" in texts:
                    self.unknown.update(texts[:2])
                    self.forget(texts, scope)
            return True
        items = self.items(command, scope) if command.name == "foreach" else None
        if items is not None and not names & {"break", "continue", "return"}:
            name = command.arguments[0].text
            for item in items:
                scope.variables[name] = [item]
                if not self.run(body, scope):
                    return False
            scope.variables.pop(name, None)
            return True
        if names & {"include", "cmake_language"}:
            scope.variables.clear()
        for each in body:
            self.forget([argument.text for argument in each.arguments], scope)
        return "return" not in names

    def items(self, command: _Command, scope: _Scope) -> _List | None:
        """Return the items of a loop, None if it is another kind of loop."""
        plain = [each.text for each in command.arguments[1:]]
        if not command.arguments or plain[:1] == ["RANGE"] or plain[:2] == ["IN", "ZIP_LISTS"]:
            return None
        if plain[:1] != ["IN"]:
            return self.values(command.arguments[1:], scope)
        found: _List = []
        in_lists = False
        for each in command.arguments[2:]:
            if each.text in ("LISTS", "ITEMS"):
                in_lists = each.text == "LISTS"
            elif in_lists:
                found += scope.variables.get(each.text, [None])
            else:
                found += self.values((each,), scope)
        return found

    def forget(self, names: list[str], scope: _Scope) -> None:
        for each in names:
            scope.variables.pop(each, None)

    def values(self, arguments: tuple[_Text, ...], scope: _Scope) -> _List:
        """Return the items of arguments after the expansion of variables."""
        found: _List = []
        for each in arguments:
            whole = _VARIABLE.fullmatch(each.text)
            name = whole[1] if whole and not each.is_quoted else ""
            if name in scope.variables:
                items = scope.variables[name]
            else:
                text = self.expanded(each.text, scope)
                items = [_Text(text, each.script, each.line)] if text is not None else [None]
            for item in items:
                if item is None or each.is_quoted or ";" not in item.text:
                    found.append(item)
                else:
                    found += [_Text(part, item.script, item.line) for part in item.text.split(";")]
            self.steps += len(found) // 10
            if len(found) > MOST:
                return [None]
        return found

    def expanded(self, text: str, scope: _Scope) -> str | None:
        """Return a text with the values of its variables, None if one of them is not known."""
        if len(text) > LONGEST:
            return None
        found = text
        for name in _VARIABLE.findall(text)[:10]:
            values = scope.variables.get(name, [])
            value = self.folder(name, scope)
            if value is None and len(values) == 1 and values[0] is not None:
                value = values[0].text
            if value is None:
                return None
            found = found.replace(f"${{{name}}}", value)
            if len(found) > LONGEST:
                return None
        return None if re.search(r"[$<>\\]", found) else found

    def folder(self, name: str, scope: _Scope) -> str | None:
        """Return the folder in a variable of CMake."""
        folders = {
            "CMAKE_CURRENT_SOURCE_DIR": scope.folder,
            "CMAKE_CURRENT_LIST_DIR": posixpath.dirname(self.at),
            "CMAKE_SOURCE_DIR": self.first,
            "PROJECT_SOURCE_DIR": scope.project,
        }
        return posixpath.join(ROOT, folders[name]).rstrip("/") if name in folders else None

    def command(self, command: _Command, scope: _Scope) -> None:
        name, arguments = command.name, command.arguments
        plain = [each.text for each in arguments]
        if name in ("set", "list"):
            self.assign(name, plain, arguments, scope)
        elif name == "project" and plain:
            scope.project = scope.folder
            here = posixpath.join(ROOT, scope.folder).rstrip("/")
            scope.variables[f"{plain[0]}_SOURCE_DIR"] = [_Text(here, self.at, arguments[0].line)]
        elif name == "add_subdirectory":
            is_installed = scope.is_installed and "EXCLUDE_FROM_ALL" not in plain
            self.subdirectory(self.values(arguments[:1], scope), scope, is_installed)
        elif name == "include":
            self.include(self.values(arguments[:1], scope), "OPTIONAL" in plain, scope)
        elif name == "configure_file":
            for each in self.values(arguments[:1], scope)[:1]:
                self.use(name, each, scope)
        elif name == "install":
            self.install(plain, arguments, scope)
        elif name == "file" and plain[:1] in (["READ"], ["STRINGS"]):
            for each in self.values(arguments[1:2], scope):
                self.use(name, each, scope)
            self.forget(plain[2:3], scope)
        elif name == "target_sources" or name in _TARGETS:
            if not _OTHER_KINDS.intersection(plain):
                for each in self.values(arguments[1:], scope):
                    if each is not None and _SOURCE.search(each.text):
                        self.use(name, each, scope)
        else:
            self.forget(plain, scope)  # it may set them

    def install(self, plain: list[str], arguments: tuple[_Text, ...], scope: _Scope) -> None:
        """Record the files that are copied into the wheel."""
        if plain[:1] not in (["FILES"], ["PROGRAMS"]) or _PARTS.intersection(plain) or not scope.is_installed:
            return
        end = next((at for at, each in enumerate(plain) if each in ("DESTINATION", "TYPE")), 1)
        for each in self.values(arguments[1:end], scope):
            self.use("install", each, scope)

    def assign(self, name: str, plain: list[str], arguments: tuple[_Text, ...], scope: _Scope) -> None:
        at = 0 if name == "set" else 1
        variable = plain[at] if len(plain) > at else ""
        known = scope.variables.pop(variable, None)
        if "$" in variable:
            scope.variables.clear()
        is_plain = not {"CACHE", "PARENT_SCOPE"}.intersection(plain) and variable not in self.unknown
        if not is_plain or len(scope.variables) > MOST or len(variable) > LONGEST:
            return
        if name == "set":
            found = self.values(arguments[1:], scope)
        elif plain[0] == "APPEND":
            found = [*(known or [None]), *self.values(arguments[2:], scope)]
        elif plain[0] == "TRANSFORM" and plain[2:3] == ["PREPEND"] and len(plain) == 4 and known:
            before = self.expanded(plain[3], scope)
            found = [
                _Text(f"{before}{each.text}", each.script, each.line)
                if each is not None and before is not None
                else None
                for each in known
            ]
        else:
            self.forget(plain, scope)
            return
        self.steps += len(found)
        if variable and len(found) <= MOST:
            scope.variables[variable] = found

    def subdirectory(self, values: _List, scope: _Scope, is_installed: bool) -> None:
        path = values[0].text if len(values) == 1 and values[0] is not None else ""
        folder = plain_path(scope.folder, path)
        if folder is None or not folder:
            return
        self.use("add_subdirectory", values[0], scope, _NAME)
        self.steps += len(scope.variables)
        script = posixpath.join(folder, _NAME)
        self.script(script, _Scope(folder, scope.project, dict(scope.variables), is_installed))

    def include(self, values: _List, is_optional: bool, scope: _Scope) -> None:
        named = values[0] if len(values) == 1 else None
        if named is None:
            scope.variables.clear()  # the script may set them
            return
        if named.text.endswith(".cmake"):
            paths = [plain_path(scope.folder, named.text)]
            if not is_optional:
                self.use("include", named, scope, may_be_folder=True)
        else:
            folders = scope.variables.get("CMAKE_MODULE_PATH", [])[:20]  # more than in real projects
            texts = [each.text for each in folders if each is not None]
            paths = [plain_path("", posixpath.join(each, f"{named.text}.cmake")) for each in texts]
        for path in paths:
            if path is not None and self.text_of(path) is not None:
                self.script(path, scope)
                return

    def use(
        self, command: str, named: _Text | None, scope: _Scope, inner: str = "", may_be_folder: bool = False
    ) -> None:
        if named is None or not named.text or len(self.uses) >= MOST_USES:
            return
        path = plain_path(scope.folder, posixpath.join(named.text, inner) if inner else named.text)
        if path is not None:
            text = named.text.removeprefix(f"{ROOT}/")
            self.uses.append(
                Use(command, text, path, named.script, named.line, may_be_folder, is_certain=False)
            )


def _commands(text: str, script: str) -> Iterator[_Command]:
    """Yield the commands of a script with their arguments."""
    line, depth, word = 1, 0, ""
    arguments: list[_Text] = []
    for match in _TOKEN.finditer(text):
        kind, said = match.lastgroup, match[0]
        if said == "(":
            depth += 1
            arguments = [] if depth == 1 else arguments
        elif said == ")":
            depth -= 1
            if depth == 0:
                yield _Command(word.lower(), tuple(arguments))
        elif kind == "word" and not depth:
            word = said
        elif kind in ("word", "text"):
            arguments.append(_Text(said.strip('"'), script, line, kind == "text"))
        line += said.count("\n")


def _end(commands: list[_Command], start: int) -> int:
    """Return the place of the command that ends the block of another one."""
    level = 0
    for at in range(start, len(commands)):
        name = commands[at].name
        level += 1 if name in _OPEN else -1 if name[:3] == "end" and name[3:] in _OPEN else 0
        if level == 0:
            return at
    return len(commands)
