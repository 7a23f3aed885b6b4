"""Signs by which a text is Markdown or reStructuredText, whatever its content type says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from pkgaudit.late import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

_MARKDOWN = {
    "heading": re.compile(r"^#{1,6} \S"),
    "link": re.compile(
        r"(?<![`\\])!?\[[^\[\]\n]*\]\((?:https?://|mailto:|[#/.\w-])[^)\s`]{0,999}(?: +\"[^\"\n]{0,999}\")?\)"
    ),
    "table": re.compile(r"^ {0,3}\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t|:-]*$"),
    "tag": re.compile(
        r"^ {0,3}</?(?:a|br|details|div|h[1-6]|img|p|picture|summary|table)\b[^<>]*>", re.IGNORECASE
    ),
}
"""What only Markdown has, each in one line outside code."""

_RST = {
    "directive": re.compile(r"^ *\.\. [\w-]+(?:[:.][\w-]+)*::(?:\s|$)"),
    "target": re.compile(r"^ *\.\. (?:_[^:\n]+:|\|[^|\n]+\| [\w-]+::|\[[#*\w.-]+\] )"),
    "reference": re.compile(r"(?<!`)`[^`\n<>]+(?: <[^`<>\n]+>)?`__?(?!\w)"),
    "role": re.compile(
        r"(?<![\w`:]):(?:[a-z]+:)?(?:abbr|any|attr|class|code|command|doc|envvar|exc|file|func|issue|math|meth|mod|option|pep|ref|rfc|sub|sup|term|title):`[^`\n]+`"
    ),
    "block": re.compile(r"^\S.*(?<!:)::$"),
}
"""What only reStructuredText has, each in one line outside code."""

_TITLE = re.compile(r"([=~^\"'`*+#:._-])\1{2,}[ \t]*$")
"""The line below a title of reStructuredText; Markdown has those of `=` and `-` too."""


@dataclass(frozen=True)
class Signs:
    """The signs of a text, each with the number of its lines."""

    markdown: Mapping[str, int]
    rst: Mapping[str, int]

    @property
    def is_markdown(self) -> bool:
        """Whether the text is Markdown: two signs of it, and of reStructuredText at most titles."""
        own = sum(self.markdown.values())
        return own >= TWO and not any(name != "title" for name in self.rst)

    @property
    def is_rst(self) -> bool:
        """Whether the text is reStructuredText: two signs, and of Markdown at most HTML."""
        return len(self.rst) >= TWO and not any(name != "tag" for name in self.markdown)


TWO = 2
"""The fewest signs: one occurs in texts of the other kind. Of 866 readmes, none was taken for it."""


@lru_cache(maxsize=1)
def signs_of(text: str) -> Signs:
    """Return the signs of Markdown and of reStructuredText in a text, which the wheels of a release share."""
    markdown: Counter[str] = Counter()
    rst: Counter[str] = Counter()
    fence = before = ""
    for line in text.splitlines():
        if fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif _TITLE.match(line) and before.strip() and len(line.rstrip()) >= len(before.rstrip()):
            rst["title"] += 1
        elif match := _FENCE.match(line):
            fence = match[1]
            markdown["fence"] += 1
        elif not line.startswith(("    ", "\t")):
            markdown.update(name for name, pattern in _MARKDOWN.items() if pattern.search(line))
            rst.update(name for name, pattern in _RST.items() if pattern.search(line))
        before = line
    return Signs(markdown, rst)


_FILE_NAME = re.compile(r"(?:file:[ \t]*)?([\w./\\-]+\.(?:markdown|md|rst|txt))", re.IGNORECASE)
"""The name of a readme; setuptools reads `file: README.md` only in setup.cfg.

https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
"""


def names_a_file(text: str) -> str | None:
    """Return the name of a file if a text is nothing else, None otherwise."""
    match = _FILE_NAME.fullmatch(text.strip()[:200])
    return match[1] if match else None


_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

FEWEST_MISREAD = 3
"""The fewest misread places, of which a readme about encodings may show one or two; chosen."""


def is_mojibake(text: str) -> bool:
    """Return whether a text is UTF-8 that was read as Windows-1252, as Python does on Windows.

    Nearly all of its characters outside ASCII must make sense when read as UTF-8.
    """
    places = _NOT_ASCII.findall(text)
    misread = sum(map(_is_misread, places))
    return misread >= FEWEST_MISREAD and misread * 10 >= len(places) * 9


def _is_misread(characters: str) -> bool:
    try:
        return len(characters.encode("cp1252", "surrogateescape").decode()) < len(characters)
    except UnicodeError:
        return False
