"""From arguments to what is audited, and what is left aside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.inputs.paths import collect
from tests.support import run_json

NAME = "sample-1.0-py3-none-any.whl"
OTHER = "other-1.0-py3-none-any.whl"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a folder with a distribution, and another one in a folder of it."""
    (tmp_path / "dist" / "old").mkdir(parents=True)
    Wheel().build().write(tmp_path / "dist")
    Wheel(name="other").build().write(tmp_path / "dist" / "old")
    return tmp_path / "dist"


def test_a_folder_beside_distributions_is_told_and_not_audited(dist: Path) -> None:
    expanded = sorted(map(str, dist.iterdir()))
    for given in ([str(dist)], [f"{dist}{os.sep}"], [str(dist / "*")], expanded):
        inputs = collect(given)
        assert [os.path.basename(each) for each in inputs.files] == [NAME], given
        assert inputs.foreign == [os.path.join(dist, "old", "")], given
        assert not inputs.failures


def test_an_unpacked_sdist_beside_distributions_is_not_built(dist: Path) -> None:
    (dist / "old" / "pyproject.toml").write_text("")
    inputs = collect(sorted(map(str, dist.iterdir())))
    assert inputs.projects == []


def test_a_glob_in_the_folder_itself(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dist)
    inputs = collect(sorted(os.listdir(".")))
    assert list(inputs.files) == [NAME]
    assert inputs.foreign == [os.path.join("old", "")]


def test_folders_that_the_user_names_are_audited(dist: Path) -> None:
    assert OTHER in [os.path.basename(each) for each in collect([str(dist / NAME), str(dist / "old")]).files]
    (dist / "notes.txt").write_text("x")
    for given in ([dist / NAME, dist / "old"], [dist / "old"], [dist / "**" / "*.whl"]):
        inputs = collect(map(str, given))
        assert OTHER in [os.path.basename(each) for each in inputs.files], given
        assert inputs.foreign == []


def test_hidden_folders_and_folders_of_folders(dist: Path) -> None:
    (dist / ".cache").mkdir()
    assert collect([str(dist)]).foreign == [os.path.join(dist, "old", "")]
    assert collect([str(dist.parent)]).foreign == []


@pytest.mark.parametrize("end", [".publish.attestation", ".slsa.attestation", ".attestation", ".asc"])
def test_what_uploaders_send_along_is_not_foreign(end: str, dist: Path) -> None:
    (dist / f"{NAME}{end}").write_text("{}")
    inputs = collect([str(dist / f"{NAME}{end}"), str(dist / NAME)])
    assert inputs.foreign == []
    assert [each.reason for each in inputs.skipped] == ["signature or attestation"]


def test_a_gitignore_beside_distributions_is_foreign(dist: Path) -> None:
    (dist / ".gitignore").write_text("*\n")
    assert collect([str(dist / NAME)]).foreign == [str(dist / ".gitignore")]
    assert collect([str(dist / NAME), str(dist / ".gitignore")]).foreign == [str(dist / ".gitignore")]
    (dist / "setup.cfg").write_text("[metadata]\nname = sample\n")
    assert collect([str(dist / NAME)]).foreign == [], "the folder is a project"


def test_the_folder_is_a_finding(dist: Path) -> None:
    report = run_json(dist, "--select", "RL106")
    (found,) = report["findings"]
    assert "'old/' is a folder beside the distributions" in found["message"]
    assert "twine and PDM stop at it and upload nothing" in found["message"]
    assert "maturin stops midway" in found["message"]
    assert [each["path"] for each in report["distributions"]] == [str(dist / NAME)]
