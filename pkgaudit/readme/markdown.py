"""Render Markdown as PyPI does, within bounds that comrak and nh3 lack.

The bounds count what is slow in a text and never read a clock, so a readme has the same page on every
machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comrak import ExtensionOptions

MAX_LENGTH = 256 * 1024
"""The most characters of a readme that is rendered. The largest of 1,000 packages have 231,000."""

MOST = (
    ("tags", re.compile(r"<[A-Za-z/!?]"), 10_000),
    ("headings", re.compile(r"^[ >]*(?:#|[=-]+[ \t]*$)", re.MULTILINE), 2_000),
)
"""What takes quadratic time in a text, and the most of it that is rendered; together they take a second.

Of 518 readmes of popular projects, the largest has 3,902 tags (holidays) and 313 headings (black).
"""

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
    return None


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
    markdown.variants["PyPI"] = html_of
    return markdown.render(text, variant="PyPI") or ""


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
