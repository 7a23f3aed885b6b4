"""``--cache`` and ``pkgaudit cache``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import pkgaudit.cache
from fixtures.builders import Sdist, Wheel
from pkgaudit.cache.store import FILE
from tests.support import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pkgaudit"


def test_info_and_clear(folder: Path, tmp_path: Path) -> None:
    wheel = Wheel().build().write(tmp_path)
    assert run("cache", "info").stdout == f"{folder / FILE}: 0 results, 0 bytes\n"
    for _ in range(2):
        assert run(wheel, "--no-config", "--cache").exit_code == 0
    info = run("cache", "info").stdout
    assert info.startswith(f"{folder / FILE}: 7 results, ")
    assert run("cache", "clear").stdout == info.replace(f"{folder / FILE}: ", "deleted ")
    assert run("cache", "info").stdout.endswith(": 0 results, 0 bytes\n")
    assert run("cache", "clear").exit_code == 0


def test_reports_are_equal(folder: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/more.py"] = b"import missing\nx = '/home/tim/code/x.py'\n"
    files = [wheel.build().write(tmp_path), Sdist().build().write(tmp_path)]
    expected = run(*files, "--no-config", "--format", "json").stdout
    assert "PV101" in expected
    assert "RL103" in expected
    for _ in range(2):
        assert run(*files, "--no-config", "--format", "json", "--cache").stdout == expected


def test_configuration_and_its_opposite(folder: Path, tmp_path: Path) -> None:
    wheel = Wheel().build().write(tmp_path)
    config = tmp_path / "pkgaudit.toml"
    config.write_text("cache = true\n")
    assert run(wheel, "--config", config, "--no-cache").exit_code == 0
    assert not folder.exists()
    assert run(wheel, "--config", config).exit_code == 0
    assert (folder / FILE).exists()


def test_damaged_cache_is_told(folder: Path, tmp_path: Path) -> None:
    wheel = Wheel().build().write(tmp_path)
    folder.mkdir(mode=0o700)
    (folder / FILE).write_bytes(b"a text, which is longer than the header of a database" * 20)
    done = run(wheel, "--no-config", "--cache")
    assert done.exit_code == 0
    assert done.stderr == f"the cache in {folder} was damaged or of another version; it is empty now\n"
    assert run(wheel, "--no-config", "--cache").stderr == ""


def test_unusable_cache_is_told(folder: Path, tmp_path: Path) -> None:
    wheel = Wheel().build().write(tmp_path)
    folder.write_bytes(b"")
    done = run(wheel, "--no-config", "--cache")
    assert done.exit_code == 0
    assert "cannot be used" in done.stderr


@pytest.mark.parametrize("library", ["msgspec", "platformdirs"])
def test_missing_library_is_told(
    library: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkgaudit, "cache", pkgaudit.cache)  # the import below replaces it
    for name in list(sys.modules):
        if name.partition(".")[0] == library or name.startswith("pkgaudit.cache"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    done = run(Wheel().build().write(tmp_path), "--no-config", "--cache")
    assert done.exit_code == 0
    assert done.stderr == f"the cache is not used, because the library {library} is missing\n"
