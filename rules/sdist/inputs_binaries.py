"""Compiled code in an sdist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pkgaudit.api import BinaryFile, Sdist, SharedLibrary
from pkgaudit.rules._shared.test_folders import is_test_folder


@dataclass(frozen=True)
class Prebuilt:
    """A file that is compiled code: what it is, as a message says it."""

    what: str


_FORMATS = {"elf": "an ELF binary", "mach-o": "a Mach-O binary", "pe": "a Windows binary"}
"""How a message calls the formats of native code."""

_JAVA = 45
"""The lowest version of a Java class file; less is the number of architectures of a universal binary.

Both begin with CAFEBABE. 45 is that of Java 1.0: https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html
"""

_LAUNCHER = re.compile(r"(?:[tw](?:32|64)?(?:[-_]arm(?:64)?)?|(?:cli|gui)(?:-32|-64|-arm64|-arm-32)?)\.exe")
"""Launchers of Windows as packaging tools bundle them: they are copied beside scripts."""

# Files that other rules cover: object files and static libraries SF206, bytecode SF104, packages inside
# SF106.
_ARCHIVES = re.compile(r".*\.(?:a|o|obj|lib|pyc|pyo|whl|egg)")


def nature(file: BinaryFile) -> Prebuilt | None:
    """Return what compiled code a file is, None if it is none."""
    head = file.data[:8]
    member = file.member
    if file.window.offset or member.is_nested or _ARCHIVES.fullmatch(member.name.lower()):
        return None
    if head[:4] == b"\xca\xfe\xba\xbe" and int.from_bytes(head[4:8], "big") >= _JAVA:
        return Prebuilt("a Java class")
    if head[:4] == b"PK\3\4" and member.suffix in (".jar", ".war", ".aar"):
        return Prebuilt("a Java archive")
    if head[:4] != b"\x7fELF" and head[:2] != b"MZ" and head[:3] not in _MACH_O:
        return None
    library = file.window.view(SharedLibrary, member)
    return Prebuilt(_FORMATS[library.format]) if library is not None else None


_MACH_O = (b"\xfe\xed\xfa", b"\xce\xfa\xed", b"\xcf\xfa\xed", b"\xca\xfe\xba")
"""How Mach-O files begin: of both byte orders, and universal ones; the fourth byte tells 32 from 64 bits."""

# Folders in which a binary is an input of tests, benchmarks or fuzzing, or is shown, rather than left behind.
_DATA = re.compile(
    r"bench(?:mark)?s?|examples?|samples|docs?|documentation|demos?|corpus|corpora|fuzz\w*|data|assets"
)


def _is_asked_for(name: str, manifest: str) -> bool:
    """Return whether MANIFEST.in names a file or its suffix, so that it is packed on purpose."""
    # More lines than real ones have; it bounds the time on hostile input.
    words = {word for line in manifest.splitlines()[:1000] if "include" in line for word in line.split()[1:]}
    suffix = name.rpartition(".")[2]
    return f"*.{suffix}" in words or any(word.rpartition("/")[2] == name for word in words)


_PACKAGE_DATA = ("pyproject.toml", "setup.cfg", "setup.py")
"""Where setuptools reads package_data.

https://setuptools.pypa.io/en/latest/userguide/datafiles.html
"""


def is_package_data(sdist: Sdist, path: str) -> bool:
    """Return whether settings name a file or its suffix as data of a package, so that a build wants it."""
    name = path.rpartition("/")[2]
    words = (name.encode("utf-8", "replace"), b"*." + name.rpartition(".")[2].encode("utf-8", "replace"))
    for each in _PACKAGE_DATA:
        settings = sdist.in_root(each)
        text = sdist.kept[settings][:100_000] if settings else b""  # bytes: more than real ones have
        if (b"package_data" in text or b"package-data" in text) and any(word in text for word in words):
            return True
    return False


def verdicts(sdist: Sdist, binaries: Mapping[str, Prebuilt]) -> list[tuple[str, str]]:
    """Return the paths that count with what they are, in archive order."""
    found = []
    path = sdist.in_root("MANIFEST.in")
    # Bytes: more than real ones have.
    manifest = sdist.kept[path][:100_000].decode("utf-8", "replace") if path else ""
    for entry in sdist.entries:
        binary = binaries.get(entry.path)
        if binary is None:
            continue
        *folders, name = entry.path.split("/")
        if _LAUNCHER.fullmatch(name.lower()) or _is_asked_for(name, manifest):
            continue
        # A name of more than 100 characters is none of these; the bound is for hostile ones.
        if any(is_test_folder(each) or _DATA.fullmatch(each[:100].lower()) for each in folders[1:]):
            continue
        found.append((entry.path, binary.what))
    return found
