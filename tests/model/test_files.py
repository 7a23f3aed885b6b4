"""Which files a rule or a summary declares to look at."""

from __future__ import annotations

from typing import Any

import pytest

from pkgaudit.model.files import ALL, Files
from pkgaudit.model.member import Window
from pkgaudit.model.words import Words


@pytest.mark.parametrize(
    ("files", "seen", "unseen"),
    [
        (ALL, ["a.py", "a", ".a", ""], []),
        (Files((".rs", ".so")), ["a.rs", "a.b.rs", "a.RS", "x.cp.so"], [".rs", "rs", "a.rs.in", "so"]),
        (Files(names=("setup.py",)), ["setup.py"], ["Setup.py", "xsetup.py", "setup.pyi"]),
        (Files((".cmake",), ("CMakeLists.txt",)), ["a.cmake", "CMakeLists.txt"], ["a.txt"]),
    ],
)
def test_names(files: Files, seen: list[str], unseen: list[str]) -> None:
    assert [each for each in (*seen, *unseen) if files.are_named(each)] == seen


def test_bytes() -> None:
    files = Files(starts=(b"#!", b"MZ"), contains=Words(b"python", b"ruby"))
    assert files.have_signs
    assert files.have(Window(b"#!/usr/bin/python"))
    assert files.have(Window(b"MZ ruby"))
    assert not files.have(Window(b"#!/bin/sh"))
    assert not files.have(Window(b"python"))
    assert ALL.have(Window(b""))
    assert not ALL.have_signs


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"suffixes": ".py"}, "'.py' is not a tuple"),
        ({"names": ["setup.py"]}, "is not a tuple"),
        ({"starts": (b"",)}, "not empty"),
        ({"contains": (b"x",)}, "must be Words"),
        ({"suffixes": ("py",)}, "'py' is not the last dot"),
        ({"suffixes": (".tar.gz",)}, "'.tar.gz' is not the last dot"),
        ({"names": ("a/b",)}, "'a/b' is a path"),
    ],
)
def test_a_mistake_is_an_error(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Files(**given)
