"""Python sources to syntax trees, within bounds on time and memory that an archive cannot move.

CPython's parser has no bounds of its own but one on nesting: a source of two megabytes that is all short
statements takes gigabytes. So a source is weighed before it is parsed, in a hundredth of the time that
parsing takes, and a distribution has so much weight to spend. Measured with CPython 3.10 to 3.13: a unit
of weight costs at most 1.6 kB and 5 microseconds, in the code that people write a quarter of that.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
import threading
import warnings
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_WORD = bytes(
    each
    for each in range(256)
    if each >= 0x80 or bytes([each]).isalnum() or each == 0x5F  # 5F: "_"
)
_F_STRING = re.compile(rb"(?<![0-9A-Za-z_\x80-\xff])(?:[fFtT][rR]?|[rR][fFtT])(?=[\"'])")
"""The beginning of a string with expressions in it."""

_PER_FIELD = 20_000
"""Bytes behind an expression in a string that weigh one: to find its place, CPython looks through them again.

Measured: 3.10 and 3.11 look through the string, 3.12 and later through the rest of the file.
"""

_FEW = 2_000
"""A weight of expressions in strings that is not worth to be told exactly."""

_DOTTED = re.compile(rb"(?:\.[\s\\]*\w+[\s\\]*)+")
_MOST_DOTS = 1_000
"""Dots in a name beyond which a source is not parsed: CPython takes a time that grows with their square."""

_SHALLOW = 5_000
"""A weight that the stack of any thread is enough for, 1 MB on some systems; the tree is never deeper."""

_PER_LEVEL = 256
"""Bytes of the stack that a level of a tree takes at most, three times what was measured with 3.10."""

_HAS_NO_BOUND = sys.version_info < (3, 11)
"""Whether CPython makes a tree of any depth, and ends the process where the stack is too small for it."""

NEEDED = 1_600
"""Bytes of memory that a unit of weight takes at most."""


class UnparsedError(ValueError):
    """A source that is not parsed, though it may be right; the message completes "the source ...".

    ``is_large`` tells that it has more tokens than are parsed of one file, which may be honest.
    """

    def __init__(self, message: str, *, is_large: bool = False) -> None:
        super().__init__(message)
        self.is_large = is_large


def weigh(data: bytes) -> int:
    """Return how much parsing a source costs: about a unit for two tokens."""
    # Tokens are at most twice the characters that part words. Of blanks half count: most of them stand beside
    # an operator, or indent. Ends of statements count twice, since these take the memory of two tokens more.
    blanks = data.count(b" ") - data.count(b"  ")
    # So do defaults, which an error has the parser look at in many ways.
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
    """Return how many braces may begin an expression in a string."""
    count = 0
    # Where a string of several lines ends is not looked for, so that all behind its beginning counts.
    several = re.search(rb"[fFtT][rR]?(?:\"\"\"|''')", data)
    end = several.start() if several else len(data)
    for line in data[:end].split(b"\n"):
        if b"{" in line and _F_STRING.search(line):
            count += line.count(b"{")
    return count + data.count(b"{", end)


class Parser:
    """Parses the sources of one distribution as long as they weigh no more than it may spend.

    ``most_of_one`` is the weight that one source may have, ``most`` that of all.
    """

    def __init__(self, most_of_one: int, most: int) -> None:
        self.most_of_one = most_of_one
        self.most = most
        self.left = most

    def parse(self, source: str) -> ast.Module:
        """Return the tree of a source.

        Raises:
            SyntaxError: it is no Python; a ValueError says so of a NUL character.
            UnparsedError: it is too large or too deep, or the distribution has spent what it may.
            MemoryError: there is not enough memory, on a system that bounds it.
        """
        data = source.encode("utf-8", "surrogatepass")
        weight = weigh(data)
        if weight > self.most_of_one:
            raise UnparsedError(
                f"has more than {self.most_of_one:,} tokens, or as much work for the parser", is_large=True
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
            # The parser goes through it once more, to find the best words for the error.
            self.left -= weight
            raise
        except RecursionError:
            raise UnparsedError("is nested too deeply for the parser") from None
        except MemoryError:
            # CPython says so too where its own stack is too small. So see whether there is memory.
            bytes(NEEDED * weight + (1 << 20))  # of zeros, which take no memory until they are used
            raise UnparsedError("is nested too deeply for the parser") from None

    def _spend(self, weight: int) -> None:
        if weight > self.left:
            raise UnparsedError(
                f"comes after others that have more than {self.most:,} tokens together, "
                "or as much work for the parser"
            )
        self.left -= weight


def _parse(source: str) -> ast.Module:
    # A tree has no cycles, and to look for them while it grows takes a fifth of the time.
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
    """Return what a function returns, or raise what it raises, in a thread with so many bytes of stack."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # whatever it is: it is raised where it was asked for
            errors.append(error)

    usual = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    except RuntimeError:
        raise MemoryError("there is no memory for the stack of a thread") from None
    finally:
        threading.stack_size(usual)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
