"""The remedies: the backend is told, and what is advised does what it says with the backend itself."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import tomli

from fixtures.builders import BACKENDS, Wheel, sample_sources, sdist_sources, wheel_file
from pkgaudit.advice import in_words
from pkgaudit.advice.backend import backend_of
from pkgaudit.advice.leave_out import leave_out
from pkgaudit.archive.walk import walk
from pkgaudit.config import parse_config
from pkgaudit.finding import LeaveOut, SetField
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, Sdist, make_distribution
from pkgaudit.model.entry import Entry, EntryType
from tests.support import audit_paths

PURE = ("setuptools", "hatchling", "flit", "poetry", "pdm", "uv")
"""The backends that build without a compiler."""

STRAY = {"sample/core.py~": b"x = 1\n", "sample/notes/a b.txt": b"x\n", "sample/notes/deep/b.txt": b"x\n"}
MODULES = {"sample/__init__.py", "sample/core.py", "sample/core.pyi", "sample/py.typed"}


def settings(backend: str, layout: str) -> str:
    """Return what makes a backend find the modules and pack the stray files, where it does not by itself."""
    if backend == "setuptools":
        where = 'package-dir = { "" = "src" }\n' if layout == "src" else ""
        data = '[tool.setuptools.package-data]\nsample = ["**", "notes/**"]\n'
        return f'[tool.setuptools]\npackages = ["sample"]\n{where}{data}'
    return f'[tool.uv.build-backend]\nmodule-root = "{layout}"\n' if backend == "uv" else ""


def read(path: Path) -> Distribution:
    distribution = make_distribution(str(path))
    assert distribution is not None
    with path.open("rb") as file:
        for visit in walk(file, distribution, Limits()):
            for _ in visit.windows():
                pass
            visit.close()
    return distribution


def listing(path: Path) -> set[str]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def make_project(folder: Path, backend: str, layout: str) -> None:
    modules = {**sample_sources(), **STRAY, "sample/core.pyi": b""}
    files = sdist_sources(backend) | {f"{layout}/{name}": data for name, data in modules.items()}
    files["pyproject.toml"] += f'description = "A sample project"\n{settings(backend, layout)}'.encode()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


HOOKS = """
import importlib, sys
_, backend, out, *kinds = sys.argv
module = importlib.import_module(backend)
for kind in kinds:
    getattr(module, "build_" + kind)(out)
