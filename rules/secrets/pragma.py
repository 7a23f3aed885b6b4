"""Comments that allow a secret: the pragma of detect-secrets, in its two forms."""

from __future__ import annotations

import re

from pkgaudit.api import TextFile

_REACH = 200
"""Characters before and after the words of a pragma that are looked at: lines may be megabytes long."""

_SAME = re.compile(r"pragma:[ \t]?(?:allow|white)list[ -]secret")
_NEXT = re.compile(r"pragma:[ \t]?(?:allow|white)list[ -]nextline[ -]secret")
# The comments that detect-secrets knows, and those of INI files, TeX and Erlang.
_OPENED = re.compile(r"(?:#|//|/\*|'|--|<!--|;|%)[ \t]{0,40}\Z")


def allowed_by(view: TextFile, number: int) -> str | None:
    """Return the pragma that allows a secret on a line: on it, or alone on the line before; None if none.

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
    """Whether there is a pragma anywhere: told once for a file, which may have thousands of secrets."""
    known = vars(view)
    if "has_pragma" not in known:
        known["has_pragma"] = "pragma:" in view.text
    return bool(known["has_pragma"])


def _comment(words: re.Pattern[str], line: str) -> int | None:
    """Return where the words of a pragma stand in a line, if a comment opens right before them."""
    for match in words.finditer(line):
        # 44: the longest sign and 40 blanks.
        if _OPENED.search(line, max(0, match.start() - 44), match.start()):
            return match.start()
    return None
