"""The imports of setup.py, of which some fail in an isolated build."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from fixtures.builders import Sdist, sample_metadata
from pkgaudit.api import Sdist as SdistModel
from pkgaudit.api import Summaries, normalize
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.rules.sdist.inputs_imports import _TOOLS, TopImports, import_inputs
from pkgaudit.rules.sdist.inputs_script import imported, read_script
from pkgaudit.rules.sdist.inputs_tree import Tree
from tests.programs import need
from tests.support import audit

SYSTEM = "[build-system]\nrequires = [{}]\n"
BACKEND = 'build-backend = "setuptools.build_meta"\n'
LEGACY = SYSTEM.format('"setuptools"')
MODERN = LEGACY + BACKEND
PATH = "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n"


def found(folder: Path, script: str, pyproject: str = "", **files: str) -> list[str]:
    texts = {"setup.py": f"from setuptools import setup\n{script}\nsetup(name='sample')\n", **files}
    if pyproject:
        texts["pyproject.toml"] = pyproject
    made = Sdist(files={path: text.encode() for path, text in texts.items()}, metadata=sample_metadata())
    return [f"{each.severity} {each.message}" for each in audit(folder, made.build()) if each.code == "SD105"]


def requiring(*names: str) -> str:
    return SYSTEM.format(", ".join(f'"{each}"' for each in names)) + BACKEND


@pytest.mark.parametrize(
    ("script", "pyproject", "said"),
    [
        ("import numpy as np", MODERN, "warning setup.py imports 'numpy', which `build-system.requires`"),
        ("import numpy", "", "warning setup.py imports 'numpy', but without `build-system.requires`"),
        ("import numpy", LEGACY, "warning setup.py imports 'numpy'"),
        ("from Cython.Build import cythonize", requiring("setuptools", "wheel"), "warning"),
        ("import yaml", MODERN, "warning setup.py imports 'yaml'"),
        ("import numpy\nsetup(setup_requires=['numpy'])", MODERN, "warning setup.py imports 'numpy'"),
        ("def f():\n    import numpy\nf()", MODERN, "warning setup.py imports 'numpy'"),
        ("import pkg_resources", MODERN, "warning setup.py imports 'pkg_resources'"),
        ("import pkg_resources", "", "warning setup.py imports 'pkg_resources'"),
        ("import pkg_resources", requiring("setuptools>=61,<90"), "warning"),
        ("import setup_helpers", "", "error setup.py imports 'setup_helpers', which is not in the sdist"),
        ("from _build_config import x", MODERN, "error setup.py imports '_build_config'"),
        (f"{PATH}import build_tools", MODERN, "error setup.py imports 'build_tools'"),
        ("import frobnicate", MODERN, "warning setup.py imports 'frobnicate'"),
    ],
)
def test_import_that_fails(script: str, pyproject: str, said: str, tmp_path: Path) -> None:
    (message,) = found(tmp_path, script, pyproject)
    assert message.startswith(said)


@pytest.mark.parametrize(
    ("script", "pyproject"),
    [
        ("import numpy", requiring("setuptools", "NumPy>=2; python_version > '3.9'")),
        ("import numpy", requiring("setuptools", "oldest-supported-numpy")),
        ("import numpy", requiring("setuptools", "a-project-that-may-bring-it")),
        ("from Cython.Build import cythonize", requiring("setuptools", "cython")),
        ("import skbuild", requiring("setuptools", "scikit-build")),
        ("import packaging", requiring("setuptools", "setuptools_scm[toml]")),
        ("try:\n    import numpy\nexcept ImportError:\n    numpy = None", MODERN),
        ("import sys\nif sys.argv[1:] == ['x']:\n    import numpy", MODERN),
        ("def f():\n    import numpy", MODERN),
        ("setup(setup_requires=['numpy'])\nimport numpy", MODERN),
        ("import tomllib\nimport distutils\nimport imp\nimport __future__", MODERN),
        ("import pkg_resources", requiring("setuptools<82")),
        ("import shutil\nshutil.copy('a', 'b')\nimport build_tools", MODERN),
        ("import numpy", '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'),
        ("import wheel\nfrom packaging.version import Version\nimport jaraco.text", MODERN),
        ("import more_itertools", ""),
        ("import numpy", f'{MODERN}backend-path = ["."]\n'),
    ],
)
def test_import_that_may_succeed(script: str, pyproject: str, tmp_path: Path) -> None:
    said = found(tmp_path, script, pyproject)
    assert not [each for each in said if "setup.py imports" in each]


@pytest.mark.parametrize(
    ("script", "pyproject", "number"),
    [
        ("import helper", MODERN, 1),
        ("import helper", requiring("setuptools", "helper"), 0),
        ("import helper", LEGACY, 0),
        ("import helper", f'{LEGACY}build-backend = "setuptools.build_meta:__legacy__"\n', 0),
        ("import helper", "", 0),
        (f"{PATH}import helper", MODERN, 0),
    ],
)
def test_module_in_the_root_folder(script: str, pyproject: str, number: int, tmp_path: Path) -> None:
    said = found(tmp_path, script, pyproject, **{"helper.py": ""})
    assert [each.startswith("error setup.py imports 'helper' from the root folder") for each in said] == (
        [True] * number
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"p/__init__.py": "import numpy\n"}, "setup.py imports 'p', which imports 'numpy'"),
        ({"p/__init__.py": "from q import x\n", "q.py": "import yaml\n"}, "'q'"),
        ({"p/__init__.py": "from p.a import x\n", "p/a/__init__.py": "import numpy\n"}, ""),
        ({"p/__init__.py": "try:\n    import numpy\nexcept ImportError:\n    pass\n"}, ""),
        ({"p/__init__.py": "import frobnicate\nfrom . import a\n"}, ""),
        ({"p/__init__.py": "", "p/a.py": "import numpy\n"}, ""),
    ],
)
def test_imports_of_the_package(files: dict[str, str], said: str, tmp_path: Path) -> None:
    messages = found(tmp_path, "from p import __version__", "", **files)
    assert [said in each for each in messages] == ([True] if said else [])


def test_each_module_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    names = tuple(f"m{number}" for number in range(20))
    model.entries = [Entry(f"sample-1.0/{name}.py", EntryType.FILE, 1) for name in ("setup", *names)]
    script = read_script(ast.parse("".join(f"import {name}\n" for name in names)), "")
    each = TopImports(tuple(((name,), 1) for name in names))
    modules = {f"sample-1.0/{name}.py": each for name in names}
    tree = Tree(model)
    asked = Mock(side_effect=tree.is_file)
    monkeypatch.setattr(tree, "is_file", asked)
    assert not list(import_inputs("sample-1.0", tree, script, None, Summaries(modules)))
    assert asked.call_count < 1_000  # not 20 questions for each of the 400 imports


def test_names_of_an_import() -> None:
    tree = ast.parse(
        "import a.b, c\nfrom a import b, c\nfrom . import d\nfrom ..e import *\nfrom ...f import g\n"
    )
    assert [names for node in tree.body for names, _ in imported(node, ["r", "p"])] == [
        ("a.b",),
        ("c",),
        ("a", "a.b", "a.c"),
        ("/r/p/d",),
        ("/r/e",),
    ]


def test_tools_have_normalized_names() -> None:
    assert all(
        normalize(each) == each for name, brought in _TOOLS.items() for each in (name, *brought.split())
    )


RUN = "import sys; sys.path = [p for p in sys.path if p]; import setuptools.build_meta as b; {}()"


@pytest.mark.parametrize(
    ("hook", "imports"),
    [("b.get_requires_for_build_wheel", False), ("b.__legacy__.get_requires_for_build_wheel", True)],
)
def test_only_the_legacy_backend_has_the_root_folder(hook: str, imports: bool, tmp_path: Path) -> None:
    need("setuptools", "77")
    (tmp_path / "helper.py").touch()
    (tmp_path / "setup.py").write_text("import helper\nfrom setuptools import setup\nsetup(name='sample')\n")
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(hook)], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode == 0) is imports
