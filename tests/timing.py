"""Whether time grows in proportion to what is read, measured no more often than the answer needs."""

from __future__ import annotations

import time
from collections.abc import Callable

REPEATS = 3
"""How often a measurement is taken at most; the best one counts, since other processes only add time."""


def seconds(call: Callable[[], object]) -> float:
    """Return the processor time that a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


def is_linear(
    measure: Callable[[int], float], small: int, large: int, *, factor: float, enough: float
) -> bool:
    """Whether the larger size takes less than ``enough`` seconds, or less than ``factor`` in proportion.

    ``measure`` returns the seconds that a size takes. The best of `REPEATS` measurements is compared, so the
    larger size need not be measured again once one of its measurements is good enough.
    """
    best = measure(large)
    if best < enough:
        return True
    most = factor * large / small * min(measure(small) for _ in range(REPEATS))
    for _ in range(REPEATS - 1):
        if best < max(enough, most):
            return True
        best = min(best, measure(large))
    return best < max(enough, most)
