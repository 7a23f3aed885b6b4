"""The syntax of modules is judged in the same way by every Python that runs the audit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pkgaudit
from fixtures.builders import Wheel, sample_metadata
from fixtures.syntax import FAULTS, NEWER, OLDER, REJECTED, Snippet
from pkgaudit.api import Construct
from pkgaudit.rules.wheel import syntax_problems
from pkgaudit.rules.wheel.syntax_versions import Version
from tests.rules.wheel.say_syntax import audited, said, summary
from tests.worktree import ROOT
from tools.check_syntax import differences, find_pythons

RUNNING = sys.version_info[:2]
PYTHONS = {version: command for version, command in find_pythons().items() if version != RUNNING}
"""The other Pythons of this machine."""


@pytest.mark.parametrize("snippet", [*NEWER, *OLDER, *FAULTS])
def test_construct_and_fault(snippet: Snippet) -> None:
    made = summary(snippet.source)
    assert made.error is None
    assert (made.fault.since if made.fault else None) == snippet.fault
    found = made.feature.construct if made.feature else None
    if snippet.construct is None:
        assert found in (None, Construct.ANNOTATIONS)
    else:
        assert found is snippet.construct


@pytest.mark.parametrize("source", REJECTED)
def test_error(source: str) -> None:
    assert summary(source).error is not None


def build(start: str, python: str | None = ">=3.10", **files: str) -> Wheel:
    metadata = sample_metadata()
    metadata.set("Requires-Python", *([python] if python else []))
    sources = {f"sample/{name}.py": text.encode() for name, text in files.items()}
    sources["sample/__init__.py"] = start.encode()
    points = b"[console_scripts]\nsample = sample.command:main\n"
    return Wheel(files={**sources, "sample-1.0.dist-info/entry_points.txt": points}, metadata=metadata)


HIDDEN = build(
    "import nowhere\nfrom . import gone\nx = t'{y}'\n",
    ">=3.14",
    command="from .lost import z\n\ntype X = int\n\ndef start(): pass\n",
)
"""A wheel with faults in modules whose syntax is new."""


def test_newer_syntax_hides_no_fault(tmp_path: Path) -> None:
    found = audited(str(HIDDEN.build().write(tmp_path)))
    assert {(code, severity, member) for code, severity, member, _ in found} == {
        ("WH110", "error", "sample/__init__.py"),
        ("WH110", "error", "sample/command.py"),
        ("WH111", "warning", "sample/__init__.py"),
        ("WH122", "warning", "sample-1.0.dist-info/entry_points.txt"),
    }


def _paths() -> list[str]:
    """Return the import path of this Python, without its standard library."""
    standard = Path(json.__file__).parents[1]
    paths = [Path(each) for each in sys.path if each]
    return [
        str(ROOT),
        *(str(each) for each in paths if each.is_dir() and each not in (standard, standard / "lib-dynload")),
    ]


def ask(command: str, paths: list[str]) -> Any:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(_paths())}
    done = subprocess.run(
        [command, "-m", "tests.rules.wheel.say_syntax", *paths],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    if "ModuleNotFoundError" in done.stderr or "ImportError" in done.stderr:
        pytest.skip(f"{command} cannot import the packages of this environment: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_python_finds_the_same(tmp_path: Path) -> None:
    others = [command for version, command in PYTHONS.items() if version >= (3, 10)]
    if not others:
        pytest.skip("there is no other Python")
    paths = [str(HIDDEN.build().write(tmp_path))]
    expected = json.loads(json.dumps(said(paths)))
    for command in others:
        for mine, theirs in zip(expected, ask(command, paths), strict=True):
            assert mine == theirs, command


@pytest.mark.parametrize("version", PYTHONS, ids=str)
def test_snippets_are_what_other_pythons_say(version: Version) -> None:
    assert differences([PYTHONS[version], "-"]) == []


def test_snippets_are_what_this_python_says() -> None:
    assert differences([sys.executable, "-"]) == []


class TestProblems:
    """What is said of a module, by the Pythons that the wheel supports."""

    def said(self, tmp_path: Path, start: str, python: str | None, **files: str) -> list[str]:
        result = pkgaudit.audit(build(start, python, **files).build().write(tmp_path), {"select": ["WH109"]})
        assert result.skipped == []
        return [f"{each.severity}: {each.message}" for each in result.findings]

    def test_a_newer_construct(self, tmp_path: Path) -> None:
        (found,) = self.said(tmp_path, "t'{x}'\n", ">=3.10")
        assert found == (
            "error: 'sample/__init__.py' has a template string, which needs Python 3.14, but Requires-Python "
            "allows 3.10"
        )

    def test_a_newer_construct_that_is_declared(self, tmp_path: Path) -> None:
        assert self.said(tmp_path, "t'{x}'\nlazy import y\n", ">=3.15") == []

    def test_a_newer_construct_without_declaration(self, tmp_path: Path) -> None:
        (found,) = self.said(tmp_path, "try: pass\nexcept A, B: pass\n", None)
        assert "which needs Python 3.14, but the wheel has no Requires-Python" in found
        assert self.said(tmp_path, "type X = int\n", None) == []

    def test_a_construct_of_python_2(self, tmp_path: Path) -> None:
        path = build("try: pass\nexcept A, e: pass\n").build().write(tmp_path)
        (found,) = pkgaudit.audit(path, {"select": ["WH109"]}).findings
        assert found.fix is not None
        assert "is 'except A as e' today" in found.fix

    def test_a_newer_module_for_newer_pythons_only(self, tmp_path: Path) -> None:
        start = "import sys\nif sys.version_info >= (3, 14):\n    from . import new\n"
        assert self.said(tmp_path, start, ">=3.10", new="t'{x}'\n") == []

    def test_no_python_where_the_running_one_is_supported(self, tmp_path: Path) -> None:
        (found,) = self.said(tmp_path, "t'{x}'\nx = = 1\n", ">=3.8")
        assert found.startswith(
            f"error: 'sample/__init__.py' cannot be compiled by Python 3.{RUNNING[1]}: inv"
        )

    @pytest.mark.parametrize("python", [">=3.15", ">=3.15,<3.16", "<3.10,>=3.8"])
    def test_no_python_where_another_is_supported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
    ) -> None:
        monkeypatch.setattr(syntax_problems, "_RUNNING", (3, 12))
        (found,) = self.said(tmp_path, "t'{x}'\nx = = 1\n", python)
        assert found.startswith("warning: 'sample/__init__.py' cannot be compiled by any Python up to 3.15")

    @pytest.mark.parametrize("python", [">=3.19", "<3.7,>=3.5"])
    def test_no_python_where_the_grammar_is_unknown(self, tmp_path: Path, python: str) -> None:
        path = build("x = = 1\n", python).build().write(tmp_path)
        result = pkgaudit.audit(path, {"select": ["WH109"]})
        assert result.findings == []
        assert "was not checked" in result.skipped[0].reason

    def test_an_error_of_the_compiler(self, tmp_path: Path) -> None:
        (found,) = self.said(tmp_path, "def f(x):\n    global x\n", ">=3.19")
        assert found == ("error: 'sample/__init__.py' cannot be compiled: name 'x' is parameter and global")

    def test_an_error_of_newer_compilers(self, tmp_path: Path) -> None:
        start = "def f(x: (y := 1)): pass\n"
        (found,) = self.said(tmp_path, start, ">=3.10")
        assert "cannot be compiled by Python 3.14 and later" in found
        assert self.said(tmp_path, start, ">=3.10,<3.14") == []

    def test_an_error_of_the_compiler_in_a_module_that_nobody_imports(self, tmp_path: Path) -> None:
        (found,) = self.said(tmp_path, "", ">=3.10", other="async for x in y: pass\n")
        assert found.startswith("info: ")


def test_unparsed_files_are_counted(tmp_path: Path) -> None:
    files = {"a": "x = = 1\n", "b": "t'{x}'\n", "c": "{{ code }}{% %}\n"}
    path = build("", ">=3.10", **files).build().write(tmp_path)
    result = pkgaudit.audit(path, {"select": ["WH109"]})
    assert [each.unparsed for each in result.distributions] == [2]
    assert result.unparsed == 2
