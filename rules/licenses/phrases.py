"""Which license a text is, told by short phrases that only its text has.

The phrases, and how long each text is, are data: rules/data/license_texts.json. The texts themselves are
at https://spdx.org/licenses/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pkgaudit.rules.data.loader import load

LARGEST = 1 << 18
"""Bytes of a license file that are read: many times the longest license."""

_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHE = re.compile("['`\u2019]")
_LINES = 200
"""Lines in which the copyright line is looked for; it is among the first few. It bounds the time."""

_LONGEST_LINE = 300
"""Characters of a line that are looked at: more than a copyright line has; it bounds the time."""

# A line of copyright, behind marks of comments and lists.
_COPYRIGHT = re.compile(r"\W{0,12}(?:copyright\b|\(c\)|©)", re.IGNORECASE)
# Those of choosealicense.com and GitHub ("[year] [fullname]"), of SPDX ("<year> <owner>"), of the texts at
# opensource.org ("<YEAR> <COPYRIGHT HOLDER>"), and variables of Jinja. A link of Markdown is not a
# placeholder.
_PLACEHOLDER = re.compile(
    r"[\[<{]{1,2}\s*(?:the |your )?(?:years?|yyyy|date|current year|full ?name|names?|owner|authors?"
    r"|organi[sz]ation|company|project|copyright (?:holders?|owners?)|name of (?:the )?(?:copyright )?"
    r"(?:owner|holder|author)|names? here)\s*[\]>}]{1,2}(?!\()|\{\{[^{}]{1,80}\}\}|\{%[^{}]{1,80}%\}"
    r"|\byour (?:full )?name\b",
    re.IGNORECASE,
)
# Only in capitals, since a sentence has these words in lower case. "COPYRIGHT HOLDERS AND CONTRIBUTORS" is in
# the disclaimer of BSD licenses.
_CAPITALS = re.compile(r"\bYEAR\b|\bYYYY\b|\b(?:19|20)XX\b|\bCOPYRIGHT HOLDERS?\b(?!S? AND)|\bFULL ?NAME\b")
# How the text proper begins in MIT and ISC, BSD, and zlib: copyright lines behind it are not the owner's.
_GRANT = re.compile(r"\W{0,12}(?:permission |redistribution |this software is provided )", re.IGNORECASE)


@dataclass(frozen=True)
class LicenseText:
    """What a license file holds.

    ``found`` are the licenses whose phrases it has, ``is_one`` tells that it is the text of one and hardly
    anything else. ``line`` and ``placeholder`` are the project's own copyright line where nobody has
    filled it in.
    """

    found: tuple[str, ...]
    is_one: bool
    line: int | None = None
    placeholder: str = ""


@dataclass(frozen=True)
class Phrases:
    """What tells a license: one of each group of phrases, none of ``lacks``, hardly more than ``words``.

    ``means`` is what the SPDX identifiers begin with that the text may stand for, ``own_line`` whether the
    copyright line belongs to the text, not to an appendix on how to apply it.
    """

    means: tuple[str, ...]
    has: tuple[tuple[str, ...], ...]
    lacks: tuple[str, ...]
    words: int
    own_line: bool

    def are_in(self, text: str) -> bool:
        """Return whether a text, reduced to words, is or contains this license."""
        return all(any(each in text for each in group) for group in self.has) and not any(
            each in text for each in self.lacks
        )


@cache
def licenses() -> dict[str, Phrases]:
    """Return the licenses that are known, by a name that is an SPDX identifier without its suffix."""
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
    """Return which licenses a text holds."""
    words = _WORD.findall(_APOSTROPHE.sub("", text.lower()))
    joined = " ".join(words)
    found = tuple(name for name, phrases in licenses().items() if phrases.are_in(joined))
    known = [licenses()[name] for name in found]
    # The factor lets in other wordings, the sum a title, copyright lines and an address; both are chosen.
    is_one = len(known) == 1 and len(words) <= known[0].words * 1.2 + 40
    line = _own_line(text) if known and all(each.own_line for each in known) else None
    return LicenseText(found, is_one, *(line or (None, "")))


def _own_line(text: str) -> tuple[int, str] | None:
    """Return number and text of the copyright line before the grant if it is as the template has it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", _LINES)
    for number, line in enumerate(lines[:_LINES], 1):
        line = line[:_LONGEST_LINE]
        if _GRANT.match(line):
            return None
        if _COPYRIGHT.match(line) and (_PLACEHOLDER.search(line) or _CAPITALS.search(line)):
            return number, line.strip()
    return None
