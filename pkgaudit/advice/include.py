"""How to have a file packed into a distribution."""

from __future__ import annotations

from pkgaudit.finding import Include
from pkgaudit.model.distribution import Distribution, Sdist


def include(remedy: Include, distribution: Distribution) -> str:
    """Return how to have a file packed, with the backend that built the distribution."""
    root = distribution.root if isinstance(distribution, Sdist) else None
    path = remedy.path.removeprefix(f"{root}/") if root else remedy.path
    first = f"{remedy.first}; " if remedy.first else ""
    return f"{first}have {path} packed into the {distribution.kind}"
