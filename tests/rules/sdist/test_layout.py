"""The root folder: found as the index finds it, which is by ``os.path.commonpath``."""

from __future__ import annotations

import posixpath
import time

from hypothesis import given
from hypothesis import strategies as st

from pkgaudit.api import Entry, EntryType
from pkgaudit.model.distribution import Sdist
from pkgaudit.rules._shared.index_words import REFUSED, TRIPS, UNNOTICED
from pkgaudit.rules.sdist.rules_layout import invalid_root, missing_pkg_info


def model(paths: list[str]) -> Sdist:
    sdist = Sdist("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    sdist.entries = [Entry(path, EntryType.FILE) for path in paths]
    return sdist


def outcome(paths: list[str]) -> str | None:
    """Return what the index does, by its own means; None if it takes the sdist."""
    try:
        common = posixpath.commonpath(paths)
    except ValueError:
        return TRIPS
    return None if common not in ("", ".", "/") and f"{common}/PKG-INFO" in paths else REFUSED


PARTS = st.sampled_from(["r", "r", "r", "a", "PKG-INFO", ".", "..", ""])
PATH = st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(bool)
COMMON = st.sampled_from(["", "r/", "/r/", "./r/", "r/a/"])


@given(COMMON, st.lists(PATH, min_size=1, max_size=4), st.booleans())
def test_what_is_said_is_what_the_index_does(prefix: str, names: list[str], informed: bool) -> None:
    paths = [f"{prefix}{name}" for name in names] + ([f"{prefix}PKG-INFO"] if informed else [])
    sdist = model(paths)
    said = [each.message for rule in (invalid_root, missing_pkg_info) for each in rule(sdist)]
    expected = outcome(paths)
    outcomes = [word for word in (REFUSED, TRIPS, UNNOTICED) if any(each.endswith(word) for each in said)]
    if expected is None:
        assert set(outcomes) <= {UNNOTICED}
    else:
        assert outcomes == [expected]


def test_long_paths_take_little_memory() -> None:
    start = time.perf_counter()
    sdist = model([f"{'x/' * 2000}{number}" for number in range(2000)])
    assert list(invalid_root(sdist))
    assert time.perf_counter() - start < 10
