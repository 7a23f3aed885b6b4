"""A readme as it may be shown to others: with marks, and without secrets."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import NamedTuple

from pkgaudit.readme import markdown, rst
from pkgaudit.readme.markup import Markup, markup_named
from pkgaudit.readme.tokens import Token, start_tag, tokens
from pkgaudit.readme.view import view

Masking = Callable[[str], "str | None"]
"""Removes secrets from a text; returns None if it fails."""


class Shown(NamedTuple):
    """A readme as cleaned HTML with marks, or a clause that says why it is missing."""

    html: str = ""
    reason: str = ""


def shown(text: str, content_type: str | None, masked: Masking) -> Shown:
    """Return a readme as PyPI shows it, without secrets."""
    markup = markup_named(content_type)
    if markup is None:
        return Shown(reason=_REJECTED)
    # A redaction may also remove signs of Markdown beside a secret. So it first sees the page, whose
    # addresses are masked one by one, and it sees the text only if the page has a secret elsewhere.
    for change in (str, masked):
        source = change(text)
        html = view(source, markup) if source is not None else ""
        if html is None:
            return Shown(reason=_why_not(text, markup))
        safe = _without_secrets(html, masked) if source is not None else None
        if safe is not None:
            return Shown(safe)
    return Shown(reason="pkgaudit does not show this readme, because it has a secret that cannot be masked")


_REJECTED = "PyPI does not show this readme"


def _why_not(text: str, markup: Markup) -> str:
    why = markdown.why_not_rendered(text) if markup is Markup.MARKDOWN else None
    if markup is Markup.RST and rst.rendered(text).faults is None:
        why = rst.why_not_rendered(text)
    return f"pkgaudit does not render this readme: {why}" if why else _REJECTED


def _without_secrets(html: str, masked: Masking) -> str | None:
    """Return HTML with masked attributes; None if its words contain a secret."""
    found = tokens(html)
    words = unescape("".join(token.words for token in found))
    if masked(words) != words:
        return None
    values = {value for token in found if not token.is_end for value in token.values.values()}
    changed = {value: masked(value) or "" for value in values}
    return "".join(token.words + _changed(token, changed) for token in found)


def _changed(token: Token, changed: dict[str, str]) -> str:
    values = {} if token.is_end else token.values
    if all(changed[value] == value for value in values.values()):
        return token.text
    return start_tag(token.name, {name: changed[value] for name, value in values.items()})
