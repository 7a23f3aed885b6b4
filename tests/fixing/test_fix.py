"""``pkgaudit fix`` on projects with several faults, with the backends themselves."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fixtures.builders import BACKENDS
from pkgaudit.cli import main
from pkgaudit.edits.errors import FixError
from pkgaudit.edits.plan import Change
from pkgaudit.finding import Exclude, Finding, Include, Location, Remedy, Severity
from pkgaudit.fixing.fix import _unexpected, _worse
from pkgaudit.fixing.project import Project
from pkgaudit.inputs.build import BuildError
from pkgaudit.whole import WholeFile
from tests.fixing.building import FAULTS, build, write_project
from tests.inputs.test_checkout import git
from tests.programs import need_backend
from tests.support import run

QUIET = "FN104,MD203,MD204,MD206,MD217"
"""Findings that are not about settings."""


@pytest.fixture(autouse=True)
def quick_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.fixing.fix.build", build)


def fix(project: Path, *arguments: str) -> Result:
    return run("fix", project, "--no-config", "--jobs", "1", "--ignore", QUIET, *arguments)


def fix_json(project: Path, *arguments: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(fix(project, "--format", "json", *arguments).stdout)
    return made


def comments(text: str) -> list[str]:
    return re.findall(r"# [a-z][a-z ]*", text)


def commit(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A", "-f")
    git(project, "commit", "-q", "-m", "first")


QUICK = ("setuptools", "hatchling")


@pytest.mark.parametrize(
    "backend", [each if each in QUICK else pytest.param(each, marks=pytest.mark.once) for each in BACKENDS]
)
def test_project_is_fixed(backend: str, tmp_path: Path) -> None:
    need_backend(backend)
    end = "\r\n" if backend == "pdm" else "\n"
    project = write_project(tmp_path / "project", backend, end=end)
    if backend == "meson-python":
        commit(project)
    path = project / "pyproject.toml"
    before = path.read_bytes().decode()
    there = {each for each in project.rglob("*") if ".git" not in each.parts}
    result = fix(project, "--yes")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("fixed: ") >= 3
    assert "not fixed: " not in result.stdout
    assert result.stdout.count("still to do: revoke") == result.stdout.count("fixed: SF102")
    assert "new: " not in result.stdout
    assert "the rebuilt project: PASS" in result.stdout
    after = path.read_bytes().decode()
    assert comments(after) == comments(before)
    assert after.count("\n") == after.count(end)
    gone = set(before.splitlines()) - set(after.splitlines())
    assert all(re.search("Ukranian|packages|exclude|wheel = |include", each) for each in gone), gone
    made = {each for each in project.rglob("*") if ".git" not in each.parts} - there
    assert {each.name for each in made} <= {"MANIFEST.in", ".gitattributes"}
    if backend == "meson-python":
        assert "commit .gitattributes" in result.stdout
        commit(project)
    again = fix(project, "--diff")
    assert (again.exit_code, again.stdout) == (0, "nothing to fix; the project: PASS\n")


def test_diff_changes_nothing(tmp_path: Path) -> None:
    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling")
    before = (project / "pyproject.toml").read_bytes()
    result = fix(project)  # there is no terminal
    assert result.exit_code == 1, result.output
    assert "--- a/pyproject.toml" in result.stdout
    assert '+    "Natural Language :: Ukrainian",' in result.stdout
    assert (project / "pyproject.toml").read_bytes() == before
    plan = fix_json(project, "--diff")
    assert [each["code"] for change in plan["changes"] for each in change["findings"]] == ["MD106"]
    assert plan["diff"] in result.stdout
    assert not plan["applied"]


def test_diff_is_a_patch(tmp_path: Path) -> None:
    need_backend("setuptools")
    project = write_project(tmp_path / "project", "setuptools", end="\r\n")
    path = project / "pyproject.toml"
    path.write_bytes(path.read_bytes().replace(b"Ukranian", b"Ukrainian"))
    commit(project)
    patch = fix_json(project, "--diff")["diff"]
    subprocess.run(["git", "apply", "--check", "-"], cwd=project, input=patch.encode(), check=True)
    assert re.search(r"@@ fixes SF102, SF207$", patch, re.MULTILINE)


class TestRefused:
    """Nothing is written."""

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        need_backend("hatchling")
        project = write_project(tmp_path / "project", "hatchling")
        path = project / "pyproject.toml"
        path.write_bytes(path.read_bytes().replace(b"Ukranian", b"Ukrainian"))
        return project

    def refused(self, project: Path, *arguments: str) -> str:
        path = project / "pyproject.toml"
        before = path.read_bytes()
        result = fix(project, "--yes", *arguments)
        assert result.exit_code == 2, result.output
        assert path.read_bytes() == before
        assert not list(project.glob(".*.tmp"))
        return result.stderr

    def test_uncommitted_changes(self, project: Path) -> None:
        commit(project)
        path = project / "pyproject.toml"
        path.write_bytes(path.read_bytes() + b"# mine\n")
        assert (
            "pyproject.toml has uncommitted changes; commit it first, or use --allow-dirty"
            in self.refused(project)
        )
        assert fix(project, "--yes", "--allow-dirty").exit_code == 0

    @pytest.mark.parametrize(
        ("ignored", "says"), [("", "is untracked"), ("pyproject.toml\n", "is ignored by git")]
    )
    def test_configuration_that_git_does_not_track(self, project: Path, ignored: str, says: str) -> None:
        commit(project)
        git(project, "rm", "-q", "--cached", "pyproject.toml")
        (project / ".gitignore").write_text(ignored, "utf-8")
        git(project, "commit", "-q", "-m", "second")
        if not ignored:
            assert says in self.refused(project)
        else:
            assert "pyproject.toml" in self.refused(project)

    def test_no_filter_of_the_repository_runs(self, project: Path, tmp_path: Path) -> None:
        script = tmp_path / "run.sh"
        script.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\ncat\n")
        script.chmod(0o755)
        commit(project)
        (project / ".git/info").mkdir(exist_ok=True)
        (project / ".git/info/attributes").write_text("*.toml filter=x.y\n")
        git(project, "config", "filter.x.y.clean", str(script))
        git(project, "config", "filter.x.y.required", "true")
        path = project / "pyproject.toml"
        os.utime(path, (1, 1))  # git compares its content with the index
        assert Project(project).uncommitted(["pyproject.toml"]) == {}
        assert not (tmp_path / "ran").exists()

    def test_link_out_of_the_project(self, project: Path) -> None:
        path = project / "pyproject.toml"
        path.rename(project.parent / "outside.toml")
        path.symlink_to(project.parent / "outside.toml")
        assert "pyproject.toml is a link to a file outside of the project" in self.refused(project)

    def test_link_in_the_project(self, tmp_path: Path) -> None:
        need_backend("setuptools")  # hatchling packs the link
        project = write_project(tmp_path / "linked", "setuptools", end="\r\n")
        path = project / "pyproject.toml"
        (project / "config").mkdir()
        path.rename(project / "config" / "real.toml")
        path.symlink_to(project / "config" / "real.toml")
        result = fix(project, "--yes", "--select", "MD106,WH104")
        assert result.exit_code == 0, result.output
        assert path.is_symlink()
        assert b'["sample"]  # listed\r\n' in (project / "config" / "real.toml").read_bytes()

    def test_build_fails_with_the_edits(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        builds = []

        def fails(*arguments: Any, **more: Any) -> list[str]:
            builds.append(arguments)
            if len(builds) > 1:
                raise BuildError(["no"])
            return build(*arguments, **more)

        monkeypatch.setattr("pkgaudit.fixing.fix.build", fails)
        assert "nothing was changed: the project cannot be built with these changes" in self.refused(project)

    def test_build_fails_for_another_reason(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: Any, **__: Any) -> list[str]:
            raise BuildError(["no"])

        monkeypatch.setattr("pkgaudit.fixing.fix.build", fails)
        result = fix(project, "--yes", "--select", "SF102")
        assert result.exit_code == 2
        assert "nothing to fix" not in result.stdout
        assert "the last lines of the build name the fault" in result.stdout
        made = fix_json(project, "--yes", "--select", "SF102")
        assert (made["changes"], made["verdict"], made["errors"][-1]) == ([], "could not audit", "no")

    def test_another_file_vanishes(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        builds = []

        def loses(folder: str, *arguments: Any, **more: Any) -> list[str]:
            builds.append(folder)
            if len(builds) > 1:
                Path(folder, "src/sample/core.py").unlink()
            return build(folder, *arguments, **more)

        monkeypatch.setattr("pkgaudit.fixing.fix.build", loses)
        assert "core.py" in self.refused(project, "--select", "SF")

    def test_file_changes_meanwhile(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = project / "pyproject.toml"
        before = path.read_bytes()
        builds = []

        def edits(*arguments: Any, **more: Any) -> list[str]:
            builds.append(arguments)
            if len(builds) > 1:
                path.write_bytes(before + b"# theirs\n")
            return build(*arguments, **more)

        monkeypatch.setattr("pkgaudit.fixing.fix.build", edits)
        result = fix(project, "--yes")
        assert result.exit_code == 2
        assert "pyproject.toml has changed meanwhile" in result.stderr
        assert path.read_bytes() == before + b"# theirs\n"

    def test_invalid_settings(self, project: Path) -> None:
        path = project / "pyproject.toml"
        path.write_bytes(path.read_bytes() + b"[project\n")
        result = fix(project, "--yes")
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def test_edit_that_does_harm_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling")
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("Ukranian", "Ukrainian"), "utf-8")

    def fails(folder: str, *arguments: Any, **more: Any) -> list[str]:
        if "CLAUDE" in Path(folder, "pyproject.toml").read_text("utf-8"):
            raise BuildError(["no"])
        return build(folder, *arguments, **more)

    monkeypatch.setattr("pkgaudit.fixing.fix.build", fails)
    result = fix(project, "--yes", "--select", "SF,WH")
    assert result.exit_code == 1, result.output
    said = " ".join(result.stdout.split())
    assert "the edit is left out: the project cannot be built with these changes" in said
    assert result.stdout.count("fixed: SF102") == 3
    assert "fixed: WH104" in said
    assert "CLAUDE" not in path.read_text("utf-8")


def finding(severity: Severity, remedy: Remedy | None, fingerprint: str = "new") -> Finding:
    return Finding("WH110", "x", severity, "x.whl", Location(), "x", None, fingerprint, remedy=remedy)


@pytest.mark.parametrize(
    ("new", "is_worse"),
    [
        (finding(Severity.ERROR, None), True),
        (finding(Severity.ERROR, None, "old"), False),
        (finding(Severity.WARNING, Include("sample/new.py")), True),
        (finding(Severity.WARNING, Exclude("sample/new.py")), False),
        (finding(Severity.INFO, Include("sample/data.sql")), False),
    ],
)
def test_finding_that_an_edit_must_not_cause(new: Finding, is_worse: bool) -> None:
    after: Any = SimpleNamespace(counted=[new], fail_on=Severity.ERROR)
    assert _worse(after, [finding(Severity.ERROR, None, "old")]) is (new if is_worse else None)


@pytest.mark.parametrize(("first", "says"), [("a.sql", "the wheel lacks 'sample/new.py'"), ("new.py", None)])
def test_file_that_only_a_finding_after_an_edit_names(first: str, says: str | None) -> None:
    old: Any = SimpleNamespace(kind="wheel", files=["sample/new.py"])
    new: Any = SimpleNamespace(kind="wheel", files=[])
    known = finding(Severity.WARNING, Exclude(f"sample/{first}"))
    change = Change((finding(Severity.WARNING, Exclude("sample/new.py")),), ())
    assert _unexpected([old], [new], [change], [known], ()) == says


def test_edit_without_effect_is_taken_back(tmp_path: Path) -> None:
    """Hatchling packs what `force-include` names, whatever is excluded."""
    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling")
    path = project / "pyproject.toml"
    text = path.read_text("utf-8").replace("Ukranian", "Ukrainian")
    path.write_text(
        text + '[tool.hatch.build.targets.sdist.force-include]\n"CLAUDE.md" = "CLAUDE.md"\n', "utf-8"
    )
    made = fix_json(project, "--yes", "--select", "SF")
    after = path.read_text("utf-8")
    assert after.count("CLAUDE.md") == 2
    assert "dump.sql" in after
    assert "/CLAUDE" not in made["diff"]
    (left,) = [each for each in made["others"] if each["member"].endswith("CLAUDE.md")]
    assert left["reason"] == "the finding is still there with the edit, so the edit is left out"


def test_all_files_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption between two files puts the first one back."""
    (tmp_path / "setup.cfg").write_text("a", "utf-8")
    keep = WholeFile.keep
    kept: list[WholeFile] = []

    def interrupted(self: WholeFile) -> None:
        if kept:
            raise KeyboardInterrupt
        kept.append(self)
        keep(self)

    monkeypatch.setattr(WholeFile, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Project(tmp_path).write(
            {"setup.cfg": "a", "MANIFEST.in": None}, {"setup.cfg": "b", "MANIFEST.in": "c"}
        )
    assert kept
    assert [each.name for each in tmp_path.iterdir()] == ["setup.cfg"]
    assert (tmp_path / "setup.cfg").read_text("utf-8") == "a"


def test_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_backend("setuptools")
    project = write_project(
        tmp_path / "project", "setuptools", {".env": FAULTS[".env"], "src/sample/.env": FAULTS[".env"]}
    )
    path = project / "pyproject.toml"
    path.write_text(
        path.read_text("utf-8").replace('packages = ["sample", "tests"]', 'packages = ["sample"]')
    )
    monkeypatch.setattr("pkgaudit.cli.fix._is_terminal", lambda: True)
    arguments = ["fix", str(project), "--no-config", "--jobs", "1", "--ignore", QUIET]
    result = CliRunner().invoke(main, arguments, input="maybe\ne\ny\nn\n", catch_exceptions=False)
    assert result.exit_code == 1, result.output
    assert "Ukrainian" in path.read_text("utf-8")
    assert not (project / "MANIFEST.in").exists()


def test_guess_needs_a_word(tmp_path: Path) -> None:
    need_backend("flit")
    project = write_project(tmp_path / "project", "flit", {})
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("Ukranian", "Ukrainean"))
    result = fix(project, "--yes")
    assert result.exit_code == 1
    assert "the value is a guess; to apply it, use --unsafe" in result.stdout
    assert fix(project, "--yes", "--unsafe").exit_code == 0
    assert "Natural Language :: Ukrainian" in path.read_text("utf-8")


