"""Read YAML by the events of its parser: nothing is composed, so aliases and depth are harmless."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from importlib import import_module
from typing import Any

from pkgaudit.rules.secrets.logins.model import Entry
from pkgaudit.rules.secrets.logins.read import DEEPEST, MOST_ENTRIES, read_yaml_lines

LONGEST = 1 << 18
"""Characters; a longer text is read line by line."""

_MOST_ANCHORS = 10_000
"""Anchors whose values are kept: a bound on hostile files; real files have a few."""


def read_yaml(text: str) -> Iterator[Entry]:
    """Yield the values of YAML, also of several documents; the first key is the number of the document.

    If parsing fails, at the slot of a template or at damage, the whole text is read line by line, without
    repeating the values parsed so far.
    """
    known: set[tuple[int, str]] = set()
    if len(text) <= LONGEST and (yield from _read(text, known)):
        return
    for entry in read_yaml_lines(text):
        if (entry.line, entry.key) not in known:
            yield entry


def _read(text: str, known: set[tuple[int, str]]) -> Generator[Entry, None, bool]:
    """Yield entries from the events, and return whether the text was parsed to its end."""
    try:
        yaml: Any = import_module("yaml")
    except ImportError:
        return False
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    stack: list[list[Any]] = []  # per open collection: is a mapping, expects a key, current key or number
    anchors: dict[str, str] = {}
    document = 0
    try:
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            kind = type(event).__name__
            if count > 8 * MOST_ENTRIES or len(stack) > DEEPEST:
                return False
            if kind == "DocumentStartEvent":
                document += 1
                continue
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                stack.pop()
                _advance(stack)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                is_mapping = kind == "MappingStartEvent"
                stack.append([is_mapping, is_mapping, "" if is_mapping else 0])
            elif kind in ("ScalarEvent", "AliasEvent"):
                value = event.value if kind == "ScalarEvent" else anchors.get(event.anchor)
                if kind == "ScalarEvent" and event.anchor and len(anchors) < _MOST_ANCHORS:
                    anchors[event.anchor] = event.value
                if stack and stack[-1][0] and stack[-1][1]:
                    stack[-1][1:] = [False, (value or "")[:200]]
                    continue
                if value:
                    line = event.start_mark.line + 1 + (getattr(event, "style", None) in ("|", ">"))
                    entry = Entry((str(document), *(str(each[2]) for each in stack)), value, line)
                    known.add((line, entry.key))
                    yield entry
                _advance(stack)
    except (yaml.YAMLError, ValueError, RecursionError, IndexError, TypeError, AttributeError):
        return False
    return True


def _advance(stack: list[list[Any]]) -> None:
    """Go to the next key or item of the innermost collection after a value has ended."""
    if stack:
        if stack[-1][0]:
            stack[-1][1] = True
        else:
            stack[-1][2] += 1
