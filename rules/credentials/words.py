"""Recognize tokens, and describe a credential by its kind and length, without any part of it."""

from __future__ import annotations

from functools import lru_cache

from pkgaudit.api import Candidate, Level, counted
from pkgaudit.model.addresses import Index, known_indexes
from pkgaudit.rules.secrets.catalogue.code_hosts import TOKENS
from pkgaudit.rules.secrets.proof import read_index_token

PREFIX = "pypi-"
"""The beginning of every token of PyPI and of TestPyPI."""

_LONGEST_TOKEN = 4096
"""Characters of a value that is compared with the formats of tokens: longer ones are not headers."""


@lru_cache(maxsize=1024)
def provider_of(value: str) -> str | None:
    """Return the kind of a token of another provider than PyPI, by its format; None for other values."""
    data = value.encode("utf-8", "replace")
    if len(data) > _LONGEST_TOKEN or value.startswith(PREFIX):
        return None
    for token in TOKENS:
        if not any(each in data for each in token.literals):
            continue
        match = token.regex.fullmatch(data)
        found = token.judge(Candidate(value, data, 0, len(data))) if match else None
        if found is not None and found.level in (Level.PROVEN, Level.SHAPE):
            return token.name
    return None


def index_at(site: str) -> Index | None:
    """Return the well-known index with a site, None for any other."""
    return next((each for each in known_indexes().values() if each.site == site), None)


def is_token(value: str) -> bool:
    """Return whether a value is a token by its format."""
    return value.startswith(PREFIX) or provider_of(value) is not None


def described(value: str, user: str = "") -> str:
    """Return the kind and the length of a password or token."""
    size = f"{counted(len(value), 'character')}"
    if value.startswith(PREFIX):
        read = read_index_token(value)
        index = None if read is None else index_at(read.site)
        return f"a {'PyPI' if index is None else index.title} token ({PREFIX}…, {size})"
    provider = provider_of(value)
    if provider is not None:
        article = "an" if provider[0] in "AEIOU" else "a"
        return f"{article} {provider} ({size})"
    return f"a {'token' if user == '__token__' else 'password'} ({size})"
