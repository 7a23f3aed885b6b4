"""Where in a text the plugins of detect-secrets may find something: one native pass over its bytes.

Hyperscan tells the end of each match of each gate's expressions; RE2 tells places where one of several
gates matches; the standard library looks for literals. All of them leave out nothing, and what they
give too much is taken away by the gates' full expressions, and in the end by the plugins themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from pkgaudit.rules.secrets.detect_secrets.table import Gate

MOST_PLACES = 1_000_000
"""How many places are told of one content. What has more was made to drown its reader."""

LONG = 4096
"""Lines of more bytes are looked at in windows."""

REACH = 1024
"""So much before and after a place is in its window: what a match may have there is found."""

Places = list[tuple[int, int]]
"""Ends of matches, ascending, each with the number of its gate."""

Scan = Callable[[bytes], Places]


def hyperscan_scan(gates: Sequence[Gate]) -> Scan:
    """Return a scan by Hyperscan.

    Raises:
        ImportError: it is not there.
        Exception: it is there, and this processor is none that it works on.
    """
    import hyperscan

    expressions = [each.encode("ascii") for gate in gates for each in gate.quick]
    owners = [number for number, gate in enumerate(gates) for _ in gate.quick]
    # The mode for one block compiles another engine for short input, which takes twice the time of all else.
    database = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    scan_blocks: Any = database.scan  # its stub knows nothing of this mode
    database.compile(expressions=expressions, ids=owners, elements=len(owners), flags=[0] * len(owners))
    turn = Lock()  # the database has one scratch space, which two threads must not use at a time

    def scan(data: bytes) -> Places:
        places: Places = []

        def note(number: int, start: int, end: int, flags: int, context: Any) -> bool | None:
            places.append((end, number))
            return len(places) >= MOST_PLACES or None

        with turn, suppress(hyperscan.ScanTerminated):
            scan_blocks([data], match_event_handler=note)
        places.sort()
        return places

    return scan


def re2_scan(gates: Sequence[Gate]) -> Scan:
    """Return a scan by RE2, which does not tell which of the gates it was.

    Raises:
        ImportError: it is not there.
    """
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes are bytes, not UTF-8
    options.max_mem = 1 << 26
    options.never_capture = True
    expressions = [each.encode("ascii") for gate in gates for each in gate.quick]
    find = re2.compile(b"|".join(expressions), options).finditer

    def scan(data: bytes) -> Places:
        places: Places = []
        for match in find(data):
            spread(places, match.start(), match.end(), range(len(gates)))
            if len(places) >= MOST_PLACES:
                break
        return places

    return scan


def spread(places: Places, start: int, end: int, numbers: Sequence[int]) -> None:
    """Note a match, and if it is long also places in between, so that each window has one."""
    for at in (*range(start + 1, end, REACH), end):
        places += [(at, number) for number in numbers]


_SHORTEST_NEEDLE = 3
"""Letters of a literal that is worth looking for: shorter ones are in most texts."""

_UNBOUNDED = re.compile(r"[*+]|,\}")
# U+0130, U+0131, U+017F and U+212A, which Python's expressions take for i, s and k if case does not matter.
_FOLDED = re.compile(rb"\xc4[\xb0\xb1]|\xc5\xbf|\xe2\x84\xaa")


def plain_scan(gates: Sequence[Gate]) -> Scan:
    """Return a scan by the standard library: for literals, or for the expressions of gates without such."""
    needles: dict[bytes, dict[int, None]] = {}
    searched: list[tuple[re.Pattern[bytes], int]] = []
    for number, gate in enumerate(gates):
        if all(found and min(map(len, found)) >= _SHORTEST_NEEDLE for found in gate.needles):
            for needle in (each for found in gate.needles for each in found or ()):
                needles.setdefault(needle.encode(), {})[number] = None
        else:
            # Upper bounds keep a search that tracks back linear.
            unbounded = _UNBOUNDED.search("".join(gate.full)) is not None
            searched += [
                (re.compile(each.encode("ascii")), number)
                for each in (gate.quick if unbounded else gate.full)
            ]

    def scan(data: bytes) -> Places:
        places: Places = []
        folded = data.lower()
        for needle, numbers in needles.items():
            for at in _every(folded, needle):
                spread(places, at, at + len(needle), [*numbers])
        if not data.isascii():
            # A letter that lowers to an ASCII one may be a part of a needle.
            with_needles = [*{number: None for numbers in needles.values() for number in numbers}]
            for match in _FOLDED.finditer(data):
                spread(places, match.start(), match.end(), with_needles)
        for expression, number in searched:
            for match in expression.finditer(data):
                spread(places, match.start(), match.end(), [number])
        del places[MOST_PLACES:]
        places.sort()
        return places

    return scan


def _every(data: bytes, needle: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


ENGINES: tuple[Callable[[Sequence[Gate]], Scan], ...] = (hyperscan_scan, re2_scan, plain_scan)
"""From the quickest to the one that is always there."""


def scan_for(gates: Sequence[Gate]) -> Scan:
    """Return a scan by the quickest engine that works here."""
    for engine in ENGINES[:-1]:
        with suppress(Exception):  # not installed, or not for this processor: the next one finds the same
            return engine(gates)
    return plain_scan(gates)


def windows(places: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of a line that hold what is around the places; the whole of it if it is not long."""
    if end - start <= LONG:
        yield start, end
        return
    reached = -1
    for place in places:
        if place > reached:
            low, high = max(start, place - REACH), min(end, place + LONG - REACH)
            yield low, high
            reached = high if high == end else high - REACH


_BLANKS = re.compile(rb"[ \t\x0b\x0c]{256,}")


def pieces(data: bytes, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield what is between long runs of blanks, over which no match is looked for.

    Expressions that allow blanks at several places take quadratic time in the length of a run.
    """
    if high - low > 256:  # no run is as long in a shorter stretch
        for run in _BLANKS.finditer(data, low, high):
            if run.start() > low:
                yield low, run.start()
            low = run.end()
    if low < high:
        yield low, high


def admits(gate: Gate, data: bytes, low: int, high: int, skip: Callable[[int, int], bool] | None) -> bool:
    """Whether a gate admits a stretch of a line by its full expressions, matches to be skipped aside."""
    if gate.family:
        return True  # these are as dear as the plugin itself
    for expression in gate.expressions:
        if gate.distinct:
            match = expression.search(data, low, high)
            while match is not None:
                if len(set(match[0])) > gate.distinct:  # one or two of them are the quotes
                    return True
                match = expression.search(data, match.end() - 1, high)
            continue
        for match in expression.finditer(data, low, high):
            # What ends the match may be the delimiter behind the secret.
            if skip is None or not skip(max(match.start(), match.end() - 2), match.end()):
                return True
    return False
