"""Whoever has only pytest and hypothesis beside pkgaudit can collect all tests; those that need more skip."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.programs import find_program, need
from tests.worktree import ROOT

IMPORT = """\
import importlib, sys
import pytest

blocked = {*sys.argv[1].split()}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except pytest.skip.Exception:
        pass
    except ModuleNotFoundError as error:
        print(f"{name}: {error}")
"""


def with_dependencies(*names: str) -> set[str]:
    """Return the distributions that come with some, by their normalized names."""
    found: set[str] = set()
    todo = [*names]
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in found:
            found.add(name)
            needed = map(Requirement, distribution(name).requires or ())
            todo += [each.name for each in needed if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


def others() -> list[str]:
    """Return the top-level modules that are installed, and not with pkgaudit, pytest or hypothesis."""
    present = with_dependencies("pkgaudit", "pytest", "hypothesis")
    return [
        module
        for module, owners in packages_distributions().items()
        if not present & {canonicalize_name(each) for each in owners}
    ]


def cannot_be_imported(folder: Path, *modules: str) -> list[str]:
    """Import modules in a process that sees none of the other packages, and return what they miss."""
    command = [sys.executable, "-c", IMPORT, " ".join(others()), *modules]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.once
def test_each_module_of_tests_can_be_imported() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "tests").rglob("*.py"))
    ]
    assert len(modules) > 90
    assert cannot_be_imported(ROOT, *modules) == []


@pytest.mark.once
def test_what_is_missing_is_noticed(tmp_path: Path) -> None:
    need("jsonschema")
    (tmp_path / "test_one.py").write_text("import jsonschema\n")
    (tmp_path / "test_two.py").write_text("from tomli import loads\nimport hypothesis\n")
    (tmp_path / "test_three.py").write_text("import pytest\npytest.importorskip('jsonschema')\n")
    found = cannot_be_imported(tmp_path, "test_one", "test_two", "test_three")
    assert found == ["test_one: No module named 'jsonschema'"]


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PKGAUDIT_ALL_PACKAGES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_package is not installed: python -m pip"):
        need("no_such_package.part")
    with pytest.raises(pytest.skip.Exception, match="pytest is not installed in version 999 or newer"):
        need("pytest", "999")
    monkeypatch.setenv("PKGAUDIT_ALL_PACKAGES", "1")
    with pytest.raises(pytest.fail.Exception, match="no_such_package is not installed"):
        need("no_such_package")


def test_a_program_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PKGAUDIT_ALL_PROGRAMS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="python or no-such-program is not installed"):
        find_program("python", "no-such-program", folder=tmp_path)
    monkeypatch.setenv("PKGAUDIT_ALL_PROGRAMS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        find_program("no-such-program")
