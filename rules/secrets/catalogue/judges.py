"""The judges of the catalogue's entries: they check the randomness, the proof and the context of a candidate.

The tests of randomness together reject fewer than one in ten thousand real tokens, which are random: a test
over the catalogue measures that. Their limits therefore depend on the number of symbols and the length of the
text; four equal letters are not unusual in a hundred.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from operator import countOf, sub

from pkgaudit.api import Candidate, Found, Level
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.proof import Proof, day_of, entropy

Judge = Callable[[Candidate], Found | None]

UNPROVEN = "its format is correct, but it cannot be verified offline"
WRONG = "its checksum is wrong, so it is made up or cut off"
CHECKED = "its checksum is correct"

REACH = 300
"""Bytes around a candidate that may contain a word that belongs to it: chosen, a few lines of code or
settings."""

# Words of documentation and tests. They have six letters or more, or a separator beside them: shorter words
# appear in random texts by chance.
_WORDS = lazy(
    r"example|placeholder|change[-_]?me|change[-_]?this|redact|insert|replace|sample|secret|passwor|invalid"
    r"|thisis|notreal|notareal|foobar|qwerty|abcdef|123456|deadbeef|cafebabe|x{6}"
    r"|your[-_]|(?:^|[-_])(?:your|fake|test|demo|todo|here|null|none)(?:[-_]|$)",
    re.IGNORECASE,
)
_SHORT_WORDS = lazy(r"token|dummy|x{5}", re.IGNORECASE)
"""Words that longer tokens may contain by chance."""

PUBLISHED = frozenset(
    {
        *("1a5d44a2dca19669", "78314b11be2e5815"),  # AWS: an id and a secret
        *("153a182586451358", "74e11884b07b1d51", "740ff49af25d70c2"),  # Stripe: its public test keys
        *("0b5dd075ccdd03c4", "97663138e6669921"),  # Telegram
        *("2a8c5367d9a389cf", "6b59c03c30720987"),  # Grafana
        "02f7ce3c263f85c0",  # Discord
        "02091175c1ae3023",  # SendGrid
        "3543c50b0cb9cea8",  # GitHub
        "ded862473c0e8ba2",  # GitLab
        *("0011cc25eb432071", "aa6547439583c3a2"),  # Azurite and the emulator of Cosmos DB: their only keys
    }
)
"""The first 16 digits of the SHA-256 of tokens in documentation, or of their random part.

