"""Budgets: how sizes are spelled, what counts for which kind, and what hostile archives cannot do."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Built, Sdist, Wheel
from pkgaudit.api import BinaryFile, Entry, EntryType, Member, Size, Window
from pkgaudit.config.config import ConfigError, parse_config
from pkgaudit.model.entry import ArchiveKind
from pkgaudit.model.kinds import FileKind, kind_of_content, kind_of_entry
from pkgaudit.rules.archive.sizes import most_populated
from tests.support import audit, registry


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("5000000", 5_000_000),
        ("50 MB", 50_000_000),
        ("50mb", 50_000_000),
        ("1.5 GiB", 1_610_612_736),
        (" 2 KiB ", 2048),
        ("3k", 3000),
        ("3 Ki", 3072),
        ("7 bytes", 7),
        ("7 B", 7),
        ("0.5 TB", 500_000_000_000),
    ],
)
def test_size(text: str, size: int) -> None:
    assert Size.parse(text) == size


@pytest.mark.parametrize(
    "text", ["", "MB", "-1", "1,5 MB", "1 XB", "1e3", "five", "1 MB!", "9" * 30, "\u0661 MB"]
)
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size like"):
        Size.parse(text)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"total": "50 megs"}, "total: '50 megs' is not a size"),
        ({"total": 1.5}, "expected a size like 5000000, '50 MB' or '1.5 GiB', found 1.5"),
        ({"total": True}, "expected a size"),
        ({"file": -1}, "file: cannot be negative"),
        ({"files": "10"}, "expected a whole number"),
        ({"kinds": {"natives": 1}}, "'natives' is not a kind of file; did you mean 'native'?"),
        ({"kinds": {"native": "x"}}, "kinds: native: 'x' is not a size"),
        ({"kinds": 3}, "expected a table"),
        ({"patterns": {"*.so": -2}}, "cannot be negative"),
        ({"distributions": {"*.whl": {"totl": 1}}}, "unknown key 'totl'; did you mean 'total'?"),
        ({"distributions": {"*.whl": 1}}, "expected a table"),
        ({"distributions": {"*.whl": {"distributions": {}}}}, "unknown key"),
    ],
)
def test_wrong_budget(table: dict[str, Any], says: str) -> None:
    config = parse_config({"over-budget": table}, "test")
    with pytest.raises(ConfigError) as error:
        config.validate(registry())
    assert says in str(error.value)


def test_index_limit_may_be_text(tmp_path: Path) -> None:
    table = {"select": ["AR301"], "too-large": {"limit": "1 kB"}}
    (found,) = audit(tmp_path, Wheel().build(), table)
    assert "at most 1,000;" in found.message


def test_later_glob_counts_more(tmp_path: Path) -> None:
    table = {
        "files": 1,
        "kinds": {"module": 1, "license": 1},
        "distributions": {"*.whl": {"files": 2, "kinds": {"module": "1 MB"}}, "sample-*": {"files": 3}},
    }
    found = audit(tmp_path, Wheel().build(), {"select": ["AR302"], "over-budget": table})
    assert [each.message.partition(" have ")[0] for each in found] == [
        "the distribution has 7 files, but the budget is 3",
        "the license files",
    ]


KINDS = {
    "a.py": FileKind.MODULE,
    "A.PYI": FileKind.STUB,
    "x/py.typed": FileKind.STUB,
    "x.cpython-311-x86_64-linux-gnu.so": FileKind.NATIVE,
    "x.libs/libz-1a2b.so.1.2.13": FileKind.NATIVE,
    "x.so.txt": FileKind.TEXT,
    "__pycache__/a.cpython-311.pyc": FileKind.BYTECODE,
    "LICENSE": FileKind.LICENSE,
    "LICENSE.txt": FileKind.LICENSE,
    "vendor/COPYING.LESSER": FileKind.LICENSE,
    "LICENCE-MIT": FileKind.LICENSE,
    "licenses.py": FileKind.MODULE,
    "license.json": FileKind.DATA,
    "s-1.dist-info/METADATA": FileKind.METADATA,
    "s-1.dist-info/entry_points.txt": FileKind.METADATA,
    "s-1.dist-info/licenses/AUTHORS": FileKind.LICENSE,
    "s-1.dist-info/sboms/s.cyclonedx.json": FileKind.METADATA,
    "s-1/PKG-INFO": FileKind.METADATA,
    "README.md": FileKind.TEXT,
    "README": FileKind.TEXT,
    "a.tar.gz": FileKind.ARCHIVE,
    "data\\x.csv": FileKind.DATA,
    "x.png": FileKind.IMAGE,
    "x.woff2": FileKind.MEDIA,
    "x.pyx": FileKind.SOURCE,
    ".gitignore": FileKind.CONFIG,
    "nothing": FileKind.OTHER,
    "": FileKind.OTHER,
    ".": FileKind.OTHER,
    "a.\udc80": FileKind.OTHER,
}


@pytest.mark.parametrize(("path", "kind"), KINDS.items())
def test_kind_by_name(path: str, kind: FileKind) -> None:
    assert kind_of_entry(Entry(path, EntryType.FILE)) is kind


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("bin/tool", b"\x7fELF" + bytes(60), FileKind.NATIVE),
        ("logo.png", b"\x7fELF" + bytes(60), FileKind.NATIVE),
        ("bin/tool", b"#!/bin/sh\n", FileKind.SOURCE),
        ("blob", b"PK\x03\x04" + bytes(60), FileKind.ARCHIVE),
        ("blob", bytes(257) + b"ustar" + bytes(250), FileKind.ARCHIVE),
        ("blob", b"a\0b", FileKind.DATA),
        ("blob", b"some text\n", FileKind.TEXT),
        ("a.docx", b"PK\x03\x04" + bytes(60), None),
        ("a.py", b"x = 1\n", None),
    ],
)
def test_kind_by_content(path: str, data: bytes, kind: FileKind | None) -> None:
    member = Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL)
    assert kind_of_content(BinaryFile(member, Window(data))) is kind
    assert kind_of_content(BinaryFile(member, Window(data, offset=100))) is None


@pytest.mark.parametrize("type", list(EntryType))
def test_kind_of_every_type(type: EntryType) -> None:
    kind = kind_of_entry(Entry("x", type))
    assert pickle.loads(pickle.dumps({kind: 1})) == {kind: 1}


def test_most_populated() -> None:
    assert most_populated([]) == ("", 0)
    assert most_populated(["a", "b"]) == ("", 0)
    assert most_populated(["r/a/b/1", "r/a/b/2", "r/a/3", "r/c/4"]) == ("r/a/b", 2)
    assert most_populated(["r/1", "r/2"]) == ("", 0)


@pytest.mark.once
def test_budgets_are_quick(tmp_path: Path) -> None:
    sdist = Sdist()
    sdist.files |= {f"data/{'x/' * (number % 50)}{number}": b"1" for number in range(5_000)}
    table = {"select": ["AR3"], "over-budget": {"patterns": {"*.so": 0, "x/**/7*": 3}, "kinds": {"text": 1}}}
    built = sdist.build()
    started = time.process_time()
    found = audit(tmp_path, built, table)
    assert time.process_time() - started < 3
    assert sorted({each.code for each in found}) == ["AR302", "AR303"]


def test_nothing_of_an_unread_archive(tmp_path: Path) -> None:
    built = Wheel().build()
    cut = Built(built.filename, built.data[:-40])
    assert not audit(tmp_path, cut, {"select": ["AR302", "AR303"], "over-budget": {"total": 1}})
