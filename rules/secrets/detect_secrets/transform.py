"""Configuration files as detect-secrets rewrites them: a line ``key = "value"`` for each value.

Its own transformers do it. They are asked only where they can succeed, and never with what would keep
them busy: each guard here names what takes more than linear time in configparser, in PyYAML or in what
detect-secrets makes of their results. A file that is kept from them is looked at line by line as it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from pkgaudit.rules.secrets.detect_secrets.plugins import PACKAGE

LARGEST = 1 << 18
"""Bytes: a larger file is not rewritten. PyYAML reads a fifth of a megabyte a second."""

_MOST_STEPS = 1_000_000
"""Options times sections, or nodes of YAML, that are rewritten: a bound on hostile files."""

_BLANKS = re.compile(r"[^\S\n]{256}")
_COLUMN_0 = re.compile(rb"(?m)^[!-\x22$-9<>-Z\x5c-~][^=:\r\n]*$")
"""A line that is no comment, no section and no continuation, and sets nothing: not read by configparser."""


def may_be_sections(data: bytes, encoding: str) -> bool:
    """Whether configparser may accept a file: after blank lines and comments comes a section."""
    at = 0
    while at < len(data):
        stop = data.find(b"\n", at)
        stop = stop if stop >= 0 else len(data)
        line = data[at:stop].decode(encoding, "replace").strip()
        if line and line[0] not in "#;":
            return line[0] == "[" and "]" in line and not _COLUMN_0.search(data, stop)
        at = stop + 1
    return False


def may_be_settings(data: bytes) -> bool:
    """Whether configparser may accept a file with a section header put before it."""
    return (b"=" in data or b":" in data) and not _COLUMN_0.search(data)


def as_sections(text: str, name: str, eager: bool = False) -> list[str] | None:
    """Return the lines that detect-secrets makes of an INI file, None if it is none.

    ``eager``: of one that has no header.
    """
    if not _is_quick_for_configparser(text):
        return None
    transformers = import_module(f"{PACKAGE}.transformers.config")
    made = transformers.EagerConfigFileTransformer if eager else transformers.ConfigFileTransformer
    return _parse(made(), text, name)


def as_yaml(text: str, name: str) -> list[str] | None:
    """Return the lines that detect-secrets makes of a YAML file, None if it is none."""
    if _BLANKS.search(text) or not _has_few_references(text):
        return None
    return _parse(import_module(f"{PACKAGE}.transformers.yaml").YAMLTransformer(), text, name)


def _parse(transformer: Any, text: str, name: str) -> list[str] | None:
    file = io.StringIO(text)
    file.name = name
    try:
        lines: list[str] = transformer.parse_file(file)
    except MemoryError:
        raise
    except Exception:  # what is no such file, and whatever the parsers do not expect
        return None
    return lines


def _is_quick_for_configparser(text: str) -> bool:
    if _BLANKS.search(text):  # an option is looked for at each blank
        return False
    lines, sections = text.count("\n") + 1, text.count("\n[") + 1
    if "[DEFAULT]" in text and lines * sections > _MOST_STEPS:  # all sections have all of its options
        return False
    # A reference to another option may hold references, to a depth of ten.
    references = text.count("%(")
    growth = max((references / depth) ** depth for depth in range(1, 11))
    # Ten is configparser.MAX_INTERPOLATION_DEPTH; 50 characters to copy are counted as a step (chosen).
    return growth * len(text) <= 50 * _MOST_STEPS


def _has_few_references(text: str) -> bool:
    """Whether a YAML file stays small once all aliases are replaced by what they stand for."""
    if "*" not in text or "&" not in text:
        return True
    yaml = import_module("yaml")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return root is None or _size(root) <= _MOST_STEPS
    except MemoryError:
        raise
    except Exception:  # no YAML, or so deep that the stack ends: as_yaml would find out too
        return False


def _size(root: Any) -> float:
    """Return the number of nodes with aliases replaced; infinite if a node contains itself."""
    sizes: dict[int, float] = {}
    stack: list[tuple[Any, Iterator[Any]]] = [(root, _children(root))]
    sizes[id(root)] = float("inf")  # for as long as it is open
    totals = [1.0]
    while stack:
        node, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            total = sizes[id(node)] = totals.pop()
            if totals:
                totals[-1] += total
        elif id(child) in sizes:
            totals[-1] += sizes[id(child)]
        else:
            sizes[id(child)] = float("inf")
            stack.append((child, _children(child)))
            totals.append(1.0)
    return sizes[id(root)]


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node.value, list):
        for each in node.value:
            yield from each if isinstance(each, tuple) else (each,)
