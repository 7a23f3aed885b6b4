"""Bounded reads of the settings of uploaders, whose contents no message quotes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pkgaudit.gate.settings import SettingsError, Surroundings, read_ini, read_toml, table, text_of

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


@pytest.mark.parametrize("read", [read_ini, read_toml])
def test_missing(read: Callable[[Path], object], tmp_path: Path) -> None:
    assert read(tmp_path / "none") is None
    (tmp_path / "file").write_text("")
    assert read(tmp_path / "file" / "below") is None


def said(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        read(path)
    assert "correct-horse" not in str(caught.value)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"password = correct-horse", " is malformed"),
        (b"[a]\npassword = x\n[a]\npassword = correct-horse", " is malformed"),
        (b"[a]\npassword = \xff", " is not UTF-8"),
        (b" " * (1 << 20) + b"#", " has more than 1,048,576 bytes"),
    ],
)
def test_ini(data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    assert said(read_ini, tmp_path / "x") == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"password = correct-horse", " is not valid TOML"),
        (b"a = 1\na = 2", " is not valid TOML"),
        (b"x = " + b"[" * 5000, " is not valid TOML"),
    ],
)
def test_toml(data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    assert said(read_toml, tmp_path / "x") == reason


def test_values_are_not_interpolated(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbf[a]\r\npassword = %(x)s%%\r\n")
    parser = read_ini(tmp_path / "x")
    assert parser is not None
    assert parser.get("a", "password") == "%(x)s%%"


@posix
def test_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert said(read_toml, tmp_path / "pipe") == " is not a regular file"
    assert said(read_toml, tmp_path) == " is not a regular file"
    assert said(read_toml, tmp_path / "a\0b") == " cannot be read: its name is not a path"
    assert "cannot be read: " in said(read_toml, tmp_path / ("x" * 300))


def test_tables() -> None:
    assert table({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert table({"a": 1}, "a", "b") == {}
    assert table({"a": []}, "a") == {}
    assert table(None) == {}
    assert [text_of(each) for each in ("x", "", None, 1)] == ["x", None, None, None]


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/home"}, "/home/.config/pdm"),
        ("linux", {"HOME": "/home", "XDG_CONFIG_HOME": "/x"}, "/x/pdm"),
        ("darwin", {"HOME": "/home"}, "/home/Library/Application Support/pdm"),
        ("win32", {"USERPROFILE": "/home"}, "/home/AppData/Local/pdm"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/pdm"),
    ],
)
def test_folder_of_settings(
    platform: str, environ: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert Surroundings(environ).user_config("pdm").as_posix() == folder


def test_paths() -> None:
    here = Surroundings({"HOME": "/home", "USERPROFILE": "/home"}, Path("/project"))
    assert here.expand("~").as_posix() == "/home"
    assert here.expand("~/x").as_posix() == "/home/x"
    assert here.expand("x").as_posix() == "/project/x"


@posix
def test_home_without_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command may get no HOME although this process has one."""
    monkeypatch.setenv("HOME", "/of/this/process")
    assert str(Surroundings({}).home) != "/of/this/process"
    assert str(Surroundings({"HOME": "/of/the/command"}).home) == "/of/the/command"
