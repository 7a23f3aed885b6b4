"""The page of a readme on PyPI: its targets, links and images, and its losses."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser

from pkgaudit.late import dataclass
from pkgaudit.readme.losses import SCHEMES, Loss, markdown_losses, rst_losses
from pkgaudit.readme.markdown import PREFIX, html_of, why_not_rendered
from pkgaudit.readme.source import Source
from pkgaudit.readme.tokens import tokens


@dataclass(frozen=True)
class Link:
    """A link or an image that remains, with its address, its title and the offset of its address.

    `is_written` is False if the text does not contain the address, because the renderer made it. `is_address`
    is True if the place is certainly that of the address, not of a text with the same words.
    """

    address: str
    is_image: bool
    title: str
    start: int
    is_written: bool
    is_address: bool = False


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
    seen = _Remains(Source(text))
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
    return Page(html, ids, later, named, tuple(seen.links), tuple(markdown_losses(text, found)))


@lru_cache(maxsize=8)
def rst_page(text: str, html: str) -> Page:
    """Return the page of a readme in reStructuredText that was rendered as `html`."""
    seen = _Remains(Source(text, is_rst=True))
    seen.feed(html)
    ids = frozenset(seen.ids)
    return Page(html, ids, ids, frozenset(), tuple(seen.links), tuple(rst_losses(text)))


class _Remains(HTMLParser):
    """Reads the ids, links and images of cleaned HTML."""

    def __init__(self, source: Source) -> None:
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
            start, is_address = self.source.find_address(written)
            is_written = self.source.text.startswith(written, start)
            title = values.get("title", "")
            self.links.append(Link(address, tag == "img", title, start, is_written, is_address))


def _written(address: str) -> str:
    """Return an address as the author wrote it: without the prefix that PyPI adds."""
    return "#" + address.removeprefix(f"#{PREFIX}") if address.startswith(f"#{PREFIX}") else address
