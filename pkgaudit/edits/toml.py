"""Edits of TOML that change only the lines of one key.

The places of keys are found here; tomlkit changes the lists and inline tables there, because it keeps their
comments, quotes and line breaks. For tables it is not used, because it adds a key to a table below the
comment of the next table.
Every edit is read again, and must give exactly the expected values.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pkgaudit.advice.backend import table_in
from pkgaudit.advice.block import HATCH, assigned, dumped, key_of
from pkgaudit.edits.errors import EditError
from pkgaudit.finding import Setting

_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
"""The space and the comments between statements."""

_NAME = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
"""A part of a key, bare or quoted."""

_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|.''', re.DOTALL
)
"""The parts of a value: strings and comments, which may contain brackets, and single characters."""

Path = tuple[str, ...]


@dataclass(frozen=True)
class _Statement:
    """A header or a pair of TOML: the ``path`` of its table or key, and the lines from ``start`` to ``end``.

    ``table`` is the path of the header above a pair. ``value`` is the place of the value of a pair, None for
    a header, of which ``is_list`` says whether it has two brackets.
    """

    path: Path
    table: Path
    start: int
    end: int
    value: tuple[int, int] | None = None
    is_list: bool = False


def edited_toml(text: str, settings: Iterable[Setting]) -> str:
    r"""Return TOML with ``\n`` as line ends after all changes of settings.

    Raises:
        EditError: the text is not TOML, or a setting cannot be changed exactly.
    """
    expected = _read(text)
    groups: dict[tuple[Path, str], list[Setting]] = {}
    for each in _for_targets(settings, expected):
        groups.setdefault((each.table, each.key), []).append(each)
    for (table, key), group in groups.items():
        old = table_in(expected, *table).get(key)
        new = _wanted(old, group)
        if new != old and not (old is None and new == []):
            text = _with(text, (*table, key), old, new, group)
            _set(expected, table, key, new)
    if _read(text) != expected:
        raise EditError("its layout is too unusual for an exact edit")
    return text


def _read(text: str) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditError(f"it is not valid TOML: {error}") from None


def _for_targets(settings: Iterable[Setting], project: dict[str, Any]) -> Iterator[Setting]:
    """Yield settings, for Hatch also those for the lists of single targets, which replace that of all."""
    for each in settings:
        if each.table[:-1] == (*HATCH, "targets") and each.key not in table_in(project, *each.table):
            inherited = table_in(project, *HATCH).get(each.key)
            if isinstance(inherited, list):
                yield Setting(each.file, tuple(inherited), each.table, each.key)
        yield each
        if each.table == HATCH:
            for target in ("sdist", "wheel"):
                table = (*HATCH, "targets", target)
                if each.key in table_in(project, *table):
                    yield Setting(each.file, each.values, table, each.key, each.drops)


def _wanted(old: Any, group: list[Setting]) -> Any:
    """Return the new value of a key."""
    if group[-1].replaces == ():
        if old is not None and not isinstance(old, str):
            raise EditError(f"the value of `{group[-1].key}` is not a text")
        return group[-1].values[0]
    if old is not None and not isinstance(old, (str, list)):
        raise EditError(f"the value of `{group[-1].key}` is not a list")
    new: list[Any] = [old] if isinstance(old, str) else list(old or ())
    _change(new, group, lambda value: value)
    return old if isinstance(old, str) and new == [old] else new


def _change(items: MutableSequence[Any], group: list[Setting], make: Callable[[Any], Any]) -> None:
    """Change a list as settings say; ``make`` converts a value to an item of the list."""
    for setting in group:
        if setting.replaces:
            for old in setting.replaces:
                if old not in items:
                    raise EditError(f"`{setting.key}` does not contain {dumped(old)}")
                at = items.index(old)
                for value in setting.values:
                    if value not in items:
                        items[at] = make(value)
                _drop(items, old)
        elif setting.drops:
            for value in setting.values:
                _drop(items, value)
        else:
            for value in setting.values:
                if value not in items:
                    items.append(make(value))


def _drop(items: MutableSequence[Any], value: Any) -> None:
    while value in items:
        del items[items.index(value)]


def _set(project: dict[str, Any], table: Path, key: str, value: Any) -> None:
    for each in table:
        project = project.setdefault(each, {})
    project[key] = copy.deepcopy(value)


def _with(text: str, path: Path, old: Any, new: Any, group: list[Setting]) -> str:
    """Return TOML in which a key has a new value."""
    found = list(_statements(text))
    if any(each.is_list and each.path == path for each in found):
        return _with_tables(text, path, found, old, new)
    if any(each.is_list and path[: len(each.path)] == each.path for each in found):
        raise EditError(f"`{'.'.join(path)}` is in an array of tables")
    pairs = [each for each in found if each.value is not None]
    for each in pairs:
        if path[: len(each.path)] == each.path:
            return _with_value(text, each, path, old, new, group)
    table, line = path[:-1], f"{_assigned(path[-1:], new)}\n"
    if inside := [each for each in found if each.table == table]:
        return _inserted(text, inside[-1].end, line)
    dotted = [each for each in pairs if each.path[: len(table)] == table and len(each.table) < len(table)]
    if dotted:
        last = dotted[-1]
        return _inserted(text, last.end, f"{_assigned(path[len(last.table) :], new)}\n")
    near = _nearest(table, found)
    at = len(text) if near is None else near.end
    gap = "" if not text[:at].strip() or text[:at].endswith("\n\n") else "\n"
    return _inserted(text, at, f"{gap}[{'.'.join(map(key_of, table))}]\n{line}")


def _nearest(table: Path, found: list[_Statement]) -> _Statement | None:
    """Return the last statement of the last table with the longest common beginning, such as a tool."""
    best, length = None, 1
    for each in found:
        same = takewhile(lambda names: names[0] == names[1], zip(table, each.table, strict=False))
        common = len(list(same))
        if common > 1 and common >= length:
            best, length = each, common
    return best


def _inserted(text: str, at: int, lines: str) -> str:
    before = text[:at]
    return f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{lines}{text[at:]}"


def _assigned(path: Path, value: Any) -> str:
    key = ".".join(map(key_of, path))
    return assigned(key, value) if isinstance(value, list) else f"{key} = {dumped(value)}"


def _with_tables(text: str, path: Path, found: list[_Statement], old: Any, new: Any) -> str:
    """Return TOML with more tables in an array of tables."""
    if new[: len(old)] != old or not all(isinstance(each, dict) for each in new):
        raise EditError(f"`{'.'.join(path)}` is an array of tables")
    last = [each for each in found if path in (each.path[: len(path)], each.table[: len(path)])][-1]
    head = f"[[{'.'.join(map(key_of, path))}]]\n"
    blocks = (
        f"\n{head}{''.join(f'{_assigned((key,), each)}{chr(10)}' for key, each in table.items())}"
        for table in new[len(old) :]
    )
    return _inserted(text, last.end, "".join(blocks))


def _with_value(text: str, pair: _Statement, path: Path, old: Any, new: Any, group: list[Setting]) -> str:
    """Return TOML in which the value of a pair is changed, or a value in its inline table."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    assert pair.value is not None
    start, end = pair.value
    inner = path[len(pair.path) :]
    if not inner and isinstance(new, str):
        return f"{text[:start]}{dumped(new)}{text[end:]}"
    if not inner and (longer := _appended(text[start:end], old, new)):
        return f"{text[:start]}{longer}{text[end:]}"
    try:
        document = tomlkit.parse(f"x = {text[start:end]}\n")
        table: Any = document
        key = "x"
        for each in inner:
            table.setdefault(key, tomlkit.inline_table())
            table, key = table[key], each
        if isinstance(table.get(key), list):
            _change(table[key], group, _item)
        else:
            table[key] = _item(new)
        made = tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, TypeError, KeyError) as error:
        # The last three are how tomlkit and its items answer to a value that is not a table.
        raise EditError(f"`{'.'.join(path)}` cannot be changed: {error}") from None
    made = made.removeprefix("x = ").removesuffix("\n")
    if text[start:end].endswith(" }") and not made.endswith(" }"):  # tomlkit drops the space after a new key
        made = f"{made[:-1]} }}"
    return f"{text[:start]}{made}{text[end:]}"


