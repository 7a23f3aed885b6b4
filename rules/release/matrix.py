"""The wheels of a release as a matrix of Pythons and machines, from their filenames only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pkgaudit.rules._shared.wheel_tags import WheelTags
from pkgaudit.rules.release.conflicts import machines

_CPYTHON = re.compile(r"cp3(?P<minor>\d{1,2})")
_FREE = re.compile(r"cp3\d{1,2}t|abi3t")
"""The ABIs of Pythons without the GIL: https://peps.python.org/pep-0703/ and, for abi3t, PEP 803."""

_LONGEST = 60
"""The longest tag that is read. Real tags have a dozen characters."""

_LATEST = 14
"""The minor version of Python that the messages name if the wheels do not. Python 3.14 is of 2025."""

_MAJOR = frozenset({"linux x86_64", "mac arm64", "win _amd64"})
"""The machines of most users, as `machines` names them."""


@dataclass(frozen=True, order=True)
class Python:
    """A version of CPython for which there are wheels, with or without the GIL."""

    minor: int
    is_free: bool = False

    def __str__(self) -> str:
        return f"3.{self.minor}{'t' if self.is_free else ''}"


@dataclass(frozen=True)
class Hole:
    """A Python without a wheel for a machine, although the wheels for other Pythons suggest one."""

    python: Python
    machine: str


class Matrix:
    """The machines for which there are wheels, by the version of CPython.

    ``cells`` has only the Pythons with wheels of their own; wheels for several Pythons (``abi3``, ``py3``)
    fill its holes.
    """

    def __init__(self, wheels: Iterable[WheelTags]) -> None:
        self.cells: dict[Python, set[str]] = {}
        self.is_pure = False
        """Whether one of the wheels is for every machine."""
        self.has_free = False
        """Whether one of the wheels is for Pythons without the GIL, as wheels without an ABI are."""
        self._later: list[tuple[int, bool, frozenset[str]]] = []
        for tags in wheels:
            self._add(tags)
        for python, cells in self.cells.items():
            for minor, is_free, of in self._later:
                if python.minor >= minor and (is_free or not python.is_free):
                    cells |= of

    def _add(self, tags: WheelTags) -> None:
        of = machines(tags)
        self.is_pure = self.is_pure or "any" in of
        is_free = any(each == "none" or _FREE.fullmatch(each[:_LONGEST]) for each in tags.abis)
        self.has_free = self.has_free or is_free
        for tag in tags.pythons:
            match = _CPYTHON.fullmatch(tag[:_LONGEST])
            if match is None:
                if tag.startswith("py3"):
                    self._later.append((0, True, of))
                continue
            minor = int(match["minor"])
            for abi in tags.abis:
                if abi in ("abi3", "abi3t", "none"):
                    self._later.append((minor, abi != "abi3", of))
                elif abi.rstrip("tdmu") == tag:
                    self.cells.setdefault(Python(minor, abi.endswith("t")), set()).update(of)

    @cached_property
    def _rows(self) -> list[Python]:
        """The Pythons with the GIL, the oldest first."""
        return sorted(each for each in self.cells if not each.is_free)

    @property
    def newest(self) -> int:
        """The minor version of the newest Python; wheels for the stable ABI are for all future ones."""
        return max((_LATEST if self._later else 0, *(each.minor for each in self.cells)))

    @cached_property
    def holes(self) -> list[Hole]:
        """The machines that a Python lacks although the Pythons around it have them.

        The oldest Python often lacks the machines that are newer than it, and the newest the rare ones.
        """
        found = []
        for older, python, newer in zip(self._rows, self._rows[1:], self._rows[2:], strict=False):
            both = self.cells[older] & self.cells[newer]
            found += [Hole(python, each) for each in sorted(both - self.cells[python])]
        *older_rows, newest = self._rows or [Python(0)]
        if len(older_rows) > 1:
            every = frozenset.intersection(_MAJOR, *(self.cells[each] for each in older_rows))
            found += [Hole(newest, each) for each in sorted(every - self.cells[newest])]
        return found

    @property
    def skipped(self) -> Python | None:
        """The only Python without any wheel, although the Pythons around it have some.

        A project that leaves out several Pythons, or builds for two only, probably chose them.
        """
        minors = [each.minor for each in self._rows]
        missing = sorted(set(range(minors[0], minors[-1])) - set(minors)) if len(minors) > 2 else []
        if len(missing) != 1 or any(minor <= missing[0] for minor, _, _ in self._later):
            return None
        return Python(missing[0])

    @cached_property
    def lonely(self) -> Hole | None:
        """The only Python with a single wheel, if the others have many; the oldest Python does not count."""
        oldest = self._rows[:1]
        single = [each for each, of in self.cells.items() if len(of) == 1 and each not in oldest]
        # Chosen: three machines are Linux, macOS and Windows. Two other Pythons show that this is usual.
        many = [each for each, of in self.cells.items() if len(of) >= 3]
        if len(single) == 1 and len(many) >= 2 and len(many) + 1 == len(self.cells):
            return Hole(single[0], *self.cells[single[0]])
        return None
