"""Rewrite configuration files as detect-secrets does: a line ``key = "value"`` for each value.

The transformers of detect-secrets do the work. They are called only if they can succeed, and never with input
that keeps them busy: each guard here excludes input that needs more than linear time in configparser, in
PyYAML or in detect-secrets itself. Excluded files are scanned line by line without rewriting.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from pkgaudit.rules.secrets.detect_secrets.plugins import PACKAGE

LARGEST = 1 << 18
"""Bytes: a larger file is not rewritten. PyYAML reads a fifth of a megabyte per second."""

_MOST_STEPS = 1_000_000
"""The maximum of options times sections, or of YAML nodes, in a rewritten file: a bound on hostile files."""


class LimitError(Exception):
    """A file is not rewritten, because that might take too much time or memory."""


_BLANKS = re.compile(r"[^\S\n]{256}")
_ANCHOR = re.compile(r"(?<![^\s\[{,:])&[0-9A-Za-z_-]")
_ALIAS = re.compile(r"(?<![^\s\[{,:])\*[0-9A-Za-z_-]")
"""The first letters of a name that YAML gives to a node, and of a reference to it."""

_NOT_LITERAL = re.compile(rb"\\[xuU\n]|binary")
"""Escapes for letters, lines that go on in the next one, and base64 that is encoded again."""

_INNER = frozenset(bytes((byte,)) for byte in range(0x21, 0x7F) if byte not in b"\"'[]{},:")
"""Characters that are neither blanks, nor quotes, nor signs that separate values."""

_COLUMN_0 = re.compile(rb"(?m)^[!-\x22$-9<>-Z\x5c-~][^=:\r\n]*$")
"""A line that configparser rejects: not a comment, a section, a continuation or an assignment."""


def may_be_sections(data: bytes, encoding: str) -> bool:
    """Return whether configparser may accept a file: a section follows blank lines and comments."""
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
    """Return whether configparser may accept a file after a section header has been added."""
    return (b"=" in data or b":" in data) and not _COLUMN_0.search(data)


def is_literal_yaml(data: bytes, encoding: str) -> bool:
    """Return whether each value without blanks of a YAML file stands in the file as it is.

    A file that is not rewritten for another reason is not literal either, because that is reported.
    """
    is_limited = len(data) > LARGEST or _BLANKS.search(data.decode(encoding, "replace")) is not None
    return not (is_limited or _NOT_LITERAL.search(data) or may_be_sections(data, encoding))


def is_inside_value(data: bytes, start: int, end: int) -> bool:
    """Return whether a run of letters and digits is only a part of a value of YAML, by its neighbors."""
    return data[end : end + 1] in _INNER or (start > 0 and data[start - 1 : start] in _INNER)


def as_sections(text: str, name: str, eager: bool = False) -> list[str] | None:
    """Return the lines that detect-secrets makes from an INI file, None if it is not an INI file.

    ``eager``: the file has no section header.

    Raises:
        LimitError: the file may be an INI file that configparser reads too slowly.
    """
    if not _is_quick_for_configparser(text):
        raise LimitError
    transformers = import_module(f"{PACKAGE}.transformers.config")
    made = transformers.EagerConfigFileTransformer if eager else transformers.ConfigFileTransformer
    return _parse(made(), text, name)


def as_yaml(text: str, name: str) -> list[str] | None:
    """Return the lines that detect-secrets makes from a YAML file, None if it is not YAML.

    Raises:
        LimitError: the file has long runs of blanks, or too many nodes.
    """
    if _BLANKS.search(text):
        raise LimitError
    if not _has_few_references(text):
        return None
    return _parse(import_module(f"{PACKAGE}.transformers.yaml").YAMLTransformer(), text, name)


def _parse(transformer: Any, text: str, name: str) -> list[str] | None:
    file = io.StringIO(text)
    file.name = name
    try:
        lines: list[str] = transformer.parse_file(file)
    except MemoryError:
        raise
    except Exception:  # a file of another format, or input that the parsers do not expect
        return None
    return lines


def _is_quick_for_configparser(text: str) -> bool:
    if _BLANKS.search(text):  # configparser searches for an option at each blank
        return False
    lines, sections = text.count("\n") + 1, text.count("\n[") + 1
    if "[DEFAULT]" in text and lines * sections > _MOST_STEPS:  # every section inherits its options
        return False
    # A referenced option may contain references, to a depth of ten.
    references = text.count("%(")
    growth = max((references / depth) ** depth for depth in range(1, 11))
    # Ten is configparser.MAX_INTERPOLATION_DEPTH; copying 50 characters counts as one step (chosen).
    return growth * len(text) <= 50 * _MOST_STEPS


def _has_few_references(text: str) -> bool:
    """Return whether a YAML file can be read.

    Raises:
        LimitError: it has too many nodes after all aliases are replaced by their nodes.
    """
    if not _ANCHOR.search(text) or not _ALIAS.search(text):
        return True
    yaml = import_module("yaml")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        size = 0 if root is None else _size(root)
    except MemoryError:
        raise
    except Exception:  # not YAML, or too deep for the stack: as_yaml would fail too
        return False
    if size > _MOST_STEPS:
        raise LimitError
    return True


def _size(root: Any) -> float:
    """Return the number of nodes with aliases replaced; infinite if a node contains itself."""
    sizes: dict[int, float] = {}
    stack: list[tuple[Any, Iterator[Any]]] = [(root, _children(root))]
    sizes[id(root)] = float("inf")  # while the node is open
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
