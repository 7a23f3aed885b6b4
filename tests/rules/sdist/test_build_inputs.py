"""What is said of a build, against the build itself; and files that are made to be a nuisance."""

from __future__ import annotations

import ast
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import BACKENDS, Built, Sdist, sample_metadata, sample_sources
from pkgaudit.api import CoreMetadata
from pkgaudit.api import Sdist as SdistModel
from pkgaudit.rules.sdist.cases.build_inputs import scripted, sdist, system
from pkgaudit.rules.sdist.inputs_script import read_script
from pkgaudit.rules.sdist.inputs_setuptools import pyproject_inputs
from pkgaudit.rules.sdist.inputs_tools import tool_inputs
from pkgaudit.rules.sdist.inputs_tree import Tree, _glob, _matches, backend_inputs, project_inputs
from pkgaudit.rules.sdist.pyproject_faults import all_of, faults
from pkgaudit.rules.sdist.pyproject_file import Pyproject, Unreadable, _read
from pkgaudit.rules.sdist.pyproject_metadata import _requirement, contradictions
from tests.hooks import call_hooks
from tests.programs import need_backend
from tests.support import audit, run_json

PROJECT = '[project]\nname = "sample"\nversion = "1.0"\ndescription = "A sample"\n'
DYNAMIC = '[project]\nname = "sample"\ndescription = "A sample"\ndynamic = ["version"]\n'
SETUP = "from setuptools import setup\n\n"
METADATA = bytes(sample_metadata())


@dataclass
class Needs:
    """A project that needs ``path`` to be built, which holds ``text``; without it the build fails."""

    name: str
    backend: str
    path: str
    pyproject: str = PROJECT
    text: str = ""
    files: dict[str, str] = field(default_factory=dict)


