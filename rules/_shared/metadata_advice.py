"""Replacements for the values that MD104 reports; each proposed value is valid."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

from pkgaudit.late import lazy

IsValid = Callable[[str], bool]

_LONGEST = 200
"""The longest value for which a replacement is proposed. Chosen: the intended value cannot be guessed from a
longer text. The limit also bounds the time on hostile input.
"""

# Common values of Requires-Python that are not specifiers: "3.8", "3.8+", "Python 3.8", "^3.8", "3.x".
_VERSION = r"\d{1,4}(?:\.\d{1,4}){0,3}"
_PLAIN_PYTHON = lazy(rf"(?:c?python)?[\s=^~v>-]*({_VERSION})(?:\.[*x]|\s*\+)?", re.IGNORECASE)
# "3.8 - 3.12", "3.8..3.12", "3.8 to 3.12": only the lower bound of a range is proposed.
_PYTHON_RANGE = lazy(rf"({_VERSION})\s*(?:-|\.\.|to)\s*{_VERSION}", re.IGNORECASE)

_BSD = ("BSD-3-Clause", "BSD-2-Clause")
_LICENSES: dict[str, tuple[str, ...]] = {
    "apache": ("Apache-2.0",),
    "apache 2": ("Apache-2.0",),
    "asl 2": ("Apache-2.0",),
    "boost": ("BSL-1.0",),
    "bsd": _BSD,
    "bsd style": _BSD,
    "bsd 2": ("BSD-2-Clause",),
    "bsd 3": ("BSD-3-Clause",),
    "2 clause bsd": ("BSD-2-Clause",),
    "bsd 2 clause": ("BSD-2-Clause",),
    "simplified bsd": ("BSD-2-Clause",),
    "3 clause bsd": ("BSD-3-Clause",),
    "bsd 3 clause": ("BSD-3-Clause",),
    "modified bsd": ("BSD-3-Clause",),
    "new bsd": ("BSD-3-Clause",),
    "revised bsd": ("BSD-3-Clause",),
    "cc 0": ("CC0-1.0",),
    "eclipse public 2": ("EPL-2.0",),
    "expat": ("MIT",),
    "isc": ("ISC",),
    "mit": ("MIT",),
    "mit x 11": ("MIT",),
    "mozilla public 2": ("MPL-2.0",),
    "mpl": ("MPL-2.0",),
    "mpl 2": ("MPL-2.0",),
    "psf": ("PSF-2.0",),
    "python": ("PSF-2.0",),
    "python foundation": ("PSF-2.0",),
    "public domain": ("Unlicense", "CC0-1.0"),
    "unlicense": ("Unlicense",),
    "zlib": ("Zlib",),
    "zope public 2 1": ("ZPL-2.1",),
    "all rights reserved": ("LicenseRef-Proprietary",),
    "commercial": ("LicenseRef-Proprietary",),
    "closed source": ("LicenseRef-Proprietary",),
    "proprietary": ("LicenseRef-Proprietary",),
}
"""SPDX identifiers by common names of licenses, reduced by `_words`. The list: https://spdx.org/licenses/"""

# The GNU licenses, as `_words` reduces them: "gpl 3", "lgpl 2 1 or later", "agpl".
_GNU = lazy(
    r"(?P<kind>a|l)?gpl(?: (?P<number>[1-3])(?: (?P<minor>1))?)?(?P<later> (?:or later|\+))?(?: only)?"
)


