"""Comments that allow a secret: the two forms of the pragma of detect-secrets."""

from __future__ import annotations

import re

from pkgaudit.api import TextFile

_REACH = 200
"""Characters before the words of a pragma that are checked: lines may be megabytes long."""

_SAME = re.compile(r"pragma:[ \t]?(?:allow|white)list[ -]secret")
_NEXT = re.compile(r"pragma:[ \t]?(?:allow|white)list[ -]nextline[ -]secret")
# The comment signs of detect-secrets, and those of INI files, TeX and Erlang.
_OPENED = re.compile(r"(?:#|//|/\*|'|--|<!--|;|%)[ \t]{0,40}\Z")


def allowed_by(view: TextFile, number: int) -> str | None:
    """Return the pragma that allows a secret on a line: on that line, or by itself on the line before.

    Source: https://github.com/Yelp/detect-secrets#inline-allowlisting
    """
    if not _has_any(view):
        return None
    if _comment(_SAME, view.line(number)) is not None:
        return "pragma: allowlist secret"
    before = view.line(number - 1)
    at = _comment(_NEXT, before)
    if at is not None and not before[: min(at, _REACH)].strip(" \t#/*'-<!;%"):
        return "pragma: allowlist nextline secret"
    return None


def _has_any(view: TextFile) -> bool:
    """Return whether a file contains a pragma: computed once, because it may have thousands of secrets."""
    known = vars(view)
    if "has_pragma" not in known:
        known["has_pragma"] = "pragma:" in view.text
    return bool(known["has_pragma"])


def _comment(words: re.Pattern[str], line: str) -> int | None:
    """Return the position of a pragma in a line, if a comment opens directly before it."""
    for match in words.finditer(line):
        # 44: the longest comment sign and 40 blanks.
        if _OPENED.search(line, max(0, match.start() - 44), match.start()):
            return match.start()
    return None
