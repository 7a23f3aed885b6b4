"""The declarations and texts that Cython needs. Each case was translated with Cython 3.3."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fixtures.builders import Sdist, sample_metadata
from pkgaudit.rules.sdist.inputs_cython import needs_in
from tests.support import audit

REQUIRES = '[build-system]\nrequires = ["setuptools", "Cython>=3"]\nbuild-backend = "setuptools.build_meta"\n'
EXTENSION = """\
from setuptools import Extension, setup

setup(name="sample", ext_modules=[Extension("sample.a", ["sample/a.pyx"])])
"""
CALL = """\
from Cython.Build import cythonize
from setuptools import setup

setup(name="sample", ext_modules=cythonize("sample/a.pyx"))
"""


def found(folder: Path, text: str, *files: str, setup: str = EXTENSION, toml: str = REQUIRES) -> list[str]:
    """Return what the rule says of a source of Cython and other, empty files."""
    texts = {"sample/__init__.py": "", "sample/sub/__init__.py": "", "sample/a.pyx": text, "setup.py": setup}
    texts.update({"pyproject.toml": toml} if toml else {})
    made = Sdist(files={path: each.encode() for path, each in texts.items()}, metadata=sample_metadata())
    made.files.update(dict.fromkeys(files, b""))
    said = [each for each in audit(folder, made.build()) if each.code == "SD105"]
    return [f"{each.severity} {each.message}" for each in said if "imports" not in each.message.split()[1:2]]


LOST = {
    "include 'x.pxi'": "'sample/a.pyx' includes 'x.pxi'",
    "cimport sample.mod": "'sample/a.pyx' cimports from 'mod.pxd'",
    "cimport cython, sample.mod as m": "'sample/a.pyx' cimports from 'mod.pxd'",
    "from sample cimport mod": "'sample/a.pyx' cimports from 'mod.pxd'",
    "from sample.mod cimport f": "'sample/a.pyx' cimports from 'mod.pxd'",
    "from . cimport mod": "'sample/a.pyx' cimports from 'mod.pxd'",
    "from .mod cimport (\n    f,\n)": "'sample/a.pyx' cimports from 'mod.pxd'",
    "from .sub.mod cimport f": "'sample/a.pyx' cimports from 'mod.pxd'",
}


@pytest.mark.parametrize("text", LOST)
def test_declaration_that_is_missing(text: str, tmp_path: Path) -> None:
    (said,) = found(tmp_path, f"import os\n{text}\n")
    is_certain = "sample" not in text  # other projects may extend a package
    effect = "so the build fails" if is_certain else "so the build probably fails"
    severity = "error" if is_certain else "warning"
    assert said == f"{severity} {LOST[text]}, which is not in the sdist, {effect}"


@pytest.mark.parametrize(
    ("pattern", "is_found"),
    [
        ("sample/*.pyx", True),
        ("**/*.pyx", True),
        ("sample/a*.pyx", True),
        ("*/*/*.pyx", False),
        ("*.pyx", False),
    ],
)
def test_patterns_of_sources(pattern: str, is_found: bool, tmp_path: Path) -> None:
    said = found(tmp_path, "include 'x.pxi'\n", setup=CALL.replace("sample/a.pyx", pattern))
    assert any("includes 'x.pxi'" in each for each in said) is is_found


def test_folders_of_other_projects_are_not_known(tmp_path: Path) -> None:
    setup = CALL.replace('a.pyx"', 'a.pyx", include_path=[x]')
    (said,) = found(tmp_path, "include 'x.pxi'\n", setup=setup, toml="")
    assert said.startswith("warning")


@pytest.mark.parametrize(
    "text",
    [
        "cimport cython, libc.math\nfrom libc.stdlib cimport malloc\ncimport numpy as np\ncimport sample\n",
        "from cpython.object cimport PyObject\nfrom other.mod cimport f\n",
        "IF UNAME_SYSNAME == 'Windows':\n    include 'x.pxi'\n",
        "# include 'x.pxi'\ntext = '''\ninclude 'x.pxi'\nfrom .mod cimport f\n'''\n",
        "included = 'x.pxi'\nimport sample.mod\nfrom .mod import f\n",
        "from .sub cimport f\nfrom . cimport sub\n",
    ],
)
def test_source_that_needs_nothing(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, text) == []


@pytest.mark.parametrize("path", ["sample/mod.pxd", "src/sample/mod.pxd", "sample/mod.pxd.in", "sample/a.c"])
def test_declaration_that_may_be_there(path: str, tmp_path: Path) -> None:
    assert found(tmp_path, "from .mod cimport f\n", path) == []


def test_module_is_not_a_declaration(tmp_path: Path) -> None:
    assert len(found(tmp_path, "from .mod cimport f\n", "sample/mod.pyx")) == 1


def test_only_a_source_that_cython_certainly_translates_is_judged(tmp_path: Path) -> None:
    text = "from .mod cimport f\n"
    assert len(found(tmp_path, text, setup=CALL, toml="")) == 1
    assert found(tmp_path, text, toml="") == []
    assert found(tmp_path, text, toml=REQUIRES.replace("setuptools.build_meta", "hatchling.build")) == []
    for changed in (EXTENSION.replace("a.pyx", "a.c"), f"{EXTENSION}open('sample/mod.pxd', 'w')\n"):
        assert not [each for each in found(tmp_path, text, setup=changed) if "cimports" in each]


def test_declarations_of_the_source_are_read(tmp_path: Path) -> None:
    made = Sdist(metadata=sample_metadata())
    made.files.update(
        {
            "setup.py": EXTENSION.encode(),
            "pyproject.toml": REQUIRES.encode(),
            "sample/a.pyx": b"x = 1\n",
            "sample/a.pxd": b"\nfrom .mod cimport f\n",
        }
    )
    (said,) = [each for each in audit(tmp_path, made.build()) if each.code == "SD105"]
    assert (said.location.member, said.location.line) == ("sample-1.0/sample/a.pxd", 2)


@pytest.mark.parametrize("text", ['"""', "from a cimport (", "include '", "cimport a,", "from " + "." * 300])
def test_hostile_sources_take_little_time(text: str) -> None:
    start = time.perf_counter()
    list(needs_in(f"{text}\n" * 10_000))
    list(needs_in(text * 10_000))
    assert time.perf_counter() - start < 2
