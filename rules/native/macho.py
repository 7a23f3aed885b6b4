"""Mach-O: the format of macOS and iOS, for one architecture or, as a universal binary, for several.

Specification: https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h
"""

from __future__ import annotations

from pkgaudit.rules.native.header import (
    MOST_NAMES,
    MOST_SYMBOL_TEXT,
    MOST_SYMBOLS,
    BeyondError,
    Image,
    Reader,
    Sparse,
    Spend,
    unique,
)

# MH_MAGIC and MH_MAGIC_64 in both orders: the order of bytes, and whether addresses have 64 bits.
_ORDERS = {
    b"\xfe\xed\xfa\xce": (">", False),
    b"\xfe\xed\xfa\xcf": (">", True),
    b"\xce\xfa\xed\xfe": ("<", False),
    b"\xcf\xfa\xed\xfe": ("<", True),
}
_FAT, _FAT_64 = b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"
# cputype of mach/machine.h: 0x01000000 is CPU_ARCH_ABI64, 0x02000000 CPU_ARCH_ABI64_32.
_MACHINES = {
    7: "i686",
    12: "armv7",
    18: "ppc",
    0x01000007: "x86_64",
    0x0100000C: "aarch64",
    0x01000012: "ppc64",
    0x0200000C: "arm64_32",
}
_ARM64, _ARM64E = 0x0100000C, 2
# filetype: MH_OBJECT, MH_EXECUTE, MH_DYLIB, MH_BUNDLE (extension modules), MH_DYLIB_STUB, MH_DSYM.
_KINDS = {1: "object", 2: "executable", 6: "library", 8: "library", 9: "other", 10: "debug"}
# PLATFORM_… of LC_BUILD_VERSION.
_SYSTEMS = {
    1: "macos",
    2: "ios",
    3: "tvos",
    4: "watchos",
    6: "mac catalyst",
    7: "ios simulator",
    8: "tvos simulator",
    9: "watchos simulator",
    11: "visionos",
    12: "visionos simulator",
}
_SEGMENT, _SEGMENT_64, _SYMTAB = 0x1, 0x19, 0x2
_LOAD, _LOAD_WEAK, _REEXPORT, _LAZY, _UPWARD = 0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023
_ID, _RPATH, _BUILD = 0xD, 0x8000001C, 0x32
# LC_VERSION_MIN_…, which came before LC_BUILD_VERSION.
_VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}

_MOST_IMAGES = 40
"""The most images of a universal binary. Fewer architectures exist, and Java classes, which have the same
magic number, claim 45 and more."""

_MOST_COMMANDS = 20_000
"""The most load commands of an image. Real images have some hundred; it bounds the time on hostile files."""

_UNDEFINED, _EXTERNAL, _STAB, _TYPE = 0x0, 0x1, 0xE0, 0x0E
_WEAK_REFERENCE = 0x40  # N_WEAK_REF of n_desc: the symbol may be missing


def read_macho(data: bytes | Sparse, spend: Spend) -> tuple[Image, ...]:
    """Return the images of a Mach-O file, one per architecture; no content raises an exception."""
    magic = data[:4]
    if magic in _ORDERS:
        return (_Thin(data, 0, spend).read(MOST_SYMBOLS),)
    reader = Reader(data, ">", spend)
    images: list[Image] = []
    symbols = MOST_SYMBOLS
    try:
        count = reader.number("I", 4)
        form = "IIQQII" if magic == _FAT_64 else "IIIII"
        rows = list(reader.rows(form, 8, min(count, _MOST_IMAGES)))
    except BeyondError:
        return (Image(unread=("header",)),)
    held: list[tuple[int, int]] = []
    for machine, kind, offset, size, *_ in rows:
        thin = _Thin(data, offset, spend)
        # Loaders reject overlapping images, and reading the same bytes for each image could take long.
        overlaps = any(offset < end and start < offset + size for start, end in held)
        image = Image(unread=("header",)) if overlaps else thin.read(symbols)
        held.append((offset, offset + size))
        symbols -= min(symbols, thin.symbols)
        images.append(
            image if image.architecture else Image(_architecture(machine, kind), unread=image.unread)
        )
    if len(rows) < count:
        images.append(Image(unread=("header",)))
    return tuple(images)


def _architecture(machine: int, kind: int) -> str:
    # The upper byte of the subtype contains flags (CPU_SUBTYPE_MASK).
    if machine == _ARM64 and kind & 0xFFFFFF == _ARM64E:
        return "arm64e"
    return _MACHINES.get(machine, f"machine {machine:#x}")


