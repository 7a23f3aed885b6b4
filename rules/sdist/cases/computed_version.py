"""Cases of SD106: versions that the build backend reads from files. PKG-INFO says 1.0."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.sdist.cases.build_inputs import SETUP, sdist, system

DYNAMIC = '[project]\nname = "sample"\ndynamic = ["version"]\ndescription = "A sample project"\n'
READ = '[project]\nname = "sample"\ndynamic = ["version", "description"]\n'
START = b'"""A sample."""\n\n__version__ = "1.1"\n'
INIT = "sample-1.0/sample/__init__.py:3"


def dynamic(backend: str, tool: str, files: dict[str, str | bytes | None], project: str = DYNAMIC) -> Built:
    """Return an sdist whose version the backend computes."""
    return sdist(f"{system(backend)}{project}{tool}".encode(), files=files)


@bad("SD106", at=INIT, says="Version is '1.0', but 'sample-1.0/sample/__init__.py' contains '1.1', and flit")
def version_of_flit() -> Built:
    return dynamic("flit", "", {"sample/__init__.py": START}, READ)


@bad("SD106", at=INIT, says="setuptools reads it")
def attribute_of_setuptools() -> Built:
    tool = '[tool.setuptools]\npackages = ["sample"]\ndynamic = {version = {attr = "sample.__version__"}}\n'
    return dynamic("setuptools", tool, {"sample/__init__.py": START})


@bad("SD106", at="sample-1.0/VERSION:1", says="'sample-1.0/VERSION' contains '1.1'")
def file_of_setuptools() -> Built:
    tool = '[tool.setuptools]\npackages = ["sample"]\ndynamic = {version = {file = "VERSION"}}\n'
    return dynamic("setuptools", tool, {"VERSION": "1.1\n"})


@bad("SD106", at="sample-1.0/setup.cfg", says="setup.cfg states it")
def version_in_setup_cfg() -> Built:
    cfg = "[metadata]\nname = sample\nversion = 1.1\n[options]\npackages = sample\n"
    return sdist(system("setuptools").encode(), files={"setup.cfg": cfg})


@bad("SD106", at="sample-1.0/src/sample/about.py:1", says="setuptools reads it")
def attribute_in_setup_cfg() -> Built:
    cfg = (
        "[metadata]\nname = sample\nversion = attr: sample.about.version\n"
        "[options]\npackages = sample\npackage_dir =\n    =src\n"
    )
    files: dict[str, str | bytes | None] = {
        "setup.cfg": cfg,
        "src/sample/__init__.py": b"",
        "src/sample/about.py": b"version: str = '1.1'  # keep\n",
        "sample/__init__.py": None,
    }
    return sdist(system("setuptools").encode(), files=files)


@bad("SD106", at="sample-1.0/setup.py:5", says="setup.py states it")
def version_in_setup_py() -> Built:
    script = f'{SETUP}VERSION = "1.1"\n\nsetup(name="sample", version=VERSION, packages=["sample"])\n'
    return sdist(system("setuptools").encode(), files={"setup.py": script})


@bad("SD106", at="sample-1.0/sample/__init__.py:3", says="pdm-backend reads it")
def file_of_pdm() -> Built:
    tool = '[tool.pdm.version]\nsource = "file"\npath = "sample/__init__.py"\n'
    return dynamic("pdm", tool, {"sample/__init__.py": START})


@bad("SD106", at="sample-1.0/pyproject.toml:6", says="`tool.poetry.version` states it")
def version_of_poetry() -> Built:
    tool = '[tool.poetry]\nname = "sample"\nversion = "1.1"\ndescription = ""\nauthors = []\n'
    return dynamic("poetry", tool, {}, "")


@bad("SD106", at="sample-1.0/Cargo.toml:3", says="maturin reads it")
def version_in_cargo_toml() -> Built:
    cargo = '[package]\nname = "sample"\nversion = "1.1.0"\nedition = "2021"\n'
    tool = '[tool.maturin]\nbindings = "bin"\n'
    return dynamic("maturin", tool, {"Cargo.toml": cargo, "src/main.rs": "fn main() {}\n"})


@bad("SD106", at="sample-1.0/meson.build:3", says="meson-python reads it")
def version_in_meson_build() -> Built:
    meson = "project(\n  'sample',\n  version: '1.1',\n)\nimport('python').find_installation(pure: true)\n"
    return dynamic("meson-python", "", {"meson.build": meson})


@good("SD106")
def same_version_in_another_spelling() -> Built:
    return dynamic("flit", "", {"sample/__init__.py": START.replace(b"1.1", b"v1.0.0")}, READ)


@good("SD106")
def version_that_several_statements_set() -> Built:
    start = START + b"if __version__:\n    __version__ = '1.0'\n"
    tool = '[tool.setuptools]\npackages = ["sample"]\ndynamic = {version = {attr = "sample.__version__"}}\n'
    return dynamic("setuptools", tool, {"sample/__init__.py": start})


@good("SD106")
def version_of_hatchling_which_trusts_pkg_info() -> Built:
    return dynamic(
        "hatchling", '[tool.hatch.version]\npath = "sample/__init__.py"\n', {"sample/__init__.py": START}
    )


@good("SD106")
def version_with_a_tag() -> Built:
    cfg = "[egg_info]\ntag_build = dev\n"
    tool = '[tool.setuptools]\npackages = ["sample"]\ndynamic = {version = {attr = "sample.__version__"}}\n'
    return dynamic("setuptools", tool, {"sample/__init__.py": START, "setup.cfg": cfg})


@good("SD106")
def version_that_setup_py_computes() -> Built:
    script = f'{SETUP}VERSION = "1.1"\nVERSION = VERSION[:-1] + "0"\nsetup(name="sample", version=VERSION)\n'
    return sdist(system("setuptools").encode(), files={"setup.py": script})


@good("SD106")
def version_that_another_file_provides() -> Built:
    script = f'{SETUP}version = "0.0.0"\nexec(open("sample/_v.py").read())\n'
    setup = 'setup(name="sample", version=version)\n'
    files: dict[str, str | bytes | None] = {"setup.py": script + setup, "sample/_v.py": "version = '1.0'\n"}
    return sdist(system("setuptools").encode(), files=files)


@good("SD106")
def version_that_a_plug_in_provides() -> Built:
    script = f'{SETUP}setup(name="sample", version="1.1", use_scm_version=True)\n'
    return sdist(system("setuptools").encode(), files={"setup.py": script})
