"""The tags, comments and texts of HTML, as browsers see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import NamedTuple

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


def start_tag(name: str, values: Mapping[str, str]) -> str:
    """Return a start tag with attributes."""
    return f"<{name}" + "".join(f' {key}="{escape(value)}"' for key, value in values.items()) + ">"
