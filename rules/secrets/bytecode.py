"""Find secrets that a compiled module still contains but its source does not: SE107."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from pkgaudit.api import BinaryFile, Location, Problem, Severity, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules.secrets.found import digest_of
from pkgaudit.rules.secrets.scan import BYTECODE, look

_CACHED = re.compile(r"(?P<folder>(?:.*/)?)__pycache__/(?P<name>[^/]{1,255})\.py[co]")


@dataclass(frozen=True)
class Leak:
    """A secret in bytecode, without the secret itself.

    ``shorter`` is the digest without the last character: in bytecode, the byte after a token of variable
    length may look like a part of the token.
    """

    digest: str
    shorter: str
    message: str
    fix: str
    severity: Severity | None
    location: Location
    data: Mapping[str, str | int | bool] = field(default_factory=dict, compare=False)

    def is_among(self, digests: frozenset[str]) -> bool:
        """Return whether the secret has one of these digests."""
        return self.digest in digests or self.shorter in digests

    def problem(self, source: str | None) -> Problem:
        """Return the problem of a secret that is not in ``source``, None if the archive has no source."""
        why = (
            f"the source {quoted(source)} does not contain the secret"
            if source
            else "the archive does not contain the source"
        )
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
    """The digests of the secrets in a file and, for bytecode, the secrets as they are reported."""

    digests: frozenset[str]
    in_bytecode: tuple[Leak, ...] = ()


def leaks_of(view: BinaryFile) -> Leaks | None:
    """Return the secrets in a file, None if it has none."""
    # The plugins of detect-secrets only read texts, so the user's level makes no difference here.
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
            f"{each.secret.first_step}; delete the bytecode and build from a fresh clone",
            each.secret.severity,
            each.location,
            each.secret.data,
        )
        for each in placed
    ]
    return Leaks(digests, tuple(found))


def sources_of(path: str) -> list[str]:
    """Return the possible paths of the source of bytecode (https://peps.python.org/pep-3147/).

    In a cache, a tag follows the name. The tag may contain dots, as pytest's tag contains its version.
    """
    match = _CACHED.fullmatch(path)
    if match is None:
        stems = [path.rpartition(".")[0]]
    else:
        parts = match["name"].split(".")
        stems = [match["folder"] + ".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return [f"{stem}{suffix}" for stem in stems for suffix in (".py", ".pyw")]