As of 2026-11, from the documentation of the named providers.
"""


def looks_random(text: str, symbols: int) -> bool:
    """Return whether a text may be random, with ``symbols`` different characters, and contains no words."""
    return not (
        repeats_itself(text, symbols)
        or _says_so(text, symbols)
        or _has_run(text, symbols)
        or _is_uniform(text, symbols)
        or is_published(text)
    )


def _says_so(text: str, symbols: int) -> bool:
    """Return whether a text contains a word that tokens do not contain."""
    if symbols <= 16:  # hexadecimal digits spell few words
        return "deadbeef" in text or "cafebabe" in text
    # Five given letters in a row occur by chance in longer texts, and more often in letters only (52
    # symbols).
    patterns = (_WORDS, _SHORT_WORDS) if len(text) <= 50 and symbols != 52 else (_WORDS,)
    return any(_is_written(match[0]) for pattern in patterns for match in pattern.finditer(text))


def _is_written(word: str) -> bool:
    """Return whether a word is in one case or in camel case, in contrast to words that occur by chance."""
    upper = sum(c.isupper() for c in word)
    return upper == 0 or word == word.upper() or (word.lstrip("-_")[:1].isupper() and upper <= 2)


def repeats_itself(text: str, symbols: int) -> bool:
    """Return whether a text has too little variety to be random, or contains a part twice."""
    size = len(text)
    if size < 8:
        return True
    # The minimum share of the possible entropy. Chosen so that fewer than one real token in ten thousand has
    # less; short texts vary more. The test `test_few_are_missed` checks this limit and the others here.
    ratio = 0.6 if size < 20 else 0.64 if size < 30 else 0.68 if size < 60 else 0.74
    if entropy(text) < ratio * math.log2(min(symbols, size)):
        return True
    # Parts of this length do not occur twice by chance: the fewer symbols, the longer the part.
    part = 6 if symbols > 40 else 8 if symbols > 20 else 10
    parts = {text[at : at + part] for at in range(size - part + 1)}
    return len(parts) < size - part + 1


def _has_run(text: str, symbols: int) -> bool:
    """Return whether a text has a longer run of equal or consecutive characters than occurs by chance."""
    # As above: random runs of sixteen symbols are longer than those of sixty.
    longest = 6 if symbols > 40 else 7 if symbols > 20 else 8
    if not _may_have_run(text, longest):
        return False
    same = up = down = skipping = 1
    for at, (one, other) in enumerate(pairwise(text)):
        step = ord(other) - ord(one)
        same = same + 1 if step == 0 else 1
        up = up + 1 if step == 1 else 1
        down = down + 1 if step == -1 else 1
        skipping = skipping + 1 if at and ord(other) - ord(text[at - 1]) == 1 else 1
        if max(same, up, down, skipping) >= longest:
            return True
    return False


def _may_have_run(text: str, longest: int) -> bool:
    """Return whether a text has enough steps of one kind for a run, at any position; most texts do not."""
    codes = [*map(ord, text)]
    steps = [*map(sub, codes[1:], codes)]
    skips = map(sub, codes[2:], codes)
    return max(steps.count(0), steps.count(1), steps.count(-1), countOf(skips, 1)) >= longest - 1


def _is_uniform(text: str, symbols: int) -> bool:
    """Return whether a text only uses a part of its symbols: one case, no digits, or words in camel case."""
    letters = [c for c in text if c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    if symbols == 16:  # hexadecimal digits
        # About a third of 32 random hexadecimal digits are letters, but never all or none of them.
        return len(text) >= 32 and (not letters or len(letters) == len(text))
    if symbols <= 40:  # base 32, base 36 and similar: one case by definition
        return False
    one_case = upper == 0 or upper == len(letters)
    # 24: only one in 10⁵ random texts of this length lacks a letter of either case.
    if one_case and (len(text) >= 24 or len(letters) == len(text)):
        return True
    words = 0.3 if symbols > 60 else 0.15  # for letters only, words are recognized by fewer capitals
    # About one in eighty random texts of 34 letters has at most 30 % capitals, and more of the shorter texts
    # do.
    return len(text) >= 34 and len(letters) == len(text) and upper <= words * len(text)


def is_published(text: str) -> bool:
    """Return whether documentation shows the token, or its random part."""
    # 16 digits are 64 bits: no other token has the same digits by chance.
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16] in PUBLISHED


def body_of(token: str, after: str) -> str:
    """Return the text after a token's prefix, which ends in ``after``."""
    return token.partition(after)[2] if after else token


def are_random(body: str, symbols: int | tuple[int, ...], between: str) -> bool:
    """Return whether the last parts of a text, separated by ``between``, all look random."""
    if isinstance(symbols, int):
        return looks_random(body, symbols)
    parts = body.split(between)[-len(symbols) :]
    return all(not count or looks_random(part, count) for part, count in zip(parts, symbols, strict=False))


def is_near(candidate: Candidate, word: bytes, reach: int = REACH) -> bool:
    """Return whether a word, given in lower case, is near a candidate, before or after it."""
    buffer, start, end = candidate.buffer, candidate.start, candidate.end
    return any(
        word in each.lower() for each in (buffer[max(0, start - reach) : start], buffer[end : end + reach])
    )


