"""RECORD as a table: its rows and their lines, faults that make it unreadable, and the index's reaction.

Installers and the index read RECORD alike: they split the text into lines, as ``str.splitlines`` does, and
pass the lines to Python's ``csv``. So does this module. Specification: https://packaging.python.org/specifications/recording-installed-packages/#the-record-file
"""

from __future__ import annotations

import base64
import binascii
import csv
import posixpath
import re
from dataclasses import field
from functools import lru_cache

from pkgaudit.late import dataclass
from pkgaudit.rules._shared.index_words import REFUSED, TRIPS

WEAK = frozenset({"md5", "sha1", "sha224", "ripemd160"})
"""Hash algorithms of Python's ``hashlib`` that the wheel specification forbids, or that are weaker.

The specification forbids md5, sha1 and sha224 by name and requires sha256 or better:
https://packaging.python.org/en/latest/specifications/binary-distribution-format/#signed-wheel-files
"""

STRONG = frozenset(
    {"sha384", "sha512", "sha512_256", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"}
)
"""Hash algorithms as strong as sha256 that Python's ``hashlib`` has."""

MOST_ROWS = 1_000_000
"""The most lines of a RECORD that is read. No archive has as many files, but a small RECORD can have more."""

MOST_COMMAS = 4 * MOST_ROWS
"""The most commas of a RECORD that is read. A row has two; a row of millions would take gigabytes."""

_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""The characters at which ``str.splitlines``, and so the index and installers, end a line of RECORD.

https://docs.python.org/3/library/stdtypes.html#str.splitlines
"""

_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
"""The 32 bytes of a sha256 in base64, without the padding of one "="."""

_ABSOLUTE = re.compile(r"/|[A-Za-z]:")


@dataclass(frozen=True)
class Row:
    """A row: its three fields as written, the number of its first line, and the number of its fields.

    ``path`` has only forward slashes, because the specification allows either kind on Windows;
    ``has_backslash`` if the row has others.
    """

    path: str
    hash: str
    size: str
    line: int
    fields: int
    has_backslash: bool = False

    @property
    def is_directory(self) -> bool:
        """Whether the path ends like that of a folder."""
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


@dataclass(frozen=True)
class Record:
    """The rows that are not empty, the lines of the empty ones, and the fault that makes RECORD unreadable.

    ``index`` is the outcome if the index stops before it compares RECORD with the wheel's members, else
    None. ``paths`` are the first fields of all rows, as the index reads them.
    """

    rows: list[Row] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    fault: str | None = None
    fault_line: int | None = None
    index: str | None = None
    paths: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def read_record(data: bytes) -> Record:
    """Return the parsed RECORD. The cache has one entry, because consecutive rules read the same RECORD."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Record(fault=f"is not UTF-8 (byte 0x{data[error.start]:02x})", fault_line=line, index=REFUSED)
    if sum(map(text.count, _LINE_ENDS)) > MOST_ROWS:
        return Record(fault=f"has more than {MOST_ROWS:,} lines")
    if text.count(",") > MOST_COMMAS:
        return Record(fault=f"has more than {MOST_COMMAS:,} commas")
    index, paths = _index_paths(text)
    fault, fault_line = _fault(text)
    if fault is not None:
        return Record(fault=fault, fault_line=fault_line, index=index, paths=paths)
    rows: list[Row] = []
    blank: list[int] = []
    number = 1
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        for fields in reader:
            if fields:
                path, digest, size = (*fields, "", "")[:3]
                plain = path.replace("\\", "/")
                rows.append(Row(plain, digest, size, number, len(fields), plain != path))
            else:
                blank.append(number)
            number = reader.line_num + 1
    except csv.Error as error:
        return Record(rows, blank, f"is not CSV ({error})", number, index, paths)
    return Record(rows, blank, None, None, index, paths)


def _fault(text: str) -> tuple[str | None, int | None]:
    """Return the fault of the text as a whole, and its line."""
    if not text.strip():
        return "is empty", None
    if "\0" in text:
        return "contains a NUL character", text.count("\n", 0, text.index("\0")) + 1
    if text.startswith("\ufeff"):
        return "starts with a byte order mark", 1
    return None, None


def _index_paths(text: str) -> tuple[str | None, frozenset[str]]:
    """Return the outcome if the index cannot read the rows, else None and the paths that it reads."""
    paths = set()
    try:
        # The index's Python reads a NUL like any other character, an older Python stops there.
        for fields in csv.reader(text.replace("\0", "\x01").splitlines()):
            if not fields:
                return TRIPS, frozenset()
            paths.add(fields[0].replace("\\", "/"))
    except csv.Error:
        return REFUSED, frozenset()
    return None, frozenset(paths)


@dataclass(frozen=True)
class Hash:
    """The content of a hash field.

    ``fault`` completes "the hash of N files ..." and is None for a good hash; ``outcome`` is then the key of
    what installers do with it, empty if the field cannot be the hash of any file. ``sha256`` is the hex
    digest, whatever the encoding of the field.
    """

    algorithm: str
    sha256: str | None = None
    fault: str | None = None
    outcome: str = ""


def read_hash(text: str) -> Hash:
    """Return the content of the hash field of a file other than RECORD."""
    if not text:
        return Hash("", None, "is missing", "record-no-hash")
    spelled, equals, digest = text.partition("=")
    algorithm = spelled.strip().lower()
    if not equals:
        return Hash("", None, "is not of the form algorithm=digest", "record-bare-hash")
    sha256 = None
    fault, outcome = None, ""
    if algorithm == "sha256":
        sha256 = _hex(digest) if _SHA256.fullmatch(digest) else _tolerant(digest)
        if sha256 is None:
            fault = "is not a sha256 digest in URL-safe base64"
        elif not _SHA256.fullmatch(digest):
            fault, outcome = "is not URL-safe base64 without padding", "record-padded-hash"
    elif algorithm in WEAK:
        fault, outcome = f"is {algorithm}, which is too weak", "record-weak-hash"
    elif algorithm not in STRONG:
        fault, outcome = "is of an algorithm that Python does not have", "record-unknown-hash"
    if outcome != "record-unknown-hash" and spelled != algorithm:
        has_space = spelled != spelled.strip()
        fault = "begins with a space" if has_space else "has its algorithm in capitals"
        outcome = "record-space-before-hash" if has_space else "record-capital-hash"
    return Hash(algorithm, sha256, fault, outcome)


def _hex(digest: str) -> str:
    return base64.urlsafe_b64decode(f"{digest}=").hex()


def _tolerant(digest: str) -> str | None:
    """Return the hex digest of a field that is padded, in the other base64 alphabet, or in hex."""
    plain = digest.rstrip("=").replace("+", "-").replace("/", "_")
    if _SHA256.fullmatch(plain):
        return _hex(plain)
    try:
        return digest.lower() if len(binascii.unhexlify(digest)) == 32 else None  # bytes of a sha256
    except (binascii.Error, ValueError):
        return None
