"""The looks at a text file that the rules about secrets share: each is taken once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pkgaudit.api import Problem, Severity, TextFile
from pkgaudit.rules._secrets_assignments import MANY, find_assignments, find_random_strings
from pkgaudit.rules._secrets_found import Claims, Look, Secret, once_per_view
from pkgaudit.rules._secrets_keys import find_keys
from pkgaudit.rules._secrets_place import milder
from pkgaudit.rules._secrets_plugins import Content, is_allowed
from pkgaudit.rules._secrets_providers import find_provider_tokens
from pkgaudit.rules._secrets_tokens import find_tokens
from pkgaudit.rules._secrets_urls import find_url_passwords


def problems(view: TextFile, code: str) -> Iterator[Problem]:
    """Yield the problems of one rule.

    Raises:
        Exception: whatever went wrong in the looking that this rule is for, once all else is told: a
            plugin that fails on a file must neither hide what others find nor pass for a clean file.
    """
    look = {"SE105": _with_assignments, "SE106": _with_random_strings}.get(code, _with_tokens)(view)
    mine = [secret for secret in look.secrets if secret.code == code]
    if mine and "pragma" in view.text:
        mine = _without_allowed(view, mine)
    if code == "SE106" and len(mine) > MANY:
        yield Problem(
            f"{len(mine)} strings look random; the first of them is {mine[0].message.partition(' ')[0]}",
            view.at(mine[0].start),
            "look at whether these are data or secrets",
            key="many",
        )
    else:
        for secret in mine:
            yield secret.problem(view)
    if code in look.errors:
        raise look.errors[code]


def _without_allowed(view: TextFile, secrets: list[Secret]) -> list[Secret]:
    numbers = [view.at(secret.start).line or 1 for secret in secrets]
    allowed = {number for number in set(numbers) if is_allowed(view, number)}
    return [secret for secret, number in zip(secrets, numbers, strict=True) if number not in allowed]


@once_per_view
def _with_tokens(view: TextFile) -> Look:
    """Tokens, keys and passwords in URLs: what a file is looked through for, whichever rules run."""
    content = Content(view)
    return _look(
        Look(),
        ("SE101", find_tokens(view, content)),
        ("SE102", _find_keys(view, content)),
        ("SE103", find_provider_tokens(view, content)),
        ("SE104", find_url_passwords(view, content)),
    )


@once_per_view
def _with_assignments(view: TextFile) -> Look:
    return _look(_with_tokens(view), ("SE105", find_assignments(view)))


@once_per_view
def _with_random_strings(view: TextFile) -> Look:
    return _look(_with_assignments(view), ("SE106", find_random_strings(view)))


MOST_SECRETS = 10_000
"""How many secrets of one kind are looked at in a file. What has more was made to drown its reader."""


def _look(known: Look, *finders: tuple[str, Iterator[Secret]]) -> Look:
    """Return what is known and what the finders find that overlaps neither it nor each other."""
    found: list[Secret] = []
    errors = dict(known.errors)
    for code, find in finders:
        try:
            found += islice(find, MOST_SECRETS)
        except Exception as error:
            errors[code] = error
    if not found:
        return Look(known.secrets, errors)
    claims = Claims()
    return Look(tuple(each for each in (*known.secrets, *found) if claims.take(each.start, each.end)), errors)


def _find_keys(view: TextFile, content: Content) -> Iterator[Secret]:
    if b"PRIVATE KEY" not in content.data and b"PuTTY-User-Key-File-" not in content.data:
        return
    for key in find_keys(view.text):
        says, severity = f"{key.kind}, not encrypted", milder(view, Severity.WARNING)
        if key.encrypted:
            says = f"{key.kind}, encrypted with a passphrase"
            severity = milder(view, Severity.INFO, Severity.WARNING)
        fix = "replace the key wherever it is trusted first, then remove it from the file"
        yield Secret(key.start, key.end, "SE102", key.data.hex(), says, fix, severity)
