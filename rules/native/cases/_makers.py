"""Binaries and wheels from which the cases of NB are made."""

from __future__ import annotations

from typing import Any

from fixtures.binaries import Elf, MachO, Pe
from fixtures.builders import Built, Wheel, wheel_file

LINUX = "cp311-cp311-manylinux_2_17_x86_64"
MACOS = "cp311-cp311-macosx_11_0_arm64"
WINDOWS = "cp311-cp311-win_amd64"
STABLE = "cp310-abi3-manylinux_2_17_x86_64"

SO = "sample/_core.cpython-311-x86_64-linux-gnu.so"
MUSL = "sample/_core.cpython-311-x86_64-linux-musl.so"
DARWIN = "sample/_core.cpython-311-darwin.so"
PYD = "sample/_core.cp311-win_amd64.pyd"
ABI3 = "sample/_core.abi3.so"

INIT = "PyInit__core"


def wheel(tag: str, files: dict[str, bytes], *, pure: bool = False, requires: tuple[str, ...] = ()) -> Built:
    """Return the sample wheel with a tag and further files."""
    made = Wheel(tag=tag, wheel=wheel_file(tag, pure=pure))
    made.files |= files
    if requires and made.metadata:
        made.metadata.set("Requires-Dist", *requires)
    return made.build()


def elf(architecture: str = "x86_64", **more: Any) -> bytes:
    """Return an extension module for Linux."""
    values: dict[str, Any] = {
        "needed": ("libc.so.6",),
        "versions": {"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.14"]},
        "undefined": ("PyLong_FromLong",),
        "defined": (INIT,),
        "wide": architecture not in ("i686", "armv7l"),
        "big": architecture == "s390x",
    }
    return Elf(architecture, **{**values, **more}).build()


def musl(**more: Any) -> bytes:
    """Return an extension module for Linux with musl."""
    return elf(**{"needed": ("libc.musl-x86_64.so.1",), "versions": {}, **more})


def bundle(cpu: str = "arm64", **more: Any) -> MachO:
    """Return an extension module for macOS, not built yet."""
    values: dict[str, Any] = {"undefined": ("PyLong_FromLong",), "defined": (INIT,)}
    return MachO(cpu, **{**values, **more})


def pyd(architecture: str = "x86_64", python: str = "python311.dll", **more: Any) -> bytes:
    """Return an extension module for Windows."""
    values: dict[str, Any] = {
        "needed": ("KERNEL32.dll", "VCRUNTIME140.dll", "api-ms-win-crt-runtime-l1-1-0.dll"),
        "imports": {python: ["PyLong_FromLong"]},
        "defined": (INIT,),
    }
    return Pe(architecture, **{**values, **more}).build()
