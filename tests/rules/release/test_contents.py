"""RL103 and RL116 beyond the cases: wheels for platforms, settings, and packages that cannot be compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Built, Sdist, Wheel, sample_sources, sdist_sources, wheel_file
from pkgaudit.config.config import parse_config
from pkgaudit.finding import Finding
from pkgaudit.rules._shared.exclusions import Exclusions
from pkgaudit.rules.release.cases.contents import pair
from tests.support import audit, audit_paths

LINUX, WINDOWS = "cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-win_amd64"


def found(folder: Path, built: list[Built]) -> list[Finding]:
    return audit(folder, built, {"select": ["RL103", "RL116"]})


def native(files: dict[str, bytes], *wheels: tuple[str, dict[str, bytes]]) -> list[Built]:
    """Return an sdist with files beside those of the sample, and wheels with tags and such files."""
    sdist = Sdist(files={**sdist_sources(), **sample_sources(), **files})
    return [
        sdist.build(),
        *(Wheel(tag=tag, files={**sample_sources(), **more}).build() for tag, more in wheels),
    ]


def test_module_of_one_platform(tmp_path: Path) -> None:
    only = {"sample/_windows.py": b"x = 1\n"}
    assert found(tmp_path, native(only, (LINUX, {}), (WINDOWS, only))) == []


def test_text_of_wheels_for_platforms(tmp_path: Path) -> None:
    assert found(tmp_path, native({"sample/words.txt": b"a\n"}, (LINUX, {}), (WINDOWS, {}))) == []


def test_text_at_another_place_of_the_wheel(tmp_path: Path) -> None:
    text = b"one\ntwo\n"
    assert found(tmp_path, pair(in_sdist={"sample/a.txt": text}, in_wheel={"sample/data/b.txt": text})) == []


@pytest.mark.parametrize(
    ("manifest", "settings", "is_missing"),
    [
        ("recursive-include sample/inner *.py", "include-package-data = false", False),
        ("graft sample/inner", "include-package-data = false", False),
        ("graft sample/inner", "include-package-data = true", True),
        ("graft sample/other", "include-package-data = false", True),
        ("graft sample", "include-package-data = false", True),
        ("", "include-package-data = false", True),
    ],
)
def test_package_that_a_list_lacks(manifest: str, settings: str, is_missing: bool, tmp_path: Path) -> None:
    sdist = Sdist()
    sdist.files["pyproject.toml"] += f'\n[tool.setuptools]\npackages = ["sample"]\n{settings}\n'.encode()
    sdist.files["MANIFEST.in"] = f"{manifest}\n".encode()
    sdist.files["sample/inner/__init__.py"] = b"x = 1\n"
    assert bool(found(tmp_path, [sdist.build(), Wheel().build()])) is is_missing


def test_module_that_no_wheel_for_a_platform_has(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, native({"sample/lost.py": b"x = 1\n"}, (LINUX, {}), (WINDOWS, {})))
    assert (finding.code, finding.data["paths"]) == ("RL116", ["sample/lost.py"])


def test_wheel_that_a_failed_build_left(tmp_path: Path) -> None:
    parts = {f"sample/part{number}.py": b"x = %d\n" % number for number in range(9)}
    (finding,) = found(tmp_path, native(parts, (LINUX, {}), (WINDOWS, parts)))
    assert (finding.data["count"], Path(finding.distribution).name) == (9, f"sample-1.0-{LINUX}.whl")


def test_module_of_wheels_for_platforms_is_only_an_info(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, native({}, (LINUX, {"sample/bindings.py": b"x = 1\n"})))
    assert (finding.code, str(finding.severity)) == ("RL103", "info")


def test_compiled_module(tmp_path: Path) -> None:
    source = {"sample/fast.py": b"def fast() -> int:\n    return 1\n"}
    assert found(tmp_path, native(source, (WINDOWS, {"sample/fast.cp311-win_amd64.pyd": b"MZ"}))) == []


def test_file_that_was_cut_off(tmp_path: Path) -> None:
    both = {"sample/data.json": b'{"a": 1}\n'}
    (finding,) = found(tmp_path, pair(both, in_wheel={"sample/data.json": b""}))
    assert (finding.code, finding.data["paths"]) == ("RL103", ["sample/data.json"])


def test_single_module(tmp_path: Path) -> None:
    sdist = Sdist(files={**sdist_sources(), "src/sample.py": b"x = 1\n"})
    built = [sdist.build(), Wheel(files={"sample.py": b"x = 2\n", "old.py": b"x = 3\n"}).build()]
    assert [each.data["paths"] for each in found(tmp_path, built)] == [["old.py"], ["sample.py"]]


@pytest.mark.parametrize(
    "files",
    [
        # Another layout: the package is assembled from folders with other names.
        {"lib/core/one.py": b"x = 1\n", "lib/core/two.py": b"x = 2\n"},
        # Another package with the name.
        {"vendor/sample/other.py": b"x = 1\n", "vendor/sample/data.json": b"{}\n"},
        # Sources from which the build writes all modules.
        {"sample/__init__.py": b"# template\n", "sample/core.py": b"# template\n", "sample/more.py": b"x\n"},
    ],
)
def test_packages_that_do_not_agree(files: dict[str, bytes], tmp_path: Path) -> None:
    sdist = Sdist(files={**sdist_sources(), **files})
    missing = [each for each in found(tmp_path, [sdist.build(), Wheel().build()]) if each.code == "RL116"]
    assert missing == []


HEADER = b"# Copyright The Sample Authors\n"


@pytest.mark.parametrize(
    ("in_wheel", "missing"),
    [
        ([], []),
        (["sample/other/__init__.py"], []),
        (["sample/spaces/direct.py"], [["sample/spaces/__init__.py"]]),
        # The package around the folder is a regular one, so a list of packages forgot the folder.
        (["sample/__init__.py"], [["sample/spaces/__init__.py"]]),
    ],
)
def test_init_of_a_namespace(in_wheel: list[str], missing: list[list[str]], tmp_path: Path) -> None:
    own = {f"sample/spaces/own/{name}.py": name.encode() + b" = 1\n" for name in ("__init__", "core", "more")}
    both = {**own, **dict.fromkeys(in_wheel, b"x = 1\n")}
    sdist = Sdist(files={**sdist_sources(), **both, "sample/spaces/__init__.py": HEADER})
    built = found(tmp_path, [sdist.build(), Wheel(files=both).build()])
    assert [each.data["paths"] for each in built] == missing


@pytest.mark.parametrize(
    ("path", "is_missing"),
    [
        ("translation_project/__init__.py", False),
        ("samples/__init__.py", False),
        ("server/src/other/__init__.py", False),
        ("sample_tools/__init__.py", True),
    ],
)
def test_other_package_in_the_root_folder(path: str, is_missing: bool, tmp_path: Path) -> None:
    assert bool(found(tmp_path, pair(in_sdist={path: b"x = 1\n"}))) is is_missing


@pytest.mark.parametrize(
    ("backend", "settings"),
    [
        ("setuptools", b'[tool.setuptools]\npackages = ["sample"]\npackage-dir = {"" = "src"}\n'),
        ("poetry", b'[tool.poetry]\npackages = [{include = "sample", from = "src"}]\n'),
    ],
)
@pytest.mark.parametrize("level", ["src", "lib", "python"])
def test_second_package_that_a_list_lacks(backend: str, settings: bytes, level: str, tmp_path: Path) -> None:
    files = {**sdist_sources(backend), **{f"{level}/{path}": data for path, data in sample_sources().items()}}
    files["pyproject.toml"] += b"\n" + settings
    files[f"{level}/other/__init__.py"] = b"x = 1\n"
    (finding,) = found(tmp_path, [Sdist(files=files).build(), Wheel().build()])
    assert (finding.code, finding.data["paths"]) == ("RL116", ["other/__init__.py"])


@pytest.mark.parametrize(
    ("generator", "fix"),
    [
        ("setuptools (80.0)", "delete the folder build/, and build the wheel from the sdist"),
        ("bdist_wheel (0.37.1)", "delete the folder build/, and build the wheel from the sdist"),
        ("hatchling 1.27.0", "build the wheel from the sdist"),
        ("skbuild 0.17.6", "build the wheel from the sdist"),
    ],
)
def test_build_folder_of_the_backends_that_use_it(generator: str, fix: str, tmp_path: Path) -> None:
    sdist, _ = pair()
    wheel = Wheel(wheel=wheel_file("py3-none-any", generator))
    wheel.files["sample/core.py"] = b"x = 1\n"
    (finding,) = found(tmp_path, [sdist, wheel.build()])
    assert finding.fix == f"{fix} ('python -m build')"


def test_fix_names_the_settings_of_all_files(tmp_path: Path) -> None:
    lost = {f"sample/static/{name}.html": name.encode() for name in "abcdefgh"}
    (finding,) = found(tmp_path, pair(in_sdist={**lost, "sample/inner/__init__.py": b"x = 1\n"}))
    head, *settings = (finding.fix or "").splitlines()
    assert head == (
        "pack sample/inner/__init__.py into the wheel: add the package sample.inner to those that "
        "`tool.setuptools` lists or finds; pack sample/static/a.html, sample/static/b.html, "
        "sample/static/c.html, sample/static/d.html, sample/static/e.html and sample/static/f.html into the "
        "wheel: add to pyproject.toml; do the same for the other 2 files:"
    )
    assert "".join(settings).count(".html") == 6


def test_other_version(tmp_path: Path) -> None:
    sdist = Sdist(version="2.0", files={**sdist_sources(), **sample_sources(), "sample/new.py": b"x = 1\n"})
    assert found(tmp_path, [sdist.build(), Wheel().build()]) == []


def test_damaged_wheel_proves_nothing(tmp_path: Path) -> None:
    sdist, wheel = pair(in_sdist={"sample/data.json": b"{}\n"})
    assert found(tmp_path, [sdist, Built(wheel.filename, wheel.data[:-100])]) == []


@pytest.mark.parametrize(
    ("name", "text", "is_excluded"),
    [
        ("MANIFEST.in", "prune sample/data", True),
        ("MANIFEST.in", "recursive-exclude sample *.json", True),
        ("MANIFEST.in", "exclude sample/data/a.json", True),
        ("MANIFEST.in", "global-exclude *.json", True),
        ("MANIFEST.in", "recursive-include sample *.json", False),
        ("MANIFEST.in", "recursive-exclude tests *.json", False),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\nexclude = ["/sample/data"]', True),
        ("pyproject.toml", '[tool.setuptools.packages.find]\nexclude = ["sample.data*"]', True),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\ninclude = ["/sample/data"]', False),
        ("setup.py", 'setup(packages=find_packages(exclude=["sample.data", "sample.data.*"]))', True),
        ("setup.py", 'setup(packages=["sample.data"])', False),
        ("setup.cfg", "[options.packages.find]\nexclude =\n    sample.data", True),
        ("setup.cfg", "[options.packages.find]\nexclude =\n    tests", False),
    ],
)
def test_exclusions_of_the_settings(name: str, text: str, is_excluded: bool, tmp_path: Path) -> None:
    from pkgaudit.config.config import parse_config
    from pkgaudit.engine import audit_distribution
    from pkgaudit.model.distribution import Sdist as Read
    from pkgaudit.plan import Plan
    from tests.support import registry

    sdist = Sdist(files={**sample_sources(), "sample/data/a.json": b"{}\n", name: text.encode()})
    config = parse_config({"select": ["RL101"]}, "test")
    read = audit_distribution(str(sdist.build().write(tmp_path)), Plan.make(registry(), config), config)
    assert isinstance(read.distribution, Read)
    assert Exclusions(read.distribution).is_excluded("sample/data/a.json") is is_excluded


FETCHING = b"import urllib.request\n\nurllib.request.urlopen('https://example.org')\n"


def test_a_module_behind_more_than_are_read_again(tmp_path: Path) -> None:
    odd = {f"sample/a{number}_pb2.py": b"x = %d\n" % number for number in range(60)}
    deep = {"sample/inner/deep/z_pb2.py": FETCHING}
    (finding,) = found(tmp_path, pair(in_wheel={**odd, **deep}))
    assert (str(finding.severity), finding.data["paths"]) == ("warning", [*deep])


def test_more_modules_with_words_of_calls_than_are_read_again(tmp_path: Path) -> None:
    odd = {f"sample/a{number}_pb2.py": b"# socket %d\n" % number for number in range(60)}
    paths = [each.write(tmp_path) for each in pair(in_wheel=odd)]
    audits = audit_paths(paths, parse_config({"select": ["RL103"]}, "test"))
    (skipped,) = [each for audit in audits for each in audit.skipped]
    assert "differ from the sdist; 10 files were not read" in skipped.reason
    first = {"sample/__init__.py": b"# generated by x\n" + FETCHING}
    (finding,) = found(tmp_path, pair(in_wheel={**odd, **first}))
    assert finding.data["paths"] == [*first]
    assert finding.message.endswith("; 11 files were not read")
