"""The JSON report against its schema."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.finding import Location
from pkgaudit.report.json import document
from tests.marks import digest
from tests.marks import marks as marks
from tests.programs import need
from tests.report.findings import InRepository, finding, result
from tests.support import run


@pytest.fixture(scope="module")
def schema() -> Any:
    found = json.loads((files("pkgaudit.report") / "report.schema.json").read_text("utf-8"))
    need("jsonschema").Draft202012Validator.check_schema(found)
    return found


def report(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--no-config", "--format", "json").stdout)


def test_pass(tmp_path: Path, schema: Any) -> None:
    found = report(Wheel().build().write(tmp_path), Sdist().build().write(tmp_path))
    need("jsonschema").validate(found, schema)
    assert found["verdict"] == "pass"
    wheel, sdist = found["distributions"]
    assert (wheel["kind"], wheel["name"], wheel["version"], wheel["files"]) == ("wheel", "sample", "1.0", 7)
    assert (sdist["kind"], sdist["files"]) == ("sdist", 7)
    assert found["findings"] == found["errors"] == found["skipped"] == []


def test_everything_at_once(tmp_path: Path, schema: Any) -> None:
    wheel = Wheel()
    wheel.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    wheel.files["sample/sub/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    path = wheel.build().write(tmp_path)
    beside = tmp_path / f"{path.name}.asc"
    beside.write_text("x")
    egg = tmp_path / "old-1.0-py3.8.egg"
    egg.write_bytes(b"x")
    found = report(path, beside, egg, "none.whl", "--per-file-ignores", "sub/=SF102")
    need("jsonschema").validate(found, schema)
    assert found["verdict"] == "fail"
    assert found["suppressed"] == 1
    assert found["skipped"] == [{"path": str(beside), "reason": "signature or attestation"}]
    assert [each["distribution"] for each in found["errors"]] == ["none.whl"]
    assert [each["kind"] for each in found["distributions"]] == ["other", "wheel"]
    [env] = [each for each in found["findings"] if each["code"] == "SF102"]
    assert (env["name"], env["severity"], env["member"]) == ("environment-file", "error", "sample/.env")
    assert env["distribution"] == str(path)
    assert env["fix"]
    assert env["url"].endswith("/rules/environment-file.html")
    assert env["suppressed"] is None
    [other] = found["suppressed_findings"]
    assert (other["code"], other["member"]) == ("SF102", "sample/sub/.env")
    assert other["suppressed"] == {"by": "per-file-ignores", "reason": None}
    assert found["counts"]["error"] == sum(each["severity"] == "error" for each in found["findings"])
    assert env["also"] == []


@pytest.mark.usefixtures("marks")
def test_same_in_several_places(tmp_path: Path, schema: Any) -> None:
    paths = []
    for tag in ("cp311-cp311-win32", "cp310-cp310-win32"):
        wheel = Wheel(tag=tag)
        wheel.files["sample/core.py"] += b"key = 'MARK-AAAAAAAA'\n"
        paths.append(wheel.build().write(tmp_path))
    found = report(*paths, "--select", "MK101")
    need("jsonschema").validate(found, schema)
    [mark] = found["findings"]
    assert mark["distribution"] == str(paths[1])
    place = {"distribution": str(paths[0]), "member": "sample/core.py", "line": 6, "column": 8}
    assert mark["also"] == [place | {"source": None}]
    assert mark["excerpt"]["text"].startswith("key = ")
    assert mark["excerpt"]["column"] == 7
    assert mark["url"] is None  # the rule of another package
    assert mark["content"] == digest("MARK-AAAAAAAA")[:16]
    assert [each["verdict"] for each in found["distributions"]] == ["fail", "fail"]


def test_hostile_names_survive_as_json(tmp_path: Path, schema: Any) -> None:
    wheel = Wheel()
    wheel.files["sample/a\x1b[2J\u202e/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    done = run(wheel.build().write(tmp_path), "--no-config", "--format", "json")
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    need("jsonschema").validate(json.loads(done.stdout), schema)


def test_file_of_the_repository(schema: Any) -> None:
    made = result(finding(location=Location("x.py", 7)), sources=InRepository())
    found = document(made)
    need("jsonschema").validate(found, schema)
    assert found["findings"][0]["source"] == {"path": "src/x.py", "line": 7}


def test_no_command_to_a_ci_system(tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/##[error]x/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    done = run(wheel.build().write(tmp_path), "--no-config", "--format", "json")
    assert "##" not in done.stdout
    assert "sample/##[error]x/.env" in [each["member"] for each in json.loads(done.stdout)["findings"]]
