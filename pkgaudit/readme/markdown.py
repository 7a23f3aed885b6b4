"""Render Markdown as PyPI does, within bounds that comrak and nh3 lack.

The bounds count what is slow in a text and never read a clock, so a readme has the same page on every
machine.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comrak import ExtensionOptions

MAX_LENGTH = 256 * 1024
"""The most characters of a readme that is rendered. The largest of 1,000 packages have 231,000."""

MOST = (
    ("tags", re.compile(r"<[A-Za-z/!?]"), 10_000),
    ("headings", re.compile(r"^[ >]*(?:#|[=-]+[ \t]*$)", re.MULTILINE), 2_000),
    ("e-mail addresses", re.compile(r"[\w.+-]@\w"), 1_000),
)
"""What takes quadratic time or much memory in a text, and the most of it that is rendered in about a second.

Of 518 readmes of popular projects, the largest has 3,902 tags (holidays), 313 headings (black) and 71 e-mail
addresses (fiona).
"""

MOST_ELEMENTS = 50_000
"""The most tags of a rendering that are read, each in about 20 microseconds.

Of 518 readmes of popular projects, the largest has 5,645 (yt-dlp).
"""

MOST_COLORED = 50_000
"""The most characters of code that are colored, each in up to 15 microseconds; chosen. PyPI has no limit."""

MOST_IN_A_LINE = 500
"""The most `>` or `|` in a line: nested quotes take quadratic time, and so do the cells of a wide table.

Chosen: of 518 readmes of popular projects, none has a quote in more than four others.
"""

RENDERER = "45.0"
"""The version of readme_renderer that PyPI uses and that is followed here; a test compares the data."""

PREFIX = "user-content-"
"""The beginning of the ids of headings, which PyPI also writes before the targets of links to them.

https://github.com/pypa/readme_renderer/blob/main/readme_renderer/markdown.py
"""


def why_not_rendered(text: str) -> str | None:
    """Return why a text is not rendered here, None if it is."""
    try:
        import comrak  # noqa: F401 (is it there?)
    except ImportError:
        return "the library comrak is missing, or does not load here"
    if len(text) > MAX_LENGTH:
        return f"it has {len(text):,} characters, more than {MAX_LENGTH:,}"
    for name, pattern, most in MOST:
        if sum(1 for _ in pattern.finditer(text)) > most:
            return f"it has more than {most:,} {name}"
    if any(max(line.count(">"), line.count("|")) > MOST_IN_A_LINE for line in text.split("\n")):
        return f"a line has more than {MOST_IN_A_LINE} quotes or cells"
    # Footnotes, cells and list items make many elements of a few characters, and take comrak no time.
    if html_of(text, has_positions=True).count("<") > MOST_ELEMENTS:
        return f"its page has more than {MOST_ELEMENTS:,} tags"
    return None


@lru_cache(maxsize=4)
def html_of(text: str, *, has_shortcodes: bool = False, has_positions: bool = False) -> str:
    """Return what PyPI's renderer makes of Markdown before it is cleaned.

    PyPI ignores the variant of the content type, so this is always GitHub's. readme_renderer 46.0 has
    shortcodes (`:rocket:`) and alerts (`> [!NOTE]`), and 45.0 has neither. With positions, the elements that
    Markdown makes have an attribute `data-sourcepos`, such as `1:1-1:9`: their first and last line and byte.
    """
    import comrak

    render = comrak.RenderOptions()
    render.unsafe_ = True  # the cleaning removes what is unsafe
    render.sourcepos = has_positions
    made = comrak.render_markdown(text, extension_options=_extensions(has_shortcodes), render_options=render)
    return re.sub(r'href="#(?!fn-|fnref-)([^"]+)"', rf'href="#{PREFIX}\1"', made)


def shown_html(text: str) -> str:
    """Return what PyPI shows of Markdown: cleaned, and with colors of code."""
    from readme_renderer import markdown

    # A variant of ours, because an installed 46.0 would also show alerts and shortcodes.
    markdown.variants["PyPI"] = _html_to_color
    return markdown.render(text, variant="PyPI") or ""


def _html_to_color(text: str) -> str:
    """Return the HTML of Markdown, without the languages of code if it has too much code to color it."""
    html = html_of(text)
    size = sum(match.end() - match.start() for match in _CODE.finditer(html))
    return html if size <= MOST_COLORED else _CODE.sub(lambda match: f"<pre><code>{match['code']}", html)


_CODE = re.compile(r'<pre><code class="language-[^"]*">(?P<code>[^<]*)')
"""A block of code with a language, in the HTML of comrak."""


def _extensions(has_shortcodes: bool) -> ExtensionOptions:
    import comrak

    options = comrak.ExtensionOptions()
    options.autolink = True
    options.footnotes = True
    options.header_id_prefix = PREFIX
    options.shortcodes = has_shortcodes
    options.strikethrough = True
    options.table = True
    options.tagfilter = True
    options.tasklist = True
    return options
