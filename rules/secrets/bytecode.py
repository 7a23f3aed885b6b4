"""Secrets that a compiled module still has and its source no longer: SE107."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pkgaudit.api import BinaryFile, Exclude, Location, Problem, Severity
from pkgaudit.rules.secrets.found import digest_of
from pkgaudit.rules.secrets.scan import BYTECODE, look

_CACHED = re.compile(r"(?P<folder>(?:.*/)?)__pycache__/(?P<name>[^/]{1,255})\.py[co]")


@dataclass(frozen=True)
class Leak:
    """A secret in bytecode, without the secret itself.

    ``shorter`` is the digest without the last character: in bytecode the byte behind a token of no fixed
    length may look like a part of it.
    """

    digest: str
    shorter: str
    message: str
    fix: str
    severity: Severity | None
    location: Location
    data: Mapping[str, str | int | bool] = field(default_factory=dict, compare=False)

    def is_among(self, digests: frozenset[str]) -> bool:
        """Whether the secret is one of these."""
        return self.digest in digests or self.shorter in digests

    def problem(self, source: str | None) -> Problem:
        """Return the problem of a secret that the source, if there is one, does not have."""
        why = f"its source {source} does not show it" if source else "no source of it is in the archive"
        return Problem(
            f"{self.message}; {why}",
            self.location,
            self.fix,
            self.severity,
            self.digest,
            digest=self.digest,
            data={**self.data, "source": source},
        )


@dataclass(frozen=True)
class Leaks:
    """What is kept of a file with secrets: their digests and, of bytecode, what is to be said."""

    digests: frozenset[str]
    in_bytecode: tuple[Leak, ...] = ()


def _first_step(fix: str | Exclude) -> str | None:
    """Return what to do about the secret itself: the file is bytecode, which is left out anyway."""
    return fix.first if isinstance(fix, Exclude) else fix


def leaks_of(view: BinaryFile) -> Leaks | None:
    """Return what a look at the file found, None if nothing."""
    # The plugins of detect-secrets read texts: the level of the user makes no difference here.
    placed = look(view, "fast").secrets
    if not placed:
        return None
    digests = frozenset(each.secret.digest for each in placed)
    if view.member.suffix not in BYTECODE:
        return Leaks(digests)
    found = [
        Leak(
            each.secret.digest,
            digest_of(each.secret.text[:-1]),
            each.secret.message,
            f"{_first_step(each.secret.fix)}; delete the bytecode and build from a fresh clone",
            each.secret.severity,
            each.location,
            each.secret.data,
        )
        for each in placed
    ]
    return Leaks(digests, tuple(found))


def sources_of(path: str) -> list[str]:
    """Return the paths that the source of bytecode may have (https://peps.python.org/pep-3147/).

    In a cache the name is followed by a tag, which may have dots in it, as pytest's has its version.
    """
    match = _CACHED.fullmatch(path)
    if match is None:
        stems = [path.rpartition(".")[0]]
    else:
        parts = match["name"].split(".")
        stems = [match["folder"] + ".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return [f"{stem}{suffix}" for stem in stems for suffix in (".py", ".pyw")]
