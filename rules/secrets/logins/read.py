"""Readers for the syntaxes of credential files.

They yield every value with its keys and its line. A file may be damaged or hostile: no reader raises,
recurses or needs more than linear time. A file that cannot be parsed as a whole is read line by line, so a
broken file does not hide its password.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from pkgaudit.late import lazy
from pkgaudit.rules.secrets.logins.model import Entry

DEEPEST = 48
"""How many levels are read; deeper values are ignored. Chosen: real settings have at most a dozen."""

MOST_ENTRIES = 1_000_000
"""How many lines or values of a file are read: a bound on hostile files of `model.LONGEST` bytes."""

_LONGEST_TOML = 1 << 16
"""Characters; a longer text is read line by line. Chosen to bound the time of old versions of tomli on
hostile texts."""

# Strings, signs, line ends, and words (numbers, true, comments).
_JSON = lazy(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[{}\[\],:\n]|[^\s{}\[\],:"]+')


def read_json(text: str) -> Iterator[Entry]:
    """Yield the values of JSON, also with comments, with several documents, or incomplete."""
    keys: list[str] = []  # for each open container, its current key or number
    kinds: list[bool] = []  # for each open container, whether it is an object
    deep = 0  # open containers beyond the deepest level
    last, is_key, line = "", False, 1
    for match in islice(_JSON.finditer(text), 8 * MOST_ENTRIES):
        token = match[0]
        if token == "\n":
            line += 1
            continue
        if token in "{[":
            if len(kinds) < DEEPEST and not deep:
                kinds.append(token == "{")
                keys.append("" if token == "{" else "0")
            else:
                deep += 1
            last, is_key = "", token == "{"
        elif token in "}]":
            if deep:
                deep -= 1
            elif kinds:
                kinds.pop()
                keys.pop()
        elif deep:
            continue
        elif token == ",":
            if kinds and not kinds[-1]:
                keys[-1] = str(int(keys[-1]) + 1)
            is_key = bool(kinds) and kinds[-1]
        elif token == ":":
            if kinds and kinds[-1]:
                keys[-1] = last
            is_key = False
        else:
            value = _unquoted(token)
            if is_key or not kinds:
                last = value
            elif token[0] == '"':
                yield Entry(tuple(keys), value, line)


def _unquoted(token: str) -> str:
    if "\\" in token and token[:1] == token[-1:] == '"':
        try:
            return str(json.loads(token, strict=False))
        except ValueError:
            pass
    return token.removeprefix('"').removesuffix('"')


_KEY_OF_LINE = lazy(r"[\w.-]{1,80}[ \t]{0,20}=")


def read_ini(text: str, separators: str = "=:", nested: bool = True) -> Iterator[Entry]:
    """Yield the options of an INI file as (section, option); each continuation line is an entry too.

    Without ``nested``, an indented line is an option like any other, as in git.
    """
    section, key, key_indent = "", "", 0
    for number, line in enumerate(islice(text.split("\n"), MOST_ENTRIES), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        indent = len(line) - len(line.lstrip())
        if stripped[0] == "[" and "]" in stripped:
            section, _, rest = stripped[1:].rpartition("]")
            key, key_indent = "", 0
            stripped = rest.strip()
            if not stripped or stripped[0] in "#;":
                continue
        elif nested and key and indent > key_indent and not _KEY_OF_LINE.match(stripped):
            yield Entry((section, key), stripped.strip("\"'"), number)
            continue
        at = min((at for at in map(stripped.find, separators) if at >= 0), default=-1)
        if at < 0:
            continue
        key, key_indent = stripped[:at].strip(), indent
        yield Entry((section, key), _value(stripped[at + 1 :]), number)


def _value(text: str) -> str:
    """Return a value without quotes, or without the comment after it."""
    text = text.strip()
    if text[:1] in ('"', "'"):
        end = text.find(text[0], 1)
        return text[1:end] if end > 0 else text[1:]
    for mark in (" #", " ;", "\t#", "\t;"):
        text = text.partition(mark)[0]
    return text.rstrip()


_ASSIGNED = lazy(r'[=:][ \t]{0,80}("[^"\\]*(?:\\.[^"\\]*)*"?)')
_LONGEST_KEY = 200
"""Characters before a value that are searched for its name: a bound on long lines."""


def read_assignments(text: str) -> Iterator[Entry]:
    """Yield the assignments of HCL and similar languages: ``name = "value"``, also in one-line blocks."""
    for number, line in enumerate(islice(text.split("\n"), MOST_ENTRIES), 1):
        if line.lstrip().startswith(("#", "//")):
            continue
        for match in islice(_ASSIGNED.finditer(line), MOST_ENTRIES):
            head = line[max(0, match.start() - _LONGEST_KEY) : match.start()].rstrip(" \t\"'")
            start = len(head)
            while start and (head[start - 1].isalnum() or head[start - 1] in "_-."):
                start -= 1
            yield Entry((head[start:],), _unquoted(match[1]), number)


def read_toml(text: str) -> Iterator[Entry]:
    """Yield the values of TOML; if the text is invalid, only the values on a single line."""
    import tomli

    try:
        if len(text) > _LONGEST_TOML or _is_deep(text):
            raise ValueError
        table = tomli.loads(text)
    except (ValueError, RecursionError):
        yield from read_ini(text, "=", nested=False)
        return
    places = _Places(text)
    pending: list[tuple[tuple[str, ...], object]] = [((), table)]
    for _ in range(MOST_ENTRIES):
        if not pending:
            break
        path, value = pending.pop()
        if isinstance(value, str):
            yield Entry(path, value, places.line_of(path, value))
        elif len(path) < DEEPEST:
            if isinstance(value, dict):
                pending += [((*path, str(key)), each) for key, each in reversed(value.items())]
            elif isinstance(value, list):
                pending += [((*path, str(i)), each) for i, each in reversed(list(enumerate(value)))]


def _is_deep(text: str) -> bool:
    """Return whether brackets are nested too deep for a recursive parser."""
    depth = 0
    for bracket in re.finditer(r"[\[{}\]]", text):
        depth = depth + 1 if bracket[0] in "[{" else max(0, depth - 1)
        if depth > 2 * DEEPEST:
            return True
    return False


class _Places:
    """Finds the lines of values that a parser returned without: the next line with key and value."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._from: dict[str, int] = {}
        self._left = 4 * len(self._lines) + 10_000

    def line_of(self, path: tuple[str, ...], value: str) -> int:
        key = next((each for each in reversed(path) if not each.isdigit()), "")
        first = value.partition("\n")[0][:200]
        start = self._from.get(key, 0)
        for number in range(start, len(self._lines)):
            self._left -= 1
            if self._left < 0:
                break
            if key in self._lines[number] and first in self._lines[number]:
                self._from[key] = number
                return number + 1
        for number, line in enumerate(self._lines if self._left > 0 else ()):
            self._left -= 1
            if first and first in line:
                return number + 1
        return start + 1


