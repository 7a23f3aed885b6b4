"""Patterns that are compiled on first use behave like compiled ones, and all of them can be compiled."""

from __future__ import annotations

import re
import sys

import pytest

from pkgaudit.rules._shared.lazy import Lazy, lazy
from tests.support import registry


def test_nothing_is_compiled_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile
    pattern = lazy(r"a(\d+)", re.IGNORECASE)

    def compile(source: str, flags: int) -> re.Pattern[str]:
        compiled.append(source)
        return real(source, flags)

    monkeypatch.setattr(re, "compile", compile)
    assert compiled == []
    for _ in range(2):
        assert pattern.findall("A1 a23") == ["1", "23"]
    assert compiled == [r"a(\d+)"]
    assert pattern.pattern == r"a(\d+)"
    assert lazy(rb"[/\\]").split(rb"a\b/c") == [b"a", b"b", b"c"]


def test_an_unknown_attribute_is_one_of_the_pattern() -> None:
    with pytest.raises(AttributeError, match=re.escape("'re.Pattern' object has no attribute 'find'")):
        lazy("a").find  # type: ignore[attr-defined]  # noqa: B018 - raises


def test_each_pattern_of_the_rules_can_be_compiled() -> None:
    """Nobody would notice a mistake in a pattern that no test uses."""
    assert list(registry())
    rules = [module for name, module in sys.modules.items() if name.startswith("pkgaudit.rules.")]
    patterns = [each for module in rules for each in vars(module).values() if isinstance(each, Lazy)]
    assert len(patterns) > 50
    for each in patterns:
        assert each.groups >= 0
