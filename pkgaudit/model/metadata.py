"""Core metadata as written in the file, and as uploaders read it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pkgaudit.finding import Location

if TYPE_CHECKING:
    import pkginfo
    from packaging.metadata import RawMetadata

MAX_FIELDS = 5_000
"""Header fields that are read. Real files have a few hundred; the time of the email package grows with the
square of their number, so a hostile file could keep an audit busy for hours."""

MAX_HEADER = 4 << 20
"""Bytes of the header that are read, for the same reason. Real headers contain a license text at most."""

BOM = b"\xef\xbb\xbf"

# The email package splits lines at these three line ends.
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# The email package reads these as header lines: a field, the rest of a folded field, or the "From " of mbox.
_HEADER = re.compile(rb"(?:From |[!-9;-~]*:|[\t ])")


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One header field: its name as spelled, its value with folded lines joined by newlines, its line.

    The value is as the email package returns it: without leading white space and final line ends, but with
    all other white space. ``is_utf8``: its bytes are UTF-8; otherwise the value has replacement characters.
    ``key`` is the name in lower case, because field names are case-insensitive.
    """

    name: str
    value: str
    line: int
    is_utf8: bool = True
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.name.lower())


@dataclass(frozen=True, slots=True)
class _Scan:
    """The header fields, the beginning of the body, and the line that ended the header if it is not blank."""

    fields: list[HeaderField]
    body_line: int
    body_offset: int
    stray_line: int | None
    is_cut: bool = False


class CoreMetadata:
    """The METADATA or PKG-INFO of a distribution.

    Specification: https://packaging.python.org/specifications/core-metadata/
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data

    @cached_property
    def text(self) -> str:
        """The file as text; bytes that are not UTF-8 are replaced."""
        return self.data.decode("utf-8", "replace")

    @property
    def has_bom(self) -> bool:
        """Whether the file begins with a byte order mark, which hides the first header from readers."""
        return self.data.startswith(BOM)

    @cached_property
    def _scanned(self) -> _Scan:
        """The header, read line by line as by the email package, with the line numbers that it drops."""
        found: list[tuple[bytes, list[bytes], int]] = []
        number, is_open = 1, False
        start = len(BOM) if self.has_bom else 0
        for match in _LINE.finditer(self.data, start):
            line = match[0]
            if not line:
                break
            if line[0] in b"\r\n":
                return _Scan(_fields(found), number + line.count(b"\n"), match.end(), None)
            if not _HEADER.match(line):
                return _Scan(_fields(found), number, match.start(), number)
            if len(found) >= MAX_FIELDS or match.start() > MAX_HEADER:
                return _Scan(_fields(found), number, len(self.data), None, is_cut=True)
            name, _, value = line.partition(b":")
            if line[0] in b" \t":
                if is_open:
                    found[-1][1].append(line)
            elif is_open := bool(name) and not line.startswith(b"From "):
                found.append((name, [value], number))
            number += line.count(b"\n")
        return _Scan(_fields(found), number, len(self.data), None)

    @property
    def fields(self) -> list[HeaderField]:
        """The header fields in the order of the file, within the limits."""
        return self._scanned.fields

    @property
    def is_cut(self) -> bool:
        """Whether the header exceeds the limits and was not read completely."""
        return self._scanned.is_cut

    @property
    def body_line(self) -> int:
        """The number of the first line of the body (the description)."""
        return self._scanned.body_line

    @property
    def stray_line(self) -> int | None:
        """The number of the line that ended the header although it is not blank, or None."""
        return self._scanned.stray_line

    @property
    def body(self) -> bytes:
        """The content after the header."""
        return self.data[self._scanned.body_offset :]

    def place(self, field: str, value: str | None = None) -> Location:
        """Return the place of a header field (with ``value`` if given), otherwise that of the file."""
        for header in self.fields:
            if header.name.lower() == field.lower() and (value is None or value.strip() in header.value):
                return Location(self.path, header.line)
        return Location(self.path)

    @cached_property
    def _parsed(self) -> tuple[RawMetadata, dict[str, list[str]]]:
        from packaging.metadata import RawMetadata, parse_email

        if self.is_cut:
            return RawMetadata(), {}
        try:
            return parse_email(self.data)
        except Exception:  # the email package raises various exceptions on broken MIME structures
            return RawMetadata(), {}

    @property
    def raw(self) -> RawMetadata:
        """The unvalidated fields that ``packaging`` reads; empty if it fails."""
        return self._parsed[0]

    @property
    def unparsed(self) -> dict[str, list[str]]:
        """The headers that ``packaging`` cannot read as a field, by lower-case name."""
        return self._parsed[1]

    @cached_property
    def lenient(self) -> pkginfo.Distribution:
        """The lenient reading by pkginfo: the first of repeated fields, any encoding, no unknown fields."""
        import pkginfo

        lenient = pkginfo.Distribution()
        if self.is_cut:
            return lenient
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                lenient.parse(self.data)
            except Exception:  # the email package raises various exceptions on broken headers
                return pkginfo.Distribution()
        return lenient

    def first(self, field: str) -> str | None:
        """Return the stripped value of the first header with this name (any case), or None."""
        key = field.lower()
        return next((header.value.strip() for header in self.fields if header.key == key), None)

    def all(self, field: str) -> list[str]:
        """Return the stripped values of all headers with this name (any case), in their order."""
        key = field.lower()
        return [header.value.strip() for header in self.fields if header.key == key]

    @property
    def name(self) -> str | None:
        """The Name field."""
        return self.first("Name")

    @property
    def version(self) -> str | None:
        """The Version field."""
        return self.first("Version")


def _fields(found: list[tuple[bytes, list[bytes], int]]) -> list[HeaderField]:
    return list(_decoded(found))


def _decoded(found: list[tuple[bytes, list[bytes], int]]) -> Iterator[HeaderField]:
    for name, lines, number in found:
        value = b"".join(lines).replace(b"\r\n", b"\n").lstrip(b" \t\r\n").rstrip(b"\r\n")
        try:
            text, is_utf8 = value.decode(), True
        except UnicodeDecodeError:
            text, is_utf8 = value.decode("utf-8", "replace"), False
        yield HeaderField(name.decode("ascii"), text, number, is_utf8)
