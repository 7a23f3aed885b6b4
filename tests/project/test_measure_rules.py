"""tools/measure_rules.py: releases of folders, and the projects with findings of each rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.api import Severity
from tools import measure_rules
from tools.measure_rules import Counts, Found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for inner, made in (
        ("a", Wheel()),
        ("b", Wheel()),  # the same file again
        ("a", Wheel(version="2.0", files={"sample/__init__.py": b"", "sample/.env": b"A=1\n"})),
        ("b", Wheel("other", files={"other/__init__.py": b"", "other/x.orig": b""})),
        ("b", Sdist()),
    ):
        built = made.build()
        (tmp_path / inner).mkdir(exist_ok=True)
        (tmp_path / inner / built.filename).write_bytes(built.data)
    return tmp_path


def test_files_are_grouped_by_release(folder: Path) -> None:
    releases = measure_rules.by_release(sorted(folder.rglob("*.*")))
    assert {key: [each.name for each in files] for key, files in releases.items()} == {
        ("other", "1.0"): ["other-1.0-py3-none-any.whl"],
        ("sample", "1.0"): ["sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"],
        ("sample", "2.0"): ["sample-2.0-py3-none-any.whl"],
    }


def test_a_project_counts_once_with_its_worst_finding() -> None:
    counts = Counts({"RL101": "one", "RL102": "two"})
    info, error = Found("RL102", Severity.INFO, "x"), Found("RL102", Severity.ERROR, "x")
    counts.add("a", [info, error, info])
    counts.add("a", [info])
    counts.add("b", [])
    counts.add("c", [info])
    assert list(counts.table())[2:] == [
        "| RL101 one | 0 | 0 | 0 | 0 | 0.0% |",
        "| RL102 two | 1 | 0 | 1 | 2 | 66.7% |",
    ]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_command(folder: Path, capsys: pytest.CaptureFixture[str], jobs: str) -> None:
    assert measure_rules.main([str(folder), "--select", "SF102,RL115", "--show", "--jobs", jobs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("warning SF102 sample-2.0-py3-none-any.whl: sample/.env: ")
    assert lines[1:] == [
        "| rule | errors | warnings | infos | projects | rate |",
        "| --- | --: | --: | --: | --: | --: |",
        "| RL115 missing-wheel | 0 | 0 | 0 | 0 | 0.0% |",
        "| SF102 environment-file | 0 | 1 | 0 | 1 | 50.0% |",
        "",
        "2 projects with 4 files",
    ]


def test_errors_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert measure_rules.main([str(tmp_path)]) == 2
    assert "contain no wheels" in capsys.readouterr().err
    (tmp_path / "sample-1.0-py3-none-any.whl").write_bytes(b"no zip")
    assert measure_rules.main([str(tmp_path), "--select", "XX9"]) == 2
    assert "XX9" in capsys.readouterr().err
