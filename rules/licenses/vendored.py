"""Other projects' packages inside a distribution, and whether their licenses came with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import Distribution, Summaries
from pkgaudit.rules._shared.test_folders import is_test_folder

HEAD = 8192
"""Bytes of a file in which a license or copyright is looked for: its head has it, if anything. Chosen."""

# "_vendor" is that of pip and setuptools, "vendored" that of botocore, "extern" that of astropy, "externals"
# that of scikit-learn, "third_party" that of grpcio. "deps" and "lib" mean other things as often.
_FOLDER = re.compile(r"_?vendor(?:ed)?|_?third_?party|3rdparty|_?externs?|_?externals", re.IGNORECASE)
_WORTH = re.compile(r"vendor|third|3rd|extern", re.IGNORECASE)
"""What the path of such a folder has somewhere: most members have not."""

# In the name of any file or folder below: a license, a list of authors, metadata of the wheel or sdist that
# was unpacked there, or a bill of materials.
_LICENSE = re.compile(
    r"licen[sc]|copying|notice|copyright|authors|metadata|pkg-info|sbom|\.spdx", re.IGNORECASE
)
# In the head of a module; "__author__" says at least whose it is.
_WORDS = re.compile(rb"copyright|licen[sc]e|spdx-|public domain|\(c\)|__author__", re.IGNORECASE)
# Lists of the licenses of others at the top, as THIRD_PARTY_NOTICES.txt, vendored.txt, licenses.md, NOTICE.
_ELSEWHERE = re.compile(
    r"(?:third[-_ ]?part(?:y|ies)|3rdparty|vendor(?:ed)?|bundled|licenses?|notices?)[-_. ].*"
    r"|licenses|notice.*",
    re.IGNORECASE,
)
_DEEPEST = 64
"""Folders of a path that are looked at: more than real paths have; it bounds the time on hostile input."""


@dataclass(frozen=True)
class LicenseMention:
    """A file in a ``folder`` of other projects' code speaks itself of its license or copyright."""

    folder: str


def vendor_folder(path: str) -> str | None:
    """Return the outermost folder of other projects' code that a member is in, None if it is in none."""
    if not _WORTH.search(path):
        return None
    parts = path.split("/")[:_DEEPEST]
    for number, part in enumerate(parts[:-1]):
        if _FOLDER.fullmatch(part[:40]):  # longer than all these names; it bounds the time
            return "/".join(parts[: number + 1])
        if is_test_folder(part):
            return None
    return None


def mentions_license(data: bytes) -> bool:
    """Return whether the head of a file speaks of a license or of a copyright."""
    return _WORDS.search(data, 0, HEAD) is not None


def unlicensed(distribution: Distribution, mentions: Summaries[LicenseMention]) -> Iterator[tuple[str, str]]:
    """Yield folders of other projects' code, each with a package in it, that nothing gives a license for."""
    packages: dict[str, str] = {}
    licensed: set[str] = set()
    for path in distribution.files:
        folder = vendor_folder(path)
        if folder is None:
            # A list of the licenses of what is bundled, beside the project's own license.
            # Two folders are the root of an sdist and one in it, or dist-info and its "licenses".
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