"""


def build(folder: Path, backend: str, out: Path, *kinds: str) -> None:
    """Call the hooks of a backend, as a build frontend without isolation does."""
    out.mkdir(exist_ok=True)
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(
        [sys.executable, "-c", HOOKS, BACKENDS[backend][1], str(out), *kinds],
        cwd=folder,
        env={**os.environ, "PATH": paths, "GIT_CEILING_DIRECTORIES": str(folder.parent)},
        check=True,
        capture_output=True,
    )


def paste(folder: Path, advice: str) -> None:
    """Do what the advice says: its first line names the file, all others are put into it."""
    head, _, snippet = advice.partition("\n")
    if "MANIFEST.in" in head:
        with (folder / "MANIFEST.in").open("a") as file:
            file.write(snippet + "\n")
        return
    assert "in pyproject.toml" in head
    path = folder / "pyproject.toml"
    text = path.read_text("utf-8")
    table, *keys = snippet.split("\n")
    assert table.startswith("[")
    if f"{table}\n" in text:
        text = text.replace(f"{table}\n", "\n".join((table, *keys, "")))
    else:
        text += snippet + "\n"
    path.write_text(text, "utf-8")


@pytest.fixture(scope="module", params=[(backend, layout) for layout in (".", "src") for backend in PURE])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """Build the project with its stray files once: a backend, a layout and what was built."""
    backend, layout = request.param
    folder = tmp_path_factory.mktemp(backend)
    make_project(folder / "before", backend, layout)
    build(folder / "before", backend, folder / "dist", "sdist", "wheel")
    return backend, layout, folder / "dist"


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_backend_does_as_advised(built: tuple[str, str, Path], kind: str, tmp_path: Path) -> None:
    backend, layout, dist = built
    pattern = "*.tar.gz" if kind == "sdist" else "*.whl"
    inside = "src/" if kind == "sdist" and layout == "src" else ""
    stray = {f"{inside}{name}" for name in STRAY}
    modules = {f"{inside}{name}" for name in MODULES}
    distribution = read(next(dist.glob(pattern)))
    assert listing(Path(distribution.path)) >= stray | modules
    assert backend_of(distribution) == backend

    project = tmp_path / "project"
    make_project(project, backend, layout)
    root = f"{distribution.root}/" if isinstance(distribution, Sdist) else ""
    advice = leave_out(LeaveOut(f"{root}{inside}sample/core.py~"), distribution)
    paste(project, advice)
    paste_folder(project, leave_out(LeaveOut(f"{root}{inside}sample/notes"), distribution))
    if "build the wheel from the sdist" in advice:
        build(project, backend, tmp_path / "between", "sdist")
        with tarfile.open(next((tmp_path / "between").iterdir())) as archive:
            archive.extractall(tmp_path / "unpacked")
        project = next((tmp_path / "unpacked").iterdir())
    build(project, backend, tmp_path / "dist", kind)

    left = listing(next((tmp_path / "dist").glob(pattern)))
    assert not left & stray
    assert left >= modules


def paste_folder(project: Path, advice: str) -> None:
    """Paste a second advice: a list that is there gets one more item, as a person would do it."""
    path = project / "pyproject.toml"
    text = path.read_text("utf-8")
    *_, last = advice.split("\n")
    key, equals, value = last.partition(" = [")
    if equals and f"\n{key} = [" in text:
        path.write_text(text.replace(f"\n{key} = [", f"\n{key} = [{value.removesuffix(']')}, "), "utf-8")
    else:
        paste(project, advice)


def sdist_with(pyproject: bytes | None, *paths: str) -> Sdist:
    made = Sdist("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    made.entries = [Entry(f"sample-1.0/{path}", EntryType.FILE) for path in ("PKG-INFO", *paths)]
    if pyproject is not None:
        made.kept["sample-1.0/pyproject.toml"] = pyproject
    return made


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_backend_of_sdist(backend: str) -> None:
    assert backend_of(sdist_with(sdist_sources(backend)["pyproject.toml"])) == backend


@pytest.mark.parametrize(
    ("pyproject", "backend"),
    [
        (b"[project]\nname = 'sample'\n", "setuptools"),
        (b"# nothing\n", "setuptools"),
        (b"[build-system]\nrequires = ['setuptools']\n", "setuptools"),
        (
            b"[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n",
            "poetry",
        ),
        (
            b"[build-system]\nrequires = ['wheel', 'Hatchling >= 1']\nbuild-backend = 'wrapper'\n"
            b"backend-path = ['_build']\n",
            "hatchling",
        ),
        (b"[build-system]\nbuild-backend = 'sipbuild.api'\n", None),
        (b"[build-system]\nbuild-backend = 3\n", None),
        (b"build-system = 3\n", None),
        (b"[build-system\n", None),
        (b"\xff\xfe", None),
        (b"a = " + b"[" * 100_000, None),
        (b"[build-system]\nrequires = [3, '', '=']\nbuild-backend = 'x'\nbackend-path = 3\n", None),
    ],
)
def test_backend_of_odd_sdist(pyproject: bytes, backend: str | None) -> None:
    assert backend_of(sdist_with(pyproject)) == backend


def test_sdist_without_pyproject() -> None:
    made = sdist_with(None)
    assert backend_of(made) is None
    made.kept["sample-1.0/setup.py"] = b""
    assert backend_of(made) == "setuptools"


@pytest.mark.parametrize(
    ("generator", "backend"),
    [
        ("setuptools (80.9.0)", "setuptools"),
        ("bdist_wheel (0.37.1)", "setuptools"),
        ("hatchling 1.27.0", "hatchling"),
        ("flit 3.12.0", "flit"),
        ("poetry-core 2.1.3", "poetry"),
        ("pdm-backend (2.4.5)", "pdm"),
        ("uv 0.8.1", "uv"),
        ("maturin (1.9.0)", "maturin"),
        ("scikit-build-core 0.11.5", "scikit-build-core"),
        ("meson", "meson-python"),
        ("uvicorn 1", None),
        ("", None),
    ],
)
def test_backend_of_wheel(generator: str, backend: str | None, tmp_path: Path) -> None:
    built = Wheel(wheel=wheel_file("py3-none-any", generator)).build()
    assert backend_of(read(built.write(tmp_path))) == backend


class TestWords:
    def test_unknown_backend(self) -> None:
        advice = leave_out(
            LeaveOut("sample-1.0/.env", "revoke it"),
            sdist_with(b"[build-system]\nbuild-backend = 'sip'\n", ".env"),
        )
        assert advice == (
            "revoke it; keep .env out of the sdist: exclude it in the "
            "settings of the build backend, or build from a fresh clone without it"
        )

    def test_nested(self) -> None:
        made = sdist_with(b"", "data/a.zip")
        head, _, snippet = leave_out(LeaveOut("sample-1.0/data/a.zip!/x/notes.txt"), made).partition("\n")
        assert "make data/a.zip anew without x/notes.txt" in head
        assert snippet == "exclude data/a.zip"

    def test_own_metadata(self, tmp_path: Path) -> None:
        made = read(Wheel().build().write(tmp_path))
        assert leave_out(LeaveOut("sample-1.0.dist-info/x"), made).endswith(
            "leave out the step of the build that adds it"
        )

    def test_package_in_wheel_of_setuptools(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files["tests/__init__.py"] = b""
        _, table, setting = leave_out(LeaveOut("tests"), read(wheel.build().write(tmp_path))).split("\n")
        assert (table, setting) == ("[tool.setuptools.packages.find]", 'exclude = ["tests", "tests.*"]')

    @pytest.mark.parametrize("backend", list(BACKENDS))
    @pytest.mark.parametrize(
        "path", ['a "b"\\c\'.txt', "a\udc80*[x]{y}!#.txt", "x" * 5000, "", "!/", "a//b/", "."]
    )
    def test_hostile_paths(self, backend: str, path: str) -> None:
        made = sdist_with(sdist_sources(backend)["pyproject.toml"], path)
        _, _, snippet = leave_out(LeaveOut(f"sample-1.0/{path}"), made).partition("\n")
        if snippet.startswith("["):
            tomli.loads(snippet)
        assert "\n" not in snippet or snippet.startswith("[")


FAULTS = {"ada@python.test": "ada@python.org", "x" * 513: "A sample", "tool @ https://a.org/t.zip": "tool"}
"""What the settings of the projects below hold three times wrong, and what is right."""

CONTACT, LONG, DIRECT = FAULTS

PROJECTS = {
    "project": (
        "setuptools",
        "pyproject.toml",
        f"""[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "sample"
version = "1.0"
description = "{LONG}"
authors = [{{ name = "Ada", email = "{CONTACT}" }}]
[project.optional-dependencies]
fast = ["{DIRECT}"]
""",
    ),
    "dynamic": (
        "setuptools",
        "pyproject.toml",
        f"""[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "sample"
version = "1.0"
description = "{LONG}"
authors = [{{ email = "{CONTACT}" }}]
dynamic = ["dependencies"]
[tool.setuptools.dynamic]
dependencies = {{ file = ["requirements.txt"] }}
""",
    ),
    "setup.cfg": (
        "setuptools",
        "setup.cfg",
        f"""[metadata]
name = sample
version = 1.0
description = {LONG}
author_email = {CONTACT}
[options]
packages = sample
install_requires =
    {DIRECT}
""",
    ),
    "setup.cfg-extra": (
        "setuptools",
        "setup.cfg",
        f"""[metadata]
name = sample
version = 1.0
summary = {LONG}
author-email = {CONTACT}
[options]
packages = sample
[options.extras_require]
fast = {DIRECT}
""",
    ),
    "setup.py": (
        "setuptools",
        "setup.py",
        f"""from setuptools import setup
setup(
    name="sample",
    version="1.0",
    description="{LONG}",
    author_email="{CONTACT}",
    packages=["sample"],
    install_requires=["{DIRECT}"],
)
""",
    ),
    "poetry": (
        "poetry",
        "pyproject.toml",
        f"""[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
[tool.poetry]
name = "sample"
version = "1.0"
description = "{LONG}"
authors = ["Ada <{CONTACT}>"]
[tool.poetry.dependencies]
python = ">=3.10"
tool = {{ url = "https://a.org/t.zip" }}
""",
    ),
    "hatchling": (
        "hatchling",
        "pyproject.toml",
        f"""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "sample"
version = "1.0"
description = "{LONG}"
authors = [{{ email = "{CONTACT}" }}]
dependencies = ["{DIRECT}"]
[tool.hatch.metadata]
allow-direct-references = true
""",
    ),
}
"""Projects by where they say what they are: the backend, the file and its content."""


def holds(file: Path, key: str) -> Any:
    """Return what a file of settings holds at a key as the advice spells it."""
    if file.suffix == ".py":
        found = re.search(rf"\b{re.escape(key)}(.*)", file.read_text("utf-8"))
        return found and found[1]
    if file.suffix == ".toml":
        value: Any = tomli.loads(file.read_text("utf-8"))
        for part in key.split("."):
            value = value[part]
        return value
    parser = configparser.ConfigParser()
    parser.read(file, "utf-8")
    if parser.has_section(key):
        return dict(parser[key])
    section, _, option = key.rpartition(".")
    return parser[section][option]


def advised(path: Path) -> dict[str, str]:
    """Return what is advised about a distribution, by rule."""
    config = parse_config({"select": ["MD108", "MD109", "MD111"]}, "test")
    return {each.code: each.fix or "" for audit in audit_paths([path], config) for each in audit.findings}


@pytest.mark.parametrize("name", PROJECTS)
def test_field_is_set_where_advised(name: str, tmp_path: Path) -> None:
    backend, file, content = PROJECTS[name]
    project = tmp_path / "project"
    (project / "sample").mkdir(parents=True)
    (project / "sample" / "__init__.py").touch()
    (project / "requirements.txt").write_text(f"{DIRECT}\n")
    (project / file).write_text(content, "utf-8")
    (project / "MANIFEST.in").write_text("include requirements.txt\n")
    build(project, backend, tmp_path / "before", "sdist", "wheel")
    sdist, wheel = sorted((tmp_path / "before").iterdir(), key=lambda path: path.suffix)

    of_sdist, of_wheel = advised(sdist), advised(wheel)
    assert of_sdist.keys() == of_wheel.keys() == {"MD108", "MD109", "MD111"}
    for code, wrong in zip(("MD109", "MD108", "MD111"), FAULTS, strict=True):
        found = re.search(r"\(`([^`]+)` in ([\w.]+)\)$", of_sdist[code])
        assert found, of_sdist[code]
        key, where = found.groups()
        value = str(holds(project / where, key))
        assert wrong in value or "requirements.txt" in value or "'https://a.org/t.zip'" in value
        assert key.rpartition(".")[2].rstrip("=").replace("-", "_") in of_wheel[code].replace("-", "_") or (
            key == "metadata.summary"  # another name for description
        )

    for path in (project / file, project / "requirements.txt"):
        text = path.read_text("utf-8").replace('{ url = "https://a.org/t.zip" }', '"*"')
        for wrong, right in FAULTS.items():
            text = text.replace(wrong, right)
        path.write_text(text, "utf-8")
    build(project, backend, tmp_path / "after", "sdist", "wheel")
    assert not any(advised(path) for path in (tmp_path / "after").iterdir())


def sdist_holding(**files: str) -> Sdist:
    """Return an sdist with files in its root folder, whose dots are written as underscores."""
    names = {name.replace("_", "."): content for name, content in files.items()}
    made = sdist_with(None, *names)
    made.kept.update({f"sample-1.0/{name}": content.encode() for name, content in names.items()})
    return made


SYSTEM = '[build-system]\nbuild-backend = "{}"\n'


class TestSetField:
    @pytest.mark.parametrize(
        ("files", "field", "place"),
        [
            ({"pyproject_toml": "[project]\n"}, "Summary", ""),
            (
                {"pyproject_toml": "[project]\nname = 'a'\n"},
                "Summary",
                "`project.description` in pyproject.toml",
            ),
            ({"pyproject_toml": "[project]\nname = 'a'\n"}, "Home-page", "`project.urls` in pyproject.toml"),
            ({"pyproject_toml": "[project]\nname = 'a'\n"}, "Requires-External", ""),
            (
                {
                    "pyproject_toml": SYSTEM.format("flit_core.buildapi")
                    + "[tool.flit.metadata]\nmodule = 'a'\n"
                },
                "Author-email",
                "`tool.flit.metadata.author-email` in pyproject.toml",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("flit_core.buildapi")
                    + "[project]\nname = 'a'\ndynamic = ['version', 'description']\n"
                },
                "Version",
                "`__version__` of the module",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("hatchling.build")
                    + "[project]\nname = 'a'\ndynamic = ['version']\n"
                },
                "Version",
                "`tool.hatch.version` in pyproject.toml",
            ),
            (
                {"pyproject_toml": SYSTEM.format("maturin") + "[project]\nname='a'\ndynamic = ['version']\n"},
                "Version",
                "`package.version` in Cargo.toml",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("poetry.core.masonry.api")
                    + "[project]\nname='a'\n[tool.poetry]\nreadme = 'README.md'\n"
                },
                "Description",
                "`tool.poetry.readme` in pyproject.toml",
            ),
            (
                {
                    "pyproject_toml": "[project]\nname='a'\ndynamic = ['version']\n"
                    "[tool.setuptools.dynamic]\nversion = { attr = 'a.v' }\n"
                },
                "Version",
                "`tool.setuptools.dynamic.version` in pyproject.toml",
            ),
            (
                {"pyproject_toml": "[project]\nname='a'\ndynamic = ['version']\n[tool.setuptools_scm]\n"},
                "Version",
                "the tag in version control, of which it is made",
            ),
            (
                {"pyproject_toml": "[tool.black]\n", "setup_py": "", "setup_cfg": ""},
                "Classifier",
                "`metadata.classifiers` in setup.cfg or `classifiers=` in setup.py",
            ),
            ({"setup_py": "setup(**args)"}, "Classifier", "`classifiers=` in setup.py"),
            (
                {"setup_py": "setup(classifiers=[])", "setup_cfg": "[metadata]\nname = a\n"},
                "Classifier",
                "`classifiers=` in setup.py",
            ),
            (
                {"setup_py": "", "setup_cfg": "[metadata]\nclassifier = a\n"},
                "Classifier",
                "`metadata.classifier` in setup.cfg",
            ),
            ({"setup_py": "", "setup_cfg": "[[[\n = :\n"}, "Dynamic", "`project.dynamic` in pyproject.toml"),
        ],
    )
    def test_place_in_sdist(self, files: dict[str, str], field: str, place: str) -> None:
        said = in_words(SetField(field, "change it"), sdist_holding(**files))
        assert said == (f"change it ({place})" if place else "change it") or not place

    @pytest.mark.parametrize(
        ("generator", "field", "place"),
        [
            (
                "setuptools (80.9.0)",
                "Summary",
                " (`project.description` in pyproject.toml, or `description` in setup.cfg or setup.py)",
            ),
            ("setuptools (80.9.0)", "Platform", " (`platforms` in setup.cfg or setup.py)"),
            ("hatchling 1.27.0", "Summary", " (`project.description` in pyproject.toml)"),
            (
                "poetry-core 2.1.3",
                "Summary",
                " (`project.description` in pyproject.toml or `tool.poetry.description` in pyproject.toml)",
            ),
            (
                "maturin (1.9.0)",
                "License",
                " (`project.license` in pyproject.toml or `package.license` in Cargo.toml)",
            ),
            ("maturin (1.9.0)", "Requires-External", ""),
            ("unheard-of 1", "Classifier", " (`project.classifiers` in pyproject.toml)"),
            ("unheard-of 1", "Colour", ""),
        ],
    )
    def test_place_by_generator(self, generator: str, field: str, place: str, tmp_path: Path) -> None:
        made = read(Wheel(wheel=wheel_file("py3-none-any", generator)).build().write(tmp_path))
        assert in_words(SetField(field, "change it"), made) == f"change it{place}"

    @pytest.mark.parametrize(
        "files",
        [
            {"pyproject_toml": "project = 3\ntool = 'x'\n"},
            {"pyproject_toml": "[project]\ndynamic = 3\nname = 3\n[tool]\npoetry = []\nsetuptools = 3\n"},
            {"pyproject_toml": "a = " + "[" * 10_000},
            {"setup_cfg": "[metadata]\n" + "x = %(y)s\n" * 1000, "setup_py": "\x00" * 1000},
            {"setup_cfg": "\udc80".encode("utf-8", "replace").decode() + "\n[a\n"},
        ],
    )
    def test_odd_settings(self, files: dict[str, str]) -> None:
        for field in ("Version", "Summary", "Requires-Dist", "Colour", ""):
            assert in_words(SetField(field, "change it"), sdist_holding(**files)).startswith("change it")
