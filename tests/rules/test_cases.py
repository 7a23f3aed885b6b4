"""Every rule on its bad packages, at the right place, and on good ones close to them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fixtures.cases import Case, load_cases
from pkgaudit.api import Distribution, Problem
from pkgaudit.rule import Rule
from tests.rules.auditing import findings_of
from tests.support import registry
from tools import make_pages

CASES = load_cases()

REPR = re.compile(r"\b(Exclude|Include|SetField)\(")
"""A remedy that nobody put into words."""


@pytest.mark.parametrize("case", [each for each in CASES if not each.good], ids=lambda case: case.name)
def test_bad(case: Case) -> None:
    findings = findings_of(case)
    (rule,) = [each for each in registry() if case.code in (each.code, each.name)]
    mine = [each for each in findings if case.code in (each.code, each.name)]
    assert sorted(str(each.location) for each in mine) == sorted(case.at)
    severity = case.severity or str(rule.severity)
    assert {str(each.severity) for each in mine} == {severity}
    assert any(case.says in each.message for each in mine)
    assert {each.code for each in findings if each not in mine} <= set(case.also)
    assert not [each.fix for each in mine if each.fix and REPR.search(each.fix)]


@pytest.mark.parametrize("case", [each for each in CASES if each.good], ids=lambda case: case.name)
def test_good(case: Case) -> None:
    findings = [each for each in findings_of(case) if each.code not in case.also]
    assert [f"{each.code} {each.location} {each.message}" for each in findings] == []


MARK = "TODO(rule)"
"""What tools.new_rule writes where something is still to be written."""

SECTIONS = ("Why it matters", "How to fix it", "References")


def missing(rule: Rule) -> list[str]:
    """Return what a rule lacks, a line each."""
    mine = [case for case in CASES if case.code in (rule.code, rule.name)]
    lacks = [
        f"a {'good' if good else 'bad'} case in rules/{family(rule)}/cases/"
        for good in (False, True)
        if not any(case.good is good for case in mine)
    ]
    documentation = rule.documentation
    lacks += [f"a section '## {each}'" for each in SECTIONS if f"\n## {each}\n" not in documentation]
    if "<https://" not in documentation:
        lacks.append("a link to a source under '## References'")
    if not rule.since:
        lacks.append('since="…": the next version of pkgaudit')
    source = inspect.getsource(inspect.unwrap(rule.function))
    lacks += [f"in the rule: {line.strip()}" for line in source.splitlines() if MARK in line]
    for case in mine:
        lines = inspect.getsource(case.build).splitlines()
        lacks += [
            f"in a case: {line.strip()}" for line in lines if MARK in line or line.startswith("def todo_")
        ]
    stored = make_pages.read(make_pages.file_of(rule))["rules"]
    if rule.name not in stored:
        lacks.append(f"its page: python -m tools.make_pages {rule.name}")
    return lacks


def family(rule: Rule) -> str:
    return rule.function.__module__.split(".")[2]


@pytest.mark.parametrize("rule", list(registry()), ids=lambda rule: f"{rule.code}-{rule.name}")
def test_nothing_is_missing(rule: Rule) -> None:
    lacks = missing(rule)
    assert not lacks, "\n".join(["still to be written:", *lacks])


def test_what_is_missing_is_said() -> None:
    rule = next(each for each in registry() if each.name == "tool-cache")

    def unfinished(distribution: Distribution) -> Iterator[Problem]:
        """TODO(rule): what is wrong."""
        yield Problem("x")

    new = replace(rule, code="SF999", name="no-such-rule", function=unfinished, since=None)
    unfinished.__module__ = rule.function.__module__
    assert missing(new) == [
        "a bad case in rules/stray/cases/",
        "a good case in rules/stray/cases/",
        "a section '## Why it matters'",
        "a section '## How to fix it'",
        "a section '## References'",
        "a link to a source under '## References'",
        'since="…": the next version of pkgaudit',
        'in the rule: """TODO(rule): what is wrong."""',
        "its page: python -m tools.make_pages no-such-rule",
    ]


def normalized(value: Any) -> Any:
    """Return what stays the same whatever the day, the Python and the compressor: no numbers, no digests."""
    if isinstance(value, dict):
        return {key: normalized(each) for key, each in value.items()}
    if isinstance(value, list):
        return [normalized(each) for each in value]
    if isinstance(value, str):
        # Python says itself what it cannot compile, and libraries what they cannot read.
        value = re.sub(r"(cannot compile '[^']*'|is not TOML|does not render): [^;:]*", r"\1", value)
        return re.sub(r"\b[0-9a-f]{8,}\b|\d[\d,.]*", "0", value)
    return value


@pytest.mark.once
# zipfile warns of the names that some cases have twice.
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("rule", list(registry()), ids=lambda rule: f"{rule.code}-{rule.name}")
def test_page_is_what_the_script_writes(rule: Rule) -> None:
    (made,) = make_pages.make([rule]).values()
    stored = make_pages.read(make_pages.file_of(rule))["rules"][rule.name]
    assert normalized(made) == normalized(stored), f"run: python -m tools.make_pages {rule.name}"
