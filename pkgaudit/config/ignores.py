"""Suppressions in the configuration: rules in certain places, and findings with certain hashes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pkgaudit.config.table import ConfigError, fill
from pkgaudit.late import dataclass

SHORTEST_HASH = 12
"""The least number of digits of a hash; chosen: 48 bits make a chance match very unlikely."""


@dataclass(frozen=True)
class Ignore:
    """Rules whose findings are suppressed, the reason, and the last day (inclusive)."""

    rules: tuple[str, ...]
    reason: str | None = None
    until: datetime.date | None = None

    def is_expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and today > self.until


@dataclass(frozen=True)
class Allow:
    """The first digits of the SHA-256 of an allowed content, the reason, and the last day (inclusive)."""

    hash: str
    reason: str | None = None
    until: datetime.date | None = None

    def is_expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and today > self.until


@dataclass(frozen=True)
class ScopedIgnore:
    """An ignore for the members, or the distributions, that a glob matches."""

    glob: str
    ignore: Ignore


_HASH = re.compile(rf"[0-9A-Fa-f]{{{SHORTEST_HASH},64}}")


def parse_ignores(value: Any, where: str) -> Iterable[Ignore]:
    """Yield ignores from a selector, a table, or a list of both.

    Raises:
        ConfigError: the value is of another type; ``where`` begins the message.
    """
    plain: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            plain.append(each)
        elif isinstance(each, dict):
            yield _ignore_table(each, where)
        else:
            raise ConfigError(f"{where}: expected rules or tables with 'rules', found {each!r}")
    if plain:
        yield Ignore(tuple(plain))


def _ignore_table(table: Mapping[str, Any], where: str) -> Ignore:
    table = {
        key: [value] if key == "rules" and isinstance(value, str) else value for key, value in table.items()
    }
    if "rules" not in table:
        raise ConfigError(f"{where}: a table of ignores needs 'rules'")
    ignore = fill(Ignore, _with_date(table, where), where)
    assert isinstance(ignore, Ignore)
    return ignore


def _with_date(table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Return a table with ``until`` as a date; the file may have it as a string."""
    if not isinstance(table.get("until"), str):
        return table
    try:
        return {**table, "until": datetime.date.fromisoformat(table["until"])}
    except ValueError:
        raise ConfigError(f"{where}: until: {table['until']!r} is not a date like 2030-12-31") from None


def parse_allows(value: Any, where: str) -> Iterable[Allow]:
    """Yield the entries of a list of hashes and tables. Messages quote no value, which may be the secret.

    Raises:
        ConfigError: an entry is neither a hash nor a table with one.
    """
    if not isinstance(value, list):
        raise ConfigError(f"{where}: expected a list of hashes, or of tables with 'hash'")
    for number, each in enumerate(value, 1):
        place = f"{where}: entry {number}"
        table = {"hash": each} if isinstance(each, str) else each
        if not isinstance(table, dict):
            raise ConfigError(f"{place}: expected a hash, or a table with 'hash'")
        digits = table.get("hash")
        if not isinstance(digits, str) or not _HASH.fullmatch(digits):
            raise ConfigError(
                f"{place}: a hash has {SHORTEST_HASH} to 64 hexadecimal digits; reports show it as 'content'"
            )
        allow = fill(Allow, _with_date({**table, "hash": digits.lower()}, place), place)
        assert isinstance(allow, Allow)
        yield allow


def parse_scoped(value: Any, where: str) -> Iterable[ScopedIgnore]:
    """Yield the ignores of a table of globs.

    Raises:
        ConfigError: the value is not a table, or an ignore in it is invalid.
    """
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: expected a table of globs, found {value!r}")
    for glob, rules in value.items():
        for ignore in parse_ignores(rules, f"{where}: {glob}"):
            yield ScopedIgnore(glob, ignore)
