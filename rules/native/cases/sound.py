"""Wheels on which no rule of NB may fire."""

from __future__ import annotations

from fixtures.binaries import fat
from fixtures.builders import Built
from fixtures.cases import good
from pkgaudit.rules.native.cases._makers import (
    ABI3,
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

# Good wheels of each kind, on which no rule of the family may fire.


@good("NB101", "NB102", "NB105", "NB106", "NB107", "NB108", "NB112", "NB113")
def for_linux() -> Built:
    return wheel(LINUX, {SO: elf()})


@good("NB101", "NB102", "NB108", "NB110")
def for_macos() -> Built:
    return wheel(MACOS, {DARWIN: bundle().build()})


@good("NB101", "NB102", "NB106", "NB108")
def for_windows() -> Built:
    return wheel(WINDOWS, {PYD: pyd()})


@good("NB101", "NB110")
def for_both_architectures() -> Built:
    files = {DARWIN: fat(bundle("x86_64", minimum=(10, 9)), bundle("arm64"))}
    return wheel("cp311-cp311-macosx_10_9_universal2", files)


@good("NB101")
def for_fewer_architectures_than_it_has() -> Built:
    return wheel(MACOS, {DARWIN: fat(bundle("x86_64"), bundle("arm64"), wide=True)})


@good("NB109")
def for_the_stable_abi() -> Built:
    return wheel(STABLE, {ABI3: elf(undefined=("PyLong_FromLong", "_Py_Dealloc", "Py_XDECREF"))})


@good("NB109")
def for_the_stable_abi_on_windows() -> Built:
    return wheel("cp310-abi3-win_amd64", {"sample/_core.pyd": pyd(python="python3.dll")})


@good("NB101", "NB105", "NB106")
def for_musl() -> Built:
    files = {
        "sample/_core.cpython-311-aarch64-linux-musl.so": elf(
            "aarch64", needed=("libc.musl-aarch64.so.1", "libz.so.1"), versions={}
        )
    }
    return wheel("cp311-cp311-musllinux_1_2_aarch64", files)


@good("NB101", "NB105")
def for_other_processors() -> Built:
    files = {"sample/_core.cpython-311-s390x-linux-gnu.so": elf("s390x")}
    return wheel("cp311-cp311-manylinux_2_17_s390x.manylinux2014_s390x", files)
