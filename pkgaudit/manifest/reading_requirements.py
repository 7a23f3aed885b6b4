"""Reads requirements files with hashes, as pip does in its hash mode.

https://pip.pypa.io/en/stable/topics/secure-installs/, https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from pkgaudit.formatting import quoted
from pkgaudit.manifest.entries import filename_in, numbered
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.model.distribution import make_distribution, normalize
from pkgaudit.model.release_files import Listed, Manifest

_NAME = r"[A-Za-z0-9][\w.-]{0,200}"
_VERSION = r"(===?)\s*([^\s;,*]+)|(@)\s*(\S+)|[<>~!=;(].*"
_PROJECT = re.compile(rf"({_NAME})\s*(?:\[[^\]]*\]\s*)?(?:{_VERSION})?", re.ASCII)
_PLACE = re.compile(r"(?:\.{0,2}/|[a-z+]{2,12}:)\S*", re.IGNORECASE)
_HASH = re.compile(r"\s--hash(?:=|\s+)(\S*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_REFUSED = ("-r", "--requirement", "-c", "--constraint")
"""Options that read other files, whose hashes would count too."""

_DIGITS = 64
"""The hexadecimal digits of a sha256."""


def is_line(line: str) -> bool:
    """Return whether a line could be one of a requirements file."""
    text = _HASH.split(f" {_COMMENT.sub('', line).removesuffix(chr(92))}")[0].strip()
    requirement = text.partition(";")[0].strip()
    return text.startswith("-") or bool(_PROJECT.fullmatch(requirement) or _PLACE.match(text))


def parse(path: str, text: str) -> Manifest:
    """Return the manifest. It has only the entries with hashes.

    Raises:
        ManifestError: a line is malformed or has no sha256, two lines contradict each other, the file reads
            another file, or no line has hashes.
    """
    found: dict[tuple[str, str, str], tuple[Listed, bool]] = {}
    for number, line in _lines(text):
        where = f"{path}: line {number}"
        if line.startswith("-"):
            _check_option(where, line)
            continue
        head, *hashes = _HASH.split(f" {line}")
        if not hashes:
            continue
        requirement, semicolon, _ = head.strip().partition(";")
        entry = _entry(where, number, requirement.strip(), _digests(where, hashes))
        key = entry.project, entry.version, entry.name
        known, has_marker = found.setdefault(key, (entry, bool(semicolon)))
        if known.sha256 != entry.sha256:
            if not (has_marker and semicolon):
                raise ManifestError(
                    f"{where} lists {quoted(requirement.strip())} twice with different hashes, first in line "
                    f"{known.line}; write the file again"
                )
            # Lines with markers are for different environments, so the release may have all their files.
            both = tuple(dict.fromkeys((*known.sha256, *entry.sha256)))
            found[key] = known._replace(sha256=both), True
    if not found:
        raise ManifestError(f"{path}: has no hashes; write it with 'pkgaudit manifest --format requirements'")
    entries = tuple(entry for entry, _ in found.values())
    return Manifest(path, "a requirements file", entries, is_complete=False)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines without comments, with the number of the first of continued lines."""
    joined: list[str] = []
    start = 0
    for number, line in chain(numbered(text), [(0, "")]):
        start = start if joined else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            joined.append(line[:-1])
            continue
        joined.append(line)
        made = " ".join(joined)
        joined = []
        if "#" in made:
            made = _COMMENT.sub("", made)
        if made := made.strip():
            yield start, made


def _check_option(where: str, line: str) -> None:
    option = re.split(r"[\s=]", line, maxsplit=1)[0]
    if option in _REFUSED or line.startswith(("-r", "-c")):
        raise ManifestError(f"{where} reads another file, which pkgaudit does not follow; give one file")
    if option == "--hash":
        raise ManifestError(
            f"{where} has a hash without a requirement, which pip ignores; end the line before it with '\\'"
        )


def _digests(where: str, hashes: list[str]) -> tuple[str, ...]:
    """Return the sha256 digests; the list has each hash, and after it the text up to the next one."""
    if any(each.strip() for each in hashes[1::2]):
        raise ManifestError(f"{where} has text between its hashes; write one --hash=sha256:… after another")
    found = []
    for each in hashes[::2]:
        algorithm, _, digest = each.partition(":")
        if algorithm.lower() != "sha256":
            continue
        if not re.fullmatch("[0-9A-Fa-f]*", digest) or len(digest) != _DIGITS:
            raise ManifestError(f"{where} has a sha256 that does not have {_DIGITS} hexadecimal digits")
        found.append(digest.lower())
    if not found:
        raise ManifestError(f"{where} has no hash of sha256, which is needed; write it as --hash=sha256:…")
    return tuple(found)


def _entry(where: str, number: int, requirement: str, digests: tuple[str, ...]) -> Listed:
    is_place = _PLACE.match(requirement) or (" " not in requirement and make_distribution(requirement))
    if is_place and (name := filename_in(requirement)):
        return Listed(number, name, digests)
    match = _PROJECT.fullmatch(requirement)
    if match is None:
        raise ManifestError(f"{where} is malformed: {quoted(requirement)} is not a requirement")
    name, _, version, at, url = match.groups()
    return Listed(number, filename_in(url) if at else "", digests, normalize(name), version or "")
