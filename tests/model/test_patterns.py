"""Patterns of users are bounded when they are read."""

from __future__ import annotations

import pytest

from pkgaudit import audit
from pkgaudit.config.config import parse_config
from pkgaudit.errors import PkgauditError
from pkgaudit.model.patterns import MOST_DEEP, MOST_IN_NAME, user_patterns
from pkgaudit.rules._shared.patterns import compile_patterns
from pkgaudit.rules.stray.pattern_rules import Choice
from tests.support import registry


@pytest.mark.parametrize(
    "pattern", ["*.py", "**/tests/**", "**/a*/**/*b*.py", "/a/*/b/*", "a[*]b", "!*.txt", "# * * * * * * *"]
)
def test_usual_patterns_are_taken(pattern: str) -> None:
    assert user_patterns([pattern]) is not None


@pytest.mark.parametrize(
    "pattern",
    ["-".join("*" * (MOST_IN_NAME + 1)), "/".join(["**", "a"] * (MOST_DEEP + 1)), "/".join(["a*b*"] * 6)],
)
def test_patterns_with_too_many_wildcards_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="it contains"):
        user_patterns([pattern])
    with pytest.raises(ValueError, match="it contains"):
        compile_patterns((pattern,)).spec  # noqa: B018 - raises


@pytest.mark.parametrize(
    "table",
    [
        {"tool-cache": {"allow": ["*a*b*c*d*e"]}},
        {"per-file-ignores": {"*a*b*c*d*e": ["SF104"]}},
        {"over-budget": {"patterns": {"*a*b*c*d*e": 1000}}},
    ],
)
def test_the_configuration_is_refused(table: dict[str, object], tmp_path: object) -> None:
    with pytest.raises(PkgauditError, match="more than 4 times"):
        audit([str(tmp_path)], table)
    assert parse_config({}, "test") is not None


def test_built_in_patterns_are_patterns() -> None:
    """The options of rules are made without compiling them."""
    built_in = [
        each.options.patterns
        for each in registry()
        if isinstance(each.options, type) and issubclass(each.options, Choice)
    ]
    assert len(built_in) > 10
    for patterns in built_in:
        assert compile_patterns(patterns).spec.patterns


def test_a_linear_engine_matches_several_wildcards_where_there_is_one() -> None:
    pytest.importorskip("hyperscan")
    several, one = user_patterns(["*a*b"]), user_patterns(["*.py"])
    assert type(several._backend) is not type(one._backend)
    for path in ("xaxb", "d/ab", "b.a", "a/b"):
        assert several.match_file(path) is (path in ("xaxb", "d/ab"))
