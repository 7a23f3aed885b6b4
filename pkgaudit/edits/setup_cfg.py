"""Edits of setup.cfg that change only the lines of one option."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable

from pkgaudit.edits.errors import EditError
from pkgaudit.finding import Setting


def edited_setup_cfg(text: str, settings: Iterable[Setting]) -> str:
    r"""Return a setup.cfg with ``\n`` as line ends after all changes of settings.

    Raises:
        EditError: the text cannot be read, or a setting cannot be changed exactly.
    """
    expected = _read(text)
    for each in settings:
        (section,) = each.table
        old = expected.get(section, {}).get(each.key)
        new = _wanted(old, each)
        if new != old:
            text = _with(text, section, each.key, new)
            expected.setdefault(section, {})[each.key] = new
    if _read(text) != expected:
        raise EditError("its layout is too unusual for an exact edit")
    return text


def _read(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(delimiters=("=", ":"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are names of packages, as written
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise EditError(f"it cannot be read: {error.message.splitlines()[0]}") from None
    return {name: dict(parser[name]) for name in parser.sections()}


def _wanted(old: str | None, setting: Setting) -> str:
    """Return the new value of an option; a list has its items on lines of their own, or commas."""
    if setting.replaces == ():
        return str(setting.values[0])
    values = list(map(str, setting.values))
    text = old or ""
    by_line = "\n" in text or not text
    items = [each.strip() for each in (text.split("\n") if by_line else text.split(","))]
    dropped = setting.replaces if setting.replaces is not None else values if setting.drops else ()
    if any(each not in items for each in dropped):
        raise EditError(f"`{setting.key}` does not have each of these values as a line")
    added = [each for each in values if each not in items] if not setting.drops else []
    if not dropped and not added:
        return text
    at = items.index(dropped[0]) if dropped else len(items)
    items[at:at] = added
    items = [each for each in items if each not in dropped]
    return ("\n" if by_line else ", ").join(["", *filter(None, items)] if by_line else items)


def _with(text: str, section: str, key: str, value: str) -> str:
    """Return a setup.cfg in which an option has a value; its lines that stay the same are not touched."""
    new = [f"{key} ={' ' + first if (first := value.split(chr(10))[0]) else ''}"]
    new += [f"    {each}" for each in value.split("\n")[1:]]
    lines = text.split("\n")
    head = next((at for at, line in enumerate(lines) if re.match(rf"\[{re.escape(section)}\]", line)), None)
    if head is None:
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join([*lines, *([""] if lines else []), f"[{section}]", *new, ""])
    end = next((at for at in range(head + 1, len(lines)) if lines[at].startswith("[")), len(lines))
    start = next(
        (at for at in range(head + 1, end) if re.match(rf"{re.escape(key)}[ \t]*[=:]", lines[at])), None
    )
    if start is None:
        # Comments at the end of a section are mostly about the next one.
        last = max(at for at in range(head, end) if lines[at].strip() and lines[at][0] not in "#;")
        return "\n".join([*lines[: last + 1], *new, *lines[last + 1 :]])
    stop = start + 1
    for at in range(start + 1, end):
        if lines[at].strip() and not lines[at][0].isspace() and lines[at][0] not in "#;":
            break
        if lines[at].strip() and lines[at][0].isspace():
            stop = at + 1
    old = lines[start:stop]
    if len(old) > 1 and len(new) > 1:
        # Comments and the lines of items that stay keep their place and their indentation.
        indent = next(re.match(r"\s*", each)[0] for each in old[1:] if each[:1].isspace())  # type: ignore[index]
        new = _merged(old, [new[0], *(f"{indent}{each.strip()}" for each in new[1:])])
    elif len(old) == 1 and len(new) == 1:
        new = [re.sub(r"([=:][ \t]*).*", lambda match: match[1] + value, old[0], count=1)]
    return "\n".join([*lines[:start], *new, *lines[stop:]])


def _merged(old: list[str], new: list[str]) -> list[str]:
    """Return the lines of an option with new items, and with the comments of the old lines."""
    there = {each.strip() for each in new[1:]}
    found = [old[0]]
    rest = list(new[1:])
    for line in old[1:]:
        item = line.strip()
        if not item or item[0] in "#;":
            found.append(line)
        elif item in there:
            while rest and rest[0].strip() != item:
                found.append(rest.pop(0))
            found.append(line)
            rest = rest[1:]
    return [*found, *rest]
