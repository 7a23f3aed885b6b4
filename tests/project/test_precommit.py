"""The hooks of ``.pre-commit-hooks.yaml`` in the real pre-commit: commits and pushes of a real repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.builders import Sdist, Wheel
from fixtures.projects import flit_folder, write_quick_project
from tests.programs import find_program, need, need_backend
from tests.worktree import ROOT, copy_worktree

MANIFEST = ROOT / ".pre-commit-hooks.yaml"

run_once = pytest.mark.once


def pre_commit(*arguments: object, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    need("pre_commit")
    command = [sys.executable, "-m", "pre_commit", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, text=True, capture_output=True, check=False)


def git(
    *arguments: object, cwd: Path, env: dict[str, str], check: bool = True
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [find_program("git"), *map(str, arguments)],
        cwd=cwd,
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return an environment in which git knows nothing of whoever runs the tests."""
    home = tmp_path_factory.mktemp("pre-commit")
    config = home / "gitconfig"
    config.write_text("[user]\nname = Ada\nemail = ada@python.org\n[init]\ndefaultBranch = main\n")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    yield inherited | {
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(home / "cache"),
        "XDG_CACHE_HOME": str(home / "results"),
        "PRE_COMMIT_COLOR": "never",
        "FLIT": flit_folder(),
    }
    shutil.rmtree(home / "cache", ignore_errors=True)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> str:
    """Commit this working tree to a repository of its own, and return a configuration with its hooks."""
    clone = copy_worktree(tmp_path_factory.mktemp("pkgaudit"))
    git("init", "--quiet", cwd=clone, env=environment)
    git("add", "--all", "--force", cwd=clone, env=environment)
    git("commit", "--quiet", "--message", "all", cwd=clone, env=environment)
    revision = git("rev-parse", "HEAD", cwd=clone, env=environment).stdout.strip()
    repo = {"repo": str(clone), "rev": revision, "hooks": [{"id": "pkgaudit"}, {"id": "pkgaudit-build"}]}
    return str(yaml.safe_dump({"repos": [repo]}))


@pytest.fixture
def project(tmp_path: Path, environment: dict[str, str], hooks: str) -> Path:
    """Return a project with both hooks installed and somewhere to push to."""
    # The hooks call no backend themselves. Others would be installed, for each distribution anew.
    need_backend("flit")
    project = write_quick_project(tmp_path / "project")
    (project / ".pre-commit-config.yaml").write_text(hooks)
    (project / ".gitignore").write_text("/dist/\n")
    git("init", "--quiet", cwd=project, env=environment)
    git("init", "--quiet", "--bare", tmp_path / "remote", cwd=project, env=environment)
    git("remote", "add", "origin", tmp_path / "remote", cwd=project, env=environment)
    git("add", "--all", cwd=project, env=environment)
    git("commit", "--quiet", "--message", "project", cwd=project, env=environment)
    done = pre_commit("install", "-t", "pre-commit", "-t", "pre-push", cwd=project, env=environment)
    assert done.returncode == 0, done.stderr
    return project


