"""Misspelt keys."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that a misspelt one was meant to be, None where it is like none."""
    from difflib import get_close_matches

    if len(key) > 40:
        return None
    plain = key.replace("_", "-").lower()
    candidates = sorted(each for each in known if each != key)
    if plain in candidates:
        return plain
    return next(iter(get_close_matches(plain, candidates, 1, 0.84)), None)
