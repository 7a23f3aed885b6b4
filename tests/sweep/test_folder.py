"""The files of mirrors and lists."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pkgaudit.online.client import IndexReadError
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources import Source, SourceError, open_source
from pkgaudit.sweep.sources.notes import Notes

WHEEL = "a-1.0-py3-none-any.whl"


def touch(root: Path, *names: str) -> None:
    for each in names:
        path = root / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.encode())


def found(source: Source, root: Path) -> list[str]:
    return [str(Path(each.location).relative_to(root)).replace(os.sep, "/") for each in source.files()]


class TestFolder:
    def test_a_mirror(self, tmp_path: Path) -> None:
        touch(
            tmp_path,
            f"packages/1/2/{WHEEL}",
            "packages/3/4/B-1.0.tar.gz",
            "packages/5/6/a-1.1.tar.gz",
            "packages/5/6/.a-1.2.tar.gz",
            "packages/5/6/a-1.3.tar.gz.partial",
            "packages/.tmp/a-1.4.tar.gz",
            "simple/a/index.html",
        )
        source = open_source(str(tmp_path), Choice())
        assert found(source, tmp_path) == [
            f"packages/1/2/{WHEEL}",
            "packages/5/6/a-1.1.tar.gz",
            "packages/3/4/B-1.0.tar.gz",
        ]
        assert source.notes.take() == []

    def test_only_what_has_changed(self, tmp_path: Path) -> None:
        touch(tmp_path, WHEEL, "b-1.0.tar.gz")
        source = open_source(str(tmp_path), Choice())
        assert len(found(source, tmp_path)) == 2
        assert found(source, tmp_path) == []
        touch(tmp_path, "x/a-1.1.tar.gz")
        assert found(source, tmp_path) == [WHEEL, "x/a-1.1.tar.gz"]
        source.again("b")
        assert found(source, tmp_path) == ["b-1.0.tar.gz"]

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
    def test_links(self, tmp_path: Path) -> None:
        touch(tmp_path, f"x/{WHEEL}", f"z/{WHEEL}")
        (tmp_path / "y").symlink_to("x")
        (tmp_path / "w").mkdir()
        (tmp_path / "w" / WHEEL).symlink_to(f"../x/{WHEEL}")
        (tmp_path / "w" / "b-1.0.tar.gz").symlink_to("gone")
        source = open_source(str(tmp_path), Choice())
        # The same file twice is audited once; one with the same name and another content is audited too.
        assert found(source, tmp_path) == [f"w/{WHEEL}", f"z/{WHEEL}"]
        (note,) = source.notes.take()
        assert "w/b-1.0.tar.gz: cannot be read: No such file" in note

    @pytest.mark.skipif(
        sys.platform == "win32" or os.geteuid() == 0, reason="every folder is readable for this user"
    )
    def test_a_folder_that_cannot_be_read(self, tmp_path: Path) -> None:
        touch(tmp_path, f"x/{WHEEL}", "b-1.0.tar.gz")
        (tmp_path / "x").chmod(0)
        source = open_source(str(tmp_path), Choice())
        try:
            assert found(source, tmp_path) == ["b-1.0.tar.gz"]
        finally:
            (tmp_path / "x").chmod(0o700)
        assert len(source.notes.take()) == 1


class TestList:
    def test_paths_and_addresses(self, tmp_path: Path) -> None:
        touch(tmp_path, f"x/{WHEEL}", "readme.txt")
        url = "https://ada:lovelace@example.com/b%2B1-1.0.tar.gz"
        lines = ["# of today", "", f" x/{WHEEL} ", f"{url}#sha256={'A' * 64}", url, "readme.txt"]
        lines += ["gone-1.0.tar.gz", "https://[x/", "https://example.com/..%2Fc-1.0.tar.gz"]
        (tmp_path / "list.txt").write_text("\n".join(lines))
        source = open_source(str(tmp_path / "list.txt"), Choice())
        assert [(each.file, each.sha256) for each in source.files()] == [
            (WHEEL, ""),
            ("b+1-1.0.tar.gz", "a" * 64),
            ("b+1-1.0.tar.gz", ""),
        ]
        notes = "\n".join(source.notes.take())
        assert notes.count("\n") == 3
        assert "lovelace" not in notes + source.name

    def test_one_file(self, tmp_path: Path) -> None:
        touch(tmp_path, WHEEL)
        assert found(open_source(str(tmp_path / WHEEL), Choice()), tmp_path) == [WHEEL]
        source = open_source(f"https://ada:lovelace@example.com/x/{WHEEL}", Choice())
        (wanted,) = source.files()
        assert wanted.location == f"https://example.com/x/{WHEEL}"
        assert "lovelace" not in f"{source.name} {source.access}"
        assert source.access.request(wanted.location).has_header("Authorization")
        assert not source.access.request("https://other.example.com/").has_header("Authorization")


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder or file"):
        open_source(str(tmp_path / "x"), Choice())
    with pytest.raises(SourceError, match="--metadata-only needs an index"):
        open_source(str(tmp_path), Choice(), metadata=True)
    with pytest.raises(IndexReadError, match="would not be encrypted"):
        open_source("http://ada:lovelace@index.example.com/simple/", Choice())
    with pytest.raises(IndexReadError, match="does not begin with https"):
        open_source("ftp://index.example.com/simple/", Choice())


def test_notes_are_bounded() -> None:
    notes = Notes()
    for each in range(1_500):
        notes.add(str(each))
    found = notes.take()
    assert (len(found), found[-1]) == (1_001, "500 other pages or files could not be read")
    assert notes.take() == []
