"""A cache of one result, for rules that need the same result for a distribution one after the other."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from pkgaudit.api import Distribution

D = TypeVar("D", bound=Distribution)
T = TypeVar("T")


class Latest(Generic[D, T]):
    """Caches the result for the latest distribution, without keeping the distribution alive."""

    def __init__(self) -> None:
        self._held: tuple[weakref.ref[D], T] | None = None

    def of(self, distribution: D, make: Callable[[], T]) -> T:
        """Return the result for a distribution, calling ``make`` at the first request."""
        held = self._held
        if held is not None and held[0]() is distribution:
            return held[1]
        made = make()
        self._held = (weakref.ref(distribution), made)
        return made
