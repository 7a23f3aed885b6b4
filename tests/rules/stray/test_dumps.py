"""SF207 beyond the cases: damaged and hostile notebooks and databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.builders import Sdist, Wheel
from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.model.member import BinaryFile, Member, Window
from pkgaudit.rules.stray.contents_dumps import Dump, Outputs, find_dump, find_outputs
from tests.support import run_json


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


def test_notebooks_of_a_release_are_one_finding(tmp_path: Path) -> None:
    """It names a command, and each of the places."""
    data = json.dumps({"cells": [{"outputs": ["x"], "source": ""}]}).encode()
    wheel, sdist = Wheel(), Sdist()
    wheel.files["sample/a b.ipynb"] = sdist.files["sample/a b.ipynb"] = data
    report = run_json(wheel.build().write(tmp_path), sdist.build().write(tmp_path), "--select", "SF207")
    [found] = report["findings"]
    assert found["fix"].splitlines()[1] == "jupyter nbconvert --clear-output --inplace 'sample/a b.ipynb'"
    assert len(found["also"]) == 1
