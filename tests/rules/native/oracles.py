"""What pyelftools, macholib and pefile say of a native binary, in the words of our own readers."""

from __future__ import annotations

import struct
from importlib import import_module
from io import BytesIO
from typing import Any

from pkgaudit.rules.native.elf import _MACHINES as ELF_MACHINES
from pkgaudit.rules.native.elf import _of_c_libraries
from pkgaudit.rules.native.header import Image
from pkgaudit.rules.native.macho import _KINDS as MACHO_KINDS
from pkgaudit.rules.native.macho import _architecture as macho_architecture

PYTHON = ("Py", "_Py")


def facts(image: Image, format: str) -> dict[str, Any]:
    """Return what the oracles tell too of an image, sets where their order may differ."""
    found: dict[str, Any] = {
        "architecture": image.architecture,
        "needed": set(image.needed),
        "optional": set(image.optional),
        "undefined": set(image.undefined),
        "defined": set(image.defined),
        "name": image.name,
        "debug": sorted(image.debug),
    }
    if format == "elf":
        found["versions"] = {library: set(names) for library, names in image.versions}
        found["unversioned"] = set(image.unversioned)
        found |= {"rpaths": set(image.rpaths), "stack": image.stack, "interpreter": image.interpreter}
    if format == "mach-o":
        found |= {"rpaths": set(image.rpaths), "minimum": image.minimum, "kind": image.kind}
    if format == "pe":
        found |= {"managed": image.managed, "library": image.kind != "executable"}
    return found


def oracle(data: bytes, format: str) -> list[dict[str, Any]]:
    """Return the facts of each image of a file."""
    return {"elf": elf_oracle, "mach-o": macho_oracle, "pe": pe_oracle}[format](data)


def elf_oracle(data: bytes) -> list[dict[str, Any]]:
    # Of these libraries only parts are typed.
    files: Any = import_module("elftools.elf.elffile")
    dynamic: Any = import_module("elftools.elf.dynamic")
    versions: Any = import_module("elftools.elf.gnuversions")
    elf = files.ELFFile(BytesIO(data))
    found: dict[str, Any] = {
        "optional": set(),
        "needed": set(),
        "undefined": set(),
        "defined": set(),
        "unversioned": set(),
        "name": "",
        "versions": {},
        "rpaths": set(),
        "stack": None,
        "interpreter": "",
        "debug": [],
    }
    machine = elf.header["e_machine"]
    number = struct.unpack_from("<H" if elf.little_endian else ">H", data, 18)[0]
    found["architecture"] = ELF_MACHINES.get(number, f"machine {number}")
    if machine == "EM_PPC64":
        found["architecture"] = "ppc64le" if elf.little_endian else "ppc64"
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_GNU_STACK":
            found["stack"] = segment["p_flags"]
        if segment["p_type"] == "PT_INTERP":
            found["interpreter"] = segment.get_interp_name()
        if isinstance(segment, dynamic.DynamicSegment):
            for tag in segment.iter_tags():
                if tag.entry.d_tag == "DT_NEEDED":
                    found["needed"].add(tag.needed)
                if tag.entry.d_tag == "DT_SONAME":
                    found["name"] = tag.soname
                if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                    value = tag.rpath if tag.entry.d_tag == "DT_RPATH" else tag.runpath
                    found["rpaths"] |= set(value.split(":"))
    dynsym = elf.get_section_by_name(".dynsym")
    numbers = elf.get_section_by_name(".gnu.version")
    watched = _of_c_libraries()[0]
    for number, symbol in enumerate(dynsym.iter_symbols() if dynsym else ()):
        is_watched = symbol.name.encode() in watched
        if not is_watched and not symbol.name.startswith(PYTHON):
            continue
        if symbol["st_shndx"] != "SHN_UNDEF":
            found["defined"].add(symbol.name)
        elif symbol["st_info"]["bind"] in ("STB_WEAK", "STB_LOCAL"):
            continue
        elif not is_watched:
            found["undefined"].add(symbol.name)
        elif numbers is None or numbers.get_symbol(number)["ndx"] in ("VER_NDX_LOCAL", "VER_NDX_GLOBAL"):
            found["unversioned"].add(symbol.name)
    for section in elf.iter_sections():
        if isinstance(section, versions.GNUVerNeedSection):
            for version, parts in section.iter_versions():
                found["versions"].setdefault(version.name, set()).update(
                    part.name for part in parts if not part["vna_flags"] & 2
                )
        is_debug = section.name.startswith((".debug_", ".zdebug_")) and section.name != ".debug_gdb_scripts"
        if is_debug and section["sh_type"] != "SHT_NOBITS":
            found["debug"].append((section.name, section["sh_size"]))
    found["debug"].sort()
    return [found]


