"""JSON Lines against their schema, and as they come."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.finding import Failure
from pkgaudit.inputs.paths import Skipped
from pkgaudit.report.jsonl import Lines
from pkgaudit.report.result import Style
from tests.programs import need
from tests.report.consumers import Recorder, record
from tests.report.findings import finding, result
from tests.support import run


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((files("pkgaudit.report") / "jsonl.schema.json").read_text("utf-8"))
    made = need("jsonschema").Draft202012Validator
    made.check_schema(schema)
    return made(schema)


def read(text: str, validator: Any) -> list[Any]:
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        validator.validate(line)
    return lines


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    wheel, sdist = Wheel(), Sdist()
    for made in (wheel, sdist):
        made.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    paths = [wheel.build().write(tmp_path), sdist.build().write(tmp_path)]
    Path("notes.txt").write_text("")
    return record(*paths, "notes.txt", "gone.whl")


def test_lines(recorded: Recorder, validator: Any) -> None:
    lines = read(recorded.text("jsonl"), validator)
    kinds = [each["type"] for each in lines]
    assert kinds[0] == "audit"
    assert kinds[-1] == "verdict"
    assert kinds[1:5] == ["distribution", "finding", "distribution", "finding"]
    assert sorted(kinds[5:-1]) == ["error", "finding", "skipped"]
    assert lines[0]["tool"]["name"] == "pkgaudit"
    assert lines[-1]["verdict"] == "fail"
    assert lines[-1]["counts"] == {"error": 2, "warning": 1, "info": 0}


def test_they_say_what_the_json_report_says(recorded: Recorder, validator: Any) -> None:
    """Except for the remedies of wheels, for which the report knows the settings in the sdist."""
    report = json.loads(recorded.text("json"))
    lines = read(recorded.text("jsonl"), validator)
    for each in (*report["findings"], *lines):
        if "fix" in each and str(each["distribution"]).endswith(".whl"):
            each["fix"] = None
    for kind, key in (("distribution", "distributions"), ("finding", "findings"), ("error", "errors")):
        told = [{key: each[key] for key in each if key != "type"} for each in lines if each["type"] == kind]
        known = [{key: each[key] for key in told[0]} for each in report[key]]
        assert sorted(map(json.dumps, told)) == sorted(map(json.dumps, known))


def test_a_distribution_is_told_when_it_is_done(validator: Any) -> None:
    class Stream(io.StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    stream = Stream()
    lines = Lines(stream, Style())
    lines.audited(None, [finding(1)], [Failure("broken", "x.whl")])
    assert [each["type"] for each in read(stream.flushed, validator)] == ["audit", "finding", "error"]
    lines.audited(None, [finding(2)], [])
    assert len(stream.flushed.splitlines()) == 4
    made = result(finding(1), finding(2), failures=[Failure("broken", "x.whl"), Failure("gone", "y.whl")])
    made.skipped = [Skipped("z.txt", "not a distribution")]
    lines.finish(made)
    rest = read(stream.flushed, validator)[4:]
    assert [each.get("message", each["type"]) for each in rest] == ["gone", "skipped", "verdict"]


def test_nothing_was_audited(validator: Any, tmp_path: Path) -> None:
    done = run(tmp_path / "gone.whl", "--no-config", "--format", "jsonl")
    assert done.exit_code == 2
    assert [each["type"] for each in read(done.stdout, validator)] == ["audit", "error", "verdict"]
