"""What looking for secrets finds, and who may speak for which stretch of a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from pkgaudit.api import Exclude, Location, Severity
from pkgaudit.rules.secrets.aliases import Names

KEY_RANK, SHAPE_RANK, WEAK_RANK, URL_RANK, NONE_RANK = 1, 3, 4, 5, 7
"""Whose claim comes first: proven tokens, keys, shapes, URLs, notes, and last what is known to be none."""


@dataclass(frozen=True)
class Secret:
    """A stretch of a content that is a secret of the rule ``code``, or (no code) is known to be none.

    What is known to be none is held too, so that no coarser look takes it up. ``start`` and ``end``
    are bytes of the content, ``line`` the line where a rewritten file no longer tells more, ``rank``
    says whose claim to a stretch comes first. ``baseline_hashes`` are the digests that baselines of others
    list it by, for each secret if it stands for several. ``data`` is that of the problem: the kind, what
    proves it, the name of a setting, and nothing of the secret itself. ``cause`` is that of the problem.
    """

    start: int
    end: int
    code: str | None = None
    text: str = field(default="", repr=False)
    message: str = ""
    fix: str | Exclude = ""
    severity: Severity | None = None
    rank: int = 0
    line: int | None = None
    baseline_hashes: Names = ()
    data: Mapping[str, str | int | bool] = field(default_factory=dict, compare=False)
    cause: str | None = None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the secret, by which it is known wherever it is found."""
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Claims:
    """The stretches of a content that are spoken for; the first claim wins.

    They are kept as runs, each ascending. Claims mostly come in such runs, one for each rank, and a file
    may have very many: putting them into one list would move half of it each time.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[list[int], list[int]]] = []

    def take(self, start: int, end: int) -> bool:
        """Claim a stretch; false, and nothing changes, if a part of it is taken."""
        if self.overlap(start, end):
            return False
        if not self._runs or self._runs[-1][1][-1] > start:
            self._runs.append(([], []))
        starts, ends = self._runs[-1]
        starts.append(start)
        ends.append(end)
        return True

    def overlap(self, start: int, end: int) -> bool:
        """Whether a part of a stretch is taken."""
        for starts, ends in self._runs:
            at = bisect_left(starts, end)
            if at and ends[at - 1] > start:
                return True
        return False


@dataclass(frozen=True)
class Placed:
    """A secret with its place in the archive, and what the file itself says to allow it."""

    secret: Secret
    location: Location
    allowed: str | None = None


@dataclass(frozen=True)
class Look:
    """What a look at a file found, and what went wrong on the way, by the code of the rule it was for.

    ``stretches`` are those that are spoken for, what is known to be no secret included.
    """

    secrets: tuple[Placed, ...] = ()
    stretches: tuple[tuple[int, int], ...] = ()
    errors: Mapping[str, Exception] = field(default_factory=dict)


NOTHING = Look()


def remedy(what: str, link: str) -> str:
    """Return what to do about a token: once published it is out, so removing it comes second."""
    return (
        f"revoke the {what} at <{link}> first, then remove it from the file and read it from the environment"
    )
