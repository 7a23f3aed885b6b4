"""What ``packaging`` refuses in the values of single fields, and whether the index refuses it too."""

from __future__ import annotations

import re
import warnings
from typing import Any, cast

from pkgaudit.api import Severity
from pkgaudit.rules._metadata_fields import FIELDS, INDEX_DATE

MAX_LENGTH = 20_000
"""Characters of a value beyond which it is not judged: parsers take long for what no one writes."""

JUDGED = frozenset(
    {
        "name",
        "version",
        "requires-python",
        "requires-dist",
        "provides-dist",
        "obsoletes-dist",
        "provides-extra",
        "license-expression",
        "license-file",
        "import-name",
        "import-namespace",
    }
)
"""The fields that MD104 looks at, by lower-case name. Others have rules of their own."""

REQUIREMENTS = frozenset({"requires-dist", "provides-dist", "obsoletes-dist"})

_OWN_WORDS = {
    "name": "a name is ASCII letters, digits, '.', '-' and '_', with a letter or digit at both ends",
    "provides-extra": "an extra is named like a project: ASCII letters, digits, '.', '-' and '_'",
    "version": "it does not follow the version specifiers specification (PEP 440)",
    "license-file": "it must be a relative path in normal form, with '/' and without '..' and '*'",
}

# Two things that packaging refuses from 26.3 on, and the index, which runs 26.2, takes.
_LICENSE_REF = re.compile(r"(?<![^\s()])licenseref-(?![^\s()])")
_WITH = re.compile(r"(?<![^\s)])with\s+([^\s()]+)")


def invalid(key: str, value: str) -> tuple[str, Severity] | None:
    """Return why a value is refused and how bad that is, None if it is valid."""
    if len(value) > MAX_LENGTH:
        return None
    reason = _reason(key, value)
    if reason is None:
        return None
    if key == "license-expression" and _reason(key, _as_before(value)) is None:
        return (
            f"{reason}; packaging 26.3, and uploaders that use it, refuse it, "
            f"while the index still took it on {INDEX_DATE}",
            Severity.WARNING,
        )
    return reason, Severity.ERROR


def is_direct_reference(value: str) -> bool:
    """Return whether a requirement is valid and names a URL instead of versions."""
    from packaging.requirements import Requirement

    if "@" not in value or len(value) > MAX_LENGTH:
        return False
    try:
        return Requirement(value).url is not None
    except Exception:  # what is wrong with it, MD104 says
        return False


def _reason(key: str, value: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _validate(key, value)
    except RecursionError:
        return "it is nested too deeply"
    except Exception as error:  # InvalidMetadata, and whatever a parser lets through
        return _OWN_WORDS.get(key) or _words_of(error)
    return None


def _validate(key: str, value: str) -> None:
    """Raise an exception if ``packaging`` refuses the value."""
    from packaging.metadata import Metadata, RawMetadata
    from packaging.requirements import Requirement

    if key in REQUIREMENTS:
        Requirement(value)  # of the three, packaging.metadata judges only Requires-Dist, the index all
        return
    field = FIELDS[key]
    raw: dict[str, Any] = {field.raw: [value] if field.repeats else value}
    getattr(Metadata.from_raw(cast(RawMetadata, raw), validate=False), field.raw)


def _words_of(error: BaseException) -> str:
    """Return the first line of what the innermost parser says."""
    while inner := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = inner
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rpartition(" is invalid for ")[2].partition("; ")[2] or lines[0][:200]


def _as_before(expression: str) -> str:
    """Rewrite what packaging 26.3 began to refuse into what every version takes."""
    return _WITH.sub(r"or ( mit with \1 )", _LICENSE_REF.sub("mit", expression.lower()))
