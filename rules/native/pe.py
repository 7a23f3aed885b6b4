"""PE: the format of Windows.

Specification: https://learn.microsoft.com/windows/win32/debug/pe-format
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import takewhile
from typing import TypeVar

from pkgaudit.rules.native.header import (
    MOST_NAMES,
    MOST_SYMBOL_TEXT,
    BeyondError,
    Image,
    Reader,
    Sparse,
    Spend,
    unique,
)

T = TypeVar("T")

# IMAGE_FILE_MACHINE_…; 0xA641 and 0xA64E are ARM64EC and ARM64X, which arm64 loads.
_MACHINES = {
    0x014C: "i686",
    0x01C0: "arm",
    0x01C2: "arm",
    0x01C4: "arm",
    0x0200: "ia64",
    0x8664: "x86_64",
    0xAA64: "aarch64",
    0xA641: "aarch64",
    0xA64E: "aarch64",
    0x5064: "riscv64",
    0x6264: "loongarch64",
}
_DLL = 0x2000  # IMAGE_FILE_DLL of the characteristics
_NATIVE_SUBSYSTEMS = {2, 3, 9, 0}
"""Subsystems of GUI and console programs, of Windows CE, and unknown ones, but not drivers and firmware."""

_EXPORTS, _IMPORTS, _DELAYED, _MANAGED = 0, 1, 13, 14
# These limits bound the time on hostile files, whose tables may claim any length. Windows loads at most 96
# sections; real libraries import from some fifty others, and the C API has about two thousand functions.
_MOST_SECTIONS = 256
_MOST_LIBRARIES = 2_000  # tables of imports
_MOST_IMPORTS = 20_000  # names imported from Python


class _Pe:
    """The state of reading a file."""

    def __init__(self, data: bytes | Sparse, spend: Spend) -> None:
        self.reader = Reader(data, "<", spend)
        self.directories: list[tuple[int, ...]] = []
        self.sections: list[tuple[int, int, int]] = []
        self.starts: list[int] = []
        self.base = 0
        self.wide = False
        self.imports = 0
        self.unread: list[str] = []

    def offset(self, address: int) -> int:
        """Return the file offset of an address that is relative to the base."""
        number = bisect_right(self.starts, address) - 1
        if number >= 0:
            start, offset, in_file = self.sections[number]
            if address - start >= in_file:
                raise BeyondError
            return offset + address - start
        # The headers are before the first section, and are mapped at their file offset.
        if self.starts:
            return address
        raise BeyondError

    def directory(self, number: int) -> int:
        """Return the address of a table, 0 if it is missing."""
        return self.directories[number][0] if number < len(self.directories) else 0

    def text(self, address: int) -> str:
        """Return the text at an address."""
        return self.reader.name(self.offset(address))


def read_pe(data: bytes | Sparse, spend: Spend) -> Image:
    """Return the image of a PE file; no content of the file raises an exception."""
    pe = _Pe(data, spend)
    reader = pe.reader
    try:
        at = reader.number("I", 0x3C) + 4
        machine, count, _, symbols_at, symbols, optional, flags = reader.unpack("HHIIIHH", at)
        magic = reader.number("H", at + 20)
        pe.wide = magic == 0x20B  # PE32+
        pe.base = reader.number("Q", at + 44) if pe.wide else reader.number("I", at + 48)
        subsystem = reader.number("H", at + 88)
        tables_at = at + 20 + (112 if pe.wide else 96)
        tables = min(reader.number("I", tables_at - 4), 16)
        pe.directories = list(reader.rows("II", tables_at, tables))
        debug = _read_sections(pe, at + 20 + optional, count, symbols_at + 18 * symbols)
    except BeyondError:
        return Image(unread=("header",))
    needed, symbols_of = _attempt(pe, "imports", _imports) or ((), ())
    late, symbols_of_late = _attempt(pe, "imports", _delayed) or ((), ())
    name, defined = _attempt(pe, "exports", _exports) or ("", ())
    kind = "library" if flags & _DLL else "executable"
    return Image(
        _MACHINES.get(machine, f"machine {machine:#x}"),
        kind if subsystem in _NATIVE_SUBSYSTEMS else "other",
        needed=needed,
        optional=late,
        name=name,
        undefined=unique([*symbols_of, *symbols_of_late], MOST_SYMBOL_TEXT),
        defined=defined,
        has_segments=True,
        debug=debug,
        managed=pe.directory(_MANAGED) != 0,
        unread=tuple(dict.fromkeys(pe.unread)),
    )


def _attempt(pe: _Pe, part: str, read: Callable[[_Pe], T]) -> T | None:
    try:
        return read(pe)
    except BeyondError:
        pe.unread.append(part)
        return None


def _read_sections(pe: _Pe, at: int, count: int, strings: int) -> tuple[tuple[str, int], ...]:
    """Read the section table; return the names and sizes of the debug sections."""
    debug = []
    for row in pe.reader.rows("8sIIIIIIHHI", at, min(count, _MOST_SECTIONS)):
        raw, _, address, in_file, offset = row[:5]
        # Loaders round offsets down to a multiple of 512.
        pe.sections.append((address, offset & ~0x1FF, in_file))
        name = raw.rstrip(b"\0").decode("latin-1")
        if name.startswith("/") and name[1:].isdecimal():
            try:
                name = pe.reader.name(strings + int(name[1:]))
            except BeyondError:
                pe.unread.append("sections")
        if name.startswith((".debug_", ".zdebug_")) and name != ".debug_gdb_scripts":
            debug.append((name, max(0, min(in_file, pe.reader.size - offset))))
    pe.sections.sort()
    pe.starts = [start for start, *_ in pe.sections]
    return tuple(debug)


def _imports(pe: _Pe) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the needed libraries, and the symbols imported from Python's."""
    at = pe.directory(_IMPORTS)
    if not at:
        return (), ()
    libraries: list[str] = []
    names: list[str] = []
    for lookup, _, _, name, table in pe.reader.rows("IIIII", pe.offset(at), _MOST_LIBRARIES):
        if not name:
            break
        libraries.append(pe.text(name))
        _read_names(pe, libraries[-1], lookup or table, names)
    return unique(libraries), unique(names, MOST_SYMBOL_TEXT)


