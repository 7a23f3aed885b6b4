"""Every report counts the Python files that could not be parsed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TextIO

import pytest

from pkgaudit.api import make_distribution
from pkgaudit.finding import Severity, Verdict
from pkgaudit.report import Style, html, json, junit, markdown, sarif, text
from pkgaudit.report.result import Result


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (text.write, "; 3 Python files not parsed\n"),
        (markdown.write, "; 3 Python files not parsed."),
        (html.write, "Python files not parsed"),
        (json.write, '"unparsed": 3'),
        (junit.write, "3 Python files not parsed"),
        (sarif.write, "a-1.0.tar.gz has 3 Python files that could not be parsed"),
    ],
)
def test_unparsed(write: Callable[[Result, TextIO, Style], object], says: str) -> None:
    made = make_distribution("a-1.0.tar.gz")
    assert made is not None
    for count in (0, 3):
        made.unparsed_files = ["a.py"] * count
        stream = io.StringIO()
        write(Result(Verdict.PASS, Severity.ERROR, [made]), stream, Style())
        assert (says in stream.getvalue()) is bool(count)
