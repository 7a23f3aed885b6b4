"""The remedy of a distribution that does not say which Pythons it supports."""

from __future__ import annotations

from pkgaudit.api import CoreMetadata, SetField
from pkgaudit.late import lazy

_MINOR = lazy(r"Programming Language :: Python :: 3\.(\d{1,3})")

_MAINTAINED = 10
"""The minor version that remedies give as an example: the oldest one with security updates in 2026."""


def require_python(metadata: CoreMetadata | None, first: str) -> SetField:
    """Return the remedy to set Requires-Python: the lowest Python that the classifiers name, else a guess."""
    classifiers = metadata.all("Classifier") if metadata is not None else []
    minors = [int(match[1]) for each in classifiers if (match := _MINOR.fullmatch(each.strip()))]
    right = (f">=3.{min(minors, default=_MAINTAINED)}",)
    return SetField("Requires-Python", first, right=right, is_guess=not minors)
