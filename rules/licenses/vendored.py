"""Packages of other projects in a distribution, and whether it contains their licenses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import Distribution, Summaries
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.test_folders import is_test_folder

HEAD = 8192
"""How many bytes of a file are searched for a license or copyright. Chosen: files begin with it."""

# pip and setuptools use "_vendor", botocore "vendored", astropy "extern", scikit-learn "externals", grpcio
# "third_party". "deps" and "lib" often have another meaning.
_FOLDER = lazy(r"_?vendor(?:ed)?|_?third_?party|3rdparty|_?externs?|_?externals", re.IGNORECASE)
_WORTH = lazy(r"vendor|third|3rd|extern", re.IGNORECASE)
"""A part of every path below such a folder; it quickly excludes most members."""

# Names of files and folders: a license, a list of authors, metadata of an unpacked wheel or sdist, or a bill
# of materials.
_LICENSE = lazy(r"licen[sc]|copying|notice|copyright|authors|metadata|pkg-info|sbom|\.spdx", re.IGNORECASE)
# Words at the beginning of a module; "__author__" at least names the owner.
_WORDS = lazy(rb"copyright|licen[sc]e|spdx-|public domain|\(c\)|__author__", re.IGNORECASE)
# Lists of third-party licenses: THIRD_PARTY_NOTICES.txt, vendored.txt, licenses.md, NOTICE.
_ELSEWHERE = lazy(
    r"(?:third[-_ ]?part(?:y|ies)|3rdparty|vendor(?:ed)?|bundled|licenses?|notices?)[-_. ].*"
    r"|licenses|notice.*",
    re.IGNORECASE,
)
_DEEPEST = 64
"""How many folders of a path are checked. Real paths have fewer; it bounds the time on hostile input."""


@dataclass(frozen=True)
class LicenseMention:
    """A file in a vendor ``folder`` that mentions its license or copyright."""

    folder: str


def vendor_folder(path: str) -> str | None:
    """Return the outermost vendor folder that contains a member, None if there is none."""
    if not _WORTH.search(path):
        return None
    parts = path.split("/")[:_DEEPEST]
    for number, part in enumerate(parts[:-1]):
        if _FOLDER.fullmatch(part[:40]):  # all these names are shorter; the limit bounds the time
            return "/".join(parts[: number + 1])
        if is_test_folder(part):
            return None
    return None


def mentions_license(data: bytes) -> bool:
    """Return whether the beginning of a file mentions a license or a copyright."""
    return _WORDS.search(data, 0, HEAD) is not None


def unlicensed(distribution: Distribution, mentions: Summaries[LicenseMention]) -> Iterator[tuple[str, str]]:
    """Yield the vendor folders without any license, each with the name of a package in it."""
    packages: dict[str, str] = {}
    licensed: set[str] = set()
    for path in distribution.files:
        folder = vendor_folder(path)
        if folder is None:
            # A list of third-party licenses, at most two folders deep: in the root of an sdist or a folder in
            # it, or in dist-info or its "licenses".
            if path.count("/") <= 2 and _ELSEWHERE.fullmatch(path.rpartition("/")[2][:100]):
                return
            continue
        if path in mentions or any(map(_LICENSE.search, path[len(folder) :].split("/"))):
            licensed.add(folder)
        parts = path[len(folder) + 1 :].split("/")
        if len(parts) > 1 and parts[1] == "__init__.py" and parts[0].isidentifier():
            packages.setdefault(folder, parts[0])
    for folder, package in packages.items():
        if folder not in licensed:
            yield folder, package
