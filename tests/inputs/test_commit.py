"""Comparing a release with a revision, with git itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Built, Sdist, Wheel, sample_sources, sdist_sources
from pkgaudit.inputs import commit
from pkgaudit.model.distribution import Release
from pkgaudit.model.distribution import Sdist as Read
from tests.inputs.test_checkout import git, no_settings_of_the_machine
from tests.support import run, run_json

__all__ = ["no_settings_of_the_machine"]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")

FETCHES = b"import urllib.request\n\nurllib.request.urlopen('https://example.org/')\n"


def repository(folder: Path, more: dict[str, bytes] | None = None, prefix: str = "") -> Path:
    """Make a repository of the sample project with a tag."""
    files = {
        **sdist_sources(),
        **{f"src/{path}": data for path, data in sample_sources().items()},
        **(more or {}),
    }
    for path, data in files.items():
        if path != "PKG-INFO":
            (folder / prefix / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / prefix / path).write_bytes(data)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "v1.0")
    return folder


def built(in_both: dict[str, bytes] | None = None, in_sdist: dict[str, bytes] | None = None) -> list[Built]:
    """Return an sdist and a wheel with the same further modules, and an sdist with further files."""
    both = {**sample_sources(), **(in_both or {})}
    packed = {f"src/{path}": data for path, data in both.items()}
    return [
        Sdist(files={**sdist_sources(), **packed, **(in_sdist or {})}).build(),
        Wheel(files=both).build(),
    ]


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Provide a function that audits distributions in a folder with a revision."""

    def audit(folder: Path, distributions: list[Built], rev: str = "v1.0") -> dict[str, Any]:
        monkeypatch.chdir(folder)
        (tmp_path / "dist").mkdir(exist_ok=True)
        paths = [each.write(tmp_path / "dist") for each in distributions]
        return run_json("--select", "RL103,RL114", "--jobs", "1", f"--git={rev}", *paths)

    return audit


Audit = Callable[..., dict[str, Any]]


def said(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((each["code"], each["severity"], each["message"]) for each in report["findings"])


def failures(report: dict[str, Any]) -> str:
    assert report["findings"] == []
    return " ".join(each["message"] for each in report["errors"])


@pytest.mark.parametrize("rev", ["v1.0", "HEAD", "auto", "master~0", "refs/tags/v1.0"])
def test_release_of_the_revision(rev: str, tmp_path: Path, audit: Audit) -> None:
    project = repository(tmp_path / "p")
    git(project, "branch", "-f", "-M", "master")
    report = audit(project, built(), rev)
    assert (report["findings"], report["errors"], report["skipped"]) == ([], [], [])


def test_sdist_and_wheel_with_the_same_further_code(tmp_path: Path, audit: Audit) -> None:
    report = audit(repository(tmp_path / "p"), built({"sample/loader.py": FETCHES}))
    assert said(report) == [
        (
            "RL103",
            "error",
            "the sdist contains 1 module that is not in 'v1.0': 'sample-1.0/src/sample/loader.py'; "
            "'sample-1.0/src/sample/loader.py' opens the network",
        ),
        (
            "RL103",
            "error",
            "the wheel contains 1 module that is not in 'v1.0': 'sample/loader.py'; 'sample/loader.py' opens "
            "the network",
        ),
    ]


def test_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository(tmp_path / "p"))
    (tmp_path / "dist").mkdir()
    for more, status in (({}, 0), ({"sample/loader.py": FETCHES}, 1)):
        paths = [each.write(tmp_path / "dist") for each in built(more)]
        done = run(
            "gate",
            "--no-config",
            "--select=RL103",
            "--git=auto",
            *paths,
            "--dry-run",
            "--",
            "true",
            "{files}",
        )
        assert (done.exit_code, "that is not in 'v1.0'" in done.stderr) == (status, status == 1), done.stderr


def test_package_that_the_repository_lacks(tmp_path: Path, audit: Audit) -> None:
    report = audit(repository(tmp_path / "p"), built({"helper/__init__.py": b"x = 1\n"}))
    assert {(severity, message.partition(":")[2]) for _, severity, message in said(report)} == {
        ("warning", " 'helper/__init__.py'"),
        ("warning", " 'sample-1.0/src/helper/__init__.py'"),
    }


