"""The license files of a distribution."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, Distribution, Sdist, Wheel

_NAMED = re.compile(r"(?:un)?licen[sc]e|copying|mit-licen[sc]e", re.IGNORECASE)
"""The beginning of a license filename, in both spellings; it includes ``UNLICENSE``, ``COPYING`` of GNU
projects, and ``MIT-LICENSE``, which Rails made common.
"""

# Names without a further word: LICENSE-APACHE or COPYING.LESSER are one of several licenses.
_MAIN = re.compile(r"(?:(?:un)?licen[sc]e|copying)(?:\.(?:txt|md|rst|markdown))?", re.IGNORECASE)
# The names that setuptools, hatchling and others pack by default (LICEN[CS]E*, COPYING*, NOTICE*), but only
# with a separator before the rest: license_check.txt matches, licensing.md does not.
_TO_LIST = re.compile(r"(?:(?:un)?licen[sc]es?|copying|notices?)(?:[-_. ][\w.+ -]*)?", re.IGNORECASE)
# Code, data and pages about licenses, and templates of headers for source files.
_NO_TEXT = re.compile(
    r".*(?:header|template|tmpl|jinja).*"
    r"|.*\.(?:pyi?|json|toml|ya?ml|cfg|ini|xml|html?|sh|js|css|in|csv|lock|svg|png)",
    re.IGNORECASE | re.DOTALL,
)
_ANYWHERE = re.compile(
    r"(?:licen[sc]|copying|notice|copyright|legal|eula)[^/]*$|/(?:licen[sc]es?|license_files)/", re.IGNORECASE
)
"""Names and folders of files that contain licenses, among others; a rule that finds none is certain."""

_FOLDERS = frozenset({"licenses", "license_files"})
"""Folders of dist-info with license files: that of the specification, and that of older build backends."""

_REUSE = "licenses"
"""The folder of an sdist with the texts of all licenses, with placeholders (https://reuse.software/spec/)."""


def may_hold_license(path: str) -> bool:
    """Return whether a member may be a license file of the root folder or of a dist-info folder."""
    name = path.rpartition("/")[2]
    folders = path.split("/", 4)[:-1]
    if not 1 <= len(folders) <= 2 or not (_NAMED.match(name) or folders[-1].lower() in _FOLDERS):
        return False
    return len(folders) == 1 or folders[1].lower() in _FOLDERS


def is_license_name(name: str) -> bool:
    """Return whether a file in the root folder has the name of a license."""
    return "/" not in name and _NAMED.match(name) is not None and not _NO_TEXT.fullmatch(name)


def top_files(distribution: Distribution) -> Iterator[str]:
    """Yield the paths of the project's license files, in every folder that build backends use."""
    for path in distribution.files:
        folder, _, name = path.rpartition("/")
        if not is_license_name(name):
            continue
        if isinstance(distribution, Sdist) and folder == distribution.root:
            yield path
        elif isinstance(distribution, Wheel) and distribution.dist_info:
            first, _, below = folder.partition("/")
            if first == distribution.dist_info and (not below or below.lower() in _FOLDERS):
                yield path


def has_license_file(distribution: Distribution) -> bool:
    """Return whether a file in any folder may contain the text of a license, by its name or by its folder."""
    return any(
        _ANYWHERE.search(path) and not path.lower().endswith((".py", ".pyi", ".pyc", ".js"))
        for path in distribution.files
    )


def is_main(path: str) -> bool:
    """Return whether a license file has the name of the license of the whole project."""
    return _MAIN.fullmatch(path.rpartition("/")[2]) is not None


def reuse_files(distribution: Distribution) -> Iterator[str]:
    """Yield the paths of the license texts in the folder ``LICENSES`` of an sdist."""
    if isinstance(distribution, Sdist) and distribution.root:
        for path in distribution.files:
            if path.lower().startswith(f"{distribution.root.lower()}/{_REUSE}/"):
                yield path


def unlisted_files(distribution: Distribution, metadata: CoreMetadata) -> Iterator[str]:
    """Yield the license files, identified by name or by folder, that no License-File names."""
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
                # LC101 reports a file that an older backend put into another folder.
                if rest not in listed and not (folder != "licenses" and rest.rpartition("/")[2] in names):
                    yield path
            elif not slash and _is_to_list(folder) and folder not in names:
                yield path


def _is_to_list(name: str) -> bool:
    # Real names have fewer than 100 characters; the limit bounds the time on hostile input.
    return len(name) <= 100 and bool(_TO_LIST.fullmatch(name)) and not _NO_TEXT.fullmatch(name)
