"""What an archive's oddities become."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fixtures.builders import Built, Sdist, Wheel
from pkgaudit.api import Anomaly, AnomalyKind, Entry, EntryType
from pkgaudit.model.distribution import Sdist as SdistModel
from pkgaudit.model.distribution import Wheel as WheelModel
from pkgaudit.rules.archive.rules_structure import unread_nested_archive, unreadable_archive, unsafe_path
from tests.support import audit


def wheel(*paths: str) -> WheelModel:
    entries = [Entry(path, EntryType.FILE) for path in paths]
    return WheelModel("sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl", entries=entries)


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "//host/a",
        "\\a",
        "\\\\host\\a",
        "C:/a",
        "c:a",
        "C:\\a",
        "..",
        "../a",
        "a/..",
        "a/../b",
        "a\\..\\b",
        "a\\b",
    ],
)
def test_unsafe(path: str) -> None:
    [problem] = unsafe_path(wheel(path))
    assert problem.location.member == path
    assert problem.severity is None


@pytest.mark.parametrize("path", ["a", "a/b", "...", "a/...", "..a/b..", "a..b", "1:a", ".a/.b", "aa:b"])
def test_safe(path: str) -> None:
    assert not list(unsafe_path(wheel(path)))


@pytest.mark.parametrize(
    ("folder", "test"),
    [
        ("tests", True),
        ("test_data", True),
        ("my-tests", True),
        ("fixtures", True),
        ("sample.tests", True),
        ("testing", True),
        ("contest", False),
        ("latest", False),
        ("testimony", False),
        ("data", False),
    ],
)
def test_folders_of_tests(folder: str, test: bool) -> None:
    found = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    found.anomalies.append(
        Anomaly(AnomalyKind.NOT_LOOKED_INTO, "the archive is broken", f"sample-1.0/{folder}/a.zip")
    )
    [problem] = unread_nested_archive(found)
    assert (problem.severity is not None) == test


def test_a_fault_of_all_members_is_one_finding() -> None:
    found = wheel("a", "b")
    for number, member in enumerate(("a", "b's", 'c "d"')):
        text = f"{member!r} has no local header at byte {number}"
        found.anomalies.append(Anomaly(AnomalyKind.UNREADABLE, text, member, number))
    found.anomalies.append(
        Anomaly(AnomalyKind.UNREADABLE, "'d' has data that does not match its checksum", "d", 9)
    )
    first, second = unreadable_archive(found)
    assert first.location.member == "a"
    assert "and 2 more members" in first.message
    assert second.location.member == "d"


def test_damage_is_one_cause(tmp_path: Path) -> None:
    """An archive cut off anywhere makes no rule complain of what it then lacks."""
    dice = random.Random(7)
    for built in (Sdist().build(), Wheel().build()):
        for _ in range(20):
            cut = dice.randrange(30, len(built.data) - 30)
            found = audit(
                tmp_path, Built(built.filename, built.data[:cut]), {"select": ["AR", "FN", "HM", "SD", "WH"]}
            )
            assert [each.code for each in found] == ["AR101"]