UV = '[tool.uv.build-backend]\nmodule-root = ""\n'
HATCH_HOOK = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    pass
"""
SCRIPT_ENTRY = '[tool.poetry.scripts]\nx = { reference = "bin/x", type = "file" }\n'

NEEDS = [
    *(
        Needs(f"readme, {backend}", backend, "R.md", f'{PROJECT}readme = "R.md"\n{tool}', "# sample\n")
        for backend, tool in (("hatchling", ""), ("flit", ""), ("poetry", ""), ("pdm", ""), ("uv", UV))
    ),
    *(
        Needs(f"licence, {backend}", backend, "NOTICE", f'{PROJECT}license-files = ["NOTI*"]\n{tool}', "x")
        for backend, tool in (("flit", ""), ("poetry", ""), ("pdm", ""), ("uv", UV))
    ),
    Needs(
        "package, setuptools",
        "setuptools",
        "other/__init__.py",
        f'{PROJECT}[tool.setuptools]\npackages = ["sample", "other"]\n',
    ),
    Needs(
        "module of the version, setuptools",
        "setuptools",
        "sample/about.py",
        f'{DYNAMIC}[tool.setuptools]\npackages = ["sample"]\n'
        '[tool.setuptools.dynamic]\nversion = { attr = "sample.about.version" }\n',
        'version = "1.0"\n',
    ),
    Needs(
        "data file, setuptools",
        "setuptools",
        "x.txt",
        f'{PROJECT}[tool.setuptools]\npackages = ["sample"]\n'
        '[tool.setuptools.data-files]\nshare = ["x.txt"]\n',
    ),
    Needs(
        "forced file, hatchling", "hatchling", "x", f'{PROJECT}[tool.hatch.build.force-include]\n"x" = "y"\n'
    ),
    Needs(
        "hook, hatchling",
        "hatchling",
        "hatch_build.py",
        f"{PROJECT}[tool.hatch.build.hooks.custom]\n",
        HATCH_HOOK,
    ),
    Needs("module, flit", "flit", "other.py", f'{PROJECT}[tool.flit.module]\nname = "other"\n', '"""x"""\n'),
    Needs(
        "package, poetry",
        "poetry",
        "src/other/__init__.py",
        f'{PROJECT}[tool.poetry]\npackages = [{{ include = "other", from = "src" }}]\n',
    ),
    Needs("script, poetry", "poetry", "bin/x", f"{PROJECT}{SCRIPT_ENTRY}", "#!/bin/sh\n"),
    Needs("folder, pdm", "pdm", "src/sample.py", f'{PROJECT}[tool.pdm.build]\npackage-dir = "src"\n'),
    Needs("module, uv", "uv", "other/__init__.py", f'{PROJECT}{UV}module-name = "other"\n'),
    Needs("default module, uv", "uv", "src/sample/__init__.py"),
    Needs("stubs, uv", "uv", "src/sample-stubs/__init__.pyi", PROJECT.replace('"sample"', '"sample-stubs"')),
    *(
        Needs(
            f"setup.py, {name}", "setuptools", "requirements.txt", "", "attrs\n", {"setup.py": SETUP + text}
        )
        for name, text in {
            "open": "setup(name='sample', version='1.0', install_requires=open('requirements.txt').read())\n",
            "pathlib": "from pathlib import Path\n"
            "R = (Path(__file__).parent / 'requirements.txt').read_text()\n"
            "setup(name='sample', version='1.0', install_requires=R)\n",
            "function": "import os\n\n\ndef read(*parts, mode='r'):\n"
            "    with open(os.path.join(os.path.dirname(__file__), *parts), mode) as f:\n"
            "        return f.read()\n\n\n"
            "setup(name='sample', version='1.0', install_requires=[read('requirements.txt').strip()])\n",
            "loop": "x = ''\nfor each in ['setup.py', 'requirements.txt']:\n    x += open(each).read()\n"
            "setup(name='sample', version='1.0')\n",
        }.items()
    ),
]


def write(folder: Path, needs: Needs, *, is_there: bool) -> tuple[Path, Built]:
    """Write the project, and return its folder and the sdist with the same files."""
    files = {path: data.decode() for path, data in sample_sources().items()}
    files |= {"pyproject.toml": f"{system(needs.backend)}\n{needs.pyproject}", **needs.files}
    if is_there:
        files[needs.path] = needs.text
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    made = Sdist(files={path: text.encode() for path, text in files.items()}, metadata=sample_metadata())
    return folder, made.build()


def builds(folder: Path, backend: str) -> bool:
    """Return whether the build backend makes a wheel of a folder."""
    need_backend(backend)
    module = system(backend).split('build-backend = "')[1].split('"')[0]
    out = folder.parent / "out"
    out.mkdir()
    try:
        call_hooks(folder, module, out, "wheel")
    except subprocess.CalledProcessError:
        return False
    return True


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "missing"])
@pytest.mark.parametrize("needs", NEEDS, ids=lambda needs: needs.name)
def test_an_error_is_a_build_that_fails(needs: Needs, is_there: bool, tmp_path: Path) -> None:
    project, built = write(tmp_path / "project", needs, is_there=is_there)
    found = [each for each in audit(tmp_path, built) if each.code in ("SD104", "SD105")]
    assert builds(project, needs.backend) is is_there, [each.message for each in found]
    assert [(each.code, str(each.severity)) for each in found] == ([] if is_there else [("SD105", "error")])


def found(folder: Path, built: Built) -> list[str]:
    return [f"{each.code} {each.severity} {each.message}" for each in audit(folder, built)]


EXTENSION = "from setuptools import Extension\n"
EXT = "ext_modules=[Extension('x', s)]"
CYTHON = "from Cython.Build import cythonize\n"

QUIET = {
    "condition": "import os\nif os.path.exists('x'):\n    open('x')\n",
    "choice": "a = open('x').read() if __debug__ else ''\n",
    "or": "a = '' or open('x').read()\n",
    "try": "try:\n    open('x')\nexcept Exception:\n    pass\n",
    "suppress": "import contextlib\nwith contextlib.suppress(OSError):\n    open('x')\n",
    "folder": "import os\nos.chdir('src')\nopen('x')\n",
    "folder in a function": "import os\ndef go(p):\n    os.chdir(p)\ngo('src')\nopen('x')\n",
    "folder in a condition": "import os\nif os.name == 'nt':\n    os.chdir('src')\nopen('x')\n",
    "early return": "def read(p):\n    if not p:\n        return\n    return open(p)\nread('x')\n",
    "written": "with open('x', 'w') as f:\n    f.write('')\n",
    "not called": "def read():\n    return open('x')\n",
    "lambda": "a = lambda: open('x')\n",
    "class": "class Command:\n    def run(self):\n        open('x')\n",
    "unknown": "import sys\nopen(sys.argv[1])\nopen('%s.txt' % sys.platform)\n",
    "absolute": "open('/etc/hosts')\n",
    "generator": "def read():\n    yield open('x')\nread()\n",
    "zip": "import tarfile\ntarfile.open('x')\n",
    "module is not run": "import importlib.util\nimportlib.util.spec_from_file_location('x', 'x')\n",
    "source that is removed": f"{EXTENSION}s = ['x.c']\ns.remove('x.c')\nsetup({EXT})\n",
    "source that may be removed": f"{EXTENSION}s = ['x.c']\nif a:\n    s.remove('x.c')\nsetup({EXT})\n",
    "source that is replaced": f"{EXTENSION}s = ['x.c']\ns[0] = 'sample/core.py'\nsetup({EXT})\n",
    "source that is deleted": f"{EXTENSION}s = ['x.c']\ndel s[0]\nsetup({EXT})\n",
    "perhaps another cythonize": "try:\n    from Cython.Build import cythonize\nexcept ImportError:\n"
    "    cythonize = list\ncythonize('x.pyx')\n",
    "unknown library": "setup(libraries=[('a', a), ('b', {'sources': b, 'macros': ['x.c']})])\n",
    "stop": "import sys\nif sys.platform == 'x':\n    sys.exit()\nopen('x')\n",
}


@pytest.mark.parametrize("name", QUIET)
def test_what_is_not_read_for_certain_is_not_missing(name: str, tmp_path: Path) -> None:
    assert found(tmp_path, scripted(f"{QUIET[name]}setup()\n")) == []


LOUD = {
    "codecs": "import codecs\ncodecs.open('x', 'r', 'utf-8')\n",
    "with": "with open('x', encoding='utf-8') as f:\n    f.read()\n",
    "exec": "exec(compile(open('x').read(), 'x', 'exec'))\n",
    "run_path": "import runpy\nrunpy.run_path('x')\n",
    "name": "NAME = 'x'\nopen(NAME)\n",
    "f-string": "NAME = 'x'\nopen(f'./{NAME}')\n",
    "main": "if __name__ == '__main__':\n    open('x')\n",
    "nested calls": "def a(p):\n    return b(p)\ndef b(p):\n    return open(p).read()\na(p='x')\n",
    "comprehension": "[open(p).read() for p in ('README.md', 'x')]\n",
    "finally": "try:\n    open('x')\nfinally:\n    pass\n",
    "guards": "import sys\nif sys.argv[-1] == 'publish':\n    sys.exit()\nopen('x')\n",
    "spec": "from importlib.util import spec_from_file_location as s, module_from_spec\n"
    "import importlib\na = importlib.util.spec_from_file_location('x', 'x')\na.loader.exec_module(b)\n",
    "loader": "from importlib.machinery import SourceFileLoader\n"
    "SourceFileLoader('x', path='x').load_module()\n",
    "default": "def a(p='x'):\n    return open(p)\na()\n",
    "root folder": "import os\nos.chdir(os.path.dirname(os.path.abspath(__file__)))\nopen('x')\n",
}


@pytest.mark.parametrize("name", LOUD)
def test_what_is_read_for_certain_is_missing(name: str, tmp_path: Path) -> None:
    (said,) = found(tmp_path, scripted(f"{LOUD[name]}setup()\n"))
    assert said.startswith("SD105 error setup.py reads 'x', which is not in the sdist")


SOURCES = {
    "sum": f"{EXTENSION}s = ['sample/core.py'] + ['x.c']\nsetup({EXT})\n",
    "added": f"{EXTENSION}s = []\ns += ['x.c']\nsetup({EXT})\n",
    "library": "setup(libraries=[('a', {'sources': ['x.c'], 'macros': []})])\n",
    "cythonize": f"{CYTHON}setup(ext_modules=cythonize('x.c'))\n",
    "list of cythonize": f"{CYTHON}setup(ext_modules=cythonize(['sample/*.py', 'x.c'], language_level=3))\n",
}


# Each script was run with setuptools 65 and Cython 3.3.
@pytest.mark.parametrize("name", SOURCES)
def test_source_that_is_missing(name: str, tmp_path: Path) -> None:
    said = [each for each in found(tmp_path, scripted(SOURCES[name])) if "Cython" not in each]
    assert len(said) == 1
    assert said[0].startswith("SD105 error ")
    assert "'x.c'" in said[0]


def test_glob_of_cythonize_without_a_file(tmp_path: Path) -> None:
    said = found(tmp_path, scripted(f"{CYTHON}setup(ext_modules=cythonize('sample/*.pyx'))\n"))
    assert "SD105 error cythonize() finds no file 'sample/*.pyx' in the sdist, so the build fails" in said
    for text in (
        "cythonize(['sample/*.p[xy]*'])",
        "cythonize('sample/{core,x}.py')",
        "os.chdir('sample')\ncythonize('x.pyx')",
    ):
        said = found(tmp_path, scripted(f"{CYTHON}{text}\nsetup()\n"))
        assert not [each for each in said if "SD105 error" in each]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('setup_x')",
        "import importlib\nimportlib.import_module('setup_x')",
        "runpy.run_module('setup_x')",
    ],
)
def test_module_that_is_imported_by_its_name(text: str, tmp_path: Path) -> None:
    (said,) = found(tmp_path, scripted(f"{text}\nsetup()\n"))
    assert said.startswith("SD105 error setup.py imports 'setup_x', which is not in the sdist")
    assert found(tmp_path, scripted(f"if a:\n    {text.splitlines()[-1]}\nsetup()\n")) == []


def test_a_script_that_makes_files_proves_less(tmp_path: Path) -> None:
    (said,) = found(tmp_path, scripted("import shutil\nshutil.copy('README.md', 'x')\nopen('x')\nsetup()\n"))
    assert said.startswith("SD105 warning")


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n" + "    f(a)\n" * 200 + "f('x')\n" * 200,
        "x = " + "(" * 150 + "'a'" + ")" * 150 + "\n",
        "a = " + " + ".join(["'a'"] * 3000) + "\nopen(a)\n",
        "for a in ['1'] * 2:\n  for b in ['a', 'b']:\n" + "    open(b)\n" * 5000,
        "f = lambda: 1\n" * 20_000,
        "a = ['x']\n" + "a = a + a\na += a\n" * 5_000 + "open(a)\n",
    ],
    ids=["calls", "brackets", "sum", "loops", "long", "lists"],
)
def test_hostile_scripts_take_little_time(text: str) -> None:
    try:
        tree = ast.parse(text)
    except (RecursionError, MemoryError, SyntaxError):
        return
    start = time.perf_counter()
    read_script(tree, text)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("open('a')\n", False),
        ("for a in ['1'] * 2:\n  for b in ['a', 'b']:\n" + "    open(b)\n" * 5000, False),
        ("def f():\n" + "    g()\n" * 1000 + "def g():\n" + "    open('a')\n" * 200 + "f()\n", True),
        ("".join(f"open('{number}')\n" for number in range(300)), True),
    ],
    ids=["short", "long", "too many steps", "too many files"],
)
def test_a_script_that_is_not_followed_to_its_end(text: str, is_cut: bool) -> None:
    assert read_script(ast.parse(text), text).is_cut == is_cut


def test_what_was_not_followed_is_told(tmp_path: Path) -> None:
    sdist = Sdist()
    text = "def f():\n" + "    g()\n" * 1000 + "def g():\n" + "    open('LICENSE')\n" * 200 + "f()\n"
    sdist.files["setup.py"] = text.encode()
    result = run_json(sdist.build().write(tmp_path), "--select", "SD105")
    assert [each["reason"] for each in result["skipped"]] == [
        "'sample-1.0/setup.py' is too long to find all files that it reads"
    ]


@given(st.text(alphabet="[]{}\"'=.,#\n abtruefls1", max_size=200))
def test_any_text_is_read(text: str) -> None:
    read = _read("sample-1.0/pyproject.toml", text.encode())
    assert isinstance(read, (Pyproject, Unreadable))
    if isinstance(read, Pyproject):
        for key in read.tables:
            assert read.place(key).member == "sample-1.0/pyproject.toml"


LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["file", "version"])
KEYS = st.sampled_from(
    """name version dynamic readme license license-files authors urls scripts file dependencies
    optional-dependencies entry-points requires build-backend backend-path include-group project text x
    build-system dependency-groups tool hatch build targets wheel hooks custom path packages flit module
    force-include
    poetry include from format reference type pdm package-dir uv module-name module-root data setuptools find
    where attr script-files data-files py-modules maturin manifest-path scikit-build cmake
    source-dir""".split()  # noqa: SIM905
)
VALUE = st.recursive(LEAF, lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=3))


@given(st.dictionaries(KEYS, VALUE, max_size=4), st.dictionaries(KEYS, VALUE, max_size=6))
def test_tables_of_any_shape_are_judged(tables: dict[str, object], project: dict[str, object]) -> None:
    for shape in (tables, {**tables, "project": project}, {"build-system": project}):
        pyproject = Pyproject("pyproject.toml", "", shape)
        assert all(each.message and each.fix for each in all_of(faults(pyproject, None), 100))


BACKEND = st.sampled_from(sorted(path for _, path in BACKENDS.values()))
TOOL = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUE, max_size=5), max_size=5)


@given(BACKEND, TOOL, st.dictionaries(KEYS, VALUE, max_size=6))
def test_settings_of_any_shape_are_read(
    backend: str, tool: dict[str, object], project: dict[str, object]
) -> None:
    tables = {"build-system": {"build-backend": backend}, "project": project, "tool": tool}
    pyproject = Pyproject("pyproject.toml", "", tables)
    tree = Tree(SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz"))
    found = [
        each for reader in (project_inputs, backend_inputs, tool_inputs) for each in reader(pyproject, tree)
    ]
    found += pyproject_inputs(pyproject, tree, False)
    assert all(each.message for each in found)
    assert all(each.message for each in contradictions(pyproject, CoreMetadata("PKG-INFO", METADATA), False))


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("LICEN[CS]E*", "LICENSE.txt", True),
        ("LICEN[CS]E*", "a/LICENSE", False),
        ("**/LICENSE", "LICENSE", True),
        ("**/LICENSE", "a/b/LICENSE", True),
        ("licenses/**/*.txt", "licenses/a.txt", True),
        ("licenses/*", "licenses/a/b", False),
        ("a/**/b/**/c", "a/x/b/y/z/c", True),
        ("a/**/b/**/c", "a/x/y/z/c", False),
    ],
)
def test_patterns_of_license_files(pattern: str, path: str, is_match: bool) -> None:
    assert _matches(_glob(pattern), path.split("/")) is is_match


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "A.b>=1,<2; os_name=='nt' and python_version<'3'",
            'a-b <2,>=1 ; python_version < "3" and os_name == "nt"',
        ),
        (
            "a; (x == 'y' or os_name == 'nt') and extra == 'B_c'".replace("x ==", "sys_platform =="),
            "a; extra == 'b-c' and (os_name == 'nt' or 'y' == sys_platform)",
        ),
        ("a[x,y_z]==1.0", "a[Y-Z,X]==1.0.0"),
    ],
)
def test_requirements_that_mean_the_same(one: str, other: str) -> None:
    first, second = _requirement(one), _requirement(other)
    assert first is not None
    assert second is not None
    assert first.all == second.all


def test_a_broken_pyproject_is_one_finding(tmp_path: Path) -> None:
    (said,) = found(tmp_path, sdist(b"[project\nreadme = 1\n"))
    assert said.startswith("SD104 error 'sample-1.0/pyproject.toml' is not TOML: ")


def test_a_value_that_the_metadata_has_too_is_told_once(tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.add("Requires-Dist", "numpy >>1")
    said = found(tmp_path, sdist('dependencies = ["numpy >>1"]', metadata=metadata))
    assert [each[:5] for each in said] == ["MD104"]


def test_a_tag_of_the_build_explains_another_version(tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.set("Version", "1.0.dev3")
    made = Sdist(files={**sample_sources(), "pyproject.toml": f"{system('setuptools')}{PROJECT}".encode()})
    made.files |= {"LICENSE": b"x", "setup.cfg": b"[egg_info]\ntag_build = .dev3\n"}
    made.metadata = metadata
    assert not [each for each in found(tmp_path, made.build()) if each.startswith("SD106 error")]


def test_without_a_root_nothing_is_said() -> None:
    from pkgaudit.api import Summaries
    from pkgaudit.rules.sdist.rules_build_inputs import invalid_pyproject, missing_build_input

    model = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    assert list(invalid_pyproject(model)) == []
    assert list(missing_build_input(model, *[Summaries()] * 8)) == []


def fix_for(path: str, tmp_path: Path) -> str:
    built = scripted(f"setup(long_description=open({path!r}).read())\n")
    (found,) = (each for each in audit(tmp_path, built) if each.code == "SD105")
    return found.fix or ""


@pytest.mark.parametrize(
    "path", [".env", "config/.env.local", "id_rsa", "server.key", ".pypirc", "a/cert.pem"]
)
def test_no_remedy_packs_credentials(path: str, tmp_path: Path) -> None:
    fix = fix_for(path, tmp_path)
    assert "do not pack the file" in fix
    assert "MANIFEST.in" not in fix


@pytest.mark.parametrize("path", ["requirements.txt", ".env.example"])
def test_file_may_have_to_be_created(path: str, tmp_path: Path) -> None:
    assert fix_for(path, tmp_path) == (
        "if the project does not have the file, create it or remove the reference to it; "
        f"pack {path} into the sdist: add at the end of MANIFEST.in, creating it if needed:\n"
        f"include {path}"
    )


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("sample/bin/tiler", "lacks the file, and code that uses it fails"),
        ("src/sample/libfast.so", "lacks the file, and code that uses it fails"),
        ("sample/fast.cpython-311-x86_64-linux-gnu.so", "check that the build compiles it; keep sample/fast"),
        ("vendor/tiler", "keep vendor/tiler out of the sdist"),
    ],
)
def test_binary_of_a_package_is_not_just_left_out(path: str, says: str, tmp_path: Path) -> None:
    """Without it, the wheel that is built from the sdist would lack it."""
    made = Sdist()
    made.files |= {path: b"\x7fELF\2\1\1" + b"\0" * 80, "src/sample/__init__.py": b""}
    (found,) = audit(tmp_path, made.build(), {"select": ["SD107"]})
    assert found.fix is not None
    assert says in found.fix
    assert ("\nexclude " in found.fix) == ("fails" not in found.fix)