class _Thin:
    """The state of reading the image of one architecture."""

    def __init__(self, data: bytes | Sparse, start: int, spend: Spend) -> None:
        self.data = data
        self.spend = spend
        self.start = start
        self.symbols = 0
        self.needed: list[str] = []
        self.optional: list[str] = []
        self.rpaths: list[str] = []
        self.name = ""
        self.system = ""
        self.minimum: tuple[int, ...] = ()
        self.debug: list[tuple[str, int]] = []
        self.symtab: tuple[int, ...] | None = None
        self.unread: list[str] = []

    def read(self, symbols: int) -> Image:
        """Return the image, reading at most this number of symbols."""
        magic = self.data[self.start : self.start + 4]
        if self.data[self.start : self.start + 8] == b"!<arch>\n":
            return Image(kind="archive", architecture="archive")
        if magic not in _ORDERS or self.start < 0:
            return Image(unread=("header",))
        order, self.wide = _ORDERS[magic]
        self.reader = Reader(self.data, order, self.spend)
        try:
            machine, subtype, kind, count, size, _ = self.reader.unpack("IIIIII", self.start + 4)
        except BeyondError:
            return Image(unread=("header",))
        first = self.start + (32 if self.wide else 28)
        try:
            self._read_commands(first, count, first + size)
        except BeyondError:
            self.unread.append("load commands")
        try:
            undefined, defined = self._read_symbols(symbols)
        except BeyondError:
            undefined, defined = (), ()
            self.unread.append("symbols")
        return Image(
            _architecture(machine, subtype),
            _KINDS.get(kind, "other"),
            self.system,
            unique(self.needed),
            unique(self.optional),
            rpaths=unique(self.rpaths),
            name=self.name,
            undefined=undefined,
            defined=defined,
            has_segments=True,
            minimum=self.minimum,
            debug=tuple(self.debug[:MOST_NAMES]),
            unread=tuple(dict.fromkeys(self.unread)),
        )

    def _read_commands(self, at: int, count: int, end: int) -> None:
        if end > self.reader.size:
            self.unread.append("load commands")
        for number in range(count):
            if number == _MOST_COMMANDS:
                raise BeyondError
            command, size = self.reader.unpack("II", at)
            if size < 8 or at + size > end:
                raise BeyondError
            self._read_command(command, at, size)
            at += size

    def _read_command(self, command: int, at: int, size: int) -> None:
        if command in (_LOAD, _REEXPORT, _UPWARD):
            self.needed.append(self._text(at, size))
        elif command in (_LOAD_WEAK, _LAZY):
            self.optional.append(self._text(at, size))
        elif command == _ID:
            self.name = self._text(at, size)
        elif command == _RPATH:
            self.rpaths.append(self._text(at, size))
        elif command == _BUILD:
            platform, minimum = self.reader.unpack("II", at + 8)
            self.system = _SYSTEMS.get(platform, f"platform {platform}")
            self.minimum = _version(minimum)
        elif command in _VERSION_MIN:
            self.system = self.system or _VERSION_MIN[command]
            self.minimum = self.minimum or _version(self.reader.number("I", at + 8))
        elif command == _SYMTAB:
            self.symtab = self.reader.unpack("IIII", at + 8)
        # The name of a segment is the 16 bytes from offset 8 on.
        elif command in (_SEGMENT, _SEGMENT_64) and self.reader.name(at + 8, at + 24) == "__DWARF":
            in_file = self.reader.number("Q" if self.wide else "I", at + (48 if self.wide else 36))
            self.debug.append(("__DWARF", max(0, min(in_file, self.reader.size))))

    def _text(self, at: int, size: int) -> str:
        offset = self.reader.number("I", at + 8)
        return self.reader.name(at + offset, at + size)

    def _read_symbols(self, most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if self.symtab is None:
            return (), ()
        at, count, names_at, names_size = self.symtab
        names_at += self.start
        if count == 0:
            return (), ()
        if names_at + names_size > self.reader.size or self.start + at > self.reader.size:
            self.unread.append("symbols")
            return (), ()
        names = self.data[names_at : names_at + names_size]
        if b"Py" not in names:
            return (), ()
        undefined: dict[str, None] = {}
        defined: dict[str, None] = {}
        wanted = (b"_Py", b"__Py")
        for row in self.reader.rows("IBBHQ" if self.wide else "IBBHI", self.start + at, min(count, most)):
            self.symbols += 1
            kind = row[1]
            if not kind & _EXTERNAL or kind & _STAB or not names.startswith(wanted, row[0]):
                continue
            is_defined = kind & _TYPE != _UNDEFINED or row[4]
            found = defined if is_defined else undefined
            if len(found) < MOST_NAMES and (is_defined or not row[3] & _WEAK_REFERENCE):
                # Mach-O adds an underscore to every C name.
                found[self.reader.name(names_at + row[0] + 1, names_at + names_size)] = None
        if self.symbols < count:
            self.unread.append("symbols")
        return unique(undefined, MOST_SYMBOL_TEXT), unique(defined, MOST_SYMBOL_TEXT)


def _version(packed: int) -> tuple[int, ...]:
    return packed >> 16, packed >> 8 & 0xFF
