"""The modules of a wheel, their imports, and the Pythons that the wheel supports."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import pkgaudit
from fixtures.builders import Sdist, Wheel, sample_metadata
from pkgaudit.api import Summaries, make_distribution
from pkgaudit.api import Wheel as WheelModel
from pkgaudit.config.config import parse_config
from pkgaudit.engine import audit_distribution
from pkgaudit.finding import Finding
from pkgaudit.plan import Plan
from pkgaudit.rules._shared.import_names import (
    Projects,
    distributions_of,
    is_named_after,
    is_same_name,
    is_standard,
    with_theirs,
)
from pkgaudit.rules.wheel import import_circles, imports_missing
from pkgaudit.rules.wheel import rules_imports as importability
from pkgaudit.rules.wheel.import_circles import failing_circles
from pkgaudit.rules.wheel.imports import Packages
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.syntax_versions import declared_pythons
from tests.support import audit, registry


def packages(folder: Path, files: dict[str, str]) -> Packages:
    built = Wheel(files={path: text.encode() for path, text in files.items()}).build()
    config = parse_config({"select": ["WH110"]}, "test")
    config.validate(registry())
    made = audit_distribution(str(built.write(folder)), Plan.make(registry(), config), config)
    assert isinstance(made.distribution, WheelModel)
    return Packages(made.distribution, Summaries(made.summaries.get(Module)))


def findings(folder: Path, files: dict[str, str], code: str, **headers: str) -> list[Finding]:
    metadata = sample_metadata()
    for name, value in headers.items():
        metadata.set(name.replace("_", "-"), value)
    built = Wheel(files={path: text.encode() for path, text in files.items()}, metadata=metadata).build()
    return audit(folder, built, {"select": [code]})


class TestPackages:
    def test_modules(self, tmp_path: Path) -> None:
        found = packages(
            tmp_path,
            {
                "a/__init__.py": "",
                "a/b.py": "",
                "a/c.cpython-311-x86_64-linux-gnu.so": "",
                "a/d.cp311-win_amd64.pyd": "",
                "a/e/f.py": "",
                "a/not-one.py": "",
                "a/2/g.py": "",
                "h.py": "",
                "sample-1.0.data/platlib/i.abi3.so": "",
                "sample-1.0.data/scripts/j.py": "",
                "a/k.pyc": "",
                "a/l.txt": "",
                "a/b.pyi": "",
            },
        )
        assert set(found.modules) == {"a", "a.b", "a.c", "a.d", "a.e.f", "h", "i", "a.k"}
        assert {"a", "a.e"} <= found.folders
        assert found.tops == {"a", "h", "i"}

    def test_own_imports(self, tmp_path: Path) -> None:
        """Only these are compared with the modules of the wheel."""
        text = "import os, re.a, a.b, data.c\nfrom . import d\nfrom ... import e\nfrom json import f\n"
        found = packages(tmp_path, {"a/__init__.py": text, "data/c/g.txt": ""})
        own = found.own_imports(found.modules["a"])
        assert [(each.level, each.module) for each in own] == [(0, "a.b"), (0, "data.c"), (1, ""), (3, "")]

    def test_each_foreign_module_is_judged_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[str] = []

        def counted(top: str) -> bool:
            seen.append(top)
            return top == "os"

        monkeypatch.setattr(imports_missing, "is_standard", counted)
        files = {f"a/m{number}.py": "import os\nimport requests\n" for number in range(5)}
        found = packages(tmp_path, {"a/__init__.py": "", **files})
        missing = imports_missing.undeclared(found, found.modules.values(), searches=False)
        assert [each.missing.name for each in missing] == ["requests"]
        assert sorted(seen) == ["os", "requests"]

    def test_package_comes_before_module_and_binary_before_source(self, tmp_path: Path) -> None:
        found = packages(tmp_path, {"a.py": "", "a/__init__.py": "", "a/b.py": "x = 1", "a/b.so": ""})
        assert found.modules["a"].path == "a/__init__.py"
        assert found.modules["a.b"].path == "a/b.so"
        assert found.modules["a.b"].is_open

    def test_what_is_imported(self, tmp_path: Path) -> None:
        files = {
            "a/__init__.py": "from a.b import x\nfrom . import c\nfrom .d.e import *\n",
            "a/b.py": "import a.f as f, g\n",
            "a/c.py": "if x:\n    import a.late\n",
            "a/d/__init__.py": "name = 1\nfrom .. import late as name\n",
            "a/d/e.py": "",
            "a/f.py": "",
            "a/late.py": "",
            "g.py": "",
            "tests/__init__.py": "",
            "_h.py": "",
            "ns/i/__init__.py": "",
            "ns/j.py": "",
            "ns/deep/k/__init__.py": "",
            "other/deep/l/__init__.py": "",
        }
        found = packages(tmp_path, files)
        assert set(found.roots) == {"a", "g", "ns.i", "other.deep.l"}
        assert set(found.imported) - set(found.roots) == {"a.b", "a.c", "a.d", "a.d.e", "a.f", "a.late"}

    def test_circle_ends(self, tmp_path: Path) -> None:
        found = packages(
            tmp_path, {"a/__init__.py": "from .b import *\n", "a/b.py": "from a import *\nimport a\n"}
        )
        assert set(found.imported) == {"a", "a.b"}
        assert found.has_name(found.modules["a"], "anything")

    def test_stars_from_the_same_modules_are_followed_once(self, tmp_path: Path) -> None:
        # Each layer takes all from both modules of the next one: 2 to the power of 18 ways.
        files = {"a/__init__.py": ""}
        for layer in range(9):
            for side in "xy":
                stars = (
                    f"from .x{layer + 1} import *\nfrom .y{layer + 1} import *\n" if layer < 8 else "b = 1\n"
                )
                files[f"a/{side}{layer}.py"] = stars
        found = packages(tmp_path, files)
        assert not found.has_name(found.modules["a.x0"], "missing")
        assert found.has_name(found.modules["a.x0"], "b")
        assert found.steps < 100
        assert not found.is_cut

    def test_dots_that_lead_out_of_all(self, tmp_path: Path) -> None:
        found = packages(tmp_path, {"a/__init__.py": "from ... import x\nfrom ..b import y\n"})
        assert set(found.imported) == {"a"}

    @pytest.mark.parametrize(
        ("name", "absent"),
        [
            ("a.b", None),
            ("a.gone", "a.gone"),
            ("a.gone.deep", "a.gone"),
            ("a.b.gone", "a.b.gone"),
            ("a.b.x", None),
            ("a.data", None),
            ("ns.gone", None),
            ("other.gone", None),
            ("a.moved.gone", None),
            ("a.__init__", None),
        ],
    )
    def test_absent(self, tmp_path: Path, name: str, absent: str | None) -> None:
        files = {
            "a/__init__.py": "",
            "a/b.py": "x = 1\n",
            "a/data/x.txt": "",
            "ns/i/__init__.py": "",
            "a/moved/__init__.py": "__path__ = []\n",
        }
        assert packages(tmp_path, files).absent(name) == absent


class TestCircles:
    def test_the_first_failure_is_found_for_each_entry(self, tmp_path: Path) -> None:
        files = {
            "a/__init__.py": "from .b import one\n",
            "a/b.py": "from .c import two\ndef one(): ...\n",
            "a/c.py": "from .b import one, three\ndef two(): ...\n",
        }
        (found,) = failing_circles(packages(tmp_path, files))
        assert (found.importer.name, found.statement.line) == ("a.c", 1)
        assert (found.holder.name, found.name, found.entry) == ("a.b", "one", "a")

    def test_the_number_of_followed_names_is_limited(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = {
            "a/__init__.py": "from .b import one\n",
            "a/b.py": "import a.d as d\n" * 20 + "from .c import two\ndef one(): ...\n",
            "a/c.py": "from .b import one\ndef two(): ...\n",
            "a/d.py": "",
        }
        found = packages(tmp_path, files)
        assert list(failing_circles(found))
        monkeypatch.setattr(import_circles, "_MOST_STEPS", 15)
        assert not list(failing_circles(found))


class TestNames:
    @pytest.mark.parametrize(
        ("project", "module"),
        [
            ("python-dateutil", "dateutil"),
            ("PyJWT", "jwt"),
            ("google-cloud-storage", "google"),
            ("zope.interface", "zope"),
            ("djangorestframework-simplejwt", "simplejwt"),
            ("msgpack-python", "msgpack"),
        ],
    )
    def test_named_after(self, project: str, module: str) -> None:
        assert is_named_after(project, module)

    @pytest.mark.parametrize(("project", "module"), [("PyYAML", "PIL"), ("attrs", "yaml"), ("six", "sys")])
    def test_not_named_after(self, project: str, module: str) -> None:
        assert not is_named_after(project, module)

    def test_many_projects_are_asked_fast(self) -> None:
        projects = Projects(f"some-project-{number}" for number in range(2_000))
        started = time.process_time()
        assert not any(projects.provide(f"other_module_{number}") for number in range(2_000))
        assert time.process_time() - started < 5
        assert projects.provide("someproject7")
        assert projects.provide("some")
        assert not Projects([]).provide("yaml")

    def test_plugin_is_not_its_host(self) -> None:
        assert not is_same_name("pytest-sample", "pytest")

    @pytest.mark.parametrize(
        ("module", "project"),
        [
            ("yaml", "pyyaml"),
            ("PIL", "pillow"),
            ("sklearn", "scikit-learn"),
            ("cv2", "opencv-python"),
            ("bs4", "beautifulsoup4"),
            ("dateutil", "python-dateutil"),
            ("attr", "attrs"),
            ("pkg_resources", "setuptools"),
            ("ruamel", "ruamel-yaml"),
        ],
    )
    def test_known_ones(self, module: str, project: str) -> None:
        assert distributions_of(module)[0] == project

    @pytest.mark.parametrize(
        "module", ["os", "distutils", "imp", "asyncore", "tomllib", "_thread", "__future__", "_ctypes"]
    )
    def test_standard(self, module: str) -> None:
        assert is_standard(module)

    def test_what_dependencies_bring(self) -> None:
        assert "numpy" in with_theirs(["pandas"])[0]
        assert not with_theirs(["a-project-that-nobody-knows"])[1]


@pytest.mark.parametrize(
    ("tag", "required", "lowest", "has", "lacks"),
    [
        ("py3-none-any", ">=3.9", (3, 9), (3, 14), (3, 8)),
        ("cp311-cp311-win_amd64", ">=3.9", (3, 11), (3, 11), (3, 12)),
        ("cp39-abi3-win_amd64", ">=3.8", (3, 9), (3, 13), (3, 8)),
        ("cp39-none-win_amd64", ">=3.8", (3, 9), (3, 13), (3, 8)),
        ("py2.py3-none-any", ">=2.7,!=3.0.*", (2, 7), (3, 1), (3, 0)),
        ("py3-none-any", ">3.9.7", (3, 9), (3, 10), (3, 8)),
        ("py3-none-any", "==3.9.25", (3, 9), (3, 9), (3, 10)),
        ("py3-none-any", "", None, (3, 0), (2, 7)),
        ("py3-none-any", "nonsense", None, (3, 0), (2, 7)),
        ("pp310-pypy310_pp73-win_amd64", ">=3.9", (3, 10), (3, 10), (3, 11)),
    ],
)
def test_declared_pythons(
    tag: str, required: str, lowest: tuple[int, int] | None, has: tuple[int, int], lacks: tuple[int, int]
) -> None:
    wheel = make_distribution(f"sample-1.0-{tag}.whl")
    assert isinstance(wheel, WheelModel)
    metadata = sample_metadata()
    metadata.set("Requires-Python", *([required] if required else []))
    path = "sample-1.0.dist-info/METADATA"
    wheel.kept[path] = bytes(metadata)
    wheel.__dict__["dist_info"] = "sample-1.0.dist-info"
    found = declared_pythons(wheel)
    assert found.lowest == lowest
    assert has in found.versions
    assert lacks not in found.versions


class TestFindings:
    def test_one_for_all_modules_with_newer_syntax(self, tmp_path: Path) -> None:
        files = {
            "sample/__init__.py": "from . import a, b\n",
            "sample/a.py": "x = (y := 1)\n",
            "sample/b.py": "match 1:\n    case 1: pass\n",
        }
        (found,) = findings(tmp_path, files, "WH109", Requires_Python=">=3.7")
        assert found.location.member == "sample/b.py"
        assert "Python 3.10" in found.message
        assert "1 more module" in found.message
        assert found.fix is not None
        assert ">=3.10" in found.fix

    def test_modules_for_a_newer_python_than_that_of_the_audit_are_skipped(self, tmp_path: Path) -> None:
        metadata = sample_metadata()
        metadata.set("Requires-Python", ">=3.19")
        path = Wheel(files={"sample/__init__.py": b"x = = 1\n"}, metadata=metadata).build().write(tmp_path)
        result = pkgaudit.audit(path, {"select": ["WH109"]})
        assert result.findings == []
        (skipped,) = result.skipped
        assert skipped.path == f"{path}: sample/__init__.py"
        assert "run the audit with a Python that the wheel supports" in skipped.reason

    def test_missing_modules_are_folded(self, tmp_path: Path) -> None:
        files = {"sample/__init__.py": "".join(f"import sample.gone{number}\n" for number in range(50))}
        found = findings(tmp_path, files, "WH110")
        assert len(found) == 8
        assert "43 more" in found[-1].message

    def test_missing_module_once_however_often_it_is_imported(self, tmp_path: Path) -> None:
        files = {"sample/__init__.py": "from .gone import a\nfrom .gone import b\nimport sample.gone.c\n"}
        (found,) = findings(tmp_path, files, "WH110")
        assert found.fix is not None
        assert "sample/gone/__init__.py" in found.fix

    def test_missing_module_in_purelib(self, tmp_path: Path) -> None:
        files = {"sample-1.0.data/purelib/sample/__init__.py": "from . import gone\n"}
        (found,) = findings(tmp_path, files, "WH110")
        assert found.fix is not None
        assert "sample-1.0.data/purelib/sample/gone.py" in found.fix

    @pytest.mark.parametrize(
        ("other", "is_found"),
        [
            ("import sys\nsys.modules['sample.c'].NAME = 1\n", False),
            ("import sys\nsetattr(sys.modules['sample.c'], 'NAME', 1)\n", False),
            ("import sys\ndef f(n):\n    setattr(sys.modules['sample.c'], n, 1)\n", False),
            ("import sys\nm = sys.modules['sample.c']\ndef f(n):\n    m.NAME = n\n", False),
            ("import sys\nsys.modules['sample.c'].OTHER = 1\n", True),
            ("import sys\nm = sys.modules['sample.c']\nprint(m.NAME == 1)\n", True),
            ("import sys\ndef export(it):\n    vars(sys.modules[it.__module__])['NAME'] = it\n", False),
        ],
    )
    @pytest.mark.parametrize("module", ["c.py", "c/__init__.py"])
    def test_name_that_another_module_sets(
        self, other: str, is_found: bool, module: str, tmp_path: Path
    ) -> None:
        files = {
            "sample/__init__.py": "from . import other\nfrom .c import NAME\n",
            "sample/other.py": other,
            f"sample/{module}": "from sample.other import export\n@export\ndef f(): ...\n",
        }
        found = findings(tmp_path, files, "WH110")
        assert any("'NAME'" in each.message for each in found) is is_found

    def test_plugin_that_does_not_name_its_host(self, tmp_path: Path) -> None:
        files = {"pytest_sample.py": "import pytest\n"}
        metadata = sample_metadata("pytest_sample")
        built = Wheel(name="pytest_sample", files={"pytest_sample.py": b"import pytest\n"}, metadata=metadata)
        (found,) = audit(tmp_path, built.build(), {"select": ["WH111"]})
        assert "'pytest'" in found.message
        assert files

    @pytest.mark.parametrize(
        ("importer", "severity", "says"),
        [("sample/a/b.py", "info", "another dependency"), ("sample/utils/b.py", "warning", "has only")],
    )
    def test_module_elsewhere_in_the_wheel(
        self, importer: str, severity: str, says: str, tmp_path: Path
    ) -> None:
        name = importer.removesuffix(".py").replace("/", ".")
        files = {"sample/__init__.py": f"import {name}\n", "sample/utils/other.py": ""}
        files |= {"sample/a/__init__.py": "", "sample/utils/__init__.py": "", importer: "import other\n"}
        (found,) = findings(tmp_path, files, "WH111", Requires_Dist="unknown-tools")
        assert (str(found.severity), says in found.message) == (severity, True)

    def test_module_that_another_module_treats_as_optional(self, tmp_path: Path) -> None:
        guarded = "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n"
        files = {"sample/__init__.py": "import yaml\nfrom . import a\n", "sample/a.py": guarded}
        (found,) = findings(tmp_path, files, "WH111")
        assert (str(found.severity), "extra" in found.message) == ("info", False)

    @pytest.mark.parametrize(
        ("line", "module", "is_found"),
        [
            ("sample/vendor\n", "tool", False),
            ("sample/vendor\n", "gone", True),
            ("import sys\n", "tool", True),
        ],
    )
    def test_module_in_a_folder_of_a_path_file(
        self, line: str, module: str, is_found: bool, tmp_path: Path
    ) -> None:
        files = {"sample/__init__.py": f"import {module}\n", "sample/vendor/tool.py": "def main(): ...\n"}
        points = f"[console_scripts]\nx = {module}:main\n"
        files |= {"sample.pth": line, "sample-1.0.dist-info/entry_points.txt": points}
        for code in ("WH111", "WH122"):
            assert bool(findings(tmp_path, files, code)) is is_found

    def test_unreadable_requirement_may_be_anything(self, tmp_path: Path) -> None:
        files = {"sample/__init__.py": "import yaml\n"}
        assert findings(tmp_path, files, "WH111", Requires_Dist="= nonsense") == []


def test_summary_is_of_the_module_that_shows_it() -> None:
    assert importability.modules.__module__ == importability.__name__


def test_a_dotted_name_without_end_is_not_parsed(tmp_path: Path) -> None:
    source = b"import sample" + b".a" * 500_000 + b"\n"
    started = time.process_time()
    findings = audit(tmp_path, Wheel(files={"sample/__init__.py": source}).build(), {"select": ["WH"]})
    assert findings == []
    assert time.process_time() - started < 20


def test_wheels_of_a_release_share_an_undeclared_dependency(tmp_path: Path) -> None:
    paths = []
    for tag in ("cp312-cp312-win_amd64", "cp313-cp313-win_amd64"):
        made = Wheel(tag=tag)
        made.files["sample/core.py"] = b"import requests\n"
        paths.append(made.build().write(tmp_path))
    (found,) = pkgaudit.audit(paths, {"select": ["WH111"]}).findings
    assert [Path(place.distribution) for place in found.places] == paths


@pytest.mark.parametrize(
    ("path", "packed"),
    [
        ("other/__init__.py", "other/__init__.py"),
        ("src/other/__init__.py", "other/__init__.py"),
        ("other.py", "other.py"),
        ("tests/other/__init__.py", None),
        ("other/readme.txt", None),
    ],
)
def test_lost_package_is_packed_and_not_required(path: str, packed: str | None, tmp_path: Path) -> None:
    paths = []
    for tag in ("cp312-cp312-win_amd64", "cp313-cp313-win_amd64"):
        made = Wheel(tag=tag)
        made.files["sample/__init__.py"] = b"import other\n"
        paths.append(made.build().write(tmp_path))
    sdist = Sdist()
    sdist.files[path] = b""
    sdist_path = sdist.build().write(tmp_path)
    for wheels in (paths[:1], paths):
        (found,) = pkgaudit.audit([*wheels, sdist_path], {"select": ["WH111"]}).findings
        assert found.fix is not None
        assert ("to the dependencies" in found.fix) == (packed is None)
        assert packed is None or f"pack {packed} into the wheel" in found.fix
