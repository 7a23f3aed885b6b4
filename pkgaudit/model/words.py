"""Words that rules look for in contents, all in one pass over each content.

Most rules want few files, and know them by a word: code that starts a process has the name of a function
that does so. A rule declares its words as a constant, and asks a window which of them occur. The first
question about a window searches for the words of all rules at once, at several gigabytes per second; each
word would need a pass of its own otherwise. A rule then checks the words that occur more exactly, where that
is needed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from threading import Lock

from pkgaudit.literals import Scan, hyperscan_scan

logger = logging.getLogger(__name__)


class Words:
    """Words that a rule looks for in a content: a constant of a module, so that each is searched for once.

    ``ignores_case``: the case of ASCII letters does not matter; the words are then in lower case.
    """

    __slots__ = ("end", "ignores_case", "numbers", "words")

    def __init__(self, *words: bytes, ignores_case: bool = False) -> None:
        """Declare the words.

        Raises:
            TypeError: a word is a text, or empty; words are searched for in bytes.
        """
        for word in words:
            if not isinstance(word, bytes) or not word:
                raise TypeError(f"Words: {word!r} is not bytes, such as b'word'")
        self.words = words
        self.ignores_case = ignores_case
        self.numbers = _CATALOGUE.add(words, ignores_case)
        self.end = max(self.numbers, default=-1) + 1
        """The smallest number of words in a search that contains all of these words."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.words)

    def in_text(self, data: bytes) -> tuple[bytes, ...]:
        """Return the words that occur in a text, in their order, by one search for each."""
        text = data.lower() if self.ignores_case else data
        return tuple(each for each in self.words if each in text)


class Occurring:
    """The words that occur in a content, of the first ``size`` words that rules have declared."""

    __slots__ = ("numbers", "size")

    def __init__(self, numbers: frozenset[int], size: int) -> None:
        self.numbers = numbers
        self.size = size

    def of(self, words: Words) -> tuple[bytes, ...]:
        """Return those of a rule, in their order."""
        if self.numbers.isdisjoint(words.numbers):
            return ()
        pairs = zip(words.words, words.numbers, strict=True)
        return tuple(word for word, number in pairs if number in self.numbers)


class _Catalogue:
    """The words of all rules that have been imported, and the search for them."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[bytes, bool], int] = {}
        self._scan: Scan | None = None
        self._size = 0
        """The number of words that the search contains."""
        self._is_slow = False
        """Whether Hyperscan cannot search here."""
        self._turn = Lock()

    def add(self, words: Iterable[bytes], ignores_case: bool) -> tuple[int, ...]:
        """Return the numbers of words, the same for the same word."""
        numbers = self._numbers
        with self._turn:
            return tuple(numbers.setdefault((each, ignores_case), len(numbers)) for each in words)

    def look(self, data: bytes, end: int) -> Occurring | None:
        """Return which words occur, of the first ``end`` at least; None without a fast search."""
        with self._turn:
            if self._size < end and not self._is_slow:
                self._compile()
            scan, size = self._scan, self._size
        return Occurring(scan(data), size) if scan is not None else None

    def _compile(self) -> None:
        words, cases = zip(*self._numbers, strict=True)
        try:
            self._scan = hyperscan_scan(words, cases)
        except Exception as error:  # not installed, or for other processors: each word is searched for alone
            logger.debug("hyperscan cannot search for words: %s: %s", type(error).__name__, error)
            self._is_slow = True
        self._size = len(words)


_CATALOGUE = _Catalogue()
"""One for the process, because a search is faster the more words it answers for."""


def look(data: bytes, words: Words) -> Occurring | None:
    """Return which words of all rules occur in a content; None without a fast search."""
    return _CATALOGUE.look(data, words.end)
