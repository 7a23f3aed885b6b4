"""The places in a readme of what its page shows."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import islice

_MOST_READ = 50_000_000
"""The characters that are searched for places, after which only lines are known.

Chosen: a quarter of a second, and three times the most that one of 849 readmes needs (fpdf2).
"""


_MOST_PLACES = 1_000
"""Places of the same address that are compared; chosen: a readme repeats one a few times."""

_LONGEST = 200
"""Characters of an address or a tag that are searched for; chosen: few are longer."""

_OPENS = r"""(?:\]\(\s{0,9}<?|\]:\s{0,9}<?|=\s{0,9}["']?|<|:[ \t]{1,9}|\n[ \t]{1,99})"""
"""What is before the address of a link: of Markdown, of a reference, of HTML, and of reStructuredText."""

_CODE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.{0,20000}?\n)?? {0,3}(?P=fence)[`~]*[ \t]*$"
    r"|(?P<ticks>`{1,9})[^`\n]{1,500}(?P=ticks)",
    re.DOTALL | re.MULTILINE,
)
"""Code blocks and code in a line of Markdown, whose text is not a link even if it looks like one."""

_CODE_OF_RST = re.compile(r"``[^`\n]{1,500}``")
"""Code in a line of reStructuredText."""

_CLOSES = r"(?=[\s)>\"'\]]|\Z)"


class Source:
    """Finds in a text what its rendering shows, from beginning to end."""

    def __init__(self, text: str, *, is_rst: bool = False) -> None:
        self.text = text
        self._pattern = _CODE_OF_RST if is_rst else _CODE
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

    def span(self, words: str, last: str = "") -> tuple[int, int]:
        """Return the next place of words, up to the last of them; it is empty if they were not found."""
        start = self.find(words)
        if not self.text.startswith(words, start):
            return start, start
        end = start + len(words)
        close = self.text.find(last, end) if last else -1
        return start, end if close < 0 else close + len(last)

    def find_address(self, words: str) -> tuple[int, bool]:
        """Return the offset of the address of a link, and whether it is certainly an address.

        The text of a link may have the same words, as in ``[docs/a.md](docs/a.md)``. The address of a
        reference may also be above it.
        """
        if self._left > 0 and len(words) <= _LONGEST:
            pattern = re.compile(_OPENS + "(" + re.escape(words) + ")" + _CLOSES)
            begin = max(self.at, self._last.get(words, -1) + 1)
            self._left -= len(self.text)
            places = [each.start(1) for each in islice(pattern.finditer(self.text), _MOST_PLACES)]
            places = [each for each in places if not self._is_code(each)]
            found = next((each for each in places if each >= begin), places[0] if places else None)
            if found is not None:
                self._last[words] = found
                return found, True
        return self.find(words), False

    def _is_code(self, at: int) -> bool:
        """Return whether a place is in code."""
        number = bisect_right(self._code, (at, len(self.text))) - 1
        return number >= 0 and at < self._code[number][1]

    @cached_property
    def _code(self) -> list[tuple[int, int]]:
        return [each.span() for each in self._pattern.finditer(self.text)]

    def find(self, words: str) -> int:
        """Return the next offset of words at or after the current line, or the offset of that line.

        The current line stays the same, because references are defined far below it.
        """
        words = words[:_LONGEST]
        begin = max(self.at, self._last.get(words, -1) + 1)
        found = self.text.find(words, begin) if self._left > 0 else -1
        self._left -= (found if found >= 0 else len(self.text)) - begin
        if found < 0:
            return self._last.get(words, self.at)
        self._last[words] = found
        return found
