"""The reports on a store, in all formats."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("pyarrow", reason="the extra 'sweep' is not installed")

from pkgaudit.cli.sweep import command
from pkgaudit.sweep.row import ERROR, FAIL, Row
from tests.sweep.test_store import row, sweep

SCHEMAS = Path(__file__).parents[2] / "pkgaudit/sweep"

BEFORE = [row(0, FAIL, ("MD101", "RM101")), row(1), row(2, FAIL, ("MD101",)), row(4), row(8)]
NOW = [
    row(0, FAIL, ("MD101", "RM101")),
    replace(row(1, FAIL, ("SE101",)), rules="r2"),
    row(2, FAIL, ("MD101",)),
    replace(row(3, ERROR), failures=["could not be audited: the server answered 404"]),
    row(4),
]


@pytest.fixture
def store(tmp_path: Path) -> str:
    sweep(tmp_path / "s", BEFORE)
    later = [replace(each, rules="r2") for each in NOW]
    sweep(tmp_path / "s", later, rules="r2")
    with sqlite3.connect(tmp_path / "s/sweep.sqlite") as database:
        database.execute("UPDATE runs SET started = '2026-01-01T00:00:00Z' WHERE number = 1")
        database.execute("UPDATE runs SET started = '2026-01-03T00:00:00Z' WHERE number = 2")
    database.close()
    return str(tmp_path / "s")


def invoke(*given: str) -> Result:
    return CliRunner().invoke(command, given, standalone_mode=False, catch_exceptions=False)


def checked(values: Any, name: str) -> Any:
    """Return values that follow a published schema."""
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing")
    schemas = {each.name: json.loads(each.read_text("utf-8")) for each in SCHEMAS.glob("*.schema.json")}
    registry = referencing.Registry().with_contents(schemas.items())
    jsonschema.Draft202012Validator(schemas[name], registry=registry).validate(values)
    return values


def test_the_text_has_the_worst_projects_and_rules_by_count(store: str) -> None:
    said = invoke("report", store).output.splitlines()
    assert said[0] == "index: last run 2026-01-03T00:00:00Z, complete"
    assert said[1] == (
        "5 files of 2 projects (510 bytes): 1 pass, 3 fail, 1 without a verdict; 4 errors, 0 warnings, 0 info"
    )
    assert [line.split() for line in said if line.startswith("p0 ")] == [["p0", "4", "3", "1", "4", "0", "0"]]
    assert [line.split() for line in said if line.split()[1:2] == ["error"]] == [
        ["MD101", "error", "2", "2", "1"],
        ["RM101", "error", "1", "1", "1"],
        ["SE101", "error", "1", "1", "1"],
    ]
    assert said[-4:] == [
        "since the run before:",
        "+ p0-1.3-py3-none-any.whl: error",
        "~ p0-1.1-py3-none-any.whl: pass -> fail; new: SE101",
        "- p2-1.0-py3-none-any.whl: pass -> gone",
    ]


def test_a_report_has_no_more_than_the_user_wants(store: str) -> None:
    values = json.loads(invoke("report", store, "--format", "json", "--top", "1").output)
    assert len(values["projects"]) == 1
    assert values["since_last_run"]["counts"] == {"new": 1, "changed": 1, "gone": 1}


@pytest.mark.parametrize("project", [(), ("--project", "P0")])
def test_json_follows_its_schema(store: str, project: tuple[str, ...]) -> None:
    values = checked(
        json.loads(invoke("report", store, "--format", "json", *project).output), "report.schema.json"
    )
    assert values["totals"]["failed"] == 3
    assert values["rules"][0] == {
        "code": "MD101",
        "severity": "error",
        "findings": 2,
        "files": 2,
        "projects": 1,
    }
    assert [each["file"] for each in values.get("files", ())] == [
        each.file for each in NOW if project and each.project == "p0"
    ]


def test_json_lines_are_the_rows(store: str) -> None:
    lines = invoke("report", store, "--format", "jsonl").output.splitlines()
    rows = [checked(json.loads(each), "row.schema.json") for each in lines]
    assert sorted((Row.parse(each) for each in rows), key=lambda each: each.file) == [
        replace(each, rules="r2") for each in NOW
    ]


def test_the_columns_of_the_dataset_are_those_of_the_schema(store: str) -> None:
    import pyarrow.parquet as parquet

    (part,) = (Path(store) / "parts").iterdir()
    schema = json.loads((SCHEMAS / "row.schema.json").read_text("utf-8"))
    assert parquet.read_schema(part).names == [*schema["properties"]]


def test_sarif_has_the_findings_and_the_failures(store: str) -> None:
    (run,) = json.loads(invoke("report", store, "--format", "sarif").output)["runs"]
    assert sorted(each["ruleId"] for each in run["results"]) == ["MD101", "MD101", "RM101", "SE101"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "p0-1.0-py3-none-any.whl/a"},
        "region": {"startLine": 1},
    }
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "could not be audited: the server answered 404" in note["message"]["text"]
    assert run["invocations"][0]["executionSuccessful"] is False


def test_the_page_escapes_everything_and_runs_nothing(tmp_path: Path) -> None:
    sign = "<script>alert(1)</script>"
    bad = row(0, FAIL, ("MD101",))
    bad.findings[0].update(message=sign, member=sign)
    sweep(tmp_path / "s", [replace(bad, failures=[sign], location=sign)])
    for project in ((), ("--project", "p0")):
        page = invoke("report", str(tmp_path / "s"), "--format", "html", *project).output
        assert "<script" not in page
        assert ("&lt;script&gt;" in page) is bool(project)
        assert "script-src &#x27;none&#x27;" in page
        assert 'scope="col"' in page
        assert '<html lang="en">' in page


def test_a_page_of_many_files_stays_light(tmp_path: Path) -> None:
    sweep(tmp_path / "s", [row(number, FAIL, ("MD101",)) for number in range(2_000)])
    page = invoke("report", str(tmp_path / "s"), "--format", "html").output
    assert len(page) < 60_000


def test_a_project_that_the_store_does_not_have(store: str) -> None:
    from pkgaudit.sweep.store import StoreError

    with pytest.raises(StoreError, match="has no file of the project 'other'"):
        invoke("report", store, "--project", "other")


def test_a_difference_joins_the_runs_since_a_day(store: str) -> None:
    values = checked(
        json.loads(invoke("diff", store, "--since", "2026-01-02", "--format", "json").output),
        "report.schema.json",
    )["changes"]
    assert [(each["file"], each["gained"]) for each in values["changed"]] == [(NOW[1].file, ["SE101"])]
    assert values["counts"] == {"new": 1, "changed": 1, "gone": 1}
    everything = json.loads(invoke("diff", store, "--since", "2026-01-01", "--format", "json").output)[
        "changes"
    ]
    # The file of p2 came and went in this time.
    assert everything["counts"] == {"new": 5, "changed": 0, "gone": 0}
    assert invoke("diff", store, "--since", "2026-01-04").output == ""


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (("report",), 0),
        (("report", "--fail-on", "error"), 1),
        (("report", "--fail-on", "error", "--project", "p1"), 0),
        (("diff", "--since", "2026-01-02"), 0),
        (("diff", "--since", "2026-01-02", "--fail-on", "warning"), 1),
        (("diff", "--since", "2026-01-04", "--fail-on", "info"), 0),
    ],
)
def test_the_status_is_for_alerts(store: str, given: tuple[str, ...], status: int) -> None:
    name, *options = given
    assert invoke(name, store, *options).return_value == status


def test_a_report_is_written_to_a_file(store: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert invoke("report", store, "--format", "html", "-o", str(path)).output == ""
    assert path.read_text("ascii").startswith("<!DOCTYPE html>")
