"""Reads a manifest of any known form: the form is recognized by the content."""

from __future__ import annotations

import os
from pathlib import PurePath

from pkgaudit.formatting import quoted, sized
from pkgaudit.manifest import reading_json, reading_requirements, reading_sums, reading_toml
from pkgaudit.manifest.entries import numbered
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.files import read_regular
from pkgaudit.model.release_files import Manifest

LARGEST = 128 << 20
"""The largest manifest in bytes. Chosen: a million lines of ``sha256sum`` with names of 60 characters fit."""

_MARKS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
"""The byte order marks that editors on Windows write, with their encodings."""

_FORMS = "a SHA256SUMS file, a requirements file with hashes, a pylock.toml or a JSON manifest"


def read_manifest(path: str) -> Manifest:
    """Read a manifest.

    Raises:
        ManifestError: the file cannot be read, or is not a manifest that can be used.
    """
    return _parse(path, _text(path, _read(path)))


def _text(path: str, data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            raise ManifestError(
                f"{path}: begins with a byte order mark of {encoding}, at which sha256sum and pip fail; "
                "save it as UTF-8 without the mark"
            )
    if b"\0" in data:
        raise ManifestError(f"{path}: contains a null byte, so it is not a text; give {_FORMS}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None


def _read(path: str) -> bytes:
    try:
        return read_regular(path, LARGEST)
    except OSError as error:
        hint = "; write the manifest to a file first" if path == "-" else ""
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}{hint}") from None
    except ValueError:  # the path contains a null character
        raise ManifestError(f"{quoted(path)}: is not the path of a file") from None
    except OverflowError:
        raise ManifestError(
            f"{path}: is larger than {sized(LARGEST)}, the most that pkgaudit reads of a manifest"
        ) from None


def _parse(path: str, text: str) -> Manifest:
    lines = ((number, line.strip()) for number, line in numbered(text))
    number, first = next(((number, line) for number, line in lines if line and line[0] != "#"), (0, ""))
    if first.startswith("{"):
        return reading_json.parse(path, text)
    if PurePath(path).suffix.lower() == ".toml":
        return reading_toml.parse(path, text)
    if not first:
        what = "contains only comments" if text.strip() else "is empty"
        raise ManifestError(f"{path}: {what}, so it lists no files; give {_FORMS}")
    if first.startswith("-----BEGIN PGP SIGNED"):
        raise ManifestError(
            f"{path}: is signed by PGP; check the signature and give the signed text, which "
            f"'gpg --output FILE --decrypt {path}' writes"
        )
    if reading_sums.is_line(first):
        return reading_sums.parse(path, text)
    if reading_requirements.is_line(first):
        return reading_requirements.parse(path, text)
    raise ManifestError(f"{path}: line {number} has no form that pkgaudit knows; give {_FORMS}")


def named_files(manifest: Manifest) -> list[str]:
    """Return the paths of the files that a manifest names, in its folder or below."""
    folder = os.path.dirname(manifest.path)
    return [os.path.join(folder, each.folder, each.name) for each in manifest.entries if each.name]
