"""The faults of a pyproject.toml, and the checks of values that several tables share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pkgaudit.api import Severity, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules.sdist.pyproject_file import Keys

DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"

MOST = 20_000
"""The most items of a list or table that are checked: more than in real files; it bounds the time."""

_LONGEST = 5_000
"""The most characters of a requirement or specifier to parse: more than in real ones; bounds the time."""


VALID_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


WRITE = "write a valid dependency specifier, such as 'name>=1.0'"


@dataclass(frozen=True)
class Fault:
    """A fault at a key. ``rejected_by`` are the backends that reject it; None means all, and maybe pip."""

    keys: Keys
    message: str
    fix: str
    rejected_by: frozenset[str] | None = None
    value: str | None = None

    @property
    def data(self) -> dict[str, str]:
        """The data of a problem with the fault."""
        return {"field": ".".join(self.keys)} | ({} if self.value is None else {"value": self.value})

    def severity(self, backend: str | None) -> Severity:
        """Return the severity with a build backend."""
        is_rejected = self.rejected_by is None or backend in self.rejected_by
        return Severity.ERROR if is_rejected else Severity.WARNING


def is_requirement(text: str) -> bool:
    """Return whether a text is a dependency specifier; very long texts are not checked and count as one."""
    from packaging.requirements import InvalidRequirement, Requirement

    if len(text) > _LONGEST:
        return True
    try:
        Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError):
        return False
    return True


def is_specifier(text: str) -> bool:
    """Return whether a text is a version specifier; very long texts are not checked and count as one."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if len(text) > _LONGEST:
        return True
    try:
        SpecifierSet(text)
    except (InvalidSpecifier, ValueError):
        return False
    return True


def named(value: Any) -> str:
    """Return the kind of a TOML value, with its article."""
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "an array"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date")


def dotted(keys: Keys) -> str:
    """Return a key with its tables, as messages show it."""
    return quoted(".".join(keys))[1:-1]


def not_a(keys: Keys, wanted: str, value: Any, rejected_by: frozenset[str] | None = None) -> Fault:
    """Return the fault of a value that is of another kind than ``wanted``."""
    message = f"`{dotted(keys)}` is {named(value)}, but must be {wanted}"
    return Fault(keys, message, f"make it {wanted}", rejected_by)


def list_faults(keys: Keys, value: Any, noun: str, is_valid: Callable[[str], bool] | None) -> Iterator[Fault]:
    """Yield the faults of a list of strings."""
    if not isinstance(value, list):
        yield not_a(keys, "an array of strings", value)
        return
    for each in value[:MOST]:
        if not isinstance(each, str):
            message = f"`{dotted(keys)}` contains {named(each)}, but must only contain strings"
            yield Fault(keys, message, "make it a string")
            return
        if is_valid is not None and not is_valid(each):
            message = f"`{dotted(keys)}` contains {quoted(each)}, which is not {noun}"
            yield Fault(keys, message, WRITE, value=each)


def normal(name: str) -> str:
    """Return the normal form of a group or extra name."""
    return re.sub(r"[-_.]+", "-", name).lower()
