"""Names that are confused or mistyped, and names that only look like it."""

from __future__ import annotations

import pytest

from pkgaudit.rules.data.loader import load
from pkgaudit.rules.dependencies.typos import meaning


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cv2", "opencv-python"),
        ("dateutil", "python-dateutil"),
        ("rest-framework", "djangorestframework"),
        ("bs4", "beautifulsoup4"),
        ("jwt", "pyjwt"),
        ("beautifulsop4", "beautifulsoup4"),
        ("cryptoography", "cryptography"),
        ("crpytography", "cryptography"),
        ("cryptographu", "cryptography"),
        ("dateutil-python", "python-dateutil"),
        ("python-requests", "requests"),
        ("request", "requests"),
        ("pandass", "pandas"),
        ("tensor-flow", "tensorflow"),
    ],
)
def test_finds(name: str, meant: str) -> None:
    found = meaning(name)
    assert found is not None
    assert found.names[0] == meant
    assert repr(meant) in found.reason


@pytest.mark.parametrize(
    "name",
    [
        "requests",
        "django",
        "httpx2",
        "dython",
        # Targets with fewer than six letters resemble others by chance.
        "nunpy",
        "clicks",
        # Two steps.
        "crpytographi",
        "cryptografie",
        # MD218 and DP110 report these.
        "python",
        "enum",
        "asyncio",
        "a" * 200,
        "",
    ],
)
def test_passes(name: str) -> None:
    assert meaning(name) is None


def test_never_reports_a_known_project() -> None:
    """All names of the data, of which many resemble another one."""
    known = [
        name
        for key in ("most_downloaded", "others")
        for name in " ".join(load("known_names").values[key]).split()
    ]
    wrong = {name for group in load("confused_names").values.values() for name in group}
    assert len(known) > 15_000
    assert {name for name in known if meaning(name)} <= wrong


def test_time_is_bounded() -> None:
    """The number of compared names does not grow with the length of a name."""
    assert meaning("-".join("abcdefghijklmnopqrstuvwxyz") * 1000) is None
