"""Names in archives: bytes that somebody chose, made fit to be shown."""

from __future__ import annotations

import re

LONGEST = 4096
"""Bytes of a name or link target that are kept, the longest path that Linux opens (``PATH_MAX``).

A name is held for as long as the inventory is, so without a bound a small archive of huge names
(a megabyte each, and very compressible) would fill the memory.
"""

# C0 and C1 controls and the two Unicode line ends: all that can break a line or steer a terminal.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def readable(raw: bytes, encoding: str = "utf-8") -> tuple[str, str | None]:
    r"""Return ``raw`` as text without control characters, and what is wrong with it.

    What doesn't decode or would be a control character stands as an escape (``\xff``). The second
    value completes the sentence "the name ...", and is None if nothing is wrong.
    """
    complaint = None
    if len(raw) > LONGEST:
        complaint = f"is {len(raw)} bytes long, more than the {LONGEST} that can be used"
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
        complaint = complaint or "holds control characters"
    return text, complaint


def escape(text: str) -> str:
    """Return ``text`` with its control characters as escapes."""
    return _CONTROL.sub(lambda match: ascii(match.group())[1:-1], text)


def quote(raw: bytes | str) -> str:
    """Return a name as it stands in a message: in quotes, escaped, shortened if very long."""
    text = raw if isinstance(raw, str) else readable(raw)[0]
    text = escape(text)
    # Longer than nearly all real paths, so that these are shown whole; chosen.
    return f"'{text}'" if len(text) <= 300 else f"'{text[:200]}...{text[-80:]}'"


def without_final_slash(path: str) -> str:
    """Return the path of a directory without its final slash (the root stays ``/``)."""
    return path[:-1] if len(path) > 1 and path[-1] == "/" else path
