"""Core metadata as the file says it and as an uploader reads it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pkgaudit.finding import Location

if TYPE_CHECKING:
    import pkginfo
    from packaging.metadata import RawMetadata

_HEADER = re.compile(r"([!-9;-~]+)[ \t]*:(.*)")


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One header field: its name as spelled, its value with folded lines joined by newlines, its line."""

    name: str
    value: str
    line: int


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

    @cached_property
    def _scanned(self) -> tuple[list[HeaderField], int]:
        found: list[HeaderField] = []
        lines = self.text.split("\n")
        for number, line in enumerate(lines, 1):
            line = line.removesuffix("\r")
            if not line:
                return found, number + 1
            if line[0] in " \t" and found:
                last = found[-1]
                found[-1] = HeaderField(last.name, f"{last.value}\n{line}", last.line)
            elif match := _HEADER.match(line.removeprefix("\ufeff")):
                found.append(HeaderField(match[1], match[2].strip(), number))
            else:
                return found, number
        return found, len(lines) + 1

    @property
    def fields(self) -> list[HeaderField]:
        """The header fields in their order, as the file has them."""
        return self._scanned[0]

    @property
    def body_line(self) -> int:
        """The number of the line in which the body (the description) begins."""
        return self._scanned[1]

    def place(self, field: str, value: str | None = None) -> Location:
        """Return the place of a header field (the one with ``value`` if given), else of the file."""
        for header in self.fields:
            if header.name.lower() == field.lower() and (value is None or value.strip() in header.value):
                return Location(self.path, header.line)
        return Location(self.path)

    @cached_property
    def _parsed(self) -> tuple[RawMetadata, dict[str, list[str]]]:
        from packaging.metadata import parse_email

        return parse_email(self.data)

    @property
    def raw(self) -> RawMetadata:
        """What ``packaging`` reads, field by field, unvalidated."""
        return self._parsed[0]

    @property
    def unparsed(self) -> dict[str, list[str]]:
        """What ``packaging`` could not make a field of, by lower-case header name."""
        return self._parsed[1]

    @cached_property
    def lenient(self) -> pkginfo.Distribution:
        """The reading that uploaders send to the index: pkginfo's, which forgives more."""
        import pkginfo

        lenient = pkginfo.Distribution()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                lenient.parse(self.data)
            except Exception:  # pkginfo raises whatever the email package does on a broken header
                return pkginfo.Distribution()
        return lenient

    def first(self, field: str) -> str | None:
        """Return the value of the first header of that name (any case), None if there is none."""
        return next((header.value for header in self.fields if header.name.lower() == field.lower()), None)

    def all(self, field: str) -> list[str]:
        """Return the values of all headers of that name (any case), in their order."""
        return [header.value for header in self.fields if header.name.lower() == field.lower()]

    @property
    def name(self) -> str | None:
        """The Name field."""
        return self.first("Name")

    @property
    def version(self) -> str | None:
        """The Version field."""
        return self.first("Version")
