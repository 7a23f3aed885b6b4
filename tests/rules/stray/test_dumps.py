"""SF207 beyond the cases: damaged and hostile notebooks and databases."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.model.member import BinaryFile, Member, Window
from pkgaudit.rules.stray.contents_dumps import Dump, Outputs, find_dump, find_outputs


def view(path: str, data: bytes) -> BinaryFile:
    found = Window(data).view(BinaryFile, Member(Entry(path, EntryType.FILE), ArchiveKind.SDIST))
    assert found is not None
    return found


def outputs(notebook: object) -> Outputs | None:
    return find_outputs(view("a.ipynb", json.dumps(notebook).encode()))


@pytest.mark.parametrize(
    "notebook",
    [
        [],
        {"cells": {"outputs": [1]}},
        {"cells": [1, {"outputs": "x"}, {"outputs": []}, {"outputs": {}}]},
        {"worksheets": [1, {"cells": 2}], "outputs": [1]},
        {"worksheets": 1, "cells": None, "outputs": 1},
    ],
)
def test_notebooks_without_outputs(notebook: object) -> None:
    assert outputs(notebook) is None


def test_outputs_are_counted() -> None:
    cell = {"outputs": [{"data": {"image/png": "a" * 100}, "text": ["b" * 10, 5]}]}
    assert outputs({"cells": [cell, cell]}) == Outputs(2, 220)


@pytest.mark.parametrize("data", [b'{"outputs": ' + b"[" * 100_000, b'{"outputs"', b'"outputs" \xff'])
def test_broken_notebooks(data: bytes) -> None:
    assert find_outputs(view("a.ipynb", data)) is None


@given(
    st.binary(min_size=1, max_size=200),
    st.sampled_from([b"", b"\x7fELF", b"SQLite format 3\0", b"MDMP", b"PGDMP", b"-- MySQL dump\n"]),
    st.sampled_from(["core", "a.db", "a.sql", "a.har", "a.pcap", "a.pid", "a.dmp", "a.txt"]),
)
def test_anything_can_be_looked_at(data: bytes, head: bytes, path: str) -> None:
    assert isinstance(find_dump(view(path, head + data)), (Dump, type(None)))


def test_a_long_dump_is_soon_looked_at() -> None:
    data = b"-- MySQL dump\n" + b"COPY " * 2_000_000
    assert find_dump(view("a.sql", data)) is None
