"""What profile `private` leaves out: just what only PyPI forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Built, Wheel
from pkgaudit.finding import Severity
from tests.support import audit, registry

PYPI_ONLY = {"MD105", "MD107", "MD111", "FN104", "AR301"}


def private_wheel() -> Built:
    """A wheel as it may well be on an index of one's own."""
    wheel = Wheel(version="1.0+internal.1", tag="cp311-cp311-linux_x86_64")
    assert wheel.metadata
    wheel.metadata.add("Classifier", "Private :: Do Not Upload")
    wheel.metadata.add("Requires-Dist", "other @ https://files.python.org/other-1.0-py3-none-any.whl")
    return wheel.build()


LIMIT = len(private_wheel().data) - 1


@pytest.mark.parametrize(
    ("profile", "expected"), [("private", set()), ("pypi", PYPI_ONLY), ("default", PYPI_ONLY)]
)
def test_wheel_for_an_index_of_ones_own(tmp_path: Path, profile: str, expected: set[str]) -> None:
    table = {"profile": profile, "too-large": {"limit": LIMIT}}
    findings = audit(tmp_path, private_wheel(), table)
    assert {each.code for each in findings if each.severity is Severity.ERROR} == expected


def test_standard_library_name_is_free_elsewhere(tmp_path: Path) -> None:
    wheel = Wheel(name="asyncore").build()
    assert [each.code for each in audit(tmp_path, wheel, {"profile": "pypi"})] == ["FN106"]
    assert audit(tmp_path, wheel, {"profile": "private", "select": ["FN"]}) == []


def test_what_only_pypi_forbids_mirrors_a_refusal() -> None:
    others = {"internal-name", "local-version-dependency"}  # of projects that only another index has
    assert {rule.name for rule in registry() if rule.pypi_only and not rule.index} == others