def shaped(
    after: str = "",
    symbols: int | tuple[int, ...] = 62,
    level: Level = Level.SHAPE,
    says: str = UNPROVEN,
    near: bytes = b"",
    between: str = "",
    length: Callable[[str], int] | None = None,
) -> Judge:
    """Return a judge for tokens without a proof: the text after ``after`` must look random.

    If ``between`` separates parts, ``symbols`` has a number for each of the last parts, 0 for a part that is
    too short to judge. The word ``near`` must be near the token; ``length`` returns how much of a match in a
    binary is the token.
    """

    def judge(candidate: Candidate) -> Found | None:
        token, size = candidate.token, None
        if candidate.binary and length is not None:
            size = length(token)
            token = token[:size]
        if (
            is_published(token)
            or "1234567" in token
            or not are_random(body_of(token, after), symbols, between)
        ):
            return None
        if near and not is_near(candidate, near):
            return None
        return Found(level, says, size)

    return judge


def structured(after: str, level: Level = Level.SHAPE, says: str = UNPROVEN) -> Judge:
    """Return a judge for long tokens with an inner structure: parts may repeat, or consist of zeros."""

    def judge(candidate: Candidate) -> Found | None:
        body = body_of(candidate.token, after)
        if (
            # 64 symbols of base64. Repeated parts, as in a protocol buffer, reduce the entropy, hence 0.7.
            entropy(body) < 0.7 * math.log2(min(64, len(body)))
            or _LONG_RUN.search(body)
            or _is_uniform(body, 62)
        ):
            return None
        return Found(level, says)

    return judge


_LONG_RUN = lazy(r"(.)\1{11}")
"""Twelve equal characters are nine zero bytes: structures have fewer zeros in a row."""


def checked(
    after: str,
    symbols: int,
    is_right: Callable[[str], bool],
    says: str = CHECKED,
    otherwise: Level = Level.NOTE,
) -> Judge:
    """Return a judge for tokens with a checksum.

    ``otherwise`` is the level of a random-looking token with a wrong checksum: `Level.NOTE` if the checksum
    is well established, because the issuer may change it one day.
    """

    def judge(candidate: Candidate) -> Found | None:
        token = candidate.token
        body = body_of(token, after)
        if is_published(token) or repeats_itself(body, symbols):
            return None
        if is_right(token):
            return Found(Level.PROVEN, says)
        # Adjacent names in a binary sometimes have the format, with a wrong checksum.
        if not looks_random(body, symbols) or (candidate.binary and otherwise is Level.NOTE):
            return None
        return Found(otherwise, WRONG if otherwise is Level.NOTE else UNPROVEN)

    return judge


def proved(prove: Callable[[str], Proof | None], otherwise: Judge | None = None) -> Judge:
    """Return a judge for tokens that prove themselves by decoding; ``otherwise`` judges all others."""

    def judge(candidate: Candidate) -> Found | None:
        proof = prove(candidate.token)
        if proof is None:
            return otherwise(candidate) if otherwise is not None else None
        return found_by(proof, candidate)

    return judge


def found_by(proof: Proof, candidate: Candidate) -> Found:
    """Return the judgment of a proven token."""
    length = proof.size if 0 < proof.size < len(candidate.token) else None
    today = datetime.datetime.combine(candidate.today, datetime.time(), datetime.timezone.utc)
    if proof.expires is not None and proof.expires < today.timestamp():
        return Found(Level.EXPIRED, f"{proof.says}; it expired on {day_of(proof.expires)}", length)
    ends = "it never expires" if proof.expires is None else f"it expires on {day_of(proof.expires)}"
    if proof.doubt:
        return Found(Level.WEAK, f"{proof.says}; {ends}, but it looks like an example", length)
    return Found(Level.PROVEN, f"{proof.says}; {ends}", length)


def longest_of(*sizes: int) -> Callable[[str], int]:
    """Return a function for the length of a token in a binary: the longest usual length that fits."""

    def length(token: str) -> int:
        return max((size for size in sizes if size <= len(token)), default=len(token))

    return length
