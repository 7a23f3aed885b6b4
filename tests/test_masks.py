"""Pieces of secrets are found in changed texts, and nothing else is."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import tokens
from pkgaudit import masks
from pkgaudit.masks import SIZE, Pieces, without_random

SECRET = tokens.random_text("secret", 40)


def pieces_of(*texts: str) -> Pieces:
    pieces = Pieces()
    for text in texts:
        pieces.add(text)
    return pieces


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        SECRET.lower(),
        SECRET[:20],
        SECRET[-20:],
        f"{SECRET[:15]}…{SECRET[-16:]}",
        quote("/".join(SECRET[at : at + 5] for at in range(0, 40, 5)), safe=""),
        "-".join(SECRET[at : at + 5] for at in range(0, 40, 5)),
        "?".join(SECRET),
    ],
)
def test_a_changed_secret_is_masked(text: str) -> None:
    shown = pieces_of(SECRET).masked(f"'name {text}' is wrong")
    assert shown.startswith("'name ")
    assert shown.endswith("' is wrong")
    assert not any(SECRET[at : at + SIZE].lower() in shown.lower() for at in range(len(SECRET) - SIZE + 1))


@given(st.integers(0, 25), st.integers(12, 15))
def test_each_part_is_found(start: int, size: int) -> None:
    secret = "1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T"
    assert pieces_of(secret).masked(secret[start : start + size]) == "…"


def test_words_are_no_pieces() -> None:
    pieces = pieces_of("github_pat_11AAAAAAA0example", "postgresql1", "https://hooks.slack.com/services/")
    text = "the GitHub packages of postgresql are in hooks.slack.com/services"
    assert pieces.masked(text) == text


@given(st.text())
def test_nothing_is_changed_without_pieces(text: str) -> None:
    assert Pieces().masked(text) == text


@given(st.text(alphabet=SECRET + " -…/", max_size=80))
def test_any_text_is_taken_and_once_is_enough(text: str) -> None:
    pieces = pieces_of(SECRET)
    shown = pieces.masked(text)
    assert pieces.masked(shown) == shown


def test_pieces_of_others() -> None:
    pieces = Pieces()
    pieces.update(pieces_of(SECRET))
    assert pieces.masked(SECRET) == "…"


def test_too_many_pieces_hide_everything_random(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "MOST", 3)
    pieces = pieces_of(SECRET)
    assert pieces.is_full
    other = tokens.random_text("another", 40)
    assert pieces.masked(f"'{other}' is wrong") == "'…' is wrong"


def test_names_are_not_random() -> None:
    text = "HTTPConnectionPool of requests_toolbelt-1.0.0-py2.py3-none-any.whl, cp312, manylinux2014_x86_64"
    assert without_random(text) == text
