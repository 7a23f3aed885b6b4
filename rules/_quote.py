"""Values from an archive as they stand in a message."""

from __future__ import annotations


def quoted(text: str, most: int = 80) -> str:
    """Return ``text`` in quotes, with escapes for what cannot be shown, shortened to ``most`` characters."""
    return repr(text) if len(text) <= most else f"{text[:most]!r}…"


def count(number: int, noun: str) -> str:
    """Return a number with its noun in the right form."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