def _delayed(pe: _Pe) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the libraries that are loaded at the first call, and the symbols imported from Python's."""
    at = pe.directory(_DELAYED)
    if not at:
        return (), ()
    libraries: list[str] = []
    names: list[str] = []
    for flags, name, _, _, table, *_ in pe.reader.rows("IIIIIIII", pe.offset(at), _MOST_LIBRARIES):
        if not name:
            break
        # Without the flag the addresses are absolute, as old compilers wrote them.
        base = 0 if flags & 1 else pe.base
        libraries.append(pe.text(name - base))
        _read_names(pe, libraries[-1], table - base, names)
    return unique(libraries), unique(names, MOST_SYMBOL_TEXT)


def _read_names(pe: _Pe, library: str, table: int, names: list[str]) -> None:
    if not library.lower().startswith("python") or len(names) >= MOST_NAMES:
        return
    by_number = 1 << (63 if pe.wide else 31)
    for (thunk,) in pe.reader.rows("Q" if pe.wide else "I", pe.offset(table), _MOST_IMPORTS):
        pe.imports += 1
        if not thunk:
            return
        if pe.imports > _MOST_IMPORTS:
            raise BeyondError
        if not thunk & by_number:
            names.append(pe.text(thunk + 2))


def _exports(pe: _Pe) -> tuple[str, tuple[str, ...]]:
    """Return the library's own name, and its exports of Python's C API."""
    at = pe.directory(_EXPORTS)
    if not at:
        return "", ()
    table = pe.offset(at)
    name, _, _, count, _, names = pe.reader.unpack("IIIIII", table + 12)
    own = pe.text(name) if name else ""
    if not count or not names:
        return own, ()
    rows = pe.offset(names)

    def name_of(number: int) -> str:
        return pe.text(pe.reader.number("I", rows + 4 * number))

    found: list[str] = []
    numbers = range(min(count, (pe.reader.size - rows) // 4))
    for prefix in ("Py", "_Py"):
        # The names are sorted, because Windows bisects them too.
        first = bisect_left(numbers, prefix, key=name_of)
        symbols = map(name_of, numbers[first : first + MOST_NAMES])
        found += takewhile(lambda name, prefix=prefix: name.startswith(prefix), symbols)  # type: ignore[misc]
    return own, unique(found, MOST_SYMBOL_TEXT)
