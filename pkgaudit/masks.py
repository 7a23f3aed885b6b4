"""Masks for texts that no report may show: known ones, however a rule has changed them, and random ones."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from itertools import pairwise

SIZE = 8
"""Letters and digits of a piece. Chosen: shorter pieces may occur elsewhere by chance."""

_STEP = 4
"""The distance of pieces: a part with ``SIZE + _STEP - 1`` letters and digits has at least one of them."""

_LONGEST = 4_096
"""Characters of a text that are known. Chosen: a private key is shorter, and messages quote less."""

MOST = 500_000
"""Pieces that are kept, which is about 40 MB. Chosen: 50,000 tokens have fewer."""

_PLAIN = re.compile(r"[A-Za-z0-9]")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_WORD = frozenset(string.ascii_letters + string.digits + "_-…")
"""Characters that are masked together with a piece; the ellipsis is where a text was cut."""

_CLASSES = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase + string.digits, "a" * 26 + "A" * 26 + "0" * 10
)
_RUN = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_NAME = re.compile(r"[A-Za-z0-9]{10,}")


class Pieces:
    """Pieces of the confidential texts of files, to find these texts in messages.

    A rule may cut, escape, normalize or join a value before it is a message, and then nothing recognizes the
    secret in it. So the secrets are searched in the files, and their pieces in the messages; only letters
    and digits count, in either case.
    """

    def __init__(self, pieces: Iterable[str] = (), is_full: bool = False) -> None:
        self._pieces = set(pieces)
        self.is_full = is_full

    @property
    def is_empty(self) -> bool:
        """Whether no confidential text was found."""
        return not self._pieces and not self.is_full

    def add(self, text: str) -> None:
        """Add the pieces of a confidential text, except those that may be words."""
        plain = "".join(_PLAIN.findall(text[:_LONGEST]))
        last = len(plain) - SIZE
        for at in {*range(0, last + 1, _STEP), last} if last >= 0 else ():
            piece = plain[at : at + SIZE]
            if _is_no_word(piece):
                self._pieces.add(piece.lower())
        self.is_full = self.is_full or len(self._pieces) > MOST

    def update(self, other: Pieces) -> None:
        """Add the pieces of others."""
        self._pieces |= other._pieces
        self.is_full = self.is_full or other.is_full or len(self._pieces) > MOST

    def masked(self, text: str) -> str:
        """Return a text without the words that contain a piece; if not all pieces are known, without any
        random word.
        """
        if self._pieces:
            text = self._without_pieces(text)
        return without_random(text) if self.is_full else text

    def _without_pieces(self, text: str) -> str:
        plain = _NOT_PLAIN.sub("", text).lower()
        if self._pieces.isdisjoint([plain[at : at + SIZE] for at in range(len(plain) - SIZE + 1)]):
            return text
        places = [match.start() for match in _PLAIN.finditer(text)]
        shown: list[str] = []
        done = 0
        for at in range(len(plain) - SIZE + 1):
            start, end = places[at], places[at + SIZE - 1] + 1
            if end <= done or plain[at : at + SIZE] not in self._pieces:
                continue
            while start > done and text[start - 1] in _WORD:
                start -= 1
            while end < len(text) and text[end] in _WORD:
                end += 1
            if start > done or not shown:
                shown += [text[done:start], "…"]
            done = end
        return "".join(shown) + text[done:]


def _is_no_word(piece: str) -> bool:
    """Return whether a piece has a digit, or changes between capitals and small letters as names do not."""
    return any(map(str.isdigit, piece)) or _changes(piece) * 9 >= (SIZE - 1) * 4


def without_random(text: str) -> str:
    """Return a text without words that look random, as tokens, keys and digests do."""
    return _NAME.sub(_mixed, _RUN.sub(_random, text))


def _random(match: re.Match[str]) -> str:
    run = match[0]
    digits = sum(char.isdigit() for char in run)
    is_mixed = digits >= 3 and any(map(str.isupper, run)) and any(map(str.islower, run))
    # 32 hexadecimal digits are 128 bits, the size of the shortest keys and hashes.
    is_hex = len(run) >= 32 and re.fullmatch(r"[0-9a-fA-F-]+", run) is not None
    return "…" if is_mixed or is_hex else run


def _mixed(match: re.Match[str]) -> str:
    """Mask a run that changes between digits, capitals and small letters more often than names do."""
    return "…" if _changes(match[0]) * 9 >= (len(match[0]) - 1) * 4 else match[0]


def _changes(text: str) -> int:
    """Return how often a text changes between digits, capitals and small letters."""
    return sum(one != other for one, other in pairwise(text.translate(_CLASSES)))
