"""SF107 and SF110 beyond the cases: what finds conflicts and disguises, on texts of all kinds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.model.member import BinaryFile, Member, TextFile, Window
from pkgaudit.rules.stray.cases.contents import BASE, OURS, PARTED, THEIRS
from pkgaudit.rules.stray.contents_conflicts import Conflict, find_conflict
from pkgaudit.rules.stray.contents_disguise import Disguise, find_disguise


def member(path: str) -> Member:
    return Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL)


def conflict_in(path: str, text: str) -> Conflict | None:
    view = Window(text.encode("utf-8", "surrogatepass")).view(TextFile, member(path))
    return find_conflict(view) if view else None


def disguise_of(path: str, data: bytes) -> Disguise | None:
    view = Window(data).view(BinaryFile, member(path))
    return find_disguise(view) if view else None


@given(st.lists(st.sampled_from([OURS, BASE, PARTED, THEIRS, "x = 1\n", "'''\n", "```\n", "\r"])))
@settings(max_examples=200)
def test_a_conflict_needs_its_lines_in_order(lines: list[str]) -> None:
    text = "".join(lines)
    for path in ("a.txt", "a.py", "a.md", "a.toml", "a.json"):
        found = conflict_in(path, text)
        if found is not None and found.is_marker:
            assert path not in ("a.txt", "a.md")
        elif found is not None:
            after = text[text.index(OURS[:7]) :]
            assert PARTED.strip() in after
            assert THEIRS[:7] in after[after.index(PARTED.strip()) :]
            assert found.count <= text.count(THEIRS)


def test_all_conflicts_are_settled_for_one_side() -> None:
    one = f"{OURS}def a():\n{PARTED}def b():\n{THEIRS}    x = (\n{OURS}1)\n{PARTED}2)\n{THEIRS}"
    found = conflict_in("a.py", one)
    assert found is not None
    assert (found.count, found.line, found.is_proven) == (2, 1, True)


def test_many_markers_are_soon_looked_at() -> None:
    assert conflict_in("a.txt", OURS * 200_000) is None
    assert conflict_in("a.md", "```\n" * 200_000 + OURS + PARTED + THEIRS) is not None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["a,b\n1,2\n" * 50, "<a>Größe</a>\n" * 50])
def test_wide_text_is_text(encoding: str, text: str) -> None:
    assert disguise_of("a.csv", text.encode(encoding)) is None


@given(
    st.binary(min_size=1, max_size=300), st.sampled_from(["a.py", "a.txt", "a.png", "a.json", "a.bin", "a"])
)
def test_anything_can_be_looked_at(data: bytes, path: str) -> None:
    found = disguise_of(path, data)
    if found is not None:
        assert path not in ("a.bin", "a")
        assert found.is_program or b"\0" in data
