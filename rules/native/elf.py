"""ELF: the format of Linux and most other systems, read by its program headers, as loaders do.

Specification: https://gabi.xinuos.com/ and https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import cache, cached_property
from typing import TypeVar

from pkgaudit.late import dataclass
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.native.header import (
    LONGEST,
    MOST_NAMES,
    MOST_SYMBOL_TEXT,
    MOST_SYMBOLS,
    MOST_TEXT,
    PYTHON,
    BeyondError,
    Image,
    Reader,
    Sparse,
    Spend,
    unique,
)

T = TypeVar("T")

# Values of e_machine (https://gabi.xinuos.com/elf/a-emachine.html) for the processors that Python supports or
# that have a platform tag.
_MACHINES = {
    3: "i686",
    8: "mips",
    20: "ppc",
    21: "ppc64",
    22: "s390x",
    40: "armv7l",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}
# e_type: ET_REL, ET_EXEC, ET_DYN. A position-independent executable is an ET_DYN too, see _PIE.
_KINDS = {1: "object", 2: "executable", 3: "library"}
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_GNU_STACK = 1, 2, 3, 0x6474E551
_DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ = 1, 4, 5, 6, 10
_DT_SONAME, _DT_RPATH, _DT_RUNPATH = 14, 15, 29
_DT_GNU_HASH, _DT_VERSYM, _DT_FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFB
_DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_PIE = 0x08000000  # DF_1_PIE of DT_FLAGS_1: a program, not a library
_SHT_NOBITS, _SHT_DYNSYM = 8, 11
_WEAK = 2
"""The flag of a symbol version, and the binding of a symbol, that may be missing."""

# Real files have fewer. The limits bound the time and the memory on hostile files, whose tables may claim any
# length. Parts beyond them are recorded as unread.
_MOST_SEGMENTS = 10_000
_MOST_SECTIONS = 100_000  # sections
_MOST_TAGS = 50_000  # entries of the dynamic section
_MOST_VERSIONS = 20_000  # records of libraries and their symbol versions, together
_MOST_VERSION_TEXT = 1_000_000  # characters of their names
_DEBUG = (".debug_", ".zdebug_")
_NOT_DEBUG = ".debug_gdb_scripts"
"""A few bytes with settings of a debugger, which some compilers add to every file."""


@dataclass
class _Elf:
    """The state of reading a file: facts of one table that the next table needs."""

    reader: Reader
    wide: bool
    loads: list[tuple[int, int, int]] = field(default_factory=list)
    dynamic: tuple[int, int] | None = None
    interpreter: str = ""
    stack: int | None = None
    tags: list[tuple[int, int]] = field(default_factory=list)
    sections: list[tuple[int, ...]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def offset(self, address: int) -> int:
        """Return the file offset of an address."""
        for start, size, offset in self.loads:
            if start <= address < start + size:
                return offset + address - start
        raise BeyondError

    def tag(self, wanted: int) -> int | None:
        """Return the value of the first entry of the dynamic section with a tag."""
        return next((value for tag, value in self.tags if tag == wanted), None)

    @cached_property
    def versions_at(self) -> int | None:
        """The file offset of the versions of the symbols, which is needed once for each symbol."""
        address = self.tag(_DT_VERSYM)
        return None if address is None else self.offset(address)


def read_elf(data: bytes | Sparse, spend: Spend) -> Image:
    """Return the image of an ELF file; no content of the file raises an exception."""
    elf = _Elf(Reader(data, ">" if data[5:6] == b"\x02" else "<", spend), data[4:5] == b"\x02")
    try:
        kind, machine = elf.reader.unpack("HH", 16)
        architecture = _architecture(machine, elf.wide, elf.reader.order == ">")
        places = _places(elf)
    except BeyondError:
        return Image(unread=("header",))
    _attempt(elf, "segments", lambda: _read_segments(elf, *places[:3]))
    _attempt(elf, "sections", lambda: _read_sections(elf, *places[3:6]))
    _attempt(elf, "dynamic section", lambda: _read_dynamic(elf))
    strings = _strings(elf)
    needed, soname, rpaths = _linking(elf, strings)
    versions = _attempt(elf, "symbol versions", lambda: _versions(elf, strings)) or ()
    undefined, defined, unversioned = _attempt(elf, "symbols", lambda: _symbols(elf, strings)) or ((), (), ())
    debug = _attempt(elf, "sections", lambda: _debug(elf, places[6])) or ()
    named = _KINDS.get(kind, "other")
    is_program = bool((elf.tag(_DT_FLAGS_1) or 0) & _PIE) or (bool(elf.interpreter) and not soname)
    return Image(
        architecture,
        "executable" if named == "library" and is_program else named,
        needed=needed,
        versions=versions,
        rpaths=rpaths,
        name=soname,
        interpreter=elf.interpreter,
        undefined=undefined,
        defined=defined,
        unversioned=unversioned,
        has_segments=bool(elf.loads),
        stack=elf.stack,
        debug=debug,
        unread=tuple(dict.fromkeys(elf.unread)),
    )


def _attempt(elf: _Elf, part: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except BeyondError:
        elf.unread.append(part)
        return None


def _architecture(machine: int, wide: bool, big: bool) -> str:
    name = _MACHINES.get(machine)
    if name is None:
        return f"machine {machine}"
    if machine == 62 and not wide:  # EM_X86_64 with pointers of 32 bits
        return "x32"
    if machine == 21:  # EM_PPC64
        return "ppc64" if big else "ppc64le"
    if machine == 22 and not wide:  # EM_S390
        return "s390"
    if machine in (243, 258) and not wide:  # EM_RISCV, EM_LOONGARCH
        return name.replace("64", "32")
    # EM_ARM and EM_AARCH64: no tag covers their big-endian variants.
    return f"{name}_be" if big and machine in (40, 183) else name


def _places(elf: _Elf) -> tuple[int, int, int, int, int, int, int]:
    """Return offset, row length and row count of the segment and section tables, and the name section."""
    if elf.wide:
        segments, sections = elf.reader.unpack("QQ", 32)
        step, count, section_step, section_count, names = elf.reader.unpack("HHHHH", 54)
    else:
        segments, sections = elf.reader.unpack("II", 28)
        step, count, section_step, section_count, names = elf.reader.unpack("HHHHH", 42)
    # SHN_XINDEX and PN_XNUM: a number that does not fit into sixteen bits is in the first section.
    if sections and (not section_count or names == 0xFFFF or count == 0xFFFF):
        try:
            first = elf.reader.unpack("IIQQQQIIQQ" if elf.wide else "IIIIIIIIII", sections)
            section_count = section_count or first[5]
            # 0xFFFF is SHN_XINDEX for the section of names, and PN_XNUM for the number of segments.
            names = first[6] if names == 0xFFFF else names
            count = first[7] if count == 0xFFFF else count  # PN_XNUM
        except BeyondError:
            elf.unread.append("sections")
    return segments, step, count, sections, section_step, section_count, names


def _read_segments(elf: _Elf, at: int, step: int, count: int) -> None:
    if not count:
        return
    form = "IIQQQQQQ" if elf.wide else "IIIIIIII"
    found = 0
    for row in elf.reader.rows(form, at, min(count, _MOST_SEGMENTS), step):
        found += 1
        if elf.wide:
            kind, flags, offset, address, _, size, _, _ = row
        else:
            kind, offset, address, _, size, _, flags, _ = row
        if kind == _PT_LOAD:
            elf.loads.append((address, size, offset))
        elif kind == _PT_DYNAMIC:
            elf.dynamic = (offset, size)
        elif kind == _PT_GNU_STACK:
            elf.stack = flags
        elif kind == _PT_INTERP:
            elf.interpreter = elf.reader.name(offset, offset + size)
    if found < count:
        raise BeyondError


def _read_sections(elf: _Elf, at: int, step: int, count: int) -> None:
    if not at or not count:
        return
    form = "IIQQQQIIQQ" if elf.wide else "IIIIIIIIII"
    elf.sections = list(elf.reader.rows(form, at, min(count, _MOST_SECTIONS), step))
    if len(elf.sections) < count:
        raise BeyondError


def _read_dynamic(elf: _Elf) -> None:
    if elf.dynamic is None:
        return
    at, size = elf.dynamic
    step = 16 if elf.wide else 8
    ended = False
    for tag, value in elf.reader.rows("QQ" if elf.wide else "II", at, min(size // step, _MOST_TAGS)):
        if tag == 0:
            ended = True
            break
        elf.tags.append((tag, value))
    if not ended and at + size > elf.reader.size:
        raise BeyondError


def _strings(elf: _Elf) -> tuple[int, int]:
    """Return the start and the end of the dynamic string table, both 0 if it is missing."""
    address, size = elf.tag(_DT_STRTAB), elf.tag(_DT_STRSZ)
    if address is None:
        return 0, 0
    try:
        start = elf.offset(address)
    except BeyondError:
        elf.unread.append("dynamic section")
        return 0, 0
    return start, start + (size if size is not None else elf.reader.size)


def _linking(elf: _Elf, strings: tuple[int, int]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Return the needed libraries, the file's own name and the run paths."""
    start, end = strings
    found: dict[int, list[str]] = {_DT_NEEDED: [], _DT_SONAME: [], _DT_RPATH: [], _DT_RUNPATH: []}
    for tag, value in elf.tags:
        if tag in found and len(found[tag]) < MOST_NAMES:
            try:
                found[tag].append(elf.reader.name(start + value, end))
            except BeyondError:
                elf.unread.append("dynamic section")
    # Loaders skip an empty list, but read an empty part of a list as the current folder.
    lists = filter(None, (*found[_DT_RPATH], *found[_DT_RUNPATH]))
    paths = [part for each in lists for part in each.split(":")]
    return unique(found[_DT_NEEDED]), next(iter(found[_DT_SONAME]), ""), unique(paths)


