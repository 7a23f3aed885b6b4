"""Sources are parsed within bounds, and what is not parsed is said."""

from __future__ import annotations

import ast
import sys
import threading
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit import audit
from pkgaudit.finding import Verdict
from pkgaudit.limits import Limits
from pkgaudit.model import parsing
from pkgaudit.model.parsing import Parser, UnparsedError, weigh

TOP = Path(__file__).parents[2]


def parser(most_of_one: int = 100, most: int = 1000) -> Parser:
    return Parser(most_of_one, most)


@pytest.mark.parametrize(
    "source",
    ["a\n", "a;", "0,", "a+", "a=", "f()\n", "a and ", "'a' ", "{a:", "@a\n", "1if a else "],
)
def test_weight_is_about_that_of_the_tokens(source: str) -> None:
    # By no more than three tokens for a unit: what that costs at most is measured.
    tokens = 4 if source == "1if a else " else 2
    assert weigh(source.encode() * 1000) >= 1000 * tokens / 3 - 2


def test_sources_of_people_are_light() -> None:
    files = [path for folder in ("rules", "pkgaudit") for path in (TOP / folder).rglob("*.py")]
    assert len(files) > 100
    for path in files:
        data = path.read_bytes()
        assert weigh(data) < 0.5 * len(data) + 20, path


def test_strings_with_expressions_weigh_more_the_more_is_behind() -> None:
    several = b'f"""\n' + b"{a}\n" * 3000
    one = b'f"{a}" ' * 3000
    for fields in (several, one):
        assert weigh(fields + b"x" * 500_000) - weigh(fields) > 50_000
    # Braces that are no expressions do not count.
    assert weigh(b"{'a': 1},\n" * 3000 + b"x" * 500_000) < 40_000


def test_a_tree_is_made() -> None:
    made = parser()
    assert isinstance(made.parse("a = 1\n").body[0], ast.Assign)
    assert made.left == 1000 - weigh(b"a = 1\n")


def test_a_source_of_many_tokens_is_not_parsed() -> None:
    with pytest.raises(UnparsedError, match="more than 100 tokens") as caught:
        parser().parse("a\n" * 100)
    assert caught.value.is_large


def test_sources_that_are_too_many_together_are_not_parsed() -> None:
    made = parser(most=150)
    made.parse("a\n" * 40)
    with pytest.raises(UnparsedError, match="limit of 150 tokens") as caught:
        made.parse("a\n" * 40)
    assert not caught.value.is_large
    made.parse("a\n" * 10)


def test_an_error_costs_twice() -> None:
    made = parser()
    with pytest.raises(SyntaxError):
        made.parse("a b\n")
    assert made.left == 1000 - 2 * weigh(b"a b\n")


@pytest.mark.parametrize("source", ["import a" + ".a" * 1001, "-" * 20_000 + "a"])
def test_what_is_too_deep_is_not_parsed(source: str) -> None:
    with pytest.raises(UnparsedError, match=r"dots|too deeply"):
        Parser(100_000, 100_000).parse(source)


def test_nul_is_an_error_of_the_source() -> None:
    with pytest.raises((ValueError, SyntaxError)) as caught:
        parser().parse("\0")
    assert not isinstance(caught.value, UnparsedError)


@pytest.mark.parametrize("source", ["a = 1\n", "a b\n"])
def test_a_large_source_gets_a_stack_of_its_own(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    sizes = []
    usual = threading.stack_size

    def stack_size(size: int = 0) -> int:
        sizes.append(size)
        return usual(size)

    monkeypatch.setattr(parsing, "_HAS_NO_BOUND", True)
    monkeypatch.setattr(parsing, "_SHALLOW", 0)
    monkeypatch.setattr(threading, "stack_size", stack_size)
    try:
        assert isinstance(parser().parse(source), ast.Module)
    except SyntaxError:
        assert source == "a b\n"
    assert sizes[0] > 1 << 20
    assert len(sizes) == 2
    assert usual() == sizes[1]


def test_versions_that_need_it_have_it() -> None:
    assert (sys.version_info < (3, 11)) == parsing._HAS_NO_BOUND


def no_memory(*_: object) -> ast.Module:
    raise MemoryError


def test_too_little_memory_is_told_from_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_parse", no_memory)
    with pytest.raises(UnparsedError, match="too deeply"):
        parser().parse("a = 1\n")
    monkeypatch.setattr(parsing, "NEEDED", 1 << 56)
    with pytest.raises(MemoryError):
        parser().parse("a = 1\n")


def test_too_little_memory_is_no_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = Wheel().build().write(tmp_path)
    monkeypatch.setattr(parsing, "_parse", no_memory)
    monkeypatch.setattr(parsing, "NEEDED", 1 << 56)
    result = audit([path])
    assert result.verdict is Verdict.FAIL
    assert any("too little memory" in each.message for each in result.failures)


def test_defaults_bound_memory() -> None:
    limits = Limits()
    # With some 50 MB for the rest, half a gigabyte.
    assert limits.source_tokens * parsing.NEEDED <= 450 * 10**6
    assert limits.tokens >= limits.source_tokens
