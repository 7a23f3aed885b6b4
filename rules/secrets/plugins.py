"""All kinds of tokens: the built-in catalogue and the tables of plug-ins."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pkgaudit.api import Token
from pkgaudit.late import entry_points
from pkgaudit.rules.secrets.catalogue.code_hosts import TOKENS

GROUP = "pkgaudit.tokens"
"""The entry-point group of tables: each names an iterable of `Token`."""


@cache
def all_tokens() -> tuple[Token, ...]:
    """Return the catalogue and the tables of plug-ins.

    Raises:
        ValueError: a plug-in's table cannot be loaded or is not a table of tokens; the message names it.
    """
    found = list(TOKENS)
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.value):
        package = point.dist.name if point.dist else "?"
        try:
            table: Iterable[object] = point.load()
            added = list(table)
        except Exception as error:  # code of plug-ins may raise anything; the message names the package
            raise ValueError(
                f"the tokens of {package} ({point.value}): {type(error).__name__}: {error}"
            ) from error
        for each in added:
            if not isinstance(each, Token):
                raise ValueError(f"the tokens of {package} ({point.value}): {each!r} is not a Token")
            found.append(each)
    return tuple(found)
