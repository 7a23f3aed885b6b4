"""Detect versions that tools generate if they find no tag."""

from __future__ import annotations

import re
from typing import NamedTuple

from pkgaudit.api import Severity
from pkgaudit.rules._shared.filename import parse_version

_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{2}){0,3}")
"""A date, or a date and time: the number of a nightly build."""

_LONGEST_COUNT = 9
"""The most digits of a number of commits: no repository has a thousand million commits.

A time in seconds has ten digits, and is treated differently; a commit hash as a number has more.
"""

_FALLBACK = frozenset({(0, 1), (0, 0, 1)})
"""The base versions of setuptools-scm (and hatch-vcs) and of pbr without a tag."""


class Verdict(NamedTuple):
    """The severity of a version's fault, and the reason as the end of a sentence."""

    severity: Severity
    reason: str


def judge_version(text: str) -> Verdict | None:
    """Return the fault of a version, or None. MD105 reports a mere local part."""
    version = parse_version(text)
    if version is None or version.epoch:  # only people set an epoch
        return None
    if not any(version.release) and version.pre is None:
        return Verdict(Severity.WARNING, "is a fallback of tools that find no version")
    if version.dev is None:
        return None
    digits = str(version.dev)
    if _DAY.fullmatch(digits):
        return None
    if version.pre is None and version.release in _FALLBACK:
        return Verdict(
            Severity.WARNING, "is a fallback of tools that find no tag and count from the first commit"
        )
    if len(digits) > _LONGEST_COUNT and not _is_time(version.dev):
        return Verdict(Severity.WARNING, "ends in a number that looks like a commit hash")
    return Verdict(Severity.INFO, "is a development version, which installers ignore by default")


def _is_time(number: int) -> bool:
    """Return whether a number is a time since 1970, from 2001 to 2100, in seconds or milliseconds."""
    # 10**9 seconds ended on 2001-09-09; the upper bound is the first of January 2100.
    return any(10**9 <= number // unit < 4_102_444_800 for unit in (1, 1000))