def instead_of(key: str, value: str, is_valid: IsValid) -> str:
    """Return the remedy for an invalid value of a field, given by its lower-case name."""
    value = value.strip()
    short = value if len(value) <= _LONGEST else ""
    if key == "requires-python":
        found = next(filter(is_valid, _specifiers(short)), None)
        return f"write {found!r}" if found else "write a version specifier such as '>=3.10'"
    if key == "license-expression":
        near = [each for each in _expressions(short) if is_valid(each)]
        if near:
            return f"write an SPDX expression; did you mean {' or '.join(map(repr, near[:2]))}?"
        return "write an SPDX expression such as 'MIT' (the identifiers are at https://spdx.org/licenses/)"
    if key in ("requires-dist", "provides-dist", "obsoletes-dist"):
        return "correct the requirement"
    if key in ("name", "provides-extra"):
        found = re.sub(r"[^\w.-]+", "-", short).strip("-._")
        return f"write {found!r}, for example" if found and is_valid(found) else "give another name"
    if key == "version":
        return "give a version such as '1.0', '1.0rc1' or '1.0.post1'"
    if key == "license-file":
        return "name the file by its path from the project's folder"
    return "change the value"


def _specifiers(value: str) -> Iterable[str]:
    """Yield specifiers that an invalid Requires-Python may mean."""
    yield re.sub(r"([<>]=?|~=)(\s*\d[\d.]{0,20})\.\*", r"\1\2", value)
    yield re.sub(r"(?<=[\d*])[\s;]+(?=[<>=!~])", ",", value)
    plain = _PLAIN_PYTHON.fullmatch(value) or _PYTHON_RANGE.fullmatch(value)
    if plain and "." in plain[1]:  # a bare 3 does not say which minor version is meant
        yield f">={plain[1]}"


def _expressions(value: str) -> Iterable[str]:
    """Yield expressions that an invalid License-Expression may mean, the likeliest first."""
    words = _words(value)
    if words in _LICENSES:
        yield from _LICENSES[words]
        return
    gnu = _GNU.fullmatch(words)
    if gnu:
        yield from _gnu_licenses(gnu)
        return
    parts = [each.strip() for each in value.split("/")]
    if 1 < len(parts) < 5 and all(parts):  # "MIT/Apache-2.0"; with more slashes it is a URL or a path
        yield " OR ".join(next(iter(_expressions(each)), each) for each in parts)
        return
    known = _identifiers()
    # difflib takes quadratic time, and the longest identifier has 36 characters. The cutoff is chosen.
    for near in difflib.get_close_matches(value.lower()[:60], known, n=2, cutoff=0.75):
        yield known[near]


def _words(value: str) -> str:
    """Reduce a license's name to its key words: ``The Apache License, Version 2.0`` to ``apache 2``."""
    text = re.sub(r"\([^()]{0,60}\)", " ", value.lower())
    for kind in ("affero", "lesser", "library", ""):
        name = f"{kind} general public".strip()
        text = text.replace(name, {"affero": "agpl", "": "gpl"}.get(kind, "lgpl"))
    text = re.sub(r"v(?:er(?:sion)?)?\.?\s*(?=\d)", " ", text)
    text = re.sub(r"(?<=[a-z])(?=\d)", " ", text)
    text = re.sub(r"[^a-z0-9+]+", " ", text.replace("+", " + "))
    text = re.sub(r"\b(?:the|gnu|licen[cs]ed?|under|software|version)\b", " ", text)
    text = re.sub(r"(?<=\d) 0\b", "", text)
    return re.sub(r"\s+", " ", text).replace("or newer", "or later").strip()


def _gnu_licenses(found: re.Match[str]) -> Iterable[str]:
    kind = found["kind"] or ""
    number = f"{found['number']}.{found['minor'] or '0'}" if found["number"] else ""
    # Without a number the current version is proposed, which is 3.0 for all three licenses.
    name = f"{kind.upper()}GPL-{number or '3.0'}"
    yield f"{name}-or-later"
    if not found["later"]:
        yield f"{name}-only"


def _identifiers() -> dict[str, str]:
    """Return the SPDX identifiers that are not deprecated, by their lower-case form."""
    try:
        from packaging.licenses._spdx import LICENSES
    except ImportError:  # a private module of packaging
        return {}
    return {key: each["id"] for key, each in LICENSES.items() if not each["deprecated"]}
