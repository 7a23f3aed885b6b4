"""Remedies in the words of the build backend at hand.

The remedies were tried with the backends themselves, in tests/advice/.
"""

from __future__ import annotations

from pkgaudit.advice.advice import Advice
from pkgaudit.advice.backend import pyproject_of
from pkgaudit.advice.exclude import exclude
from pkgaudit.advice.include import include
from pkgaudit.advice.set_field import set_field
from pkgaudit.finding import Exclude, Include, Remedy
from pkgaudit.model.distribution import Distribution, Sdist


def advise(remedy: Remedy, distribution: Distribution, beside: Sdist | None = None) -> Advice:
    """Return what to do, with the backend that built the distribution and where that one takes it from.

    ``beside`` is the sdist of the same release: it has the settings by which a wheel was built.
    """
    if isinstance(remedy, Exclude):
        return exclude(remedy, distribution, beside)
    if isinstance(remedy, Include):
        return include(remedy, distribution, beside)
    return Advice(set_field(remedy, distribution, beside))


def in_words(remedy: Remedy, distribution: Distribution, beside: Sdist | None = None) -> str:
    """Return the same as text. Its first line is made of sentences, all others are to be pasted."""
    return advise(remedy, distribution, beside).in_words(pyproject_of(beside or distribution))
