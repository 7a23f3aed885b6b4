"""RECORD as a table: its rows with their lines, or what keeps it from being read.

Specification: https://packaging.python.org/specifications/recording-installed-packages/#the-record-file
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import posixpath
import re
from dataclasses import dataclass, field
from functools import lru_cache

WEAK = frozenset({"md2", "md4", "md5", "sha", "sha1", "sha224", "ripemd160", "crc32", "adler32"})
"""Hashes that the wheel specification forbids, or that it would."""

STRONG = frozenset(
    {"sha384", "sha512", "sha512_256", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"}
)
"""Hashes as good as sha256 which Python's ``hashlib`` knows."""

MOST_ROWS = 1_000_000
"""Lines of a RECORD that is read. No archive has as many files, and a small file can have many more lines."""

_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its three fields as written, the line that it starts in, and how many fields there are.

    ``path`` has forward slashes only, since the specification lets Windows write either.
    """

    path: str
    hash: str
    size: str
    line: int
    fields: int

    @property
    def is_directory(self) -> bool:
        """Whether the path says that it is one."""
        return self.path.endswith("/")

    @property
    def normal_path(self) -> str:
        """The path, relative and without ``.``, ``..`` and doubled slashes."""
        path = _ABSOLUTE.sub("", self.path, count=1) if self.is_absolute else self.path
        return posixpath.normpath(path.lstrip("/")) if path else path

    @property
    def is_absolute(self) -> bool:
        """Whether the path starts at a root or a drive."""
        return _ABSOLUTE.match(self.path) is not None


@dataclass(frozen=True, slots=True)
class Record:
    """The rows with something in them, the lines of those with nothing, and why it could not be read.

    ``refused`` tells whether the index's reader stumbles over the fault too.
    """

    rows: list[Row] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    fault: str | None = None
    fault_line: int | None = None
    refused: bool = True


@lru_cache(maxsize=1)
def read_record(data: bytes) -> Record:
    """Return what RECORD says. All rules ask for the same one in a row, hence the cache."""
    if data.count(b"\n") > MOST_ROWS:
        return Record(fault=f"has more than {MOST_ROWS:,} lines", refused=False)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Record(fault=f"is not UTF-8 (byte 0x{data[error.start]:02x})", fault_line=line)
    if not text.strip():
        return Record(fault="is empty", refused=bool(text))
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return Record(fault="holds a NUL character", fault_line=line, refused=False)
    if text.startswith("\ufeff"):
        return Record(fault="starts with a byte order mark", fault_line=1, refused=False)
    record, refused = _parse(text, strict=True), True
    if record.fault is not None:
        refused = _parse(text, strict=False).fault is not None
    return Record(record.rows, record.blank, record.fault, record.fault_line, refused)


def _parse(text: str, *, strict: bool) -> Record:
    reader = csv.reader(io.StringIO(text, newline=""), strict=strict)
    rows: list[Row] = []
    blank: list[int] = []
    line = 1
    try:
        for fields in reader:
            if fields:
                path, digest, size = (*fields, "", "")[:3]
                rows.append(Row(path.replace("\\", "/"), digest, size, line, len(fields)))
            else:
                blank.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        return Record(rows, blank, f"is not CSV ({error})", line)
    return Record(rows, blank)


@dataclass(frozen=True, slots=True)
class Hash:
    """What a hash field holds.

    ``fault`` completes "the hash of N files ...", None for a good one; ``mild`` tells that the file is
    still held by it. ``sha256`` is the hex digest where the field holds one at all, however it is written.
    """

    algorithm: str
    sha256: str | None = None
    fault: str | None = None
    mild: bool = False


def read_hash(text: str) -> Hash:
    """Return what a hash field of a file other than RECORD holds."""
    if not text:
        return Hash("", fault="is missing")
    algorithm, equals, digest = text.partition("=")
    algorithm = algorithm.lower()
    if not equals:
        return Hash("", fault="is not of the form algorithm=digest")
    if algorithm in WEAK:
        return Hash(algorithm, fault=f"is {algorithm}, which is too weak")
    if algorithm in STRONG:
        return Hash(algorithm)
    if algorithm != "sha256":
        return Hash(algorithm, fault="is of an algorithm that installers do not know", mild=True)
    if _SHA256.fullmatch(digest):
        return Hash(algorithm, _hex(digest))
    found = _tolerant(digest)
    how = "is not URL-safe base64 without padding" if found else "is not a sha256 digest in URL-safe base64"
    return Hash(algorithm, found, how, mild=found is not None)


def _hex(digest: str) -> str:
    return base64.urlsafe_b64decode(f"{digest}=").hex()


def _tolerant(digest: str) -> str | None:
    """Return the hex digest that was meant: padded, in the other base64 alphabet, or in hex."""
    plain = digest.rstrip("=").replace("+", "-").replace("/", "_")
    if _SHA256.fullmatch(plain):
        return _hex(plain)
    try:
        return digest.lower() if len(binascii.unhexlify(digest)) == 32 else None
    except (binascii.Error, ValueError):
        return None
