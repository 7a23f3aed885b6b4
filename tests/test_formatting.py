"""The format of values in messages."""

from __future__ import annotations

import pytest

from pkgaudit.formatting import quoted, without_place

LONG = "a/" * 100 + "b.py"


@pytest.mark.parametrize(
    ("message", "member", "shown"),
    [
        ("'a.py' is empty", "a.py", "is empty"),
        ("'a.py' is empty", "b.py", "'a.py' is empty"),
        ("'a.py' and 2 more files are empty", "a.py", "'a.py' and 2 more files are empty"),
        ("the wheel is empty", None, "the wheel is empty"),
        ("'' is empty", "", "'' is empty"),
        (f"{quoted(LONG)} is empty", LONG, "is empty"),
    ],
)
def test_without_place(message: str, member: str | None, shown: str) -> None:
    assert without_place(message, member) == shown