@pytest.mark.parametrize("path", ["setup.py", "bin/sample-tool"])
def test_program_of_the_sdist(path: str, tmp_path: Path, audit: Audit) -> None:
    clean, changed = b"#!/usr/bin/env python\nprint()\n", b"#!/usr/bin/env python\n" + FETCHES
    report = audit(repository(tmp_path / "p", {path: clean}), built(in_sdist={path: changed}))
    (found,) = said(report)
    assert found[1] == "error"
    assert found[2].startswith("the sdist contains 1 file that differs from that in 'v1.0'")


def test_what_builds_write(tmp_path: Path, audit: Audit) -> None:
    written = {"sample/_version.py": b"version = '1.0'\n", "sample/shapes_pb2.py": b"x = 1\n"}
    windows = {path: data.replace(b"\n", b"\r\n") for path, data in sample_sources().items()}
    assert audit(repository(tmp_path / "p"), built({**written, **windows}))["findings"] == []


def test_project_in_a_folder_of_the_repository(tmp_path: Path, audit: Audit) -> None:
    shared = {"src/sample/shared.py": b"def shared() -> None: ...\n"}
    project = repository(tmp_path / "p", shared, prefix="packages/sample")
    # A link leads to a module outside of the project.
    (project / "common.py").write_bytes(FETCHES)
    try:
        (project / "packages/sample/src/sample/link.py").symlink_to("../../../../common.py")
        (project / "packages/sample/src/sample/dangling.py").symlink_to("nowhere.py")
    except OSError:
        pytest.skip("links cannot be made here")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "second")
    more = {"sample/shared.py": shared["src/sample/shared.py"], "sample/link.py": FETCHES}
    more["sample/dangling.py"] = b"y = 1\n"
    for folder in (project, project / "packages/sample"):
        assert audit(folder, built(more), "HEAD")["findings"] == []


def test_contents_that_git_does_not_have(tmp_path: Path, audit: Audit) -> None:
    inner = repository(tmp_path / "inner")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    project = repository(tmp_path / "p", {"src/sample/tables.py": pointer})
    git(project, "submodule", "--quiet", "add", str(inner), "src/sample/vendored")
    git(project, "commit", "-qm", "second")
    report = audit(
        project, built({"sample/tables.py": b"x = 1\n", "sample/vendored/core.py": b"y = 1\n"}), "HEAD"
    )
    assert (report["findings"], report["errors"]) == ([], [])
    assert [each["reason"] for each in report["skipped"]] == [
        "'src/sample/vendored' is a submodule; the content is not compared",
        "'src/sample/tables.py' is a file of git-lfs; the content is not compared",
    ]


def test_no_program_of_the_repository_runs(tmp_path: Path, audit: Audit) -> None:
    """Neither hooks, nor filters, nor conversions, nor a monitor; and replaced objects are not believed."""
    clean = {".gitattributes": b"*.py filter=other diff=other\n"}
    project = repository(tmp_path / "p", clean)
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\ncat\n")
    script.chmod(0o755)
    changed = sample_sources()["sample/core.py"] + FETCHES
    (tmp_path / "core.py").write_bytes(changed)
    blob = subprocess.check_output(
        ["git", "hash-object", "-w", "--no-filters", tmp_path / "core.py"], cwd=project, text=True
    ).strip()
    git(project, "replace", "v1.0:src/sample/core.py", blob)
    for key in (
        "filter.other.smudge",
        "filter.other.clean",
        "diff.other.textconv",
        "core.fsmonitor",
        "core.pager",
    ):
        git(project, "config", key, str(script))
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (project / ".git/hooks").mkdir(exist_ok=True)
        shutil.copy(script, project / ".git/hooks" / hook)
    (tmp_path / "ran").unlink(missing_ok=True)
    report = audit(project, built({"sample/core.py": changed}))
    assert not (tmp_path / "ran").exists()
    assert [severity for _, severity, _ in said(report)] == ["error", "error"]


