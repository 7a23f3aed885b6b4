"""Protected code: the marks of the data file are looked for where the index looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Sdist, Wheel, sample_sources, sdist_sources
from pkgaudit.rules.data.loader import marked_files, markers
from tests.support import audit

ONLY = {"select": ["BH102"]}


def found_in(folder: Path, path: str, data: bytes) -> list[str]:
    return [
        each.message for each in audit(folder, Wheel(files={**sample_sources(), path: data}).build(), ONLY)
    ]


@pytest.mark.parametrize("mark", [mark for marker in markers() for mark in marker.strings])
def test_every_mark_by_itself(mark: bytes, tmp_path: Path) -> None:
    marker = next(each for each in markers() if mark in each.strings)
    found = found_in(tmp_path, "sample/run.py", b"# \xff" + mark)
    assert len(found) == (marker.needs == "any")


@pytest.mark.parametrize("marker", markers(), ids=lambda marker: marker.name)
def test_all_marks_are_one_finding(marker: object, tmp_path: Path) -> None:
    from pkgaudit.rules.data.loader import Marker

    assert isinstance(marker, Marker)
    [message] = found_in(tmp_path, "sample/run.pye", b"\n".join(marker.strings))
    assert marker.name in message
    assert message.endswith("; PyPI rejects the file")


@pytest.mark.parametrize(
    ("path", "searched"),
    [
        ("sample/a.py", True),
        ("sample/a.b.Py", True),
        ("sample/.a.PYE", True),
        ("sample/.py", False),
        ("sample/..py", False),
        ("sample/py", False),
        ("sample/a.py.txt", False),
        ("sample/a.pyi", False),
        ("sample/a.py.", False),
    ],
)
def test_by_the_suffix(path: str, searched: bool, tmp_path: Path) -> None:
    assert bool(found_in(tmp_path, path, markers()[0].strings[0])) == searched


@pytest.mark.parametrize("over", [0, 1])
def test_up_to_the_size(over: int, tmp_path: Path) -> None:
    mark = markers()[0].strings[0]
    largest = marked_files()[1]
    # Bytes that do not shrink, lest the sdist unpack to too much.
    noise = bytes(range(256)) * (largest // 256 + 1)
    data = noise[: largest + over - len(mark)] + mark
    sdist = Sdist(files={**sdist_sources(), **sample_sources(), "sample/run.py": data})
    assert len(audit(tmp_path, sdist.build(), ONLY)) == 1 - over


def test_windows_of_a_large_member(tmp_path: Path) -> None:
    """With a low limit a file is read in windows; a mark is found in each, and told once."""
    data = b"x = 1\n" * 40_000 + markers()[0].strings[0] + b"\n" + b"x = 1\n" * 1000
    table = {**ONLY, "limits": {"member-bytes": 100_000}}
    wheel = Wheel(files={**sample_sources(), "sample/run.py": data})
    [found] = audit(tmp_path, wheel.build(), table)
    assert found.location.line == 40_001
