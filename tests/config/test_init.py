"""``pkgaudit init``: a first configuration that fits, loads, and changes nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tomli

from fixtures.builders import Wheel
from pkgaudit.config.config import read_config
from pkgaudit.config.schema import make_schema
from tests.programs import need
from tests.support import registry, run

PYPROJECT = b"""\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"

[project]
name = "sample"
version = "1.0"
"""
SETTING = re.compile(r"# (?=[\w.\"/-]+ = )")
"""What begins a line that becomes a setting; other comments are for people."""


def project(folder: Path, *files: str, pyproject: bytes | None = PYPROJECT) -> Path:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    if pyproject is not None:
        (folder / "pyproject.toml").write_bytes(pyproject)
    return folder


FULL = (
    "src/sample/__init__.py",
    "src/sample/py.typed",
    "src/sample/_fast.pyx",
    "tests/test_sample.py",
    "tests/certs/server.pem",
    "tests/ssh/id_rsa",
    ".pre-commit-config.yaml",
    ".secrets.baseline",
    ".github/workflows/ci.yml",
)
PRIVATE = PYPROJECT + b'classifiers = ["Private :: Do Not Upload"]\n'
POETRY = b'[tool.poetry]\nname = "x"\nclassifiers = ["Private :: Do Not Upload"]\n'
UV = PYPROJECT + b'[[tool.uv.index]]\nname = "own"\npublish-url = "https://packages.example/"\n'
PROJECTS: list[tuple[tuple[str, ...], bytes | None]] = [
    ((), PYPROJECT),
    (FULL, PRIVATE),
    (("sample/py.typed", "test/x.py", ".gitlab-ci.yml"), UV),
    (("lib/sample/tests/x.py", "Cargo.toml"), POETRY),
    (("setup.py", "sample.py"), None),
    ((), None),
    (
        ("a.b/py.typed", 'od"d/tests/k.pem', "tests/n\nl/k.pem", "tests/\x1b/id_rsa", "tests/$a/b.key"),
        PYPROJECT,
    ),
]


def loaded(path: Path) -> dict[str, Any]:
    table = tomli.loads(path.read_text("utf-8"))
    found: dict[str, Any] = table["tool"]["pkgaudit"] if path.name == "pyproject.toml" else table
    return found


@pytest.mark.parametrize(("files", "pyproject"), PROJECTS)
class TestWhatIsWritten:
    def test_loads_and_fits_the_schema(
        self, tmp_path: Path, files: tuple[str, ...], pyproject: bytes | None
    ) -> None:
        project(tmp_path, *files, pyproject=pyproject)
        assert run("init", tmp_path).exit_code == 0
        target = tmp_path / ("pkgaudit.toml" if pyproject is None else "pyproject.toml")
        read_config(target).validate(registry())
        jsonschema = need("jsonschema")
        jsonschema.validate(loaded(target), make_schema(registry()), jsonschema.Draft7Validator)
        text = target.read_text("utf-8").removeprefix((pyproject or b"").decode())
        assert 20 < len(text.splitlines()) < 45
        assert max(map(len, text.splitlines())) <= 110

    def test_every_comment_is_a_setting_in_waiting(
        self, tmp_path: Path, files: tuple[str, ...], pyproject: bytes | None
    ) -> None:
        project(tmp_path, *files, pyproject=pyproject)
        shown = run("init", tmp_path, "--print").stdout
        header = "" if pyproject is None else "[tool.pkgaudit]\n"
        assert shown.startswith(header)
        lines = shown.removeprefix(header).splitlines()
        waiting = [at for at, line in enumerate(lines) if SETTING.match(line)]
        assert len(waiting) >= 5
        jsonschema, schema = need("jsonschema"), make_schema(registry())
        for chosen in (*([at] for at in waiting), waiting):
            path = tmp_path / "tried.toml"
            path.write_text(
                "\n".join(SETTING.sub("", line) if at in chosen else line for at, line in enumerate(lines)),
                "utf-8",
            )
            table = loaded(path)
            assert len(flat(table)) == len(flat(tomli.loads("\n".join(lines)))) + len(chosen)
            read_config(path).validate(registry())
            jsonschema.validate(table, schema, jsonschema.Draft7Validator)


def flat(table: dict[str, Any], before: str = "") -> list[str]:
    """Return the keys of the settings, those of dotted keys in full; a table on one line is one."""
    found: list[str] = []
    for key, value in table.items():
        if isinstance(value, dict) and "rules" not in value:
            found += flat(value, f"{before}{key}.")
        else:
            found.append(f"{before}{key}")
    return found


class TestWhatIsSeen:
    def shown(self, folder: Path, *files: str, pyproject: bytes | None = PYPROJECT) -> str:
        done = run("init", project(folder, *files, pyproject=pyproject), "--print")
        assert done.exit_code == 0
        return done.stdout

    def test_everything(self, tmp_path: Path) -> None:
        shown = self.shown(tmp_path, *FULL, pyproject=PRIVATE)
        assert "For a project with native code built with flit." in shown
        assert '\nprofile = "private"' in shown
        assert '\nfiles.required-in-wheel = ["sample/py.typed"]' in shown
        assert '\n# files.required-in-sdist = ["/tests/"]' in shown
        assert '\n# per-file-ignores."tests/certs/" = ' in shown
        assert '\n# per-file-ignores."tests/ssh/" = ' in shown
        assert '\n# baseline = ".secrets.baseline"' in shown
        assert "\n# over-budget.kinds.native = " in shown
        assert "# In GitHub Actions" in shown
        assert "pre-commit" in shown

    def test_nothing(self, tmp_path: Path) -> None:
        shown = self.shown(tmp_path, pyproject=None)
        assert "a pure Python project." in shown
        assert not re.search(r"(?m)^(profile|files)", shown)
        assert "native" not in shown
        assert "GitHub" not in shown
        assert "pre-commit" not in shown

    def test_private_by_the_settings_of_poetry(self, tmp_path: Path) -> None:
        assert '\nprofile = "private"' in self.shown(tmp_path, pyproject=POETRY)

    def test_an_index_of_ones_own_is_a_question(self, tmp_path: Path) -> None:
        assert '\n# profile = "private"  # if the index' in self.shown(tmp_path, pyproject=UV)

    def test_what_is_built_or_installed_is_not_looked_at(self, tmp_path: Path) -> None:
        files = ("build/x/py.typed", ".venv/x/py.typed", "node_modules/a.c", ".git/x.c", "venv/y/tests/k.pem")
        shown = self.shown(tmp_path, *files)
        assert "py.typed" not in shown
        assert "a pure Python project" in shown
        assert 'per-file-ignores."tests/data/"' in shown

    def test_capabilities_of_the_wheels(self, tmp_path: Path) -> None:
        assert '\n# capability.allow = ["NETWORK", "ENV"]  # for example' in self.shown(tmp_path)
        (tmp_path / "dist").mkdir()
        source = b"import os, subprocess\nos.getenv('X')\nsubprocess.run(['true'])\n"
        Wheel(files={"sample/__init__.py": source}).build().write(tmp_path / "dist")
        (tmp_path / "dist/broken-1.0-py3-none-any.whl").write_bytes(b"PK")
        shown = self.shown(tmp_path)
        assert '\n# capability.allow = ["EXEC", "ENV"]  # those of the wheels in dist today' in shown

    def test_no_code_of_the_project_runs(self, tmp_path: Path) -> None:
        project(tmp_path, "tests/x.py")
        for name in ("setup.py", "conftest.py", "tomli.py"):
            (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
        assert run("init", tmp_path).exit_code == 0
        assert not (tmp_path / "ran").exists()

    def test_hostile_settings_are_not_quoted(self, tmp_path: Path) -> None:
        evil = b'[build-system]\nbuild-backend = "x\\nevil = 1\\u001b"\n[project]\nclassifiers = "x"\n'
        shown = self.shown(tmp_path, pyproject=evil)
        assert "evil" not in shown
        assert "\x1b" not in shown

    @pytest.mark.parametrize(
        "text", [b"[tool]\nuv = 1", b"tool = 1", b"[project]\nclassifiers = 3", b"[tool.uv]\nindex = 3"]
    )
    def test_odd_shapes(self, tmp_path: Path, text: bytes) -> None:
        self.shown(tmp_path, pyproject=text)


class TestWhere:
    @pytest.mark.parametrize(
        "before",
        [
            PYPROJECT,
            PYPROJECT.rstrip(b"\n"),
            PYPROJECT.replace(b"\n", b"\r\n"),
            b"",
            b"# \xc3\xa9\n[tool.other]\nx = 1",
        ],
    )
    def test_all_else_stays_as_it_is(self, tmp_path: Path, before: bytes) -> None:
        project(tmp_path, pyproject=before)
        assert run("init", tmp_path).exit_code == 0
        after = (tmp_path / "pyproject.toml").read_bytes()
        assert after.startswith(before)
        added = after.removeprefix(before)
        end = b"\r\n" if b"\r\n" in before else b"\n"
        assert added.count(end) == added.count(b"\n")
        assert added.endswith(end)
        assert not added.endswith(end * 2)
        assert end + end + b"[tool.pkgaudit]" + end in b"\n\n" + after or not before

    def test_the_command_goes_by_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        project(tmp_path, "src/other/py.typed")
        wheel = Wheel().build().write(tmp_path)
        monkeypatch.chdir(tmp_path)
        assert run(wheel).exit_code == 0
        assert run("init").exit_code == 0
        done = run(wheel)
        assert done.exit_code == 1
        assert "other/py.typed" in done.stdout

    def test_a_file_of_its_own_by_wish(self, tmp_path: Path) -> None:
        project(tmp_path)
        assert run("init", tmp_path, "--output", tmp_path / "pkgaudit.toml").exit_code == 0
        assert (tmp_path / "pyproject.toml").read_bytes() == PYPROJECT
        assert loaded(tmp_path / "pkgaudit.toml")["fail-on"] == "error"

    def test_dash_is_standard_output(self, tmp_path: Path) -> None:
        project(tmp_path)
        assert run("init", tmp_path, "-o", "-").stdout == run("init", tmp_path, "--print").stdout
        assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            (
                "pyproject.toml",
                "[project]\nname = 'x'\n[tool.pkgaudit]\n",
                "toml:3: [tool.pkgaudit] exists already",
            ),
            (
                "pyproject.toml",
                "[tool.pkgaudit.limits]\ndepth = 1\n",
                "toml:1: [tool.pkgaudit] exists already",
            ),
            ("pyproject.toml", "tool.pkgaudit.pedantic = true\n", "toml: [tool.pkgaudit] exists already"),
            ("pyproject.toml", "tool = { x = 1 }\n", "the table cannot be appended"),
            ("pyproject.toml", "tool = 1\n", "the table cannot be appended"),
            ("pyproject.toml", "[[tool]]\n", "the table cannot be appended ('tool' is a list)"),
            ("pyproject.toml", "[project\n", "is not valid TOML"),
            ("pkgaudit.toml", "", "pkgaudit.toml exists already"),
        ],
    )
    def test_refuses(self, tmp_path: Path, name: str, text: str, said: str) -> None:
        (tmp_path / name).write_text(text)
        done = run("init", tmp_path)
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, text)]

    def test_refuses_a_file_that_would_hide_the_table(self, tmp_path: Path) -> None:
        project(tmp_path)
        assert run("init", tmp_path).exit_code == 0
        done = run("init", tmp_path, "-o", tmp_path / "pkgaudit.toml")
        assert done.exit_code == 2
        assert not (tmp_path / "pkgaudit.toml").exists()

    def test_refuses_to_overwrite(self, tmp_path: Path) -> None:
        project(tmp_path, "other.toml")
        assert run("init", tmp_path, "-o", tmp_path / "other.toml").exit_code == 2
        assert (tmp_path / "other.toml").read_bytes() == b""

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert run("init", tmp_path / "none").exit_code == 2
        done = run("init", tmp_path, "-o", tmp_path / "none" / "x.toml")
        assert done.exit_code == 2
        assert "cannot be written" in " ".join(done.stderr.split())
