"""The pages of an index in both forms, and the list of all projects, which is read in parts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pkgaudit.model.index_answers import IndexFile
from pkgaudit.online.client import JSON, Page
from pkgaudit.online.pages import parse_page, parse_projects

A, B = "a" * 64, "b" * 64
BASE = "https://index.example.com/simple/sample/"


def in_html(text: str) -> tuple[IndexFile, ...]:
    return parse_page(Page("text/html", text.encode(), BASE), "sample").files


def test_a_page_in_html() -> None:
    found = in_html(
        f'<a href="../../f/sample-1.0.tar.gz#sha256={A}" data-yanked="" data-requires-python="&gt;=3">x</a>'
        f'<a href="/f/sample-1.0-py3-none-any.whl" data-core-metadata="sha256={B}" data-provenance="p">x</a>'
        '<a href="s%2B1.zip#md5=1" data-dist-info-metadata="true">x</a><a name="x">x</a>'
        '<!-- <a href="no"> -->'
    )
    folder = "https://index.example.com/f/"
    assert found == (
        IndexFile("sample-1.0.tar.gz", f"{folder}sample-1.0.tar.gz", A, True),
        IndexFile(
            "sample-1.0-py3-none-any.whl",
            f"{folder}sample-1.0-py3-none-any.whl",
            has_provenance=True,
            has_metadata=True,
            metadata_sha256=B,
        ),
        IndexFile("s+1.zip", f"{BASE}s%2B1.zip", has_metadata=True),
    )


def test_a_tag_that_does_not_end() -> None:
    with pytest.raises(ValueError, match="does not end"):
        in_html("<a href=" + "x" * 200_000)


@pytest.mark.parametrize("key", ["core-metadata", "dist-info-metadata"])
def test_sizes_and_metadata_in_json(key: str) -> None:
    files = [{"filename": "x", "size": 7, key: {"sha256": A}}, {"filename": "y", "size": "7", key: True}]
    page = Page(JSON, json.dumps({"files": files}).encode(), BASE)
    assert parse_page(page, "sample").files == (
        IndexFile("x", size=7, has_metadata=True, metadata_sha256=A),
        IndexFile("y", has_metadata=True),
    )


def parts(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
class TestProjects:
    def test_in_json(self, size: int) -> None:
        items = [{"name": "é-a", "_last-serial": 7}, {"name": "B"}, 7, {"name": 7}, {"name": "../x"}]
        data = json.dumps({"meta": {"_last-serial": 9}, "projects": items, "x": 1}, ensure_ascii=False)
        assert [*parse_projects(parts(data.encode(), size), JSON)] == [("é-a", 7), ("b", None)]

    def test_in_html(self, size: int) -> None:
        data = b'<p>x</p><a href="/simple/a/">A</a> <a href="b.c/#x">b</a><a href="../">up</a><a href="?">'
        assert [*parse_projects(parts(data, size), "text/html")] == [("a", None), ("b-c", None)]


@pytest.mark.parametrize("data", [b"{}", b'{"projects": [{"name": "a"}', b'{"projects": [{"name": "a"}, x]}'])
def test_lists_of_projects_that_are_not_complete(data: bytes) -> None:
    with pytest.raises(ValueError, match="not valid or not complete"):
        list(parse_projects([data], JSON))


def test_an_item_that_does_not_end() -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"projects": ["'
        while True:
            yield b"x" * 10_000

    with pytest.raises(ValueError, match="not valid or not complete"):
        list(parse_projects(endless(), JSON))
