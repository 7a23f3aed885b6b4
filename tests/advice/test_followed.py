"""Remedies of single rules, followed with the backends that they are about."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from fixtures.binaries import Elf
from fixtures.builders import BACKENDS, LICENSE, sample_sources
from fixtures.projects import write_files
from pkgaudit.advice import in_words
from pkgaudit.finding import Include
from tests.advice.pasting import paste_block
from tests.advice.test_advice import build, listing, read
from tests.programs import need_backend
from tests.support import run_json

pytestmark = pytest.mark.once


def write_project(folder: Path, backend: str, /, **files: bytes) -> Path:
    pyproject = (
        f'[build-system]\nrequires = []\nbuild-backend = "{BACKENDS[backend][1]}"\n'
        '[project]\nname = "sample"\nversion = "1.0"\ndescription = "A sample"\n'
    )
    written = {"pyproject.toml": pyproject.encode(), "LICENSE": LICENSE, **sample_sources(), **files}
    return write_files(folder, written)


@pytest.mark.parametrize("backend", ["hatchling", "flit", "poetry", "pdm"])
def test_no_tag_of_python_2_once_python_is_required(backend: str, tmp_path: Path) -> None:
    need_backend(backend)
    project = write_project(tmp_path / "project", backend)
    build(project, backend, tmp_path / "old", "wheel")
    (found,) = run_json(tmp_path / "old", "--select", "FN108")["findings"]
    assert "`project.requires-python`" in found["fix"]
    assert "'>=3.10'" in found["fix"]
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8") + 'requires-python = ">=3.10"\n', "utf-8")
    build(project, backend, tmp_path / "new", "wheel")
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["sample-1.0-py3-none-any.whl"]
    assert run_json(tmp_path / "new", "--select", "FN108")["findings"] == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_link_that_hides_a_folder_from_hatchling(tmp_path: Path) -> None:
    need_backend("hatchling")
    project = write_project(tmp_path / "project", "hatchling", **{"sample/data/table.json": b"{}\n"})
    (project / "sample" / "all").symlink_to("data")
    build(project, "hatchling", tmp_path / "old", "wheel")
    wheel = read(next((tmp_path / "old").iterdir()))
    assert "sample/data/table.json" not in listing(Path(wheel.path))
    said = in_words(Include("sample/data/table.json"), wheel)
    assert "if a symbolic link leads to its folder, remove the link" in said
    (project / "sample" / "all").unlink()
    build(project, "hatchling", tmp_path / "new", "wheel")
    assert "sample/data/table.json" in listing(next((tmp_path / "new").iterdir()))
    assert "symbolic" not in in_words(Include("sample/data/other.json"), read(Path(wheel.path)))


MODULE = "sample/_core.cpython-311-x86_64-linux-gnu.so"


@pytest.mark.parametrize("backend", ["flit", "pdm"])
def test_module_of_an_earlier_build_is_left_out(backend: str, tmp_path: Path) -> None:
    need_backend(backend)
    module = Elf(defined=("PyInit__core",)).build()
    project = write_project(tmp_path / "project", backend, **{MODULE: module})
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8") + 'requires-python = ">=3.10"\n', "utf-8")
    build(project, backend, tmp_path / "old", "wheel")
    (found,) = run_json(tmp_path / "old", "--select", "NB103")["findings"]
    paste_block(project, found["fix"])
    (tmp_path / "sdist").mkdir()
    build(project, backend, tmp_path / "sdist", "sdist")
    with tarfile.open(next((tmp_path / "sdist").iterdir())) as archive:
        archive.extractall(tmp_path / "unpacked")
    build(next((tmp_path / "unpacked").iterdir()), backend, tmp_path / "new", "wheel")
    new = listing(next((tmp_path / "new").iterdir()))
    assert MODULE not in new
    assert new >= set(sample_sources())


def test_sdist_of_a_build_that_stopped(tmp_path: Path) -> None:
    need_backend("flit")
    project = write_project(tmp_path / "project", "flit")
    (project / "sample" / "zz.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "outside.py").write_text("x = 1\n", "utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        build(project, "flit", tmp_path / "dist", "sdist")
    findings = run_json(tmp_path / "dist", "--profile", "pypi")["findings"]
    assert findings
    assert all("by hand" not in each["fix"] for each in findings)
    assert any("stop" in each["fix"] for each in findings)


def test_license_of_uv_build_is_stated_with_its_text(tmp_path: Path) -> None:
    need_backend("uv")
    project = write_project(tmp_path / "project", "uv")
    path = project / "pyproject.toml"
    text = path.read_text("utf-8")
    tool = '[tool.uv.build-backend]\nmodule-root = "."\n'
    path.write_text(text + tool, "utf-8")
    build(project, "uv", tmp_path / "old", "wheel")
    (found,) = run_json(tmp_path / "old", "--select", "LC103,LC109")["findings"]
    assert "name it in `license-files`" in found["fix"]
    path.write_text(f'{text}license = "MIT"\nlicense-files = ["LICENSE"]\n{tool}', "utf-8")
    build(project, "uv", tmp_path / "new", "wheel")
    assert run_json(tmp_path / "new", "--select", "LC103,LC109")["findings"] == []