def macho_oracle(data: bytes) -> list[dict[str, Any]]:
    mach_o: Any = import_module("macholib.mach_o")
    macho: Any = import_module("macholib.MachO")

    class InMemory(macho.MachO):  # type: ignore[misc]
        def __init__(self) -> None:
            self.graphident = self.filename = self.loader_path = ""
            self.fat = None
            self.headers: list[Any] = []
            self.allow_unknown_load_commands = True
            self.load(BytesIO(data))

    images = []
    for header in InMemory().headers:
        order = header.endian
        wide = header.MH_MAGIC in (mach_o.MH_MAGIC_64, mach_o.MH_CIGAM_64)
        found: dict[str, Any] = {
            "architecture": macho_architecture(
                header.header.cputype & 0xFFFFFFFF, header.header.cpusubtype & 0xFFFFFFFF
            ),
            "kind": MACHO_KINDS.get(int(header.header.filetype), "other"),
            "needed": set(),
            "optional": set(),
            "undefined": set(),
            "defined": set(),
            "name": "",
            "rpaths": set(),
            "minimum": (),
            "debug": [],
        }
        for load, command, extra in header.commands:
            text = bytes(extra).partition(b"\0")[0].decode() if isinstance(extra, bytes) else ""
            if load.cmd in (mach_o.LC_LOAD_DYLIB, mach_o.LC_REEXPORT_DYLIB, mach_o.LC_LOAD_UPWARD_DYLIB):
                found["needed"].add(text)
            elif load.cmd in (mach_o.LC_LOAD_WEAK_DYLIB, mach_o.LC_LAZY_LOAD_DYLIB):
                found["optional"].add(text)
            elif load.cmd == mach_o.LC_ID_DYLIB:
                found["name"] = text
            elif load.cmd == mach_o.LC_RPATH:
                found["rpaths"].add(text)
            elif load.cmd == mach_o.LC_BUILD_VERSION:
                found["minimum"] = (int(command.minos) >> 16, int(command.minos) >> 8 & 255)
            elif load.cmd in (mach_o.LC_VERSION_MIN_MACOSX, mach_o.LC_VERSION_MIN_IPHONEOS):
                found["minimum"] = (int(command.version) >> 16, int(command.version) >> 8 & 255)
            elif load.cmd in (mach_o.LC_SEGMENT, mach_o.LC_SEGMENT_64) and command.segname.startswith(
                b"__DWARF"
            ):
                found["debug"].append(("__DWARF", int(command.filesize)))
            elif load.cmd == mach_o.LC_SYMTAB:
                _add_symbols(found, data, header.offset, command, order, wide)
        images.append(found)
    return images


def _add_symbols(
    found: dict[str, Any], data: bytes, start: int, command: Any, order: str, wide: bool
) -> None:
    form = f"{order}IBBHQ" if wide else f"{order}IBBHI"
    size = struct.calcsize(form)
    for number in range(command.nsyms):
        at, kind, _, flags, value = struct.unpack_from(form, data, start + command.symoff + number * size)
        if kind & 0xE0 or not kind & 1:
            continue
        begin = start + command.stroff + at
        name = data[begin : data.index(b"\0", begin)].decode("utf-8", "replace")
        if not name.startswith(("_Py", "__Py")):
            continue
        if kind & 0x0E or value:
            found["defined"].add(name[1:])
        elif not flags & 0x40:
            found["undefined"].add(name[1:])


def pe_oracle(data: bytes) -> list[dict[str, Any]]:
    pefile: Any = import_module("pefile")
    pe = pefile.PE(data=data, fast_load=True)
    pe.parse_data_directories(directories=[0, 1, 13, 14])
    machines = {0x14C: "i686", 0x1C4: "arm", 0x8664: "x86_64", 0xAA64: "aarch64"}
    machine = pe.FILE_HEADER.Machine
    found: dict[str, Any] = {
        "architecture": machines.get(machine, f"machine {machine:#x}"),
        "library": bool(pe.FILE_HEADER.Characteristics & 0x2000),
        "needed": set(),
        "optional": set(),
        "undefined": set(),
        "defined": set(),
        "name": "",
        "debug": [],
        "managed": len(pe.OPTIONAL_HEADER.DATA_DIRECTORY) > 14
        and pe.OPTIONAL_HEADER.DATA_DIRECTORY[14].VirtualAddress != 0,
    }
    for key, table in (("needed", "DIRECTORY_ENTRY_IMPORT"), ("optional", "DIRECTORY_ENTRY_DELAY_IMPORT")):
        for entry in getattr(pe, table, ()):
            library = entry.dll.decode()
            found[key].add(library)
            if library.lower().startswith("python"):
                found["undefined"] |= {each.name.decode() for each in entry.imports if each.name}
    if exports := getattr(pe, "DIRECTORY_ENTRY_EXPORT", None):
        found["name"] = pe.get_string_at_rva(exports.struct.Name).decode() if exports.struct.Name else ""
        names = (each.name.decode() for each in exports.symbols if each.name)
        found["defined"] = {name for name in names if name.startswith(PYTHON)}
    strings = pe.FILE_HEADER.PointerToSymbolTable + 18 * pe.FILE_HEADER.NumberOfSymbols
    for section in pe.sections:
        name = section.Name.rstrip(b"\0").decode("latin-1")
        if name.startswith("/") and name[1:].isdecimal():
            at = strings + int(name[1:])
            name = data[at : data.index(b"\0", at)].decode("latin-1")
        if name.startswith((".debug_", ".zdebug_")) and name != ".debug_gdb_scripts":
            found["debug"].append((name, section.SizeOfRawData))
    found["debug"].sort()
    return [found]
