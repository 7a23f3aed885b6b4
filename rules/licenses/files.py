"""Which members are license files of the project itself, and which of what it bundles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, Distribution, Sdist, Wheel

_NAMED = re.compile(r"(?:un)?licen[sc]e|copying|mit-licen[sc]e", re.IGNORECASE)
"""How the name of a file with the text of a license begins: in both spellings, ``UNLICENSE`` and the
``COPYING`` of GNU among them, and the ``MIT-LICENSE`` that Rails brought into use.
"""

# Without a word more, as in LICENSE-APACHE or COPYING.LESSER, which are one of several licenses.
_MAIN = re.compile(r"(?:(?:un)?licen[sc]e|copying)(?:\.(?:txt|md|rst|markdown))?", re.IGNORECASE)
# The names that setuptools, hatchling and others pack without being told (LICEN[CS]E*, COPYING*, NOTICE*),
# and of those only what has a separator before the rest: license_check.txt is, licensing.md is not.
_TO_LIST = re.compile(r"(?:(?:un)?licen[sc]es?|copying|notices?)(?:[-_. ][\w.+ -]*)?", re.IGNORECASE)
# Code, data and pages about licenses, and headers to put into files, which are templates by their nature.
_NO_TEXT = re.compile(
    r".*(?:header|template|tmpl|jinja).*"
    r"|.*\.(?:pyi?|json|toml|ya?ml|cfg|ini|xml|html?|sh|js|css|in|csv|lock|svg|png)",
    re.IGNORECASE | re.DOTALL,
)
_FOLDERS = frozenset({"licenses", "license_files"})
"""Folders of dist-info with license files: the one of the specification, and one of older backends."""

_REUSE = "licenses"
"""The folder of an sdist with the texts of all licenses , with placeholders (https://reuse.software/spec/)."""


def may_hold_license(path: str) -> bool:
    """Return whether a member may be a license file at the top of an sdist or of a dist-info folder."""
    name = path.rpartition("/")[2]
    folders = path.split("/", 4)[:-1]
    if not 1 <= len(folders) <= 2 or not (_NAMED.match(name) or folders[-1].lower() in _FOLDERS):
        return False
    return len(folders) == 1 or folders[1].lower() in _FOLDERS


def top_files(distribution: Distribution) -> Iterator[str]:
    """Yield the paths of the license files at the top of the distribution, wherever backends put them."""
    for path in distribution.files:
        folder, _, name = path.rpartition("/")
        if not _NAMED.match(name) or _NO_TEXT.fullmatch(name):
            continue
        if isinstance(distribution, Sdist) and folder == distribution.root:
            yield path
        elif isinstance(distribution, Wheel) and distribution.dist_info:
            first, _, below = folder.partition("/")
            if first == distribution.dist_info and (not below or below.lower() in _FOLDERS):
                yield path


def is_main(path: str) -> bool:
    """Return whether a license file is called as that of the whole project is."""
    return _MAIN.fullmatch(path.rpartition("/")[2]) is not None


def reuse_files(distribution: Distribution) -> Iterator[str]:
    """Yield the texts that an sdist has in the folder ``LICENSES``."""
    if isinstance(distribution, Sdist) and distribution.root:
        for path in distribution.files:
            if path.lower().startswith(f"{distribution.root.lower()}/{_REUSE}/"):
                yield path


def unlisted_files(distribution: Distribution, metadata: CoreMetadata) -> Iterator[str]:
    """Yield the license files, by name or by folder, that no License-File names."""
    listed = {each.strip() for each in metadata.all("License-File")}
    if isinstance(distribution, Sdist) and distribution.root:
        for path in distribution.files:
            folder, _, name = path.rpartition("/")
            if folder == distribution.root and _is_to_list(name) and name not in listed:
                yield path
    elif isinstance(distribution, Wheel) and distribution.dist_info:
        start = f"{distribution.dist_info}/"
        names = {each.rpartition("/")[2] for each in listed}
        for path in distribution.files:
            if not path.startswith(start):
                continue
            folder, slash, rest = path[len(start) :].partition("/")
            if slash and folder.lower() in _FOLDERS:
                # Where an older backend put it elsewhere, LC101 tells.
                if rest not in listed and not (folder != "licenses" and rest.rpartition("/")[2] in names):
                    yield path
            elif not slash and _is_to_list(folder) and folder not in names:
                yield path


def _is_to_list(name: str) -> bool:
    # More than real names have; it bounds the time on hostile input.
    return len(name) <= 100 and bool(_TO_LIST.fullmatch(name)) and not _NO_TEXT.fullmatch(name)
