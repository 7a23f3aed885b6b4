"""PyPI's verdict, row by row: what it refuses is an error that says so, what it takes is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import acceptance
from fixtures.acceptance import ACCEPTED, REFUSED, Accepted, Refused
from pkgaudit.finding import Severity
from tests.support import audit

acceptance.load()

PROFILE = {"profile": "pypi"}


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