_SLOT = lazy(r"\$\{|\{\{")
_YAML_LINE = lazy(r"""(["']?)([^\s"'#:{}\[\],][^\s"':{}\[\],]{0,200})\1[ \t]{0,40}:(?:[ \t]+|$)""")


_DASHES = lazy(r"(?:-[ ]+)+")
# A key and its value in a flow mapping of one line.
_PAIR = lazy(r"""([\w.-]{1,100})["']?[ ]{0,9}:[ ]{1,9}("[^"]*"?|'[^']*'?|[^\s,{}\[\]"']+)""")


def read_yaml_lines(text: str) -> Iterator[Entry]:
    """Yield the values of YAML as far as the lines and their indentation show them.

    The first key of each path is the number of the document.
    """
    stack: list[tuple[int, str]] = []
    document = 0
    block: tuple[int, int, tuple[str, ...], list[str]] | None = None  # indent, line, path, lines
    lines = islice(text.split("\n"), MOST_ENTRIES)
    for number, line in enumerate((*lines, "---"), 1):
        body = line.lstrip(" ")
        indent = len(line) - len(body)
        if block is not None:
            if (indent > block[0] or not body) and not (indent == 0 and body.startswith("---")):
                block[3].append(body)
                continue
            if block[3]:
                yield Entry(block[2], "\n".join(block[3]), block[1])
            block = None
        if line.startswith("---"):
            document += 1
            stack = []
            continue
        dashes = _DASHES.match(body)
        if dashes is not None:
            indent += dashes.end()
            body = body[dashes.end() :]
        match = _YAML_LINE.match(body)
        if match is None:
            continue
        while stack and stack[-1][0] >= indent:
            stack.pop()
        if len(stack) < DEEPEST:
            stack.append((indent, match[2]))
        path = (str(document), *(key for _, key in stack))
        value = body[match.end() :].strip()
        if value[:1] in ("|", ">") and len(value) < 4:
            block = (indent, number + 1, path, [])
        elif value[:1] in ("{", "[") and not _SLOT.match(value):
            for pair in islice(_PAIR.finditer(value), MOST_ENTRIES):
                yield Entry((*path, pair[1]), pair[2].strip("\"'"), number)
        elif value and value[0] not in "#&":
            yield Entry(path, value if _SLOT.match(value) else _value(value), number)


def read_lines(text: str, indented: bool = False) -> Iterator[Entry]:
    """Yield the lines that are not empty, without surrounding blanks, or with them if ``indented``."""
    for number, line in enumerate(islice(text.split("\n"), MOST_ENTRIES), 1):
        if line.strip():
            yield Entry((), line if indented else line.strip(), number)
