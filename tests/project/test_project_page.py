"""The ways of docs/project-page.md to write complete addresses, with the real build backends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.advice.test_advice import build
from tests.programs import need, need_backend
from tests.support import run_json

pytestmark = pytest.mark.once

PAGE = (Path(__file__).parents[2] / "docs" / "project-page.md").read_text("utf-8")

README = """\
# sample

![logo](docs/logo.png) and ![another](https://www.python.org/logo.png)

See [the changes](CHANGES.md), [usage](#usage), [PyPI](https://pypi.org) and [us](mailto:us@python.org).

## Usage
"""

PROJECT = """\
[build-system]
requires = ["{0}"]
build-backend = "{1}"

[project]
name = "sample"
version = "1.0"
"""


def blocks(title: str) -> dict[str, str]:
    """Return the code below a title, by its language."""
    part = PAGE.split(f"### {title}\n")[1].split("\n### ")[0]
    return dict(re.findall(r"```(\w+)\n(.*?)```", part, re.DOTALL))


def files_of(backend: str) -> dict[str, str]:
    if backend == "hatchling":
        need("hatch_fancy_pypi_readme")
        return {"pyproject.toml": blocks("Hatchling")["toml"]}
    if backend == "setuptools":
        start = PROJECT.format("setuptools", "setuptools.build_meta")
        return {
            "pyproject.toml": f'{start}dynamic = ["readme"]\n',
            "setup.py": blocks("setuptools")["python"],
        }
    found = blocks("pdm-backend")
    start = PROJECT.format("pdm-backend", "pdm.backend")
    return {
        "pyproject.toml": f'{start}readme = "README.md"\n\n{found["toml"]}',
        "pdm_build.py": found["python"],
    }


@pytest.mark.parametrize("backend", ["hatchling", "setuptools", "pdm"])
def test_the_build_writes_the_addresses(backend: str, tmp_path: Path) -> None:
    need("comrak")
    need_backend(backend)
    files = {"README.md": README, "src/sample/__init__.py": "", **files_of(backend)}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8", newline="\n")
    build(tmp_path, backend, tmp_path / "dist", "sdist", "wheel")
    made = sorted((tmp_path / "dist").iterdir())
    assert len(made) == 2
    assert run_json(*made, "--select", "RM")["findings"] == []
    # Without the step, there are two findings.
    files["pyproject.toml"] = PROJECT.format("setuptools", "setuptools.build_meta") + 'readme = "README.md"\n'
    (tmp_path / "setup.py").unlink(missing_ok=True)
    (tmp_path / "pyproject.toml").write_text(files["pyproject.toml"], encoding="utf-8")
    build(tmp_path, "setuptools", tmp_path / "plain", "wheel")
    report = run_json(*(tmp_path / "plain").iterdir(), "--select", "RM")
    assert [each["code"] for each in report["findings"]] == ["RM106", "RM106"]
