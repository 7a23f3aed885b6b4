"""Parse records: JSON, and YAML by the events of its parser.

Numbers stay texts, because ``fixed: 1.10`` is not the number 1.1. Only texts, lists and tables are made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LARGEST = 8 << 20
"""The largest record in bytes that is read. Chosen: the largest of PyPA's database has 0.1 MB."""

_DEEPEST = 50
"""The deepest nesting of YAML that is read. Chosen: a record in OSV form has six levels."""

_NULL = ("", "~", "null", "Null", "NULL")
"""The spellings of a missing value in YAML: https://yaml.org/spec/1.2.2/#103-core-schema."""


class RecordError(Exception):
    """A record that is left out; the message is the reason, as the end of a count: "3 …"."""


def parse(data: bytes, *, is_yaml: bool) -> Iterator[Any]:
    """Yield the documents of a file: one, or those of a list or of a stream of YAML.

    Raises:
        RecordError: the file is larger than `LARGEST`, or cannot be parsed.
    """
    if len(data) > LARGEST:
        raise RecordError("larger than 8 MB")
    for made in _yaml(data) if is_yaml else [_json(data)]:
        yield from made if isinstance(made, list) else [made]


def _json(data: bytes) -> Any:
    try:
        return json.loads(data, parse_float=str, parse_int=str, parse_constant=str)
    except RecursionError:
        raise RecordError("nested too deeply") from None
    except ValueError:  # also bytes that are not UTF-8
        raise RecordError("not valid JSON") from None


def _yaml(data: bytes) -> Iterator[Any]:
    import yaml

    # PyYAML is a dependency of detect-secrets, so it is there already, and its C parser is 17 times as fast.
    # Its events are read instead of its objects: an alias is never resolved, and depth needs no recursion.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from _documents(yaml.parse(data, Loader=loader), yaml)
    except (yaml.YAMLError, ValueError):  # also characters that YAML does not allow
        raise RecordError("not valid YAML") from None


def _documents(events: Iterator[Any], yaml: Any) -> Iterator[Any]:
    stack: list[tuple[Any, list[str]]] = []  # the open lists and tables, with the key that waits for a value
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise RecordError("with aliases of YAML, which records do not need")
        if isinstance(event, yaml.CollectionEndEvent):
            value = stack.pop()[0]
            if not stack:
                yield value
            continue
        if isinstance(event, yaml.CollectionStartEvent):
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        elif isinstance(event, yaml.ScalarEvent):
            value = None if event.implicit[0] and event.value in _NULL else event.value
        else:
            continue
        is_scalar = not isinstance(value, (dict, list))
        if stack:
            parent, key = stack[-1]
            if isinstance(parent, list):
                parent.append(value)
            elif key:
                parent[key.pop()] = value
            elif is_scalar:
                key.append(str(value))
            else:
                raise RecordError("not valid YAML")
        elif is_scalar:
            yield value
        if not is_scalar:
            stack.append((value, []))
            if len(stack) > _DEEPEST:
                raise RecordError("nested too deeply")
