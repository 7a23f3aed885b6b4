"""Writes checksums for ``sha256sum --check --strict``."""

from __future__ import annotations

from pkgaudit.manifest.release import Content

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})
"""The escapes in names of coreutils (src/digest.c, problematic_chars)."""


def text(content: Content) -> str:
    """Return a line for each file."""
    return "".join(_line(each.sha256, each.filename) for each in content.distributions)


def _line(digest: str, name: str) -> str:
    escaped = name.translate(_ESCAPES)
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"