def commit(project: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    git("add", "--all", cwd=project, env=environment)
    return git("commit", "--message", "change", cwd=project, env=environment, check=False)


def dist(project: Path, files: dict[str, bytes]) -> None:
    wheel = Wheel()
    wheel.files.update(files)
    (project / "dist").mkdir(exist_ok=True)
    wheel.build().write(project / "dist")
    Sdist().build().write(project / "dist")


ENV = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"


def status(output: str, name: str) -> str:
    """Return what pre-commit says at the end of the line of a hook."""
    found = re.search(rf"^pkgaudit \({re.escape(name)}\)\.*(.*)$", output, re.MULTILINE)
    assert found, output
    return found[1]


def test_the_manifest_is_valid(environment: dict[str, str]) -> None:
    done = pre_commit("validate-manifest", MANIFEST, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout


@run_once
class TestDist:
    """The hook on what was built; it needs no commit to run, just a push."""

    def push(self, project: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return git("push", "origin", "HEAD:main", cwd=project, env=environment, check=False)

    def test_a_push_from_a_checkout_where_nothing_was_built_passes(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        manual = pre_commit("run", "--hook-stage", "manual", "pkgaudit", cwd=project, env=environment)
        assert (manual.returncode, status(manual.stdout, "audit dist/")) == (0, "Passed")

    def test_a_push_with_a_bad_wheel_in_dist_is_stopped(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        dist(project, {"sample/.env": ENV})
        # The other hook runs on the push of a first commit too, which has every file.
        done = self.push(project, environment | {"SKIP": "pkgaudit-build"})
        assert done.returncode != 0
        assert status(done.stdout + done.stderr, "audit dist/") == "Failed"
        assert "SF102 environment-file" in done.stdout + done.stderr
        assert not git("ls-remote", "origin", cwd=project, env=environment).stdout

    def test_a_push_with_good_distributions_goes_through(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        dist(project, {})
        done = self.push(project, environment | {"SKIP": "pkgaudit-build"})
        assert done.returncode == 0, done.stdout + done.stderr
        assert status(done.stdout + done.stderr, "audit dist/") == "Passed"
        assert "refs/heads/main" in git("ls-remote", "origin", cwd=project, env=environment).stdout


@run_once
class TestBuild:
    """The hook that builds, when a packaging file changed."""

    def test_a_change_of_a_packaging_file_that_packs_a_secret_is_not_committed(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        (project / "src/sample/.env").write_bytes(ENV)
        (project / "README.md").write_text("# sample\n\nMore of it.\n")
        before = git("rev-parse", "HEAD", cwd=project, env=environment).stdout
        done = commit(project, environment)
        assert done.returncode != 0
        assert status(done.stderr, "build and audit") == "Failed"
        assert "SF102 environment-file" in done.stderr
        assert git("rev-parse", "HEAD", cwd=project, env=environment).stdout == before

    def test_a_good_change_of_a_packaging_file_is_committed(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        text = (project / "pyproject.toml").read_text()
        (project / "pyproject.toml").write_text(text.replace('"packaging"', '"packages"'))
        done = commit(project, environment)
        assert done.returncode == 0, done.stderr
        assert status(done.stderr, "build and audit") == "Passed"

    def test_a_change_of_a_module_alone_builds_nothing(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        (project / "src/sample/core.py").write_text('"""The core."""\n')
        done = commit(project, environment)
        assert done.returncode == 0, done.stderr
        assert status(done.stderr, "build and audit").endswith("Skipped")


def hook(identifier: str) -> dict[str, Any]:
    return next(each for each in yaml.safe_load(MANIFEST.read_text()) if each["id"] == identifier)


@pytest.mark.parametrize(
    ("path", "decides"),
    [
        ("pyproject.toml", True),
        ("packages/one/pyproject.toml", True),
        ("setup.py", True),
        ("setup.cfg", True),
        ("MANIFEST.in", True),
        (".gitignore", True),
        ("src/sample/py.typed", True),
        ("README", True),
        ("readme.rst", True),
        ("LICENSE", True),
        ("LICENSES/MIT.txt", True),
        ("COPYING.LESSER", True),
        ("CMakeLists.txt", True),
        ("cmake/flags.cmake", True),
        ("meson.build", True),
        ("rust/Cargo.toml", True),
        ("hatch_build.py", True),
        ("pkgaudit.toml", True),
        ("src/sample/core.py", False),
        ("src/sample/setup.pyi", False),
        ("docs/readme_first.md", False),
        ("tests/test_build.py", False),
        ("my-pyproject.toml.orig", False),
        ("poetry.lock", False),
    ],
)
def test_which_files_decide_what_is_packed(path: str, decides: bool) -> None:
    assert bool(re.search(hook("pkgaudit-build")["files"], path)) is decides
