"""Evaluate the constant parts of a meson.build and of the scripts in its folders; nothing is run.

The reader follows the statements that always run, and loops over constant lists. It does not decide
conditions: a variable that is set in one is no longer known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import suppress

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.sdist.native_uses import LONGEST, MOST, MOST_USES, ROOT, Use, plain_path

_STEPS = 200_000
"""The most tokens that are read, in loops too: many times those of real scripts; bounds the time."""

_DEEPEST = 40
"""The most levels of blocks, expressions and folders: more than in real scripts; bounds the recursion."""

_TOKEN = lazy(
    r"[ \t\r]+|\\\r?\n|#[^\n]*|(?P<long>f?'''(?s:.*?)(?:'''|\Z))|(?P<text>f?'(?:\\.|[^'\\\n])*'?)"
    r"|(?P<number>\d\w*)|(?P<word>\w+)|(?P<mark>==|!=|<=|>=|\+=|.|\n)"
)
"""Space and comments; texts; numbers; words; and marks.

A text without an end reaches to the end, so nothing is searched twice.
"""

_TARGETS = frozenset(
    {
        "both_libraries",
        "build_target",
        "executable",
        "extension_module",
        "jar",
        "library",
        "shared_library",
        "shared_module",
        "static_library",
    }
)
"""Functions whose texts after the first, which is a name, are sources beside the script."""

_INCLUDES = "include_directories"
"""The function whose texts are folders, and the keyword of targets with the same effect."""

_FILES = frozenset({"files", "install_data", "install_headers", "install_man", "install_sources", "process"})
"""Functions and methods whose texts are files in the folder of the script."""

_INPUTS = frozenset({"configure_file", "custom_target", "vcs_tag"})
"""Functions whose keyword ``input`` has files in the folder of the script."""

_PROGRAM = lazy(r"/|\.(?:py|sh)\Z")
"""Names of programs that are files of the project."""

_BINARY = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
"""The operators between two values, those that bind least first."""


class _StopError(Exception):
    """The script has a construct that the reader does not know, or is too long."""


@dataclass(frozen=True)
class _Text:
    """A text, and where it is written."""

    text: str
    script: str
    line: int


@dataclass(frozen=True)
class _Module:
    name: str


_Value = object
"""A ``_Text``, ``_Module``, bool, int, list or dict of values; None if it is not known."""


@dataclass
class _Token:
    kind: str
    said: str
    line: int


def meson_uses(text_of: Callable[[str], str | None]) -> Iterator[Use]:
    """Yield the files that meson always needs; ``text_of`` returns the meson.build of a folder."""
    reader = _Reader(text_of)
    with suppress(_StopError):  # the uses before it are known
        reader.run("")
    yield from reader.uses


def _tokens(text: str) -> list[_Token]:
    found, line, depth = [], 1, 0
    for match in _TOKEN.finditer(text):
        kind, said = match.lastgroup, match[0]
        depth += (said in ("(", "[", "{")) - (said in (")", "]", "}")) if kind == "mark" else 0
        if kind and not (said == "\n" and depth > 0):
            found.append(_Token(kind, said, line))
        line += said.count("\n")
    return [*found, _Token("mark", "\n", line), _Token("end", "", line)]


def _flat(value: _Value) -> Iterator[_Text]:
    """Yield the texts in a value, which may be a list in a list."""
    pending, steps = [value], 0
    while pending and steps < MOST:
        steps += 1
        each = pending.pop()
        if isinstance(each, _Text):
            yield each
        elif isinstance(each, list):
            pending += reversed(each)


class _Reader:
    """Reads the tokens of one script after the other; ``env`` has the values of variables.

    ``live`` is false in statements that may not run: after ``subdir_done`` (``has_ended``) to the end of the
    script, after a disabler, which hides targets, to the end of all scripts (``is_over``). ``has_left`` is
    true if a loop may be left early.
    """

    def __init__(self, text_of: Callable[[str], str | None]) -> None:
        self.text_of = text_of
        self.uses: list[Use] = []
        self.env: dict[str, _Value] = {}
        self.steps = self.depth = self.at = 0
        self.live = True
        self.has_left = self.has_ended = self.is_over = False
        self.is_made = False
        self.folder = ""
        self.subprojects = "subprojects"
        self.seen: set[str] = set()
        self.tokens: list[_Token] = []

    def run(self, folder: str) -> None:
        """Read the script in a folder."""
        text = self.text_of(folder) if folder not in self.seen and self.depth < _DEEPEST else None
        if text is None:
            self.env.clear()  # the script may set them
            return
        self.seen.add(folder)
        outer = self.tokens, self.at, self.folder
        self.tokens, self.at, self.folder = _tokens(text), 0, folder
        self.depth += 1
        self.block(frozenset())
        self.depth -= 1
        self.tokens, self.at, self.folder = outer
        self.live = not self.is_over  # subdir_done only ends the script in the folder

    def peek(self) -> str:
        return self.tokens[self.at].said

    def next(self) -> _Token:
        self.steps += 1
        token = self.tokens[self.at]
        if self.steps > _STEPS or token.kind == "end":
            raise _StopError
        self.at += 1
        return token

    def skip(self, said: str) -> bool:
        if self.peek() == said:
            self.next()
            return True
        return False

    def need(self, said: str) -> None:
        if not self.skip(said):
            raise _StopError

    def block(self, ends: frozenset[str]) -> None:
        """Read statements up to a word that ends the block, or to the end of the script."""
        while self.tokens[self.at].kind != "end":
            if self.peek() in ends:
                return
            if not self.skip("\n"):
                self.statement()
        if ends:
            raise _StopError

    def statement(self) -> None:
        said = self.peek()
        if said == "if":
            self.condition()
        elif said == "foreach":
            self.loop()
        elif said in ("break", "continue"):
            self.next()
            self.has_left = True
        elif self.tokens[self.at].kind == "word" and self.tokens[self.at + 1].said in ("=", "+="):
            name, operator = self.next().said, self.next().said
            value = self.expression()
            if operator == "+=":
                value = self.added(self.env.get(name), value)
            self.env.pop(name, None)
            if self.live and value is not None and len(self.env) < MOST:
                self.env[name] = value
        else:
            self.expression()
        self.need("\n")

    def condition(self) -> None:
        while (said := self.next().said) != "endif":
            if said in ("if", "elif"):
                self.expression()
            self.hidden(lambda: self.block(frozenset({"elif", "else", "endif"})))

    def hidden(self, read: Callable[[], object]) -> None:
        """Read what may not run."""
        if self.depth > _DEEPEST:
            raise _StopError
        outer, self.live = self.live, False
        self.depth += 1
        read()
        self.depth -= 1
        self.live = outer and not (self.has_ended or self.is_over)

    def loop(self) -> None:
        self.next()
        names = [self.next().said]
        if self.skip(","):
            names.append(self.next().said)
        self.need(":")
        value = self.expression()
        start, known = self.at, dict(self.env)
        self.steps += len(known) // 10
        outer, self.has_left = self.has_left, False
        self.hidden(lambda: self.block(frozenset({"endforeach"})))
        items = _items(value, len(names))
        has_left, self.has_left = self.has_left, outer
        if items is not None and self.live and not has_left:
            self.env = known
            for item in items:
                self.at = start
                self.env.update(zip(names, item, strict=True))
                self.block(frozenset({"endforeach"}))
        for name in names:
            self.env.pop(name, None)
        self.need("endforeach")

    def expression(self) -> _Value:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _StopError
        value = self.operation(0)
        if self.skip("?"):
            self.hidden(self.expression)
            self.need(":")
            self.hidden(self.expression)
            value = None
        self.depth -= 1
        return value

    def operation(self, level: int) -> _Value:
        """Read an operation whose operator binds as strongly as those of a level, or more."""
        if level == len(_BINARY):
            return self.unary()
        value = self.operation(level + 1)
        while (said := self.peek()) in _BINARY[level]:
            self.next()
            if said == "not":
                self.need("in")
            if level < 2:
                self.hidden(lambda: self.operation(level + 1))
                value = None
                continue
            other = self.operation(level + 1)
            value = (
                self.added(value, other) if said == "+" else _joined([value, other]) if said == "/" else None
            )
        return value

    def unary(self) -> _Value:
        if self.peek() in ("not", "-"):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise _StopError
            self.next()
            self.unary()
            self.depth -= 1
            return None
        value = self.primary()
        while self.peek() in (".", "["):
            if self.skip("["):
                value = _item(value, self.expression())
                self.need("]")
            else:
                self.next()
                name = self.next().said
                self.need("(")
                value = self.called(name, *self.arguments(), value)
        return value

    def primary(self) -> _Value:
        token = self.next()
        said = token.said
        if token.kind == "text":
            return self.text(token)
        if token.kind == "long":
            return None
        if token.kind == "number":
            return int(said) if said.isdecimal() and len(said) < 5 else None
        if said == "(":
            value = self.expression()
            self.need(")")
            return value
        if said == "[":
            found: list[_Value] = []
            while not self.skip("]"):
                found.append(self.expression())
                if not self.skip(","):
                    self.need("]")
                    break
            return found
        if said == "{":
            return self.table()
        if token.kind != "word":
            raise _StopError
        if self.skip("("):
            return self.called(said, *self.arguments(), None)
        return said == "true" if said in ("true", "false") else self.env.get(said)

    def text(self, token: _Token) -> _Value:
        said = token.said
        plain = said[1:-1]
        if (
            said.startswith("f")
            or len(said) < 2
            or not said.endswith("'")
            or "\\" in plain
            or len(plain) > LONGEST
        ):
            return None
        return _Text(plain, self.script, token.line)

    @property
    def script(self) -> str:
        return posixpath.join(self.folder, "meson.build")

    def table(self) -> _Value:
        found: dict[str, _Value] = {}
        is_known = True
        while not self.skip("}"):
            key = self.expression()
            self.need(":")
            value = self.expression()
            is_known &= isinstance(key, _Text)
            if isinstance(key, _Text):
                found[key.text] = value
            if not self.skip(","):
                self.need("}")
                break
        return found if is_known else None

    def arguments(self) -> tuple[list[_Value], dict[str, _Value]]:
        """Read the arguments of a call: those without and with a keyword."""
        plain: list[_Value] = []
        named: dict[str, _Value] = {}
        while not self.skip(")"):
            if self.tokens[self.at].kind == "word" and self.tokens[self.at + 1].said == ":":
                key = self.next().said
                self.next()
                named[key] = self.expression()
            else:
                plain.append(self.expression())
            if not self.skip(","):
                self.need(")")
                break
        return plain, named

    def added(self, value: _Value, other: _Value) -> _Value:
        if isinstance(value, _Text) and isinstance(other, _Text):
            text = value.text + other.text
            return _Text(text, value.script, value.line) if len(text) <= LONGEST else None
        if value is None and isinstance(other, list):
            value = [None]
        if not isinstance(value, list):
            return None
        found = [*value, *(other if isinstance(other, list) else [other])]
        self.steps += len(found) // 10
        return found if len(found) <= MOST else None

    def called(self, name: str, plain: list[_Value], named: dict[str, _Value], owner: _Value) -> _Value:
        """Record the uses of a call, and return its value."""
        if name == "set_variable":
            self.env.clear()
        self.has_ended |= name == "subdir_done"
        self.is_over |= "disabler" in (name, *named)
        self.live = self.live and not (self.has_ended or self.is_over)
        if name == "subdir":
            self.subdir(plain, named)
        runs = name == "run_command" or (name in ("configure_file", "vcs_tag") and "command" in named)
        self.is_made |= runs  # from here on, a file may be made in the folder of the sources
        if not self.live:
            return None
        if runs:
            words = plain[0] if plain and isinstance(plain[0], list) else plain
            self.use(name, _program(words[:1]))
            if named.get("check") is True and len(words) > 1 and words[0] is None:
                self.use(name, _script(words[1]))  # perhaps of Python
        elif name == "project":
            folder = named.get("subproject_dir")
            self.subprojects = folder.text if isinstance(folder, _Text) else self.subprojects
            self.use(name, named.get("license_files"))
        elif name == "subproject":
            if plain and isinstance(plain[0], _Text) and "required" not in named:
                path = posixpath.join(ROOT, self.subprojects, plain[0].text)
                self.use_at(name, plain[0], path, may_be_folder=True)
        elif name == "find_program":
            self.use(name, _program(plain) if named.get("required", True) is True else None)
        elif name in _FILES:
            self.use(name, [*plain, named.get("sources")])
        elif name in _TARGETS:
            self.use(name, [*plain[1:], named.get("sources")])
            self.use(_INCLUDES, named.get(_INCLUDES), may_be_folder=True)
        elif name == _INCLUDES:
            self.use(name, plain, may_be_folder=True)
        elif name == "declare_dependency":
            self.use(name, named.get("sources"))
            self.use(_INCLUDES, named.get(_INCLUDES), may_be_folder=True)
        elif name in _INPUTS:
            self.use(name, named.get("input"))
        elif name in ("read", "copyfile") and owner == _Module("fs"):
            self.use(f"fs.{name}", plain[:1])
        return self.value(name, plain, owner)

    def value(self, name: str, plain: list[_Value], owner: _Value) -> _Value:
        if name == "import" and len(plain) == 1 and isinstance(plain[0], _Text):
            return _Module(plain[0].text)
        if name == "join_paths":
            return _joined(list(_flat(plain)) if all(isinstance(each, _Text) for each in plain) else [None])
        if name == "current_source_dir":
            return _Text(posixpath.join(ROOT, self.folder), self.script, 1)
        if name in ("project_source_root", "source_root"):
            return _Text(ROOT, self.script, 1)
        if name == "format" and isinstance(owner, _Text):
            return _formatted(owner, plain)
        return None

    def subdir(self, plain: list[_Value], named: dict[str, _Value]) -> None:
        folder = plain[0] if len(plain) == 1 and not named and self.live else None
        path = plain_path(self.folder, folder.text) if isinstance(folder, _Text) else None
        if path is None or not isinstance(folder, _Text):
            self.env.clear()  # its script may set them
        elif self.use_at("subdir", folder, posixpath.join(ROOT, path, "meson.build")):
            outer, self.has_ended = self.has_ended, False
            self.run(path)
            self.has_ended = outer

    def use(self, command: str, value: _Value, *, may_be_folder: bool = False) -> None:
        for each in _flat(value) if len(self.uses) < MOST_USES else ():
            self.steps += 1
            if f"{self.subprojects}/" in each.text:
                continue  # meson downloads them
            self.use_at(command, each, posixpath.join(ROOT, self.folder, each.text), may_be_folder)

    def use_at(self, command: str, named: _Text, path: str, may_be_folder: bool = False) -> bool:
        """Record a use; return whether the path is below the root folder."""
        plain = plain_path("", path)
        if plain is None or "@" in plain or len(self.uses) >= MOST_USES:
            return False
        text = named.text.removeprefix(f"{ROOT}/")
        self.uses.append(
            Use(command, text, plain, named.script, named.line, may_be_folder, is_certain=not self.is_made)
        )
        return True


def _program(plain: list[_Value]) -> _Value:
    """Return the only name of a program, if it is that of a file in the project."""
    names = list(_flat(plain))
    return names if len(names) == len(plain) == 1 and _PROGRAM.search(names[0].text) else None


def _script(value: _Value) -> _Value:
    """Return a text that is the name of a Python script."""
    return value if isinstance(value, _Text) and value.text.endswith(".py") else None


def _joined(values: list[_Value]) -> _Value:
    """Return the path that texts make, None if one of them is not known."""
    texts = [each for each in values if isinstance(each, _Text)]
    if not texts or len(texts) < len(values):
        return None
    path = posixpath.join(*(each.text for each in texts))
    return _Text(path, texts[-1].script, texts[-1].line) if len(path) <= LONGEST else None


def _formatted(text: _Text, values: list[_Value]) -> _Value:
    """Return a text whose ``@0@`` are replaced by values, None if one of them is not known."""
    texts = [each.text if isinstance(each, _Text) else None for each in values]
    found = text.text
    for number, each in enumerate(texts[:10]):
        if f"@{number}@" in found:
            found = found.replace(f"@{number}@", each or "@")  # use_at ignores a path with this mark
        if len(found) > LONGEST:
            return None
    return _Text(found, text.script, text.line)


def _item(value: _Value, key: _Value) -> _Value:
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key] if all(each is not None for each in value[: key + 1]) else None
    return value.get(key.text) if isinstance(value, dict) and isinstance(key, _Text) else None


def _items(value: _Value, names: int) -> list[tuple[_Value, ...]] | None:
    """Return the values of the variables of a loop, None if they are not known."""
    if isinstance(value, dict):
        return [(_Text(key, "", 1), each) for key, each in value.items()] if names == 2 else None
    return [(each,) for each in value] if isinstance(value, list) and names == 1 else None
