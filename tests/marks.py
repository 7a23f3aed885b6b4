"""A small module of rules, for the tests of what no rule is needed for: places, hashes, shared options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import pytest

from pkgaudit.api import Problem, Severity, TextFile, rule
from pkgaudit.rule import Registry

LEVELS = ("fast", "default", "thorough")

WORD = re.compile(r"MARK-[A-Z]{8}")


@dataclass(frozen=True)
class Marks:
    """The options of all rules here."""

    table: ClassVar[str] = "secrets"

    level: str = "default"

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level: {self.level!r} is none of {', '.join(LEVELS)}")


@rule("MK101", "mark", Severity.ERROR)
def mark(file: TextFile, options: Marks) -> Iterator[Problem]:
    """A file holds a mark."""
    severity = Severity.WARNING if "/tests/" in file.path else None
    for found in WORD.finditer(file.text):
        at = file.at(found.start())
        digest = sha256(found[0].encode()).hexdigest()
        allowed = "harmless" if "harmless" in file.line(at.line or 0) else None
        message = f"holds a mark, {found[0][:6]}…"
        yield Problem(message, at, severity=severity, key=digest, digest=digest, inline_reason=allowed)


@rule("MK102", "level", Severity.INFO)
def level(file: TextFile, options: Marks) -> Iterator[Problem]:
    """Says the level, once for each archive."""
    if file.path.endswith(("core.py", "core.txt")):
        yield Problem(f"the level is {options.level}", file.location)


def digest(word: str) -> str:
    """Return the hash of a mark."""
    return sha256(word.encode()).hexdigest()


def registry() -> Registry:
    """Return the rules of this module alone."""
    import sys

    found = Registry()
    found.add_module(sys.modules[__name__])
    return found


@pytest.fixture
def marks(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Have the command find the rules of this module and no others."""
    found = registry()
    monkeypatch.setattr("pkgaudit.rule.load_registry", lambda: found)
    return found
