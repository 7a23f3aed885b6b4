"""Misspelt keys."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 40
"""Characters of a key that may be a misspelt one: twice the longest that is known; it bounds the time."""

_CUTOFF = 0.84
"""How alike a key must be to one that is known, as `difflib` has it.

Chosen: it lets in a letter too many, too few or in the wrong place, as "dependancies" and "requires-pyton",
and keeps out words that are others, as "script-files" beside "scripts".
"""


def nearest(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that a misspelt one was meant to be, None where it is like none."""
    from difflib import get_close_matches

    if len(key) > _LONGEST:
        return None
    plain = key.replace("_", "-").lower()
    candidates = sorted(each for each in known if each != key)
    if plain in candidates:
        return plain
    return next(iter(get_close_matches(plain, candidates, 1, _CUTOFF)), None)
