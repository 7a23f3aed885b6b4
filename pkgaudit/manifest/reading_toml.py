"""Reads pylock.toml, the lock file of PEP 751.

Specification: https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgaudit.formatting import quoted, sized
from pkgaudit.manifest.entries import Entries, filename_in
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.values import MalformedError, objects_of, sha256_of, value_of
from pkgaudit.model.distribution import normalize
from pkgaudit.model.release_files import Listed, Manifest

_LARGEST = 16 << 20
"""The largest lock file in characters. Chosen: the parser needs about a second for a million of them."""


def parse(path: str, text: str) -> Manifest:
    """Return the manifest.

    Raises:
        ManifestError: the document is malformed, or contradicts itself.
    """
    import tomli

    if len(text) > _LARGEST:
        raise ManifestError(f"{path}: is larger than {sized(_LARGEST)}, the most that pkgaudit reads of TOML")
    entries = Entries(path)
    try:
        document = tomli.loads(text)
        if "lock-version" not in document:
            raise MalformedError("has no 'lock-version', so it is not a pylock.toml")
        for package in objects_of(document, "packages"):
            for entry in _of_package(package):
                entries.add(entry)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise ManifestError(f"{path}: is not valid TOML: {error}") from None
    except MalformedError as error:
        raise ManifestError(f"{path}: {error}") from None
    return Manifest(path, "a lock file", entries.all(), is_complete=False)


def _of_package(package: dict[str, Any]) -> Iterator[Listed]:
    """Yield the files of a package; a checkout or a folder has none."""
    project = normalize(value_of(package, "name", str))
    version = value_of(package, "version", str) if "version" in package else ""
    files = [each for key in ("sdist", "archive") if isinstance(each := package.get(key), dict)]
    files += objects_of(package, "wheels") if "wheels" in package else []
    for each in files:
        try:
            digest = sha256_of(value_of(each, "hashes", dict))
        except MalformedError as error:
            raise MalformedError(f"{error} of the package {quoted(project)}") from None
        yield Listed(None, _name(each), (digest,), project, version)


def _name(file: dict[str, Any]) -> str:
    """Return the filename: the name, or else the end of the path or of the URL."""
    if "name" in file:
        return value_of(file, "name", str)
    return filename_in(value_of(file, "path" if "path" in file else "url", str))
