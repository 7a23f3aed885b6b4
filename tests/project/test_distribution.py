"""pkgaudit's own sdist and wheel hold what they should and nothing else, and pass its own audit."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from pkgaudit import __version__
from tests.hooks import call_hooks
from tests.programs import need_backend
from tests.support import run_json

ROOT = Path(__file__).parents[2]
INFO = f"pkgaudit-{__version__}.dist-info"
MAN_PAGES = [path.name for path in (ROOT / "man").iterdir()]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    need_backend("setuptools")
    # Of a copy, since builds write into the folder and several test processes may build at once.
    folder = tmp_path_factory.mktemp("copy")
    left = shutil.ignore_patterns(".git", ".venv", ".*_cache", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, folder / "pkgaudit", symlinks=True, ignore=left)
    (folder / "dist").mkdir()
    call_hooks(folder / "pkgaudit", "setuptools.build_meta", folder / "dist", "sdist")
    (sdist,) = (folder / "dist").iterdir()
    shutil.unpack_archive(sdist, folder / "unpacked")
    (source,) = (folder / "unpacked").iterdir()
    call_hooks(source, "setuptools.build_meta", folder / "dist", "wheel")
    return [str(sdist), *map(str, (folder / "dist").glob("*.whl"))]


def sources(folder: str, *suffixes: str) -> set[str]:
    files = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    found = {path.relative_to(ROOT).as_posix() for path in files if path.suffix in suffixes}
    return {path for path in found if not path.startswith("pkgaudit/rules/")}


def is_generated(path: str) -> bool:
    """Whether a file of the site is written when that is built."""
    return path.startswith(("docs/rules/", "docs/_build/"))


def test_wheel(dist: list[str]) -> None:
    with zipfile.ZipFile(dist[1]) as archive:
        names = set(archive.namelist())
    assert {name for name in names if not name.startswith(INFO)} == {
        *sources("pkgaudit", ".py", ".typed", ".json", ".css", ".js"),
        *(f"pkgaudit/{name}" for name in sources("rules", ".py", ".json") if "/cases/" not in name),
        "pkgaudit/py.typed",
        *(f"pkgaudit-{__version__}.data/data/share/man/man1/{name}" for name in MAN_PAGES),
    }
    assert {name for name in names if name.startswith(INFO)} == {
        f"{INFO}/{name}"
        for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "top_level.txt")
    }


def test_sdist(dist: list[str]) -> None:
    with tarfile.open(dist[0]) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    texts = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"}
    integration = {
        ".dockerignore",
        ".pre-commit-hooks.yaml",
        ".readthedocs.yaml",
        "Dockerfile",
        "action.yml",
        "templates/audit.yml",
    }
    built = {"PKG-INFO", "setup.cfg", *(name for name in names if name.startswith("pkgaudit.egg-info/"))}
    assert names - built == {
        *texts,
        *integration,
        "MANIFEST.in",
        "pyproject.toml",
        "pkgaudit/py.typed",
        *sources("pkgaudit", ".py", ".json", ".css", ".js"),
        *sources("rules", ".py", ".json"),
        *sources("tools", ".py"),
        *(each for each in sources("docs", ".md", ".py", ".toml", ".json") if not is_generated(each)),
        *(f"man/{name}" for name in MAN_PAGES),
        *sources("tests", ".py"),
        *sources("fixtures", ".py", ".json", ".md", ".gz", ".attestation", ".provenance"),
        *sources("fuzz", ".py"),
        *sources("benchmarks", ".py"),
    }


def test_passes_its_own_audit(dist: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # out of the checkout, where files may be that are yet to be committed
    # The repository has no public address yet, to which links of the readme could lead.
    report = run_json(*dist, "--ignore", "missing-project-urls,relative-link")
    assert [f"{each['code']} {each['member']} {each['message']}" for each in report["findings"]] == []
    assert report["verdict"] == "pass"
