"""The code quality report, against what GitLab asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from pkgaudit.finding import Failure, Location, Severity
from pkgaudit.report.gitlab import document
from tests.programs import need
from tests.report.consumers import record
from tests.report.findings import InRepository, finding, result

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1, "pattern": r"^[^\r\n]+$"},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^[^/]"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""The table of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""


def checked(entries: Any) -> Any:
    need("jsonschema").validate(entries, SCHEMA)
    prints = [each["fingerprint"] for each in entries]
    assert len(set(prints)) == len(prints)
    return entries


def test_an_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wheel = Wheel()
    wheel.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    recorded = record(wheel.build().write(tmp_path), "gone.whl")
    failure, env = checked(json.loads(recorded.text("gitlab")))
    assert failure["severity"] == "blocker"
    assert failure["location"]["path"] == "gone.whl"
    assert (env["check_name"], env["severity"]) == ("SF102 environment-file", "critical")
    assert env["location"] == {"path": "sample-1.0-py3-none-any.whl", "lines": {"begin": 1}}
    assert env["description"].endswith("[sample/.env:1]")


def test_in_a_repository() -> None:
    made = result(finding(location=Location("x.py", 7)), sources=InRepository())
    [entry] = checked(document(made))
    assert entry["location"] == {"path": "src/x.py", "lines": {"begin": 7}}
    assert entry["description"] == "problem 0 [dist/x.whl: x.py:7]"


def test_severities() -> None:
    levels = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    entries = checked(document(result(*(finding(int(level), severity=level) for level in levels))))
    assert [each["severity"] for each in entries] == ["critical", "major", "info"]


def test_what_is_found_twice_is_shown_twice() -> None:
    entries = checked(document(result(finding(1), finding(1), finding(1))))
    assert entries[0]["fingerprint"] == finding(1).fingerprint
    assert len(entries) == 3


def test_failures_without_a_file() -> None:
    entries = checked(document(result(failures=[Failure("a\nb"), Failure("c", "x.whl", "m", "SE101")])))
    assert [each["location"]["path"] for each in entries] == [".", "x.whl"]
