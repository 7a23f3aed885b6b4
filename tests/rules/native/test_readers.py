"""The readers of ELF, Mach-O and PE: they say what the usual libraries say, and never raise."""

from __future__ import annotations

import itertools
import os
import pickle
import re
import struct
import sys
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.binaries import COFF, CPUS, Elf, MachO, Pe, fat
from pkgaudit.model.member import native_format
from pkgaudit.rules.native import elf
from pkgaudit.rules.native.header import Header, read_header

ELF: dict[str, Any] = {
    "needed": ["liba.so.1", "libc.so.6"],
    "soname": "libx.so.1",
    "rpath": "/opt/a:$ORIGIN/b",
    "versions": {"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.99"], "liba.so.1": ["A_1"]},
    "weak_versions": ["GLIBC_2.99"],
    "undefined": ["PyLong_FromLong", "_Py_Dealloc", "malloc", "reallocarray", "stat@GLIBC_2.34", "stty"],
    "weak": ["PyWeak_Foo", "gettid"],
    "defined": ["PyInit_x", "foo", "strlcpy", "strlcpy_all"],
    "debug": 100,
    "interpreter": "/lib/ld.so",
}
MACHO: dict[str, Any] = {
    "needed": ["/usr/lib/libSystem.B.dylib", "@rpath/liba.dylib"],
    "weak": ["@rpath/w.dylib"],
    "name": "@rpath/x.dylib",
    "rpaths": ["/opt/x", "@loader_path"],
    "undefined": ["PyLong_FromLong", "_Py_Dealloc"],
    "weak_symbols": ["PyWeak_Foo"],
    "defined": ["PyInit_x", "foo"],
    "debug": 50,
}
PE: dict[str, Any] = {
    "needed": ["KERNEL32.dll"],
    "delayed": ["late.dll"],
    "imports": {"python311.dll": ["PyLong_FromLong", "_Py_Dealloc"]},
    "name": "x.pyd",
    "defined": ["PyInit_x", "foo"],
    "debug": 70,
}


def header(data: bytes) -> Header:
    """Read a file that is a native binary."""
    format = native_format(data)
    assert format
    return read_header(data, format)


def elves() -> Iterator[bytes]:
    for wide, big, gnu_hash in itertools.product((True, False), repeat=3):
        architecture = "x86_64" if wide else "i686"
        yield Elf(architecture, wide, big, gnu_hash=gnu_hash, **ELF).build()
    yield Elf().build()
    yield Elf("ppc64le", stack=None).build()


def machos() -> Iterator[bytes]:
    for cpu, big, old in itertools.product(CPUS, (False, True), (False, True)):
        yield MachO(cpu, big=big, old_version=old, **MACHO).build()
    for wide in (False, True):
        yield fat(MachO("x86_64", **MACHO), MachO("arm64", **MACHO), MachO("i386"), wide=wide)


def pes() -> Iterator[bytes]:
    for architecture, library in itertools.product(COFF, (False, True)):
        yield Pe(architecture, library=library, **PE).build()
    yield Pe().build()
    yield Pe(managed=True).build()


BUILT = [*elves(), *machos(), *pes()]


@pytest.mark.parametrize("data", BUILT, ids=lambda data: f"{native_format(data)}-{len(data)}")
def test_built(data: bytes) -> None:
    pytest.importorskip("elftools")
    from tests.rules.native.oracles import facts, oracle

    found = header(data)
    assert found.unread == ()
    assert [facts(image, found.format) for image in found.images] == oracle(data, found.format)
    assert pickle.loads(pickle.dumps(found)) == found


def test_elf() -> None:
    (image,) = header(Elf(**ELF).build()).images
    assert image.kind == "library"  # with a name of its own, as the C library has an interpreter too
    assert image.architecture == "x86_64"
    assert image.needed == ("liba.so.1", "libc.so.6")
    assert image.versions == (("libc.so.6", ("GLIBC_2.2.5", "GLIBC_2.34")), ("liba.so.1", ("A_1",)))
    assert image.rpaths == ("/opt/a", "$ORIGIN/b")
    assert image.undefined == ("PyLong_FromLong", "_Py_Dealloc")
    assert image.defined == ("PyInit_x", "strlcpy")
    assert image.unversioned == ("reallocarray", "stty")
    assert (image.stack, image.debug) == (6, ((".debug_info", 100),))


def test_elf_without_sections() -> None:
    for gnu_hash in (False, True):
        (image,) = header(Elf(sections=False, gnu_hash=gnu_hash, **ELF).build()).images
        assert image.undefined == ("PyLong_FromLong", "_Py_Dealloc")
        assert image.defined == ("PyInit_x", "strlcpy")
        assert image.unversioned == ("reallocarray", "stty")
        assert image.versions[1] == ("liba.so.1", ("A_1",))
        assert image.debug == ()


def test_table_of_versions_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[int] = []
    of_tag = elf._Elf.tag

    def tag(self: elf._Elf, wanted: int) -> int | None:
        looked_up.append(wanted)
        return of_tag(self, wanted)

    monkeypatch.setattr(elf._Elf, "tag", tag)
    for count in (1, 20):
        looked_up.clear()
        header(Elf(undefined=["reallocarray"] * count, versions={"libc.so.6": ["GLIBC_2.34"]}).build())
        assert looked_up.count(elf._DT_VERSYM) == 1


