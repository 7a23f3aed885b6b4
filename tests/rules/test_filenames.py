"""File names: our own checks against those of ``packaging``, and what no name may do."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from fixtures.builders import Sdist
from pkgaudit.api import CoreMetadata, Distribution, make_distribution
from pkgaudit.rules._filename import fault, parts
from pkgaudit.rules.filenames import filename_metadata_mismatch, invalid_filename, unnormalised_filename

PIECES = st.lists(
    st.sampled_from(
        [
            "sample",
            "Sample",
            "-",
            "-",
            "_",
            ".",
            "1",
            "1.0",
            "0a1",
            "py3",
            "none",
            "any",
            "é",
            " ",
            "+x",
            "!",
            "",
            "~",
        ]
    ),
    max_size=12,
).map("".join)


def distribution(filename: str, name: str | None = None, version: str | None = None) -> Distribution:
    made = make_distribution(filename)
    assert made is not None
    if name is not None:
        path = "sample-1.0/PKG-INFO"
        made.metadata = CoreMetadata(
            path, f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n\n".encode()
        )
    return made


@example("sample-1-1-sample-sample")
@example("sample-1-py3-none-any (1)")
@given(PIECES)
def test_wheels_are_refused_where_packaging_refuses_them(stem: str) -> None:
    filename = f"{stem}.whl"
    try:
        parse_wheel_filename(filename)
    except InvalidWheelFilename:
        assert fault(distribution(filename)) is not None


@pytest.mark.parametrize(
    "filename",
    [
        "sample-1.0-py3-none-any.whl",
        "Sample.X_y-1.0RC1-1-py2.py3-none-any.whl",
        "sample-1!1.0.post1+local.1-0build-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "sämple-2023.01.05-py3-none-any.whl",
    ],
)
def test_wheels_that_packaging_takes(filename: str) -> None:
    parse_wheel_filename(filename)
    assert fault(distribution(filename)) is None


@given(PIECES)
@example("--1")
@example("-a-1")
def test_sdists_are_refused_where_packaging_refuses_them(stem: str) -> None:
    filename = f"{stem}.tar.gz"
    try:
        name, _ = parse_sdist_filename(filename)
        refused = not name or stem.startswith("-")
    except InvalidSdistFilename:
        refused = True
    assert (fault(distribution(filename)) is not None) == refused


@given(st.text(max_size=60), st.sampled_from([".whl", ".tar.gz", ".zip", ".egg"]), st.text(max_size=20))
def test_at_most_one_finding(stem: str, extension: str, name: str) -> None:
    made = distribution(stem.replace("/", "") + extension, name, "1.0")
    rules = (invalid_filename, unnormalised_filename, filename_metadata_mismatch)
    codes = {rule.__name__ for rule in rules for _ in rule(made)}
    assert len(codes) <= 1


@pytest.mark.parametrize(
    ("filename", "name", "found"),
    [
        ("sample-1.0-1.tar.gz", "sample", ("sample", "1.0-1")),
        ("sample-1.0-1.tar.gz", "sample-1.0", ("sample-1.0", "1")),
        ("big-sample-1.0.tar.gz", "big.sample", ("big-sample", "1.0")),
    ],
)
def test_where_the_version_begins(filename: str, name: str, found: tuple[str, str]) -> None:
    spelt = parts(distribution(filename, name, "1.0"))
    assert spelt is not None
    assert (spelt.name, spelt.version) == found


def test_the_fix_shows_the_right_name() -> None:
    made = distribution("Big.Sample-1.0.0-1.tar.gz", "Big.Sample", "1.0.0.post1")
    [problem] = unnormalised_filename(made)
    assert "big_sample-1.0.0.post1.tar.gz" in str(problem.fix)


def test_missing_metadata_is_no_mismatch() -> None:
    made = distribution(Sdist().filename)
    assert not list(filename_metadata_mismatch(made))
    assert not list(unnormalised_filename(made))


def test_version_of_many_digits() -> None:
    made = distribution(f"sample-{'1' * 10_000}.tar.gz")
    [problem] = invalid_filename(made)
    assert len(problem.message) < 300
