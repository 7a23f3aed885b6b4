"""The lines of a text in which a plugin may match, as the plugins of detect-secrets get them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import pkgaudit.rules.secrets.detect_secrets.plugins as detect
from pkgaudit.late import dataclass
from pkgaudit.rules.secrets.detect_secrets.prefilter import Places, pieces, windows
from pkgaudit.rules.secrets.detect_secrets.table import Gate


@dataclass
class Line:
    """A line of ``data`` with its number; ``encoding`` is the encoding of the data."""

    data: bytes
    start: int
    end: int
    number: int
    encoding: str

    def text(self, low: int, high: int) -> str:
        """Return a part of the line as the plugins get it."""
        stretch = self.data[low:high]
        try:
            text = stretch.decode(self.encoding, "surrogatepass")
        except UnicodeDecodeError:
            text = stretch.decode("latin-1")
        return text.rstrip() if high == self.end else text

    @cached_property
    def whole(self) -> str:
        """The whole line."""
        return self.text(self.start, self.end)

    def stretches(self, gate: Gate, places: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield the parts for a plugin: the line if it is short or the plugin is linear, else windows."""
        if gate.distinct:
            yield self.start, self.end
            return
        for window in windows(places, self.start, self.end):
            low, high = (self._at_letter(edge) for edge in window)
            yield from pieces(self.data, low, high)

    def _at_letter(self, edge: int) -> int:
        # Bytes 10xxxxxx continue a UTF-8 character.
        while self.start < edge < self.end and self.data[edge] & 0xC0 == 0x80 and self.encoding == "utf-8":
            edge -= 1
        return edge

    @cached_property
    def is_indirect(self) -> bool:
        """Whether the line assigns or compares the result of a call."""
        return detect.is_indirect_reference(self.whole)

    @cached_property
    def identifier_end(self) -> int:
        """The end of the first identifier; an offset after the end of the line without an identifier."""
        match = detect.filters().identifier.search(self.whole)
        return len(self.whole) + 1 if match is None else match.end()


def lines_of(data: bytes, places: Places, encoding: str) -> Iterator[tuple[Line, dict[int, list[int]]]]:
    """Yield the lines that contain places, each with its places by gate."""
    line, of_line = Line(data, 0, -1, 1, encoding), dict[int, list[int]]()
    for at, gate in places:
        if at > line.end:
            if of_line:
                yield line, of_line
            start, end = data.rfind(b"\n", 0, at - 1) + 1, data.find(b"\n", at - 1)
            number = line.number + data.count(b"\n", line.start, start)
            line, of_line = Line(data, start, end if end >= 0 else len(data), number, encoding), {}
        of_line.setdefault(gate, []).append(at)
    if of_line:
        yield line, of_line
