"""What remains of a readme on PyPI, and what PyPI drops or changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

from pkgaudit.readme.markdown import PREFIX, html_of, why_not_rendered

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

_NAME = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
"""The beginning of a tag."""

_END = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')|>""")
"""A value in quotes, or the end of a tag."""

_COMMENT = re.compile(r"-?>|--!?>")
"""The end of a comment. The first form may only follow its beginning.

https://html.spec.whatwg.org/multipage/parsing.html#comment-start-state
"""

_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
"""An attribute with its value, which may be in quotes.

https://html.spec.whatwg.org/multipage/syntax.html#attributes-2
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


class Markup(Enum):
    """The three kinds of text that PyPI renders, by their content types."""

    MARKDOWN = "text/markdown"
    RST = "text/x-rst"
    PLAIN = "text/plain"


def markup_named(content_type: str | None) -> Markup | None:
    """Return the markup of a content type; PyPI's default is reStructuredText, and None is one it rejects."""
    if not content_type:
        return Markup.RST
    return next((each for each in Markup if content_type.lower().startswith(each.value)), None)


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


@dataclass(frozen=True)
class Link:
    """A link or an image that remains, with its address, its title and the offset of its address.

    `is_written` is False if the text does not contain the address, because the renderer made it.
    """

    address: str
    is_image: bool
    title: str
    start: int
    is_written: bool


@dataclass(frozen=True)
class Page:
    """A rendered readme.

    `html` is cleaned as on PyPI. `ids` has the targets of links in it, `later_ids` those of the next version
    of the renderer, and `named` the names that the author gave in HTML and that PyPI changes.
    """

    html: str
    ids: frozenset[str]
    later_ids: frozenset[str]
    named: frozenset[str]
    links: tuple[Link, ...]
    losses: tuple[Loss, ...]


@lru_cache(maxsize=8)
def markdown_page(text: str) -> Page | None:
    """Return the page of a readme in Markdown, None if `why_not_rendered` gives a reason."""
    from nh3 import clean
    from readme_renderer.clean import ALLOWED_ATTRIBUTES, ALLOWED_TAGS

    if why_not_rendered(text):
        return None
    raw = html_of(text, has_positions=True)
    html = clean(
        raw,
        tags=set(ALLOWED_TAGS),
        attributes={**ALLOWED_ATTRIBUTES, "*": {"id", "data-sourcepos"}},
        link_rel="nofollow",
        url_schemes=set(SCHEMES),
    )
    seen = _Remains(_Source(text))
    seen.feed(html)
    found = tokens(raw)
    ids = frozenset(seen.ids)
    later = ids
    if ":" in text:
        values = (token.values.get("id") for token in tokens(html_of(text, has_shortcodes=True)))
        later = frozenset(value for value in values if value)
    named = frozenset(
        name
        for token in found
        if token.name and not token.is_end
        for name in (token.values.get("id"), token.values.get("name"))
        if name and not name.startswith(PREFIX)
    )
    losses = (*_front_matter(text), *_losses(found, _Source(text)))
    return Page(html, ids, later, named, tuple(seen.links), losses)


