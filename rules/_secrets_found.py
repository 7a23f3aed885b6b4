"""What looking for secrets finds, and who may speak for which stretch of a text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from weakref import WeakKeyDictionary

from pkgaudit.api import Problem, Severity, TextFile


@dataclass(frozen=True)
class Secret:
    """A stretch of a text that is a secret of the rule ``code``, or (no code) that is known to be none.

    What is known to be none is held too, so that no coarser rule takes it up.
    """

    start: int
    end: int
    code: str | None = None
    text: str = field(default="", repr=False)
    message: str = ""
    fix: str = ""
    severity: Severity | None = None

    def problem(self, view: TextFile) -> Problem:
        """Return the problem. Its key is a digest, and the secret itself is nowhere in it."""
        key = sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
        return Problem(self.message, view.at(self.start), self.fix, self.severity, key)


class Claims:
    """The stretches of a text that are spoken for; the first claim wins."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, start: int, end: int) -> bool:
        """Claim a stretch; false, and nothing changes, if a part of it is taken."""
        at = bisect_left(self._starts, end)
        if at and self._ends[at - 1] > start:
            return False
        self._starts.insert(at, start)
        self._ends.insert(at, end)
        return True


@dataclass(frozen=True)
class Look:
    """What a look at a file found, and what went wrong on the way, by the code of the rule it was for."""

    secrets: tuple[Secret, ...] = ()
    errors: Mapping[str, Exception] = field(default_factory=dict)


def once_per_view(function: Callable[[TextFile], Look]) -> Callable[[TextFile], Look]:
    """Remember a look at a file for as long as the file's view lives.

    One that failed is taken anew: its error holds on to the view, which would never be freed.
    """
    known: WeakKeyDictionary[TextFile, Look] = WeakKeyDictionary()

    def remembered(view: TextFile) -> Look:
        look = known.get(view)
        if look is None:
            look = function(view)
            if not look.errors:
                known[view] = look
        return look

    return remembered


def is_bounded(text: str, start: int) -> bool:
    r"""Whether no word runs into a token from the left. The n of ``\n`` and the D of ``%3D`` are no words."""
    if start == 0 or not (text[start - 1].isalnum() or text[start - 1] == "_"):
        return True
    before = text[max(0, start - 3) : start]
    return before[-2:-1] == "\\" or re.fullmatch(r"%[0-9A-Fa-f]{2}", before) is not None


def remedy(what: str, link: str) -> str:
    """Return what to do about a token: once published it is out, so removing it comes second."""
    return (
        f"revoke the {what} at <{link}> first, then remove it from the file and read it from the environment"
    )
