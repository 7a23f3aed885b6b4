"""The licenses that classifiers and SPDX expressions name.

The classifiers: https://pypi.org/classifiers/; the identifiers: https://spdx.org/licenses/
"""

from __future__ import annotations

import re
from functools import lru_cache

from pkgaudit.api import CoreMetadata, HeaderField
from pkgaudit.rules._shared.metadata_problems import set_fields

LICENSE = "License ::"
"""The beginning of a license classifier."""

_LONGEST = 1000
"""The longest expression that is parsed. Real ones are shorter; the limit bounds the time."""

_MEANS: dict[str, tuple[str, ...]] = {
    "Academic Free License (AFL)": ("AFL-",),
    "Apache Software License": ("Apache-",),
    "Artistic License": ("Artistic-", "ClArtistic"),
    "BSD License": ("BSD-", "0BSD"),
    "Boost Software License 1.0 (BSL-1.0)": ("BSL-1.0",),
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": ("CC0-1.0",),
    "CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": ("CECILL-",),
    "Eclipse Public License 1.0 (EPL-1.0)": ("EPL-1.0",),
    "Eclipse Public License 2.0 (EPL-2.0)": ("EPL-2.0",),
    "European Union Public Licence 1.1 (EUPL 1.1)": ("EUPL-1.1",),
    "European Union Public Licence 1.2 (EUPL 1.2)": ("EUPL-1.2",),
    "GNU Affero General Public License v3": ("AGPL-3.0",),
    "GNU Affero General Public License v3 or later (AGPLv3+)": ("AGPL-3.0",),
    "GNU General Public License (GPL)": ("GPL-",),
    "GNU General Public License v2 (GPLv2)": ("GPL-2.0",),
    "GNU General Public License v2 or later (GPLv2+)": ("GPL-2.0",),
    "GNU General Public License v3 (GPLv3)": ("GPL-3.0",),
    "GNU General Public License v3 or later (GPLv3+)": ("GPL-3.0",),
    "GNU Lesser General Public License v2 (LGPLv2)": ("LGPL-2",),
    "GNU Lesser General Public License v2 or later (LGPLv2+)": ("LGPL-2",),
    "GNU Lesser General Public License v3 (LGPLv3)": ("LGPL-3.0",),
    "GNU Lesser General Public License v3 or later (LGPLv3+)": ("LGPL-3.0",),
    "GNU Library or Lesser General Public License (LGPL)": ("LGPL-",),
    "Historical Permission Notice and Disclaimer (HPND)": ("HPND", "MIT-CMU"),
    "ISC License (ISCL)": ("ISC",),
    "MIT License": ("MIT", "X11"),
    "MIT No Attribution License (MIT-0)": ("MIT-0",),
    "Mozilla Public License 1.0 (MPL)": ("MPL-1.0",),
    "Mozilla Public License 1.1 (MPL 1.1)": ("MPL-1.1",),
    "Mozilla Public License 2.0 (MPL 2.0)": ("MPL-2.0",),
    "Mulan Permissive Software License v2 (MulanPSL-2.0)": ("MulanPSL-2.0",),
    "Python Software Foundation License": ("PSF-", "Python-", "CNRI-Python"),
    "The Unlicense (Unlicense)": ("Unlicense",),
    "Universal Permissive License (UPL)": ("UPL-",),
    "University of Illinois/NCSA Open Source License": ("NCSA",),
    "Zero-Clause BSD (0BSD)": ("0BSD",),
    "Zope Public License": ("ZPL-",),
    "zlib/libpng License": ("Zlib", "Libpng", "libpng-2.0", "zlib-acknowledgement"),
}
"""The beginnings of SPDX identifiers, by the last part of the classifier.

Two kinds of classifiers are left out, so nothing contradicts them: indefinite ones ("Other/Proprietary
License", "Public Domain", "Freeware"), and those of rare licenses. A classifier without a version means each
version of its license. MIT includes X11, whose text differs in one sentence, and HPND includes MIT-CMU,
which Pillow states as its license.
"""


def license_classifiers(metadata: CoreMetadata) -> list[HeaderField]:
    """Return the header fields that are license classifiers."""
    return [each for each in set_fields(metadata, "Classifier") if each.value.strip().startswith(LICENSE)]


def meant_by(classifier: str) -> tuple[str, ...]:
    """Return the beginnings of the SPDX identifiers that a classifier may mean, none if it is indefinite."""
    return _MEANS.get(classifier.rpartition(" :: ")[2].strip(), ())


@lru_cache(maxsize=64)
def identifiers_in(expression: str) -> frozenset[str] | None:
    """Return the identifiers in an SPDX expression without exceptions, None if it is not an expression.

    Variants of an identifier are reduced to one: ``GPL-2.0-or-later`` and ``GPL-2.0+`` to ``GPL-2.0``.
    """
    if len(expression) > _LONGEST:
        return None
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        text = canonicalize_license_expression(expression)
    except (InvalidLicenseExpression, ValueError, RecursionError, MemoryError):
        return None
    bare = re.sub(r"\bWITH\s+[^\s()]+", " ", text)
    return frozenset(plain(each) for each in re.split(r"[\s()]+|\b(?:AND|OR)\b", bare) if each)


def plain(identifier: str) -> str:
    """Return an identifier without suffixes for later versions, and for exceptions in old identifiers."""
    found = re.sub(r"(?:-only|-or-later|\+)$", "", identifier)
    return re.sub(r"^(L?GPL-[0-9.]+)-with-.*", r"\1", found)


def agrees(classifier: str, identifiers: frozenset[str]) -> bool:
    """Return whether a classifier may mean one of the identifiers, or is indefinite."""
    means = meant_by(classifier)
    if not means or any(each.startswith("LicenseRef-") for each in identifiers):
        return True
    return any(each.startswith(means) for each in identifiers)


def contradicting(metadata: CoreMetadata) -> list[HeaderField]:
    """Return the license classifiers that mean a license outside License-Expression."""
    expression = next(set_fields(metadata, "License-Expression"), None)
    found = identifiers_in(expression.value.strip()) if expression else None
    if not found:
        return []
    return [each for each in license_classifiers(metadata) if not agrees(each.value.strip(), found)]
