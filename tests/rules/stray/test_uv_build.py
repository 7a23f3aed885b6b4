"""What uv_build packs beside the files of a project, in sdists that it built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures.projects import write_project
from tests.inputs.test_checkout import git
from tests.inputs.test_checkout import no_settings_of_the_machine as no_settings_of_the_machine
from tests.programs import need_backend
from tests.support import run_json

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git"),
]

HOME = "/ho" + "me/lkowalski"  # in parts, since this file is packed and audited, too
LOGIN = ":".join(("lkowalski", "Zq7vW2pXr9"))
SETTINGS = f"""
# Settings of a tool.
[tool.sample]
first = "{HOME}/work/first"  # pkgaudit: ignore[PV101] it is an example

[[tool.uv.index]]
url = "https://{LOGIN}@packages.kowalski.net/simple"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a committed project of uv_build with an sdist in its ``dist/``."""
    need_backend("uv")
    project = write_project(tmp_path_factory.mktemp("uv") / "sample", "uv")
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        git(project, *command)
    build = [sys.executable, "-m", "build", "--sdist", "--no-isolation", str(project)]
    subprocess.run(build, check=True, capture_output=True)
    return project


def findings(project: Path, *options: str) -> list[Any]:
    report = run_json(project / "dist", *options)
    return [*report["findings"], *report["suppressed_findings"]]


def test_the_original_is_what_git_tracks(built: Path) -> None:
    assert findings(built, "--select", "SF") == []


def test_comments_and_lines_are_those_of_the_original(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built)
    lines = (built / "pyproject.toml").read_text("utf-8").splitlines()
    found = {each["code"]: each for each in findings(built, "--select", "PV101,PV104,CF")}
    assert {(each["member"], each["source"]["path"]) for each in found.values()} == {
        ("sample-1.0/pyproject.toml.orig", "pyproject.toml")
    }
    ignored, counted = found.pop("PV101"), found.pop("PV104")
    assert ignored["line"] == ignored["source"]["line"] == lines.index(SETTINGS.splitlines()[3]) + 1
    assert ignored["suppressed"]["reason"] == "it is an example"
    assert "more file" not in ignored["message"]
    assert counted["line"] == counted["source"]["line"] == len(lines)
    assert not counted["suppressed"]
    assert not found


def test_ignores_name_the_file_as_its_author_does(built: Path) -> None:
    found = findings(built, "--select", "PV104", "--per-file-ignores", "/pyproject.toml=PV104")
    assert [each["suppressed"]["by"] for each in found] == ["per-file-ignores"]
