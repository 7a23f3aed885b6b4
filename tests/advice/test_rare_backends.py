"""Remedies for backends that few projects use: each is followed, the project built again and audited.

Nuitka and sphinx-theme-builder are left out: the first compiles for minutes, and the wheel of the second
needs a build with Node. flit-scm is left out because its setuptools-scm changes what setuptools packs.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import LICENSE
from fixtures.faulty import commit
from fixtures.projects import write_files
from pkgaudit.advice import in_words
from pkgaudit.advice.backend import backend_of, builder_of
from pkgaudit.finding import Include
from pkgaudit.model.distribution import Sdist
from tests.advice.pasting import paste_block
from tests.advice.test_advice import listing, read
from tests.hooks import call_hooks
from tests.programs import need
from tests.support import run_json

pytestmark = pytest.mark.once

ENV = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
PROJECT = (
    '[project]\nname = "sample"\nversion = "1.0"\ndescription = "A sample"\nrequires-python = ">=3.10"\n'
    'readme = "README.md"\n'
)
SETUP = 'setup(name="sample", version="1.0", packages=["sample"], include_package_data=True)\n'
SCONSTRUCT = """import enscons, toml
metadata = toml.load(open("pyproject.toml"))["project"]
env = Environment(
    tools=["default", "packaging", enscons.generate], PACKAGE_METADATA=metadata, WHEEL_TAG="py3-none-any"
)
wheel_files = Glob("sample/*.py") + Glob("sample/.env")
sdist_files = Glob("sample/*.py") + Glob("sample/.env")
sdist_files += ["pyproject.toml", "README.md", "SConstruct", "PKG-INFO"]
env.WhlFile(source=env.Whl("purelib", wheel_files, root="."))
env.Alias("sdist", env.SDist(source=sdist_files))
"""
CMAKE = "cmake_minimum_required(VERSION 3.15...4.0)\nproject(sample LANGUAGES NONE)\n"


@dataclass(frozen=True)
class Rare:
    """A backend with a project in which it packs what nobody wants."""

    module: str
    """The module to import for it."""
    hooks: str = ""
    """What ``build-backend`` names, the module if empty."""
    files: dict[str, bytes] = field(default_factory=dict)
    pyproject: str = PROJECT
    strays: dict[str, bytes] = field(
        default_factory=lambda: {"sample/.env": ENV, "sample/.vscode/settings.json": b"{}\n"}
    )
    kinds: tuple[str, ...] = ("sdist", "wheel")
    inside: str = ""
    """The folder of the package."""


RARE = {
    "pbr": Rare(
        "pbr",
        "pbr.build",
        {
            "setup.cfg": b"[metadata]\nname = sample\nversion = 1.0\n[files]\npackages =\n    sample\n",
            "setup.py": b"import setuptools\nsetuptools.setup(pbr=True)\n",
        },
        pyproject="",
    ),
    "jupyter-packaging": Rare(
        "jupyter_packaging",
        "jupyter_packaging.build_api",
        {
            "setup.py": f"from setuptools import setup\n{SETUP}".encode(),
            "MANIFEST.in": b"graft sample\n",
        },
        pyproject="",
    ),
    "scikit-build": Rare(
        "skbuild",
        "setuptools.build_meta",
        {"setup.py": f"from skbuild import setup\n{SETUP}".encode(), "CMakeLists.txt": CMAKE.encode()},
        pyproject="",
        kinds=("sdist",),
    ),
    "scikit-build with a MANIFEST.in": Rare(
        "skbuild",
        "setuptools.build_meta",
        {
            "setup.py": f"from skbuild import setup\n{SETUP}".encode(),
            "CMakeLists.txt": CMAKE.encode(),
            "MANIFEST.in": b"graft sample\ninclude CMakeLists.txt\n",
        },
        pyproject="",
        kinds=("sdist",),
    ),
    "setuptools-rust": Rare(
        "setuptools_rust",
        "setuptools.build_meta",
        {
            "setup.py": f"from setuptools import setup\nimport setuptools_rust\n{SETUP}".encode(),
            "MANIFEST.in": b"graft sample\n",
        },
        pyproject="",
    ),
    "pdm-pep517": Rare("pdm.pep517", "pdm.pep517.api"),
    "whey": Rare(
        "whey",
        pyproject=f'{PROJECT}license = {{ file = "LICENSE" }}\n[tool.whey]\nsource-dir = "src"\n',
        strays={"src/sample/.ipynb_checkpoints/core-checkpoint.py": b"x = 1\n"},
        inside="src/",
    ),
    "py-build-cmake": Rare(
        "py_build_cmake",
        "py_build_cmake.build",
        pyproject=f'{PROJECT}[tool.py-build-cmake.module]\ndirectory = "."\n',
    ),
    "just-buildit": Rare(
        "just_buildit",
        pyproject=f"{PROJECT}[tool.just-buildit]\nrepair = false\n",
        inside="src/",
        strays={"src/sample/.env": ENV, "src/sample/.vscode/settings.json": b"{}\n"},
        kinds=("wheel",),
    ),
    "sip": Rare("sipbuild", "sipbuild.api", strays={"sample/.env": ENV, ".env": ENV}, kinds=("sdist",)),
    "enscons": Rare(
        "enscons",
        "enscons.api",
        {
            "SConstruct": SCONSTRUCT.encode(),
            "PKG-INFO": b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n",
        },
        strays={"sample/.env": ENV},
    ),
}


def write_project(folder: Path, name: str, /, **changes: str) -> Path:
    rare = RARE[name]
    hooks = rare.hooks or rare.module
    pyproject = f'[build-system]\nrequires = []\nbuild-backend = "{hooks}"\n{rare.pyproject}'
    for old, new in changes.items():
        pyproject = re.sub(rf'^{old} = ".*"$', f'{old} = "{new}"', pyproject, flags=re.MULTILINE)
    files = {
        "pyproject.toml": pyproject.encode(),
        "README.md": b"# sample\n",
        "LICENSE": LICENSE,
        f"{rare.inside}sample/__init__.py": b"",
        f"{rare.inside}sample/core.py": b"x = 1\n",
        **rare.files,
        **rare.strays,
    }
    write_files(folder, files)
    commit(folder)
    return folder


def build(project: Path, name: str, out: Path) -> Path:
    """Build the sdist and, from that, the wheel, as build frontends do."""
    rare = RARE[name]
    hooks = rare.hooks or rare.module
    out.mkdir()
    if "sdist" in rare.kinds:
        call_hooks(project, hooks, out, "sdist")
    if "wheel" in rare.kinds:
        if "sdist" in rare.kinds:
            with tarfile.open(next(out.glob("*.tar.gz"))) as archive:
                archive.extractall(project.parent / f"{project.name} unpacked")
            project = next((project.parent / f"{project.name} unpacked").iterdir())
        call_hooks(project, hooks, out, "wheel")
    return out


def need_rare(name: str) -> None:
    need(RARE[name].module)
    if name == "enscons":
        need("toml")
    if shutil.which("git") is None:
        pytest.skip("needs git")


def follow(project: Path, report: dict[str, Any]) -> None:
    """Do all that the remedies of a report say."""
    for paste in report["pastes"]:
        if paste["file"]:
            paste_block(project, f"in {paste['file']}:\n{paste['text']}")
        else:
            for line in paste["text"].splitlines():
                subprocess.run(shlex.split(line), cwd=project, check=True, capture_output=True)
    for each in report["findings"]:
        if "in SConstruct" in each["fix"]:
            path = project / "SConstruct"
            kind = "wheel" if "env.Whl" in each["fix"] else "sdist"
            text = path.read_text("utf-8")
            line = next(line for line in text.splitlines() if line.startswith(f"{kind}_files"))
            path.write_text(text.replace(line, line.replace(' + Glob("sample/.env")', "")), "utf-8")


@pytest.mark.parametrize("name", RARE)
def test_files_are_gone_once_done_as_advised(name: str, tmp_path: Path) -> None:
    need_rare(name)
    project = write_project(tmp_path / "project", name)
    old = build(project, name, tmp_path / "old")
    for path in old.iterdir():
        # A wheel names setuptools where another backend built it on that, and distlib for py-build-cmake.
        is_named = name.startswith(builder_of(read(path)) or "none")
        assert is_named or path.suffix == ".whl" or backend_of(read(path)) == "setuptools"
    report = run_json(old, "--select", "SF102,SF201,SF204")
    assert report["errors"] == []
    assert {each["distribution"].endswith(".whl") for each in report["findings"]} == {
        kind == "wheel" for kind in RARE[name].kinds
    }

    shutil.rmtree(project)
    write_project(project, name)
    shutil.rmtree(tmp_path / "project unpacked", ignore_errors=True)
    follow(project, report)
    new = build(project, name, tmp_path / "new")
    left = run_json(new, "--select", "SF102,SF201,SF204")
    assert [each["message"] for each in left["findings"]] == []
    for path in new.iterdir():
        inside = RARE[name].inside if path.suffix == ".gz" else ""
        assert listing(path) >= {f"{inside}sample/__init__.py", f"{inside}sample/core.py"}


@pytest.mark.parametrize("name", ["sip", "enscons", "just-buildit", "pdm-pep517"])
def test_name_is_normal_once_done_as_advised(name: str, tmp_path: Path) -> None:
    need_rare(name)
    spelled = {"name": "My.Cool_Pkg", "version": "1.0.0-rc.1"}
    project = write_project(tmp_path / "project", name, **spelled)
    if name == "pdm-pep517":
        (project / "sample").rename(project / "my_cool_pkg")
    hooks = RARE[name].hooks or RARE[name].module
    (tmp_path / "old").mkdir()
    call_hooks(project, hooks, tmp_path / "old", "sdist")
    (found,) = run_json(tmp_path / "old", "--select", "FN101,FN102")["findings"]

    path = project / "pyproject.toml"
    if name == "pdm-pep517":
        assert "build with pdm-backend" in found["fix"]
        path.write_text(path.read_text("utf-8").replace("pdm.pep517.api", "pdm.backend"), "utf-8")
        hooks = "pdm.backend"
        need(hooks)
    else:
        keys = dict(re.findall(r'`(\w+) = "([^"]+)"`', found["fix"]))
        keys = keys or {"name": "my_cool_pkg", "version": "1.0.0rc1"}
        assert keys == {"name": "my_cool_pkg", "version": "1.0.0rc1"}
        write_project(project, name, **keys)
    (tmp_path / "new").mkdir()
    call_hooks(project, hooks, tmp_path / "new", "sdist")
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["my_cool_pkg-1.0.0rc1.tar.gz"]
    assert run_json(tmp_path / "new", "--select", "FN101,FN102")["findings"] == []


def test_whey_states_a_license_as_advised(tmp_path: Path) -> None:
    need_rare("whey")
    project = write_project(tmp_path / "project", "whey")
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    call_hooks(project, "whey", tmp_path / "old", "wheel")
    (found,) = run_json(tmp_path / "old", "--select", "LC103")["findings"]
    assert "license classifier to `project.classifiers`" in found["fix"]
    path = project / "pyproject.toml"
    classifier = 'classifiers = ["License :: OSI Approved :: MIT License"]\nname ='
    path.write_text(path.read_text("utf-8").replace("name =", classifier, 1), "utf-8")
    call_hooks(project, "whey", tmp_path / "new", "wheel")
    assert run_json(tmp_path / "new", "--select", "LC103")["findings"] == []


@pytest.mark.parametrize("name", ["whey", "py-build-cmake", "pbr"])
def test_files_are_there_once_done_as_advised(name: str, tmp_path: Path) -> None:
    need_rare(name)
    project = write_project(tmp_path / "project", name)
    (project / "notes.txt").write_text("x\n", "utf-8")
    hooks = RARE[name].hooks or RARE[name].module
    (tmp_path / "old").mkdir()
    call_hooks(project, hooks, tmp_path / "old", "sdist")
    sdist = read(next((tmp_path / "old").iterdir()))
    assert isinstance(sdist, Sdist)
    assert "notes.txt" not in listing(Path(sdist.path))
    said = in_words(Include(f"{sdist.root}/notes.txt"), sdist)
    if "git add" in said:
        subprocess.run(shlex.split(said.partition("\n")[2]), cwd=project, check=True)
    else:
        paste_block(project, said)
    (tmp_path / "new").mkdir()
    call_hooks(project, hooks, tmp_path / "new", "sdist")
    assert "notes.txt" in listing(next((tmp_path / "new").iterdir()))
