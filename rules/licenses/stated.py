"""Compare the license that the metadata states with the texts of the license files."""

from __future__ import annotations

import re

from pkgaudit.api import CoreMetadata, HeaderField, Summaries
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.license_classifiers import identifiers_in, license_classifiers, meant_by
from pkgaudit.rules._shared.metadata_problems import set_fields
from pkgaudit.rules.licenses.files import is_main
from pkgaudit.rules.licenses.phrases import LicenseText, licenses, read_license

_OPEN = ("LicenseRef-", "any-OSI")
"""The beginnings of identifiers that do not mean a particular license."""

_WITHOUT_TEXT = frozenset({"0BSD", "BSL-1.0", "CC0-1.0", "FSFAP", "MIT-0", "Unlicense", "WTFPL", "Zlib"})
"""Licenses that do not require copies to include their text, or not copies of compiled code.

https://spdx.org/licenses/
"""

_NO_LICENSE = lazy(
    r"propriet|commercial|public domain|all rights|internal|private|unli[cm]|\bfree(?:ware)?\b|cc0|0bsd|wtfpl"
    r"|no attribution|zero-clause|none",
    re.IGNORECASE,
)
"""Words in License for terms without a well-known text."""

_LONGEST_NAME = 100
"""The most characters of a License that names a license; a longer value is the text itself. Chosen."""

_GNU = ("GPL-", "LGPL-", "AGPL-")
"""The families whose licenses allow "any later version", so the text may be that of another version."""


@dataclass(frozen=True)
class Stated:
    """The field that states the license, and the beginnings of the SPDX identifiers that it means."""

    field: HeaderField
    means: tuple[str, ...]

    @property
    def is_or_later(self) -> bool:
        """Whether it allows later versions."""
        text = self.field.value.lower()
        return "or-later" in text or "or later" in text or "+" in text


def stated_license(metadata: CoreMetadata) -> Stated | None:
    """Return the license that the metadata states, None if the statement is missing or indefinite."""
    for name in ("License-Expression", "License"):
        field = next(set_fields(metadata, name), None)
        found = identifiers_in(field.value.strip()) if field else None
        if field and found and (name == "License-Expression" or _is_supported(metadata, found)):
            return Stated(field, tuple(sorted(found)))
    if next(set_fields(metadata, "License-Expression"), None):
        return None
    classifiers = license_classifiers(metadata)
    if len(classifiers) != 1:
        return None
    means = meant_by(classifiers[0].value.strip())
    return Stated(classifiers[0], means) if means else None


def needs_text(metadata: CoreMetadata) -> HeaderField | None:
    """Return the field that names a license which requires copies to include its text, None otherwise."""
    if read_license(metadata.lenient.description or "").found:
        return None
    expression = next(set_fields(metadata, "License-Expression"), None)
    if expression is not None:
        found = identifiers_in(expression.value.strip()) or frozenset()
        needs = any(each not in _WITHOUT_TEXT and not each.startswith(_OPEN) for each in found)
        return expression if needs else None
    name = next(set_fields(metadata, "License"), None)
    if name is not None:
        value = name.value.strip()
        is_name = len(value) <= _LONGEST_NAME and "\n" not in value and not _NO_LICENSE.search(value)
        return name if is_name else None
    classifiers = license_classifiers(metadata)
    bound = [each for each in classifiers if "OSI Approved" in each.value]
    bound = [each for each in bound if not _NO_LICENSE.search(each.value)]
    return bound[0] if bound and bound == classifiers else None


def _is_supported(metadata: CoreMetadata, found: frozenset[str]) -> bool:
    """Return whether all license classifiers agree with License, which has no fixed form."""
    return all(
        any(each.startswith(meant_by(field.value.strip()) or ("?",)) for each in found)
        for field in license_classifiers(metadata)
    )


def contradiction(stated: Stated, paths: list[str], texts: Summaries[LicenseText]) -> str | None:
    """Return the path of the project's license file if its license is clearly not the stated one.

    Each license file must have the text of exactly one license, because an unrecognized text may be the
    stated license in another wording.
    """
    main = next(filter(is_main, paths), None)
    if main is None or any(each.startswith(_OPEN) for each in stated.means):
        return None
    for path in paths:
        text = texts.get(path)
        if text is None or not text.is_one or agrees(text.found[0], stated):
            return None
    return main


def agrees(name: str, stated: Stated) -> bool:
    """Return whether a license may be the stated one."""
    for means in licenses()[name].means:
        for each in stated.means:
            # A variant with one more clause contains the phrases of the text too. MIT-0, which has one clause
            # less, has its own phrases.
            if means.startswith(each) or (each.startswith(means) and each != "MIT-0"):
                return True
            # LGPL-3.0 is an addition to GPL-3.0, so projects include both texts.
            if means == "GPL-3.0" and each in ("LGPL-3.0", "LGPL-"):
                return True
            if stated.is_or_later and _kind(means) == _kind(each) != "":
                return True
    return False


def _kind(identifier: str) -> str:
    return next((each for each in _GNU if identifier.startswith(each)), "")
