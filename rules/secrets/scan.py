"""The searches of a file that the rules about secrets share: each is done once.

The first layer searches the bytes once for the literals of all known tokens, keys and URLs with passwords,
then checks each place exactly. The second layer calls the plugins of detect-secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pkgaudit.api import BinaryFile, Location, Problem, quoted
from pkgaudit.rules.secrets.content import Content, decoded_source
from pkgaudit.rules.secrets.found import NOTHING, Claims, Look, Placed, Secret
from pkgaudit.rules.secrets.judged import find_with_plugins
from pkgaudit.rules.secrets.pragma import allowed_by
from pkgaudit.rules.secrets.token_scanner import first_layer


def problems(view: BinaryFile, code: str, level: str) -> Iterator[Problem]:
    """Yield the problems of one rule.

    Raises:
        Exception: the error in the search for this rule, after all problems: a plugin that fails on a file
        must
            neither hide the findings of others nor make the file look clean.
    """
    found = look(view, level)
    # SE107 judges bytecode together with its source.
    if found is NOTHING or view.member.suffix in BYTECODE:
        return
    for placed in found.secrets:
        if placed.secret.code == code:
            yield problem(placed)
    if code == _OF_PLUGINS:
        for limit in found.limits:
            message = f"{quoted(view.path)} was not searched completely: {limit}"
            yield Problem(message, Location(view.path), key=limit, unjudged=True)
    if code in found.errors:
        raise found.errors[code]


_OF_PLUGINS = "SE103"
"""The rule that reports failures and limits of the plugins: most of them search for provider tokens."""

BYTECODE = frozenset({".pyc", ".pyo"})
"""Suffixes of bytecode, whose secrets are judged together with the source: SE107."""


def problem(placed: Placed) -> Problem:
    """Return the problem. Its key is a digest; the problem does not contain the secret itself."""
    secret = placed.secret
    return Problem(
        secret.message,
        placed.location,
        secret.fix or None,
        secret.severity,
        secret.digest,
        digest=secret.digest,
        baseline_hashes=secret.baseline_hashes,
        inline_reason=placed.allowed,
        data=secret.data,
        cause=secret.cause,
    )


def look(view: BinaryFile, level: str) -> Look:
    """Search a file for secrets with all layers of the level, once for all rules.

    A failed search is repeated: its error has references to the view, which would never be freed.
    """
    looks: dict[str, Look] = vars(view).setdefault("secrets", {})
    if level in looks:
        return looks[level]
    content = Content(view)
    first = looks.get("fast") or _first_look(content)
    # An error has references to the frames of its traceback, and these to the view.
    if not first.errors:
        looks["fast"] = first
    found = first if level == "fast" else _second_look(content, level, first)
    if not found.errors:
        looks[level] = found
    return found


def _first_look(content: Content) -> Look:
    found, errors = first_layer(content)
    stretches = tuple((each.start, each.end) for each in found if each.start < each.end)
    placed = tuple(_placed(content, found))
    decoded = decoded_source(content.view)
    if decoded is not None:
        more, more_errors = _look_at_decoded(content, decoded)
        known = {each.secret.digest for each in placed}
        placed += tuple(each for each in more if each.secret.digest not in known)
        errors |= more_errors
    return Look(placed, stretches, errors) if found or placed or errors else NOTHING


def _look_at_decoded(content: Content, decoded: BinaryFile) -> tuple[list[Placed], dict[str, Exception]]:
    """Return the secrets in a decoded source with their lines in the file; they have no offsets in it."""
    inner = Content(decoded)
    found, errors = first_layer(inner)
    has_same_lines = decoded.data.count(b"\n") == content.data.count(b"\n")
    placed = []
    for each in _placed(inner, found):
        line = each.location.line if has_same_lines else None
        place = Location(content.view.path, line)
        placed.append(replace(each, secret=replace(each.secret, start=0, end=0), location=place))
    return placed, errors


def _second_look(content: Content, level: str, first: Look) -> Look:
    claims = Claims()
    for start, end in first.stretches:
        claims.take(start, end)
    more, failure, limits = find_with_plugins(content, level, claims.overlap)
    if not more and failure is None and not limits:
        return first
    more.sort(key=lambda each: (each.start, each.code or ""))
    kept = [each for each in more if each.line is not None or claims.take(each.start, each.end)]
    errors = {**first.errors, **({} if failure is None else {_OF_PLUGINS: failure})}
    return Look((*first.secrets, *_placed(content, kept)), first.stretches, errors, tuple(limits))


_STEPS = 50
"""Steps to report a secret, see `Member.spend`."""


def _placed(content: Content, secrets: Iterable[Secret]) -> Iterator[Placed]:
    """Yield the secrets with their locations, in the same order."""
    lines: dict[int, str | None] = {}
    for secret in secrets:
        if secret.code is None:
            continue
        if not content.view.member.spend(_STEPS):
            return
        if secret.line is None:
            location = content.location(secret.start)
        else:
            location = Location(content.view.path, content.view.window.first_line - 1 + secret.line)
        allowed = None
        if content.text is not None and location.line is not None:
            if location.line not in lines:
                lines[location.line] = allowed_by(content.text, location.line)
            allowed = lines[location.line]
        yield Placed(secret, location, allowed)
