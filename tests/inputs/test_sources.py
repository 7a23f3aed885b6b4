"""Which file of the repository a member came from, with git itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel, gzip_archive, tar_archive, tar_info, zip_archive
from pkgaudit.config.config import parse_config
from pkgaudit.finding import Location, Place
from pkgaudit.inputs import checkout
from pkgaudit.inputs.sources import Source, Sources
from pkgaudit.model.distribution import Distribution
from rules.readme.cases.readme import readme
from tests.inputs.test_checkout import git, make
from tests.inputs.test_checkout import no_settings_of_the_machine as no_settings_of_the_machine
from tests.support import audit_paths

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")

PYPROJECT = '[project]\nname = "sample"\nversion = "1.0"\n'
CORE = Wheel().files["sample/core.py"].decode()
FILES = {"pyproject.toml": PYPROJECT, "README.md": "# sample\n", "src/sample/core.py": CORE}


def read(path: Path) -> Distribution:
    """Return a distribution with its inventory."""
    [first, *_] = audit_paths([path], parse_config({"select": ["AR101"]}, "test"))
    assert first.distribution is not None
    return first.distribution


def find(sources: Sources, distribution: Distribution, member: str | None, line: int | None = 3) -> Any:
    found = sources.of(Place(distribution.path, Location(member, line if member else None)))
    return found and (found.path, found.line)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path / "project", FILES)


def wheel(folder: Path, **files: str) -> Distribution:
    made = Wheel()
    made.files.update({path: text.encode() for path, text in files.items()})
    folder.mkdir(parents=True, exist_ok=True)
    return read(made.build().write(folder))


def sdist(folder: Path, **files: str) -> Distribution:
    made = Sdist()
    made.files.update({path: text.encode() for path, text in files.items()})
    folder.mkdir(parents=True, exist_ok=True)
    return read(made.build().write(folder))


def test_wheel(project: Path) -> None:
    made = wheel(project / "dist")
    sources = Sources([made])
    assert find(sources, made, "sample/core.py") == ("src/sample/core.py", 3)
    assert find(sources, made, "sample/__init__.py") is None  # not tracked
    assert find(sources, made, None) is None


def test_sdist(project: Path) -> None:
    git(project, "mv", "src/sample", "sample")
    made = sdist(project / "dist", **{"README.md": "# sample\n"})
    sources = Sources([made])
    assert find(sources, made, "sample-1.0/sample/core.py") == ("sample/core.py", 3)
    assert find(sources, made, "sample-1.0/README.md") == ("README.md", 3)


def test_the_line_is_not_known_of_another_content(project: Path) -> None:
    made, packed = wheel(project / "dist", **{"sample/core.py": f"# new\n{CORE}"}), sdist(project / "dist")
    sources = Sources([made, packed])
    assert find(sources, made, "sample/core.py") == ("src/sample/core.py", None)
    assert find(sources, packed, "sample-1.0/README.md") == ("README.md", None)


def test_ends_of_lines_do_not_matter(project: Path) -> None:
    made = wheel(project / "dist", **{"sample/core.py": CORE.replace("\n", "\r\n")})
    assert find(Sources([made]), made, "sample/core.py") == ("src/sample/core.py", 3)


def test_a_file_that_was_moved_is_found_by_its_content(project: Path) -> None:
    made = wheel(project / "dist", **{"sample/plugins/core.py": CORE, "sample/other.py": CORE})
    sources = Sources([made])
    assert find(sources, made, "sample/plugins/core.py") == ("src/sample/core.py", 3)
    assert find(sources, made, "sample/other.py") is None


def test_empty_files_are_not_found_by_their_content(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests/__init__.py").write_text("")
    (project / "src/sample/py.typed").write_text("")
    git(project, "add", "-A")
    made = wheel(project / "dist", **{"sample/__init__.py": ""})
    sources = Sources([made])
    assert find(sources, made, "sample/__init__.py") is None
    assert find(sources, made, "sample/py.typed") == ("src/sample/py.typed", None)


def test_copies_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    copies = {"a/sample/core.py": CORE, "b/sample/core.py": CORE, "b/sample/sub/core.py": CORE}
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT, **copies})
    made = wheel(project / "dist", **{"sample/sub/core.py": CORE})
    sources = Sources([made])
    assert find(sources, made, "sample/sub/core.py") == ("b/sample/sub/core.py", 3)
    assert find(sources, made, "sample/core.py") is None  # either of two


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"pyproject.toml": PYPROJECT, "setup.cfg": "[metadata]\nname = sample\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[build-system]\n", "setup.cfg": "[metadata]\nname = sample\n"}, "setup.cfg"),
        ({"setup.py": "setup(name='sample')\n"}, "setup.py"),
    ],
)
def test_metadata_comes_from_the_settings(files: dict[str, str], name: str, tmp_path: Path) -> None:
    project = make(tmp_path / "p", files)
    made, packed = wheel(project / "dist"), sdist(project / "dist")
    sources = Sources([made, packed])
    assert find(sources, made, "sample-1.0.dist-info/METADATA") == (name, None)
    assert find(sources, made, "sample-1.0.dist-info/WHEEL") == (name, None)
    assert find(sources, packed, "sample-1.0/PKG-INFO") == (name, None)
    assert find(sources, made, "sample-1.0.dist-info/RECORD") is None


def test_licenses(project: Path) -> None:
    (project / "LICENSES").mkdir()
    made = wheel(project / "dist")
    text = Wheel().licenses["LICENSE"]
    (project / "LICENSES/LICENSE").write_bytes(text)
    git(project, "add", "LICENSES")
    assert find(Sources([made]), made, "sample-1.0.dist-info/licenses/LICENSE") == ("LICENSES/LICENSE", 3)


def test_member_of_an_archive_inside(project: Path) -> None:
    data = zip_archive({"x/core.py": b"1\n"})
    (project / "src/sample/data.zip").write_bytes(data)
    git(project, "add", "src/sample/data.zip")
    made = Wheel()
    made.files["sample/data.zip"] = data
    built = read(made.build().write(project))
    assert find(Sources([built]), built, "sample/data.zip!/x/core.py") == ("src/sample/data.zip", None)


def test_project_in_a_folder_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {f"packages/one/{path}": text for path, text in FILES.items()}
    other = {
        "packages/two/pyproject.toml": PYPROJECT.replace("sample", "other"),
        "pyproject.toml": "[tool.x]\n",
    }
    top = make(tmp_path / "r", {**packages, **other})
    expected = ("packages/one/src/sample/core.py", 3)
    near = wheel(top / "packages/one/dist")
    assert find(Sources([near]), near, "sample/core.py") == expected
    far = wheel(tmp_path / "elsewhere")
    assert find(Sources([far]), far, "sample/core.py") is None
    assert find(Sources([far], [str(top / "packages/one")]), far, "sample/core.py") == expected
    monkeypatch.chdir(top)
    assert find(Sources([far], ["."]), far, "sample/core.py") == expected


def test_one_of_very_many_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.inputs.sources._MOST", 2)
    files = {f"packages/{name}/pyproject.toml": PYPROJECT.replace("sample", name) for name in "abcde"}
    files |= {f"packages/Sample/{path}": text for path, text in FILES.items()}
    top = make(tmp_path / "r", files)
    made = wheel(tmp_path / "elsewhere")
    expected = ("packages/Sample/src/sample/core.py", 3)
    assert find(Sources([made], [str(top)]), made, "sample/core.py") == expected


@pytest.mark.parametrize("old", ["sample", "1.0"])
def test_another_project_or_version(old: str, tmp_path: Path) -> None:
    project = make(tmp_path / "p", {**FILES, "pyproject.toml": PYPROJECT.replace(old, "2.0")})
    made = wheel(project / "dist")
    assert find(Sources([made], [str(project)]), made, "sample/core.py") is None


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    made = wheel(tmp_path)
    assert find(Sources([made]), made, "sample/core.py") is None


def test_links_lead_nowhere_else(project: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text(CORE)
    (project / "src/sample/core.py").unlink()
    try:
        (project / "src/sample/core.py").symlink_to(tmp_path / "secret.py")
    except OSError:
        pytest.skip("links cannot be made here")
    git(project, "add", "-A")
    made = wheel(project / "dist")
    assert find(Sources([made]), made, "sample/core.py") == ("src/sample/core.py", None)


def test_paths_that_climb(project: Path) -> None:
    infos = [
        (tar_info(f"sample-1.0/{path}", 0), b"") for path in ("../../x.py", "../README.md", "/README.md")
    ]
    path = project / "sample-1.0.tar.gz"
    path.write_bytes(gzip_archive(tar_archive(infos)))
    made = read(path)
    sources = Sources([made], [str(project)])
    assert {find(sources, made, each.path) for each in made.entries} <= {None, ("README.md", None)}


def test_files_of_another_repository_have_no_source_here(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wheel(project / "dist")
    other = make(tmp_path / "other", {"README": ""})
    monkeypatch.chdir(other)
    assert find(Sources([made], ["."]), made, "sample/core.py") is None
    monkeypatch.chdir(project)
    assert find(Sources([made], ["."]), made, "sample/core.py") == ("src/sample/core.py", 3)


def test_a_file_that_was_given_itself(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    place = Place(str(project / "pyproject.toml"), Location(None, 2))
    assert Sources((), ["."]).of(place) == Source("pyproject.toml", 2)
    (project / "new.txt").write_text("")
    assert Sources((), ["."]).of(Place(str(project / "new.txt"), Location())) is None
    assert Sources((), ["."]).of(Place(str(project / "dist" / "gone.whl"), Location())) is None
    assert Sources().of(place) is None


def test_git_is_not_asked_before(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = wheel(project / "dist")
    asked = []
    real = checkout.run_git

    def ask(folder: Path, *arguments: str) -> bytes | None:
        asked.append(arguments)
        return real(folder, *arguments)

    monkeypatch.setattr(checkout, "run_git", ask)
    sources = Sources([made])
    assert not asked
    for member in ("sample/core.py", "sample/__init__.py", "sample-1.0.dist-info/METADATA"):
        find(sources, made, member)
    assert len(asked) <= 4  # the folder of the project, and those below it


def test_what_uv_build_wrote_again_has_the_lines_of_the_original(project: Path) -> None:
    system = '\n[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n'
    text = f"# Ours.\n{PYPROJECT}{system}"
    (project / "pyproject.toml").write_text(text, "utf-8")
    made = sdist(project / "dist", **{"pyproject.toml": PYPROJECT + system, "pyproject.toml.orig": text})
    sources = Sources([made])
    assert find(sources, made, "sample-1.0/pyproject.toml.orig") == ("pyproject.toml", 3)
    assert find(sources, made, "sample-1.0/pyproject.toml") == ("pyproject.toml", None)


README = "\n# sample\n\nSee [the changes](CHANGES.md).\n"


@pytest.mark.parametrize(
    ("text", "body", "found"),
    [
        (README, README, ("README.md", 4)),
        (README, README.strip(), ("README.md", 4)),
        (README.replace("\n", "\r\n"), f"\n\n{README}", ("README.md", 4)),
        (README, README.replace("changes", "news"), ("pyproject.toml", None)),
    ],
    ids=["the same", "without blank lines", "other line ends", "another text"],
)
def test_lines_of_the_description_are_lines_of_the_readme(
    text: str, body: str, found: tuple[str, int | None], tmp_path: Path
) -> None:
    project = make(tmp_path / "p", {"pyproject.toml": PYPROJECT, "README.md": text, "NEWS.md": "# News\n"})
    made = Wheel()
    made.metadata = readme(body, "text/markdown")
    (project / "dist").mkdir()
    distribution = read(made.build().write(project / "dist"))
    metadata = distribution.metadata
    assert metadata is not None
    line = metadata.text.splitlines().index(body.strip().splitlines()[-1]) + 1
    member = "sample-1.0.dist-info/METADATA"
    assert find(Sources([distribution]), distribution, member, line) == found
    assert find(Sources([distribution]), distribution, member, 2) == ("pyproject.toml", None)
