"""Identify the license of a text by short phrases that occur only in its text.

The phrases, and the length of each text, are data: rules/data/license_texts.json. The texts are at
https://spdx.org/licenses/.
"""

from __future__ import annotations

import re
from functools import cache

from pkgaudit.late import dataclass
from pkgaudit.rules.data.loader import load

LARGEST = 1 << 18
"""The largest license file that is read, in bytes: many times the longest license."""

_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHE = re.compile("['`\u2019]")
_LINES = 200
"""How many lines are searched for the copyright line, which is among the first few. It bounds the time."""

_LONGEST_LINE = 300
"""How many characters of a line are searched. A copyright line has fewer; the limit bounds the time."""

# A copyright line, after the marks of a comment or a list.
_COPYRIGHT = re.compile(r"\W{0,12}(?:copyright\b|\(c\)|©)", re.IGNORECASE)
# Placeholders of choosealicense.com and GitHub ("[year] [fullname]"), of SPDX ("<year> <owner>"), of
# opensource.org ("<YEAR> <COPYRIGHT HOLDER>"), and Jinja variables. A Markdown link is not a placeholder.
_PLACEHOLDER = re.compile(
    r"[\[<{]{1,2}\s*(?:the |your )?(?:years?|yyyy|date|current year|full ?name|names?|owner|authors?"
    r"|organi[sz]ation|company|project|copyright (?:holders?|owners?)|name of (?:the )?(?:copyright )?"
    r"(?:owner|holder|author)|names? here)\s*[\]>}]{1,2}(?!\()|\{\{[^{}]{1,80}\}\}|\{%[^{}]{1,80}%\}"
    r"|\byour (?:full )?name\b",
    re.IGNORECASE,
)
# Only in capitals, because sentences contain these words in lower case. "COPYRIGHT HOLDERS AND CONTRIBUTORS"
# is in the disclaimer of BSD licenses.
_CAPITALS = re.compile(r"\bYEAR\b|\bYYYY\b|\b(?:19|20)XX\b|\bCOPYRIGHT HOLDERS?\b(?!S? AND)|\bFULL ?NAME\b")
# The first words of MIT and ISC, BSD, and zlib: copyright lines after them are not the owner's.
_GRANT = re.compile(r"\W{0,12}(?:permission |redistribution |this software is provided )", re.IGNORECASE)


@dataclass(frozen=True)
class LicenseText:
    """The content of a license file.

    ``found`` are the licenses whose phrases the file contains; ``is_one`` is true if it has the text of one
    license and hardly anything else. ``line`` and ``placeholder`` are the number and the text of the
    project's copyright line if it still has placeholders.
    """

    found: tuple[str, ...]
    is_one: bool
    line: int | None = None
    placeholder: str = ""


@dataclass(frozen=True)
class Phrases:
    """The marks of a license: a phrase of each group in ``has``, none of ``lacks``, about ``words`` words.

    ``means`` are the beginnings of the SPDX identifiers that the text may have; ``own_line`` is true if the
    copyright line is part of the text, not of an appendix on how to apply the license.
    """

    means: tuple[str, ...]
    has: tuple[tuple[str, ...], ...]
    lacks: tuple[str, ...]
    words: int
    own_line: bool

    def are_in(self, text: str) -> bool:
        """Return whether a text, reduced to its words, is or contains this license."""
        return all(any(each in text for each in group) for group in self.has) and not any(
            each in text for each in self.lacks
        )


@cache
def licenses() -> dict[str, Phrases]:
    """Return the known licenses by SPDX identifier, without its suffix."""
    return {
        name: Phrases(
            tuple(each["means"]),
            tuple(map(tuple, each["has"])),
            tuple(each["lacks"]),
            each["words"],
            each["own_line"],
        )
        for name, each in load("license_texts").values["licenses"].items()
    }


def read_license(text: str) -> LicenseText:
    """Return the licenses that a text contains."""
    words = _WORD.findall(_APOSTROPHE.sub("", text.lower()))
    joined = " ".join(words)
    found = tuple(name for name, phrases in licenses().items() if phrases.are_in(joined))
    known = [licenses()[name] for name in found]
    # Chosen: the factor allows other wordings, the sum a title, copyright lines and an address.
    is_one = len(known) == 1 and len(words) <= known[0].words * 1.2 + 40
    line = _own_line(text) if known and all(each.own_line for each in known) else None
    return LicenseText(found, is_one, *(line or (None, "")))


def _own_line(text: str) -> tuple[int, str] | None:
    """Return the number and text of the copyright line before the grant if it has placeholders."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", _LINES)
    for number, line in enumerate(lines[:_LINES], 1):
        line = line[:_LONGEST_LINE]
        if _GRANT.match(line):
            return None
        if _COPYRIGHT.match(line) and (_PLACEHOLDER.search(line) or _CAPITALS.search(line)):
            return number, line.strip()
    return None
