"""The libraries and symbol versions that systems always have: manylinux and musllinux policies, Windows.

Specification: https://peps.python.org/pep-0600/ and https://peps.python.org/pep-0656/
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pkgaudit.late import lazy
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.native.header import Image
from pkgaudit.rules.native.tags import Platform

_NUMBERS = lazy(r"\d{1,5}(?:\.\d{1,5}){0,4}")
_POLICY = lazy(r"(manylinux|musllinux)_(\d+)_(\d+)")

# The names of the dynamic loader on all architectures, and libraries that the kernel maps: every system has
# them.
_LOADER = lazy(r"ld-linux.*|ld64?\.so\..*|ld-musl-.*|linux-(?:vdso|gate).*")
_MUSL = lazy(r"libc\.so|libc\.musl-\w+\.so\.1")

# API sets of Windows, the library of Python, and the runtimes of Visual C++, which Python or most other
# programs install.
_OF_WINDOWS = lazy(
    r"(?:api|ext)-ms-.*|python\d*t?(?:_d)?\.dll|python3\d*t?(?:_d)?\.dll|libpypy[\w.-]*\.dll"
    r"|(?:vcruntime|msvcp|msvcr|concrt|vccorlib|vcomp|vcamp|mfcm?)\d[\w]*\.dll|ucrtbase\.dll"
)
# Not to be redistributed:
# https://learn.microsoft.com/cpp/windows/determining-which-dlls-to-redistribute
_DEBUG_RUNTIME = lazy(
    r"(?:vcruntime|msvcp|msvcr|concrt|vccorlib|vcomp)\d[\d_]*d\.dll|ucrtbased\.dll|python\d*t?_d\.dll"
)

HOST = lazy(
    r"(?:lib)?(?:cuda|cudadebugger|nvcuda|nvidia-.*|nvcuvid|nvoptix|nvml|opencl|vulkan(?:-1)?|gl|glx|glu|egl|opengl|gles.*"
    r"|gldispatch|gbm|drm.*|va(?:-.*)?|vdpau|xcb.*|x[a-z0-9]{1,12}|xkbcommon.*|wayland-.*|dbus-1|asound|pulse.*|jack"
    r"|pipewire.*|fontconfig|freetype|gtk.*|gdk.*|gio-2\.0|gmodule-2\.0|pango.*|cairo.*|atk.*|atspi|udev|systemd|cups.*"
    r"|input|mtdev|usb-1\.0|pcsclite|ibverbs|rdmacm|mlx\d|fabric|hsa-runtime.*|amdhip.*|rocm.*|ze_loader|nss3|nssutil3"
    r"|nspr4|smime3|speechd|tcl\d.*|tk\d.*|r|rblas|rlapack|jvm|jli|selinux|pam|bluetooth|odbc(?:inst)?(?:32)?|clntsh|oci|mpi(?:_.*|cxx|fort)?)(?:\.so.*|\.dll|\.dylib)"
)
"""Libraries, in lower case, that nobody packs: of drivers, of the desktop, of programs that embed Python."""


@cache
def _policies() -> dict[str, list[tuple[tuple[int, int], frozenset[str], dict[str, dict[str, str]]]]]:
    found: dict[str, list[tuple[tuple[int, int], frozenset[str], dict[str, dict[str, str]]]]] = {}
    for name, policy in load("manylinux").values.items():
        if match := _POLICY.fullmatch(name):
            version = int(match[2]), int(match[3])
            libraries = frozenset(policy["libraries"].split())
            found.setdefault(match[1], []).append((version, libraries, policy["symbols"]))
    return {family: sorted(each, key=lambda entry: entry[0]) for family, each in found.items()}


def policies_date() -> str:
    """Return the date of the policies."""
    return load("manylinux").date


def is_of_linux(library: str, platforms: Iterable[Platform]) -> bool:
    """Return whether all of these platforms have a library."""
    return all(_is_allowed(library, each) for each in platforms)


def _is_allowed(library: str, platform: Platform) -> bool:
    if _LOADER.fullmatch(library):
        return True
    if platform.libc == "musl":
        return bool(_MUSL.fullmatch(library)) or any(library in each[1] for each in _policies()["musllinux"])
    known = _policies()["manylinux"]
    fitting = [each for each in known if platform.version is None or each[0] >= platform.version]
    # A glibc between two policies has the libraries of the next one, a newer glibc those of the last one.
    return library in (fitting[0] if fitting else known[-1])[1]


def too_new(image: Image, platform: Platform, bundled: Iterable[str]) -> list[tuple[str, str]]:
    """Return the needed symbol versions, each with its library, that a platform may lack.

    ``bundled`` are the names, in lower case, of the libraries in the wheel.
    """
    if platform.version is None:
        return []
    own = frozenset(bundled)
    needed = [
        (name, library) for library, names in image.versions if library.lower() not in own for name in names
    ]
    return [
        (name, library)
        for name, library in needed
        if not _holds(name, _limits(platform.version, image.architecture), platform.version)
    ]


def _limits(version: tuple[int, int], architecture: str) -> dict[str, str]:
    for known, _, symbols in _policies()["manylinux"]:
        if known >= version and architecture in symbols:
            return symbols[architecture]
    return {}


def _holds(name: str, limits: dict[str, str], glibc: tuple[int, int]) -> bool:
    series, _, version = name.partition("_")
    if series == "GLIBC" and _NUMBERS.fullmatch(version):
        numbers = _numbers(version)
        allowed = [_numbers(each) for each in limits.get(series, "").split() if _NUMBERS.fullmatch(each)]
        is_exact = any(glibc == known for known, _, _ in _policies()["manylinux"])
        # A policy may allow more than its number, for example that of aarch64.
        return numbers <= glibc or bool(is_exact and allowed and numbers <= max(allowed))
    if series not in limits:
        return True
    allowed_names = limits[series].split()
    if version in allowed_names:
        return True
    if not _NUMBERS.fullmatch(version):
        # The series GLIBC_ABI_… grows, so a name that no policy has is newer than the data.
        return series == "GLIBC" and not _is_known(name)
    allowed = [_numbers(each) for each in allowed_names if _NUMBERS.fullmatch(each)]
    return bool(allowed) and _numbers(version) <= max(allowed)


def _is_known(name: str) -> bool:
    series, _, version = name.partition("_")
    return version == "PRIVATE" or any(
        version in limits.get(series, "").split()
        for _, _, symbols in _policies()["manylinux"]
        for limits in symbols.values()
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def lowest(image: Image, bundled: Iterable[str]) -> tuple[int, int] | None:
    """Return the lowest glibc whose policy allows the needs of an image, None if no known policy does."""
    own = frozenset(bundled)
    for version, _, symbols in _policies()["manylinux"]:
        platform = Platform("", "linux", frozenset(), "glibc", version)
        if image.architecture in symbols and not too_new(image, platform, own):
            return version
    return None


def by_version(name: str) -> tuple[str, tuple[int, ...]]:
    """Return the sort key of a symbol version: its series and its number."""
    series, _, version = name.partition("_")
    return series, _numbers(version) if _NUMBERS.fullmatch(version) else ()


@cache
def _windows() -> frozenset[str]:
    names = {name for line in load("windows").values.values() for name in line.split()}
    return frozenset(
        name if name.endswith((".drv", ".ocx", ".cpl", ".exe", ".ax")) else f"{name}.dll" for name in names
    )


def is_of_windows(library: str) -> bool:
    """Return whether a library comes with Windows, with Python or with the runtime of the compiler."""
    name = library.lower()
    if _OF_WINDOWS.fullmatch(name) and not is_debug_runtime(name):
        return True
    return name in _windows() or ("." not in name and f"{name}.dll" in _windows())


def is_debug_runtime(library: str) -> bool:
    """Return whether a library is part of the debug runtime, which must not be redistributed."""
    return _DEBUG_RUNTIME.fullmatch(library.lower()) is not None


def is_of_host(library: str) -> bool:
    """Return whether a library always comes from the user's system."""
    return HOST.fullmatch(library.lower()) is not None
