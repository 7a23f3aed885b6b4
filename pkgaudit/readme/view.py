"""The page of a readme with marks: what PyPI drops, and links that lead nowhere."""

from __future__ import annotations

from pkgaudit.readme.links import Wrong, dead_links, wrong_with
from pkgaudit.readme.losses import Change
from pkgaudit.readme.markdown import PREFIX, shown_html
from pkgaudit.readme.markup import Markup
from pkgaudit.readme.page import Link, Page, markdown_page, rst_page
from pkgaudit.readme.rst import rendered
from pkgaudit.readme.tokens import Token, start_tag, tokens

MARKED = (Change.VANISHES, Change.UNWRAPPED, Change.SHOWN, Change.MEDIA)
"""The changes that are marked where the text was."""

LOST = "lost"
DEAD = "dead"
"""The classes of what PyPI drops, and of links and images that lead nowhere."""


def view(text: str, markup: Markup) -> str | None:
    """Return a readme as cleaned HTML with marks; None if PyPI rejects it, or it cannot be rendered here.

    Marks are elements ``span``, ``a`` and ``img`` of the classes `LOST` and `DEAD`. Relative addresses are
    removed, because they would lead to files beside the page.
    """
    from readme_renderer import txt

    if markup is Markup.PLAIN:
        return str(txt.render(text))
    if markup is Markup.RST:
        made = rendered(text)
        return _with_links(made.html, rst_page(text, made.html)) if made.html and not made.faults else None
    page = markdown_page(text)
    if page is None:
        return None
    return _with_links(shown_html(_with_losses(text, page)), page)


def _with_losses(text: str, page: Page) -> str:
    """Return the text with a mark in place of each part that PyPI drops."""
    parts = []
    at = 0
    for loss in sorted(page.losses, key=lambda each: each.start):
        if loss.start < at:
            continue  # within another loss
        if loss.change is Change.SWALLOWED:
            mark = "\n\n" + _mark("PyPI shows nothing of the text that follows") + "\n\n"
            parts += [text[at : loss.start], mark]
            at = loss.start
        elif loss.change in MARKED and loss.start < loss.end:
            parts += [text[at : loss.start], _mark(loss.text)]
            at = loss.end
    return "".join(parts) + text[at:]


def _mark(words: str) -> str:
    # A blank line or a sign of Markdown in the words must not end the mark.
    shown = "".join(f"&#{ord(each)};" if not each.isalnum() else each for each in " ".join(words.split()))
    return f'<span class="{LOST}">{shown}</span>'


def _with_links(html: str, page: Page) -> str:
    """Return cleaned HTML with marked links and images."""
    dead = {f"#{PREFIX}{name}" for _, name, _ in dead_links(page)} | {
        link.address for link, _, _ in dead_links(page)
    }
    return "".join(
        token.words + (_marked(token, dead) if token.name in ("a", "img") else token.text)
        for token in tokens(html)
    )


def _marked(token: Token, dead: set[str]) -> str:
    values = token.values
    name = "src" if token.name == "img" else "href"
    address = values.get(name)
    if token.is_end or address is None:
        return token.text
    wrong = wrong_with(Link(address, token.name == "img", "", 0, is_written=True))
    if wrong is None and address not in dead:
        return token.text
    if wrong not in (None, Wrong.WEB_PAGE):
        del values[name]
    values["class"] = f"{values.get('class', '')} {DEAD}".strip()
    values["title"] = f"leads nowhere on PyPI: {address}"
    return start_tag(token.name, values)
