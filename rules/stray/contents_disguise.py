"""Find files whose content does not fit their name."""

from __future__ import annotations

import codecs
import re

from pkgaudit.api import BinaryFile, SharedLibrary, Window
from pkgaudit.late import dataclass


def _suffixes(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Sources of Python and Cython: both reject NUL bytes.
PYTHON = frozenset({".py", ".pyi", ".pyw", ".pyx", ".pxd", ".pxi"})

_SETTINGS = frozenset({".cfg", ".ini", ".json", ".toml", ".yaml", ".yml"})
"""Suffixes of formats whose parsers all reject NUL bytes."""

_OTHER_TEXTS = _suffixes(
    """.bash .bat .c .cc .cjs .cmake .cmd .conf .cpp .css .csv .cu .cxx .f .f90 .fish .go .h .hpp .htm .html
    .ipynb .java .js .jsonl .jsx .less .markdown .md .mjs .php .pl .po .pot .properties .ps1 .r .rb .rs
    .rst .scss .sh .sql .svg .tex .tpl .ts .tsv .tsx .txt .vue .xml .xsd .xsl .zsh"""
)
"""Suffixes of other text files. ``.m``, ``.dat``, ``.bin`` and the like are not in the list, because binary
files have them too."""

TEXTS = PYTHON | _SETTINGS | _OTHER_TEXTS

_NO_PROGRAMS = TEXTS | _suffixes(
    """.3gp .7z .aac .asc .avi .avif .bmp .bz2 .crt .eot .feather .flac .gif .gz .heic .h5 .hdf5 .ico .in
    .jpeg .jpg .key .lock .log .m4a .map .mkv .mo .mov .mp3 .mp4 .mpeg .mpg .npy .npz .ogg .opus .otf .parquet
    .pdf .pem .pickle .pkl .png .psd .pth .pyc .tar .tgz .tif .tiff .ttc .ttf .typed .wav .webm .webp .wma
    .wmv .woff .woff2 .xz .zip .zst"""
)
"""Suffixes of texts, sources, images, sounds, films, fonts, archives and data, none of which is run.

Malware uses more names (https://attack.mitre.org/techniques/T1036/008/). Suffixes that programs or raw data
also have (``.bin``, ``.dat``, ``.exe``, ``.node``) are left out: a program with one of them is not
disguised."""

_TEXT_NAMES = re.compile(
    r"(?:(?:un)?licen[cs]e|copying|copyright|readme|authors|contributors|changelog"
    r"|makefile|dockerfile|pkg-info|\.git(?:ignore|attributes|keep|modules))"
)
"""Names of texts without a suffix, in lower case."""

# The words for the formats that SharedLibrary recognizes.
_PROGRAMS = {
    "elf": "an ELF program or library",
    "mach-o": "a Mach-O program or library",
    "pe": "a Windows program or library",
}

# The magic numbers in the specifications of the formats. A text that begins with one has the wrong name or
# was stored compressed, but is not damaged.
_CONTAINERS = (
    (b"\x1f\x8b\x08", "gzip data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x80\x04\x95", "a pickle"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"MZ", "a Windows program"),
    (b"\0asm", "a WebAssembly module"),
    (b"\xca\xfe\xba\xbe\0\0", "a Java class"),
    (b"dex\n", "an Android program"),
)

# Byte order marks of the encodings whose ASCII letters have NUL bytes.
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)

_HEAD = 1 << 16
"""Bytes in which the header of a program is searched: ELF and Mach-O files begin with it, and in PE files it
follows a small DOS program."""


@dataclass(frozen=True)
class Disguise:
    """The real format of a file, and whether programs that trust its name fail for sure."""

    what: str
    is_program: bool
    is_fatal: bool
    nuls: int = 0
    """How many NUL bytes a text contains."""
    line: int | None = None
    """The line of the first NUL byte."""


def find_disguise(file: BinaryFile) -> Disguise | None:
    """Return the real format of a file whose name says something else."""
    suffix = file.member.suffix
    # 32: the longest of these names has 14 characters.
    if suffix not in _NO_PROGRAMS and not _TEXT_NAMES.fullmatch(file.member.name[:32].lower()):
        return None
    if file.member.name.startswith("._"):  # macOS keeps attributes of a file in it: SF203 covers it
        return None
    data = file.data
    if not file.window.offset:
        head = Window(data[:_HEAD]).view(SharedLibrary, file.member)
        if head is not None:
            return Disguise(_PROGRAMS[head.format], True, True)
    if suffix not in TEXTS or b"\0" not in data or _is_wide(data) or _is_video(data, suffix):
        return None
    is_fatal = suffix in PYTHON or suffix in _SETTINGS
    container = next((name for magic, name in _CONTAINERS if data.startswith(magic)), None)
    if container is not None and not file.window.offset:
        return Disguise(container, False, suffix in PYTHON)
    if not data.strip(b"\0"):
        return Disguise("a file of NUL bytes only", False, is_fatal)
    count = data.count(b"\0")
    line = data.count(b"\n", 0, data.find(b"\0")) + file.window.first_line
    what = f"a text with NUL bytes ({count:,}, the first in line {line:,})"
    return Disguise(what, False, is_fatal, count, line)


def _is_video(data: bytes, suffix: str) -> bool:
    """Return whether a ``.ts`` is not TypeScript but an MPEG transport stream, in packets of 188 bytes."""
    # Each packet begins with the sync byte 0x47 (G): ISO/IEC 13818-1.
    return suffix == ".ts" and data[:1] == data[188:189] == b"G"


def _is_wide(data: bytes) -> bool:
    """Return whether the NUL bytes are those of UTF-16 or UTF-32, with or without a byte order mark."""
    if data.startswith(_BOMS):
        return True
    # Of each four bytes, NUL is mostly at the odd or the even positions in UTF-16 and at three in UTF-32. The
    # shares are chosen: 0.4 allows for letters beyond Latin-1, 0.05 for a few NUL bytes that got in by
    # mistake.
    sample = data[: 1 << 14]  # enough to estimate the shares
    sample = sample[: len(sample) // 4 * 4] or sample
    nuls = [sample[at::4].count(0) / max(len(sample[at::4]), 1) for at in range(4)]
    even, odd = (nuls[0] + nuls[2]) / 2, (nuls[1] + nuls[3]) / 2
    if max(even, odd) > 0.4 and min(even, odd) < 0.05:
        return True
    return sum(share > 0.9 for share in nuls) == 3 or (nuls[0] > 0.9 and nuls[1] > 0.9 and nuls[3] < 0.05)
