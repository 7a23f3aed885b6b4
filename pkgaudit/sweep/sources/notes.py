"""Sentences about pages and files that a source could not read."""

from __future__ import annotations

_MOST = 1_000
"""The most sentences that are kept; an index with a million pages may fail for each."""


class Notes:
    """Sentences; the first ones are kept, all are counted."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[str] = []

    def add(self, sentence: str) -> None:
        """Add a sentence."""
        self.count += 1
        if len(self._kept) < _MOST:
            self._kept.append(sentence)

    def take(self) -> list[str]:
        """Return the sentences, and begin again without any."""
        found, count = self._kept, self.count
        self._kept, self.count = [], 0
        if count > len(found):
            found.append(f"{count - len(found):,} other pages or files could not be read")
        return found
