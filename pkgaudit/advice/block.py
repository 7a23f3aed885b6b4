"""Settings as text to paste: those of several remedies become one text that is valid in its file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pkgaudit.advice.backend import table_in
from pkgaudit.finding import Setting

_WIDTH = 100
"""Characters above which a list has one value per line; chosen: such lines fit on most screens."""

_MOST_KNOWN = 50
"""Number of values of a list in the audited pyproject.toml that are repeated; chosen: real lists are shorter,
and the text that a report repeats from an archive stays small."""

_LONGEST_KNOWN = 200
"""Characters of a value that is repeated; chosen: more than real patterns have."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")

IS_THERE = "  # this table exists: add the keys to it"
ADDS = "  # add to the existing list"
REPLACES = "  # replaces the existing list"
OVERRIDES = "  # replaces the list in [tool.hatch.build]"
OVERRIDES_UNKNOWN = "  # replaces the list in [tool.hatch.build]: repeat its values here"

HATCH = ("tool", "hatch", "build")
"""The table with defaults for the targets of Hatch; a list in the table of a target replaces that list.

https://hatch.pypa.io/latest/config/build/#file-selection
"""


def block(settings: Iterable[Setting], pyproject: Any = None, whole: bool = False) -> str:
    """Return settings of one file as text to paste into it.

    ``pyproject`` is the parsed pyproject.toml of the audited sdist, None if it is not known: comments mark
    existing tables and lists. With ``whole`` an existing list is repeated together with the new values.
    """
    settings = list(settings)
    tables: dict[tuple[str, ...], dict[str, list[Setting]]] = {}
    for each in settings:
        tables.setdefault(each.table, {}).setdefault(each.key, []).append(each)
    for key, found in tables.get(HATCH, {}).items():
        for target in ("sdist", "wheel"):
            if key in table_in(pyproject, *HATCH, "targets", target):
                tables.setdefault((*HATCH, "targets", target), {}).setdefault(key, []).extend(found)
    defaults = tables.get(HATCH, {})
    file = settings[0].file if settings else ""
    if file.endswith(".toml"):
        return "\n".join(
            _table(path, keys, pyproject, whole, defaults) for path, keys in sorted(tables.items())
        )
    if file == "setup.cfg":
        return "\n".join(_section(path, keys) for path, keys in sorted(tables.items()))
    if file == "meson.build":
        return "\n".join(_calls(tables))
    return "\n".join(dict.fromkeys(line for each in settings for line in each.values))


def blocks(settings: Iterable[Setting], pyproject: Any = None) -> str:
    """Return settings of any files as text; if there are several files, a comment names each."""
    files: dict[str, list[Setting]] = {}
    for each in settings:
        files.setdefault(each.file, []).append(each)
    texts = {file: block(found, pyproject) for file, found in files.items()}
    if len(texts) < 2:
        return "".join(texts.values())
    return "\n".join(f"# {f'in {file}' if file else 'to run'}:\n{text}" for file, text in texts.items())


def _values(settings: Iterable[Setting]) -> list[Any]:
    found: list[Any] = []
    for each in settings:
        found += [value for value in each.values if value not in found]
    return found


def _table(
    path: tuple[str, ...],
    keys: Mapping[str, list[Setting]],
    pyproject: Any,
    whole: bool,
    defaults: Mapping[str, list[Setting]],
) -> str:
    known = table_in(pyproject, *path)
    inherited = table_in(pyproject, *HATCH) if path[:-1] == (*HATCH, "targets") else {}
    head = f"[{'.'.join(key_of(each) for each in path)}]"
    lines = [head + (IS_THERE if known else "")]
    for key, settings in keys.items():
        there = known.get(key)
        overrides = there is None and key in inherited
        if overrides:
            there, settings = inherited[key], [*defaults.get(key, ()), *settings]
        old: Any = [there] if isinstance(there, str) else there
        values = _values(each for each in settings if not each.drops)
        dropped = _values(each for each in settings if each.drops)
        note = OVERRIDES_UNKNOWN if overrides else "" if there is None else ADDS
        # A remedy that removes values from a list has to show the remaining ones.
        is_plain = isinstance(old, list) and len(old) <= _MOST_KNOWN and all(map(_is_plain, old))
        if is_plain and (whole or dropped or overrides):
            left = [each for each in old if each not in dropped]
            values = [*left, *(each for each in values if each not in left)]
            note = OVERRIDES if overrides else REPLACES
        lines.append(assigned(key_of(key), values, note))
    return "\n".join(lines)


def key_of(key: str) -> str:
    """Return a key as TOML."""
    return key if _BARE.fullmatch(key) else dumped(key)


def _is_plain(value: Any) -> bool:
    """Whether a value may be repeated: it is short, printable, and of a type that `dumped` writes."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_KNOWN and value.isprintable()
    if isinstance(value, list):
        return len(value) <= _MOST_KNOWN and all(isinstance(each, str) and _is_plain(each) for each in value)
    if isinstance(value, dict):
        return len(value) <= _MOST_KNOWN and all(
            _is_plain(key) and not isinstance(each, dict) and _is_plain(each) for key, each in value.items()
        )
    return False


def assigned(key: str, values: list[Any], note: str = "") -> str:
    """Return a list of values for a key as TOML; ``note`` is a comment on the first line."""
    texts = [dumped(each) for each in values]
    line = f"{key} = [{', '.join(texts)}]"
    if len(line) <= _WIDTH or len(texts) < 2:
        return line + note
    return "\n".join([f"{key} = [{note}", *(f"    {text}," for text in texts), "]"])


def dumped(value: Any) -> str:
    """Return a value as TOML, whose basic strings have all escapes of JSON."""
    if isinstance(value, dict):
        pairs = (
            f"{key if _BARE.fullmatch(key) else dumped(key)} = {dumped(each)}" for key, each in value.items()
        )
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(dumped, value))}]"
    if "\\" in value and "'" not in value:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def _section(path: tuple[str, ...], keys: Mapping[str, list[Setting]]) -> str:
    """Return a section of setup.cfg, in which lists have one value per line."""
    lines = [f"[{path[0]}]"]
    for key, settings in keys.items():
        lines += [f"{key} =", *(f"    {value}" for value in _values(settings))]
    return "\n".join(lines)


def _calls(tables: Mapping[tuple[str, ...], Mapping[str, list[Setting]]]) -> Iterable[str]:
    """Yield arguments of meson's install_subdir; if there are several calls, a comment names each folder."""
    for path, keys in tables.items():
        if path and len(tables) > 1:
            yield f"# in the install_subdir of {path[0]}:"
        for key, settings in keys.items():
            values = _values(settings)
            if key:
                yield f"{key}: [{', '.join(repr_of(each) for each in values)}],"
            else:
                yield from values


def repr_of(value: str) -> str:
    """Return a text as a meson string; it must not contain characters that need an escape."""
    return f"'{value}'"
