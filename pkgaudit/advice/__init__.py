"""Remedies in the words of the build backend at hand.

The remedies were tried with the backends themselves, in tests/advice/.
"""

from __future__ import annotations

from pkgaudit.advice.exclude import exclude
from pkgaudit.advice.include import include
from pkgaudit.advice.set_field import set_field
from pkgaudit.finding import Exclude, Include, Remedy
from pkgaudit.model.distribution import Distribution


def in_words(remedy: Remedy, distribution: Distribution) -> str:
    """Return what to do, with the backend that built the distribution and where that one takes it from."""
    if isinstance(remedy, Exclude):
        return exclude(remedy, distribution)
    if isinstance(remedy, Include):
        return include(remedy, distribution)
    return set_field(remedy, distribution)
