"""Hidden text: what is found in it, in a time that grows with its length."""

from __future__ import annotations

import time

import pytest

from pkgaudit.rules.behaviour.hidden import hidden_in, may_hide


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("'a\u202e'\n", [2]),
        ("'a\u202e'\n'b\u202e'\n", [2, 7]),
        ("a\u2066\u2069\u202e\n", [3]),
        ("a\u202a\u2069\n", [1]),
        ("a\u2067\u202e\u2069\n", []),
    ],
)
def test_places(text: str, places: list[int]) -> None:
    assert [each.at for each in hidden_in(text, is_python=True)] == places


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"x = 1\n", False),
        (b" " * 199, False),
        (b" " * 200, True),
        (b"\t" * 40, True),
        (b"\xe2\x80\xae", True),
    ],
)
def test_files_that_are_looked_at(data: bytes, may: bool) -> None:
    assert may_hide(data) is may


@pytest.mark.parametrize(
    "text",
    ['"""\\' * 30_000, "'" * 100_000, '"\\"' * 40_000, "\u202a" * 100_000, "a\u202e\n" * 30_000],
    ids=["open texts", "quotes", "escapes", "one line", "many lines"],
)
def test_time_is_linear(text: str) -> None:
    start = time.process_time()
    list(hidden_in(f"ev\u0430l = 1\n{text}", is_python=True))
    assert time.process_time() - start < 2
