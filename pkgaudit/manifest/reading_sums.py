"""Reads the checksums that ``sha256sum`` and similar programs write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.formatting import quoted
from pkgaudit.manifest.entries import Entries, numbered
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.model.release_files import Listed, Manifest

_PLAIN = re.compile(r"[ \t]*(\\?)([0-9A-Fa-f]{32,128})(?: [ *]|[ \t]\*?)(.+)")
"""A line with the digest first; other blanks occur in the output of other programs."""

_BSD = re.compile(r"(\\?)([A-Z][A-Z0-9-]{1,15}) ?\((.+)\) ?= ?([0-9A-Fa-f]+)")
"""A line in the form of BSD, which ``sha256sum --tag`` writes too."""

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}
"""The escapes in names of coreutils (src/digest.c, filename_unescape)."""

_DIGITS = 64
"""The hexadecimal digits of a sha256."""

_SHA256 = ("SHA256", "SHA2-256")
"""The names of the algorithm; the second one is that of OpenSSL 3."""

_WEAK = {32: "md5", 40: "sha1"}
"""The hash algorithms that are too weak, by the number of digits."""


def is_line(line: str) -> bool:
    """Return whether a line could be one of a list of checksums, perhaps of a wrong algorithm."""
    return bool(_PLAIN.fullmatch(line) or _BSD.fullmatch(line))


def parse(path: str, text: str) -> Manifest:
    """Return the manifest.

    Raises:
        ManifestError: a line is malformed, or two lines contradict each other.
    """
    entries = Entries(path)
    for entry in _entries(path, text):
        entries.add(entry)
    return Manifest(path, "a list of checksums", entries.all())


def _entries(path: str, text: str) -> Iterator[Listed]:
    for number, line in numbered(text):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path}: line {number}"
        if match := _PLAIN.fullmatch(line):
            escape, digest, name = match.groups()
            algorithm = _WEAK.get(len(digest), "")
        elif match := _BSD.fullmatch(line):
            escape, algorithm, name, digest = match.groups()
        else:
            raise ManifestError(f"{where} is malformed; write 'HASH  NAME', as sha256sum does")
        if algorithm and algorithm not in _SHA256:
            raise ManifestError(f"{where} has a hash of {algorithm.lower()}; sha256 is needed: use sha256sum")
        if len(digest) != _DIGITS:
            raise ManifestError(f"{where} has a hash of {len(digest)} digits; a sha256 has {_DIGITS}")
        yield Listed(number, _name(where, name, bool(escape)), (digest.lower(),))


def _name(where: str, name: str, is_escaped: bool) -> str:
    if is_escaped:
        if any(each not in _ESCAPED for each in _ESCAPE.findall(name)):
            raise ManifestError(f"{where} has a malformed escape in the name {quoted(name)}")
        name = _ESCAPE.sub(lambda match: _ESCAPED[match[1]], name)
    elif "\\" in name:
        raise ManifestError(
            f"{where} has a backslash in the name {quoted(name)}; write only the filename, "
            "or escape it as sha256sum does"
        )
    return name
