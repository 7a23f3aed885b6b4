"""The remedies: the backend is told, and what is advised does what it says with the backend itself."""

from __future__ import annotations

import configparser
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import tomli

from fixtures.builders import BACKENDS, Wheel, sample_sources, sdist_sources, wheel_file
from pkgaudit.advice import in_words
from pkgaudit.advice.backend import backend_of
from pkgaudit.archive.walk import walk
from pkgaudit.config.config import parse_config
from pkgaudit.finding import Exclude, Include, SetField
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, Sdist, make_distribution
from pkgaudit.model.entry import Entry, EntryType
from tests.advice.pasting import paste_block
from tests.hooks import call_hooks
from tests.programs import need_backend
from tests.support import audit_paths

pytestmark = pytest.mark.once

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


def build(folder: Path, backend: str, out: Path, *kinds: str) -> None:
    """Call the hooks of a backend, as a build frontend without isolation does."""
    need_backend(backend)
    out.mkdir(exist_ok=True)
    call_hooks(folder, BACKENDS[backend][1], out, *kinds)


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
    advice = in_words(Exclude(f"{root}{inside}sample/core.py~"), distribution)
    paste_block(project, advice)
    paste_block(project, in_words(Exclude(f"{root}{inside}sample/notes"), distribution))
    if "build the wheel from the sdist" in advice:
        build(project, backend, tmp_path / "between", "sdist")
        with tarfile.open(next((tmp_path / "between").iterdir())) as archive:
            archive.extractall(tmp_path / "unpacked")
        project = next((tmp_path / "unpacked").iterdir())
    build(project, backend, tmp_path / "dist", kind)

    left = listing(next((tmp_path / "dist").glob(pattern)))
    assert not left & stray
    assert left >= modules


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
        (b"[build-system]\nbuild-backend = 'sipbuild.api'\n", "sip"),
        (b"[build-system]\nbuild-backend = 'pdm.pep517.api'\n", "pdm"),
        (b"[build-system]\nbuild-backend = 'pbr.build'\n", "setuptools"),
        (b"[build-system]\nbuild-backend = 'jupyter_packaging.build_api'\n", "setuptools"),
        (b"[build-system]\nbuild-backend = 'nuitka.distutils.Build'\n", "setuptools"),
        (b"[build-system]\nbuild-backend = 'pymsbuild'\n", None),
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


HOSTILE = [
    'a "b"\\c\'.txt',
    "a\udc80*[x]{y}!#.txt",
    "x\n[tool.evil]\nkey = 1",
    "a\x1b[2Jb\u202e.py",
    "x" * 5000,
    "",
    "!/",
    "a//b/",
    ".",
]


