"""The files of the release before: which are chosen, and how they are downloaded."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pkgaudit.inputs.against import predecessor_of
from pkgaudit.model.index_answers import IndexFile, IndexPage
from pkgaudit.online import fetching
from pkgaudit.online.fetching import by_project, fetch, wanted_files
from tests.online.conftest import Index

LINUX, MAC = "cp313-cp313-manylinux_2_28_x86_64.whl", "cp313-cp313-macosx_11_0_arm64.whl"

OLD_LINUX = "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"

OTHER_LINUX = LINUX.replace("x86_64", "i686")

ANY = "py3-none-any.whl"


def named(*files: str, is_yanked: bool = False) -> IndexPage:
    return IndexPage(tuple(IndexFile(each, "", "0" * 64, is_yanked) for each in files))


@pytest.mark.parametrize(
    ("new", "old", "wanted"),
    [
        ([f"1.1-{ANY}"], [f"1.0-{ANY}", "1.0.tar.gz", f"0.9-{ANY}"], [f"1.0-{ANY}"]),
        (["1.1.tar.gz"], [f"1.0-{ANY}", "1.0.tar.gz"], ["1.0.tar.gz"]),
        ([f"1.1-{ANY}"], ["1.0.tar.gz"], ["1.0.tar.gz"]),
        (
            [f"1.1-{LINUX}", f"1.1-{MAC}", "1.1.tar.gz"],
            [f"1.0-{OLD_LINUX}", f"1.0-{MAC}", f"1.0-{OTHER_LINUX}"],
            [f"1.0-{OLD_LINUX}", f"1.0-{MAC}"],
        ),
        (["1.1.tar.gz"], ["1.0rc1.tar.gz", "0.9.tar.gz", "1.2.tar.gz"], ["0.9.tar.gz"]),
        (["1.1.tar.gz"], ["x.tar.gz", "1.0.exe"], []),
        (["x.tar.gz"], ["1.0.tar.gz"], []),
        (["1.1.tar.gz"], [], []),
    ],
)
def test_the_files_to_compare_with(new: list[str], old: list[str], wanted: list[str]) -> None:
    page = named(*(f"sample-{each}" for each in old))
    found = wanted_files([f"sample-{each}" for each in new], page, predecessor_of)
    assert [each.name.removeprefix("sample-") for each in found] == wanted


def test_files_that_are_no_predecessors() -> None:
    """A yanked file, and one without a hash, which could be anything."""
    names = ["sample-1.1.tar.gz"]
    assert wanted_files(names, named("sample-1.0.tar.gz", is_yanked=True), predecessor_of) == []
    assert wanted_files(names, IndexPage((IndexFile("sample-1.0.tar.gz"),)), predecessor_of) == []


def test_new_files_by_project() -> None:
    found = by_project(["dist/acme_tides-1.0-py3-none-any.whl", "dist/Acme.Tides-1.0.tar.gz", "dist/x.txt"])
    assert found == {"acme-tides": ["acme_tides-1.0-py3-none-any.whl", "Acme.Tides-1.0.tar.gz"]}


class TestFetch:
    def file(self, index: Index, data: bytes, path: str = "/files/x") -> IndexFile:
        index.serve_at(path, data)
        url = index.url.replace("/simple/", path)
        return IndexFile("sample-1.0.tar.gz", url, hashlib.sha256(data).hexdigest())

    def test_a_file(self, index: Index, tmp_path: Path) -> None:
        (path,), faults = fetch(index.url, [self.file(index, b"content")], tmp_path)
        assert (Path(path).read_bytes(), faults) == (b"content", [])

    def test_too_many_bytes(self, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "_LARGEST", 10)
        files = [self.file(index, b"x" * 8)] * 2
        paths, (fault,) = fetch(index.url, files, tmp_path)
        assert "the files of the release before are too large" in fault
        assert len(paths) == 1

    def test_too_slow(self, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "_SECONDS", -1)
        _, (fault,) = fetch(index.url, [self.file(index, b"x")], tmp_path)
        assert "it takes longer than" in fault

    @pytest.mark.parametrize("url", ["", "file:///etc/hosts", "http://localhost:1/x"])
    def test_an_address_that_cannot_be_read(self, index: Index, tmp_path: Path, url: str) -> None:
        paths, (fault,) = fetch(index.url, [IndexFile("x", url, "0" * 64)], tmp_path)
        assert "cannot be downloaded" in fault
        assert (paths, [*tmp_path.iterdir()]) == ([], [])
