"""The digest of a text by which a file is recognized although a build or a checkout has changed its bytes."""

from __future__ import annotations

import hashlib


def text_digest(data: bytes) -> str:
    """Return the sha256 of a text with line feeds only and without its interpreter line.

    Return an empty text if the file has neither of them to change, so its sha256 is the same.
    """
    # Binaries have no line ends, but often these two bytes.
    has_windows_ends = b"\r\n" in data and b"\0" not in data
    if not has_windows_ends and not data.startswith(b"#!"):
        return ""
    text = data.replace(b"\r\n", b"\n") if has_windows_ends else data
    if text.startswith(b"#!"):
        # Python also ends a line at a carriage return, and runs what follows.
        line, _, rest = text.partition(b"\n")
        text = line[line.find(b"\r") :] + b"\n" + rest if b"\r" in line else rest
    return hashlib.sha256(text).hexdigest()


def digest_of(data: bytes) -> str:
    """Return the digest of a text by which it is recognized: its `text_digest`, or else its sha256."""
    return text_digest(data) or hashlib.sha256(data).hexdigest()
