"""What was made of one distribution, for all rules that ask about it one after the other."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from pkgaudit.api import Distribution

D = TypeVar("D", bound=Distribution)
T = TypeVar("T")


class Latest(Generic[D, T]):
    """Holds what was made of the distribution that was asked about last; it keeps no distribution alive."""

    def __init__(self) -> None:
        self._held: tuple[weakref.ref[D], T] | None = None

    def of(self, distribution: D, make: Callable[[], T]) -> T:
        """Return what belongs to a distribution, made at the first request."""
        held = self._held
        if held is not None and held[0]() is distribution:
            return held[1]
        made = make()
        self._held = (weakref.ref(distribution), made)
        return made
