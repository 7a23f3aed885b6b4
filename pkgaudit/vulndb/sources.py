"""Find the records in folders, zip files and single files. Nothing is unpacked to a disk."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pkgaudit.errors import PkgauditError
from pkgaudit.formatting import printable
from pkgaudit.regular import open_regular
from pkgaudit.vulndb.records import LARGEST

_SUFFIXES = (".json", ".yaml", ".yml")
"""The suffixes of files with records."""

_MOST_BYTES = 4 << 30
"""The most unpacked bytes of a zip file that are read. Chosen: more than all ecosystems of OSV have."""

_MOST_FILES = 2_000_000
"""The most members of a zip file. Chosen: more than all ecosystems of OSV have."""


class SourceError(PkgauditError):
    """A source that cannot be read."""


class Given(NamedTuple):
    """A file that may contain a record; of one that is too large, only the beginning."""

    data: bytes
    is_yaml: bool


def read_source(source: str) -> Iterator[Given]:
    """Yield the files of a folder, of a zip file, or one file.

    Of a folder, hidden files and links are left out; of its zip files, ``PyPI/all.zip`` is read, which is
    what OSV offers for download and osv-scanner keeps in its cache.

    Raises:
        SourceError: the source cannot be read, is damaged, or unpacks to too much.
    """
    shown = printable(source)
    try:
        if os.path.isdir(source):
            yield from _folder(source)
        elif source.lower().endswith(_SUFFIXES):
            yield _file(source)
        else:
            yield from _zip(source)
    except OSError as error:
        place = shown if error.filename is None else printable(os.fsdecode(error.filename))
        raise SourceError(f"{place}: cannot be read: {error.strerror or error}") from None
    except ValueError:  # a null character in the path
        raise SourceError(f"{shown}: cannot be read: it is not a path") from None


def _folder(source: str) -> Iterator[Given]:
    def fail(error: OSError) -> None:
        raise error

    for folder, folders, names in os.walk(source, onerror=fail):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.startswith(".") or os.path.islink(path):
                continue
            if name.lower().endswith(_SUFFIXES):
                yield _file(path)
            elif name == "all.zip" and os.path.basename(os.path.abspath(folder)) == "PyPI":
                yield from _zip(path)


def _is_hidden(name: str) -> bool:
    return any(each.startswith(".") and each not in (".", "..") for each in name.split("/"))


def _file(path: str) -> Given:
    with open_regular(path) as stream:
        return Given(stream.read(LARGEST + 1), not path.lower().endswith(".json"))


def _zip(path: str) -> Iterator[Given]:
    shown = printable(path)
    left = _MOST_BYTES
    try:
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > _MOST_FILES:
                raise SourceError(f"{shown}: has more than {_MOST_FILES:,} members")
            for member in sorted(members, key=lambda each: each.filename):
                name = member.filename.lower()
                if not name.endswith(_SUFFIXES) or _is_hidden(name):
                    continue
                with archive.open(member) as content:
                    data = content.read(LARGEST + 1)
                left -= len(data)
                if left < 0:
                    raise SourceError(f"{shown}: unpacks to more than 4 GiB")
                yield Given(data, not name.endswith(".json"))
    except zipfile.BadZipFile as error:
        is_zip = Path(path).suffix.lower() == ".zip"
        said = "is damaged" if is_zip else "is neither a folder, a zip file, nor a record (.json, .yaml)"
        raise SourceError(f"{shown}: {said}: {printable(str(error))}") from None
    # Encryption, unknown compression, damaged streams, and records of the zip that end too early.
    except (RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise SourceError(f"{shown}: is damaged: {printable(str(error) or type(error).__name__)}") from None
