"""Find compiled code in an sdist."""

from __future__ import annotations

from collections.abc import Mapping

from pkgaudit.api import BinaryFile, Sdist, SharedLibrary
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.test_folders import is_test_folder


@dataclass(frozen=True)
class Prebuilt:
    """A file with compiled code, and its ``kind`` as a noun phrase of a message."""

    kind: str


_FORMATS = {"elf": "an ELF binary", "mach-o": "a Mach-O binary", "pe": "a Windows binary"}
"""The formats of native code as messages name them."""

_JAVA = 45
"""The lowest version of a Java class file; a smaller number is the architecture count of a universal binary.

Both begin with CAFEBABE. Java 1.0 has 45: https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html
"""

_LAUNCHER = lazy(r"(?:[tw](?:32|64)?(?:[-_]arm(?:64)?)?|(?:cli|gui)(?:-32|-64|-arm64|-arm-32)?)\.exe")
"""Windows launchers that packaging tools bundle and copy beside scripts."""

# Other rules cover these files: SF206 object files and static libraries, SF104 bytecode, SF106 nested
# packages.
_ARCHIVES = lazy(r".*\.(?:a|o|obj|lib|pyc|pyo|whl|egg)")


def nature(file: BinaryFile) -> Prebuilt | None:
    """Return the kind of compiled code in a file, or None."""
    head = file.data[:8]
    member = file.member
    if file.window.offset or _ARCHIVES.fullmatch(member.name.lower()):
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
"""The beginnings of Mach-O files in both byte orders, and universal ones; the fourth byte shows the bits."""

# Folders in which a binary is an input of tests, benchmarks or fuzzing, or is displayed.
_DATA = lazy(
    r"bench(?:mark)?s?|examples?|samples|docs?|documentation|demos?|corpus|corpora|fuzz\w*|data|assets"
)


def _is_asked_for(name: str, manifest: str) -> bool:
    """Return whether MANIFEST.in names a file or its suffix, so it is packed on purpose."""
    # More lines than in real files; it bounds the time on hostile input.
    words = {word for line in manifest.splitlines()[:1000] if "include" in line for word in line.split()[1:]}
    suffix = name.rpartition(".")[2]
    return f"*.{suffix}" in words or any(word.rpartition("/")[2] == name for word in words)


# The files in which setuptools reads package data.
_PACKAGE_DATA = ("pyproject.toml", "setup.cfg", "setup.py")
"""Where setuptools reads package_data.

https://setuptools.pypa.io/en/latest/userguide/datafiles.html
"""


def is_package_data(sdist: Sdist, path: str) -> bool:
    """Return whether settings name a file or its suffix as package data, so a build needs it."""
    name = path.rpartition("/")[2]
    words = (name.encode("utf-8", "replace"), b"*." + name.rpartition(".")[2].encode("utf-8", "replace"))
    for each in _PACKAGE_DATA:
        settings = sdist.in_root(each)
        text = sdist.kept[settings][:100_000] if settings else b""  # bytes: more than in real files
        if (b"package_data" in text or b"package-data" in text) and any(word in text for word in words):
            return True
    return False


_EXTENSION = lazy(r"(?!lib)\w+(?:\.(?:abi3|cp|pypy|graalpy)[\w.-]{0,100})?\.(?:so|pyd)")
"""A name of an extension module, which builds compile. They may only pack programs and other libraries."""


def is_extension(path: str) -> bool:
    """Return whether a file has the name of an extension module."""
    return _EXTENSION.fullmatch(path.rpartition("/")[2][:300]) is not None  # no real name is longer


def is_in_package(sdist: Sdist, path: str) -> bool:
    """Return whether a file is in an import package, so the wheel lacks it if the sdist does."""
    folder = path.rpartition("/")[0]
    while folder:
        if f"{folder}/__init__.py" in sdist.by_path:
            return True
        folder = folder.rpartition("/")[0]
    return False


def verdicts(sdist: Sdist, binaries: Mapping[str, Prebuilt]) -> list[tuple[str, str]]:
    """Return the paths to report and their kinds, in archive order."""
    found = []
    path = sdist.in_root("MANIFEST.in")
    # Bytes: more than in real files.
    manifest = sdist.kept[path][:100_000].decode("utf-8", "replace") if path else ""
    for entry in sdist.entries:
        binary = binaries.get(entry.path)
        if binary is None:
            continue
        *folders, name = entry.path.split("/")
        if _LAUNCHER.fullmatch(name.lower()) or _is_asked_for(name, manifest):
            continue
        # None of these names has more than 100 characters; the bound is for hostile names.
        if any(is_test_folder(each) or _DATA.fullmatch(each[:100].lower()) for each in folders[1:]):
            continue
        found.append((entry.path, binary.kind))
    return found
