"""Find many literals in bytes, in one pass: their places, or only which of them occur.

Hyperscan reads several gigabytes per second, regardless of the number of literals, and has wheels for nearly
every platform. If it cannot be imported, RE2 or the standard library finds the same places. It searches only
literals, because these compile in a millisecond and whole expressions need a hundred times as long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any

logger = logging.getLogger(__name__)

MOST_HITS = 2_000_000
"""How many places are found in one content: a bound on files that were made to overload the search."""

Hits = dict[int, list[int]]
"""The ascending starts of each literal that occurs, by its number. Occurrences may overlap."""

Search = Callable[[bytes], Hits]

Scan = Callable[[bytes], frozenset[int]]
"""Returns the numbers of the literals that occur."""


def hyperscan_search(literals: Sequence[bytes]) -> Search:
    """Return a search by Hyperscan.

    Raises:
        ImportError: Hyperscan is not installed.
        Exception: Hyperscan does not work on this processor.
    """
    import hyperscan

    database = _database(literals, [0] * len(literals))
    sizes = [len(each) for each in literals]
    scan = database.scan
    turn = Lock()  # the database has one scratch space, which two threads must not use at the same time

    def search(data: bytes) -> Hits:
        hits: Hits = {}
        count = 0

        def note(number: int, start: int, end: int, flags: int, context: Any) -> bool | None:
            nonlocal count
            hits.setdefault(number, []).append(end - sizes[number])
            count += 1
            return count >= MOST_HITS or None

        with turn, suppress(hyperscan.ScanTerminated):
            scan(data, match_event_handler=note)
        return hits

    return search


def hyperscan_scan(literals: Sequence[bytes], ignores_case: Sequence[bool]) -> Scan:
    """Return a search by Hyperscan that reports each literal once.

    ``ignores_case`` says for each literal whether the case of its ASCII letters does not matter.

    Raises:
        ImportError: Hyperscan is not installed.
        Exception: Hyperscan does not work on this processor.
    """
    import hyperscan

    once, caseless = hyperscan.HS_FLAG_SINGLEMATCH, hyperscan.HS_FLAG_CASELESS
    database = _database(literals, [once | (caseless if each else 0) for each in ignores_case])
    scan = database.scan
    turn = Lock()  # as in `hyperscan_search`

    def occurring(data: bytes) -> frozenset[int]:
        found: list[int] = []

        def note(number: int, start: int, end: int, flags: int, context: Any) -> None:
            found.append(number)

        with turn:
            scan(data, match_event_handler=note)
        return frozenset(found)

    return occurring


def _database(literals: Sequence[bytes], flags: Sequence[int]) -> Any:
    """Return a database of Hyperscan, in which the number of a literal is its place."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        # Written in hexadecimal, because a plain expression would end at a zero byte.
        expressions=[b"".join(b"\\x%02x" % byte for byte in each) for each in literals],
        ids=list(range(len(literals))),
        elements=len(literals),
        flags=list(flags),
    )
    return database


def re2_search(literals: Sequence[bytes]) -> Search:
    """Return a search by RE2.

    Raises:
        ImportError: RE2 is not installed.
    """
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes are bytes, not UTF-8
    anywhere = re2.compile(b"|".join(map(re2.escape, literals)), options)

    def search(data: bytes) -> Hits:
        hits: Hits = {}
        count = 0
        match = anywhere.search(data)
        while match is not None and count < MOST_HITS:
            at = match.start()
            # RE2 returns the first literal at a place, but others may begin there too.
            for number, literal in enumerate(literals):
                if data.startswith(literal, at):
                    hits.setdefault(number, []).append(at)
                    count += 1
            match = anywhere.search(data, at + 1)
        return hits

    return search


def find_search(literals: Sequence[bytes]) -> Search:
    """Return a search by `bytes.find`, which is always available."""

    def search(data: bytes) -> Hits:
        hits: Hits = {}
        count = 0
        for number, literal in enumerate(literals):
            at = data.find(literal)
            while at >= 0 and count < MOST_HITS:
                hits.setdefault(number, []).append(at)
                count += 1
                at = data.find(literal, at + 1)
        return hits

    return search


ENGINES: dict[str, Callable[[Sequence[bytes]], Search]] = {
    "hyperscan": hyperscan_search,
    "re2": re2_search,
    "find": find_search,
}
"""The search engines, the fastest first."""


@cache
def search_for(literals: tuple[bytes, ...]) -> Search:
    """Return the fastest search that works here."""
    for name, make in ENGINES.items():
        try:
            search = make(literals)
        except Exception as error:  # not installed, or for other processors: the next engine finds the same
            logger.debug("%s cannot search: %s: %s", name, type(error).__name__, error)
            continue
        logger.debug("%s searches for %d literals", name, len(literals))
        return search
    raise AssertionError("the standard library is always available")