def test_alternates_and_odd_names(tmp_path: Path, audit: Audit) -> None:
    names = {"src/sample/new\nline.py": b"x = 1\n"}
    try:
        project = repository(tmp_path / "p", names)
        (project / "src/sample").joinpath("caf\udce9.py").write_bytes(b"y = 1\n")
    except (OSError, UnicodeError):
        pytest.skip("this filesystem does not have such names")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "second")
    git(tmp_path, "clone", "-q", "--shared", str(project), str(tmp_path / "clone"))
    report = audit(tmp_path / "clone", built({"sample/third.py": b"x = 1\n"}), "HEAD")
    assert report["findings"] == []  # moved


@pytest.mark.parametrize("rev", ["v9", "--help", "-c", "HEAD:src", "HEAD^{tree}", "", "a\nb", "HEAD..HEAD"])
def test_no_revision(rev: str, tmp_path: Path, audit: Audit) -> None:
    report = audit(repository(tmp_path / "p"), built({"sample/loader.py": FETCHES}), rev)
    assert "of --git is not a revision in" in failures(report)
    assert report["verdict"] != "pass"


def test_shallow_clone(tmp_path: Path, audit: Audit) -> None:
    project = repository(tmp_path / "p")
    git(project, "commit", "-qm", "second", "--allow-empty")
    git(tmp_path, "clone", "-q", "--depth=1", "--no-tags", project.as_uri(), str(tmp_path / "clone"))
    assert "it is a shallow clone" in failures(audit(tmp_path / "clone", built()))


def test_objects_that_a_partial_clone_lacks(tmp_path: Path, audit: Audit) -> None:
    project = repository(tmp_path / "p")
    blob = subprocess.check_output(
        ["git", "rev-parse", "HEAD:src/sample/core.py"], cwd=project, text=True
    ).strip()
    (project / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert "as partial clones do" in failures(audit(project, built()))


def test_no_checkout(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "p").mkdir()
    assert "no checkout of the project 'sample' was found" in failures(audit(tmp_path / "p", built()))
    other = repository(tmp_path / "other", {"pyproject.toml": b'[project]\nname = "other"\n'})
    assert "no checkout of the project 'sample' was found" in failures(audit(other, built()))
    (tmp_path / "p/pyproject.toml").write_text('[project]\nname = "sample"\n')
    assert "it is not in a checkout" in failures(audit(tmp_path / "p", built()))


def test_no_git(tmp_path: Path, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    project = repository(tmp_path / "p")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "git is missing" in failures(audit(project, built()))


def test_repository_with_long_hashes(tmp_path: Path, audit: Audit) -> None:
    project = tmp_path / "p"
    project.mkdir()
    try:
        git(project, "init", "-q", "--object-format=sha256")
    except subprocess.CalledProcessError:
        pytest.skip("this git has no such repositories")
    report = audit(repository(project), built({"sample/loader.py": FETCHES}))
    assert len(report["findings"]) == 2


def test_bounds(tmp_path: Path, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    project = repository(tmp_path / "p")
    monkeypatch.setattr(commit, "_MOST_FILES", 1)
    assert "has more than 1 files" in failures(audit(project, built()))
    monkeypatch.undo()
    monkeypatch.setattr(commit, "_MOST_CONTENT", 1)
    monkeypatch.chdir(project)
    found = commit.add_commits(
        Release("sample", [Read("sample-1.0.tar.gz", "sample-1.0.tar.gz")]), ["."], "HEAD"
    )[0]
    assert "more than 1 bytes" in found[0].message


@pytest.mark.parametrize(
    ("tag", "is_found"),
    [
        ("v1.0", True),
        ("1.0.0", True),
        ("V1.0", True),
        ("release-1.0", True),
        ("sample-v1.0", True),
        ("sample/1.0", True),
        ("v1.0rc1", False),
        ("v1", True),
        ("1.0-docs", False),
        ("other-1.0", False),
        ("v1.0.1", False),
    ],
)
def test_tag_of_the_version(tag: str, is_found: bool, tmp_path: Path, audit: Audit) -> None:
    project = repository(tmp_path / "p")
    if tag != "v1.0":
        git(project, "tag", tag, "v1.0")
        git(project, "tag", "-d", "v1.0")
    codes = [code for code, _, _ in said(audit(project, built(), "auto"))]
    assert codes == ([] if is_found else ["RL114"])
