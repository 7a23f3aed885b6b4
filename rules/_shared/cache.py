"""A cache of one result, for rules that need the same result one after the other."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from pkgaudit.api import Distribution, Release

D = TypeVar("D", bound=Distribution | Release)
T = TypeVar("T")


class Latest(Generic[D, T]):
    """Caches the result for the latest distribution or release, without keeping it alive."""

    def __init__(self) -> None:
        self._held: tuple[weakref.ref[D], T] | None = None

    def of(self, distribution: D, make: Callable[[], T]) -> T:
        """Return the result for a distribution or release, calling ``make`` at the first request."""
        held = self._held
        if held is not None and held[0]() is distribution:
            return held[1]
        made = make()
        self._held = (weakref.ref(distribution), made)
        return made
