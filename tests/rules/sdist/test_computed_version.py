"""SD106 and the version that a build makes: each backend builds the sdists of the cases."""

from __future__ import annotations

import tarfile
import time
from pathlib import Path

import pytest
import tomli

from fixtures.builders import BACKENDS
from fixtures.cases import Case, load_cases
from pkgaudit.rules.sdist.cases import computed_version
from pkgaudit.rules.sdist.computed_version import _ASSIGNED, _mapped
from tests.hooks import call_hooks
from tests.programs import need_backend
from tests.rules.auditing import findings_of

pytestmark = pytest.mark.once

CASES = [
    each for each in load_cases() if not each.good and each.build.__module__ == computed_version.__name__
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_backend_builds_that_version(case: Case, tmp_path: Path) -> None:
    (made,) = case.builds()
    with tarfile.open(made.write(tmp_path)) as archive:
        project = tmp_path / archive.getnames()[0].partition("/")[0]
        archive.extractall(tmp_path)
    system = tomli.loads((project / "pyproject.toml").read_text("utf-8"))["build-system"]
    hooks = system["build-backend"]
    need_backend(next(name for name, (_, path) in BACKENDS.items() if path == hooks))
    (tmp_path / "out").mkdir()
    call_hooks(project, hooks, tmp_path / "out", "wheel")
    (wheel,) = (tmp_path / "out").iterdir()
    (finding,) = [each for each in findings_of(case) if each.code == "SD106"]
    assert wheel.name.split("-")[1] == finding.data["expected"]


@pytest.mark.parametrize("line", ["version" * 4_000, f"version{' ' * 30_000}", "_" * 30_000])
def test_long_lines_take_little_time(line: str) -> None:
    start = time.process_time()
    assert _ASSIGNED.search(f"{line}\n__version__ = '1'\n")
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize(
    ("folders", "paths"),
    [
        ({"a": "lib/impl"}, ["lib/impl/b.py", "lib/impl/b/__init__.py"]),
        ({"a.b": "x", "a": "y", "": "z"}, ["x.py", "x/__init__.py"]),
        ({"": "src/"}, ["src/a/b.py", "src/a/b/__init__.py"]),
        ({"": "."}, ["a/b.py", "a/b/__init__.py"]),
        ({"other": "x"}, ["a/b.py", "a/b/__init__.py", "src/a/b.py", "src/a/b/__init__.py"]),
    ],
)
def test_each_key_of_package_dir_counts(folders: dict[str, str], paths: list[str]) -> None:
    assert _mapped("a.b", folders) == paths
