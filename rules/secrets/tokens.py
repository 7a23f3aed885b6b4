"""Find tokens of the catalogue in a content: SE101 if they are proven, SE103 by their format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pkgaudit.api import Candidate, Level, Severity, Token
from pkgaudit.rules.secrets.aliases import names_of_token
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import NONE_RANK, Secret, digest_of, remedy
from pkgaudit.rules.secrets.place import cause_at, mask, severity_at

MOST_TRIES = 100_000
"""How many places of a content are tried per kind of token: a bound on files made to overload the search."""

_REACH = 1 << 13
"""Bytes around a place in UTF-16 that are read."""

_WORD = re.compile(rb"[A-Za-z0-9_]")
_ESCAPE = re.compile(
    rb"(?:\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[0-7]{3}|.)|%(?:25)?[0-9A-Fa-f]{2}"
    rb"|(?:\x1b|\\x1b|\\033|\\e)\[[0-9;]{0,12}m|(?<![A-Za-z0-9_-])-[A-Za-z])\Z",
    re.DOTALL,
)
"""Text that ends in letters or digits but is not a word: escapes, terminal colors, options of a command."""

# The ranks of keys (1), second halves (2) and URLs (5) are in between, see `found`: the surer claim wins.
_RANK = {Level.PROVEN: 0, Level.EXPIRED: 0, Level.SHAPE: 3, Level.WEAK: 4, Level.NOTE: 6}
# The severity in code. Expired tokens and mere identifiers give no access.
_SEVERITY = {
    Level.PROVEN: Severity.ERROR,
    Level.SHAPE: Severity.ERROR,
    Level.WEAK: Severity.WARNING,
    Level.EXPIRED: Severity.INFO,
    Level.NOTE: Severity.INFO,
}


_VERDICTS = {
    Level.PROVEN: "is genuine",
    Level.EXPIRED: "is genuine but expired",
    Level.SHAPE: "looks genuine",
    Level.WEAK: "may be genuine",
    Level.NOTE: "is probably harmless",
}
"""The predicates of the message, before the judge's own words."""


class TooManyError(Exception):
    """A content has more places than are checked."""


def is_bounded(data: bytes, start: int) -> bool:
    r"""Return whether no word precedes a token directly. ``\n`` and ``%3D`` do not end in a word."""
    if start == 0 or not _WORD.match(data, start - 1):
        return True
    # 20: the longest escape, a terminal color, has 18 bytes.
    return _ESCAPE.search(data[max(0, start - 20) : start]) is not None


def find_tokens(token: Token, content: Content, starts: Sequence[int]) -> Iterator[Secret]:
    """Yield the tokens of one kind, including ranges that are known not to be tokens.

    ``starts`` are the ascending places of its literals.

    Raises:
        TooManyError: after the first `MOST_TRIES` places.
    """
    data, tried = content.data, 0
    for at in starts[:MOST_TRIES]:
        if at < tried:
            continue
        for match in _matches(token, data, max(tried, at - token.lead), at):
            start, end = match.span("token" if "token" in token.regex.groupindex else 0)
            if content.binary:
                end = _end_in_bytecode(data, start, end) if content.bytecode else end
            elif token.stop.match(data, end) or (start == match.start() and not is_bounded(data, start)):
                yield from _judge_inside(token, content, start, end)
                continue
            text = data[start:end].decode("latin-1")
            candidate = Candidate(text, data, start, end, content.binary, content.today)
            yield from _judge(token, content, candidate, start)
            tried = end
            break
        tried = max(tried, at + 1)
    if len(starts) > MOST_TRIES:
        raise TooManyError


def _judge_inside(token: Token, content: Content, start: int, end: int) -> Iterator[Secret]:
    """Yield a token that is attached to a word: it is only reported if it is proven."""
    if token.grave:
        text = content.data[start:end].decode("latin-1")
        candidate = Candidate(text, content.data, start, end, today=content.today)
        for secret in _judge(token, content, candidate, start):
            if secret.rank == _RANK[Level.PROVEN]:
                yield secret
                return
    yield Secret(start, end, rank=NONE_RANK)


def _matches(token: Token, data: bytes, low: int, at: int) -> Iterator[re.Match[bytes]]:
    """Yield the matches that begin between ``low`` and ``at`` and end after ``at``."""
    for place in range(low, at + 1):
        match = token.regex.match(data, place)
        if match is not None and match.end() > at:
            yield match


