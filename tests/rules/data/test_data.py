"""Data that ages: what is packed, how it is shown, and how it is made from its sources."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from importlib.metadata import EntryPoint, version
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel, sample_metadata
from pkgaudit import __version__
from pkgaudit.api import make_distribution
from pkgaudit.dataset import Dataset, load_datasets
from pkgaudit.rules._shared import index_words
from pkgaudit.rules.archive.rules_size import TooLarge, too_large
from pkgaudit.rules.data import loader
from tests.support import audit, run
from tools import index_source, refresh_data
from tools.index_source import SourceError

STEMS = [path.stem for path in sorted(loader.FOLDER.glob("*.json")) if path.stem != "libraries"]


@pytest.mark.parametrize("stem", STEMS)
class TestFiles:
    def test_has_date_and_source(self, stem: str) -> None:
        data = loader.load(stem)
        assert datetime.date.fromisoformat(data.date) <= datetime.date.today()
        assert data.source.startswith("https://")
        assert data.values

    def test_is_as_the_script_writes_it(self, stem: str) -> None:
        text = (loader.FOLDER / f"{stem}.json").read_text("utf-8")
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_numbers_of_the_facts() -> None:
    assert len(loader.reserved_names()) == 2363
    assert loader.existing_projects() < loader.reserved_names()
    assert {"argparse", "dataclasses", "typing"} <= loader.existing_projects()
    assert index_words.LARGEST_FILE == 100 * 1024**2
    assert index_words.LARGEST_GRANTED == 1024**3
    assert {"2.1", "2.4", "2.5"} < {*index_words.METADATA_VERSIONS}


def test_markers() -> None:
    found = {marker.name: marker for marker in loader.markers()}
    assert set(found) == {"PyArmor", "SourceDefender"}
    begin, end = found["SourceDefender"].strings
    assert found["SourceDefender"].is_in(b"x" + begin + b"x" + end)
    assert not found["SourceDefender"].is_in(begin)
    assert all(found["PyArmor"].is_in(string) for string in found["PyArmor"].strings)
    assert not found["PyArmor"].is_in(b"pyarmor")
    assert loader.marked_files() == (frozenset({".py", ".pye"}), 5 * 1024**2)


class TestVersion:
    @pytest.mark.parametrize(
        "arguments",
        [("--version", "--verbose"), ("--verbose", "--version"), ("--version", "-v"), ("-v", "--version")],
    )
    def test_shows_the_dates(self, arguments: tuple[str, ...]) -> None:
        done = run(*arguments)
        assert (done.exit_code, done.stderr) == (0, "")
        first, heading, *lines = done.stdout.splitlines()
        assert (first, heading.split()) == (f"pkgaudit {__version__}", ["data", "as", "of", "source"])
        shown = "\n".join(lines)
        for stem in STEMS:
            data = loader.load(stem)
            assert any(data.name in line and data.date in line and data.source in line for line in lines)
        assert f"{'classifiers':<40}{version('trove-classifiers')}" in shown
        assert "license identifiers" in shown

    def test_alone_is_one_line(self) -> None:
        assert run("--version").stdout == f"pkgaudit {__version__}\n"

    def test_verbose_alone_is_an_audit(self) -> None:
        done = run("--verbose")
        assert done.exit_code == 2
        assert "Missing argument" in done.stderr


def entry_points(**functions: Callable[[], Any]) -> Callable[..., list[EntryPoint]]:
    class Point(EntryPoint):
        def load(self) -> Any:
            return functions[self.name]

    return lambda **_: [Point(name, f"jokes:{name}", "pkgaudit.data") for name in functions]


class TestThirdParties:
    def test_their_data_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        points = entry_points(mine=lambda: iter([("jokes", "2020-04-01", "https://jokes.example")]))
        monkeypatch.setattr("importlib.metadata.entry_points", points)
        assert load_datasets() == ([Dataset("jokes", "2020-04-01", "https://jokes.example")], [])

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
            (lambda: [("jokes", 2020, "x")], "TypeError: a data set must be a name, a date and a source"),
            (
                lambda: [("jokes\x1b", "2020", "x")],
                "TypeError: a data set must be a name, a date and a source",
            ),
            (lambda: [("jokes",)], "ValueError: not enough values"),
            (lambda: None, "TypeError: 'NoneType' object is not iterable"),
        ],
    )
    def test_broken_data_is_named(
        self, monkeypatch: pytest.MonkeyPatch, value: Callable[[], Any], says: str
    ) -> None:
        good = [("jokes", "2020-04-01", "https://jokes.example")]
        points = entry_points(broken=value, good=lambda: good)
        monkeypatch.setattr("importlib.metadata.entry_points", points)
        done = run("--version", "--verbose")
        assert done.exit_code == 2
        assert "2020-04-01" in done.stdout
        assert f"jokes:broken) are unusable: {says}" in done.stderr
        assert "Traceback" not in done.stderr


class TestTooLarge:
    def test_sparse_file_over_the_limit_of_pypi(self, tmp_path: Path) -> None:
        path = Wheel().build().write(tmp_path)
        for size, found in ((100 * 1024**2, 0), (100 * 1024**2 + 1, 1)):
            with path.open("r+b") as file:
                file.truncate(size)
            distribution = make_distribution(str(path))
            assert distribution is not None
            distribution.size = path.stat().st_size
            problems = list(too_large(distribution, TooLarge()))
            assert len(problems) == found
        assert "104,857,601 bytes, but PyPI accepts at most 104,857,600 unless" in problems[0].message
        assert "(at most 1 GiB); PyPI rejects the file" in problems[0].message

    def test_limit_must_be_positive(self, tmp_path: Path) -> None:
        with pytest.raises(Exception, match="limit: expected a number of bytes, found 0"):
            audit(tmp_path, Wheel().build(), {"too-large": {"limit": 0}})


PLATFORMS = r"""
import re

