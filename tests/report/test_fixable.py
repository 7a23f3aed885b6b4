"""Reports say which findings ``pkgaudit fix`` can fix, and SARIF with which replacement."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import tomli

from fixtures.builders import Sdist
from pkgaudit.inputs.sources import Sources
from tests.inputs.test_checkout import make
from tests.report.consumers import Recorder, record

PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample"
version = "1.0"

[tool.hatch.build.targets.sdist]
exclude = ["/docs"]"""


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    sdist = Sdist()
    sdist.files[".env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    sdist.files["pyproject.toml"] = PYPROJECT.encode()
    sdist.metadata = sdist.metadata
    assert sdist.metadata is not None
    sdist.metadata.add("Requires-Dist", "a @ https://files.python.org/a.whl")
    return record(sdist.build().write(tmp_path))


def test_text(recorded: Recorder) -> None:
    text = recorded.text("text")
    assert re.search(r"sample-1\.0/\.env:1: is an environment file[^\[]* \[\*\]\n", text)
    assert text.count("[*]") == 2
    last = text.splitlines()[-2]
    assert re.fullmatch(r"\[\*\] 1 of \d+ findings can be fixed with 'pkgaudit fix'", last)


@pytest.mark.parametrize("form", ["markdown", "html", "gitlab"])
def test_others(recorded: Recorder, form: str) -> None:
    text = re.sub(r"<[^>]*>|`", "", recorded.text(form).replace("&#39;", "'").replace("&#x27;", "'"))
    assert text.replace("'", "").count("pkgaudit fix can fix it") == 1


def test_json(recorded: Recorder) -> None:
    findings = json.loads(recorded.text("json"))["findings"]
    assert {each["code"]: each["fixable"] for each in findings if each["code"] in ("SF102", "MD111")} == {
        "SF102": True,
        "MD111": False,
    }


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_replacement_in_sarif(recorded: Recorder, tmp_path: Path) -> None:
    def found() -> list[Any]:
        recorded.result.sources = Sources(recorded.result.distributions, ["."])
        results = json.loads(recorded.text("sarif"))["runs"][0]["results"]
        return [fix for each in results for fix in each.get("fixes", [])]

    assert found() == []
    make(tmp_path, {"pyproject.toml": PYPROJECT})
    (fix,) = found()
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "pyproject.toml"
    lines = PYPROJECT.splitlines(keepends=True)
    for each in reversed(change["replacements"]):
        region = each["deletedRegion"]
        start, stop = region["startLine"] - 1, region["endLine"] - (region["endColumn"] == 1)
        lines[start:stop] = [each.get("insertedContent", {}).get("text", "")]
    made = tomli.loads("".join(lines))
    assert made["tool"]["hatch"]["build"]["targets"]["sdist"]["exclude"] == ["/docs", "/.env"]
