"""The canonical form of a configuration: equal if two audits judge alike, and different otherwise."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.config.config import Config, parse_config
from pkgaudit.config.table import ConfigError
from pkgaudit.model.handover import Handover
from pkgaudit.model.tries import Tries
from tests.support import registry

PAST = datetime.date(2001, 1, 1)


def digest(table: dict[str, Any], source: str = "pyproject.toml") -> str:
    return parse_config(table, source).digest(registry())


def test_it_is_json_and_the_defaults_are_written_out() -> None:
    made = json.loads(Config().canonical(registry()))
    assert made["fail-on"] == "error"
    assert made["limits"]["ratio"] == 50
    rules = Config().selected(registry())
    assert set(made["rules"]) == {rule.name for rule in rules if rule.subject not in (Handover, Tries)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"cache": True}),
        ({}, {"fail-on": "error", "profile": "default"}),
        ({"select": ["SE"]}, {"select": ["SE1", "SE2"]}),
        ({"ignore": ["SF"]}, {"ignore": [{"rules": ["SF"], "reason": "they are wanted"}]}),
        ({}, {"per-file-ignores": {"*.md": [{"rules": "SE", "until": PAST}]}}),
        (
            {"per-file-ignores": {"a": ["SE", "SF"], "b": ["SE"]}},
            {"per-file-ignores": {"b": ["SE"], "a": ["SF", "SE"]}},
        ),
        ({}, {"gate": {"repositories": ["pypi"]}}),
        ({}, {"ignore": ["GT107"]}),
    ],
)
def test_settings_with_the_same_effect(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest(one) == digest(other, "another/pkgaudit.toml")


@pytest.mark.parametrize(
    "table",
    [
        {"select": ["SE"]},
        {"ignore": ["SE101"]},
        {"severity": {"SE101": "warning"}},
        {"fail-on": "warning"},
        {"profile": "private"},
        {"pedantic": True},
        {"inline-ignores": False},
        {"per-file-ignores": {"*.md": ["SE"]}},
        {"per-distribution-ignores": {"*.whl": ["SE"]}},
        {"limits": {"ratio": 60}},
        {"allow": ["0123456789ab"]},
        {"secrets": {"level": "fast"}},
        {"against": ["old"]},
        {"gate": {"publisher": "github:owner/name/release.yml"}},
    ],
)
def test_settings_with_another_effect(table: dict[str, Any]) -> None:
    assert digest(table) != digest({})


def test_of_a_baseline_only_the_content_counts(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for path in (one, other):
        path.write_text("{}")
    made = [replace(Config(), baseline=(path,)).digest(registry()) for path in (one, other)]
    assert made[0] == made[1] != Config().digest(registry())
    other.write_text("{ }")
    assert replace(Config(), baseline=(other,)).digest(registry()) != made[0]
    other.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        replace(Config(), baseline=(other,)).digest(registry())
