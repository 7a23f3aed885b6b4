"""The file of advisory data: gzipped JSON with a date, and for each project advisories with intervals."""

from __future__ import annotations

import datetime
import io
import json
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkgaudit.errors import PkgauditError
from pkgaudit.formatting import printable
from pkgaudit.model.advisories import Advisories, Advisory, Span
from pkgaudit.regular import open_regular

if TYPE_CHECKING:
    from pkgaudit.vulndb.build import Built

_FORMAT = "pkgaudit-vulndb"

_VERSION = 1
"""The version of the format; a change that older versions of pkgaudit cannot read increments it."""

_LARGEST = 256 << 20
"""The most bytes that are read, unpacked. Chosen: a thousand times PyPA's database."""

_LONGEST = 200
"""The longest identifier in characters. Chosen: `build` writes at most half as many."""

_GZIP = b"\x1f\x8b"


class AdvisoryDataError(PkgauditError):
    """Advisory data that cannot be used."""


def as_file(built: Built) -> bytes:
    """Return the contents of a file, which are the same for the same advisories."""
    import gzip

    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "date": built.date.isoformat(),
        "records": built.used,
        "projects": {
            name: [[each.ids, [_as_list(span) for span in each.spans]] for each in advisories]
            for name, advisories in built.projects.items()
        },
    }
    made = io.BytesIO()
    # Its header has neither the time nor the system, unlike that of `gzip.compress` in some Pythons.
    with gzip.GzipFile("", "wb", 9, made, mtime=0) as stream:
        stream.write(json.dumps(document, separators=(",", ":")).encode("ascii"))
    return made.getvalue()


def _as_list(span: Span) -> list[str | None]:
    """Return the first affected version, then the fixed one, or None and the last affected one."""
    low, high = (None if each is None else str(each) for each in span[:2])
    return [low, None, high] if span.closed else [low, high] if high is not None else [low]


def default_file() -> Path:
    """Return the file that audits read if none is named."""
    from platformdirs import user_data_path

    return user_data_path("pkgaudit", appauthor=False) / "vulndb.json.gz"


def check(path: Path) -> None:
    """Check quickly that a file can be opened and may be advisory data, before an audit that needs minutes.

    Raises:
        AdvisoryDataError: it cannot.
    """
    _read(path, most=2)


def read_advisories(path: Path, names: Collection[str]) -> Advisories:
    """Read the advisories on some projects, given by their normalized names.

    Raises:
        AdvisoryDataError: the file cannot be read, or is not advisory data.
    """
    document = _document(path)
    try:
        projects = document["projects"]
        if not isinstance(projects, dict):
            raise TypeError
        found = {name: tuple(map(_advisory, projects[name])) for name in names if name in projects}
        return Advisories(str(path), datetime.date.fromisoformat(document["date"]), found)
    except (KeyError, TypeError, ValueError):  # damaged, or written by another program
        raise _not_data(path, "a part of it has the wrong form") from None


def summary(path: Path) -> tuple[datetime.date, int, int, int]:
    """Return the date of advisory data, and the numbers of records, advisories and projects.

    Raises:
        AdvisoryDataError: the file cannot be read, or is not advisory data.
    """
    document = _document(path)
    projects = document.get("projects")
    made = read_advisories(path, projects if isinstance(projects, dict) else ())
    records = document.get("records")
    if type(records) is not int:
        raise _not_data(path, "a part of it has the wrong form")
    return made.date, records, sum(map(len, made.projects.values())), len(made.projects)


def _advisory(value: Any) -> Advisory:
    """Return an advisory as `as_file` writes it.

    Raises:
        TypeError, ValueError: it has another form.
    """
    ids, spans = value
    made = Advisory(tuple(ids), tuple(_span(*each) for each in spans))
    if not made.spans or not made.ids or not isinstance(ids, list) or not all(map(_is_id, made.ids)):
        raise ValueError
    return made


def _span(low: Any, fixed: Any = None, last: Any = None) -> Span:
    from packaging.version import Version

    low, fixed, last = (None if each is None else Version(each) for each in (low, fixed, last))
    return Span(low, last, closed=True) if last is not None else Span(low, fixed)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST


def _document(path: Path) -> Mapping[str, Any]:
    data = _read(path)
    try:
        if data.startswith(_GZIP):
            unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
            data = unpacker.decompress(data, _LARGEST)
            if not unpacker.eof:
                raise _not_data(path, "it is truncated, or too large")
        document = json.loads(data)
    except (zlib.error, ValueError, RecursionError):  # the message of the error may quote the file
        raise _not_data(path, "it is damaged, or of another program") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _not_data(path, "it is of another program")
    if document.get("version") != _VERSION:
        raise AdvisoryDataError(
            f"{printable(str(path))}: needs another version of pkgaudit, or to be built again"
        )
    return document


def _read(path: Path, most: int = _LARGEST) -> bytes:
    shown = printable(str(path))
    try:
        with open_regular(str(path)) as stream:
            data = stream.read(most)
    except OSError as error:
        reason = error.strerror or error
        raise AdvisoryDataError(
            f"{shown}: the advisory data cannot be read: {reason}; 'pkgaudit vulndb build' writes it"
        ) from None
    except ValueError:  # a null character in the path
        raise AdvisoryDataError(f"{shown}: the advisory data cannot be read: it is not a path") from None
    if not data.startswith((_GZIP, b"{")):
        raise _not_data(path, "it is of another program")
    return data


def _not_data(path: Path, reason: str) -> AdvisoryDataError:
    return AdvisoryDataError(
        f"{printable(str(path))}: is not advisory data: {reason}; 'pkgaudit vulndb build' writes it"
    )
