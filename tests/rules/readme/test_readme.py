"""The readme: agreement with the renderer of the index, and what is done with texts that it cannot take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readme_renderer.rst import SETTINGS, render

from pkgaudit.api import CoreMetadata, SetField, Severity
from pkgaudit.readme.rst import MAX_LENGTH, OF_INDEX, rendered, rendering_faults
from pkgaudit.rules._shared.strict_metadata import invalid, is_direct_reference
from pkgaudit.rules.readme.rendered import content_type_fault, readme_of
from pkgaudit.rules.readme.signs import signs_of
from pkgaudit.rules.sdist.pyproject_file import _parse
from tests.rules.metadata.test_core import problems

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
    with patch.dict(SETTINGS, OF_INDEX):
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


def test_text_too_long_is_a_warning() -> None:
    found = problems(HEAD + b"Description-Content-Type: text/x-rst\n\n" + b"x\n" * MAX_LENGTH)
    (problem,) = found["RM101"]
    assert "more than 262,144" in problem.message
    assert problem.severity is Severity.WARNING


BOMB = "".join(f".. |a{each}| replace:: |a{each + 1}| |a{each + 1}|\n" for each in range(60))


@pytest.mark.parametrize(
    "text",
    [
        f"{BOMB}.. |a60| replace:: b\n\n|a0|\n",
        f".. |a| replace:: {'*a* ' * 2000}\n\n{'|a| ' * 2000}\n",
        "".join(f".. _a{each}:\n" for each in range(20_000)) + "\ntext\n",
        ".. __:\n" * 20_000 + "\ntext\n",
        ".. class:: a\n\n" * 15_000 + "text\n",
        "a\n  b\n" * 40_000,
        ".. contents:: a\n\n" * 100 + "".join(f"a{each:05}\n======\n\n" for each in range(500)),
    ],
    ids=[
        *("nested substitutions", "large substitution", "chain", "nameless chain", "classes", "long list"),
        "lists of contents",
    ],
)
def test_text_that_takes_too_long_is_a_warning(text: str) -> None:
    found = problems(HEAD + b"Description-Content-Type: text/x-rst\n\n" + text.encode())
    (problem,) = found["RM101"]
    assert "would take too long" in problem.message
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("docutils.core.publish_parts", lambda: rendering_faults("too little memory")),
        ("email.message.EmailMessage.__setitem__", lambda: content_type_fault("text/plain")),
        ("packaging.requirements.Requirement.__init__", lambda: invalid("requires-dist", "a")),
        ("packaging.requirements.Requirement.__init__", lambda: is_direct_reference("a @ https://b.c")),
        ("tomli.loads", lambda: _parse("a = 1")),
    ],
)
def test_too_little_memory_is_no_answer(
    name: str, call: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise MemoryError

    rendered.cache_clear()
    monkeypatch.setattr(name, fail)
    with pytest.raises(MemoryError):
        call()


def test_fault_found_before_it_takes_too_long_is_one() -> None:
    faults = rendering_faults("*a\n\n" + "a\n  b\n" * 40_000)
    assert faults
    assert faults[0][0] == 1


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"Description: sample\n        =====\n        .. foo::\n", 5),
        (b"Description:\n        |sample\n        |\n        |.. foo:: x\n        |`x\n", 5),
        (b"Description:\n\tsample\n\t\n\t.. foo::\n", 7),
        (b"Description: sample\n        \n        .. foo::\n", 6),
    ],
    ids=["behind the name", "with bars", "below the name", "after a blank line"],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_of_a_fault_in_the_header(head: bytes, line: int, end: bytes) -> None:
    data = (HEAD + head).replace(b"\n", end)
    (problem,) = problems(data)["RM101"]
    assert problem.location.line == line


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("odd", ["", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_line_of_a_fault_below_the_header(odd: str, end: str) -> None:
    text = f"\na{odd}b\n\n{odd}\nc\n\n.. foo::\n".replace("\n", end)
    (problem,) = problems(HEAD + f"Description-Content-Type: text/x-rst{end}{end}{text}".encode())["RM101"]
    assert problem.location.line == HEAD.count(b"\n") + 2 + 7


def test_markdown_is_told_by_its_look() -> None:
    (problem,) = problems(HEAD + b"\n# a\n\n```\n*x\n```\n\n`\n")["RM101"]
    assert isinstance(problem.fix, SetField)
    assert problem.fix.first.endswith("text/markdown, because the readme looks like Markdown")


TYPED = HEAD + b"Description-Content-Type: text/x-rst\n\n"


def fix_of(body: bytes) -> SetField:
    (problem,) = problems(TYPED + body)["RM101"]
    assert isinstance(problem.fix, SetField)
    return problem.fix


def test_content_type_of_mistyped_markdown() -> None:
    fix = fix_of(b"# a\n\n```\n*x\n```\n\n`\n")
    assert fix.field == "Description-Content-Type"
    assert "set the content type of the readme to text/markdown, because the readme looks like" in fix.first


def test_content_type_of_broken_restructuredtext() -> None:
    fix = fix_of(b"a\n===\n\n# a comment in a text\n\n.. foo::\n")
    assert (fix.field, fix.first) == ("Description", "fix line 6 of the readme")


def test_titles_need_a_text() -> None:
    assert fix_of(b"a\n===\n").first == "write a paragraph below the title of the readme"


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


def test_signs_of_the_readme_of_a_release_are_searched_for_once() -> None:
    text = "# Title\n\n[a](b.md)\n"
    signs = signs_of(text)
    assert signs.is_markdown
    assert signs_of(text[:]) is signs
