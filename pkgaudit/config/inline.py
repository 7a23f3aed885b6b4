"""Inline comments that ignore rules: ``pkgaudit: ignore[CODE, name] reason``."""

from __future__ import annotations

import codecs
import re
import tokenize
from bisect import bisect_left
from collections.abc import Callable, Iterator
from io import StringIO

from pkgaudit.finding import Location
from pkgaudit.model.distribution import MOST_INLINE_IGNORES, Distribution, InlineIgnore
from pkgaudit.model.member import SNIFF, Member, PythonFile, TextFile, Window
from pkgaudit.model.words import Words

LONGEST_REASON = 200
"""Characters of a reason that are kept; chosen: two lines of a report."""

_MARK = b"pkgaudit:"
_WORDS = Words(_MARK)
_WIDE = tuple(
    (bom, gap.join(_MARK[at : at + 1] for at in range(len(_MARK))))
    for boms, gap in (
        ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), b"\0\0\0"),
        ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), b"\0"),
    )
    for bom in boms
)
"""Byte order marks of wide encodings, each with the bytes of the mark in that encoding."""

# The numbers bound the cost and the shown text of a hostile line: real codes and reasons are far shorter.
_INLINE = re.compile(r"pkgaudit:[ \t]*ignore\[((?:(?!pkgaudit:)[^\]\n]){1,500})\]([^\n]{0,2000})")

_MOST_SOURCE = 2 << 20
"""Characters of Python source in a distribution that are tokenized to find its real comments.

Only files with the mark are tokenized; chosen: more than real distributions have in such files. It bounds
the time.
"""

# The end of a comment in HTML, C, Jinja and ASP, or of a string that contains a comment; it ends a reason.
_CLOSERS = re.compile(r"(?:--+>|\*+/|#\}|%>|\"{3}|'{3}).*", re.DOTALL)
# The start of a comment, before the mark: in Python and shells, C and JavaScript, INI and Lisp, SQL and Lua,
# TeX, batch files, HTML, Jinja, and reStructuredText.
_OPENERS = re.compile(r"(?:#+|//+|/\*+|;+|--|%+|\brem|<!--|\{#|\.\.)[ \t]{0,20}\Z", re.IGNORECASE)
_OPENING = 80
"""Characters before the mark in which its comment must begin; chosen: another comment may come first."""

_DOCUMENTS = frozenset({".md", ".markdown", ".rst", ".txt", ".html", ".htm", ".xhtml", ".adoc", ".tex"})
"""Suffixes of documentation, which may quote such a comment: it counts only outside of code blocks."""
_METADATA = frozenset({"METADATA", "PKG-INFO"})
_NO_COMMENTS = frozenset({".json", ".ipynb", ".csv", ".diff", ".patch", ".po", ".pot", ".log"})
"""Suffixes of formats without comments, or with lines of other files: a comment never counts there."""

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)

Masking = Callable[[str], "str | None"]
"""Returns a text without its secrets, None if secrets could not be searched for."""


class InlineIgnores:
    """Collects the inline comments of one distribution while its members are read."""

    def __init__(self, distribution: Distribution, masked: Masking) -> None:
        self._distribution = distribution
        self._masked = masked
        self._known: set[tuple[str, int]] = set()
        self._budget = _MOST_SOURCE

    def look(self, member: Member, window: Window) -> None:
        """Note the comments in a window of a member for which `has_mark` is true."""
        view = window.view(TextFile, member)
        if view is None:
            return
        notes = self._distribution.inline_ignores
        is_comment: Callable[[re.Match[str]], bool] | None = None
        for match in _first_on_each_line(view.text):
            if len(notes) >= MOST_INLINE_IGNORES:
                self._distribution.more_ignores += 1
                continue
            line = view.at(match.start()).line or 0
            if (member.path, line) in self._known:  # windows overlap
                continue
            self._known.add((member.path, line))
            words = tuple(dict.fromkeys(word for each in match[1].split(",") if (word := each.strip())))
            if words:
                is_comment = is_comment or self._judge_of(view)
                location = Location(member.path, line)
                notes.append(InlineIgnore(location, words, self._reason(match[2]), is_comment(match)))

    def _reason(self, text: str) -> str | None:
        reason = _CLOSERS.sub("", text).strip().lstrip(":-\u2013\u2014 \t").strip(" \t\"'`")
        # Mask before cutting: a token that is cut in the middle would not be recognized.
        masked = self._masked(reason) if reason else None
        return masked[:LONGEST_REASON].rstrip() or None if masked else None

    def _judge_of(self, view: TextFile) -> Callable[[re.Match[str]], bool]:
        """Return a function that tells whether a match is surely a comment."""
        text, member = view.text, view.member
        if member.suffix in PythonFile.SUFFIXES:
            self._budget -= len(text)
            comments = _python_comments(text) if self._budget >= 0 and view.window.whole else frozenset()
            return lambda match: (view.at(match.start()).line or 0) in comments
        if member.suffix in _DOCUMENTS or member.name in _METADATA:
            fences = [each.start() for each in _FENCE.finditer(text)]
            return lambda match: _is_in_document(text, match.start(), fences)
        if member.suffix in _NO_COMMENTS:
            return lambda match: False
        return lambda match: _is_commented(_before(text, match.start()))


def has_mark(window: Window) -> bool:
    """Return whether a window may have a comment with ignores, at the cost of one search of its bytes."""
    data = window.data
    for bom, mark in _WIDE:
        if data.startswith(bom):
            return mark in data
    return b"\0" not in data[:SNIFF] and window.has(_WORDS)


def _first_on_each_line(text: str) -> Iterator[re.Match[str]]:
    end = -1
    for match in _INLINE.finditer(text):
        if match.start() > end:
            end = text.find("\n", match.end())
            end = len(text) if end < 0 else end
            yield match


def _python_comments(text: str) -> frozenset[int]:
    """Return the lines with a comment that has no quotes before the mark, up to an error in the source."""
    found = set()
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            match = _INLINE.search(token.string) if token.type == tokenize.COMMENT else None
            if match and not any(quote in match.string[: match.start()] for quote in "\"'`"):
                found.add(token.start[0])
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError):
        pass
    return frozenset(found)


def _before(text: str, at: int) -> str:
    """Return the end of the part of the line before a position."""
    return text[max(text.rfind("\n", 0, at) + 1, at - _OPENING) : at]


def _is_commented(before: str) -> bool:
    match = _OPENERS.search(before)
    quotes = sum(before.count(each, 0, match.start()) for each in "\"'`") if match else 1
    return quotes == 0


def _is_in_document(text: str, at: int, fences: list[int]) -> bool:
    """Whether a comment in Markdown, HTML or reStructuredText is real and not shown as an example."""
    before = _before(text, at)
    if before.strip() == ".." and not before[0].isspace():
        return True
    is_shown = bisect_left(fences, at) % 2 == 1 or before.startswith(("    ", "\t"))
    return before.rstrip().endswith("<!--") and "`" not in before and not is_shown
