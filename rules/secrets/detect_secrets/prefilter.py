"""Find the places of a text in which a plugin of detect-secrets may match, in one native pass over its bytes.

Hyperscan returns the end of each match of each gate's expressions, RE2 the places where one of several gates
matches, and the standard library searches for literals. All of them find every place; the gates' full
expressions, and finally the plugins themselves, remove the excess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from pkgaudit.rules.secrets.detect_secrets.table import Gate

MOST_PLACES = 1_000_000
"""How many places are found in one content: a bound on files that were made to overload the search."""

LONG = 4096
"""Longer lines, in bytes, are read in windows."""

REACH = 1024
"""Bytes before and after a place in its window: a match must not extend further."""

Places = list[tuple[int, int]]
"""The ascending ends of matches, each with the number of its gate."""

Scan = Callable[[bytes], Places]


def hyperscan_scan(gates: Sequence[Gate]) -> Scan:
    """Return a scan by Hyperscan.

    Raises:
        ImportError: Hyperscan is not installed.
        Exception: Hyperscan does not work on this processor.
    """
    import hyperscan

    expressions = [each.encode("ascii") for gate in gates for each in gate.quick]
    owners = [number for number, gate in enumerate(gates) for _ in gate.quick]
    # The mode for one block compiles another engine for short input, which triples the time to compile.
    database = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    scan_blocks: Any = database.scan  # the type stub does not know this mode
    database.compile(expressions=expressions, ids=owners, elements=len(owners), flags=[0] * len(owners))
    turn = Lock()  # the database has one scratch space, which two threads must not use at the same time

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
    """Return a scan by RE2, which does not return which gate matched.

    Raises:
        ImportError: RE2 is not installed.
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
    """Add a match and, for a long match, places in between, because each window needs one."""
    for at in (*range(start + 1, end, REACH), end):
        places += [(at, number) for number in numbers]


_SHORTEST_NEEDLE = 3
"""Letters of the shortest useful literal: most texts contain shorter ones."""

_UNBOUNDED = re.compile(r"[*+]|,\}")
# U+0130, U+0131, U+017F and U+212A match i, s and k in Python's expressions that ignore case.
_FOLDED = re.compile(rb"\xc4[\xb0\xb1]|\xc5\xbf|\xe2\x84\xaa")


def plain_scan(gates: Sequence[Gate]) -> Scan:
    """Return a scan by the standard library: for literals, or for expressions of gates without literals."""
    needles: dict[bytes, dict[int, None]] = {}
    searched: list[tuple[re.Pattern[bytes], int]] = []
    for number, gate in enumerate(gates):
        if all(found and min(map(len, found)) >= _SHORTEST_NEEDLE for found in gate.needles):
            for needle in (each for found in gate.needles for each in found or ()):
                needles.setdefault(needle.encode(), {})[number] = None
        else:
            # Upper bounds keep a backtracking search linear.
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
            # A letter whose lower case is ASCII may be a part of a needle.
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
"""The engines, the fastest first; the last one is always available."""


def scan_for(gates: Sequence[Gate]) -> Scan:
    """Return a scan by the fastest engine that works here."""
    for engine in ENGINES[:-1]:
        with suppress(Exception):  # not installed, or for other processors: the next engine finds the same
            return engine(gates)
    return plain_scan(gates)


def windows(places: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield windows of a line around the places, or the whole line if it is not long."""
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
    """Yield the parts between long runs of blanks, over which no match is searched.

    Expressions that allow blanks at several places need quadratic time in the length of a run.
    """
    if high - low > 256:  # a shorter part cannot contain such a run
        for run in _BLANKS.finditer(data, low, high):
            if run.start() > low:
                yield low, run.start()
            low = run.end()
    if low < high:
        yield low, high


def admits(gate: Gate, data: bytes, low: int, high: int, skip: Callable[[int, int], bool] | None) -> bool:
    """Return whether a full expression of a gate matches a part of a line, apart from skipped matches."""
    if gate.family:
        return True  # the full expressions are as expensive as the plugin itself
    for expression in gate.expressions:
        if gate.distinct:
            match = expression.search(data, low, high)
            while match is not None:
                if len(set(match[0])) > gate.distinct:  # one or two of them are the quotes
                    return True
                match = expression.search(data, match.end() - 1, high)
            continue
        for match in expression.finditer(data, low, high):
            # The end of the match may be the delimiter after the secret.
            if skip is None or not skip(max(match.start(), match.end() - 2), match.end()):
                return True
    return False
