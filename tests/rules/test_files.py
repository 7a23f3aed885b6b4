"""The bytes that a summary declares are in every file of which it has a value."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest

from fixtures.cases import load_cases
from pkgaudit.api import Member, Window, make_distribution
from pkgaudit.archive.walk import walk
from pkgaudit.limits import Limits
from pkgaudit.rule import Summary
from tests.support import registry

SUMMARIES = [each for each in registry().summaries.values() if each.files.have_signs]

DECIDED_BY_THEM = {"first_numpy", "initializer", "starters"}
"""Summaries of all files with the bytes, so without the declaration they would have other values."""


def windows_of(summary: Summary) -> Iterator[tuple[Member, Window]]:
    """Yield the files of the cases of the rules that need a summary."""
    codes = {each.code for each in registry() if summary.result in each.needs}
    for case in load_cases():
        for built in case.builds() if case.code in codes else ():
            distribution = make_distribution(built.filename)
            assert distribution is not None
            for visit in walk(BytesIO(built.data), distribution, Limits()):
                for window in visit.windows():
                    yield visit.member, window
                visit.close()


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda each: each.function.__name__)
def test_no_value_without_the_bytes(summary: Summary) -> None:
    with_bytes = 0
    for member, window in windows_of(summary):
        if not summary.files.are_named(member.name) or (member.is_nested and not summary.files.nested):
            continue
        view = window.view(summary.subject, member)
        if view is None:
            continue
        if summary.files.have(window):
            with_bytes += summary.function(view) is not None
        elif summary.function.__name__ not in DECIDED_BY_THEM:
            assert summary.function(view) is None, member.path
    assert with_bytes