def test_fat() -> None:
    found = header(fat(MachO("x86_64", minimum=(10, 9)), MachO("arm64", subtype=2)))
    assert [image.architecture for image in found.images] == ["x86_64", "arm64e"]
    assert found.images[0].minimum == (10, 9)


def test_static_library_of_several_architectures_is_no_code() -> None:
    archive = b"!<arch>\n" + bytes(100)
    data = struct.pack(">II", 0xCAFEBABE, 1) + struct.pack(">IIIII", CPUS["arm64"], 0, 4096, 108, 12)
    found = header(data + bytes(4096 - len(data)) + archive)
    assert found.architectures == frozenset()
    assert found.unread == ()


# What is at hand


FOLDERS = (
    *(Path(each) for each in sys.path if each.endswith(("site-packages", "lib-dynload"))),
    Path(sys.executable).resolve().parent.parent / "lib",
)
NATIVE = re.compile(r"\.(so|pyd|dll|dylib|exe)$|\.so\.")
MOST_FILES = 150
LARGEST = 40_000_000


@cache
def at_hand() -> list[Path]:
    """Return native binaries of the running environment, the same whenever it is the same."""
    found = {Path(sys.executable).resolve()}
    for folder in FOLDERS:
        names = (Path(place, name) for place, _, files in os.walk(folder) for name in files)
        native = (path for path in names if NATIVE.search(path.name))
        found |= {path.resolve() for path in itertools.islice(native, 10_000)}
    files = sorted(path for path in found if path.is_file() and path.stat().st_size <= LARGEST)
    step = max(1, len(files) // MOST_FILES)
    return files[::step]


def compare(data: bytes, name: str) -> int:
    """Compare a file with what its oracle says; return whether it is a native binary."""
    from tests.rules.native.oracles import facts, oracle

    format = native_format(data)
    if format is None:
        return 0
    found = read_header(data, format)
    assert found.unread == (), name
    told = oracle(data, format)
    for image, wanted in zip(found.images, told, strict=True):
        if image.kind == "other" and "library" in wanted:
            wanted["library"] = True
        assert facts(image, format) == wanted, name
    return 1


@pytest.mark.once
def test_binaries_of_this_environment() -> None:
    for module in ("elftools", "macholib", "pefile"):
        pytest.importorskip(module)
    assert sum(compare(path.read_bytes(), str(path)) for path in at_hand()) > 3


@pytest.mark.skipif("PKGAUDIT_WHEELS" not in os.environ, reason="PKGAUDIT_WHEELS names no folder of wheels")
def test_binaries_of_wheels() -> None:
    count = 0
    for path in sorted(Path(os.environ["PKGAUDIT_WHEELS"]).rglob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            for info in wheel.infolist():
                with wheel.open(info) as member:
                    head = member.read(4)
                    if head[:2] in (b"MZ", b"\x7fE", b"\xca\xfe", b"\xcf\xfa", b"\xce\xfa", b"\xfe\xed"):
                        count += compare(head + member.read(), f"{path.name} {info.filename}")
    assert count


# Hostile input


SLOWEST = 2.0
"""Seconds of the processor that a small file may take."""


def read_anything(data: bytes) -> None:
    format = native_format(data)
    if format is None:
        return
    started = time.process_time()
    found = read_header(data, format)
    assert time.process_time() - started < SLOWEST
    assert len(pickle.dumps(found)) < 10 * len(data) + 100_000


def real() -> list[bytes]:
    """Return a few real binaries, small ones since each example copies them."""
    files = sorted(at_hand(), key=lambda path: (path.stat().st_size, path))
    return [path.read_bytes() for path in files[:20:4]]


# Deferred because the search for real binaries takes a second, which other tests need not wait for.
IMAGES = st.deferred(lambda: st.sampled_from([*BUILT, *real()]))


@given(IMAGES, st.data())
def test_truncated(data: bytes, draw: st.DataObject) -> None:
    read_anything(data[: draw.draw(st.integers(0, len(data)))])


@given(IMAGES, st.data())
def test_mutated(data: bytes, draw: st.DataObject) -> None:
    changed = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 8))):
        # Most of what tells is near the beginning.
        at = draw.draw(st.integers(4, min(len(changed), draw.draw(st.sampled_from([120, 600, 1 << 30]))) - 4))
        value = draw.draw(st.sampled_from([0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, at, len(data)]))
        changed[at : at + 4] = struct.pack("<I", value)
    read_anything(bytes(changed))


@given(st.sampled_from([each[:4] for each in BUILT]), st.binary(max_size=2_000))
def test_noise(magic: bytes, rest: bytes) -> None:
    read_anything(magic + rest)
    read_anything(b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + b"PE\0\0" + rest)


