"""What a kind of token is, and what is said of a place where one seems to stand. Plug-ins use these names."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property


class Level(enum.IntEnum):
    """How sure it is that a token opens something; with the place of the file it makes the severity.

    ``PROVEN``: the token shows by itself that it was issued (a checksum, a structure); SE101.
    ``SHAPE``: it has a shape that nothing else has, and looks random; SE103, an error.
    ``WEAK``: other things may have the shape; SE103, a warning.
    ``NOTE``: worth knowing and no leak, as a key that is public by design; SE103, an info.
    ``EXPIRED``: it was issued, and is over; SE101, an info.
    """

    NOTE = 1
    EXPIRED = 2
    WEAK = 3
    SHAPE = 4
    PROVEN = 5


@dataclass(frozen=True)
class Candidate:
    """A stretch of a file that has the shape of a token.

    ``buffer`` is what stands around it as bytes (of a UTF-16 text without the zero bytes), and ``start``
    and ``end`` are places in it. ``binary`` is true where neighboring bytes need not be text.
    """

    token: str = field(repr=False)
    buffer: bytes = field(repr=False)
    start: int
    end: int
    binary: bool = False

    def around(self, reach: int) -> bytes:
        """Return the token with up to ``reach`` bytes before and after it."""
        return self.buffer[max(0, self.start - reach) : self.end + reach]


@dataclass(frozen=True)
class Found:
    """What a judge found out about a candidate.

    ``says`` ends the sentence "NAME TOKEN: …": what was proved, or that nothing can be. ``with_`` is
    what belongs to the token (the secret to an access key's id): it is a part of its identity and is
    not reported again; ``with_at`` is where that stands in the candidate's buffer. ``length`` is that of
    the token where its own structure ends before the match does.
    """

    level: Level
    says: str
    length: int | None = None
    with_: str = field(default="", repr=False)
    with_at: int = -1


@dataclass(frozen=True)
class Token:
    r"""A kind of token: one entry of the catalogue is all that it takes to find, judge and explain it.

    ``name``: what it is called, as "GitHub personal access token".
    ``literals``: bytes of which at least one is in every token, as particular as can be: they are what
    files are searched for.
    ``pattern``: a regular expression over bytes for the whole token, with no condition on what stands
    around it. Where more than the token must be matched, a group ``token`` is the token. Repetitions
    have an upper bound.
    ``revoke``: the page where such a token is revoked.
    ``judge``: returns what is to be said of a candidate, or None if it is none (an example, too little
    variety, a wrong structure).
    ``lead``: how many bytes of the match may stand before the literal.
    ``grave``: a warning even in tests and documents.
    ``tail``: the bytes, as the inside of a character class, that end no token of this kind when they follow.
    ``samples``: templates of tokens that must be found, ``decoys``: of what must be no error (see
    `fixtures.tokens.expand`).
    """

    name: str
    literals: tuple[bytes, ...]
    pattern: bytes
    revoke: str
    judge: Callable[[Candidate], Found | None]
    lead: int = 0
    grave: bool = False
    tail: bytes = rb"A-Za-z0-9_"
    samples: tuple[str, ...] = ()
    decoys: tuple[str, ...] = ()

    @cached_property
    def regex(self) -> re.Pattern[bytes]:
        """The compiled pattern."""
        return re.compile(self.pattern, re.DOTALL)

    @cached_property
    def stop(self) -> re.Pattern[bytes]:
        """What must not follow a token in a text."""
        return re.compile(rb"[" + self.tail + rb"]")
