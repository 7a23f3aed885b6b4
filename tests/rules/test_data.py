"""The values that findings carry for programs: documented, bounded, and there where a message names some."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from fixtures.cases import load_cases
from pkgaudit.collector import LONGEST_VALUE, MOST_VALUES, Collector
from pkgaudit.config.config import parse_config
from pkgaudit.finding import Problem, Value
from pkgaudit.plan import Plan
from pkgaudit.rule import Rule
from tests.rules.auditing import findings_of
from tests.support import registry

FAMILIES = (
    "archive",
    "behaviour",
    "config",
    "dependencies",
    "filenames",
    "licenses",
    "metadata",
    "native",
    "readme",
    "record",
    "release",
    "sdist",
    "secrets",
    "stray",
    "traces",
    "wheel",
)
"""Families whose rules must give data where their messages name values."""

WITHOUT: dict[str, str] = {}
"""Rules, by name, whose messages name values and that give none, each with the reason."""

DOCUMENT = Path(__file__).parents[2] / "docs/json.md"

NAMES_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\d")
"""What a message has that names a value: a text in quotes or a number."""


def documented_keys(text: str) -> dict[str, set[str]]:
    """Return the keys in the table of the chapter on data, each with the types that it may have."""
    chapter = text.partition("\n## Keys of data\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", chapter, re.MULTILINE)
    return {key: set(types.split(" or ")) for key, types in rows}


KEYS = documented_keys(DOCUMENT.read_text("utf-8"))


def type_of(value: object) -> str:
    """Return the type of a value in the words of the table."""
    if isinstance(value, list) and len({type(each) for each in value}) < 2:
        return "list of texts" if all(isinstance(each, str) for each in value) else "list of numbers"
    names: dict[type, str] = {
        str: "text",
        bool: "truth value",
        int: "number",
        float: "number",
        type(None): "null",
    }
    return names.get(type(value), "other")


def faults_of(data: Mapping[str, Value]) -> list[str]:
    """Return what is wrong with the data of a finding."""
    faults = []
    for key, value in data.items():
        if key not in KEYS:
            faults.append(f"{key} is not documented")
        elif value is None and "text" in KEYS[key]:
            continue  # a text that is masked
        elif type_of(value) not in KEYS[key]:
            faults.append(f"{key} is documented with another type than {type_of(value)}")
        texts = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
        if len(texts) > MOST_VALUES or any(len(each) > LONGEST_VALUE for each in texts):
            faults.append(f"{key} is too long")
    json.dumps(dict(data), allow_nan=False)
    return faults


@pytest.mark.parametrize("rule", list(registry()), ids=lambda rule: f"{rule.code}-{rule.name}")
def test_data(rule: Rule) -> None:
    cases = [each for each in load_cases() if not each.good and each.code in (rule.code, rule.name)]
    found = [finding for each in cases for finding in findings_of(each)]
    assert {fault for each in found for fault in faults_of(each.data)} == set()
    names_values = any(NAMES_VALUE.search(each.message) for each in found if each.name == rule.name)
    has_data = any(each.data for each in found if each.name == rule.name)
    family = rule.function.__module__.split(".")[2]
    if family in FAMILIES and names_values:
        assert has_data is (rule.name not in WITHOUT)


def test_reads_the_keys() -> None:
    table = "| key | type |\n| --- | --- |\n| `a` | text or number | b |\n"
    text = f"\n## Keys of data\n\n{table}\n## More\n\n| `c` | text | d |\n"
    assert documented_keys(text) == {"a": {"text", "number"}}


@pytest.mark.parametrize(
    "data",
    [
        {"unknown": "x"},
        {"path": 1},
        {"count": None},
        {"path": ["x"]},
        {"paths": "x"},
        {"paths": [1]},
        {"count": True},
        {"path": "x" * (LONGEST_VALUE + 1)},
        {"paths": ["x"] * (MOST_VALUES + 1)},
    ],
)
def test_finds_faults(data: dict[str, Value]) -> None:
    assert len(faults_of(data)) == 1


def test_is_bounded(tmp_path: Path) -> None:
    """A value is cut with a mark, by which a token that is cut in two is recognized."""
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    plan = Plan.make(registry(), parse_config({}, "test"))
    collector = Collector("dist/x.whl", plan)
    rule = next(iter(registry()))
    data: dict[str, Value] = {
        "value": " " * (LONGEST_VALUE - 20) + token,
        "names": [f"n{number}" for number in range(2 * MOST_VALUES)],
        "count": 10**6,
        "path": "x" * 100_000,
    }
    bounded = collector._redact_data(Problem("x", data=data), rule, False)
    assert token[:18] not in str(bounded["value"])
    assert faults_of(bounded) == []
    assert bounded["names"] == data["names"][:MOST_VALUES]  # type: ignore[index]
    assert bounded["count"] == data["count"]
    assert str(bounded["path"]).endswith("x…")
