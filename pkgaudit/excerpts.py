"""The lines of findings: recorded while the content is available, and masked before they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import BinaryIO

from pkgaudit.archive.again import visits_of
from pkgaudit.finding import Excerpt, Location
from pkgaudit.late import lazy
from pkgaudit.limits import Limits
from pkgaudit.masks import without_random
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.member import Member, TextFile, Window

LONGEST = 160
"""The longest excerpt, in characters. Chosen: two lines of a terminal."""

_REACH = 2_000
"""Characters on both sides of a place that are searched for secrets before the excerpt is cut.

All tokens are shorter, except private keys, which are on lines of their own.
"""

_INDENT = 4
"""Spaces that replace a tab. Chosen."""

_KEYWORD = lazy(
    r"""(?:passw(?:or)?d|passphrase|(?<![a-z])(?:pwd|passwd)|secret(?!s\b)|(?<![a-z])token(?!i[sz]|\.)|bearer
    |api[_-]?key|(?:private|access|client|encryption|signing|master)[_-]?key|credential|identified[ ]by
    )[\w-]{0,40}
    |(?<![a-z])(?:auth(?!or(?!i[sz]))|key|pass|pw|pin|session|cookie|signature)
        [\w-]{0,40}[\]"')]{0,3}[ \t]{0,8}[:=](?!/)
    |://[^\s/:@]{1,64}:(?!\d{1,5}/)(?=.{0,100}@)
    |(?:^|[\s"'])(?:-p|-u|--user)(?=[\s="']?[^\s="'-])""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words that may precede a secret. Ambiguous words need an assignment."""

_VALUE = lazy(r"[^\s\"'`,;:=()<>{}\[\]|/\\]{3,}")
"""A possible secret in any form: a password may contain any characters."""

_OPENING = lazy(r"[\s\"'`,:=()<>{}\[\]|]{0,20}")

_PLAIN = lazy(
    r"[ \t]*(?:>>>[ ])?(?:from[ \t]+[\w.]+[ \t]+import[ \t(]|import[ \t])[\w\s.,()*]*"
    r"|(?:Requires-Dist|Requires|Provides-Extra|Name):[ ]?[\w.\-\[\], ]+"
    r"|[ \t]*KeyError:"
)
"""Beginnings of lines in which such a word is the name of a module, a project or an exception."""

_PEM = lazy(r"[ \t]*-----BEGIN [A-Z0-9 ]{1,40}-----[ \t]*")

_HEAD = lazy(
    r"[\s\"'{\-]{0,60}(?:export[ \t]{1,4})?[A-Za-z_][\w.-]{0,60}[\"']?[ \t]{0,8}[=:](?=[ \t]*[^\s=])"
)
"""The key of a value, which may be shown from a line with a secret."""

Masking = Callable[[str], "str | None"]
"""Removes secrets from a text; returns None if it fails."""


class Lines:
    """The lines of problems in one distribution, unmasked."""

    def __init__(self) -> None:
        self._found: dict[Location, tuple[str, int]] = {}

    def keep(self, view: TextFile | None, location: Location) -> None:
        """Keep the line at a location in the member of the view; a view of None (not text) is ignored."""
        if view is None or location.line is None or location in self._found:
            return
        line = view.line(location.line)
        at = (location.column or 1) - 1
        start = max(0, at - _REACH)
        self._found[location] = (line[start : at + _REACH], start)

    def at(self, location: Location) -> tuple[str, int] | None:
        """Return the line at a location, or the part of a long line and its place in it."""
        return self._found.get(location)

    def put(self, location: Location, line: str, start: int) -> None:
        """Add what `at` returned."""
        self._found[location] = (line, start)

    def are_harmless(self, masked: Masking) -> bool:
        """Return whether no line has anything that an excerpt would mask."""
        return all(without_values(masked, line) == line for line, _ in self._found.values())

    def update(self, other: Lines) -> None:
        """Add the lines of another subject in the same distribution."""
        if other._found:
            self._found = {**other._found, **self._found}

    def keep_of(self, distribution: Distribution, locations: Iterable[Location]) -> list[Location]:
        """Keep lines from files whose content the distribution has kept; return all other locations."""
        views: dict[str, TextFile | None] = {}
        rest = []
        for location in locations:
            path = location.member
            if path is None or location.line is None or location in self._found:
                continue
            if path not in distribution.kept:
                rest.append(location)
                continue
            if path not in views:
                member = Member(Entry(path, EntryType.FILE), distribution.kind)
                views[path] = TextFile.of(member, Window(distribution.kept[path]))
            self.keep(views[path], location)
        return rest

    def look_again(self, stream: BinaryIO, path: str, limits: Limits, locations: Iterable[Location]) -> None:
        """Read an archive again, up to the last member that a location names.

        A rule over the whole distribution may name lines of members whose content has been discarded.
        """
        wanted: dict[str, list[Location]] = {}
        for location in locations:
            wanted.setdefault(location.member or "", []).append(location)
        for visit in visits_of(stream, path, limits, wanted):
            for window in visit.windows():
                for location in wanted[visit.member.path]:
                    self.keep(window.view(TextFile, visit.member), location)
                window.forget()

    def excerpt(self, location: Location, masked: Masking, confidential: bool) -> Excerpt | None:
        """Return the excerpt of the line at a location, None if the line is missing or must not be shown.

        ``confidential``: the line contains a secret, in any form.
        """
        if location not in self._found:
            return None
        line, start = self._found[location]
        if not line.strip():
            return None
        column = None if location.column is None else location.column - 1 - start
        if confidential and not _PEM.fullmatch(line):
            head = None if start else _HEAD.match(line)
            if head is None:
                return None
            line = head[0] + (" " if line[head.end()] == " " else "") + "…"
            column = None if column is None else min(column, len(line) - 1)
        whole = without_values(masked, line)
        if whole is None:
            return None
        if column is not None:
            before = without_values(masked, line[:column])
            column = len(before) if before is not None and whole.startswith(before) else None
        return _cut(whole, column, bool(start))


def excerpt_of(lines: Iterable[str], masked: Masking) -> Excerpt | None:
    """Return an excerpt of lines that a program printed, None if they must not be shown."""
    kept = []
    for line in lines:
        whole = without_values(masked, line.replace("\n", " "))
        if whole is None:
            return None
        kept.append(whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…")
    return Excerpt("\n".join(kept)) if kept else None


def without_values(masked: Masking, text: str) -> str | None:
    """Return a text without known secrets, and without values that may be secrets by form or context."""
    known = masked(text)
    if known is None:
        return None
    return without_random(_without_rest(known))


def _without_rest(text: str) -> str:
    """Return a line up to the first word that may precede a secret."""
    plain = _PLAIN.match(text)
    for match in _KEYWORD.finditer(text, plain.end() if plain else 0):
        if _VALUE.search(text, match.end()):
            opening = _OPENING.match(text, match.end())
            return text[: opening.end() if opening else match.end()] + "…"
    return text


def _cut(text: str, column: int | None, is_cut: bool) -> Excerpt:
    """Return a text without its indentation; a long text is cut around a place (from 0) in it."""
    if column is not None:
        column += (_INDENT - 1) * text.count("\t", 0, column)
    text = text.replace("\t", " " * _INDENT).rstrip()
    indent = len(text) - len(text.lstrip())
    if column is not None and column < indent:
        indent = column
    start = max(indent, (column or 0) - LONGEST // 2) if len(text) - indent > LONGEST else indent
    shown = text[start : start + LONGEST]
    front = "…" if is_cut or start > indent else ""
    back = "…" if start + LONGEST < len(text) else ""
    place = None if column is None else min(column - start + len(front), len(front) + len(shown)) + 1
    return Excerpt(front + shown + back, place)