def _appended(text: str, old: Any, new: Any) -> str | None:
    """Return an array of several lines with more items, each on its own line; None for another change.

    tomlkit 0.15 writes an item into the comment at the end of a line that has several items.
    """
    if not isinstance(old, list) or new[: len(old)] != old:
        return None
    *tokens, _ = _TOKEN.finditer(text)
    last = [each for each in tokens if each[0].strip() and each[0][0] != "#"][-1]
    between = text[last.end() : -1]
    lines = re.match(r"\[[^\n]*\n([ \t]*)", text)
    if "\n" not in between or lines is None:
        return None
    comma = "" if last[0] in ",[" else ","
    front, _, closing = between.rpartition("\n")
    items = [f"{lines[1] or '    '}{dumped(each)}," for each in new[len(old) :]]
    if comma:
        items[-1] = items[-1].removesuffix(",")
    return "\n".join([f"{text[: last.end()]}{comma}{front}", *items, f"{closing}]"])


def _item(value: Any) -> Any:
    """Return a value as an item of tomlkit, written as in blocks to paste."""
    import tomlkit

    return tomlkit.parse(f"x = {dumped(value)}\n")["x"]


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the headers and pairs of valid TOML in their order."""
    at, table = 0, Path()
    while (start := _SPACE.match(text, at).end()) < len(text):  # type: ignore[union-attr]  # it matches everywhere
        begin = text.rfind("\n", 0, start) + 1
        if text[start] == "[":
            is_list = text.startswith("[[", start)
            table, at = _path(text, start + 1 + is_list)
            at = _line_end(text, at)
            yield _Statement(table, table, begin, at, is_list=is_list)
        else:
            key, at = _path(text, start)
            first = re.compile(r"[ \t]*").match(text, at + 1).end()  # type: ignore[union-attr]  # as above
            last = _value_end(text, first)
            at = _line_end(text, last)
            yield _Statement((*table, *key), table, begin, at, (first, last))


def _path(text: str, at: int) -> tuple[Path, int]:
    import tomli

    names = []
    while match := _NAME.match(text, at):
        name = match[1]
        names.append(tomli.loads(f"x = {name}")["x"] if name[0] in "\"'" else name)
        at = match.end()
        if not text.startswith(".", at):
            break
        at += 1
    return tuple(names), at


def _value_end(text: str, at: int) -> int:
    """Return the place after a value, without the spaces and the comment that follow it."""
    depth, end = 0, at
    while match := _TOKEN.match(text, at):
        token = match[0]
        if depth == 0 and token[0] in "\n#":
            break
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        at = match.end()
        if token.strip():
            end = at
    return end


def _line_end(text: str, at: int) -> int:
    return (text.find("\n", at) + 1) or len(text)
