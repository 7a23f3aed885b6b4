"""Secrets that the search finds, and the ranges of a file that they claim."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from hashlib import sha256

from pkgaudit.api import Exclude, Location, Severity, View
from pkgaudit.late import dataclass
from pkgaudit.rules.secrets.aliases import Names

KEY_RANK, SHAPE_RANK, WEAK_RANK, URL_RANK, NONE_RANK = 1, 3, 4, 5, 7
"""The order of claims: proven tokens, keys, formats, URLs, notes, and last ranges without a secret."""


@dataclass(frozen=True)
class Secret:
    """A range of a content that is a secret of the rule ``code``, or (without code) known not to be one.

    Ranges that are not secrets are kept too, so coarser searches skip them. ``start`` and ``end`` are byte
    offsets in the content. ``line`` is the line if the rewritten file has no offsets, and ``rank`` the order
    of claims. ``baseline_hashes`` are the digests in baselines of other tools, for each secret if this object
    represents several. ``data`` and ``cause`` are those of the problem; ``data`` has the kind, the proof or
    the name of a setting, and nothing of the secret itself.
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
        """The SHA-256 of the secret, which identifies it everywhere."""
        return digest_of(self.text)

    @property
    def first_step(self) -> str:
        """The step of the remedy that makes the secret worthless, without those that change the file."""
        first = self.fix.first or "" if isinstance(self.fix, Exclude) else self.fix
        return first.partition(", then ")[0]


def digest_of(text: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Claims:
    """The claimed ranges of a content; the first claim wins.

    They are kept as ascending runs. Claims mostly arrive in ascending runs, one per rank, and a file may have
    very many: insertion into a single list would move half of it each time.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[list[int], list[int]]] = []

    def take(self, start: int, end: int) -> bool:
        """Claim a range; return False and change nothing if a part of it is claimed."""
        if self.overlap(start, end):
            return False
        if not self._runs or self._runs[-1][1][-1] > start:
            self._runs.append(([], []))
        starts, ends = self._runs[-1]
        starts.append(start)
        ends.append(end)
        return True

    def overlap(self, start: int, end: int) -> bool:
        """Return whether a part of a range is claimed."""
        for starts, ends in self._runs:
            at = bisect_left(starts, end)
            if at and ends[at - 1] > start:
                return True
        return False


@dataclass(frozen=True)
class Placed:
    """A secret with its location in the archive, and the comment in the file that allows it."""

    secret: Secret
    location: Location
    allowed: str | None = None


@dataclass(frozen=True)
class Look:
    """The result of a search in a file, with the errors by the code of the rule that they concern.

    ``stretches`` are the claimed ranges, including those that are not secrets. ``limits`` are clauses on the
    file that say what was not looked at.
    """

    secrets: tuple[Placed, ...] = ()
    stretches: tuple[tuple[int, int], ...] = ()
    errors: Mapping[str, Exception] = field(default_factory=dict)
    limits: tuple[str, ...] = ()


NOTHING = Look()


_ENVIRONMENT = re.compile(r"\.env(?!.*\.(?:example|sample|template|tmpl|tpl|dist|defaults))(?:\..*)?")
"""Names of environment files, except those that are meant to be shared."""


def remedy(view: View, what: str, link: str) -> str | Exclude:
    """Return the remedy for a token: revoke it first, because removal does not undo a publication."""
    revoke = f"revoke the {what} at {link} first"
    # The environment is read from this file, so the file stays as it is and must not be packed.
    if _ENVIRONMENT.fullmatch(view.member.name) and not view.member.is_nested:
        return Exclude(view.path, revoke)
    return f"{revoke}, then remove it from the file and read it from the environment"
