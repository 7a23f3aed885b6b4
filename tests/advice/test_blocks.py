"""Remedies of several findings and places: one text to paste, valid beside what the project has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

from fixtures.builders import Sdist as BuiltSdist
from fixtures.builders import Wheel as BuiltWheel
from fixtures.builders import sample_sources, wheel_file
from fixtures.projects import write_files
from fixtures.tokens import armored, dsa_key
from pkgaudit.advice import in_words
from pkgaudit.advice.advice import Advice, joined
from pkgaudit.advice.block import ADDS, IS_THERE, REPLACES, block
from pkgaudit.finding import Exclude, Setting
from pkgaudit.model.distribution import Sdist
from tests.advice.pasting import paste_block
from tests.advice.test_advice import build, listing, read, sdist_holding
from tests.programs import need_backend
from tests.support import run, run_json

pytestmark = pytest.mark.once

HATCH = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "sample"
version = "1.0"
[tool.hatch.build.targets.sdist]
exclude = ["/docs"]
"""
KEY = armored("DSA ", dsa_key()).encode()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A wheel and an sdist of hatchling, both with a private key and with an environment file."""
    strays = {"tides/server.key": KEY, "tides/.env": b"DATABASE_PASSWORD=correct-horse-battery-staple\n"}
    wheel, sdist = BuiltWheel(wheel=wheel_file("py3-none-any", "hatchling 1.27.0")), BuiltSdist()
    wheel.files |= strays
    sdist.files |= {f"src/{name}": data for name, data in strays.items()}
    sdist.files["pyproject.toml"] = HATCH.encode()
    for each in (wheel, sdist):
        each.build().write(tmp_path)
    return tmp_path


SELECT = ("--select", "SE102,SF102", "--no-config")


def test_one_secret_in_two_distributions(release: Path) -> None:
    report = run_json(release, "--select", "SE102")
    (found,) = report["findings"]
    head, _, snippet = found["fix"].partition("\n")
    assert "keep tides/server.key out of the wheel and keep src/tides/server.key out of the sdist" in head
    assert head.count("replace the key") == 1
    targets = tomli.loads(snippet)["tool"]["hatch"]["build"]["targets"]
    assert targets == {
        "sdist": {"exclude": ["/src/tides/server.key"]},
        "wheel": {"exclude": ["**/tides/server.key"]},
    }


def test_one_block_for_all_findings(release: Path) -> None:
    report = run_json(release, *SELECT[:2])
    (paste,) = report["pastes"]
    assert (paste["project"], paste["file"]) == ("sample", "pyproject.toml")
    assert set(paste["fingerprints"]) == {each["fingerprint"] for each in report["findings"]}
    targets = tomli.loads(paste["text"])["tool"]["hatch"]["build"]["targets"]
    assert set(targets["sdist"]["exclude"]) == {"/docs", "/src/tides/server.key", "/src/tides/.env"}
    assert set(targets["wheel"]["exclude"]) == {"**/tides/server.key", "**/tides/.env"}
    lines = paste["text"].splitlines()
    assert f"[tool.hatch.build.targets.sdist]{IS_THERE}" in lines
    assert "[tool.hatch.build.targets.wheel]" in lines
    assert any(REPLACES in line for line in lines)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_reports_for_people_show_it_once(release: Path, form: str) -> None:
    text = re.sub("<[^>]*>", "", run(release, *SELECT, "--format", form).output)
    assert text.count("[tool.hatch.build.targets.wheel]") == 1
    assert text.count("[tool.hatch.build.targets.sdist]") == 1
    assert "Add to pyproject.toml, for the fixes of 3 findings:" in text


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_one_finding_needs_stays_with_it(release: Path, form: str) -> None:
    text = re.sub("<[^>]*>", "", run(release, "--select", "SE102", "--no-config", "--format", form).output)
    assert text.count("[tool.hatch.build.targets.wheel]") == 1
    assert "Add to" not in text


@pytest.mark.parametrize("form", ["sarif", "junit", "github"])
def test_reports_of_single_findings_show_what_each_needs(release: Path, form: str) -> None:
    text = run(release, *SELECT, "--format", form).output
    assert text.count("[tool.hatch.build.targets.wheel]") >= 2


def test_secret_in_the_audited_settings_is_not_repeated(release: Path) -> None:
    sdist = BuiltSdist()
    sdist.files |= {"src/tides/server.key": KEY, "src/sample/.env": b"DATABASE_PASSWORD=correct-horse\n"}
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    sdist.files["pyproject.toml"] = HATCH.replace("/docs", token).encode()
    sdist.build().write(release)
    assert token not in run(release, *SELECT, "--format", "json").output


def test_tasks_with_one_goal_are_one_clause() -> None:
    several = [Advice("", f"keep {name} out of the wheel", "delete them") for name in ("a", "b", "c")]
    assert joined(several) == "keep a, b and c out of the wheel: delete them"
    more = [Advice("", f"pack {name} into the sdist", "add them") for name in "abcdefgh"]
    assert joined(more) == "pack a, b, c, d, e, f and 2 more into the sdist: add them"


class TestBlock:
    def test_nothing_is_known(self) -> None:
        settings = [Setting("pyproject.toml", (each,), ("tool", "x"), "exclude") for each in ("a", "b", "a")]
        assert block(settings) == '[tool.x]\nexclude = ["a", "b"]'

    @pytest.mark.parametrize(
        ("there", "whole", "left", "note"),
        [
            ('["a"]', False, ["b"], ADDS),
            ('["a"]', True, ["a", "b"], REPLACES),
            ('"a"', True, ["a", "b"], REPLACES),
            ('["a", { path = "c", format = ["sdist"] }]', True, None, REPLACES),
            ("3", True, ["b"], ADDS),
            ('["a\\u0007"]', True, ["b"], ADDS),
            (f'["{"x" * 300}"]', True, ["b"], ADDS),
            (str(["a"] * 200), True, ["b"], ADDS),
        ],
    )
    def test_list_is_there(self, there: str, whole: bool, left: list[str] | None, note: str) -> None:
        pyproject = tomli.loads(f"[tool.x]\nexclude = {there}\n")
        text = block([Setting("pyproject.toml", ("b",), ("tool", "x"), "exclude")], pyproject, whole)
        expected = left or [*pyproject["tool"]["x"]["exclude"], "b"]
        assert tomli.loads(text) == {"tool": {"x": {"exclude": expected}}}
        assert text.splitlines()[0].endswith(IS_THERE)
        assert note in text

    def test_long_list(self) -> None:
        text = block([Setting("pyproject.toml", ("a" * 60, "b" * 60), ("tool", "x y"), "z")])
        assert tomli.loads(text) == {"tool": {"x y": {"z": ["a" * 60, "b" * 60]}}}
        assert len(text.splitlines()) == 5


PACKAGES: dict[str, dict[str, str]] = {
    "list": {"pyproject": '[tool.setuptools]\npackages = ["sample", "tests", "tests.deep"]\n'},
    "find": {"pyproject": '[tool.setuptools.packages.find]\nwhere = ["."]\nexclude = ["docs*"]\n'},
    "setup.cfg": {"setup.cfg": "[options]\npackages = find:\n"},
}
"""How setuptools is told of a package too many."""


@pytest.mark.parametrize("how", PACKAGES)
def test_package_is_gone_wherever_packages_are_named(how: str, tmp_path: Path) -> None:
    need_backend("setuptools")
    pyproject = (
        '[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n'
        f'[project]\nname = "sample"\nversion = "1.0"\n{PACKAGES[how].get("pyproject", "")}'
    )
    tests = {"tests/__init__.py": b"", "tests/deep/__init__.py": b""}
    files = {**sample_sources(), **tests, "pyproject.toml": pyproject.encode()}
    if "setup.cfg" in PACKAGES[how]:
        files["setup.cfg"] = PACKAGES[how]["setup.cfg"].encode()
    project = write_files(tmp_path / "project", files)
    build(project, "setuptools", tmp_path / "old", "sdist", "wheel")
    wheel, sdist = read(next((tmp_path / "old").glob("*.whl"))), read(next((tmp_path / "old").glob("*.gz")))
    assert isinstance(sdist, Sdist)
    assert listing(Path(wheel.path)) >= set(tests)
    paste_block(project, in_words(Exclude("tests"), wheel, sdist))
    for each in ("build", "sample.egg-info"):  # what an earlier build left is packed again
        (project / each).rename(tmp_path / each)
    build(project, "setuptools", tmp_path / "new", "wheel")
    left = listing(next((tmp_path / "new").iterdir()))
    assert left >= set(sample_sources())
    assert not [path for path in left if path.startswith("tests/")]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"setup_cfg": "[options]\npackages =\n    sample\n    tests\n"}, "section `options` of setup.cfg"),
        ({"setup_py": "setup(packages=find_packages())"}, 'find_packages(exclude=["tests", "tests.*"])'),
        ({"pyproject_toml": "[project]\nname = 'sample'\n"}, "[tool.setuptools.packages.find]"),
    ],
)
def test_package_is_named_elsewhere(files: dict[str, str], says: str, tmp_path: Path) -> None:
    wheel = BuiltWheel()
    wheel.files["tests/__init__.py"] = b""
    said = in_words(Exclude("tests"), read(wheel.build().write(tmp_path)), sdist_holding(**files))
    assert says in said


def test_folder_with_a_dot_is_no_package(tmp_path: Path) -> None:
    wheel = BuiltWheel()
    wheel.files["sample/v1.0/core.py"] = b""
    said = in_words(Exclude("sample/v1.0"), read(wheel.build().write(tmp_path)))
    assert said.endswith("\nprune sample/v1.0\nprune src/sample/v1.0")
    assert "packages.find" not in said


GLOBAL = """[tool.hatch.build]
exclude = ["/notes", "private.py"]
artifacts = ["_gen.py"]
[tool.hatch.build.targets.sdist]
artifacts = ["/made.py"]
"""


def test_the_list_of_a_target_of_hatch_repeats_the_list_that_it_replaces() -> None:
    """Otherwise files that the project excludes would be packed."""
    setting = Setting("pyproject.toml", ("/.env",), ("tool", "hatch", "build", "targets", "sdist"), "exclude")
    for whole in (False, True):
        text = block([setting], tomli.loads(GLOBAL), whole=whole)
        lists = tomli.loads(text)["tool"]["hatch"]["build"]["targets"]["sdist"]
        assert lists == {"exclude": ["/notes", "private.py", "/.env"]}


def test_a_list_for_all_targets_of_hatch_reaches_those_with_a_list_of_their_own() -> None:
    setting = Setting("pyproject.toml", ("**/b.py",), ("tool", "hatch", "build"), "artifacts")
    build = tomli.loads(block([setting], tomli.loads(GLOBAL), whole=True))["tool"]["hatch"]["build"]
    assert build["artifacts"] == ["_gen.py", "**/b.py"]
    assert build["targets"] == {"sdist": {"artifacts": ["/made.py", "**/b.py"]}}