def rst_page(text: str, html: str) -> Page:
    """Return the page of a readme in reStructuredText that was rendered as `html`."""
    seen = _Remains(_Source(text))
    seen.feed(html)
    ids = frozenset(seen.ids)
    losses = [
        Loss(Change.ADDRESS, match[1], *match.span(1))
        for match in re.finditer(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*)>`__?", text)
        if match[1].partition(":")[0].lower() not in SCHEMES
    ]
    return Page(html, ids, ids, frozenset(), tuple(seen.links), tuple(losses))


_MOST_READ = 50_000_000
"""The characters that are searched for places, after which only lines are known.

Chosen: a quarter of a second, and three times the most that one of 849 readmes needs (fpdf2).
"""


class _Source:
    """Finds in a text what its rendering shows, from beginning to end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._left = _MOST_READ
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.at = 0
        self._last: dict[str, int] = {}

    def go_to(self, position: str) -> None:
        """Move to the line of a position such as `3:14-3:22`."""
        line = int(position.partition(":")[0])
        if 0 < line <= len(self._starts):
            self.at = max(self.at, self._starts[line - 1])

    def pass_over(self, position: str) -> None:
        """Move behind the end of a position, whose second number counts bytes."""
        line, _, byte = position.partition("-")[2].partition(":")
        if line.isdigit() and byte.isdigit() and 0 < int(line) <= len(self._starts) and self._left > 0:
            start = self._starts[int(line) - 1]
            words = (
                self.text[start : self._starts[int(line)]]
                if int(line) < len(self._starts)
                else self.text[start:]
            )
            self._left -= len(words)
            self.at = max(self.at, start + len(words.encode()[: int(byte)].decode(errors="ignore")))

    def loss(self, change: Change, words: str, last: str = "") -> Loss:
        """Return a loss at the next place of its words, and up to the last of them."""
        start = self.find(words)
        if not self.text.startswith(words, start):
            return Loss(change, words, start, start)
        end = start + len(words)
        close = self.text.find(last, end) if last else -1
        return Loss(change, words, start, end if close < 0 else close + len(last))

    def find(self, words: str) -> int:
        """Return the next offset of words at or after the current line, or the offset of that line.

        The current line stays the same, because references are defined far below it.
        """
        words = words[:200]  # the beginning of a long address or tag is enough; chosen
        begin = max(self.at, self._last.get(words, -1) + 1)
        found = self.text.find(words, begin) if self._left > 0 else -1
        self._left -= (found if found >= 0 else len(self.text)) - begin
        if found < 0:
            return self._last.get(words, self.at)
        self._last[words] = found
        return found


class _Remains(HTMLParser):
    """Reads the ids, links and images of cleaned HTML."""

    def __init__(self, source: _Source) -> None:
        super().__init__()
        self.source = source
        self.ids: set[str] = set()
        self.links: list[Link] = []
        self._heading: str | None = None
        """The id of the last heading, which contains a link to itself."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "data-sourcepos" in values:
            self.source.go_to(values["data-sourcepos"])
        if "id" in values:
            self.ids.add(values["id"])
        if re.fullmatch("h[1-6]", tag):
            self._heading = values.get("id")
        name = {"a": "href", "img": "src"}.get(tag)
        address = values.get(name or "")
        if address is not None and address != f"#{self._heading}":
            written = _written(address)
            start = self.source.find(written)
            is_written = self.source.text.startswith(written, start)
            self.links.append(Link(address, tag == "img", values.get("title", ""), start, is_written))


def _written(address: str) -> str:
    """Return an address as the author wrote it: without the prefix that PyPI adds."""
    return "#" + address.removeprefix(f"#{PREFIX}") if address.startswith(f"#{PREFIX}") else address


class Token(NamedTuple):
    """A tag, a comment or a declaration in HTML, and the text before it.

    `name` is that of a tag in lower case, empty for others. `is_open` says that it never ends.
    """

    words: str
    text: str
    name: str = ""
    is_end: bool = False
    is_open: bool = False

    @property
    def values(self) -> dict[str, str]:
        """The attributes of a start tag."""
        found: dict[str, str] = {}
        for name, value in _ATTRIBUTE.findall(self.text.rstrip(">")[len(self.name) + 1 :]):
            found.setdefault(name.lower(), unescape(value[1:-1] if value[:1] in ("'", '"') else value))
        return found


def tokens(raw: str) -> list[Token]:
    """Return the tokens of HTML as browsers see them, up to one that never ends."""
    found = []
    at = begin = 0
    while (start := raw.find("<", at)) >= 0:
        name = _NAME.match(raw, start)
        if name is None and raw[start + 1 : start + 2] not in ("!", "?", "/"):
            at = start + 1  # a sign of less-than
            continue
        if raw.startswith("<!--", start):
            match = next(
                (
                    each
                    for each in _COMMENT.finditer(raw, start + 4)
                    if each.start() == start + 4 or each[0].startswith("--")
                ),
                None,
            )
        else:
            match = next(
                (each for each in _END.finditer(raw, name.end() if name else start) if each[0] == ">"), None
            )
        end = match.end() if match else len(raw)
        found.append(
            Token(
                raw[begin:start],
                raw[start:end],
                name[2].lower() if name else "",
                bool(name and name[1]),
                match is None,
            )
        )
        at = begin = end
    return [*found, Token(raw[begin:], "")]


def _losses(found: list[Token], source: _Source) -> Iterator[Loss]:
    """Yield what the cleaning removes from HTML, with its place in the source."""
    from readme_renderer.clean import ALLOWED_TAGS

    ends = Counter(token.name for token in found if token.is_end)
    code = 0
    media = ""
    for token in found:
        if not media:
            yield from _in_words(token.words, source, is_code=code > 0)
        if token.is_open and token.text[4:].strip():
            yield source.loss(Change.SWALLOWED, token.text.split("\n")[0])
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
            yield source.loss(Change.MEDIA, token.text, f"</{media}>" if media else "")
        elif token.name in ALLOWED_TAGS or token.name in PLAIN_LOOK:
            yield from _in_tag(token, values, source)
        else:
            yield source.loss(Change.UNWRAPPED if ends[token.name] else Change.VANISHES, token.text)


def _in_words(words: str, source: _Source, *, is_code: bool) -> Iterator[Loss]:
    """Yield the tags that are shown as text, and mathematics."""
    if is_code:
        return
    for match in _SHOWN.finditer(words):
        yield source.loss(Change.SHOWN, unescape(match[0]))
    for match in _MATHEMATICS.finditer(words):
        if match[1] or _TEX.search(match[2]):
            yield source.loss(Change.SOURCE, unescape(match[0]))


def _in_tag(token: Token, values: dict[str, str], source: _Source) -> Iterator[Loss]:
    """Yield what the cleaning removes from an element that it keeps, or whose text it keeps."""
    language = values.get("class", "").removeprefix("language-")
    if token.name == "code" and language in DIAGRAMS:
        yield source.loss(Change.SOURCE, language)
    address = values.get({"a": "href", "img": "src"}.get(token.name, ""), "")
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]*):", address)
    if scheme and scheme[1].lower() not in SCHEMES:
        yield source.loss(Change.ADDRESS, address)
    if (
        token.name in LOOK_LOST
        or (token.name == "img" and "style" in values)
        or (token.name == "details" and "open" in values)
    ):
        yield source.loss(Change.LOOK, token.text)


def _front_matter(text: str) -> Iterator[Loss]:
    match = _FRONT_MATTER.match(text)
    if match:
        yield Loss(Change.FRONT_MATTER, match[0].strip(), *match.span())
