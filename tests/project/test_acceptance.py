"""PyPI's verdict, row by row: what it refuses is an error that says so, what it takes is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import acceptance
from fixtures.acceptance import ACCEPTED, REFUSED, Accepted, Outcome, Refused
from pkgaudit.finding import Severity
from tests.support import audit

acceptance.load()

PROFILE = {"profile": "pypi"}


def rows(letter: str, *ranges: tuple[int, int]) -> set[str]:
    return {f"{letter}{number:02}" for first, last in ranges for number in range(first, last + 1)}


ROWS = {
    *rows("N", (1, 16)),  # file names
    "T01",  # platform tags
    *rows("M", (1, 18), (20, 34)),  # core metadata and readme
    "P01",
    "P02",  # names of new projects
    *rows("A", (10, 15)),  # archives of both kinds
    *rows("Z", (1, 2), (10, 34), (40, 43)),  # zips
    *rows("W", (1, 6)),
    *rows("S", (1, 5)),
    *rows("E", (1, 9)),  # server errors
    "R12",  # RECORD, announced
    "10",
    "13",  # what differs between readers and passes, in tars and in zips
    "unsent",  # what uploaders refuse
}
"""What there must be a file for. The size limit (A01) has its test in tests/rules/data/test_data.py, as such
a file is too large to be made for each; what a file cannot be wrong in (owners, other releases) has none."""


def test_every_row_has_a_file() -> None:
    assert {case.row for case in REFUSED} == ROWS
    assert {case.outcome for case in REFUSED} == set(Outcome)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Refused, tmp_path: Path) -> None:
    findings = audit(tmp_path, case.build(), PROFILE)
    mine = [each for each in findings if each.code == case.code and each.severity is Severity.ERROR]
    assert mine, [f"{each.code} {each.message}" for each in findings]
    said = [each for each in mine if case.outcome.value in each.message and case.says in each.message]
    assert said, [each.message for each in mine]
    assert all(each.fix for each in said)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_accepted(case: Accepted, tmp_path: Path) -> None:
    findings = audit(tmp_path, case.build(), PROFILE)
    assert [f"{each.code} {each.message}" for each in findings if each.severity is Severity.ERROR] == []
