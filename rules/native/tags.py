"""The promises of a wheel's tags: binary format, architectures, C library, macOS version, Pythons.

Specification: https://packaging.python.org/specifications/platform-compatibility-tags/
"""

from __future__ import annotations

import re

from pkgaudit.late import dataclass
from pkgaudit.rules._shared.wheel_tags import WheelTags

FORMATS = {"linux": "elf", "android": "elf", "macos": "mach-o", "ios": "mach-o", "windows": "pe"}
"""The format of binaries by system."""

# The usual spelling of formats.
FORMAT_NAMES = {"elf": "ELF", "mach-o": "Mach-O", "pe": "PE"}
# The vendors' spelling of systems.
SYSTEM_NAMES = {
    "linux": "Linux",
    "android": "Android",
    "macos": "macOS",
    "ios": "iOS",
    "windows": "Windows",
}

# PEP 513, 571, 599 and 600 (manylinux), PEP 656 (musllinux).
_LINUX = re.compile(
    r"(?P<family>linux|manylinux(?:1|2010|2014|_(?P<a>\d{1,3})_(?P<b>\d{1,3}))|musllinux_\d+_\d+)_(?P<machine>\w+)"
)
# The oldest glibc of the tags without its version; PEP 600 defines them.
_OLD = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_MACOS = re.compile(r"macosx_(?P<a>\d{1,3})_(?P<b>\d{1,3})_(?P<machine>\w+)")
# PEP 730.
_IOS = re.compile(r"ios_\d+_\d+_(?P<machine>arm64|x86_64)_(?P<sdk>iphoneos|iphonesimulator)")
_ANDROID = re.compile(r"android_\d+_(?P<machine>\w+)")
# The values of sysconfig.get_platform() on Windows, with an underscore.
_WINDOWS = {
    "win32": "i686",
    "win_amd64": "x86_64",
    "win_arm64": "aarch64",
    "win_arm32": "arm",
    "win_ia64": "ia64",
}

# Machines whose binaries have the header of another machine: 64-bit processors in 32-bit mode (armv8l), and
# older models.
_SAME = {"armv6l": "armv7l", "armv8l": "armv7l", "i386": "i686", "i486": "i686", "i586": "i686"}
# The architectures of universal binaries, by their distutils names.
_FAT = {
    "universal2": ("x86_64", "aarch64"),
    "intel": ("i686", "x86_64"),
    "fat": ("i686", "ppc"),
    "fat3": ("i686", "ppc", "x86_64"),
    "fat64": ("x86_64", "ppc64"),
    "universal": ("i686", "ppc", "x86_64", "ppc64"),
}
_APPLE = {"arm64": "aarch64", "i386": "i686"}
# PEP 738: the ABIs of Android's NDK.
_ANDROIDS = {"arm64_v8a": "aarch64", "armeabi_v7a": "armv7l", "x86": "i686", "x86_64": "x86_64"}


@dataclass(frozen=True)
class Platform:
    """A platform tag: its system, its architectures, and its oldest glibc or macOS."""

    tag: str
    system: str
    architectures: frozenset[str]
    libc: str = ""
    version: tuple[int, int] | None = None

    @property
    def format(self) -> str:
        """The format of its binaries."""
        return FORMATS[self.system]


def platform_of(tag: str) -> Platform | None:
    """Return the platform of a tag, None for ``any`` and for an unknown tag."""
    if match := _LINUX.fullmatch(tag):
        machine = frozenset((_SAME.get(match["machine"], match["machine"]),))
        family = match["family"]
        if family.startswith("manylinux"):
            version = _OLD.get(family) or (int(match["a"]), int(match["b"]))
            return Platform(tag, "linux", machine, "glibc", version)
        return Platform(tag, "linux", machine, "musl" if family.startswith("musl") else "")
    if match := _MACOS.fullmatch(tag):
        name = match["machine"]
        machines = frozenset(_FAT.get(name, (_APPLE.get(name, name),)))
        return Platform(tag, "macos", machines, version=(int(match["a"]), int(match["b"])))
    if match := _IOS.fullmatch(tag):
        return Platform(tag, "ios", frozenset((_APPLE.get(match["machine"], match["machine"]),)))
    if (match := _ANDROID.fullmatch(tag)) and match["machine"] in _ANDROIDS:
        return Platform(tag, "android", frozenset((_ANDROIDS[match["machine"]],)))
    if tag in _WINDOWS:
        return Platform(tag, "windows", frozenset((_WINDOWS[tag],)))
    return None


@dataclass(frozen=True)
class Claim:
    """A Python that the tags promise: one version, or, if ``open``, that version and all later ones."""

    implementation: str
    version: tuple[int, ...]
    flags: str = ""
    open: bool = False

    def admits(self, suffix: Suffix) -> bool:
        """Return whether a promised Python may import a module with a suffix."""
        if suffix.implementation in ("", "abi3"):
            return True
        if self.implementation and suffix.implementation != self.implementation:
            return False
        if self.open:
            return not self.version or suffix.version >= self.version
        return suffix.version == self.version and suffix.flags == self.flags

    def __str__(self) -> str:
        name = {"cp": "CPython", "pp": "PyPy", "gp": "GraalPy"}.get(self.implementation, "Python")
        text = f"{name} {'.'.join(map(str, self.version))}" if self.version else name
        kinds = {"t": "free-threaded ", "d": "debug "}
        prefix = "".join(kinds.get(flag, "") for flag in self.flags)
        return f"{prefix}{text}{' and later' if self.open and self.version else ''}"