def test_distributions_lead_to_their_checkout(tmp_path: Path) -> None:
    need_backend("pdm")
    project = write_project(tmp_path / "project", "pdm", {})
    (project / "src/sample/.env").write_bytes(FAULTS[".env"])
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("Ukranian", "Ukrainian"))
    (project / "dist").mkdir()
    build(str(project), project / "dist", print)
    (project / ".gitignore").write_text(".env\ndist\n", "utf-8")
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "first")
    result = run("fix", *(project / "dist").iterdir(), "--no-config", "--yes", "--select", "SF102")
    assert result.exit_code == 0, result.output
    assert "src/sample/.env" in path.read_text("utf-8")


def test_copy_has_the_history(tmp_path: Path) -> None:
    """Backends read the version from the tag and the files from the index."""
    (tmp_path / "p").mkdir()
    for name, text in {"a b.txt": "x", "pyproject.toml": "", ".gitignore": "out\n", "out": "y"}.items():
        (tmp_path / "p" / name).write_text(text, "utf-8")
    git(tmp_path / "p", "init", "-q")
    git(tmp_path / "p", "add", "-A")
    git(tmp_path / "p", "commit", "-q", "-m", "first")
    git(tmp_path / "p", "tag", "v1.2")
    (tmp_path / "p" / "new.txt").write_text("n", "utf-8")
    copy = Project(tmp_path / "p").copy(tmp_path / "copy")
    copy.write({"pyproject.toml": "x = 1\n"})
    said = subprocess.run(
        ["git", "describe", "--tags", "--dirty", "--long"],
        cwd=copy.folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.fullmatch(r"v1\.2-0-g[0-9a-f]+\n", said)
    assert {each.name for each in copy.folder.iterdir()} == {
        ".git",
        ".gitignore",
        "a b.txt",
        "new.txt",
        "pyproject.toml",
    }
    git(tmp_path / "p", "diff", "--exit-code", "HEAD")


def test_list_of_an_earlier_build(tmp_path: Path) -> None:
    """Setuptools packs the files that it lists, although no setting names them."""
    need_backend("setuptools")
    project = write_project(tmp_path / "project", "setuptools", {"src/sample/notes.md": b"x\n"})
    path = project / "pyproject.toml"
    text = path.read_text("utf-8").replace("Ukranian", "Ukrainian").replace('"sample", "tests"', '"sample"')
    path.write_text(text.replace('sample = ["*", ".*"]', ""), "utf-8")
    (project / "src" / "sample.egg-info").mkdir()
    listed = "README.md\nsrc/sample/core.py\nsrc/sample/notes.md\nsrc/sample.egg-info/SOURCES.txt\ngone.txt\n"
    (project / "src" / "sample.egg-info" / "SOURCES.txt").write_text(listed, "utf-8")
    result = fix(project, "--diff")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "only this file still names src/sample/notes.md: delete its folder before you build" in said
    assert fix_json(project)["stale"] == {"src/sample.egg-info/SOURCES.txt": ["src/sample/notes.md"]}


def test_value_that_the_classifiers_prove(tmp_path: Path) -> None:
    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling", {})
    path = project / "pyproject.toml"
    text = path.read_text("utf-8").replace(
        "Natural Language :: Ukranian", "Programming Language :: Python :: 3.11"
    )
    text = text.replace('requires-python = ">=3.10"\n', "").replace(", 'src/tests'", "")
    path.write_text(text, "utf-8")
    result = fix(project, "--yes")
    assert result.exit_code == 0, result.output
    assert "fixed: FN108" in result.stdout
    assert 'requires-python = ">=3.11"\n' in path.read_text("utf-8")


def test_license_text_is_listed(tmp_path: Path) -> None:
    need_backend("setuptools")
    project = write_project(tmp_path / "project", "setuptools", {})
    path = project / "pyproject.toml"
    text = path.read_text("utf-8").replace("Ukranian", "Ukrainian").replace('"sample", "tests"', '"sample"')
    path.write_text(text.replace('license-files = ["LICENSE"]', "license-files = []"), "utf-8")
    (project / "MANIFEST.in").write_text("include LICENSE\n", "utf-8")
    result = fix(project, "--yes")
    assert result.exit_code == 0, result.output
    assert "fixed: LC109" in result.stdout
    assert 'license-files = ["LICENSE"]' in path.read_text("utf-8")


def test_secret_beside_an_edit_is_masked(tmp_path: Path) -> None:
    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling", {})
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("# a language", f"# token {token}"), "utf-8")
    for form in ("text", "json"):
        said = fix(project, "--format", form, "--diff").output
        assert "Ukrainian" in said
        assert token not in said


