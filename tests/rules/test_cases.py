"""Every rule on its bad packages, at the right place, and on good ones close to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.cases import Case, load_cases
from pkgaudit.rule import Rule
from tests.support import audit, registry

CASES = load_cases()


@pytest.mark.parametrize("case", [each for each in CASES if not each.good], ids=lambda case: case.name)
def test_bad(case: Case, tmp_path: Path) -> None:
    findings = audit(tmp_path, case.builds(), case.config, case.tracked)
    (rule, *_) = registry().find(case.code)
    mine = [each for each in findings if case.code in (each.code, each.name)]
    assert sorted(str(each.location) for each in mine) == sorted(case.at)
    severity = case.severity or str(rule.severity)
    assert {str(each.severity) for each in mine} == {severity}
    assert any(case.says in each.message for each in mine)
    assert {each.code for each in findings if each not in mine} <= set(case.also)


@pytest.mark.parametrize("case", [each for each in CASES if each.good], ids=lambda case: case.name)
def test_good(case: Case, tmp_path: Path) -> None:
    findings = audit(tmp_path, case.builds(), case.config, case.tracked)
    assert [f"{each.code} {each.location} {each.message}" for each in findings] == []


@pytest.mark.parametrize("rule", list(registry()), ids=lambda rule: f"{rule.code}-{rule.name}")
class TestEveryRule:
    def test_has_cases(self, rule: Rule) -> None:
        is_alone = len(registry().find(rule.code)) == 1
        names = {rule.name, rule.code} if is_alone else {rule.name}
        assert {case.good for case in CASES if case.code in names} == {True, False}

    def test_has_documentation(self, rule: Rule) -> None:
        assert rule.summary
        for heading in ("## Why it matters", "## How to fix it", "## References"):
            assert f"\n{heading}\n" in rule.documentation, heading
        assert "<https://" in rule.documentation