# Generic, CPython, PyPy, GraalPy; Jython and IronPython have no extension modules.
_PYTHON = re.compile(r"(py|cp|pp|graalpy)(\d)(\d*)")
_CPYTHON_ABI = re.compile(r"cp(\d)(\d+)([a-z]*)")
_PYPY_ABI = re.compile(r"pypy(\d)(\d+)_pp\d+")
_PLAIN_FLAGS = str.maketrans("", "", "mu")
"""Obsolete flags: pymalloc and wide characters."""


def is_known_python(tag: str) -> bool:
    """Return whether a Python tag is that of an interpreter with extension modules, or of all."""
    return _PYTHON.fullmatch(tag) is not None


def claims_of(tags: WheelTags) -> frozenset[Claim]:
    """Return the Pythons that a wheel's tags promise, without impossible combinations of tags."""
    found = set()
    for python in tags.pythons:
        match = _PYTHON.fullmatch(python)
        if match is None:
            continue
        name, major, minor = match.groups()
        version = (int(major), int(minor)) if minor else ()
        for abi in tags.abis:
            if (exact := _CPYTHON_ABI.fullmatch(abi)) and name == "cp":
                if version == (int(exact[1]), int(exact[2])):
                    found.add(Claim("cp", version, exact[3].translate(_PLAIN_FLAGS)))
            elif (exact := _PYPY_ABI.fullmatch(abi)) and name == "pp":
                if version == (int(exact[1]), int(exact[2])):
                    found.add(Claim("pp", version))
            elif abi in ("abi3", "abi3t") and name == "cp":
                found.add(Claim("cp", version, open=True))
            elif abi == "none":
                implementation = "" if name == "py" else {"graalpy": "gp"}.get(name, name)
                # The tag cp311-none is only for that version; py311-none and cp3-none are for later ones too.
                found.add(Claim(implementation, version, open=name == "py" or not version))
            elif name == "graalpy":
                found.add(Claim("gp", version))
    return frozenset(found)


@dataclass(frozen=True)
class Suffix:
    """The filename suffix by which an interpreter recognizes an extension module.

    ``implementation`` is empty for a suffix that every interpreter accepts, and abi3 for the stable ABI.
    ``machine`` and ``system`` are the platform in the suffix, empty if it has none.
    """

    text: str
    implementation: str = ""
    version: tuple[int, ...] = ()
    flags: str = ""
    system: str = ""
    machine: str = ""
    libc: str = ""

    @property
    def python(self) -> str:
        """The Python tag of the interpreter."""
        name = "graalpy" if self.implementation == "gp" else self.implementation
        return f"{name}{''.join(map(str, self.version))}"


_CPYTHON = re.compile(r"\.cpython-(\d)(\d+)([a-z]*)(?:-([\w.-]+))?\.so")
_PYPY = re.compile(r"\.pypy(\d)(\d*)-pp\d+(?:-([\w-]+))?\.(?:so|pyd)")
# The ABI tag of GraalPy, as in `.graalpy242-311-native-x86_64-linux.so`.
_GRAALPY = re.compile(r"\.graalpy[\d]*-(\d)(\d+)-native-[\w-]+\.(?:so|pyd|dylib)")
_WIN = re.compile(r"\.cp(\d)(\d+)([a-z]*)-(win32|win_\w+)\.pyd")
# Machines as the triples of the GNU tools spell them.
_TRIPLES = {
    "i386": "i686",
    "powerpc64le": "ppc64le",
    "powerpc64": "ppc64",
    "powerpc": "ppc",
    "arm": "armv7l",
    "arm64": "aarch64",
}


def suffix_of(name: str) -> Suffix | None:
    """Return the suffix of an extension module's filename, None if the filename is not that of a module."""
    stem, dot, rest = name.partition(".")
    # Filenames have at most 255 bytes; the limit bounds the time of the expressions.
    if not dot or not stem or len(name) > 255:
        return None
    text = f".{rest}"
    if rest in ("so", "pyd"):
        return Suffix(text)
    if rest in ("abi3.so", "abi3t.so"):
        return Suffix(text, "abi3")
    if match := _CPYTHON.fullmatch(text):
        version = (int(match[1]), int(match[2]))
        return Suffix(text, "cp", version, match[3].translate(_PLAIN_FLAGS), *_platform(match[4] or ""))
    if match := _WIN.fullmatch(text):
        version = (int(match[1]), int(match[2]))
        return Suffix(text, "cp", version, match[3], "windows", _WINDOWS.get(match[4], ""))
    if match := _PYPY.fullmatch(text):
        return Suffix(text, "pp", (int(match[1]), int(match[2])) if match[2] else ())
    if match := _GRAALPY.fullmatch(text):
        return Suffix(text, "gp", (int(match[1]), int(match[2])))
    return None


def _platform(triple: str) -> tuple[str, str, str]:
    """Return the system, the architecture and the C library in the platform part of a suffix."""
    if triple == "darwin":
        return "macos", "", ""
    machine, _, rest = triple.partition("-")
    machine = _TRIPLES.get(machine, _SAME.get(machine, machine))
    if rest.startswith("linux-android"):
        return "android", machine, ""
    if rest.startswith("linux-musl"):
        return "linux", machine, "musl"
    if rest.startswith("linux-gnu"):
        return "linux", "x32" if rest == "linux-gnux32" else machine, "glibc"
    if rest.startswith(("iphoneos", "iphonesimulator")) or triple.startswith(("iphone",)):
        return "ios", machine if rest else "", ""
    return "", "", ""
