"""The rule on a wheel with data, with and without a description."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

DATA = b"harbor,height\nEsbjerg,1.8\n"


def audit(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Return the messages of the rule for a wheel with these files."""
    wheel = folder / "tides-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    options = ["--no-config", "--select", "AC", "--format", "json"]
    command = [sys.executable, "-m", "pkgaudit", wheel, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [finding["message"] for finding in json.loads(done.stdout)["findings"]]


@pytest.mark.parametrize("name", ["tides/harbours.csv", "tides/harbours.tsv"])
def test_without_description(tmp_path: Path, name: str) -> None:
    """Data without a description is reported."""
    said = audit(tmp_path, {name: DATA})
    assert said == [f"{name!r} has 2 rows and no description"]


def test_with_description(tmp_path: Path) -> None:
    """A description beside it is enough."""
    files = {"tides/harbours.csv": DATA, "tides/harbours.md": b"Measured by us."}
    assert audit(tmp_path, files) == []


def test_too_small(tmp_path: Path) -> None:
    """A file with too few rows is not reported."""
    assert audit(tmp_path, {"tides/harbours.csv": b"harbor\n"}) == []