from warehouse.constants import ONE_MIB

LATER = undefined(1)
_allowed_platforms = {"any", "win32"}
# a comment
_macosx_platform_re = re.compile(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<arch>.*)")
_macosx_arches = {
    "arm64",  # by Apple
    "x86_64",
}
_macosx_major_versions = {"11", "9", "26"}
_ios_platform_re = re.compile(
    r"ios_(\d+)_(\d+)_(?P<arch>.*)_(iphoneos|iphonesimulator)"
)
_ios_arches: set[str] = {"arm64"}
_ios_arches = {"arm64"}
_android_platform_re = re.compile(r"^android_(\d+)_(?P<arch>.*)$")
_android_arches = {"x86"}
_linux_platform_re = re.compile(r"(?P<libc>(many|musl))linux_(\d+)_(\d+)_(?P<arch>.*)")
_both = {"x86_64"}
_manylinux_arches = _both | {"ppc64"}
_musllinux_arches = _both


def never_run():
    raise RuntimeError
    try:
        pass
    except TypeError, ValueError:
        pass
"""

YARA = """
rule joke_encrypted {
  strings:
    // a comment with "quotes"
    $a = "-- BEGIN JOKE --"
    $b = "-- END JOKE --"

  condition:
    all of them
}
"""


class TestIndexSource:
    """The parts of tools/refresh_data.py that read the index software."""

    def test_constants(self) -> None:
        source = "A = 2 * 3\nB = A * 2\nC = {'x'} | {'y'}\nD = print(1)\nE: int = 5\nF = (\n  1,\n)\nx()\n"
        assert index_source.constants(source) == {"A": 6, "B": 12, "C": {"x", "y"}, "F": (1,)}

    @pytest.mark.parametrize("path", [index_source.LEGACY, index_source.WHEEL])
    def test_platform_tags(self, path: str) -> None:
        assert index_source.platform_tags({path: PLATFORMS}) == {
            "fixed": ["any", "win32"],
            "macos_majors": [9, 11, 26],
            "architectures": {
                "android": ["x86"],
                "ios": ["arm64"],
                "macosx": ["arm64", "x86_64"],
                "manylinux": ["ppc64", "x86_64"],
                "musllinux": ["x86_64"],
            },
            "open_ended": ["ios"],
        }

    def test_pyemscripten(self) -> None:
        source = f'{PLATFORMS}\n_pyemscripten_platform_re = re.compile(r"pyemscripten_\\d+_\\d+_wasm32$")\n'
        found = index_source.platform_tags({index_source.WHEEL: source})
        assert found["architectures"]["pyemscripten"] == ["wasm32"]
        assert found["open_ended"] == ["ios"]

    def test_new_family_is_an_error(self) -> None:
        source = f'{PLATFORMS}\n_amiga_platform_re = re.compile(r"amiga_\\d+")\n'
        with pytest.raises(SourceError, match="new families of platform tags: amiga"):
            index_source.platform_tags({index_source.WHEEL: source})

    @pytest.mark.parametrize(
        ("old", "new"),
        [("_allowed_platforms", "_x"), ('{"any", "win32"}', "any_platform()"), ("ios_(", "iOS_(")],
    )
    def test_changed_source_is_an_error(self, old: str, new: str) -> None:
        with pytest.raises(SourceError):
            index_source.platform_tags({index_source.WHEEL: PLATFORMS.replace(old, new)})

    def test_index(self) -> None:
        files = {
            index_source.CONSTANTS: "MIB = 1024 * 1024\nMAX_FILESIZE = 3 * MIB\nUPLOAD_LIMIT_CAP = MIB\n",
            index_source.METADATA: 'SUPPORTED_METADATA_VERSIONS = {"2.10", "1.0", "2.9"}\n',
            index_source.REQUIREMENTS: "".join(
                f"{name}==1.{number} \\\n    --hash=sha256:0\n"
                for number, name in enumerate(["comrak", "docutils", "nh3", "readme-renderer[md]"])
            ),
        }
        assert index_source.index(files) == {
            "metadata_versions": ["1.0", "2.9", "2.10"],
            "largest_file": 3 * 1024**2,
            "largest_granted": 1024**2,
            "renderer": {"comrak": "1.0", "docutils": "1.1", "nh3": "1.2", "readme-renderer": "1.3"},
        }
        with pytest.raises(SourceError, match="SUPPORTED_METADATA_VERSIONS"):
            index_source.index({index_source.CONSTANTS: files[index_source.CONSTANTS]})
        with pytest.raises(SourceError, match="comrak"):
            index_source.index(dict(list(files.items())[:2]))

    def test_marker(self) -> None:
        assert index_source.marker("joke", YARA) == {
            "name": "joke",
            "needs": "all",
            "strings": ["-- BEGIN JOKE --", "-- END JOKE --"],
        }

    @pytest.mark.parametrize(
        ("old", "new"),
        [("all of them", "2 of them"), ('"-- END JOKE --"', "/x+/"), ("END", "\\x00"), (YARA, "")],
    )
    def test_marker_of_another_kind_is_an_error(self, old: str, new: str) -> None:
        with pytest.raises(SourceError, match="joke"):
            index_source.marker("joke", YARA.replace(old, new))

    def test_reserved_names(self) -> None:
        modules = ["__main__", "xml.etree.ElementTree", "_thread"]
        assert index_source.reserved_names(modules) == [
            "main",
            "thread",
            "xml",
            "xml-etree",
            "xml-etree-elementtree",
        ]


class TestRefresh:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "data"
        folder.mkdir()
        for path in loader.FOLDER.glob("*.json"):
            (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")
        monkeypatch.setattr(refresh_data, "FOLDER", folder)
        return folder

    def command(self, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["refresh_data", *map(str, arguments)])
        return refresh_data.main()

    def test_from_a_checkout(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        source = tmp_path / "checkout" / index_source.LEGACY
        source.parent.mkdir(parents=True)
        source.write_text(PLATFORMS, "utf-8")
        arguments = ("--warehouse", tmp_path / "checkout", "--only", "platform_tags")
        assert self.command(monkeypatch, *arguments, "--date", "2027-01-02") == 0
        made = json.loads((folder / "platform_tags.json").read_text("utf-8"))
        assert (made["name"], made["date"]) == ("platform tags", "2027-01-02")
        assert made["values"]["fixed"] == ["any", "win32"]

    def test_nothing_is_written_where_a_part_is_missing(
        self,
        folder: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        source = tmp_path / "checkout" / index_source.LEGACY
        source.parent.mkdir(parents=True)
        source.write_text(PLATFORMS, "utf-8")
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        arguments = ("--warehouse", tmp_path / "checkout", "--date", "2027-01-02")
        assert self.command(monkeypatch, *arguments) == 1
        assert "Error: " in capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    def test_each_file_is_written_by_a_script_or_told_to_be_kept(self) -> None:
        """Nobody can bring up to date what nobody says where it is from."""
        written = {
            *refresh_data.READERS,
            "standard_library",
            "existing_projects",
            "known_names",
            "confused_names",
        }
        text = refresh_data.__doc__ or ""
        for path in loader.FOLDER.glob("*.json"):
            assert path.stem in written or path.name in text, path.name

    def test_projects_that_exist(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        projects = tmp_path / "projects.txt"
        projects.write_text("requests\nXML.etree\t1.0\tx\nDataclasses\n\n", "utf-8")
        arguments = ("--only", "existing_projects", "--projects", projects, "--date", "2027-01-02")
        assert self.command(monkeypatch, *arguments) == 0
        made = json.loads((folder / "existing_projects.json").read_text("utf-8"))
        assert made["values"] == {"names": ["dataclasses", "xml-etree"]}

    def test_known_names(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Dependencies of the corpus are known too; a damaged wheel has none."""
        most = tmp_path / "most.txt"
        most.write_text("Boto3\nurllib3\nboto3\ntables-2\n", "utf-8")
        metadata = sample_metadata()
        metadata.set("Requires-Dist", "Urllib3>2", "acme.tides; extra == 'all'", "not a requirement (")
        Wheel(metadata=metadata).build().write(tmp_path)
        (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"PK")
        monkeypatch.setattr(refresh_data, "TARGETS", 2)
        arguments = ("--only", "known_names", "--downloads", most, "--corpus", tmp_path)
        assert self.command(monkeypatch, *arguments) == 0
        made = json.loads((folder / "known_names.json").read_text("utf-8"))
        assert made["values"] == {"most_downloaded": ["boto3 urllib3"], "others": ["acme-tides tables-2"]}

    def test_confused_names(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The names of modules that no project has are found; names that people added stay."""
        projects = tmp_path / "projects.txt"
        projects.write_text("bs4\t1.0\nGit\n", "utf-8")
        before = json.loads((folder / "confused_names.json").read_text("utf-8"))["values"]
        assert self.command(monkeypatch, "--only", "confused_names", "--projects", projects) == 0
        made = json.loads((folder / "confused_names.json").read_text("utf-8"))["values"]
        assert made["absent"]["yaml"].split()[0] == "pyyaml"
        assert not {"bs4", "git"} & {*made["absent"]}
        assert made["dummies"] == before["dummies"]
