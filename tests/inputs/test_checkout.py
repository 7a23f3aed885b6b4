"""Finding the project's own checkout, with git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.inputs.checkout import find_checkout, is_version, project_name
from pkgaudit.model.distribution import Release, Sdist, Wheel

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")

PYPROJECT = '[project]\nname = "My_Sample"\nversion = "1.0"\n'


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


def git(folder: Path, *arguments: str) -> None:
    settings = (
        "user.name=Ada",
        "user.email=ada@python.org",
        "protocol.file.allow=always",
        "core.autocrlf=false",
    )
    options = [part for each in settings for part in ("-c", each)]
    subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True)


def make(folder: Path, files: dict[str, str]) -> Path:
    """Make a repository with these files committed."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def release(path: Path | str, project: str = "my-sample") -> Release:
    return Release(project, [Sdist(str(path), Path(path).name)])


SDIST = "my_sample-1.0.tar.gz"


def test_version_of_more_digits_than_python_reads(tmp_path: Path) -> None:
    """Neither that of the settings nor that of an sdist raises anything."""
    big = "1" * 5_000
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT.replace("1.0", big)})
    found = find_checkout(release(project / "dist" / SDIST), [])
    assert found is not None
    assert is_version(project, [big])


def test_tracked_files_alone(tmp_path: Path) -> None:
    project = make(
        tmp_path / "p", {"pyproject.toml": PYPROJECT, "a.py": "", "sub/grün x.py": "", "gone.py": ""}
    )
    (project / "draft.py").write_text("")
    (project / "gone.py").unlink()
    (project / "added.py").write_text("")
    git(project, "add", "added.py")
    found = find_checkout(release(project / "dist" / SDIST), [])
    assert found is not None
    assert found.folder == str(project)
    assert found.tracked == {"pyproject.toml", "a.py", "sub/grün x.py", "added.py"}


def test_links_and_paths_are_those_of_git(tmp_path: Path) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT})
    try:
        (project / "dangling").symlink_to("nowhere")
    except OSError:
        pytest.skip("links cannot be made here")
    git(project, "add", "-A")
    found = find_checkout(release(project / SDIST), [])
    assert found is not None
    assert "dangling" in found.tracked


def test_project_in_a_folder_of_a_repository(tmp_path: Path) -> None:
    make(tmp_path / "r", {"README": "", "packages/one/pyproject.toml": PYPROJECT, "packages/one/a.py": ""})
    found = find_checkout(release(tmp_path / "r/packages/one/dist" / SDIST), [])
    assert found is not None
    assert found.tracked == {"pyproject.toml", "a.py"}


def test_submodules(tmp_path: Path) -> None:
    other = make(tmp_path / "other", {"inner.py": ""})
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT})
    git(project, "submodule", "--quiet", "add", str(other), "vendor/other")
    found = find_checkout(release(project / SDIST), [])
    assert found is not None
    assert "vendor/other/inner.py" in found.tracked


def test_where_one_stands_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(project)
    found = find_checkout(release(tmp_path / "elsewhere" / SDIST), ["."])
    assert found is not None
    assert found.folder == str(project)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": PYPROJECT.replace("My_Sample", "other")},
        {"pyproject.toml": PYPROJECT.replace("1.0", "2.0")},
        {"pyproject.toml": "[project\n"},
        {"README": ""},
    ],
)
def test_other_projects_and_versions(files: dict[str, str], tmp_path: Path) -> None:
    project = make(tmp_path / "p", files)
    assert find_checkout(release(project / "dist" / SDIST), [str(project)]) is None


@pytest.mark.parametrize("version", ['version = "1.0.0"', 'dynamic = ["version"]', 'version = "one"'])
def test_versions_that_fit(version: str, tmp_path: Path) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": f'[project]\nname = "my-sample"\n{version}\n'})
    assert find_checkout(release(project / SDIST), []) is not None


def test_nothing_is_tracked(tmp_path: Path) -> None:
    project = make(tmp_path / "r", {"README": ""}) / "copy"
    project.mkdir()
    (project / "pyproject.toml").write_text(PYPROJECT)
    assert find_checkout(release(project / SDIST), []) is None


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    assert find_checkout(release(tmp_path / SDIST), []) is None


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_checkout(release(project / SDIST), []) is None


def test_wheel_without_sdist(tmp_path: Path) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT})
    wheel = Wheel(str(project / "dist/my_sample-1.0-py3-none-any.whl"), "my_sample-1.0-py3-none-any.whl")
    found = find_checkout(Release("my-sample", [wheel]), [])
    assert found is not None
    assert found.tracked == {"pyproject.toml"}
    wheel = Wheel(str(project / "dist/my_sample-2.0-py3-none-any.whl"), "my_sample-2.0-py3-none-any.whl")
    assert find_checkout(Release("my-sample", [wheel]), []) is None


def test_nothing_was_given() -> None:
    assert find_checkout(Release("my-sample", []), []) is None


def test_settings_of_the_repository_run_nothing(tmp_path: Path) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT})
    script = project / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    script.chmod(0o755)
    git(project, "config", "core.fsmonitor", str(script))
    assert find_checkout(release(project / SDIST), []) is not None
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("knows", [True, False])
def test_nothing_is_fetched(knows: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a git that does not know how to be told so, for a clone that lacks what is asked for."""
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT, "a/x.py": "", "b/y.py": ""})
    git(project, "sparse-checkout", "set", "--cone", "--sparse-index", "a")
    tree = subprocess.check_output(["git", "rev-parse", "HEAD:b"], cwd=project, text=True).strip()
    (project / ".git/objects" / tree[:2] / tree[2:]).unlink()
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\nexit 1\n")
    script.chmod(0o755)
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": "ssh://example.org/x",
        "remote.origin.promisor": "true",
        "core.sshCommand": str(script),
        "protocol.ssh.allow": "always",
    }.items():
        git(project, "config", key, value)
    subprocess.run(["git", "ls-files"], cwd=project, capture_output=True, check=False)
    assert (tmp_path / "ran").exists(), "git asks for it where it may"
    (tmp_path / "ran").unlink()
    if not knows:
        real: Any = subprocess.run

        def without(*given: Any, env: dict[str, str], **how: Any) -> Any:
            del env["GIT_NO_LAZY_FETCH"]
            return real(*given, env=env, **how)

        monkeypatch.setattr(subprocess, "run", without)
    find_checkout(release(project / SDIST), [])
    assert not (tmp_path / "ran").exists()


def test_what_a_hook_exports_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make(tmp_path / "other", {"b.py": ""})
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT, "a.py": ""})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    found = find_checkout(release(project / SDIST), [])
    assert found is not None
    assert found.tracked == {"pyproject.toml", "a.py"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", PYPROJECT),
        ("pyproject.toml", '[tool.poetry]\nname = "my.sample"\n'),
        ("pyproject.toml", '[tool.flit.metadata]\ndist-name = "my_sample"\n'),
        ("pyproject.toml", f"\ufeff{PYPROJECT}"),
        ("setup.cfg", "[metadata]\nname = my_sample\n"),
        ("setup.cfg", "[metadata]\nname: My-Sample\n"),
        ("setup.py", "setup(\n    name='my_sample',\n)\n"),
        ("setup.py", 'NAME = "x"\nsetup(name="my-sample")\n'),
    ],
)
def test_names(file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text, "utf-8")
    assert project_name(tmp_path) == "my-sample"


@pytest.mark.parametrize("text", ["", "[project]\nname = 1\n", "[project]\n", "x" * (2 << 20)])
def test_no_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert project_name(tmp_path) is None
    assert project_name(tmp_path / "nowhere") is None
