"""How findings about binaries are said: one for a cause, however many files it is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pkgaudit.api import Exclude, Location, Problem, Severity, quoted

_SHOWN = 3
"""Names that a message lists: chosen, about a line."""


def listed(names: Iterable[str], most: int = _SHOWN) -> str:
    """Return names as ``'a', 'b' and 3 more``."""
    found = list(dict.fromkeys(names))
    shown = ", ".join(quoted(each) for each in found[:most])
    return f"{shown} and {len(found) - most:,} more" if len(found) > most else shown


def among(paths: Iterable[str]) -> str:
    """Return how many other files share what the first is said to have, to stand behind the sentence."""
    rest = len(set(paths)) - 1
    return f" (and so it is with {rest:,} more {'binary' if rest == 1 else 'binaries'})" if rest > 0 else ""


def problem(
    paths: Iterable[str],
    message: str,
    fix: str | Exclude | None = None,
    *,
    severity: Severity | None = None,
    key: str | None = None,
    data: Mapping[str, str | Sequence[str]] | None = None,
    unjudged: bool = False,
) -> Problem:
    """Return the problem of one cause at the first of the files that have it; ``data`` gets their paths."""
    ordered = sorted(set(paths))
    return Problem(
        f"{message}{among(ordered)}",
        Location(ordered[0]),
        fix,
        severity,
        key=key,
        data={**(data or {}), "paths": ordered},
        unjudged=unjudged,
    )
