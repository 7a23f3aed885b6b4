"""The looks at a file that the rules about secrets share: each is taken once.

The first layer is one search of the bytes for what all known tokens, keys and URLs with passwords have
in them, then an exact look at each place. The second asks the plugins of detect-secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pkgaudit.api import BinaryFile, Location, Problem
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import NOTHING, Claims, Look, Placed, Secret
from pkgaudit.rules.secrets.judged import find_with_plugins
from pkgaudit.rules.secrets.pragma import allowed_by
from pkgaudit.rules.secrets.token_scanner import first_layer


def problems(view: BinaryFile, code: str, level: str) -> Iterator[Problem]:
    """Yield the problems of one rule.

    Raises:
        Exception: whatever went wrong in the looking that this rule is for, once all else is told: a
            plugin that fails on a file must neither hide what others find nor pass for a clean file.
    """
    found = look(view, level)
    # SE107 judges bytecode, with its source at hand.
    if found is NOTHING or view.member.suffix in BYTECODE:
        return
    for placed in found.secrets:
        if placed.secret.code == code:
            yield problem(placed)
    if code in found.errors:
        raise found.errors[code]


BYTECODE = frozenset({".pyc", ".pyo"})
"""What is found in these is judged along with the source that they were made of: SE107."""


def problem(placed: Placed) -> Problem:
    """Return the problem. Its key is a digest, and the secret itself is nowhere in it."""
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
    """Look through a file for secrets, by all layers of the level; once for all rules that ask.

    A look that failed is taken anew: its error holds on to the view, which would never be freed.
    """
    looks: dict[str, Look] = vars(view).setdefault("secrets", {})
    if level in looks:
        return looks[level]
    content = Content(view)
    first = looks.get("fast") or _first_look(content)
    # An error holds on to the frames of its traceback, and these to the view.
    if not first.errors:
        looks["fast"] = first
    found = first if level == "fast" else _second_look(content, level, first)
    if not found.errors:
        looks[level] = found
    return found


def _first_look(content: Content) -> Look:
    found, errors = first_layer(content)
    if not found and not errors:
        return NOTHING
    stretches = tuple((each.start, each.end) for each in found if each.start < each.end)
    return Look(tuple(_placed(content, found)), stretches, errors)


def _second_look(content: Content, level: str, first: Look) -> Look:
    claims = Claims()
    for start, end in first.stretches:
        claims.take(start, end)
    more, failure = find_with_plugins(content, level, claims.overlap)
    if not more and failure is None:
        return first
    more.sort(key=lambda each: (each.start, each.code or ""))
    kept = [each for each in more if each.line is not None or claims.take(each.start, each.end)]
    # Most plugins look for tokens of providers, so that SE103 tells of the failure of any.
    errors = {**first.errors, **({} if failure is None else {"SE103": failure})}
    return Look((*first.secrets, *_placed(content, kept)), first.stretches, errors)


def _placed(content: Content, secrets: Iterable[Secret]) -> Iterator[Placed]:
    """Yield the secrets, in their order, with their places."""
    lines: dict[int, str | None] = {}
    for secret in secrets:
        if secret.code is None:
            continue
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
