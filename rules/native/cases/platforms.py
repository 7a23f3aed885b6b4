"""Cases of NB101 to NB104: the processor and the system."""

from __future__ import annotations

from fixtures.binaries import Elf, MachO, Pe, fat
from fixtures.builders import Built, Wheel, zip_archive
from fixtures.cases import bad, good
from pkgaudit.rules.native.cases._makers import (
    DARWIN,
    LINUX,
    MACOS,
    PYD,
    SO,
    STABLE,
    WINDOWS,
    bundle,
    elf,
    pyd,
    wheel,
)

# NB101


@bad("NB101", at=SO, says="is built for aarch64, but Python loads it")
def other_processor() -> Built:
    return wheel(LINUX, {SO: elf("aarch64")})


@bad("NB101", at=SO, says="for i686")
def other_width() -> Built:
    return wheel(LINUX, {SO: elf("i686")})


@bad(
    "NB101",
    at=DARWIN,
    says="is built for x86_64, but Python loads it, and the platform 'macosx_11_0_arm64' needs aarch64",
)
def other_processor_on_macos() -> Built:
    return wheel(MACOS, {DARWIN: bundle("x86_64").build()})


@bad("NB101", at=DARWIN, says="the platform 'macosx_11_0_universal2' needs x86_64")
def half_of_a_universal_wheel() -> Built:
    return wheel("cp311-cp311-macosx_11_0_universal2", {DARWIN: bundle("arm64").build()})


@bad("NB101", at="sample/.dylibs/libz.dylib", says="is built for aarch64, but Python loads it")
def half_of_a_library_in_a_universal_wheel() -> Built:
    needed = ("@loader_path/.dylibs/libz.dylib",)
    files = {
        DARWIN: fat(bundle("x86_64", needed=needed), bundle("arm64", needed=needed)),
        "sample/.dylibs/libz.dylib": MachO(kind=6, name="@rpath/libz.dylib").build(),
    }
    return wheel("cp311-cp311-macosx_11_0_universal2", files)


@bad("NB101", at=PYD, says="is built for aarch64")
def other_processor_on_windows() -> Built:
    return wheel(WINDOWS, {PYD: pyd("aarch64")})


@bad("NB101", at="sample/_a.abi3.so", says="1 more binary")
def two_of_other_processors() -> Built:
    names = ("sample/_a.abi3.so", "sample/_b.abi3.so")
    files = {name: elf("aarch64", defined=(f"PyInit_{name[7:9]}",)) for name in names}
    return wheel(STABLE, files)


@bad("NB101", at="sample-1.0.data/platlib/_core.abi3.so")
def other_processor_in_the_data_folder() -> Built:
    return wheel(STABLE, {"sample-1.0.data/platlib/_core.abi3.so": elf("aarch64")})


@bad("NB101", at="sample/libsample.so", says="needs x86_64, and no file in the wheel is built for that")
def library_of_ctypes_for_another_processor() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {"sample/libsample.so": elf("aarch64", defined=())})


@bad("NB101", at="sample/launchers/arm64.exe", severity="info")
def launchers_for_other_processors() -> Built:
    files = {
        PYD: pyd(),
        "sample/launchers/arm64.exe": Pe("aarch64", library=False).build(),
        "sample/launchers/x64.exe": Pe(library=False).build(),
    }
    return wheel(WINDOWS, files)


# NB102


@bad("NB102", at=DARWIN, says="in the format ELF")
def linux_in_macos() -> Built:
    return wheel(MACOS, {DARWIN: elf("aarch64")})


@bad(
    "NB102",
    at="sample/_core.so",
    says="in the format Mach-O, but the platform 'manylinux_2_17_x86_64' needs ELF",
)
def macos_in_linux() -> Built:
    return wheel(LINUX, {"sample/_core.so": bundle("x86_64").build()})


@bad("NB102", at="sample/_core.pyd", says="'manylinux_2_17_x86_64' needs ELF")
def windows_in_linux() -> Built:
    return wheel(LINUX, {"sample/_core.pyd": pyd()})


@bad("NB102", at="sample/libsample.so", says="needs Mach-O, and no file in the wheel has that format")
def library_of_ctypes_for_another_system() -> Built:
    return wheel("py3-none-macosx_11_0_arm64", {"sample/libsample.so": elf("aarch64", defined=())})


@bad("NB102", at=SO, says="linked with musl")
def musl_in_manylinux() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libc.so",), versions={})})


@bad("NB102", at="sample/_core.pyd", severity="info")
def left_over_beside_the_right_one() -> Built:
    return wheel(LINUX, {SO: elf(), "sample/_core.pyd": pyd()})


@good("NB102", "NB103")
def launchers_in_a_wheel_for_any() -> Built:
    made = Wheel()
    for name, architecture in (("t32.exe", "i686"), ("t64.exe", "x86_64"), ("t64-arm.exe", "aarch64")):
        made.files[f"sample/{name}"] = Pe(architecture, library=False).build()
    return made.build()


@good("NB101", "NB102")
def assemblies_beside_an_extension_module() -> Built:
    return wheel(LINUX, {SO: elf(), "sample/lib/Sample.dll": Pe("i686", managed=True).build()})


@good("NB101", "NB102")
def code_for_others_in_tests() -> Built:
    files = {SO: elf(), "sample/tests/data/a.so": elf("aarch64"), "sample/tests/data/a.dll": pyd()}
    return wheel(LINUX, files)


# NB103


@bad("NB103", at=SO, says="for Linux on x86_64")
def module_in_a_wheel_for_any() -> Built:
    made = Wheel()
    made.files[SO] = elf()
    return made.build()


@bad("NB103", at="sample/_core.pyd", says="for Windows on x86_64")
def pyd_in_a_wheel_for_any() -> Built:
    made = Wheel()
    made.files["sample/_core.pyd"] = pyd()
    return made.build()


@bad("NB103", at=PYD, severity="info", says="for several platforms")
def modules_for_all_in_a_wheel_for_any() -> Built:
    made = Wheel()
    made.files |= {SO: elf(), DARWIN: bundle().build(), PYD: pyd()}
    return made.build()


@bad("NB103", at=SO, severity="warning", says="Root-Is-Purelib")
def module_in_purelib() -> Built:
    return wheel(LINUX, {SO: elf()}, pure=True)


@good("NB103")
def library_in_a_wheel_for_any() -> Built:
    made = Wheel()
    made.files["sample/libsample.so"] = elf(defined=("sample",))
    return made.build()


# NB104


@bad("NB104", says="'manylinux_2_17_x86_64' and the ABI 'cp311'")
def nothing_native() -> Built:
    return wheel(LINUX, {})


@bad("NB104", severity="info")
def nothing_native_and_no_abi() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {})


@good("NB104")
def native_in_an_archive() -> Built:
    return wheel("py3-none-manylinux_2_17_x86_64", {"sample/runtime.zip": zip_archive({"sample.so": elf()})})


@good("NB104")
def program_alone() -> Built:
    program = Elf(kind=2, needed=("libc.so.6",), interpreter="/lib64/ld-linux-x86-64.so.2").build()
    return wheel("py3-none-manylinux_2_17_x86_64", {"sample-1.0.data/scripts/sample": program})
