"""entry_points.txt, read as Python's configparser reads it, on every Python and for any content."""

from __future__ import annotations

import configparser
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import Wheel, sample_sources
from pkgaudit.rules._shared.entry_points import SCRIPTS, is_name, read_entry_points
from pkgaudit.rules._shared.record import MOST_COMMAS, read_record
from tests.support import audit

LINES = st.lists(
    st.sampled_from(
        [
            "[console_scripts]",
            " [console_scripts]",
            "[gui_scripts] x",
            "[DEFAULT]",
            "[]",
            "[]=x",
            "[a]b]",
            "[a=b",
            "[",
            "a = b",
            "a=c",
            " a = b",
            "  a b = c",
            "\tc",
            "c",
            "a : b",
            "=",
            "= x",
            " = x",
            "# comment",
            " ; comment",
            "a = # value",
            "",
            "  ",
            "\r",
            "\ufeff",
            "\x1c a = b",
            "\u3000x = y",
            "a\u2028b = c",
            "a\rb = c",
            "%(x)s = %",
        ]
    ),
    max_size=8,
)


def reference(text: str) -> set[tuple[str, str]] | None:
    """Return groups and names of scripts as the standard library reads them, None if it rejects the text."""

    class Parser(configparser.ConfigParser):
        optionxform = staticmethod(str)  # type: ignore[assignment]

    parser = Parser(delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return {(group, name) for group in SCRIPTS if group in parser for name in parser[group]}


def ours(text: str) -> set[tuple[str, str]] | None:
    found = read_entry_points(text)
    return None if found.faults else {(group, name) for group, name, _ in found.scripts()}


@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_lines_are_read_as_by_the_standard_library(lines: list[str], end: str) -> None:
    text = end.join(lines)
    assert ours(text) == reference(text)


@given(st.text(st.sampled_from("[]=:#; \t\r\n\x0b\x85\u2028ab.-%DEFAULT"), max_size=40))
def test_text_is_read_as_by_the_standard_library(text: str) -> None:
    assert ours(text) == reference(text)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    assert ours(text) == reference(text)


@pytest.mark.parametrize("name", ["a", "A.b-c_1", "größe", "-", ".", "..", "\u0378"])
def test_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a\\b", "a:b", "a\n", "\u0378 ", "é!", "a\u200bb", "☃"])
def test_no_name(name: str) -> None:
    assert not is_name(name)


def test_long_lines_take_linear_time() -> None:
    start = time.perf_counter()
    read_entry_points("[a]\n" + " " * 1_000_000 + "x\n" + "x" + " " * 1_000_000 + "y\n" + "[" * 1_000_000)
    assert time.perf_counter() - start < 2


def test_many_bad_names_are_twenty_findings(tmp_path: Path) -> None:
    lines = "".join(f"a {number} = sample.core:answer\n" for number in range(1000))
    files = {**sample_sources(), "sample-1.0.dist-info/entry_points.txt": f"[gui_scripts]\n{lines}".encode()}
    found = audit(tmp_path, Wheel(files=files).build(), {"select": ["WH121"]})
    assert len(found) == 20
    assert "(and 980 more names)" in found[-1].message


def test_record_of_too_many_commas_is_not_parsed() -> None:
    record = read_record(b"," * (MOST_COMMAS + 1))
    assert record.fault == f"has more than {MOST_COMMAS:,} commas"
    assert record.index is None
    assert not record.rows
