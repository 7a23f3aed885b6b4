"""Every rule on its bad packages, at the right place, and on good ones close to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.cases import Case, load_cases
from pkgaudit.rule import Rule
from tests.support import audit, registry

CASES = load_cases()

REPR = re.compile(r"\b(Exclude|Include|SetField)\(")
"""A remedy that nobody put into words."""


@pytest.mark.parametrize("case", [each for each in CASES if not each.good], ids=lambda case: case.name)
def test_bad(case: Case, tmp_path: Path) -> None:
    findings = audit(tmp_path, case.builds(), case.config, case.tracked)
    (rule,) = [each for each in registry() if case.code in (each.code, each.name)]
    mine = [each for each in findings if case.code in (each.code, each.name)]
    assert sorted(str(each.location) for each in mine) == sorted(case.at)
    severity = case.severity or str(rule.severity)
    assert {str(each.severity) for each in mine} == {severity}
    assert any(case.says in each.message for each in mine)
    assert {each.code for each in findings if each not in mine} <= set(case.also)
    assert not [each.fix for each in mine if each.fix and REPR.search(each.fix)]


@pytest.mark.parametrize("case", [each for each in CASES if each.good], ids=lambda case: case.name)
def test_good(case: Case, tmp_path: Path) -> None:
    findings = audit(tmp_path, case.builds(), case.config, case.tracked)
    assert [f"{each.code} {each.location} {each.message}" for each in findings] == []


@pytest.mark.parametrize("rule", list(registry()), ids=lambda rule: f"{rule.code}-{rule.name}")
class TestEveryRule:
    def test_has_cases(self, rule: Rule) -> None:
        mine = [case for case in CASES if case.code in (rule.code, rule.name)]
        assert {case.good for case in mine} == {True, False}

    def test_has_documentation(self, rule: Rule) -> None:
        assert rule.summary
        for heading in ("## Why it matters", "## How to fix it", "## References"):
            assert f"\n{heading}\n" in rule.documentation, heading
        assert "<https://" in rule.documentation
