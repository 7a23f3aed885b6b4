"""Makes text that came from an archive harmless for a terminal or a log."""

from __future__ import annotations

import unicodedata

_BAD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return ``text`` on one line with nothing in it that a terminal acts on or that cannot be seen.

    Control characters, bidirectional and zero-width marks, lone surrogates and unassigned code
    points become escapes as Python writes them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == " " or unicodedata.category(char) not in _BAD else _escaped(char) for char in text
    )


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
