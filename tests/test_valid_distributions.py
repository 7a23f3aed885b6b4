"""Whatever valid wheel or sdist the builders can make, PyPI's profile has nothing against it."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from fixtures.builders import Metadata, Sdist, Wheel, sample_metadata, sample_sources, sdist_sources
from pkgaudit.finding import Severity
from tests.support import audit

PROFILE = {"profile": "pypi"}

EDGE = string.ascii_letters + string.digits
names = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}([-_.]{1,2}[A-Za-z0-9]{1,8}){0,2}xq", fullmatch=True)
"""Names of projects; none that ends in xq is one of the standard library."""

numbers = st.integers(0, 2030)


@st.composite
def versions(draw: st.DrawFn) -> str:
    epoch = draw(st.sampled_from(["", "", "", "1!", "0!"]))
    release = ".".join(map(str, draw(st.lists(numbers, min_size=1, max_size=4))))
    pre = draw(st.sampled_from(["", "", "a1", "b2", "rc3"]))
    post = draw(st.sampled_from(["", "", ".post4"]))
    dev = draw(st.sampled_from(["", "", ".dev5"]))
    return str(Version(f"{epoch}{release}{pre}{post}{dev}"))


text = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).filter(
    lambda value: value.strip() == value and value != "UNKNOWN"
)
platforms = st.sampled_from(
    [
        "any",
        "win_amd64",
        "macosx_11_0_arm64",
        "macosx_10_9_x86_64.macosx_10_9_universal2",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "musllinux_1_2_aarch64",
        "ios_13_0_arm64_iphoneos",
        "android_24_arm64_v8a",
        "pyemscripten_2025_0_wasm32",
    ]
)
tags = st.builds(
    "-".join,
    st.tuples(st.sampled_from(["py3", "py2.py3", "cp312"]), st.sampled_from(["none", "abi3"]), platforms),
)
fields = st.lists(
    st.one_of(
        st.tuples(st.just("Keywords"), text),
        st.tuples(st.just("Author"), text),
        st.tuples(st.just("Requires-Dist"), st.builds("{}>=1.0; python_version<'3.12'".format, names)),
        st.tuples(st.just("Provides-Extra"), names),
        st.tuples(
            st.just("Project-URL"),
            st.builds("{}, https://git.python.org/{}".format, names.map(lambda each: each[:32]), names),
        ),
        st.tuples(
            st.just("Maintainer-email"),
            st.builds("{}@python.org".format, names.map(lambda e: e.replace(".", ""))),
        ),
        st.tuples(st.just("Home-page"), st.builds("https://python.org/{}".format, names)),
    ),
    max_size=8,
    unique_by=lambda field: field[0],
)
paths = st.lists(
    st.text(EDGE + "_-.+ ~\N{LATIN SMALL LETTER E WITH ACUTE}", min_size=1, max_size=20).filter(
        lambda part: part.strip(". ") == part
    ),
    min_size=1,
    max_size=4,
).map("/".join)
files = st.dictionaries(paths.map("sample/data/{}.bin".format), st.binary(max_size=300), max_size=6)


def metadata_of(name: str, version: str, summary: str, extra: list[tuple[str, str]], body: str) -> Metadata:
    metadata = sample_metadata(name, version)
    metadata.set("Summary", summary)
    for field, value in extra:
        metadata.set(field, value)
    metadata.body = body
    return metadata


metadatas = st.builds(metadata_of, names, versions(), text, fields, text)


def normal(name: str) -> str:
    return "_".join(part for part in name.lower().replace("-", "_").replace(".", "_").split("_") if part)


def errors(built: object) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        found = audit(Path(folder), built, PROFILE)  # type: ignore[arg-type]
    return [
        f"{each.code} {each.location} {each.message}" for each in found if each.severity is Severity.ERROR
    ]


def value(metadata: Metadata, field: str) -> str:
    return dict(metadata.headers)[field]


@settings(max_examples=80)
@given(metadatas, tags, files)
def test_wheels(metadata: Metadata, tag: str, more: dict[str, bytes]) -> None:
    name, version = normal(value(metadata, "Name")), value(metadata, "Version")
    wheel = Wheel(name, version, tag, {**sample_sources(), **more}, None)
    wheel.metadata = metadata
    assert errors(wheel.build()) == []


@settings(max_examples=80)
@given(metadatas, files)
def test_sdists(metadata: Metadata, more: dict[str, bytes]) -> None:
    name, version = normal(value(metadata, "Name")), value(metadata, "Version")
    sdist = Sdist(name, version, {**sdist_sources(), **sample_sources(), **more}, None)
    sdist.metadata = metadata
    assert errors(sdist.build()) == []
