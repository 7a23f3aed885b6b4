"""Words of rules: found in one pass, and the same without a fast search."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.builders import Wheel
from pkgaudit.api import Window, Words
from pkgaudit.literals import Scan
from pkgaudit.model import parsing
from pkgaudit.model import words as module
from pkgaudit.rules.traces.find import WORDS, find_homes
from pkgaudit.rules.wheel import modules, startup_code
from tests.support import audit

PLAIN = Words(b"ab", b"abc", b"b\0", b"(", b"\xff")
FOLDED = Words(b"ab", b'.po"', ignores_case=True)
NONE = Words()

SOME = st.lists(
    st.sampled_from([b"a", b"ab", b"B", b"AB", b"c", b"\0", b"(", b"\xff", b".Po", b'"', b"\n"]), max_size=30
).map(b"".join)


@given(data=SOME | st.binary(max_size=100))
@settings(deadline=None)
def test_both_searches_find_the_same(data: bytes) -> None:
    for words in (PLAIN, FOLDED, NONE):
        assert Window(data).found(words) == words.in_text(data)
        assert Window(data).has(words) == bool(words.in_text(data))


def test_words_keep_their_order() -> None:
    assert Window(b"abc(").found(PLAIN) == (b"ab", b"abc", b"(")
    assert Window(b"xAB").found(FOLDED) == (b"ab",)
    assert Window(b"xAB").found(PLAIN) == ()


def test_words_that_are_declared_later_are_found() -> None:
    window = Window(b"later-word")
    assert not window.has(PLAIN)
    later = Words(b"later-word")
    assert window.has(later)
    assert Window(b"later-word").has(later)


class TestWithoutFastSearch:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(words: object, cases: object) -> Scan:
            raise ImportError

        monkeypatch.setattr(module, "hyperscan_scan", fail)
        monkeypatch.setattr(module, "_CATALOGUE", module._Catalogue())

    def test_each_word_is_searched_for(self) -> None:
        plain, folded = Words(b"ab", b"cd"), Words(b"ef", ignores_case=True)
        window = Window(b"ab EF")
        assert window.found(plain) == (b"ab",)
        assert window.found(folded) == (b"ef",)
        assert not window.has(Words(b"EF "))


class TestWork:
    """The work on a module, counted while a wheel is audited."""

    def test_each_content_is_searched_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        searched: list[bytes] = []
        audit(tmp_path, Wheel().build())  # imports all rules, with their words
        Window(b"x").has(Words(b"x"))  # compiles the search
        scan = module._CATALOGUE._scan
        if scan is None:
            pytest.skip("there is no fast search here")

        def count(data: bytes) -> frozenset[int]:
            searched.append(data)
            return scan(data)

        source = b"import subprocess\nsubprocess.run(['true'])\n"
        monkeypatch.setattr(module._CATALOGUE, "_scan", count)
        audit(tmp_path, Wheel(files={"sample/__init__.py": b"x = 1\n", "sample/core.py": source}).build())
        assert searched.count(source) == 1
        assert len(searched) == len(set(searched))

    @pytest.mark.parametrize(
        ("source", "walks"),
        [
            (b"import os\n\n\ndef f(x):\n    return os.path.join(x, 'a')\n", set()),
            (b"import subprocess\n", {"start code"}),
            (b"def f(x, /):\n    return x\n", {"syntax"}),
            (b"def f():\n    x = 1\n    global x\n", {"syntax", "faults"}),
        ],
    )
    def test_a_module_without_words_is_not_walked(
        self, source: bytes, walks: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A module is parsed once, and its tree is walked only for the words that occur in it."""
        path = "sample/core.py"
        parsed: list[str] = []
        walked: set[str] = set()

        def noting(name: str, owner: object, attribute: str) -> None:
            function = getattr(owner, attribute)

            def call(*arguments: Any) -> Any:
                walked.add(name)
                return function(*arguments)

            monkeypatch.setattr(owner, attribute, call)

        def parse(text: str) -> ast.Module:
            parsed.append(text)
            return ast.parse(text)

        noting("syntax", modules, "newest_feature")
        noting("faults", modules, "find_faults")
        noting("start code", startup_code._Reader, "read")
        monkeypatch.setattr(parsing, "_parse", parse)
        audit(tmp_path, Wheel(files={"sample/__init__.py": b"", path: source}).build())
        assert parsed.count(source.decode()) == 1
        assert walked == walks


@pytest.mark.parametrize(
    "text",
    [
        *(b"/home/jane/project/a.py", b"/Users/jane/project/a.py", b"C:\\Users\\jane\\project\\a.py"),
        *(b"file%3A%2F%2F%2Fhome%2Fjane%2Fproject%2Fa.py", b"c:/users/jane/project/a.py"),
        b"\\\\wsl$\\Ubuntu\\home\\jane\\project\\a.py",
        *("/home/jane/project/a.py".encode("utf-16-le"), "C:\\Users\\jane\\project".encode("utf-16-be")),
    ],
)
def test_words_of_home_folders(text: bytes) -> None:
    assert not list(find_homes(b" " + text)) or Window(b" " + text).has(WORDS)


@pytest.mark.parametrize("word", startup_code._SIGNS)
def test_words_of_start_code(word: bytes) -> None:
    """Each word is searched for where it is a name, or the part of one that its kind allows."""
    sign = startup_code._sign(word)
    is_whole = word in startup_code._WHOLE.split()
    assert sign.search(b"(%s)" % word)
    assert bool(sign.search(b"x%s)" % word)) == (word in startup_code._ENDS.split())
    assert bool(sign.search(b"(%sx" % word)) == (word in startup_code._STARTS.split())
    assert bool(sign.search(b"%sx %s" % (word, word))) or not is_whole


@pytest.mark.parametrize("word", ["text", b"", 1])
def test_word_that_is_not_bytes(word: object) -> None:
    with pytest.raises(TypeError, match="is not bytes"):
        Words(word)  # type: ignore[arg-type]  # as a plug-in may do


def test_search_for_something_else() -> None:
    with pytest.raises(TypeError, match="searched for Words"):
        Window(b"x").has([b"x"])  # type: ignore[arg-type]  # as a plug-in may do
