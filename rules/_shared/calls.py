"""Calls by what they do: those that are dangerous at a start of Python, and those that show a capability.

Calls are recognized by their full name, after import aliases are resolved. Both tables are made from
`capabilities.json`.
"""

from __future__ import annotations

import ast
from collections.abc import MutableMapping
from functools import cache
from typing import Any

from pkgaudit.late import dataclass
from pkgaudit.rules.data.loader import load

_KINDS: dict[str, str] = {
    "network": "opens the network",
    "process": "starts a process",
    "decoding": "decodes data",
    "objects": "deserializes objects",
    "native": "loads native code",
    "spying": "monitors the user",
    "code": "runs computed code",
}
"""The predicate for each kind of call in messages."""

_HARMLESS = ("Timeout", "Retry", "Limits", "Error", "Exception", "disable_warnings", "Warning")
"""Suffixes of harmless names in libraries of the kinds above."""

_TWINS = {"posix": "os", "nt": "os", "_socket": "socket", "_io": "io"}
"""The modules in C behind modules of the standard library, with the same functions."""

# Codecs from text to text or bytes to bytes
# (https://docs.python.org/3/library/codecs.html#binary-transforms), which can hide code; utf-8 and similar
# codecs cannot.
_ENCODINGS = frozenset({"rot13", "rot_13", "hex", "hex_codec", "base64", "base64_codec", "zlib", "bz2", "uu"})

FUNCTIONS_OF_CODE = frozenset({"exec", "eval", "execfile", "compile", "builtins.exec", "builtins.eval"})
"""Functions that run or compile a text; harmless if the text is a literal."""

KINDS = tuple(_KINDS)


def does(kind: str) -> str:
    """Return the predicate for calls of a kind in messages."""
    return _KINDS[kind]


@dataclass(frozen=True)
class _Table:
    """Names with what a call of them does: whole names, and by their first component the prefixes of names.

    A prefix that ends in a dot is a module; any other one is a family of functions.
    """

    exact: dict[str, str]
    prefixes: dict[str, list[tuple[str, str]]]

    @classmethod
    def of(cls, key: str) -> _Table:
        """Return the table of ``kind`` or of ``capability``."""
        exact: dict[str, str] = {}
        prefixes: dict[str, list[tuple[str, str]]] = {}
        for group in groups():
            if group[key] is not None:
                exact.update(dict.fromkeys(group["exact"], group[key]))
                for each in group["prefix"]:
                    prefixes.setdefault(each.partition(".")[0], []).append((each, group[key]))
        return cls(exact, prefixes)

    def find(self, name: str) -> str | None:
        """Return what a call of a name does, None if it is harmless."""
        module, dot, rest = name.partition(".")
        if dot and module in _TWINS:
            name = f"{_TWINS[module]}.{rest}"
        found = self.exact.get(name)
        if found is not None:
            return found
        for prefix, what in self.prefixes.get(name.partition(".")[0], ()):
            if name.startswith(prefix):
                return None if name.endswith(_HARMLESS) else what
        return None


def groups() -> list[dict[str, Any]]:
    """Return the groups of names of `capabilities.json`.

    ``kind`` is that of calls which are dangerous at a start of Python, or None. Hijacked releases (litellm,
    ultralytics and others) opened the network, started processes and ran decoded data; the `.pth` files of
    coverage and setuptools, which popular wheels contain, do none of this. ``capability`` is None for
    decoders, which are no capability. ``value`` are names that need no call, ``method`` the names of methods
    of any object.
    """
    found: list[dict[str, Any]] = load("capabilities").values["groups"]
    return found


@cache
def _kinds() -> _Table:
    return _Table.of("kind")


@cache
def _capabilities() -> _Table:
    return _Table.of("capability")


def kind_of(name: str) -> str | None:
    """Return the kind of a call by its full name, None for a harmless call."""
    return _kinds().find(name)


def capability_of(name: str) -> str | None:
    """Return the capability that a call of a name shows, None if it shows none."""
    return _capabilities().find(name)


@cache
def named_in(key: str) -> dict[str, str]:
    """Return the capabilities of the names in the lists ``value`` or ``method``."""
    return {name: group["capability"] for group in groups() for name in group.get(key, ())}


def bind_star(node: ast.Import | ast.ImportFrom, names: MutableMapping[str, str]) -> None:
    """Add the functions with a kind or a capability that ``from module import *`` binds."""
    if isinstance(node, ast.ImportFrom) and not node.level and node.names[0].name == "*":
        for each in _functions_of().get(node.module or "", ()):
            names[each] = f"{node.module}.{each}"


@cache
def _functions_of() -> dict[str, list[str]]:
    """Return the public functions of each module in the table."""
    found: dict[str, list[str]] = {}
    for group in groups():
        for name in (*group["exact"], *group.get("value", ())):
            module, _, function = name.rpartition(".")
            if module and not function.startswith("_"):
                found.setdefault(module, []).append(function)
    return found


def is_decoder(encoding: object) -> bool:
    """Return whether an encoding can hide code in the argument of ``bytes.decode`` or ``codecs.decode``."""
    return isinstance(encoding, str) and encoding.lower().replace("-", "_") in _ENCODINGS
