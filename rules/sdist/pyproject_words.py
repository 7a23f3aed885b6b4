"""Find misspelled keys."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 40
"""The most characters of a key that may be misspelled: twice the longest known key; it bounds the time."""

_CUTOFF = 0.84
"""The similarity of a key to a known one, by `difflib`.

Chosen: it accepts one letter too many, too few or out of place, as in "dependancies" and "requires-pyton",
but not other words, such as "script-files" beside "scripts".
"""


def nearest(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that a misspelled key resembles, or None."""
    from difflib import get_close_matches

    if len(key) > _LONGEST:
        return None
    plain = key.replace("_", "-").lower()
    candidates = sorted(each for each in known if each != key)
    if plain in candidates:
        return plain
    return next(iter(get_close_matches(plain, candidates, 1, _CUTOFF)), None)
