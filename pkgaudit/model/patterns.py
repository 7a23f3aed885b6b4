"""Patterns that users write, as gitignore has them, matched by pathspec.

A pattern is turned into a regular expression, and Python's engine for these takes a time that is a power
of the number of wildcards in it. So the number is bounded, and patterns with several wildcards are
matched by an engine whose time is linear, where there is one: pathspec uses re2 or hyperscan. For others
Python's engine is faster.

That is enough for lists of paths. What git itself ignores is another question: it asks anew at each level
of folders, and takes the file that is nearest. `.gitignore` files are also those of an archive, which
choose their patterns against whoever reads them. So they are matched by an automaton, in
`rules/stray/gitignore.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MOST_IN_NAME = 4
"""Wildcards ``*`` in one component of a pattern. Chosen: the patterns of people have three at most."""

MOST_DEEP = 3
"""Components ``**`` of a pattern. Chosen: one at each end and one between."""

MOST = 10
"""Wildcards of a pattern. Chosen, as above."""

_STARS = re.compile(r"\*+")


def user_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return patterns as pathspec has them.

    Raises:
        ValueError: one of them is not a pattern, or has more wildcards than are matched.
    """
    from pathspec import GitIgnoreSpec

    lines = list(lines)
    many = [_check(line) for line in lines]
    # "best" is the linear engine that is there, and Python's where there is none.
    return GitIgnoreSpec.from_lines(lines, backend="best" if any(many) else "simple")


def _check(line: str) -> bool:
    """Return whether a pattern has several wildcards of which each may match at many places."""
    if line.startswith("#"):
        return False
    parts = line.split("/")
    deep = parts.count("**")
    stars = [len(_STARS.findall(part)) for part in parts if part != "**"]
    if deep > MOST_DEEP:
        raise ValueError(f"it has more than {MOST_DEEP} times '**'")
    if max(stars, default=0) > MOST_IN_NAME:
        raise ValueError(f"it has more than {MOST_IN_NAME} times '*' in one name")
    if deep + sum(stars) > MOST:
        raise ValueError(f"it has more than {MOST} wildcards")
    return deep > 1 or any(count > 1 for count in stars)
