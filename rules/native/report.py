"""Problems of binaries: one for each cause, with all files that have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pkgaudit.api import Exclude, Location, Problem, SetField, Severity, quoted

_SHOWN = 3
"""How many names a message lists. Chosen: they fit into about a line."""


def listed(names: Iterable[str], most: int = _SHOWN) -> str:
    """Return names as ``'a', 'b' and 3 more``."""
    found = list(dict.fromkeys(names))
    shown = ", ".join(quoted(each) for each in found[:most])
    return f"{shown} and {len(found) - most:,} more" if len(found) > most else shown


def among(paths: Iterable[str]) -> str:
    """Return how many other files have the same fault as the first, to be appended to the message."""
    rest = len(set(paths)) - 1
    return f" (the same applies to {rest:,} more {'binary' if rest == 1 else 'binaries'})" if rest > 0 else ""


def problem(
    paths: Iterable[str],
    message: str,
    fix: str | Exclude | SetField | None = None,
    *,
    severity: Severity | None = None,
    key: str | None = None,
    data: Mapping[str, str | int | Sequence[str]] | None = None,
    unjudged: bool = False,
) -> Problem:
    """Return the problem of one cause, located at the first of its files; ``data`` gets all their paths."""
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
