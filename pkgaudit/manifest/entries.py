"""Lines and entries of a manifest; names that lead elsewhere, and entries that disagree, are rejected."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from pkgaudit.formatting import quoted
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.model.release_files import Listed


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text with their numbers, without a list of them, which may need much memory."""
    start, number = 0, 1
    while (end := text.find("\n", start)) >= 0:
        yield number, text[start:end].removesuffix("\r")
        start, number = end + 1, number + 1
    yield number, text[start:]


def filename_in(place: str) -> str:
    """Return the filename in a path or an address; a malformed address has one too."""
    if "://" not in place:
        return posixpath.basename(place)
    return posixpath.basename(unquote(place.partition("#")[0].partition("?")[0]))


class Entries:
    """The entries of one manifest by filename; the folders in the names do not identify a file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: dict[str, Listed] = {}

    def where(self, entry: Listed) -> str:
        """Return the beginning of a message on an entry."""
        return f"{self._path}: line {entry.line}" if entry.line is not None else f"{self._path}:"

    def add(self, entry: Listed) -> None:
        """Add an entry with a name.

        Raises:
            ManifestError: the name leads out of the folder, or the file was listed with other hashes.
        """
        # Nearly all names are plain, and a manifest may have a million lines.
        if "/" in entry.name or entry.name in (".", ".."):
            folder, name = self._split(entry)
            entry = entry._replace(folder=folder, name=name)
        if "\0" in entry.name:
            raise ManifestError(f"{self.where(entry)} has a null character in the name {quoted(entry.name)}")
        known = self._found.setdefault(entry.name, entry)
        if known.sha256 != entry.sha256:
            first = "" if known.line is None else f", first in line {known.line}"
            raise ManifestError(
                f"{self.where(entry)} lists {quoted(entry.name)} twice with different hashes{first}; "
                "write the manifest again"
            )

    def _split(self, entry: Listed) -> tuple[str, str]:
        """Return the folder and the filename of a path.

        Raises:
            ManifestError: the path is absolute, leads to a parent folder, or has no last component.
        """
        parts = [each for each in entry.name.split("/") if each != "."]
        if parts[:1] == [""] or ".." in parts or not parts or not parts[-1]:
            raise ManifestError(
                f"{self.where(entry)} names {quoted(entry.name)}, which is not below the folder of the "
                "manifest; write only the filename"
            )
        return "/".join(parts[:-1]), parts[-1]

    def all(self) -> tuple[Listed, ...]:
        """Return all entries, in order.

        Raises:
            ManifestError: the manifest lists no files.
        """
        if not self._found:
            raise ManifestError(f"{self._path}: lists no files")
        return tuple(self._found.values())
