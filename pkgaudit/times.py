"""The CPU time of an audit, by what it is needed for."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from pkgaudit.model.member import Member

READING = "reading, unpacking and hashing"
PARSING = "parsing Python"
CONCEALING = "finding secrets, to mask them"
REPORTING = "lines and remedies of findings"
STARTING = "starting"
FINISHING = "rules on whole releases, and reports"

clock = time.thread_time
"""The CPU time of this thread in seconds. Other programs on the machine do not change it."""


class Times:
    """The seconds for each purpose, by its name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = 0.0
        """Time in the current context that counts for another purpose."""

    @contextmanager
    def of(self, name: str, member: Member | None = None) -> Iterator[None]:
        """Add the time in the context to a purpose; time for parsing a member counts for that."""
        started, outer = clock(), self._inner
        parsed = member.parse_seconds if member is not None else 0.0
        self._inner = 0.0
        try:
            yield
        finally:
            if member is not None and member.parse_seconds > parsed:
                self._add(PARSING, member.parse_seconds - parsed)
                self._inner += member.parse_seconds - parsed
            passed = clock() - started
            self._add(name, passed - self._inner)
            self._inner = outer + passed

    def _add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


def total() -> float:
    """Return the CPU time of this process and of its finished children, in seconds."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def rows(
    seconds: Iterable[Mapping[str, float]], group: Callable[[str], str], started: float, ended: float
) -> list[tuple[str, float]]:
    """Return the groups of purposes with their times, the longest first, between a start and an end.

    ``seconds`` are those of each file, ``group`` returns the group of a purpose. ``started`` and ``ended``
    are the CPU times of the process when the audit started and ended.
    """
    found: defaultdict[str, float] = defaultdict(float)
    for each in seconds:
        for name, spent in each.items():
            found[group(name)] += spent
    found[FINISHING] = max(0.0, ended - started - sum(found.values()))
    return [(STARTING, started), *sorted(found.items(), key=lambda row: -row[1])]
