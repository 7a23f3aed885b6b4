"""What PyPI drops from a readme, or changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from html import unescape

from pkgaudit.readme.source import Source
from pkgaudit.readme.tokens import Token

SCHEMES = ("http", "https", "mailto")
"""The schemes of the addresses that PyPI keeps. Source of these and of `ALLOWED_TAGS`:

https://github.com/pypa/readme_renderer/blob/main/readme_renderer/clean.py
"""

MEDIA = frozenset({"audio", "canvas", "embed", "map", "math", "object", "svg", "video"})
"""Elements that vanish with their contents, which nobody reads as text."""

PLAIN_LOOK = frozenset(
    re.findall(
        r"\w+",
        """
        acronym address area article base basefont bdi bdo big body button center data datalist dfn dialog dir
        fieldset font footer form frame frameset head header hgroup html ins label legend link main mark
        marquee menu meta meter nobr noscript optgroup option output param progress q rp rt ruby s samp search
        select slot small source strike template tfoot time track u wbr
        """,
    )
)
"""Elements of HTML that PyPI drops while their text remains.

https://html.spec.whatwg.org/multipage/indices.html#elements-3 and, for the obsolete ones,
https://html.spec.whatwg.org/multipage/obsolete.html#non-conforming-features
"""

LOOK_LOST = frozenset({"big", "center", "font", "ins", "mark", "s", "small", "source", "strike", "u"})
"""The elements of `PLAIN_LOOK` that authors use for their look."""

DIAGRAMS = frozenset({"geojson", "math", "mermaid", "stl", "topojson"})
"""The languages of code blocks that GitHub draws.

https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-diagrams
"""

_SHOWN = re.compile(
    r"&lt;(iframe|noembed|noframes|plaintext|script|style|textarea|title|xmp)(?=[\s/>])[^<>]{0,2000}>",
    re.IGNORECASE,
)
"""A tag that the renderer shows as text: only its first sign is escaped. The bound is far above the lengths
of real tags.

https://github.github.com/gfm/#disallowed-raw-html-extension-
"""

_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(?:\w[\w-]*:(?:[ \t].*)?\n|[ \t].*\n|- .*\n)+---[ \t]*(?:\n|$)")
"""Settings in YAML at the beginning of a text, as website generators read them."""

_MATHEMATICS = re.compile(r"\$\$([^$]+)\$\$|(?<![\w$])\$([^\s$][^$\n]*)\$(?!\w)")
"""What GitHub may show as mathematics: between two dollar signs on each side, or between one.

https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
"""

_TEX = re.compile(r"\\[A-Za-z]|[_^]\{")
"""A command of TeX, which prices and shell variables lack."""


class Change(Enum):
    """What PyPI does to a part of a readme."""

    VANISHES = "vanishes"
    """An unknown tag without an end tag, such as `<package>`: nothing of it remains."""

    UNWRAPPED = "unwrapped"
    """An unknown tag with an end tag: its text remains."""

    SHOWN = "shown"
    """A tag such as `<iframe>` is shown as text."""

    SWALLOWED = "swallowed"
    """A comment that never ends hides everything after it."""

    FRONT_MATTER = "front matter"
    """The settings of a website generator are shown as a heading."""

    MEDIA = "media"
    """A video, drawing or other object vanishes."""

    SOURCE = "source"
    """Mathematics and diagrams are shown as their source."""

    ADDRESS = "address"
    """The address of a link or image vanishes because of its scheme."""

    LOOK = "look"
    """The text remains, but not its look."""


@dataclass(frozen=True)
class Loss:
    """A part of a readme that PyPI changes.

    `start` and `end` are offsets in the text, equal if the part was not found there.
    """

    change: Change
    text: str
    start: int
    end: int


def markdown_losses(text: str, found: list[Token]) -> Iterator[Loss]:
    """Yield what PyPI drops from Markdown; `found` has the tokens before the cleaning."""
    match = _FRONT_MATTER.match(text)
    if match:
        yield Loss(Change.FRONT_MATTER, match[0].strip(), *match.span())
    yield from _in_tokens(found, Source(text))


def rst_losses(text: str) -> Iterator[Loss]:
    """Yield what PyPI drops from reStructuredText."""
    for match in re.finditer(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*)>`__?", text):
        if match[1].partition(":")[0].lower() not in SCHEMES:
            yield Loss(Change.ADDRESS, match[1], *match.span(1))


def _in_tokens(found: list[Token], source: Source) -> Iterator[Loss]:
    """Yield what the cleaning removes from HTML, with its place in the source."""
    from readme_renderer.clean import ALLOWED_TAGS

    ends = Counter(token.name for token in found if token.is_end)
    code = 0
    media = ""
    for token in found:
        if not media:
            yield from _in_words(token.words, source, is_code=code > 0)
        if token.is_open and token.text[4:].strip():
            yield _loss(source, Change.SWALLOWED, token.text.split("\n")[0])
        if media:
            media = "" if token.is_end and token.name == media else media
            continue
        if token.name in ("code", "pre"):
            code += -1 if token.is_end else 1
        if token.is_end or not token.name or token.is_open:
            continue
        values = token.values
        if "data-sourcepos" in values:
            source.go_to(values["data-sourcepos"])
            if token.name == "code":
                source.pass_over(values["data-sourcepos"])
        if token.name in MEDIA:
            media = token.name if ends[token.name] else ""
            yield _loss(source, Change.MEDIA, token.text, f"</{media}>" if media else "")
        elif token.name in ALLOWED_TAGS or token.name in PLAIN_LOOK:
            yield from _in_tag(token, values, source)
        else:
            yield _loss(source, Change.UNWRAPPED if ends[token.name] else Change.VANISHES, token.text)


def _loss(source: Source, change: Change, words: str, last: str = "") -> Loss:
    """Return a loss at the next place of its words, and up to the last of them."""
    return Loss(change, words, *source.span(words, last))


def _in_words(words: str, source: Source, *, is_code: bool) -> Iterator[Loss]:
    """Yield the tags that are shown as text, and mathematics."""
    if is_code:
        return
    for match in _SHOWN.finditer(words):
        yield _loss(source, Change.SHOWN, unescape(match[0]))
    for match in _MATHEMATICS.finditer(words):
        if match[1] or _TEX.search(match[2]):
            yield _loss(source, Change.SOURCE, unescape(match[0]))


def _in_tag(token: Token, values: dict[str, str], source: Source) -> Iterator[Loss]:
    """Yield what the cleaning removes from an element that it keeps, or whose text it keeps."""
    language = values.get("class", "").removeprefix("language-")
    if token.name == "code" and language in DIAGRAMS:
        yield _loss(source, Change.SOURCE, language)
    address = values.get({"a": "href", "img": "src"}.get(token.name, ""), "")
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]*):", address)
    if scheme and scheme[1].lower() not in SCHEMES:
        yield _loss(source, Change.ADDRESS, address)
    if (
        token.name in LOOK_LOST
        or (token.name == "img" and "style" in values)
        or (token.name == "details" and "open" in values)
    ):
        yield _loss(source, Change.LOOK, token.text)
