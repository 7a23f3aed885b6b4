"""Which versions are those that tools make up where they find no tag."""

from __future__ import annotations

import re
from typing import NamedTuple

from pkgaudit.api import Severity
from pkgaudit.rules._shared.filename import parse_version

_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{2}){0,3}")
"""A day, or a time of one: the number of a build that is made each night."""

_LONGEST_COUNT = 9
"""Digits that a number of commits does not exceed: no repository has a thousand million of them.

A time in seconds has ten digits, and is another matter; a hash of a commit that is taken as a number has
more.
"""

_FALLBACK = frozenset({(0, 1), (0, 0, 1)})
"""Releases to which tools count where there is no tag at all: setuptools-scm (and hatch-vcs), and pbr."""


class Verdict(NamedTuple):
    """How bad a version is, and why, as the end of a sentence."""

    severity: Severity
    why: str


def judge_version(text: str) -> Verdict | None:
    """Return what is wrong with a version, None where nothing is. A local part alone is MD105's."""
    version = parse_version(text)
    if version is None or version.epoch:  # nobody but a person sets an epoch
        return None
    if not any(version.release) and version.pre is None:
        return Verdict(Severity.WARNING, "is what tools fall back to when they find no version")
    if version.dev is None:
        return None
    digits = str(version.dev)
    if _DAY.fullmatch(digits):
        return None
    if version.pre is None and version.release in _FALLBACK:
        return Verdict(
            Severity.WARNING, "is what tools count up to from the first commit when they find no tag"
        )
    if len(digits) > _LONGEST_COUNT and not _is_time(version.dev):
        return Verdict(Severity.WARNING, "ends in a number that looks like that of a commit")
    return Verdict(Severity.INFO, "is that of a development build, which installers leave out unless asked")


def _is_time(number: int) -> bool:
    """Return whether a number is a time in seconds (or thousandths of them) since 1970, from 2001 to 2100."""
    # 10**9 seconds ended on 2001-09-09; the upper bound is the first of January 2100.
    return any(10**9 <= number // unit < 4_102_444_800 for unit in (1, 1000))
