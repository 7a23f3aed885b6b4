"""Names that some systems cannot have, or take for one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgaudit.api import Entry, EntryType, Wheel
from pkgaudit.rules._shared.platform_tags import is_one_system
from pkgaudit.rules.archive.path_names import (
    collisions,
    has_hidden,
    is_in_tests,
    windows_fault,
)
from pkgaudit.rules.archive.rules_paths import (
    LongPaths,
    case_collision,
    long_path,
    unicode_collision,
    windows_unsafe_name,
)


def wheel(*paths: str, depth: int = 0) -> Wheel:
    entries = [Entry(path, EntryType.FILE, 1, path, depth=depth) for path in paths]
    return Wheel("sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl", entries=entries)


@pytest.mark.parametrize(
    "name",
    [
        "con",
        "NUL",
        "aux.c",
        "com1",
        "LPT9.txt",
        "com\xb9",
        "prn .txt",
        "conin$",
        "a<b",
        "a|b",
        "a.",
        "a ",
        "...",
    ],
)
def test_names_that_windows_has_not(name: str) -> None:
    assert windows_fault(f"sample/{name}/x")[0] == len(f"sample/{name}")
    assert windows_fault(f"a.zip!/{name}")[1]


@pytest.mark.parametrize("name", ["cons", "con_", "com0", "com12", "nul_", ".con", "a.con", "..", "a\\b"])
def test_names_that_windows_has(name: str) -> None:
    assert windows_fault(f"sample/{name}/x") == (0, "")


HIDDEN = [("a\u202eb", True), ("a\u200db", True), ("\U0001f468\u200d\U0001f469", False)]


@pytest.mark.parametrize(("path", "hidden"), HIDDEN)
def test_hidden(path: str, hidden: bool) -> None:
    assert (has_hidden(path) is not None) is hidden


def test_collisions_of_roots_and_archives_inside() -> None:
    found = [(each.first, each.second) for each in collisions(wheel("A.py", "a.py"), str.lower)]
    assert found == [("A.py", "a.py")]
    assert not list(collisions(wheel("a.zip!/X", "x"), str.lower))


def test_folder_and_file() -> None:
    (problem,) = case_collision(wheel("sample/Data/a.txt", "sample/data"))
    assert "only one of them can exist" in problem.message


@given(st.lists(st.text(max_size=30), max_size=20))
def test_any_names(paths: list[str]) -> None:
    made = wheel(*paths)
    for rule in (case_collision, unicode_collision, windows_unsafe_name):
        list(rule(made))
    list(long_path(made, LongPaths(5)))


@pytest.mark.once
def test_is_fast_on_many_members() -> None:
    made = wheel(*(f"{'d/' * (number % 60)}{number % 977}{'xX'[number % 2]}é" for number in range(60_000)))
    start = time.perf_counter()
    assert len(list(case_collision(made))) <= 10
    list(unicode_collision(made))
    list(windows_unsafe_name(made))
    assert time.perf_counter() - start < 10


@pytest.mark.once
def test_is_fast_where_all_names_are_one() -> None:
    letters = "abcdefghijklmno"
    spelled = (
        "".join(c.upper() if number >> bit & 1 else c for bit, c in enumerate(letters))
        for number in range(1 << 15)
    )
    made = wheel(*spelled, *(f"{x}{number}" for number in range(5_000) for x in "pP"))
    start = time.perf_counter()
    assert len(list(case_collision(made))) <= 10
    assert time.perf_counter() - start < 10


def test_systems() -> None:
    assert is_one_system({"manylinux_2_28_x86_64", "linux_armv7l"})
    assert not is_one_system({"any"})
    assert not is_one_system({"manylinux_2_28_x86_64", "macosx_11_0_arm64"})
    assert is_in_tests("a/tests/b", wheel())
    assert not is_in_tests("a/latest/b", wheel())
