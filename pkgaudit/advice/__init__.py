"""Remedies for each build backend.

tests/advice/ follows each remedy with the backend itself and builds again.
"""

from __future__ import annotations

from pkgaudit.advice.advice import Advice, joined
from pkgaudit.advice.backend import pyproject_of
from pkgaudit.advice.files import exclude, include, lost
from pkgaudit.advice.set_field import set_field, settings_of
from pkgaudit.finding import Exclude, Include, Remedy
from pkgaudit.model.distribution import Distribution, Sdist


def advise(
    remedy: Remedy,
    distribution: Distribution,
    beside: Sdist | None = None,
    tracked: frozenset[str] = frozenset(),
) -> list[Advice]:
    """Return the steps for the backend that built the distribution, with the files and settings it reads.

    ``beside`` is the sdist of the same release: it contains the settings with which a wheel was built.
    ``tracked`` are the files that version control has, from the project's folder.
    """
    if isinstance(remedy, Exclude):
        paths = (remedy.path, *remedy.more)
        return [exclude(Exclude(path, remedy.first), distribution, beside) for path in paths]
    if isinstance(remedy, Include):
        return include(remedy, distribution, beside, tracked)
    if remedy.lost is not None and (instead := lost(remedy.lost, distribution, beside, tracked)) is not None:
        return include(instead, distribution, beside, tracked)
    settings = settings_of(remedy, distribution, beside)
    return [Advice(set_field(remedy, distribution, beside), settings=settings)]


def in_words(remedy: Remedy, distribution: Distribution, beside: Sdist | None = None) -> str:
    """Return the remedy as text: the first line explains it, all others are the text to paste."""
    return joined(advise(remedy, distribution, beside), pyproject_of(beside or distribution))
