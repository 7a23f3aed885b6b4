"""The remedies of imports that fail."""

from __future__ import annotations

import pytest

from pkgaudit.model.tries import Fate, Step, Trial, Tries
from pkgaudit.rules.trying.rules_code import failed_import


@pytest.mark.parametrize(
    ("missing", "fine", "says"),
    [
        ("tomli", (), "pack tomli, or declare the dependency that provides it, or leave"),
        ("zoneinfo", (), "import zoneinfo within 'try', with a replacement for Pythons that lack it, or"),
        ("tomli", ("CPython 3.13",), "or exclude CPython 3.6 and 3.7 (`project.requires-python` in"),
        (None, ("CPython 3.13",), "correct the module, or exclude CPython 3.6 and 3.7"),
    ],
)
def test_remedy(missing: str | None, fine: tuple[str, ...], says: str) -> None:
    pythons = ("CPython 3.6", "CPython 3.7")
    trial = Trial("a.whl", Step.IMPORT, Fate.FAILED, "a", pythons, fine, missing=missing)
    (found,) = failed_import(Tries(["a.whl"], [trial]))
    assert says in str(found.fix)
