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

from fixtures.acceptance.names import REJECTED_PLATFORMS
from fixtures.builders import Sdist
from pkgaudit.api import CoreMetadata, Distribution, Severity, Wheel, make_distribution, normalize
from pkgaudit.rules._shared.filename import fault, parts
from pkgaudit.rules._shared.platform_tags import is_accepted, remedy
from pkgaudit.rules._shared.wheel_tags import excluded_pythons, expanded, wheel_tags
from pkgaudit.rules.filenames.rules import (
    filename_metadata_mismatch,
    invalid_filename,
    rejected_platform_tag,
    reserved_name,
    unnormalized_filename,
)

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
    rules = (invalid_filename, unnormalized_filename, filename_metadata_mismatch)
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


@pytest.mark.parametrize(
    ("platform", "was_built", "severity"),
    [
        ("linux_x86_64", True, Severity.INFO),
        ("linux_x86_64", False, None),
        ("macosx_11_1_arm64", True, None),
    ],
)
def test_wheel_that_was_built_for_the_audit(
    platform: str, was_built: bool, severity: Severity | None
) -> None:
    name = f"sample-1.0-cp312-cp312-{platform}.whl"
    (problem,) = rejected_platform_tag(Wheel(name, name, was_built=was_built))
    assert problem.severity is severity


def test_the_fix_shows_the_right_name() -> None:
    made = distribution("Big.Sample-1.0.0-1.tar.gz", "Big.Sample", "1.0.0.post1")
    [problem] = unnormalized_filename(made)
    assert "big_sample-1.0.0.post1.tar.gz" in str(problem.fix)


def test_missing_metadata_is_no_mismatch() -> None:
    made = distribution(Sdist().filename)
    assert not list(filename_metadata_mismatch(made))
    assert not list(unnormalized_filename(made))


def test_version_of_many_digits() -> None:
    made = distribution(f"sample-{'1' * 10_000}.tar.gz")
    [problem] = invalid_filename(made)
    assert len(problem.message) < 300


def wheel(filename: str) -> Wheel:
    made = distribution(filename)
    assert isinstance(made, Wheel)
    return made


@given(PIECES)
@example("sample-1.0-py2..py3-none-any")
@example("sample-1.0-py3-none-any (1)")
def test_a_tag_is_unnoticed_only_where_the_platform_is_taken(stem: str) -> None:
    found = fault(distribution(f"{stem}.whl"))
    if found is not None and "the tag" in found.what and "rejects" not in found.outcome:
        assert all(map(is_accepted, stem.rpartition("-")[2].split(".")))


@pytest.mark.parametrize("tag", REJECTED_PLATFORMS)
def test_remedy_is_told_and_taken(tag: str) -> None:
    """What a remedy names as a whole tag must itself be one that is taken."""
    told = remedy(tag)
    assert told
    for word in told.replace(",", " ").split():
        if word.startswith(("manylinux_2", "macosx_1", "macosx_2", "win_")):
            assert is_accepted(word.rstrip(":"))


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("linux_x86_64", "auditwheel repair"),
        ("linux_loongarch64", "no wheels for Linux on 'loongarch64'"),
        ("manylinux2014_riscv64", "manylinux_2_17_riscv64"),
        ("macosx_11_1_arm64", "MACOSX_DEPLOYMENT_TARGET=11.0, which gives it the tag macosx_11_0_arm64"),
        ("macosx_16_0_arm64", "macosx_15_0_arm64"),
        ("macosx_27_0_arm64", "macosx_26_0_arm64"),
        ("macosx_9_1_x86_64", "MACOSX_DEPLOYMENT_TARGET=10.9"),
        (f"macosx_{'9' * 200}_0_arm64", "macosx_26_0_arm64"),
        ("pyodide_2024_0_wasm32", "PEP 783"),
        ("musllinux_1_2_ppc64", "one of the architectures aarch64, armv7l,"),
        ("win_x86_64", "one of win32, win_amd64, win_arm64"),
        ("freebsd_14_amd64", "upload only the sdist"),
    ],
)
def test_remedy(tag: str, says: str) -> None:
    assert says in remedy(tag)


@given(st.text(alphabet="_manylinuxcosx1026.arm64X٣ \n", max_size=60))
def test_any_platform_is_judged(tag: str) -> None:
    assert is_accepted(tag) or remedy(tag)


def test_each_platform_is_named_once() -> None:
    [problem] = rejected_platform_tag(wheel("sample-1.0-cp311-cp311-a.b.a.c.d.A.whl"))
    assert "the platform tags 'a', 'b', 'c' and 1 more are not among those" in problem.message


def test_tags_of_a_file_name() -> None:
    tags = wheel_tags(wheel("Sample-1.0-1x-py2.Py3-None.abi3-any.whl"))
    assert tags is not None
    assert tags.build == "1x"
    assert set(tags) == {"py2-none-any", "py3-none-any", "py2-abi3-any", "py3-abi3-any"}
    assert wheel_tags(wheel("sample-py3-none-any.whl")) is None


def test_tags_in_wheel() -> None:
    assert set(expanded(" Py2.py3-none-any ")) == {"py2-none-any", "py3-none-any"}
    assert set(expanded("py3")) == {"py3"}
    assert len(set(expanded("-".join([".".join(map(str, range(30)))] * 3)))) == 1


@pytest.mark.parametrize(
    ("tags", "requires", "excluded"),
    [
        ("py2.py3-none-any", ">=3", ["py2"]),
        ("py2.py3-none-any", ">=2.7,!=3.0.*", []),
        ("py3-none-any", "<3", ["py3"]),
        ("py3-none-any", ">=3.15", []),
        ("py38-none-any", ">=3.10", []),
        ("py312-none-any", "<3.11", ["py312"]),
        ("cp38-cp38-win32", ">=3.9", ["cp38"]),
        ("cp38-abi3-win32", ">=3.9", []),
        ("cp39-cp39-win32", ">=3.9.2", []),
        ("cp310.cp311.pp39-none-any", "==3.10.*", ["cp311", "pp39"]),
        ("cp314t-cp314t-win32", ">=3.15", []),
        ("graalpy311-none-any", "<3", []),
        ("py2-none-any", "nonsense", []),
        ("cp39-cp39-win32", "==3.9.7", []),
        ("cp39-cp39-win32", ">3.9.17,<3.10", []),
        ("cp39-cp39-win32", "<3.9", ["cp39"]),
        ("py3-none-any", "==2.7.*", ["py3"]),
        ("py2-none-any", ">=" + "1" * 5000, []),
    ],
)
def test_excluded_pythons(tags: str, requires: str, excluded: list[str]) -> None:
    found = wheel_tags(wheel(f"sample-1.0-{tags}.whl"))
    assert found is not None
    assert excluded_pythons(found, requires) == excluded


@pytest.mark.parametrize("name", ["asyncore", "Test", "XML-Etree", "xml..etree", "main"])
def test_reserved_names(name: str) -> None:
    filename = f"{normalize(name).replace('-', '_')}-1.0.tar.gz"
    [problem] = reserved_name(distribution(filename, name, "1.0"))
    assert "PyPI rejects the file" in problem.message
    [problem] = reserved_name(distribution(filename))
    assert problem.location.member is None


@pytest.mark.parametrize("name", ["asyncio2", "xml-etree-x", "etree", "_test"])
def test_names_that_are_free(name: str) -> None:
    assert not list(reserved_name(distribution("sample-1.0.tar.gz", name, "1.0")))