class TestHostile:
    def test_exports_are_found_without_reading_the_table(self) -> None:
        names = [f"a{number}" for number in range(3_000)]
        data = Pe(defined=[*names, "PyInit_x", "_Py_y", "z"]).build()
        steps: list[int] = []

        def spend(count: int) -> bool:
            steps.append(count)
            return True

        found = read_header(data, "pe", spend=spend)
        assert found.images[0].defined == ("PyInit_x", "_Py_y")
        assert sum(steps) < 20

    @pytest.mark.parametrize("data", [Elf(defined=["PyInit_x"]).build(), MachO().build(), Pe().build()])
    def test_tables_beyond_the_limit_are_unread(self, data: bytes) -> None:
        format = {b"\x7f": "elf", b"M": "pe"}.get(data[:1], "mach-o")
        assert read_header(data, format, spend=lambda steps: False).unread == ("header",)

    def test_names_that_overlap_are_kept_up_to_a_number(self) -> None:
        symbols = [f"Py{number}" for number in range(6_000)]
        assert len(read_header(Elf(undefined=symbols).build(), "elf").images[0].undefined) <= 5_000

    def test_versions_that_never_end(self) -> None:
        data = bytearray(Elf(versions={"libc.so.6": ["GLIBC_2.2.5"]}, sections=False).build())
        at = data.index(
            struct.pack("<HH", 1, 1) + struct.pack("<I", data.index(b"libc.so.6") - data.index(b"\0libc"))
        )
        struct.pack_into("<HHIII", data, at, 1, 0xFFFF, 1, 0, 0xFFFFFFF0)
        read_anything(bytes(data))

    def test_version_table_that_points_at_itself(self) -> None:
        versions = {f"lib{number}.so": [f"V_{number}"] for number in range(300)}
        data = Elf(versions=versions, sections=False).build()
        changed = data.replace(struct.pack("<II", 16, 32), struct.pack("<II", 16, 0))
        read_anything(changed)

    def test_libraries_without_versions_count_too(self) -> None:
        """Otherwise records that overlap would take a time that the size of the file does not bound."""
        data = Elf(versions={f"lib{number}.so": [] for number in range(21_000)}, sections=False).build()
        assert "symbol versions" in read_header(data, "elf").unread

    def test_many_images_of_one_place(self) -> None:
        thin = MachO(undefined=[f"PyName_{number}" for number in range(20_000)]).build()
        rows = b"".join(struct.pack(">IIIII", CPUS["arm64"], 0, 4096, len(thin), 12) for _ in range(39))
        data = struct.pack(">II", 0xCAFEBABE, 39) + rows
        read_anything(data + bytes(4096 - len(data)) + thin)

    def test_images_that_overlap_are_not_read(self) -> None:
        thin = MachO("arm64", undefined=["PyLong_FromLong"]).build()
        rows = b"".join(
            struct.pack(">IIIII", CPUS[cpu], 0, 4096, len(thin), 12) for cpu in ("arm64", "x86_64")
        )
        data = struct.pack(">II", 0xCAFEBABE, 2) + rows
        first, second = header(data + bytes(4096 - len(data)) + thin).images
        assert (first.architecture, first.unread) == ("aarch64", ())
        assert (second.architecture, second.unread) == ("x86_64", ("header",))

    def test_exports_in_many_sections(self) -> None:
        data = bytearray(Pe(defined=["PyInit_x"]).build())
        coff = struct.unpack_from("<I", data, 0x3C)[0] + 4
        table = coff + 20 + struct.unpack_from("<H", data, coff + 16)[0]
        struct.pack_into("<H", data, coff + 2, 250)
        count, start = 100_000, 0x8000
        names = struct.pack("<I", 0x100000) * count
        directory = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, 0, 1, count, count, 0, 0x100040, 0)
        rows = [(0x10000000 + 0x1000 * number, 16, 0x400) for number in range(249)]
        rows.append((0x100000, 64 + len(names), start))
        sections = b"".join(
            struct.pack("<8sIIIIIIHHI", b"x", size, at, size, place, 0, 0, 0, 0, 0)
            for at, size, place in rows
        )
        struct.pack_into("<II", data, coff + 20 + 112, 0x100000, 40)
        head = bytes(data[:table]) + sections
        read_anything(head + bytes(start - len(head)) + directory.ljust(64, b"\0") + names)

    def test_load_commands_without_end(self) -> None:
        data = bytearray(MachO().build())
        struct.pack_into("<II", data, 16, 0xFFFFFFFF, 0xFFFFFFFF)
        found = header(bytes(data))
        assert "load commands" in found.unread

    def test_tables_of_four_gigabytes(self) -> None:
        data = bytearray(Elf(**ELF).build())
        struct.pack_into("<H", data, 56, 0xFFFF)  # segments
        struct.pack_into("<H", data, 60, 0xFFFF)  # sections
        read_anything(bytes(data))

    def test_imports_that_overlap(self) -> None:
        # Each row of the table of imports is also the name of a library.
        row = b"python3\0" + bytes(12)
        data = bytearray(Pe(imports={"python311.dll": ["PyA"]}).build() + row * 50_000)
        struct.pack_into("<I", data, 0x40 + 4 + 20 + 112 + 8, 0x1000)
        read_anything(bytes(data))
