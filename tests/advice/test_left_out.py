"""Files that a setting of the project leaves out: what to remove, tried with the backends themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
import tomli

from fixtures.builders import BACKENDS, LICENSE, Wheel, sample_sources, sdist_sources, wheel_file
from fixtures.builders import Sdist as BuiltSdist
from fixtures.faulty import commit
from fixtures.projects import write_files
from pkgaudit.advice import in_words
from pkgaudit.advice.left_out import matches
from pkgaudit.finding import Include
from pkgaudit.model.distribution import Distribution, Sdist
from pkgaudit.model.entry import Entry, EntryType
from tests.advice.pasting import paste_block
from tests.advice.test_advice import build, listing, read
from tests.advice.test_advice_rebuilt import from_sdist
from tests.programs import find_program, need_backend
from tests.support import run_json

pytestmark = pytest.mark.once

FIND = '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
PURE = "[tool.scikit-build.wheel]\ncmake = false\n"
DATA = f'{FIND}[tool.setuptools.package-data]\nsample = ["data/*.json"]\n'


@pytest.mark.parametrize(
    ("backend", "tool", "manifest", "missing"),
    [
        ("poetry", '[tool.poetry]\nexclude = ["src/sample/data", "x.txt"]\n', "", "sample/data/a.json"),
        ("poetry", '[tool.poetry]\nexclude = ["src/sample/trees"]\n', "", "sample/trees/__init__.py"),
        ("pdm", '[tool.pdm.build]\nexcludes = ["src/**/a.json"]\n', "", "sample/data/a.json"),
        ("flit", '[tool.flit.sdist]\nexclude = ["src/sample/data/*"]\n', "", "sample/data/a.json"),
        ("uv", '[tool.uv.build-backend]\nsource-exclude = ["data"]\n', "", "sample/data/a.json"),
        ("uv", '[tool.uv.build-backend]\nwheel-exclude = ["*.json"]\n', "", "sample/data/a.json"),
        ("scikit-build-core", f'{PURE}exclude = ["sample/data/**"]\n', "", "sample/data/a.json"),
        ("scikit-build-core", f'{PURE}exclude = ["/data"]\n', "", "sample/data/a.json"),
        ("setuptools", DATA, "include x.txt\nprune src/sample/data\n", "sample/data/a.json"),
        ("setuptools", FIND, "recursive-exclude src *.json\ninclude x.txt\n", "sample/data/a.json"),
        ("setuptools", f'{FIND}exclude = ["sample.tr*"]\n', "", "sample/trees/__init__.py"),
    ],
)
def test_file_is_packed_once_the_setting_is_gone(
    backend: str, tool: str, manifest: str, missing: str, tmp_path: Path
) -> None:
    need_backend(backend)
    pyproject = (
        f'[build-system]\nrequires = []\nbuild-backend = "{BACKENDS[backend][1]}"\n'
        f'[project]\nname = "sample"\nversion = "1.0"\ndescription = "A sample"\n{tool}'
    )
    files = {
        "pyproject.toml": pyproject.encode(),
        "LICENSE": LICENSE,
        "src/sample/__init__.py": b'"""A sample."""\n',
        "src/sample/trees/__init__.py": b"",
        "src/sample/data/a.json": b"{}\n",
    }
    if manifest:
        files["MANIFEST.in"] = manifest.encode()
    project = write_files(tmp_path / "project", files)
    sdist, wheel = built(project, backend, tmp_path / "old")
    assert missing not in listing(Path(wheel.path))
    follow(project, in_words(Include(missing), wheel, sdist))
    _, wheel = built(project, backend, tmp_path / "new")
    assert missing in listing(Path(wheel.path))


def built(project: Path, backend: str, out: Path) -> tuple[Sdist, Distribution]:
    """Build the sdist and, from that, the wheel, as build frontends do."""
    build(project, backend, out, "sdist")
    sdist = read(next(out.iterdir()))
    assert isinstance(sdist, Sdist)
    return sdist, read(from_sdist(out, backend, out / "unpacked"))


def follow(project: Path, said: str) -> None:
    """Do what a remedy says, and nothing else."""
    head, _, snippet = said.partition("\n")
    if line := re.search("remove the line '(.+)' from MANIFEST.in", head):
        path = project / "MANIFEST.in"
        path.write_text(path.read_text("utf-8").replace(f"{line[1]}\n", ""), "utf-8")
    if snippet:
        paste_block(project, said if not line else f"in pyproject.toml:\n{snippet}")


def test_sdist_of_maturin_names_the_pattern_that_wins() -> None:
    made = Sdist("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    made.entries = [Entry("sample-1.0/pyproject.toml", EntryType.FILE)]
    made.kept["sample-1.0/pyproject.toml"] = (
        b'[build-system]\nrequires = []\nbuild-backend = "maturin"\n[tool.maturin]\n'
        b'exclude = ["docs", { path = "core/**", format = "sdist" }, { path = "core/*", format = "wheel" }]\n'
    )
    said = in_words(Include("sample-1.0/core/Cargo.toml"), made)
    assert "remove 'core/**' from `exclude` of `[tool.maturin]`, which takes precedence; then add" in said
    assert tomli.loads(said.partition("\n")[2])["tool"]["maturin"] == {
        "exclude": ["docs", {"path": "core/*", "format": "wheel"}],
        "include": [{"path": "core/Cargo.toml", "format": "sdist"}],
    }
    assert "remove" not in in_words(Include("sample-1.0/other/Cargo.toml"), made)


@pytest.mark.parametrize(
    ("pattern", "floating", "path", "is_match"),
    [
        ("src/a", "none", "src/a/b/c.py", True),
        ("src/a", "none", "src/ab/c.py", False),
        ("./src/a/", "none", "src/a/c.py", True),
        ("a", "none", "src/a/c.py", False),
        ("a", "names", "src/a/c.py", True),
        ("/a", "names", "src/a/c.py", False),
        ("src/a", "names", "x/src/a/c.py", False),
        ("src/a", "all", "x/src/a/c.py", True),
        ("src/**", "none", "src/a/c.py", True),
        ("src/**", "none", "src", False),
        ("src/**/c.py", "none", "src/c.py", True),
        ("**/**/c.py", "none", "x/y/c.py", True),
        ("src/*.json", "none", "src/a/b.json", False),
        ("!src", "names", "src/a", False),
        ("", "all", "a", False),
        ("/", "all", "a", False),
    ],
)
def test_patterns(pattern: str, floating: Literal["none", "names", "all"], path: str, is_match: bool) -> None:
    assert matches(pattern, floating, path) == is_match


@pytest.mark.parametrize(
    ("backend", "says"),
    [
        ("setuptools", "to those that `tool.setuptools` lists or finds"),
        ("poetry", 'path = "**/sample/trees/__init__.py"'),
    ],
)
@pytest.mark.parametrize("has_sdist", [True, False])
def test_checkout_shows_that_a_missing_module_is_a_package(
    backend: str, says: str, has_sdist: bool, tmp_path: Path
) -> None:
    find_program("git")
    files = {**sdist_sources(backend), **sample_sources(), "sample/trees/__init__.py": b""}
    project = write_files(tmp_path / "project", files)
    commit(project)
    (project / "dist").mkdir()
    importer = {**sample_sources(), "sample/__init__.py": b"from sample import trees\n"}
    wheel = Wheel(files=importer, wheel=wheel_file("py3-none-any", f"{GENERATORS[backend]} 2.1"))
    wheel.build().write(project / "dist")
    if has_sdist:
        BuiltSdist(files={**sdist_sources(backend), **importer}).build().write(project / "dist")
    report = run_json(project / "dist", "--select", "WH110,SF111")
    (found,) = (each for each in report["findings"] if each["code"] == "WH110")
    assert found["fix"].startswith("pack sample/trees/__init__.py into the wheel: ")
    assert says in found["fix"]


GENERATORS = {"setuptools": "setuptools", "poetry": "poetry-core"}
