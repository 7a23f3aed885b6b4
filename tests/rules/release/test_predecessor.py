"""Which files of two releases are compared, and how their sizes changed."""

from __future__ import annotations

import pytest

from pkgaudit.model.distribution import Release, Sdist, Update, Wheel
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.rules._shared.update import is_major, is_upward
from pkgaudit.rules.release.predecessor import Pair, growth, is_for_development, pairs


def wheel(name: str, **sizes: int) -> Wheel:
    made = Wheel(name, name)
    made.entries = [Entry(path, EntryType.FILE, size=size) for path, size in sizes.items()]
    return made


def update(new: list[str], old: list[str]) -> Update:
    releases = [
        Release(
            "sample", [Wheel(name, name) if name.endswith(".whl") else Sdist(name, name) for name in names]
        )
        for names in (new, old)
    ]
    return Update(*releases)


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("cp313-cp313-win32", ["cp313-cp313-win_amd64", "cp313-cp313-win32"], "cp313-cp313-win32"),
        ("cp314-cp314-win32", ["cp313-cp313-win_amd64", "cp313-cp313-win32"], "cp313-cp313-win32"),
        ("cp313-cp313-win32", ["py3-none-any"], "py3-none-any"),
        ("py3-none-any", ["cp313-cp313-win32", "py2.py3-none-any"], "py2.py3-none-any"),
        (
            "cp313-cp313-manylinux_2_28_x86_64",
            ["cp313-cp313-musllinux_1_2_x86_64", "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64"],
            "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
        ),
        ("cp313-cp313-win32", ["cp313-cp313-macosx_11_0_arm64"], None),
    ],
)
def test_like_is_compared_with_like(new: str, old: list[str], expected: str | None) -> None:
    found = pairs(update([f"sample-1.1-{new}.whl"], [f"sample-1.0-{each}.whl" for each in old]))
    assert [each.old.filename for each in found] == ([f"sample-1.0-{expected}.whl"] if expected else [])


def test_sdists_are_compared_without_wheels() -> None:
    files = ["sample-1.1.tar.gz", "sample-1.1-py3-none-any.whl"]
    old = ["sample-1.0.tar.gz"]
    assert [each.new.filename for each in pairs(update(files, old))] == ["sample-1.1.tar.gz"]


def test_a_file_has_the_same_name_in_the_next_release() -> None:
    old = wheel(
        "sample-1.0-cp312-cp312-win32.whl",
        **{
            "sample-1.0.dist-info/METADATA": 10,
            "sample-1.0.data/data/words.txt": 10,
            "sample/core.cpython-312-x86_64-linux-gnu.so": 10,
            "sample.libs/libz-0123abcd.so.1": 10,
        },
    )
    new = wheel(
        "sample-1.1-cp313-cp313-win32.whl",
        **{
            "sample-1.1.dist-info/METADATA": 10,
            "sample-1.1.data/data/words.txt": 10,
            "sample/core.cpython-313-x86_64-linux-gnu.so": 90,
            "sample.libs/libz-4567abcd.so.1": 10,
        },
    )
    found = growth(Pair(new, old))
    assert (found.old_size, found.size, found.changes) == (40, 120, [("sample/core.so", 80)])


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("1.1", "1.0", (True, False)),
        ("2.0", "1.9", (True, True)),
        ("1.0", "0.9", (True, True)),
        ("1!0.1", "2024.1", (True, True)),
        ("1.0", "1.0", (True, False)),
        ("1.0+cpu", "1.0+cuda", (True, False)),
        ("1.0", "2.0", (False, False)),
        ("x", "1.0", (False, False)),
    ],
)
def test_versions(new: str, old: str, expected: tuple[bool, bool]) -> None:
    made = update([f"sample-{new}-py3-none-any.whl"], [f"sample-{old}-py3-none-any.whl"])
    assert (is_upward(made), is_major(made)) == expected


def test_extras_of_developers() -> None:
    names = ["dev", "docs", "test-minimal", "fast", "tls", "testcontainers"]
    assert [each for each in names if is_for_development(each)] == names[:3]
