"""The definition of a kind of token, and the judgment of a candidate. Plug-ins use these names."""

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property


class Level(enum.IntEnum):
    """The certainty that a token is real; together with the place of the file it determines the severity.

    ``PROVEN``: the token itself proves that it was issued (a checksum, a structure); SE101.
    ``SHAPE``: it has a unique shape and looks random; SE103, error.
    ``WEAK``: other values may have the same shape; SE103, warning.
    ``NOTE``: worth knowing but not a leak, such as a key that is public by design; SE103, info level.
    ``EXPIRED``: it was issued and has expired; SE101, info level.
    """

    NOTE = 1
    EXPIRED = 2
    WEAK = 3
    SHAPE = 4
    PROVEN = 5


@dataclass(frozen=True)
class Candidate:
    """A part of a file with the shape of a token.

    ``buffer`` are the bytes around it (without the zero bytes of a UTF-16 text); ``start`` and ``end`` are
    offsets in the buffer. ``binary``: neighboring bytes need not be text. ``today`` is the day of the audit;
    a token that expired before it has expired.
    """

    token: str = field(repr=False)
    buffer: bytes = field(repr=False)
    start: int
    end: int
    binary: bool = False
    today: datetime.date = field(default_factory=datetime.date.today)

    def around(self, reach: int) -> bytes:
        """Return the token with up to ``reach`` bytes before and after it."""
        return self.buffer[max(0, self.start - reach) : self.end + reach]


@dataclass(frozen=True)
class Found:
    """The judgment of a candidate.

    ``says`` ends the sentence "NAME TOKEN: …" with the evidence, or says that no proof is possible. ``with_``
    is a value that belongs to the token (the secret of an access key ID): it is a part of the token's
    identity and is not reported again; ``with_at`` is its offset in the candidate's buffer. ``length`` is the
    length of the token if its structure ends before the match.
    """

    level: Level
    says: str
    length: int | None = None
    with_: str = field(default="", repr=False)
    with_at: int = -1


@dataclass(frozen=True)
class Token:
    r"""A kind of token: one entry of the catalog defines how to find, judge and explain it.

    ``name``: its name, such as "GitHub personal access token".
    ``literals``: byte strings of which every token contains at least one. They should be as specific as
    possible, because files are searched for them.
    ``pattern``: a regular expression over bytes for the whole token, without conditions on the bytes around
    it. If it must match more than the token, the group ``token`` is the token. Repetitions have an upper
    bound.
    ``revoke``: the page where users revoke such a token.
    ``judge``: returns the judgment of a candidate, or None if it is not a token (an example, too little
    variety, a wrong structure).
    ``lead``: the number of bytes in the match that may precede the literal.
    ``grave``: a warning even in tests and documents.
    ``tail``: bytes, as the inside of a character class, that must not follow a token of this kind.
    ``samples``: templates of tokens that must be found; ``decoys``: templates of texts that must not be
    errors (see `fixtures.tokens.expand`).
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
        """The bytes that must not follow a token in a text."""
        return re.compile(rb"[" + self.tail + rb"]")
