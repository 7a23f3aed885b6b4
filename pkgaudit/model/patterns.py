"""Gitignore patterns in the user's configuration, matched by pathspec.

pathspec translates a pattern into a regular expression. The time of Python's regular expression engine grows
exponentially with the number of wildcards. So that number is limited, and a linear-time engine (re2 or
hyperscan), if one is installed, matches patterns with several wildcards. Python's engine is faster for all
other patterns.

This is sufficient for lists of paths. The rules of git itself are more complex: git decides again at each
folder level, and the nearest `.gitignore` file has precedence. An archive also contains `.gitignore` files,
whose patterns an attacker may have chosen. So an automaton matches them, in `rules/_shared/gitignore.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MOST_IN_NAME = 4
"""Largest number of ``*`` in one component of a pattern. Chosen: handwritten patterns have at most three."""

MOST_DEEP = 3
"""Largest number of ``**`` components of a pattern. Chosen: one at each end and one between."""

MOST = 10
"""Largest number of wildcards of a pattern. Chosen, as above."""

_STARS = re.compile(r"\*+")


def user_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the compiled patterns.

    Raises:
        ValueError: a line is not a valid pattern, or has too many wildcards.
    """
    from pathspec import GitIgnoreSpec

    lines = list(lines)
    many = [_check(line) for line in lines]
    # "best" is an installed linear-time engine, or Python's engine if none is installed.
    return GitIgnoreSpec.from_lines(lines, backend="best" if any(many) else "simple")


def _check(line: str) -> bool:
    """Return whether a pattern has several wildcards that may each match in many places."""
    if line.startswith("#"):
        return False
    parts = line.split("/")
    deep = parts.count("**")
    stars = [len(_STARS.findall(part)) for part in parts if part != "**"]
    if deep > MOST_DEEP:
        raise ValueError(f"it contains '**' more than {MOST_DEEP} times")
    if max(stars, default=0) > MOST_IN_NAME:
        raise ValueError(f"it contains '*' more than {MOST_IN_NAME} times in one name")
    if deep + sum(stars) > MOST:
        raise ValueError(f"it contains more than {MOST} wildcards")
    return deep > 1 or any(count > 1 for count in stars)
