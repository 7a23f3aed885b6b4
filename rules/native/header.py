"""The facts that are kept of a native binary's headers and tables, the same for ELF, Mach-O and PE."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any

from pkgaudit.late import dataclass

LONGEST = 1024
"""How many bytes of a name are read. Filenames have at most 255, and symbols of Python's C API less than
100."""

MOST_NAMES = 5_000
"""How many names of one kind are kept per image. Real images need some fifty libraries and a few hundred
symbols."""

MOST_SYMBOLS = 4_000_000
"""How many symbols of one file are read. Real tables have a few hundred thousand."""

PYTHON = (b"Py", b"_Py")
"""The beginnings of symbols of Python's C API, and of those that an extension module defines for Python."""


@dataclass(frozen=True)
class Image:
    """The part of a binary for one architecture; a universal Mach-O has several images.

    ``architecture`` has Linux's name (``aarch64``), or ``machine 190`` if it is unknown. ``kind`` is
    ``library``, ``executable``, ``object`` or ``other``. ``needed`` are the libraries that it needs to load,
    as the file spells them, ``optional`` those loaded later, or only if they exist. ``versions`` are pairs of
    a library and the symbol versions needed of it. ``name`` is its own name (DT_SONAME, install name, or
    name in the export table). ``undefined`` and ``defined`` are the symbols of Python's C API that it
    imports and defines. ``unversioned`` are symbols that it needs of the C library without a symbol version,
    of those that some C libraries lack; such symbols are in ``defined`` too. ``stack`` are the flags of
    PT_GNU_STACK, ``minimum`` is the oldest macOS, ``debug`` are pairs of the name and size in bytes of debug
    sections. ``managed`` is true for a .NET assembly. ``unread`` names the parts that could not be read, so
    nothing follows from facts missing there.
    """

    architecture: str = ""
    kind: str = "other"
    system: str = ""
    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    versions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rpaths: tuple[str, ...] = ()
    name: str = ""
    interpreter: str = ""
    undefined: tuple[str, ...] = ()
    defined: tuple[str, ...] = ()
    unversioned: tuple[str, ...] = ()
    has_segments: bool = False
    stack: int | None = None
    minimum: tuple[int, ...] = ()
    debug: tuple[tuple[str, int], ...] = ()
    managed: bool = False
    unread: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        """Whether a system could load it; object files and GPU code cannot be loaded."""
        return self.kind in ("library", "executable") and not self.architecture.startswith("machine")


