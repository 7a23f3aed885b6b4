"""The readme: agreement with the renderer of the index, and what is done with texts that it cannot take."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readme_renderer.rst import render

from pkgaudit.api import CoreMetadata
from pkgaudit.rules._readme import MAX_LENGTH, content_type_fault, readme_of, rendering_faults
from tests.rules.test_metadata import problems

PIECES = [
    "Title\n=====\n",
    "Title\n==\n",
    "Short\n====\n",
    "text\n",
    "\n",
    "  indented\n",
    "* item\n",
    "*a\n",
    "`b\n",
    "|c|\n",
    ":role:`x`\n",
    ".. comment\n",
    ".. note::\n",
    ".. code-block:: no-such\n\n   x\n",
    ".. image:: x.png\n   :scale: 50 %\n",
    ".. raw:: html\n\n   <b>\n",
    "`a <https://python.org>`_\n",
    "a_\n",
    ".. _a: https://python.org\n",
    "+-+\n|a|\n+-+\n",
    "::\n",
    "====\n",
]

HEAD = b"Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_verdict_is_that_of_the_index(text: str) -> None:
    faults = rendering_faults(text)
    assert faults is not None
    assert bool(faults) == (render(text) is None)


@pytest.mark.parametrize(
    ("text", "line"),
    [("x\n\n.. foo::\n", 3), ("Title\n=====\n\nx\n\nTitle two\n====\n", 7), ("a\n\nb :foo:`x`\n", 3)],
)
def test_line_is_that_of_the_fault(text: str, line: int) -> None:
    faults = rendering_faults(text)
    assert faults
    assert faults[0][0] == line


def test_configuration_of_docutils_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docutils.conf").write_text("[general]\nfile_insertion_enabled: yes\nraw_enabled: yes\n")
    monkeypatch.chdir(tmp_path)
    assert rendering_faults("configured\n\n.. raw:: html\n\n   <b>x</b>\n")


def test_text_too_long_is_an_info() -> None:
    found = problems(HEAD + b"Description-Content-Type: text/x-rst\n\n" + b"x\n" * MAX_LENGTH)
    (problem,) = found["RM101"]
    assert "too long" in problem.message


def test_many_faults_are_cut_short() -> None:
    faults = rendering_faults("*a\n\n" * 5000)
    assert faults
    assert len(faults) < 50


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_begins_behind_the_blank_line(end: str) -> None:
    readme = readme_of(CoreMetadata("PKG-INFO", f"Name: a{end}Summary: b{end} c{end}{end}text{end}".encode()))
    assert readme
    assert (readme.text, readme.line) == (f"text{end}", 5)


@pytest.mark.parametrize(
    "value", ["text/markdown", "text/x-rst; charset=UTF-8", 'TEXT/PLAIN; charset="UTF-8"']
)
def test_valid_content_type(value: str) -> None:
    assert content_type_fault(value) is None


@pytest.mark.parametrize(
    "value", ["rst", "text/html", "text/x-rst; charset=ascii", "text/plain\n;a=b", "/", ";"]
)
def test_invalid_content_type(value: str) -> None:
    assert content_type_fault(value)


@settings(deadline=None)
@given(st.text())
def test_any_content_type(value: str) -> None:
    content_type_fault(value)
