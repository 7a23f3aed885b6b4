"""Recognize files whose text says that a program generated them."""

from __future__ import annotations

import re

from pkgaudit.api import BinaryFile

_GENERATED = re.compile(
    rb"generated (?:by|from|with|using|file|code)|do not (?:edit|modify|change)|@generated|auto-?generated"
    rb"|automatically generated|file generated|machine generated|don't edit"
)
"""Phrases that mark a file as generated, in lower case."""

_SPEAKING = (b"generated", b"do not ", b"don't edit")
"""Each of these phrases contains one of these words, which are quick to search for."""

_HEAD = 2048
"""Bytes in which the phrases count: generators write them into the first lines, or below a license."""


def is_marked_as_generated(file: BinaryFile) -> bool:
    """Return whether the text of a file says that it is generated."""
    if file.window.offset:
        return False
    head = file.data[:_HEAD].lower()
    return any(word in head for word in _SPEAKING) and _GENERATED.search(head) is not None
