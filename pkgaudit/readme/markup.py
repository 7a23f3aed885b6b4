"""The kinds of text that PyPI renders."""

from __future__ import annotations

from enum import Enum


class Markup(Enum):
    """The three kinds of text that PyPI renders, by their content types."""

    MARKDOWN = "text/markdown"
    RST = "text/x-rst"
    PLAIN = "text/plain"


def markup_named(content_type: str | None) -> Markup | None:
    """Return the markup of a content type; PyPI's default is reStructuredText, and None is one it rejects."""
    if not content_type:
        return Markup.RST
    return next((each for each in Markup if content_type.lower().startswith(each.value)), None)
