"""Reads and hashes regular files."""

from __future__ import annotations

import hashlib

from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.release_files import ReleaseFile
from pkgaudit.regular import open_regular

_BLOCK = 1 << 20
"""The bytes that are read at once. Chosen: larger blocks are not faster, and smaller ones need more calls."""


def read_regular(path: str, most: int) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: the path is not a regular file, or cannot be read.
        OverflowError: the file has more than ``most`` bytes.
    """
    with open_regular(path) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise OverflowError
    return data


def hashed(path: str) -> ReleaseFile:
    """Read a file once and return it; project and version are those in its filename.

    Raises:
        OSError: the path is not a regular file, or cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    block = bytearray(_BLOCK)
    view = memoryview(block)
    with open_regular(path) as stream:
        while count := stream.readinto(block):  # type: ignore[attr-defined]  # files that open() returns have it
            digest.update(view[:count])
            size += count
    distribution = make_distribution(path)
    project, version = (distribution.project, distribution.version) if distribution else ("", "")
    return ReleaseFile(path, size, digest.hexdigest(), project, version)