def _versions(elf: _Elf, strings: tuple[int, int]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    address, count = elf.tag(_DT_VERNEED), elf.tag(_DT_VERNEEDNUM) or 0
    if address is None:
        return ()
    at, (start, end) = elf.offset(address), strings
    found: dict[str, list[str]] = {}
    seen = 0
    text = 0
    for _ in range(count):
        seen += 1
        if seen > _MOST_VERSIONS or text > _MOST_VERSION_TEXT:
            raise BeyondError
        _, parts, file, part_at, following = elf.reader.unpack("HHIII", at)
        library = elf.reader.name(start + file, end)
        names = found.setdefault(library, [])
        text += len(library)
        place = at + part_at
        for _ in range(parts):
            seen += 1
            if seen > _MOST_VERSIONS:
                raise BeyondError
            _, flags, _, name, next_part = elf.reader.unpack("IHHII", place)
            if not flags & _WEAK:
                names.append(elf.reader.name(start + name, end))
                text += len(names[-1])
            if not next_part:
                break
            place += next_part
        if not following:
            break
        at += following
    space = MOST_TEXT
    kept = []
    for library, names in found.items():
        kept.append((library, unique(names, space)))
        space -= len(library) + sum(map(len, kept[-1][1]))
        if space < 0:
            raise BeyondError
    return tuple(kept)


@cache
def _of_c_libraries() -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return the symbols that some C libraries lack, and their beginnings."""
    values = load("c_library").values
    names = frozenset(" ".join([*values["glibc"].values(), values["not_in_musl"]]).encode().split())
    return names, frozenset((name + b"\0")[:_BEGINNING] for name in names)


_BEGINNING = 5
"""How many bytes of a symbol are compared first. Chosen: few other symbols have one of these beginnings."""


def _symbols(elf: _Elf, strings: tuple[int, int]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the undefined, the defined and the unversioned symbols of an `Image`."""
    address = elf.tag(_DT_SYMTAB)
    if address is None:
        return (), (), ()
    start, end = strings
    if end > elf.reader.size:
        raise BeyondError
    names = elf.reader.data[start:end]
    at = elf.offset(address)
    count = min(_symbol_count(elf, at), MOST_SYMBOLS)
    undefined: dict[str, None] = {}
    defined: dict[str, None] = {}
    unversioned: dict[str, None] = {}
    watched, beginnings = _of_c_libraries()
    rows = elf.reader.rows("IBBHQQ" if elf.wide else "IIIBBH", at, count)
    for number, row in enumerate(rows):
        place = row[0]
        is_python = names.startswith(PYTHON, place)
        if not is_python and names[place : place + _BEGINNING] not in beginnings:
            continue
        info, section = (row[1], row[3]) if elf.wide else (row[3], row[5])
        if not section and info >> 4 in (0, _WEAK):
            continue
        if is_python:
            kind = defined if section else undefined
        elif names[place : names.find(b"\0", place, place + LONGEST)] not in watched:
            continue
        elif section:
            kind = defined
        elif _has_version(elf, number):
            continue
        else:
            kind = unversioned
        if len(kind) < MOST_NAMES:
            kind[elf.reader.name(start + place, end)] = None
    return (
        unique(undefined, MOST_SYMBOL_TEXT),
        unique(defined, MOST_SYMBOL_TEXT),
        unique(unversioned, MOST_SYMBOL_TEXT),
    )


def _has_version(elf: _Elf, number: int) -> bool:
    """Return whether a symbol has a version, that is neither VER_NDX_LOCAL nor VER_NDX_GLOBAL."""
    at = elf.versions_at
    return at is not None and elf.reader.number("H", at + 2 * number) & 0x7FFF > 1


def _symbol_count(elf: _Elf, at: int) -> int:
    """Return the number of symbols, from the section table or else from a hash table."""
    for section in elf.sections:
        if section[1] == _SHT_DYNSYM and section[4] == at:
            size: int = section[5]
            return size // (24 if elf.wide else 16)
    if (address := elf.tag(_DT_HASH)) is not None:
        return elf.reader.number("I", elf.offset(address) + 4)
    if (address := elf.tag(_DT_GNU_HASH)) is None:
        raise BeyondError
    table = elf.offset(address)
    buckets, filters = (elf.reader.number("I", table + at) for at in (0, 8))
    first = elf.reader.number("I", table + 4)
    bucket_at = table + 16 + filters * (8 if elf.wide else 4)
    last: int = max((each for (each,) in elf.reader.rows("I", bucket_at, buckets)), default=0)
    if last < first:
        return first
    chain = bucket_at + 4 * buckets + 4 * (last - first)
    for number, (each,) in enumerate(elf.reader.rows("I", chain, MOST_SYMBOLS)):
        if each & 1:
            return last + number + 1
    raise BeyondError


def _debug(elf: _Elf, names_section: int) -> tuple[tuple[str, int], ...]:
    """Return the names and sizes of the debug sections."""
    if not 0 < names_section < len(elf.sections):
        return ()
    names = elf.sections[names_section]
    data = elf.reader.data[names[4] : names[4] + names[5]]
    if names[4] + names[5] > elf.reader.size:
        raise BeyondError
    if b"debug" not in data:
        return ()
    found = []
    for row in elf.sections:
        prefix = data[row[0] : row[0] + 64].partition(b"\0")[0].decode("latin-1")
        if prefix.startswith(_DEBUG) and prefix != _NOT_DEBUG and row[1] != _SHT_NOBITS:
            size = max(0, min(row[5], elf.reader.size - row[4]))
            found.append((prefix, size))
    return tuple(found[:MOST_NAMES])