@pytest.mark.parametrize(("fault", "says"), [("gone", "changed meanwhile"), ("read-only", "is read-only")])
def test_file_that_cannot_be_written(
    fault: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "setup.cfg"
    path.write_text("a", "utf-8")
    project = Project(tmp_path)
    if fault == "gone":
        path.unlink()
    else:
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FixError, match=says):
        project.write({"setup.cfg": "a"}, {"setup.cfg": "b"})
    assert [each.read_text("utf-8") for each in tmp_path.iterdir()] == (["a"] if path.exists() else [])


def test_copy_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no caches and no environment, and its links lead to its own files."""
    monkeypatch.setenv("PATH", "")
    top = tmp_path / "p"
    files = ("a.py", "__pycache__/a.pyc", "x.egg-info/SOURCES.txt", "env/pyvenv.cfg", "dist/old.whl")
    for name in files:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("x", "utf-8")
    (top / "link.py").symlink_to(top / "a.py")
    if hasattr(os, "mkfifo"):
        os.mkfifo(top / "pipe")
    copy = Project(top).copy(tmp_path / "copy")
    names = {each.relative_to(copy.folder).as_posix() for each in copy.folder.rglob("*") if not each.is_dir()}
    assert names == {"a.py", "dist/old.whl", "link.py"}
    assert os.path.realpath(copy.folder / "link.py") == os.path.realpath(copy.folder / "a.py")