def _end_in_bytecode(data: bytes, start: int, end: int) -> int:
    """Return the end of a token at the beginning of a constant in a compiled module.

    The byte after a constant is the type of the next one, often a letter, and would look like a part of the
    token. The type of a constant (z, Z: one byte of size; others: four) and its size come before it.
    """
    if data[start - 2 : start - 1] in (b"z", b"Z", b"\xfa", b"\xda"):
        size = data[start - 1]
    elif start >= 5 and data[start - 2 : start] == b"\0\0":
        size = int.from_bytes(data[start - 4 : start], "little")
    else:
        return end
    # All tokens have at least 8 characters; for a smaller number, the byte before is not a size.
    return start + size if 8 <= size < end - start else end


def find_wide_tokens(token: Token, content: Content, starts: Sequence[int]) -> Iterator[Secret]:
    """Yield the tokens of one kind in a binary as UTF-16: each byte has a zero byte beside it.

    Raises:
        TooManyError: as in `find_tokens`.
    """
    data, done = content.data, -1
    for at in starts[:MOST_TRIES]:
        if at <= done:
            continue
        low = at % 2 + max(0, (at - _REACH) // 2 * 2)
        narrow, middle = data[low : at + _REACH : 2], (at - low) // 2
        for match in _matches(token, narrow, max(0, middle - token.lead), middle):
            start, end = match.span("token" if "token" in token.regex.groupindex else 0)
            if any(data[low + 2 * start + 1 : low + 2 * end - 1 : 2]):
                continue  # the bytes in between are not zero
            text = narrow[start:end].decode("latin-1")
            candidate = Candidate(text, narrow, start, end, True, content.today)
            yield from _judge(token, content, candidate, low + 2 * start, 2)
            done = low + 2 * end
            break
    if len(starts) > MOST_TRIES:
        raise TooManyError


_PARTICULAR = 7
"""Bytes of a literal that is not in a symbol name by chance. Chosen: a symbol may contain `ghp_`, but not
`sk_live_`."""


def _is_in_symbol(token: Token, content: Content, candidate: Candidate) -> bool:
    """Return whether a token may begin in the middle of a symbol name in native code.

    In other binaries, such as databases, strings follow each other without a separator.
    """
    return (
        content.native
        and min(map(len, token.literals)) < _PARTICULAR
        and not is_bounded(candidate.buffer, candidate.start)
    )


def _judge(
    token: Token, content: Content, candidate: Candidate, start: int, width: int = 1
) -> Iterator[Secret]:
    """Yield the secret that the judge sees in a candidate; ``start`` is its offset in the content."""
    end = start + width * len(candidate.token)
    in_symbol = _is_in_symbol(token, content, candidate)
    # Native code has many symbols, so only tokens that can be proven are judged there.
    found = token.judge(candidate) if token.grave or not in_symbol else None
    if found is None or (in_symbol and found.level is not Level.PROVEN):
        yield Secret(start, end, rank=NONE_RANK)
        return
    text = candidate.token
    if found.length is not None:
        text = text[: found.length]
        end = start + width * len(text)
    if found.with_at >= 0:
        with_start = start + width * (found.with_at - candidate.start)
        yield Secret(with_start, with_start + width * len(found.with_), rank=2)
    whole = text + found.with_
    message = (
        f"the {token.name} {mask(text)} (sha256 {digest_of(whole)[:12]}){content.says_where(start)} "
        f"{_VERDICTS[found.level]}: {found.says}"
    )
    elsewhere = Severity.WARNING if token.grave else Severity.INFO
    code = "SE101" if found.level in (Level.PROVEN, Level.EXPIRED) else "SE103"
    yield Secret(
        start,
        end,
        code,
        whole,
        message,
        remedy(content.view, token.name, token.revoke),
        severity_at(content.view, _SEVERITY[found.level], elsewhere),
        _RANK[found.level],
        baseline_hashes=(names_of_token(text, *filter(None, (found.with_,))),),
        data={"kind": token.name, "proof": found.says} if code == "SE101" else {"kind": token.name},
        cause=cause_at(content.view, f"values of the kind {token.name}"),
    )
