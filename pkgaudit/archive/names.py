"""Names in archives: arbitrary bytes, turned into text that is safe to show."""

from __future__ import annotations

import re

LONGEST = 4096
"""Bytes of a name or link target that are kept: the longest path that Linux opens (``PATH_MAX``).

The inventory keeps all names in memory. Without a limit, a small archive of huge names (a megabyte each, and
very compressible) would fill the memory.
"""

# C0 and C1 controls and the two Unicode line ends: these characters can break a line or control a terminal.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def readable(raw: bytes, encoding: str = "utf-8") -> tuple[str, str | None]:
    r"""Return ``raw`` as text without control characters, and its fault.

    Undecodable bytes and control characters become escapes (``\xff``). The fault completes the sentence
    "the name ...", and is None if the name has none.
    """
    complaint = None
    if len(raw) > LONGEST:
        complaint = f"has {len(raw)} bytes, but systems accept at most {LONGEST}"
        raw = raw[:LONGEST]
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode(encoding, "backslashreplace")
        complaint = complaint or f"is not {encoding.upper()} text"
    if text.isprintable():
        return text, complaint or (None if text else "is empty")
    if _CONTROL.search(text):
        text = escape(text)
        complaint = complaint or "contains control characters"
    return text, complaint


def escape(text: str) -> str:
    """Return ``text`` with its control characters replaced by escapes."""
    return _CONTROL.sub(lambda match: ascii(match.group())[1:-1], text)


def quote(raw: bytes | str) -> str:
    """Return a name for a message: in quotes, escaped, and shortened if it is very long."""
    text = raw if isinstance(raw, str) else readable(raw)[0]
    text = escape(text)
    # Chosen to be longer than nearly all real paths, so these are shown whole.
    return f"'{text}'" if len(text) <= 300 else f"'{text[:200]}...{text[-80:]}'"


def without_final_slash(path: str) -> str:
    """Return the path of a directory without its final slash (the root stays ``/``)."""
    return path[:-1] if len(path) > 1 and path[-1] == "/" else path
