"""The matrix of CI jobs covers the wheels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from pkgaudit.model.distribution import Wheel as Read
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.trying.matrix import github_matrix
from tests.support import run


def wheel(tags: str, requires: str = "", *classifiers: str) -> Read:
    lines = ["Metadata-Version: 2.1", "Name: a", "Version: 1"]
    lines += [f"Requires-Python: {requires}"] if requires else []
    lines += [f"Classifier: Programming Language :: Python :: {each}" for each in classifiers]
    path = "a-1.dist-info/METADATA"
    return Read(
        f"a-1-{tags}.whl",
        f"a-1-{tags}.whl",
        entries=[Entry(path, EntryType.FILE)],
        kept={path: "\n".join(lines).encode()},
    )


def jobs(*wheels: Read) -> list[str]:
    matrix, left = github_matrix(wheels)
    assert left == []
    return [f"{each['os']} {each['python']}" for each in matrix["include"]]


def test_pure() -> None:
    assert jobs(wheel("py3-none-any", ">=3.12")) == [
        "macos-latest 3.14",
        "ubuntu-latest 3.12",
        "ubuntu-latest 3.13",
        "ubuntu-latest 3.14",
        "windows-latest 3.14",
    ]


def test_a_newer_python_is_declared() -> None:
    found = jobs(wheel("py3-none-any", ">=3.14", "3", "3.14", "3.15"))
    assert [each for each in found if "ubuntu" in each] == ["ubuntu-latest 3.14", "ubuntu-latest 3.15"]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", ["ubuntu-latest 3.12"]),
        ("cp312-cp312-musllinux_1_2_aarch64.manylinux_2_28_aarch64", ["ubuntu-24.04-arm 3.12"]),
        ("cp313-cp313t-win_amd64", ["windows-latest 3.13t"]),
        ("cp311-cp311-macosx_11_0_universal2", ["macos-15-intel 3.11", "macos-latest 3.11"]),
        ("cp312-abi3-win_arm64", [f"windows-11-arm 3.{each}" for each in (12, 13, 14)]),
        ("pp310-pypy310_pp73-macosx_11_0_arm64", ["macos-latest pypy3.10"]),
    ],
)
def test_native(tags: str, found: list[str]) -> None:
    assert jobs(wheel(tags)) == found


def test_limits_within_a_minor_version() -> None:
    found = jobs(wheel("py3-none-manylinux2014_x86_64", ">=3.11.4,<3.13.1"))
    assert found == ["ubuntu-latest 3.11", "ubuntu-latest 3.12", "ubuntu-latest 3.13"]


def test_no_runner() -> None:
    matrix, left = github_matrix([wheel("cp312-cp312-manylinux_2_17_s390x"), wheel("py2-none-any")])
    assert matrix == {"include": []}
    assert left == ["a-1-cp312-cp312-manylinux_2_17_s390x.whl", "a-1-py2-none-any.whl"]


class TestCommand:
    def shown(self, folder: Path, *wheels: Wheel) -> Any:
        for each in wheels:
            each.build().write(folder)
        done = run("try", "--matrix", "github", str(folder))
        assert done.exit_code == 0, done.stderr
        assert done.stderr == ""  # it runs no code, so it does not say so
        assert done.stdout.count("\n") == 1  # a line of GITHUB_OUTPUT
        return json.loads(done.stdout)

    def test_it_prints_one_line_of_json(self, tmp_path: Path) -> None:
        matrix = self.shown(tmp_path, Wheel(tag="cp312-cp312-win_amd64"))
        name = "sample-1.0-cp312-cp312-win_amd64.whl"
        assert matrix == {"include": [{"os": "windows-latest", "python": "3.12", "files": name}]}

    def test_without_a_wheel(self, tmp_path: Path) -> None:
        (tmp_path / "a-1.tar.gz").write_bytes(b"")
        done = run("try", "--matrix", "github", str(tmp_path))
        assert done.exit_code == 2
        assert "no wheel was given" in done.stderr

    def test_a_wheel_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"no zip")
        done = run("try", "--matrix", "github", str(tmp_path / "a-1-py3-none-any.whl"))
        assert done.exit_code == 2
        assert "cannot be read" in done.output
