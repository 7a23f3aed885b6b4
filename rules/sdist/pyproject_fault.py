"""A fault of a pyproject.toml, and the tests of values that several tables share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pkgaudit.api import Severity, quoted
from pkgaudit.rules.sdist.pyproject_file import Keys

DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"

MOST = 20_000
"""How many items of one list or table are looked at: more than real ones have; it bounds the time."""

_LONGEST = 5_000
"""Characters of a requirement or a specifier that is parsed: more than real ones have; it bounds the time."""


VALID_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


WRITE = "write it as the specification of dependency specifiers has it, as 'name>=1.0'"


@dataclass(frozen=True)
class Fault:
    """Something wrong at a key. ``refused`` are the backends that refuse it; without, all do and pip may."""

    keys: Keys
    what: str
    fix: str
    refused: frozenset[str] | None = None
    value: str | None = None

    @property
    def data(self) -> dict[str, str]:
        """The data of a problem with it."""
        return {"field": ".".join(self.keys)} | ({} if self.value is None else {"value": self.value})

    def severity(self, backend: str | None) -> Severity:
        """Return how bad it is with a build backend."""
        is_refused = self.refused is None or backend in self.refused
        return Severity.ERROR if is_refused else Severity.WARNING


def is_requirement(text: str) -> bool:
    """Return whether a text is a dependency specifier; a huge one is not looked at."""
    from packaging.requirements import InvalidRequirement, Requirement

    if len(text) > _LONGEST:
        return True
    try:
        Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError):
        return False
    return True


def is_specifier(text: str) -> bool:
    """Return whether a text is a version specifier; a huge one is not looked at."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if len(text) > _LONGEST:
        return True
    try:
        SpecifierSet(text)
    except (InvalidSpecifier, ValueError):
        return False
    return True


def named(value: Any) -> str:
    """Return what kind of TOML value something is."""
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "an array"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date")


def dotted(keys: Keys) -> str:
    """Return a key as messages show it, with its tables before it."""
    return quoted(".".join(keys))[1:-1]


def not_a(keys: Keys, wanted: str, value: Any, refused: frozenset[str] | None = None) -> Fault:
    """Return the fault of a value that is of another kind than ``wanted``."""
    return Fault(
        keys, f"`{dotted(keys)}` is {named(value)} and must be {wanted}", f"make it {wanted}", refused
    )


def list_faults(keys: Keys, value: Any, what: str, is_valid: Callable[[str], bool] | None) -> Iterator[Fault]:
    """Yield the faults of a list of strings."""
    if not isinstance(value, list):
        yield not_a(keys, "an array of strings", value)
        return
    for each in value[:MOST]:
        if not isinstance(each, str):
            wanted = "strings and nothing else"
            yield Fault(
                keys, f"`{dotted(keys)}` holds {named(each)} and must hold {wanted}", "make it a string"
            )
            return
        if is_valid is not None and not is_valid(each):
            yield Fault(
                keys, f"`{dotted(keys)}` holds {quoted(each)}, which is not {what}", WRITE, value=each
            )


def normal(name: str) -> str:
    """Return a name of a group or an extra in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()
