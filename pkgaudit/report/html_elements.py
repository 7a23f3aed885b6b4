"""HTML elements that escape all text, in elements and in attributes.

A template engine would not escape more, but would be another dependency for users.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pkgaudit.formatting import printable

_VOID = frozenset({"input", "meta"})
_LINKS = ("#", "https://", "http://")
"""The allowed beginnings of addresses: neither scripts (``javascript:``) nor files."""


class Html(str):
    """Markup. Only the functions of this module create it; they escape any other text."""

    __slots__ = ()


Child = str | None
"""A child of an element: markup, a text, or nothing."""


def text(value: str) -> Html:
    """Return a text on one line, with invisible characters escaped."""
    return Html(escape(printable(value)))


def lines(value: str) -> Html:
    """Return a text with several lines."""
    return Html("\n".join(map(text, value.expandtabs(4).splitlines())))


def join(children: Iterable[Child]) -> Html:
    """Return several pieces joined."""
    return Html(
        "".join(each if isinstance(each, Html) else text(each) for each in children if each is not None)
    )


def spans(value: str) -> Html:
    """Return a text on one line, with text between backticks as code."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return text(value)
    return join(el("code", each) if number % 2 else each for number, each in enumerate(parts))


def el(_name: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element. ``data_x`` is the attribute data-x; attributes that are None or False are left out.

    Raises:
        ValueError: an attribute could run a script or a style, or link to something other than a web page.
    """
    head = [_name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        if name.startswith("on") or name in ("style", "src", "srcdoc"):
            raise ValueError(f"the attribute {name!r} is not allowed")
        if name == "href" and not str(value).startswith(_LINKS):
            raise ValueError("a link must lead to a place in the page or to a web page")
        head.append(name if value is True else f'{name}="{text(str(value))}"')
    inside = "" if _name in _VOID else f"{join(children)}</{_name}>"
    return Html(f"<{' '.join(head)}>{inside}")


def raw(name: str, content: str) -> Html:
    """Return one of our own styles or scripts.

    Raises:
        ValueError: its content would end the element early.
    """
    if "</" in content or "<!--" in content:
        raise ValueError("the content would end the style or the script early")
    return Html(f"<{name}>{content}</{name}>")


def markdown(source: str, heading: str) -> Html:
    """Return a Markdown text as HTML, with all headings at one level; HTML in it is escaped."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = parser.parse("\n".join(map(printable, source.expandtabs(4).splitlines())))
    for token in [inner for each in tokens for inner in (each, *(each.children or ()))]:
        if token.type in ("heading_open", "heading_close"):
            token.tag = heading
        elif token.type == "link_open":
            if not str(token.attrs.get("href", "")).startswith(_LINKS[1:]):
                token.attrs.pop("href", None)
            token.attrSet("rel", "noreferrer")
    return Html(parser.renderer.render(tokens, parser.options, {}))


def cleaned(markup: str) -> Html:
    """Return HTML of an archive that nh3 has cleaned, so it has no scripts, styles, frames or forms."""
    return Html(markup)


def frame(page: str, title: str) -> Html:
    """Return a frame with a page, which has no scripts and cannot leave the frame."""
    return Html(f'<iframe sandbox loading="lazy" title="{text(title)}" srcdoc="{escape(page)}"></iframe>')
