"""The addresses in a readme that lead nowhere on PyPI."""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import unquote

from pkgaudit.readme.markdown import PREFIX
from pkgaudit.readme.page import Link, Page


class Wrong(Enum):
    """Why an address leads nowhere."""

    RELATIVE = "relative"
    MAIL = "mail"
    HOST = "host"
    QUOTED = "quoted"
    WEB_PAGE = "web page"


_MAIL = re.compile(r"[^\s/@:]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(
    r"(?:https?/+|www\.)[\w-]|(?:[\w-]+\.)+(?:(?:com|net|io|dev|edu|gov)(?:[/:?#]|$)|(?:org|ai|app)[/:?])",
    re.IGNORECASE,
)
"""The beginning of an address without its scheme.

A name that ends with `.org`, `.ai` or `.app` may be a file: Org mode and Illustrator use these suffixes.
"""

_WEB_PAGE = re.compile(r"https?://(?:www\.)?github\.com/[^/]+/[^/]+/blob/[^?]*$")
"""A page of GitHub that shows a file; with `?raw=true` it is the file.

https://docs.github.com/en/repositories/working-with-files/using-files/viewing-and-understanding-files
"""


def wrong_with(link: Link) -> Wrong | None:
    """Return why the address of a link or image leads nowhere; None for those in the page."""
    address = link.address.strip()
    if link.is_image and _WEB_PAGE.match(address):
        return Wrong.WEB_PAGE
    if not address or address.startswith(("#", "//", "?")) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address):
        return None
    if re.match(r"[\"'\u2018\u2019\u201c\u201d]|%22|%27|%E2%80%9[89CD]", address):
        return Wrong.QUOTED
    if _MAIL.fullmatch(address):
        return Wrong.MAIL
    return Wrong.HOST if _HOST.match(address) else Wrong.RELATIVE


class Dead(Enum):
    """Why a link within the page has no target."""

    CHANGED = "changed"
    """The author wrote the target in HTML, and PyPI does not prefix its id or drops its name."""

    CASE = "case"
    """The target has lower-case letters."""

    NOWHERE = "nowhere"

    RENAMED = "renamed"
    """PyPI prefixes the id of the target, but not a link of reStructuredText or in single quotes."""

    LATER = "later"
    """Only the next version of the renderer has the target."""

    SOON = "soon"
    """Only the present version of the renderer has the target."""


def dead_links(page: Page) -> list[tuple[Link, str, Dead]]:
    """Return the links within a page that lead nowhere, each with the name of its target."""
    found = []
    for link in page.links:
        if link.is_image or not link.address.startswith("#"):
            continue
        # Browsers decode the name before they look for the target.
        target = unquote(link.address[1:])
        name = target.removeprefix(PREFIX)
        if name in ("", "readme") or _is_role(link, name):
            continue
        if name == "top" and not link.is_written:
            continue  # docutils links the title of a table of contents to it
        if target not in page.ids:
            found.append((link, name, _why(name, target, page)))
        elif target not in page.later_ids:
            found.append((link, name, Dead.SOON))
    return found


def _is_role(link: Link, name: str) -> bool:
    """Return whether a link is a drawing that all-contributors puts below a name: it leads nowhere anywhere.

    https://allcontributors.org/docs/en/emoji-key
    """
    return bool(link.title) and name.partition("-")[0].lower() in link.title.lower()


def _why(name: str, target: str, page: Page) -> Dead:
    if target in page.later_ids:
        return Dead.LATER
    if name in page.named:
        return Dead.CHANGED
    if f"{PREFIX}{target}" in page.ids:
        return Dead.RENAMED
    return Dead.CASE if target.lower() in page.ids else Dead.NOWHERE