@dataclass(frozen=True)
class Header:
    """A native binary: ``format`` is elf, mach-o or pe; ``whole`` is false if only its beginning was read."""

    format: str
    size: int
    images: tuple[Image, ...] = ()
    whole: bool = True

    @property
    def architectures(self) -> frozenset[str]:
        """The architectures for which the binary has loadable code."""
        return frozenset(each.architecture for each in self.images if each.is_code)

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries needed by any of the images."""
        return tuple(dict.fromkeys(name for each in self.images for name in each.needed))

    @property
    def unread(self) -> tuple[str, ...]:
        """The parts of any image that could not be read."""
        return tuple(dict.fromkeys(part for each in self.images for part in each.unread))

    @property
    def is_library(self) -> bool:
        """Whether a process may load it, for example as an extension module."""
        return any(each.is_code and each.kind == "library" for each in self.images)


class BeyondError(Exception):
    """An offset in a table is outside the file, or outside the part of it that was read.

    It is also raised when the distribution has too many tables.
    """


Spend = Callable[[int], bool]
"""Counts steps, as `Member.spend` does."""

_ROWS_PER_STEP = 20
"""Rows and names that take about as long as a step: ten microseconds."""


_BLOCK = 1 << 20
"""Bytes that are read at a time of a large file. Chosen: most tables are as large, or smaller."""

_MOST_BLOCKS = 8
"""The blocks that are kept. Chosen: more than there are tables that are read at the same time."""

_LARGEST_PART = 48 << 20
"""The largest table of names that is read of a large file. Real libraries of 500 MB have up to 30 MB."""


class Sparse:
    """The content of a large file, of which only the blocks that are in use are in memory.

    It is sliced like bytes.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """``read`` returns as many bytes of the file from an offset on; they may be fewer."""
        self._read = read
        self._size = size
        self._block = lru_cache(_MOST_BLOCKS)(lambda number: read(number * _BLOCK, _BLOCK))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, places: slice) -> bytes:
        start, stop, _ = places.indices(len(self))
        size = max(0, stop - start)
        if size > _LARGEST_PART:
            raise BeyondError
        if size > _BLOCK:
            found = self._read(start, size)
        else:
            numbers = range(start // _BLOCK, (stop - 1) // _BLOCK + 1) if size else ()
            found = b"".join(map(self._block, numbers))[start % _BLOCK :][:size]
        if len(found) < size:
            raise BeyondError
        return found


class Reader:
    """Reads numbers and names at offsets; raises `BeyondError` for an offset outside the data.

    Tables of a hostile file may overlap, so the rows and names of all files of a distribution count.
    """

    __slots__ = ("_left", "_spend", "_view", "data", "order", "size")

    def __init__(self, data: bytes | Sparse, order: str, spend: Spend) -> None:
        self.data = data
        self._view = memoryview(data) if isinstance(data, bytes) else data
        self.order = order
        self.size = len(data)
        self._spend = spend
        self._left = 0

    def _count(self, rows: int) -> None:
        self._left -= rows
        if self._left < 0:
            steps = -self._left // _ROWS_PER_STEP + 1
            if not self._spend(steps):
                raise BeyondError
            self._left += steps * _ROWS_PER_STEP

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        """Return the numbers of a `struct` format at an offset."""
        self._count(1)
        form = self.order + form
        try:
            if at < 0:
                raise BeyondError
            return struct.unpack(form, self._view[at : at + struct.calcsize(form)])
        except (struct.error, OverflowError):
            raise BeyondError from None

    def number(self, form: str, at: int) -> int:
        """Return the number of a one-number `struct` format at an offset."""
        found: int = self.unpack(form, at)[0]
        return found

    def rows(self, form: str, at: int, count: int, step: int = 0) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table that are inside the file.

        ``step`` is the length of a row if it is longer than the format.
        """
        packed = struct.Struct(self.order + form)
        step = step or packed.size
        if at < 0 or at > self.size or step < packed.size:
            raise BeyondError
        count = min(count, (self.size - at) // step)
        end = at + count * step
        # In blocks, because most tables end before their largest size.
        for start in range(at, end, _ROWS_PER_STEP * step):
            stop = min(end, start + _ROWS_PER_STEP * step)
            self._count((stop - start) // step)
            if step == packed.size:
                yield from packed.iter_unpack(self._view[start:stop])
            else:
                part = self._view[start:stop]
                yield from (packed.unpack_from(part, place) for place in range(0, stop - start, step))

    def name(self, at: int, end: int | None = None) -> str:
        """Return the text from an offset up to a NUL."""
        stop = self.size if end is None else min(end, self.size)
        if at < 0 or at >= stop:
            raise BeyondError
        self._count(1)
        stop = min(stop, at + LONGEST)
        return self.data[at:stop].partition(b"\0")[0].decode("utf-8", "replace")


# Real binaries need some hundred names of libraries and versions, and at most the two thousand or so symbols
# of the C API.
MOST_TEXT = 20_000
MOST_SYMBOL_TEXT = 80_000
"""How many characters of names of one kind, and of symbols, are kept: names of a hostile file may overlap."""


def unique(names: Iterable[str], most: int = MOST_TEXT) -> tuple[str, ...]:
    """Return the distinct names, up to the limits."""
    found = tuple(dict.fromkeys(names))[:MOST_NAMES]
    if sum(map(len, found)) <= most:
        return found
    lengths = accumulate(map(len, found))
    return tuple(name for name, length in zip(found, lengths) if length <= most)  # noqa: B905 - of one length


def read_header(
    data: bytes | Sparse, format: str, whole: bool = True, spend: Spend = lambda steps: True
) -> Header:
    """Return the header of a native binary of a format; no content of the file raises an exception.

    ``whole`` is false if ``data`` is only the beginning of the file. ``spend`` counts the work.
    """
    from pkgaudit.rules.native.elf import read_elf
    from pkgaudit.rules.native.macho import read_macho
    from pkgaudit.rules.native.pe import read_pe

    if format == "mach-o":
        images = read_macho(data, spend)
    else:
        images = (read_elf(data, spend) if format == "elf" else read_pe(data, spend),)
    return Header(format, len(data), images, whole)
