"""Make catalogue entries for tokens that consist of a prefix and random characters."""

from __future__ import annotations

import re
from types import MappingProxyType

from pkgaudit.api import Level, Token
from pkgaudit.late import dataclass
from pkgaudit.rules.secrets.catalogue.judges import UNPROVEN, Judge, shaped


@dataclass(frozen=True)
class Alphabet:
    """The characters of a random text, as the inside of a character class, and their number."""

    characters: bytes
    symbols: int

    @property
    def tail(self) -> bytes:
        """Characters that continue a token, so it does not end before them."""
        return rb"A-Za-z0-9_" + (b"-" if b"-" in self.characters[-1:] else b"")


ALPHABETS = MappingProxyType(
    {
        "hex": Alphabet(rb"0-9a-f", 16),
        "anyhex": Alphabet(rb"0-9A-Fa-f", 16),
        "lower": Alphabet(rb"0-9a-z", 36),
        "upper": Alphabet(rb"0-9A-Z", 36),
        "letters": Alphabet(rb"A-Za-z", 52),
        "base62": Alphabet(rb"0-9A-Za-z", 62),
        "base64": Alphabet(rb"0-9A-Za-z+/", 64),
        "url": Alphabet(rb"0-9A-Za-z_-", 64),
    }
)
"""Alphabets by name, which is also a placeholder in samples (see `fixtures.tokens.expand`)."""

DECOYS = ("<run {0}>", "<sequence {0}>", "<words {0}>", "<few {0}>")
"""Replacements for a random text in documentation, with a given length."""


def prefixed(
    name: str,
    prefixes: str,
    body: str,
    revoke: str,
    level: Level = Level.SHAPE,
    says: str = UNPROVEN,
    judge: Judge | None = None,
    near: bytes = b"",
    grave: bool = False,
) -> Token:
    """Return the entry of a token that consists of a prefix and random characters.

    ``prefixes`` are separated by spaces. ``body`` is the name of an alphabet and the number of characters, as
    ``hex 32``; the number may be a range, as ``url 40-44``. ``near`` is a word, in lower case, that must be
    near the token.
    """
    kind, _, sizes = body.partition(" ")
    alphabet = ALPHABETS[kind]
    low, _, high = sizes.partition("-")
    most = high or low
    heads = prefixes.split()
    pattern = b"(?:%b)[%b]{%b,%b}" % (
        b"|".join(re.escape(head).encode() for head in heads),
        alphabet.characters,
        low.encode(),
        most.encode(),
    )
    stem = _common_end(heads)
    context = f"{near.decode()} " if near else ""
    return Token(
        name,
        tuple(head.encode() for head in heads),
        pattern,
        revoke,
        judge or shaped(stem, alphabet.symbols, level, says, near),
        grave=grave,
        tail=alphabet.tail,
        samples=tuple(f"{context}{head}<{kind} {size}>" for head in heads for size in {low: 0, most: 0}),
        decoys=tuple(context + heads[0] + decoy.format(most) for decoy in DECOYS),
    )


def _common_end(heads: list[str]) -> str:
    """Return the common end of all prefixes, after which the random part begins."""
    end = heads[0]
    while not all(head.endswith(end) for head in heads):
        end = end[1:]
    return end
