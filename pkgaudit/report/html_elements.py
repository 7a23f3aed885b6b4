"""HTML that cannot be broken out of: whatever is text becomes text, in elements and in attributes alike.

A template engine would do no more of it, and be one more dependency of whoever installs the package.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pkgaudit.formatting import printable

_VOID = frozenset({"input", "meta"})
_LINKS = ("#", "https://", "http://")
"""How addresses may begin, so that none is a script (``javascript:``) or a file."""


class Html(str):
    """Markup. Only the functions of this module make it; any other text is escaped where it is put."""

    __slots__ = ()


Child = str | None
"""What can stand in an element: markup, a text, or nothing."""


def text(value: str) -> Html:
    """Return a text on one line, with what cannot be seen as escapes."""
    return Html(escape(printable(value)))


def lines(value: str) -> Html:
    """Return a text of several lines."""
    return Html("\n".join(map(text, value.expandtabs(4).splitlines())))


def join(children: Iterable[Child]) -> Html:
    """Return several pieces as one."""
    return Html(
        "".join(each if isinstance(each, Html) else text(each) for each in children if each is not None)
    )


def spans(value: str) -> Html:
    """Return a text on one line in which what stands between backticks is code."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return text(value)
    return join(el("code", each) if number % 2 else each for number, each in enumerate(parts))


def el(_name: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element. ``data_x`` is the attribute data-x; one that is None or False is left out.

    Raises:
        ValueError: an attribute would run a script or a style, or go somewhere else than a web page.
    """
    head = [_name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        if name.startswith("on") or name in ("style", "src", "srcdoc"):
            raise ValueError(f"an attribute {name!r} is not written")
        if name == "href" and not str(value).startswith(_LINKS):
            raise ValueError("a link goes to a place in the page or to a web page")
        head.append(name if value is True else f'{name}="{text(str(value))}"')
    inside = "" if _name in _VOID else f"{join(children)}</{_name}>"
    return Html(f"<{' '.join(head)}>{inside}")


def raw(name: str, content: str) -> Html:
    """Return a style or a script of our own.

    Raises:
        ValueError: it would end before its end.
    """
    if "</" in content or "<!--" in content:
        raise ValueError("a style or a script that ends too early")
    return Html(f"<{name}>{content}</{name}>")


def markdown(source: str, heading: str) -> Html:
    """Return what a text in Markdown says, its headings as elements of one level; markup in it is text."""
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
