"""Versions with known vulnerabilities: the decision on a requirement, compared with every version."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pkgaudit.model.advisories import Advisory, Span
from pkgaudit.rules.dependencies.affected import Affected, Fix
from pkgaudit.vulndb.spans import merged

TEXTS = ["1.0", "1.1", "1.1.2", "1.2rc1", "1.2", "2.0", "2.0.post1", "2.1"]

VERSIONS = [Version(each) for each in TEXTS]

EXISTING = [
    Version(each)
    for each in (
        "0.dev0",
        *TEXTS,
        *(
            f"{major}.{minor}{rest}"
            for major, minor in product("0123", "0123")
            for rest in ("", ".1", ".3", "b1", ".post2")
        ),
        "99",
    )
]
"""Versions of a project, many of them beside those of specifiers and advisories."""

SPANS = st.lists(
    st.builds(
        lambda low, high, closed: Span(low, high, closed and high is not None),
        st.one_of(st.none(), st.sampled_from(VERSIONS)),
        st.one_of(st.none(), st.sampled_from(VERSIONS)),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
).map(lambda spans: tuple(merged(spans)))

ADVISORIES = st.lists(st.builds(Advisory, st.just(("CVE-1",)), SPANS), max_size=3)

SPECIFIERS = st.lists(
    st.builds("{}{}".format, st.sampled_from(["<", "<=", ">", ">=", "!=", "=="]), st.sampled_from(TEXTS)),
    max_size=3,
).map(lambda each: SpecifierSet(",".join(each)))


@settings(max_examples=300)
@given(ADVISORIES, SPECIFIERS)
def test_a_requirement_is_never_forced_if_a_version_is_free(
    advisories: list[Advisory], allowed: SpecifierSet
) -> None:
    affected = Affected(advisories)
    forced = affected.forced(allowed)
    free = [
        each
        for each in EXISTING
        if allowed.contains(each, prereleases=True)
        and not any(span.covers(each) for one in advisories for span in one.spans if span.high is not None)
    ]
    if forced is not None:
        assert not free
        assert forced[1]


@settings(max_examples=300)
@given(ADVISORIES, SPECIFIERS)
def test_the_fix_is_allowed_later_and_free(advisories: list[Advisory], allowed: SpecifierSet) -> None:
    affected = Affected(advisories)
    for version in VERSIONS:
        fix = affected.fix_above(version, allowed)
        if fix is not None and not fix.is_after:
            assert Version(fix.version) > version
            assert allowed.contains(fix.version, prereleases=True)
            assert not affected.at(Version(fix.version))


def affected_by(*spans: str) -> Affected:
    made = []
    for number, text in enumerate(spans):
        parts = [each.split(":") for each in text.split()]
        found = (
            Span(
                Version(low) if low else None, Version(high.rstrip("]")) if high else None, high.endswith("]")
            )
            for low, high in parts
        )
        made.append(Advisory((f"CVE-{number}",), tuple(found)))
    return Affected(made)


@pytest.mark.parametrize(
    ("spans", "specifier", "is_forced"),
    [
        ([":2.0"], "<2.0", True),
        ([":2.0"], "<=1.9", True),
        ([":2.0"], "<2.1", False),
        ([":2.0"], ">=1.0", False),
        ([":2.0"], "", False),
        ([":2.0"], "<=2.0", False),
        ([":2.0"], "<=2.0,!=2.0", True),
        ([":2.0]"], "<=2.0", True),
        ([":2.0]"], "<2.1", False),
        (["1.0:1.5 2.0:2.3"], ">=2.0,<2.3", True),
        (["1.0:1.5 2.0:2.3"], ">=1.0,<2.0", False),
        (["1.0:1.5"], ">=0.5,<1.5", False),
        ([":1.5", "1.5:2.0"], "<2.0", True),
        ([":1.5", "1.6:2.0"], "<2.0", False),
        ([":1.5", "1.5.1:2.0"], ">1.0,<2.0,!=1.5", False),
        ([":"], "<2.0", False),
        ([":", ":2.0"], "<2.0", True),
        ([":2.0"], "~=1.4", True),
        ([":2.0"], "==1.*", True),
        ([":1.5"], "==1.*", False),
        ([":0.5 1.5:3.0"], ">1.0,<1.2", False),
    ],
)
def test_forced(spans: list[str], specifier: str, is_forced: bool) -> None:
    assert (affected_by(*spans).forced(SpecifierSet(specifier)) is not None) is is_forced


@pytest.mark.parametrize(
    ("spans", "version", "fix"),
    [
        ([":2.0"], "1.0", Fix("2.0", False)),
        (["1.0:1.5 2.0:2.3"], "1.0", Fix("1.5", False)),
        ([":1.5", "1.5:2.0"], "1.0", Fix("2.0", False)),
        ([":1.5]"], "1.0", Fix("1.5", True)),
        ([":2.0rc1"], "1.0", Fix("2.0", False)),
        ([":", ":2.0"], "1.0", Fix("2.0", False)),
        ([":"], "1.0", None),
        ([":2.0", "1.5:"], "1.0", Fix("2.0", False)),
    ],
)
def test_the_lowest_fix(spans: list[str], version: str, fix: Fix | None) -> None:
    assert affected_by(*spans).fix_above(Version(version)) == fix
