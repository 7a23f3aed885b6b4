"""What is kept of a native binary: a few facts of its headers and tables, the same for ELF, Mach-O and PE."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

LONGEST = 1024
"""Bytes of a name that are read; the rest of a longer one is left off. File names have at most 255, and
symbols of Python's C API less than 100."""

MOST_NAMES = 5_000
"""Names of one kind that are kept of one image: real ones need some fifty libraries and a few hundred
symbols."""

MOST_SYMBOLS = 4_000_000
"""Symbols of one file that are looked at: real tables have a few hundred thousand."""

PYTHON = (b"Py", b"_Py")
"""How the names of Python's C API begin, and those that an extension module defines for the interpreter."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a binary is for one architecture; a universal Mach-O has several images.

    ``architecture`` is named as Linux does (``aarch64``), ``machine 190`` where it is unknown. ``kind`` is
    ``library``, ``executable``, ``object`` or ``other``. ``needed`` are the libraries without which it is
    not loaded, as they stand there, ``optional`` those loaded late or if they are there. ``versions`` are
    pairs of a library and the symbol versions needed of it. ``name`` is what it calls itself (DT_SONAME,
    install name, name in the export table). ``undefined`` and ``defined`` are symbols of Python's C API:
    those that must come from elsewhere, and those that it has. ``stack`` holds the flags of PT_GNU_STACK,
    ``minimum`` is the oldest macOS, ``debug`` pairs of the name and size in bytes of sections with
    debugging information. ``managed`` tells an assembly of .NET. ``unread`` names the parts that could
    not be read: what is missing in those proves nothing.
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
    has_segments: bool = False
    stack: int | None = None
    minimum: tuple[int, ...] = ()
    debug: tuple[tuple[str, int], ...] = ()
    managed: bool = False
    unread: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        """Whether a system could load it, as it cannot an object file or what is for a graphics card."""
        return self.kind in ("library", "executable") and not self.architecture.startswith("machine")


@dataclass(frozen=True, slots=True)
class Header:
    """A native binary: ``format`` is elf, mach-o or pe; ``whole`` is false of one too large to be held."""

    format: str
    size: int
    images: tuple[Image, ...] = ()
    whole: bool = True

    @property
    def architectures(self) -> frozenset[str]:
        """The architectures for which there is code that could be loaded."""
        return frozenset(each.architecture for each in self.images if each.is_code)

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries needed by any of the images."""
        return tuple(dict.fromkeys(name for each in self.images for name in each.needed))

    @property
    def unread(self) -> tuple[str, ...]:
        """The parts that could not be read of any of the images."""
        return tuple(dict.fromkeys(part for each in self.images for part in each.unread))

    @property
    def is_library(self) -> bool:
        """Whether it may be loaded into a process, an extension module for one."""
        return any(each.is_code and each.kind == "library" for each in self.images)


class BeyondError(Exception):
    """What a table points at is not in the file, or not in the part of it that is held."""


class Reader:
    """Reads numbers and names at offsets, and raises `BeyondError` for what lies outside."""

    __slots__ = ("data", "order", "size")

    def __init__(self, data: bytes, order: str) -> None:
        self.data = data
        self.order = order
        self.size = len(data)

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        """Return the numbers of a `struct` format at an offset."""
        try:
            if at < 0:
                raise BeyondError
            return struct.unpack_from(self.order + form, self.data, at)
        except (struct.error, OverflowError):
            raise BeyondError from None

    def number(self, form: str, at: int) -> int:
        """Return the one number of a format at an offset."""
        found: int = self.unpack(form, at)[0]
        return found

    def rows(self, form: str, at: int, count: int, step: int = 0) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table; those that are not in the file are left off.

        ``step`` is the length of a row where it is more than the format's.
        """
        packed = struct.Struct(self.order + form)
        step = step or packed.size
        if at < 0 or at > self.size or step < packed.size:
            raise BeyondError
        count = min(count, (self.size - at) // step)
        if step == packed.size:
            yield from packed.iter_unpack(memoryview(self.data)[at : at + count * step])
            return
        for place in range(at, at + count * step, step):
            yield packed.unpack_from(self.data, place)

    def name(self, at: int, end: int | None = None) -> str:
        """Return the text from an offset up to a NUL."""
        stop = self.size if end is None else min(end, self.size)
        if at < 0 or at >= stop:
            raise BeyondError
        stop = min(stop, at + LONGEST)
        found = self.data.find(b"\0", at, stop)
        return self.data[at : found if found >= 0 else stop].decode("utf-8", "replace")


# Real binaries need some hundred names of libraries and versions, and at most the two thousand or so of the C
# API.
MOST_TEXT = 20_000
MOST_SYMBOL_TEXT = 80_000
"""Characters of all names of one kind, and of symbols, that are kept: those of a hostile file may overlap."""


def unique(names: list[str], most: int = MOST_TEXT) -> tuple[str, ...]:
    """Return names without those that come again, as many as are kept."""
    found = tuple(dict.fromkeys(names))[:MOST_NAMES]
    if sum(map(len, found)) <= most:
        return found
    lengths = accumulate(map(len, found))
    return tuple(name for name, length in zip(found, lengths) if length <= most)  # noqa: B905 - of one length


def read_header(data: bytes, format: str, whole: bool = True) -> Header:
    """Return what a native binary of a format is. Whatever it holds, nothing is raised.

    ``whole`` is false where ``data`` is only the beginning of it.
    """
    from pkgaudit.rules.native.elf import read_elf
    from pkgaudit.rules.native.macho import read_macho
    from pkgaudit.rules.native.pe import read_pe

    if format == "mach-o":
        images = read_macho(data)
    else:
        images = (read_elf(data) if format == "elf" else read_pe(data),)
    return Header(format, len(data), images, whole)
