"""Projects of the real build backends, from a folder to a verdict."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import BACKENDS
from fixtures.projects import TOOL, write_project
from tests.hooks import call_hooks
from tests.programs import need_backend
from tests.support import run, run_json


def build(project: Path) -> dict[str, Any]:
    return run_json(project, "--no-isolation")


@pytest.mark.parametrize("backend", TOOL)
def test_good_project_passes_with_nothing_found(tmp_path: Path, backend: str) -> None:
    need_backend(backend)
    report = build(write_project(tmp_path, backend))
    assert report["errors"] == []
    assert [(each["kind"], each["name"], each["version"]) for each in report["distributions"]] == [
        ("sdist", "sample", "1.0"),
        ("wheel", "sample", "1.0"),
    ]
    # Some backends write a metadata version that an older twine rejects, which is reported at info level.
    found = [each for each in report["findings"] if each["code"] != "MD217"]
    assert [f"{each['code']} {each['member']} {each['message']}" for each in found] == []
    assert report["verdict"] == "pass"


Change = Callable[[Path], None]


def edit(name: str, old: str, new: str) -> Change:
    def change(project: Path) -> None:
        path = project / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return change


def write(name: str, text: str) -> Change:
    def change(project: Path) -> None:
        (project / name).write_text(text, "utf-8")

    return change


def both(first: Change, second: Change) -> Change:
    def change(project: Path) -> None:
        first(project)
        second(project)

    return change


SECRET_ENV = "DATABASE_PASSWORD=correct-horse-battery-staple\n"
BROKEN_RST = "Title\n=====\n\n.. nonsense::\n\n   text\n"

DEFECTS: dict[str, tuple[str, Change, set[tuple[str, str | None]]]] = {
    "environment file, hatchling": (
        "hatchling",
        write("src/sample/.env", SECRET_ENV),
        {("SF102", "sample-1.0/src/sample/.env"), ("SF102", "sample/.env")},
    ),
    "environment file, flit": (
        "flit",
        write("src/sample/.env", SECRET_ENV),
        {("SF102", "sample-1.0/src/sample/.env"), ("SF102", "sample/.env")},
    ),
    "environment file, setuptools": (
        "setuptools",
        write("src/sample/.env", SECRET_ENV),
        {("SF102", "sample-1.0/src/sample/.env"), ("SF102", "sample/.env")},
    ),
    "local version": (
        "setuptools",
        edit("pyproject.toml", 'version = "1.0"', 'version = "1.0+local"'),
        {("MD105", "sample-1.0+local/PKG-INFO"), ("MD105", "sample-1.0+local.dist-info/METADATA")},
    ),
    "direct reference": (
        "setuptools",
        edit(
            "pyproject.toml", "dependencies = []", 'dependencies = ["six @ https://files.python.org/six.zip"]'
        ),
        {("MD111", "sample-1.0/PKG-INFO"), ("MD111", "sample-1.0.dist-info/METADATA")},
    ),
    "long label of a URL": (
        "setuptools",
        edit("pyproject.toml", "Source =", "An-url-label-that-is-far-too-long-for-the-index ="),
        {("MD110", "sample-1.0/PKG-INFO"), ("MD110", "sample-1.0.dist-info/METADATA")},
    ),
    "private classifier": (
        "hatchling",
        edit("pyproject.toml", "classifiers = [", 'classifiers = ["Private :: Do Not Upload", '),
        {("MD107", "sample-1.0/PKG-INFO"), ("MD107", "sample-1.0.dist-info/METADATA")},
    ),
    "readme that does not render": (
        "poetry",
        both(edit("pyproject.toml", "README.md", "README.rst"), write("README.rst", BROKEN_RST)),
        {("RM101", "sample-1.0/PKG-INFO"), ("RM101", "sample-1.0.dist-info/METADATA")},
    ),
}


@pytest.mark.parametrize(("backend", "change", "places"), DEFECTS.values(), ids=DEFECTS)
def test_defect_fails_at_its_place(
    tmp_path: Path, backend: str, change: Change, places: set[tuple[str, str | None]]
) -> None:
    need_backend(backend)
    project = write_project(tmp_path / "project", backend)
    change(project)
    (tmp_path / "dist").mkdir()
    call_hooks(project, BACKENDS[backend][1], tmp_path / "dist", "sdist", "wheel")
    report = run_json(tmp_path / "dist")
    assert report["verdict"] == "fail"
    errors = {
        (each["code"], place["member"])
        for each in report["findings"]
        if each["severity"] == "error"
        for place in (each, *each["also"])
    }
    assert errors == places
    assert all(each["fix"] for each in report["findings"])


def test_tampered_wheel_fails(tmp_path: Path) -> None:
    from build.__main__ import main as build_main

    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling")
    build_main(["--wheel", "--no-isolation", "--outdir", str(tmp_path), str(project)])
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("sample/added.py", "print('hello')\n")
    report = run_json(wheel)
    assert [(each["code"], each["member"]) for each in report["findings"] if each["severity"] == "error"] == [
        ("HM104", "sample/added.py")
    ]


def test_project_that_does_not_build(tmp_path: Path) -> None:
    need_backend("setuptools")
    project = write_project(tmp_path, "setuptools")
    edit("pyproject.toml", "[project]", "[project]\nnonsense = 1")(project)
    done = run(project, "--no-isolation", "--no-config")
    assert done.exit_code == 2
    assert "nonsense" in done.stderr
    assert "the build failed; its last lines are on standard error" in " ".join(done.stdout.split())
    assert done.stdout.endswith("\nCOULD NOT AUDIT\n")
    assert "Traceback (most recent call last):\n  File" not in done.stdout


def test_two_projects_of_one_name_are_both_audited(tmp_path: Path) -> None:
    need_backend("flit")
    first = write_project(tmp_path / "first", "flit")
    write("src/sample/.env", SECRET_ENV)(first)
    second = write_project(tmp_path / "second", "flit")
    report = run_json(first, second, "--no-isolation")
    assert [each["verdict"] for each in report["distributions"]] == ["fail", "fail", "pass", "pass"]
    assert report["distributions"][0]["path"] == str(first / "sample-1.0.tar.gz")


def test_progress_goes_to_standard_error(tmp_path: Path) -> None:
    need_backend("flit")
    project = write_project(tmp_path, "flit")
    done = run(project, "--no-isolation", "--no-config")
    assert "* Building sdist..." in done.stderr
    assert "Building" not in done.stdout
    assert run(project, "--no-isolation", "--no-config", "--quiet").stderr == ""
