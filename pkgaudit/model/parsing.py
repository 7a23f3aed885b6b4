"""Parsing of Python sources into syntax trees, within limits on time and memory.

CPython's parser only limits nesting: it needs gigabytes for two megabytes of short statements. So each source
is weighed before it is parsed, in a hundredth of the parsing time, and the total weight of a distribution is
limited. Measured with CPython 3.10 to 3.13: a unit of weight costs at most 1.6 kB and 5 microseconds, and in
handwritten code a quarter of that.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pkgaudit.model.constructs import Feature
from pkgaudit.model.newer_syntax import RejectedError, scan

T = TypeVar("T")

_WORD = bytes(
    each
    for each in range(256)
    if each >= 0x80 or bytes([each]).isalnum() or each == 0x5F  # 5F: "_"
)
_F_STRING = re.compile(rb"(?<![0-9A-Za-z_\x80-\xff])(?:[fFtT][rR]?|[rR][fFtT])(?=[\"'])")
"""The prefix of a string that may contain expressions."""

_PER_FIELD = 20_000
"""Bytes after an expression in a string that weigh one unit.

To find the place of the expression, CPython scans them again. Measured: 3.10 and 3.11 scan the string, 3.12
and later scan the rest of the file.
"""

_FEW = 2_000
"""A weight of expressions in strings that is too small to compute exactly."""

_DOTTED = re.compile(rb"(?:\.[\s\\]*\w+[\s\\]*)+")
_MOST_DOTS = 1_000
"""Largest number of dots in a name that is parsed: the time that CPython needs grows with its square."""

_SHALLOW = 5_000
"""A weight for which the stack of any thread is large enough (1 MB on some systems).

The tree of a source is never deeper than its weight.
"""

_PER_LEVEL = 256
"""Largest stack space (bytes) for a level of a tree: three times the size measured with 3.10."""

_HAS_NO_BOUND = sys.version_info < (3, 11)
"""Whether CPython builds trees of any depth, and ends the process if the stack is too small."""

NEEDED = 1_600
"""Largest amount of memory (bytes) for a unit of weight."""


class UnparsedError(ValueError):
    """A source that is not parsed, although it may be valid; the message completes "the source ...".

    ``is_large`` is set if the source has more tokens than one file may have. Honest files can be that large.
    """

    def __init__(self, message: str, *, is_large: bool = False) -> None:
        super().__init__(message)
        self.is_large = is_large


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree of a source, and the text that it describes.

    If the running parser rejects the source only because it is too old, older constructs replace the newer
    ones in ``text``, on the same lines, and ``newer`` are all constructs of 3.11 or later. Otherwise ``text``
    is the source, and ``newer`` is empty.
    """

    tree: ast.Module
    text: str
    newer: tuple[Feature, ...] = ()


def weigh(data: bytes) -> int:
    """Return the cost of parsing a source: about a unit for two tokens."""
    # A source has at most twice as many tokens as characters that separate words. Only half of the blanks
    # count, because most are beside an operator or indent a line. Ends of statements count twice, because a
    # statement needs the memory of two more tokens.
    blanks = data.count(b" ") - data.count(b"  ")
    # Equals signs count three times, because after an error the parser tries many rules on defaults.
    weight = (
        2 * data.count(b"=")
        + len(data.translate(None, _WORD + b" "))
        + blanks // 2
        + data.count(b"\n")
        + data.count(b";")
    )
    if len(data) * data.count(b"{") > _PER_FIELD * _FEW and _F_STRING.search(data):
        weight += len(data) * _fields(data) // _PER_FIELD
    return weight


def _fields(data: bytes) -> int:
    """Return the number of braces that may start an expression in a string."""
    count = 0
    # The end of a multi-line string is not searched, so everything after its start counts.
    several = re.search(rb"[fFtT][rR]?(?:\"\"\"|''')", data)
    end = several.start() if several else len(data)
    for line in data[:end].split(b"\n"):
        if b"{" in line and _F_STRING.search(line):
            count += line.count(b"{")
    return count + data.count(b"{", end)


class Parser:
    """Parses the sources of one distribution within limits on their weight.

    ``most_of_one`` is the largest weight of one source, ``most`` that of all sources together.
    """

    def __init__(self, most_of_one: int, most: int) -> None:
        self.most_of_one = most_of_one
        self.most = most
        self.left = most

    def read(self, source: str) -> Parsed:
        """Return the tree of a source, which may have constructs that are too new for the running parser.

        Raises:
            SyntaxError, UnparsedError, MemoryError: see `parse`.
        """
        left = self.left
        try:
            return Parsed(self.parse(source), source)
        except SyntaxError:
            try:
                text, newer = scan(source)
            except RejectedError:
                text = source
            if text == source:
                raise
        # Only the new text counts, so every Python parses the same sources of a distribution. A source with
        # newer constructs takes at most four times as long as its weight says.
        self.left = left
        return Parsed(self.parse(text), text, newer)

    def parse(self, source: str) -> ast.Module:
        """Return the tree of a source that the running parser can read.

        Raises:
            SyntaxError: the source is not valid Python; for a NUL character it is a ValueError.
            UnparsedError: the source is too large or too deep, or the distribution has used up its weight.
            MemoryError: there is not enough memory, on a system that limits it.
        """
        data = source.encode("utf-8", "surrogatepass")
        weight = weigh(data)
        if weight > self.most_of_one:
            raise UnparsedError(
                f"has more than {self.most_of_one:,} tokens, or costs as much to parse", is_large=True
            )
        if data.count(b".") > _MOST_DOTS and any(
            each[0].count(b".") > _MOST_DOTS for each in _DOTTED.finditer(data)
        ):
            raise UnparsedError(f"has a name with more than {_MOST_DOTS:,} dots")
        self._spend(weight)
        try:
            if _HAS_NO_BOUND and weight > _SHALLOW:
                return _in_thread(lambda: _parse(source), (1 << 20) + _PER_LEVEL * weight)
            return _parse(source)
        except SyntaxError:
            # The parser reads the source a second time, to find a better error message.
            self.left -= weight
            raise
        except RecursionError:
            raise UnparsedError("is nested too deeply for the parser") from None
        except MemoryError:
            # CPython also raises this if its own stack is too small. So test whether there is enough memory.
            bytes(NEEDED * weight + (1 << 20))  # zeros, which need no real memory until they are used
            raise UnparsedError("is nested too deeply for the parser") from None

    def _spend(self, weight: int) -> None:
        if weight > self.left:
            raise UnparsedError(
                f"exceeds the limit of {self.most:,} tokens, or the same cost, for all sources together"
            )
        self.left -= weight


def _parse(source: str) -> ast.Module:
    # A tree has no cycles, and the search for them while it grows costs a fifth of the time.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    finally:
        if is_collecting:
            gc.enable()


def _in_thread(work: Callable[[], T], stack: int) -> T:
    """Call a function in a thread with ``stack`` bytes of stack; return its result or raise its exception."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # any exception is raised again in the calling thread
            errors.append(error)

    usual = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    except RuntimeError:
        raise MemoryError("there is not enough memory for the stack of a thread") from None
    finally:
        threading.stack_size(usual)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
