"""The plugins of detect-secrets, and what must stand in a text before one of them is asked.

Nothing of detect-secrets is imported before a text holds such a needle. Its plugins are made and
used as plain objects: their regexes and their own checks, never `analyze_line` (which consults
global settings and may verify over the network) nor the scanning of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pkgaudit.api import TextFile


@dataclass(frozen=True)
class Gate:
    """A cheap condition on the bytes of a text that holds wherever a plugin's regex matches.

    ``needles``: if there are any, one of them is in the text (in lower case if ``folded``);
    ``pattern``: it matches. A pattern that begins with letters is searched as fast as a needle.
    """

    needles: tuple[bytes, ...] = ()
    pattern: re.Pattern[bytes] | None = None
    folded: bool = False

    def admits(self, content: Content) -> bool:
        """Whether the plugin may find something."""
        data = content.folded if self.folded else content.data
        for needle in self.needles:
            if needle in data:
                break
        else:
            if self.needles:
                return False
        return self.pattern is None or self.pattern.search(data) is not None


FOLDED = (("\u017f", b"s"), ("\u212a", b"k"), ("\u0131", b"i"), ("\u0130", b"i"))
"""Letters that a regex takes for ASCII ones if it ignores case: long s, the Kelvin sign, two kinds of i."""


class Content:
    """The content of a text file as UTF-8 or Latin-1 bytes, in which ASCII needles are the same."""

    def __init__(self, view: TextFile) -> None:
        if view.encoding in ("utf-8", "utf-8-sig", "latin-1"):
            self.data = view.data
        else:
            self.data = view.text.encode("utf-8", "surrogatepass")
        self._folded: bytes | None = None

    @property
    def folded(self) -> bytes:
        """The bytes in lower case, with the letters that Python's regexes take for an ASCII s, k and i."""
        if self._folded is None:
            self._folded = self.data.lower()
            if not self._folded.isascii():
                for letter, plain in FOLDED:
                    self._folded = self._folded.replace(letter.encode(), plain)
        return self._folded


@dataclass(frozen=True)
class Plugin:
    """A plugin of detect-secrets by its module and class, and its gates: one of them must admit a text.

    ``reach`` bounds the text around a needle that its regexes are given, in characters before and
    after; None where they are linear and get the whole text.
    """

    module: str
    name: str
    gates: tuple[Gate, ...]
    reach: tuple[int, int] | None = None

    def may_find(self, content: Content) -> bool:
        """Whether a gate admits the content."""
        return any(gate.admits(content) for gate in self.gates)

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches of the plugin's regexes."""
        for low, high in self._windows(text):
            for regex in load_plugin(self.module, self.name).denylist:
                yield from regex.finditer(text, low, high)

    def _windows(self, text: str) -> Iterator[tuple[int, int]]:
        if self.reach is None:
            yield 0, len(text)
            return
        before, after = self.reach
        for word in (needle.decode() for gate in self.gates for needle in gate.needles):
            at = text.find(word)
            while at >= 0:
                # Needles in the first three quarters have all that belongs to them in this window.
                yield max(0, at - before), at + 4 * after
                at = text.find(word, at + 3 * after)


@cache
def load_plugin(module: str, name: str) -> Any:
    """Return the plugin as an object. Its constructor reads no settings."""
    return getattr(import_module(f"detect_secrets.plugins.{module}"), name)()


@cache
def load_filters() -> tuple[Callable[[str], bool], ...]:
    """Return the filters of detect-secrets that judge a secret by itself."""
    from detect_secrets.filters import heuristic

    return (
        heuristic.is_sequential_string,
        heuristic.is_potential_uuid,
        heuristic.is_templated_secret,
        heuristic.is_prefixed_with_dollar_sign,
        heuristic.is_not_alphanumeric_string,
    )


def is_filtered(secret: str) -> bool:
    """Whether a filter of detect-secrets says that it is no secret."""
    return any(says_no(secret) for says_no in load_filters())


_PRAGMA = re.compile(r"pragma: ?(?:allow|white)list")


def is_allowed(view: TextFile, number: int) -> bool:
    """Whether a line carries detect-secrets' pragma, or the line before it carries the nextline form."""
    if "pragma" not in view.text:
        return False
    line, previous = _comment_of(view.line(number)), _comment_of(view.line(number - 1), whole=True)
    if not line and not previous:
        return False
    from detect_secrets.filters.allowlist import is_line_allowlisted
    from detect_secrets.util.code_snippet import CodeSnippet

    return is_line_allowlisted(view.member.name, line, CodeSnippet([previous, line], 0, 1))


def _comment_of(line: str, whole: bool = False) -> str:
    """Return the part of a line around a pragma; the filter is quadratic in the length of what it gets."""
    match = _PRAGMA.search(line)
    if match is None:
        return ""
    start = 0 if whole and match.start() < 200 else max(0, match.start() - 40)
    part = line[start:]
    return part if len(part) <= 400 else f"{part[:300]} {part[-40:]}"