class TestWords:
    def test_unknown_backend(self) -> None:
        advice = in_words(
            Exclude("sample-1.0/.env", "revoke it"),
            sdist_with(b"[build-system]\nbuild-backend = 'sip'\n", ".env"),
        )
        assert advice == (
            "revoke it; keep .env out of the sdist: pkgaudit does not know the build backend; "
            "look for its setting that excludes files, or build in a copy of the tracked files without it "
            "(git archive)"
        )

    def test_nested(self) -> None:
        made = sdist_with(b"", "data/a.zip")
        head, _, snippet = in_words(Exclude("sample-1.0/data/a.zip!/x/notes.txt"), made).partition("\n")
        assert "rebuild data/a.zip without x/notes.txt, or keep it out of the sdist" in head
        assert snippet == "exclude data/a.zip"

    def test_own_metadata(self, tmp_path: Path) -> None:
        made = read(Wheel().build().write(tmp_path))
        assert in_words(Exclude("sample-1.0.dist-info/x"), made).endswith(
            "remove the build step that adds it"
        )

    def test_package_in_wheel_of_setuptools(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files["tests/__init__.py"] = b""
        _, table, setting = in_words(Exclude("tests"), read(wheel.build().write(tmp_path))).split("\n")
        assert (table, setting) == ("[tool.setuptools.packages.find]", 'exclude = ["tests", "tests.*"]')

    @pytest.mark.parametrize("backend", list(BACKENDS))
    @pytest.mark.parametrize("path", HOSTILE, ids=ascii)
    def test_hostile_paths(self, backend: str, path: str, tmp_path: Path) -> None:
        sdist = sdist_with(sdist_sources(backend)["pyproject.toml"], path)
        generator = {"scikit-build-core": "scikit-build-core", "meson-python": "meson"}.get(backend, backend)
        wheel = Wheel(wheel=wheel_file("py3-none-any", f"{generator} 1.0"))
        for made in (sdist, read(wheel.build().write(tmp_path))):
            root = "sample-1.0/" if isinstance(made, Sdist) else ""
            for remedy in (Exclude(f"{root}{path}"), Include(f"{root}{path}"), Exclude(f"{root}x/{path}")):
                head, _, snippet = in_words(remedy, made).partition("\n")
                assert head.replace("\udc80", "?").isprintable()
                if snippet.startswith("["):
                    tomli.loads(snippet)
                    assert len(tomli.loads(snippet)) == 1
                else:
                    assert len(snippet.splitlines()) <= 2

    @pytest.mark.parametrize(
        ("settings", "files", "says"),
        [
            (
                'packages = ["sample"]',
                {},
                "package sample.sub to `packages` in pyproject.toml, which lacks it:\n[tool.setuptools]",
            ),
            ('packages = ["sample", "sample.sub"]', {}, "`packages` in pyproject.toml lists sample.sub"),
            (
                "packages.find.include = ['sample']",
                {},
                "let `tool.setuptools.packages.find` find the package",
            ),
            (
                "",
                {"setup.cfg": b"[options]\npackages =\n  sample\n"},
                "in the section `options` of setup.cfg",
            ),
            (
                "",
                {"setup.cfg": b"[options]\npackages = find:\n"},
                "let `options.packages.find` in setup.cfg find",
            ),
            ("", {"setup.py": b"setup(packages=['sample'])\n"}, "to the list `packages=` in setup.py"),
            ("", {"setup.py": b"setup(packages=find_packages())\n"}, "let `packages=` in setup.py contain"),
            ("", {}, "add the package sample.sub to those that `tool.setuptools` lists or finds"),
        ],
    )
    def test_subpackage_that_a_list_lacks(
        self, settings: str, files: dict[str, bytes], says: str, tmp_path: Path
    ) -> None:
        """The sdist shows that the missing module is a package, and which list lacks it."""
        pyproject = (
            sdist_sources("setuptools")["pyproject.toml"] + f"[tool.setuptools]\n{settings}\n".encode()
        )
        sdist = sdist_with(pyproject, "sample/sub/__init__.py", *files)
        sdist.kept.update({f"sample-1.0/{path}": data for path, data in files.items()})
        remedy = Include("sample/sub.py", other="sample/sub/__init__.py")
        said = in_words(remedy, read(Wheel().build().write(tmp_path)), sdist)
        assert said.startswith("pack sample/sub/__init__.py into the wheel: ")
        assert says in said

    @pytest.mark.parametrize(
        ("settings", "path", "says"),
        [
            ("", "sample/gone.py", "build it from the sdist, as 'python -m build' does"),
            ("", "sample/other.py", "create it"),
            (
                "[tool.setuptools]\npackages = ['sample']\n",
                "x.py",
                "if sample.gone is a package, add the package",
            ),
            (
                "[tool.setuptools.packages.find]\nwhere = ['src']\n",
                "x.py",
                "if sample.gone is a package, let `tool.setuptools.packages.find` find",
            ),
        ],
    )
    def test_module_that_the_sdist_has_or_not(
        self, settings: str, path: str, says: str, tmp_path: Path
    ) -> None:
        """A person creates only what does not exist, and reads only what applies."""
        sdist = sdist_with(sdist_sources("setuptools")["pyproject.toml"] + settings.encode(), path)
        remedy = Include("sample/gone.py", other="sample/gone/__init__.py", absent="create it")
        said = in_words(remedy, read(Wheel().build().write(tmp_path)), sdist)
        assert says in said
        assert ("create it" in said) == (path != "sample/gone.py")
        assert said.count("create it") + said.count("pack ") == (2 if settings else 1)

    @pytest.mark.parametrize(
        ("backend", "settings", "says"),
        [
            (
                "hatchling",
                '[tool.hatch.build.targets.wheel]\nonly-include = ["src/sample/core"]\n',
                'only-include = ["src/sample/sub"]',
            ),
            (
                "poetry",
                '[tool.poetry]\npackages = [{ include = "sample/core", from = "src" }]\n',
                'packages = [{ include = "sample/sub", from = "src" }]',
            ),
        ],
    )
    def test_subpackage_that_other_lists_lack(
        self, backend: str, settings: str, says: str, tmp_path: Path
    ) -> None:
        pyproject = sdist_sources(backend)["pyproject.toml"] + settings.encode()
        sdist = sdist_with(pyproject, "src/sample/sub/__init__.py")
        remedy = Include("sample/sub.py", other="sample/sub/__init__.py")
        assert says in in_words(remedy, read(Wheel().build().write(tmp_path)), sdist)

    @pytest.mark.parametrize(
        ("pyproject", "files", "data", "module"),
        [
            ("[project]\n", {}, "add to pyproject.toml:", "add to pyproject.toml:"),
            ("", {"setup.cfg": b"[options]\n"}, "add to setup.cfg:", "add to setup.cfg:"),
            ("", {"setup.py": b"setup()"}, "`package_data=` in setup.py", "`py_modules=` in setup.py"),
            (
                "[project]\n",
                {"setup.py": b"setup(package_data={})", "setup.cfg": b"[options]\npy_modules = a\n"},
                "`package_data=` in setup.py",
                "add to setup.cfg:\n[options]\npy_modules =\n    more",
            ),
            (
                "[project]\n[tool.setuptools]\npackage-data = {}\n",
                {"setup.cfg": b"[options.package_data]\nsample = *.txt\n"},
                "add to pyproject.toml:",
                "add to pyproject.toml:",
            ),
        ],
    )
    def test_file_of_a_setting_of_setuptools(
        self, pyproject: str, files: dict[str, bytes], data: str, module: str, tmp_path: Path
    ) -> None:
        """Without a table [project], setuptools rejects settings in pyproject.toml."""
        system = b'[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n'
        sdist = sdist_with(system + pyproject.encode(), "sample/__init__.py", *files)
        sdist.kept.update({f"sample-1.0/{path}": text for path, text in files.items()})
        wheel = read(Wheel().build().write(tmp_path))
        assert data in in_words(Include("sample/a.json"), wheel, sdist)
        assert module in in_words(Include("more.py"), wheel, sdist)

    def test_module_that_may_be_a_package(self, tmp_path: Path) -> None:
        remedy = Include("sample/sub.py", other="sample/sub/__init__.py")
        said = in_words(remedy, read(Wheel().build().write(tmp_path)))
        assert said.startswith("pack sample/sub.py (or sample/sub/__init__.py) into the wheel: ")

    @pytest.mark.parametrize(
        ("settings", "file", "text", "is_lacking"),
        [
            ('[tool.setuptools]\npackages = ["sample"]\n', "", "", True),
            ('[tool.setuptools]\npackages = ["sample", "sample.sub"]\n', "", "", False),
            ("[tool.setuptools.packages.find]\nwhere = ['src']\n", "", "", False),
            ("", "", "", False),
            ("", "setup.cfg", "[options]\npackages =\n  sample\n  sample.subs\n", True),
            ("", "setup.cfg", "[options]\npackages =\n  sample\n  sample.sub\n", False),
            ("", "setup.cfg", "[options]\npackages = find:\n", False),
            ("", "setup.py", "setup(packages=['sample', 'sample.subs'])\n", True),
            ("", "setup.py", "setup(packages=['sample', 'sample.sub'])\n", False),
            ("", "setup.cfg", "[options]\npackages =\n  sample\n  pathfinder\n", True),
            ("", "setup.py", "setup(packages=find_packages())\n", False),
            ("", "setup.py", "setup(packages=[\n  'sample',  # not sample.sub\n])\n", True),
            ("", "setup.py", "# packages=['sample.sub']\nsetup(packages=['sample'])\n", True),
            ("", "setup.py", "setup(packages=[p for p in find_packages() if p != 'sample.sub'])\n", False),
            ("", "setup.py", "setup(packages=['sample'] + find_packages('src/sample'))\n", False),
        ],
    )
    @pytest.mark.parametrize("level", ["", "src/"])
    def test_module_of_a_package_that_the_list_lacks(
        self, settings: str, file: str, text: str, is_lacking: bool, level: str
    ) -> None:
        pyproject = sdist_sources("setuptools")["pyproject.toml"] + settings.encode()
        sdist = sdist_with(pyproject, f"{level}sample/__init__.py", *filter(None, [file]))
        sdist.kept[f"sample-1.0/{file}"] = text.encode()
        said = in_words(Include(f"sample-1.0/{level}sample/sub/mod.py"), sdist)
        assert ("MANIFEST.in" not in said) is is_lacking
        assert "sample.sub" in said or not is_lacking
        # The package of this module is in the sdist, so another setting leaves the module out.
        assert "MANIFEST.in" in in_words(Include(f"sample-1.0/{level}sample/mod.py"), sdist)

    @pytest.mark.parametrize(
        ("path", "include"),
        [
            ("src/other/__init__.py", '{ include = "other", from = "src" }'),
            ("src/other/sub/mod.py", '{ include = "other", from = "src" }'),
            ("src/sample/sub/mod.py", '{ path = "src/sample/sub/mod.py", format = "sdist" }'),
            ("build.py", '{ path = "build.py", format = "sdist" }'),
        ],
    )
    def test_package_that_the_list_of_poetry_lacks(self, path: str, include: str) -> None:
        settings = b'[tool.poetry]\npackages = [{ include = "sample", from = "src" }]\n'
        pyproject = sdist_sources("poetry")["pyproject.toml"] + settings
        sdist = sdist_with(pyproject, "src/sample/__init__.py")
        assert include in in_words(Include(f"sample-1.0/{path}"), sdist)

    def test_modules_of_one_package_have_one_setting(self, tmp_path: Path) -> None:
        pyproject = (
            sdist_sources("setuptools")["pyproject.toml"] + b'[tool.setuptools]\npackages = ["sample"]\n'
        )
        paths = [f"sample/sub/m{number}.py" for number in range(9)]
        remedy = Include(paths[0], more=(*paths[1:], "sample/a.json"))
        made = read(Wheel().build().write(tmp_path))
        head, *settings = in_words(remedy, made, sdist_with(pyproject, *paths)).splitlines()
        assert "sample/sub/m5.py and 3 more into the wheel: add " in head
        assert "`packages` in pyproject.toml, which lacks it; " in head
        assert head.endswith("pack sample/a.json into the wheel: add to pyproject.toml:")
        assert settings[1].count("sample.sub") == 1

    def test_include_unknown_backend(self) -> None:
        made = sdist_with(b"[build-system]\nbuild-backend = 'sip'\n")
        assert in_words(Include("sample-1.0/README.md", "write it"), made) == (
            "write it; pack README.md into the sdist: pkgaudit does not know the build backend; look for its "
            "setting that includes files, and check that version control does not ignore the file"
        )

    def test_include_license(self, tmp_path: Path) -> None:
        made = read(Wheel().build().write(tmp_path))
        advice = in_words(Include("sample-1.0.dist-info/licenses/vendor/COPYING"), made)
        assert advice.endswith(':\n[project]\nlicense-files = ["vendor/COPYING"]')
        assert in_words(Include("sample-1.0.dist-info/x"), made).endswith(
            "check the build step that should add it"
        )

    @pytest.mark.parametrize(
        ("path", "says"),
        [
            ("sample/sub/mod.py", "add the package sample.sub to those that `tool.setuptools` lists"),
            ("sample/sub/__init__.py", "add the package sample.sub to those that `tool.setuptools` lists"),
            ("sample/mod.py", "must exist when the wheel is built; if sample.mod is a package, add it to"),
            ("tool.py", 'py-modules = ["tool"]'),
            ("table.csv", "move it into a package"),
            ("sample/py.typed", '[tool.setuptools.package-data]\nsample = ["py.typed"]'),
        ],
    )
    def test_include_in_wheel_of_setuptools(self, path: str, says: str, tmp_path: Path) -> None:
        assert says in in_words(Include(path), read(Wheel().build().write(tmp_path)))

    @pytest.mark.parametrize("generator", ["flit 3.12.0", "uv 0.9.0"])
    @pytest.mark.parametrize(
        ("path", "says"),
        [
            (
                "sample/data/table.json",
                "it must exist when the wheel is built from the folder sample, which is",
            ),
            ("other/table.json", "move it into the folder of the module, which is packed completely"),
        ],
    )
    def test_include_of_backends_that_pack_folders(
        self, generator: str, path: str, says: str, tmp_path: Path
    ) -> None:
        made = read(Wheel(wheel=wheel_file("py3-none-any", generator)).build().write(tmp_path))
        assert says in in_words(Include(path), made)

    @pytest.mark.parametrize(
        ("sources", "lines"),
        [
            ((), ["exclude sample/x.txt", "exclude src/sample/x.txt"]),
            (("src/sample/x.txt",), ["exclude src/sample/x.txt"]),
            (("sample/__init__.py",), ["exclude sample/x.txt"]),
            (("sample/x.txt", "src/sample/x.txt"), ["exclude sample/x.txt", "exclude src/sample/x.txt"]),
        ],
    )
    def test_layout_of_the_sdist(self, sources: tuple[str, ...], lines: list[str], tmp_path: Path) -> None:
        sdist = sdist_with(sdist_sources("setuptools")["pyproject.toml"], *sources)
        wheel = read(Wheel().build().write(tmp_path))
        head, *found = in_words(Exclude("sample/x.txt"), wheel, sdist).split("\n")
        assert found == lines
        assert "at the end of MANIFEST.in, creating it if needed" in head

    def test_settings_of_the_sdist(self, tmp_path: Path) -> None:
        """A wheel of flit may have its fields from two tables, and its sdist says from which."""
        wheel = read(Wheel(wheel=wheel_file("py3-none-any", "flit 3.12.0")).build().write(tmp_path))
        remedy = SetField("Requires-Python", "set it")
        assert "or `tool.flit.metadata.requires-python`" in in_words(remedy, wheel)
        sdist = sdist_with(sdist_sources("flit")["pyproject.toml"])
        assert in_words(remedy, wheel, sdist) == "set it (`project.requires-python` in pyproject.toml)"

    def test_manifest_of_the_sdist(self) -> None:
        sdist = sdist_with(sdist_sources("setuptools")["pyproject.toml"], "x.txt")
        sdist.kept["sample-1.0/MANIFEST.in"] = b"include x.txt\n"
        advice = in_words(Exclude("sample-1.0/x.txt"), sdist)
        assert advice == "keep x.txt out of the sdist: add at the end of MANIFEST.in:\nexclude x.txt"

    @pytest.mark.parametrize("backend", list(BACKENDS))
    def test_top_level_is_not_any_level(self, backend: str, tmp_path: Path) -> None:
        generator = {"meson-python": "meson"}.get(backend, backend)
        wheel = Wheel(wheel=wheel_file("py3-none-any", f"{generator} 1.0"))
        wheel.files["docs/index.md"] = b""
        assert "**/docs" not in in_words(Exclude("docs"), read(wheel.build().write(tmp_path)))


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


def project_of(backend: str, folder: Path, **files: str) -> Path:
    """Write a project of one package; of its pyproject.toml ``[build-system]`` is added.

    Files are in the root if their name has no dot, and dots are written as underscores.
    """
    package = folder / "sample"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(INIT, "utf-8")
    system = SYSTEM.format(BACKENDS[backend][1])
    for name, content in ({"pyproject_toml": ""} | files).items():
        text = system + content if name == "pyproject_toml" else content
        (folder / name.replace("_", ".")).write_text(text, "utf-8")
    return folder


UV = '[tool.uv.build-backend]\nmodule-root = ""\n'
SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "{}"\n'
INIT = '"""A sample."""\n__version__ = "1.0"\n\n\ndef version() -> str:\n    return __version__\n'
DYNAMIC = '[project]\nname = "sample"\ndescription = "A sample"\ndynamic = ["version"]\n'
STATIC = DYNAMIC.replace('dynamic = ["version"]', 'version = "1.0"')
POETRY = '[tool.poetry]\nname = "sample"\nversion = "1.0"\ndescription = ""\nauthors = []\n'
IN_INIT = "sample/__init__.py"
SETUP_CFG = "[metadata]\nname = sample\n[options]\npackages = sample\n"

VERSIONS: list[tuple[str, dict[str, str], str, str]] = [
    (
        "hatchling",
        {"pyproject_toml": f'{DYNAMIC}[tool.hatch.version]\npath = "{IN_INIT}"\n'},
        IN_INIT,
        f"the version in {IN_INIT}",
    ),
    (
        "hatchling",
        {
            "pyproject_toml": f"{DYNAMIC}[tool.hatch.version]\npath = 'VERSION'\n"
            "pattern = 'is (?P<version>.+)'\n",
            "VERSION": "is 1.0\n",
        },
        "VERSION",
        "the version in VERSION",
    ),
    (
        "hatchling",
        {
            "pyproject_toml": f"{DYNAMIC}[tool.hatch.version]\nsource = 'code'\npath = '{IN_INIT}'\n"
            "expression = 'version()'\n"
        },
        IN_INIT,
        f"the version in {IN_INIT}",
    ),
    ("hatchling", {"pyproject_toml": STATIC}, "pyproject.toml", "`project.version` in pyproject.toml"),
    (
        "pdm",
        {"pyproject_toml": f'{DYNAMIC}[tool.pdm.version]\nsource = "file"\npath = "{IN_INIT}"\n'},
        IN_INIT,
        f"the version in {IN_INIT}",
    ),
    (
        "pdm",
        {"pyproject_toml": f'{DYNAMIC}[tool.pdm.version]\nsource = "call"\ngetter = "sample:version"\n'},
        IN_INIT,
        "the return value of `sample:version`",
    ),
    (
        "pdm",
        {"pyproject_toml": f'{STATIC}[tool.pdm.version]\nsource = "scm"\n'},
        "pyproject.toml",
        "`project.version` in pyproject.toml",
    ),
    (
        "pdm",
        {"pyproject_toml": f'{DYNAMIC}[tool.pdm.version]\nsource = "scm"\nfallback_version = "1.0"\n'},
        "pyproject.toml",  # without version control its fallback
        "the tag in version control from which it is made",
    ),
    (
        "setuptools",
        {
            "pyproject_toml": f"{DYNAMIC}[tool.setuptools.dynamic]\n"
            'version = { attr = "sample.__version__" }\n'
        },
        IN_INIT,
        "`sample.__version__`",
    ),
    (
        "setuptools",
        {
            "pyproject_toml": f'{DYNAMIC}[tool.setuptools.dynamic]\nversion = {{ file = ["VERSION"] }}\n',
            "VERSION": "1.0\n",
        },
        "VERSION",
        "the version in VERSION",
    ),
    (
        "setuptools",
        {"setup_cfg": SETUP_CFG.replace("sample\n", "sample\nversion = attr: sample.__version__\n", 1)},
        IN_INIT,
        "`sample.__version__`",
    ),
    (
        "setuptools",
        {
            "setup_cfg": SETUP_CFG.replace("sample\n", "sample\nversion=file:VERSION\n", 1),
            "VERSION": "1.0\n",
        },
        "VERSION",
        "the version in VERSION",
    ),
    (
        "setuptools",
        {"setup_cfg": SETUP_CFG.replace("sample\n", "sample\nversion = 1.0\n", 1)},
        "setup.cfg",
        "`metadata.version` in setup.cfg",
    ),
    ("flit", {"pyproject_toml": DYNAMIC}, IN_INIT, "`__version__` of the module"),
    ("uv", {"pyproject_toml": UV + STATIC}, "pyproject.toml", "`project.version` in pyproject.toml"),
    (
        "poetry",
        {"pyproject_toml": POETRY},
        "pyproject.toml",
        "`tool.poetry.version` in pyproject.toml",
    ),
]
"""Backends, the files of a project, that of them which holds the version, and where it is said to be set."""

WHEEL_VERSIONS = {
    "hatchling": "`project.version` in pyproject.toml, or the source that `tool.hatch.version` names",
    "pdm": "`project.version` in pyproject.toml, or the source that `tool.pdm.version` names",
    "setuptools": "`project.version` in pyproject.toml, or the source that `tool.setuptools.dynamic.version` "
    "names, `version` in setup.cfg or setup.py, or with setuptools-scm the tag in version control",
    "flit": "`project.version` in pyproject.toml, or `__version__` of the module",
    "uv": "`project.version` in pyproject.toml",
    "poetry": "`project.version` or `tool.poetry.version` in pyproject.toml",
    "maturin": "`project.version` in pyproject.toml, or `package.version` in Cargo.toml",
    "scikit-build-core": "`project.version` in pyproject.toml, or the source that "
    "`tool.scikit-build.metadata.version` names",
    "meson-python": "`project.version` in pyproject.toml, or `version` of `project()` in meson.build",
}


def place_of(made: Path | Distribution, field: str, value: str = "") -> str:
    """Return where a field is said to be set."""
    distribution = read(made) if isinstance(made, Path) else made
    said = in_words(SetField(field, "change it", value), distribution)
    return said.removeprefix("change it").removeprefix(" (").removesuffix(")")


@pytest.mark.parametrize(("backend", "files", "file", "place"), VERSIONS)
def test_version_is_taken_from_where_advised(
    backend: str, files: dict[str, str], file: str, place: str, tmp_path: Path
) -> None:
    project = project_of(backend, tmp_path / "project", **files)
    build(project, backend, tmp_path / "before", "sdist", "wheel")
    sdist, wheel = sorted((tmp_path / "before").iterdir(), key=lambda path: path.suffix)
    assert place_of(sdist, "Version") == place
    assert place_of(wheel, "Version") == WHEEL_VERSIONS[backend]

    (project / file).write_text((project / file).read_text("utf-8").replace("1.0", "2.0"), "utf-8")
    build(project, backend, tmp_path / "after", "sdist")
    assert [path.name for path in (tmp_path / "after").iterdir()] == ["sample-2.0.tar.gz"]


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_version_of_lone_wheel(backend: str, tmp_path: Path) -> None:
    generator = {"meson-python": "meson", "pdm": "pdm-backend"}.get(backend, backend)
    made = Wheel(wheel=wheel_file("py3-none-any", generator)).build().write(tmp_path)
    assert place_of(made, "Version") == WHEEL_VERSIONS[backend]


def test_links_of_poetry(tmp_path: Path) -> None:
    keys = ("homepage", "repository", "documentation")
    settings = "".join(f'{key} = "https://a.test/{key}"\n' for key in keys)
    project = project_of(
        "poetry",
        tmp_path / "project",
        pyproject_toml=f'{POETRY}{settings}[tool.poetry.urls]\nChat = "https://a.test/urls"\n',
    )
    build(project, "poetry", tmp_path / "dist", "sdist", "wheel")
    for path in (tmp_path / "dist").iterdir():
        made = read(path)
        assert made.metadata is not None
        links = made.metadata.all("Project-URL")
        assert len(links) == 4
        for link in links:
            key = link.rpartition("/")[2]
            here = f"`tool.poetry.{key}` in pyproject.toml"
            assert place_of(made, "Project-URL", link) in (here, f"`project.urls` or {here}")


SCRIPT = '[project.scripts]\nsample = "sample:version"\n'
ENTRY_POINTS: list[tuple[str, dict[str, str], str, str, str]] = [
    *(
        (
            backend,
            {"pyproject_toml": f"{UV if backend == 'uv' else ''}{STATIC}{SCRIPT}"},
            "console_scripts",
            "`project.scripts` in pyproject.toml",
            words,
        )
        for backend, words in (
            ("setuptools", "`project.scripts` in pyproject.toml, or `entry_points` in setup.cfg or setup.py"),
            ("hatchling", "`project.scripts` in pyproject.toml"),
            ("flit", "`project.scripts` or `tool.flit.scripts` in pyproject.toml"),
            ("pdm", "`project.scripts` in pyproject.toml"),
            ("uv", "`project.scripts` in pyproject.toml"),
            ("poetry", "`project.scripts` or `tool.poetry.scripts` in pyproject.toml"),
        )
    ),
    (
        "hatchling",
        {"pyproject_toml": STATIC + SCRIPT.replace("scripts", "gui-scripts")},
        "gui_scripts",
        "`project.gui-scripts` in pyproject.toml",
        "`project.gui-scripts` in pyproject.toml",
    ),
    (
        "hatchling",
        {"pyproject_toml": STATIC + SCRIPT.replace("scripts", "entry-points.plugins")},
        "plugins",
        "`project.entry-points` in pyproject.toml",
        "`project.entry-points` in pyproject.toml",
    ),
    (
        "poetry",
        {"pyproject_toml": POETRY + SCRIPT.replace("project", "tool.poetry")},
        "console_scripts",
        "`tool.poetry.scripts` in pyproject.toml",
        "`project.scripts` or `tool.poetry.scripts` in pyproject.toml",
    ),
    (
        "setuptools",
        {"setup_cfg": f"{SETUP_CFG}[options.entry_points]\nconsole_scripts =\n  sample = sample:version\n"},
        "console_scripts",
        "`options.entry_points` in setup.cfg",
        "`project.scripts` in pyproject.toml, or `entry_points` in setup.cfg or setup.py",
    ),
    (
        "setuptools",
        {
            "setup_py": "from setuptools import setup\n"
            "setup(name='sample', packages=['sample'], entry_points={'console_scripts': ['sample=sample:v']})"
        },
        "console_scripts",
        "`entry_points=` in setup.py",
        "`project.scripts` in pyproject.toml, or `entry_points` in setup.cfg or setup.py",
    ),
    (
        "setuptools",
        {
            "pyproject_toml": STATIC.replace("[project]", "[project]\ndynamic = ['scripts', 'entry-points']")
            + "[tool.setuptools.dynamic]\nentry-points = { file = 'points' }\n",
            "points": "[console_scripts]\nsample = sample:version\n",
        },
        "console_scripts",
        "`tool.setuptools.dynamic.entry-points` in pyproject.toml",
        "`project.scripts` in pyproject.toml, or `entry_points` in setup.cfg or setup.py",
    ),
]
"""Backends, files of a project, a group of its entry points, and where sdist and wheel say they are."""


@pytest.mark.parametrize(("backend", "files", "group", "of_sdist", "of_wheel"), ENTRY_POINTS)
def test_entry_point_is_set_where_advised(
    backend: str, files: dict[str, str], group: str, of_sdist: str, of_wheel: str, tmp_path: Path
) -> None:
    project = project_of(backend, tmp_path / "project", **files)
    build(project, backend, tmp_path / "dist", "sdist", "wheel")
    sdist, wheel = sorted((tmp_path / "dist").iterdir(), key=lambda path: path.suffix)
    assert place_of(sdist, "Entry-Point", group) == of_sdist
    assert place_of(wheel, "Entry-Point", group) == of_wheel
    key, where = re.findall(r"`([^`]+)` in (\S+)", of_sdist)[0]
    assert holds(project / where, key)
    with zipfile.ZipFile(wheel) as archive:
        points = next(name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        assert f"[{group}]\nsample" in archive.read(points).decode()


def test_setup_cfg_that_setuptools_made_up(tmp_path: Path) -> None:
    computed = "from setuptools import setup\nsetup(**{'name': 'sample', 'packages': ['sample']})\n"
    project = project_of("setuptools", tmp_path / "project", setup_py=computed)
    build(project, "setuptools", tmp_path / "dist", "sdist")
    sdist = read(next((tmp_path / "dist").iterdir()))
    assert isinstance(sdist, Sdist)
    assert sdist.in_root("setup.cfg")
    assert place_of(sdist, "Classifier") == "`classifiers=` in setup.py"


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
                "the source that `tool.hatch.version` names",
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
                "`a.v`",
            ),
            (
                {"pyproject_toml": "[project]\nname='a'\ndynamic = ['version']\n[tool.setuptools_scm]\n"},
                "Version",
                "the tag in version control from which it is made",
            ),
            (
                {"pyproject_toml": "[tool.black]\n", "setup_py": "", "setup_cfg": ""},
                "Classifier",
                "`metadata.classifiers` in setup.cfg or `classifiers=` in setup.py",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("hatchling.build")
                    + "[project]\nname = 'a'\ndynamic = ['version']\n[tool.hatch.version]\nsource = 'vcs'\n"
                },
                "Version",
                "the tag in version control from which it is made",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("hatchling.build") + "[project]\ndynamic = ['version']\n"
                    "[tool.hatch.version]\nsource = 'env'\nvariable = 'V'\n"
                },
                "Version",
                "the environment variable `V`",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("scikit_build_core.build")
                    + "[project]\ndynamic = ['version']\n[tool.scikit-build.metadata.version]\n"
                    "provider = 'scikit_build_core.metadata.regex'\ninput = 'src/a.py'\n"
                },
                "Version",
                "the version in src/a.py",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("mesonpy") + "[project]\ndynamic = ['version']\n",
                },
                "Version",
                "`version` of `project()` in meson.build",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("poetry_dynamic_versioning.backend")
                    + "[tool.poetry]\nversion = '0'\n[tool.poetry-dynamic-versioning]\nenable = true\n"
                },
                "Version",
                "the tag in version control from which it is made",
            ),
            (
                {
                    "pyproject_toml": "[build-system]\nrequires = ['setuptools-scm[simple]']\n"
                    "[project]\nname='a'\ndynamic = ['version']\n"
                },
                "Version",
                "the tag in version control from which it is made",
            ),
            (
                {
                    "pyproject_toml": "[build-system]\nrequires = ['setuptools-scm']\n"
                    "[project]\nversion = '1'\n"
                },
                "Version",
                "`project.version` in pyproject.toml",
            ),
            (
                {"setup_py": "setup(use_scm_version=True)"},
                "Version",
                "the tag in version control from which it is made",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("flit_core.buildapi")
                    + "[tool.flit.metadata]\nmodule = 'a'\n"
                },
                "Version",
                "`__version__` of the module",
            ),
            (
                {
                    "pyproject_toml": SYSTEM.format("flit_core.buildapi")
                    + "[tool.flit.metadata]\nmodule = 'a'\n"
                },
                "Entry-Point",
                "`tool.flit.entrypoints` in pyproject.toml",
            ),
            (
                {
                    "pyproject_toml": "[build-system]\nrequires = ['setuptools-scm']\n",
                    "setup_py": "setup(version='1')",
                },
                "Version",
                "`version=` in setup.py",
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
                " (`project.description` or `tool.poetry.description` in pyproject.toml)",
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
            {
                "pyproject_toml": SYSTEM.format("hatchling.build")
                + "[project]\ndynamic = ['version']\n[tool.hatch.version]\nsource = 3\n"
                f'path = "a\\n{"x" * 5000}"\n'
            },
            {
                "pyproject_toml": "[project]\ndynamic = ['version']\n[tool.setuptools.dynamic]\n"
                "version = { file = [3, {}], attr = [] }\n"
            },
            {"pyproject_toml": "[build-system]\nrequires = [3]\n[project]\ndynamic = ['version']\n"},
            {"setup_cfg": "[egg_info]\n[metadata]\nversion =\n"},
            {"setup_cfg": "\udc80".encode("utf-8", "replace").decode() + "\n[a\n"},
        ],
    )
    def test_odd_settings(self, files: dict[str, str]) -> None:
        for field in ("Version", "Summary", "Requires-Dist", "Entry-Point", "Colour", ""):
            said = in_words(SetField(field, "change it"), sdist_holding(**files))
            assert said.startswith("change it")
            assert "\n" not in said
            assert len(said) < 200
