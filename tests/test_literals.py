"""The search for literals: every engine finds the same, on anything."""

from __future__ import annotations

import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgaudit import literals as engine
from pkgaudit.literals import ENGINES, find_search, search_for
from pkgaudit.rules.secrets import token_scanner

LITERALS = (b"aa", b"aab", b"ab", b"b\0a", b"://", b"\xff\xfe", b"a.c", b"(", b"\\n")

SOME = st.lists(st.sampled_from([*LITERALS, b"a", b"b", b"\0", b"abc", b"\n"]), max_size=40).map(b"".join)


@pytest.mark.parametrize("name", ENGINES)
@given(data=SOME | st.binary(max_size=200))
@settings(deadline=None)
def test_engines_find_the_same(name: str, data: bytes) -> None:
    assert ENGINES[name](LITERALS)(data) == find_search(LITERALS)(data)


@pytest.mark.parametrize("name", ENGINES)
def test_overlapping_places_are_all_told(name: str) -> None:
    assert ENGINES[name]((b"aa", b"a"))(b"aaa") == {0: [0, 1], 1: [0, 1, 2]}


@pytest.mark.once
@pytest.mark.parametrize("binary", [False, True])
def test_engines_agree_on_real_files(binary: bool) -> None:
    """All literals of the catalogue, over the installed packages of this environment."""
    literals = token_scanner.literals_of(binary)
    searches = [make(literals) for make in ENGINES.values()]
    files = [each for each in Path(sysconfig.get_path("purelib")).rglob("*") if each.is_file()]
    total = found = 0
    for file in sorted(files, key=lambda each: each.stat().st_size)[::7]:
        data = file.read_bytes()
        if total > 6_000_000:
            break
        total += len(data)
        first, *others = [search(data) for search in searches]
        assert all(each == first for each in others), file
        found += len(first)
    assert found > 50


def test_the_fastest_that_works_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(literals: object) -> engine.Search:
        raise ImportError

    search_for.cache_clear()
    monkeypatch.setitem(ENGINES, "hyperscan", missing)
    monkeypatch.setitem(ENGINES, "re2", missing)
    try:
        assert search_for((b"ab",))(b"cab") == {0: [1]}
    finally:
        search_for.cache_clear()


@pytest.mark.parametrize("name", ENGINES)
def test_a_content_full_of_hits_is_bounded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_HITS", 10)
    hits = ENGINES[name]((b"a", b"b"))(b"ab" * 1000)
    assert 10 <= sum(map(len, hits.values())) <= 11


def test_threads_share_a_search() -> None:
    search = search_for(LITERALS)
    contents = [b"x" * number + b"aab://" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(search, contents)) == [find_search(LITERALS)(each) for each in contents]
