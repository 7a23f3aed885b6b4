"""Projects with several faults, and builds of them that start no frontend."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures.builders import BACKENDS, LICENSE, sample_sources
from fixtures.faulty import BESIDE, PASSWORD
from fixtures.projects import write_files
from pkgaudit.advice.backend import read_pyproject
from pkgaudit.inputs.build import BuildError
from tests.hooks import call_hooks

PYPROJECT = """\
# top
[build-system]
requires = []  # none
build-backend = "{path}"

[project]  # who
name = "sample"
version = "1.0"
description = 'A sample'  # what
readme = "README.md"
requires-python = ">=3.10"
license = "Apache-2.0"
license-files = ["LICENSE"]
authors = [{{ name = "Ada Lovelace", email = "ada@python.org" }}]
classifiers = [
    "Programming Language :: Python :: 3", # one
    # a language
    "Natural Language :: Ukranian",
]

[project.urls]
Source = "https://git.python.org/sample"

# how
{tool}"""

TOOL = {
    "setuptools": """[tool.setuptools]
packages = ["sample", "tests"]  # listed
package-dir = { "" = "src" }
[tool.setuptools.package-data]
sample = ["*", ".*"]
""",
    "hatchling": """[tool.hatch.build]
exclude = ["/notes"]  # for all
[tool.hatch.build.targets]
wheel = { packages = ["src/sample", 'src/tests'] } # both
""",
    "flit": """[tool.flit]
sdist.exclude = [
    "docs/", # not needed
]
""",
    "poetry": """[tool.poetry]
exclude = ["docs"]
packages = [{ include = "sample", from = "src" }, { include = "tests", from = "src" }]
""",
    "pdm": """[tool.pdm]
build.includes = ["src/", "CLAUDE.md", ".env"]
build.package-dir = "src"  # modules
""",
    "uv": """[tool.uv.build-backend]
module-name = ["sample", "tests"]
source-include = ["CLAUDE.md", ".env"]  # more
""",
    "maturin": """[tool.maturin]
bindings = "bin"
python-source = "src"
python-packages = ["sample", "tests"]  # both
include = [{ path = "CLAUDE.md", format = "sdist" }]
""",
    "scikit-build-core": """[tool.scikit-build]
wheel.packages = ["src/sample", "src/tests"]  # both
wheel.cmake = false
""",
    "meson-python": "",
}
"""The settings with which each backend packs what it should not, in tables, dotted keys and inline tables."""

MESON = """project('sample', version: '1.0')
py = import('python').find_installation(pure: true)
install_subdir('src/sample', install_dir: py.get_install_dir())
"""

FAULTS = {
    ".env": f"DATABASE_PASSWORD={PASSWORD}\n".encode(),
    "CLAUDE.md": b"x\n",
    "src/sample/.env": f"DATABASE_PASSWORD={PASSWORD}\n".encode(),
    "src/sample/dump.sql": b"INSERT INTO users VALUES (1, 'ada');\n",
    "src/tests/__init__.py": b'"""Tests."""\n',
    "src/tests/test_core.py": b"from sample import answer\n\nassert answer() == 42\n",
}


def write_project(folder: Path, backend: str, faults: dict[str, bytes] = FAULTS, end: str = "\n") -> Path:
    """Write the project for a build backend into a folder and return the folder."""
    text = PYPROJECT.format(path=BACKENDS[backend][1], tool=TOOL[backend]).replace("\n", end)
    beside = {name: content.encode() for name, content in BESIDE.get(backend, {}).items()}
    if backend == "meson-python":
        beside = {"meson.build": MESON.encode()}
        faults = {path: data for path, data in faults.items() if not path.startswith("src/")}
    files = {
        "pyproject.toml": text.encode(),
        "README.md": b"# sample\n\nA sample project.\n",
        "LICENSE": LICENSE,
        **beside,
        **{f"src/{name}": data for name, data in sample_sources().items()},
        **faults,
    }
    return write_files(folder, files)


def build(project: str, folder: Path, say: Callable[[str], None], *, isolation: bool = True) -> list[str]:
    """Build the sdist of a project and the wheel from it, as `pkgaudit.inputs.build.build` does."""
    settings = read_pyproject(Path(project, "pyproject.toml").read_bytes())
    if settings is None:
        raise BuildError(["pyproject.toml is not valid"])
    hooks = settings["build-system"]["build-backend"]
    try:
        call_hooks(Path(project), hooks, folder, "sdist")
        (sdist,) = folder.iterdir()
        with TemporaryDirectory() as unpacked, tarfile.open(sdist) as archive:
            archive.extractall(unpacked)
            (source,) = Path(unpacked).iterdir()
            call_hooks(source, hooks, folder, "wheel")
    except subprocess.CalledProcessError as error:
        raise BuildError(str(error.output).splitlines()) from None
    return sorted(map(str, folder.iterdir()), key=lambda path: path.endswith(".whl"))
