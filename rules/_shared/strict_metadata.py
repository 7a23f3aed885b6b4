"""What ``packaging`` refuses, by which uploaders and PyPI judge, as problems at their header fields."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from pkgaudit.api import CoreMetadata, HeaderField, Location, Problem, SetField, Severity, quoted
from pkgaudit.rules._shared.fields import (
    FIELDS,
    MOST,
    at,
    data_of,
    is_at_least,
    is_seen,
    is_sent,
    set_field,
    sound_fields,
)
from pkgaudit.rules._shared.index_words import (
    DATE,
    METADATA_VERSIONS,
    REFUSED,
    UNSENT,
    UNSENT_AND_REFUSED,
)
from pkgaudit.rules._shared.metadata_advice import instead_of
from pkgaudit.rules._shared.metadata_problems import REBUILD

MAX_LENGTH = 20_000
"""Characters of a value beyond which it is not judged: parsers take long for what no one writes. Chosen."""

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

NOT_DYNAMIC = frozenset({"metadata-version", "name", "version", "dynamic"})
"""The fields that Dynamic may not name.

https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic names the first three. PyPI
refuses Dynamic itself too, while packaging accepts it.
"""

REQUIREMENTS = frozenset({"requires-dist", "provides-dist", "obsoletes-dist"})
"""The fields whose values are dependency specifiers (PEP 508), as PyPI judges them."""

_OWN_WORDS = {
    "name": "a name is ASCII letters, digits, '.', '-' and '_', with a letter or digit at both ends",
    "provides-extra": "an extra is named like a project: ASCII letters, digits, '.', '-' and '_'",
    "version": "it does not follow the version specifiers specification (PEP 440)",
    "license-file": "it must be a relative path in normal form, with '/' and without '..' and '*'",
}
"""Texts in place of those of packaging, which only say that the value is invalid, or depend on
its version.
"""

# Two things that packaging refuses from 26.3 on, and PyPI, which runs 26.2, takes.
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
            f"while PyPI still took it on {DATE}",
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
    except Exception:  # parsers let more through than InvalidRequirement; what is wrong, MD104 says
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
        Requirement(value)  # of the three, packaging.metadata judges only Requires-Dist, PyPI all
        return
    field = FIELDS[key]
    raw: dict[str, Any] = {field.raw: [value] if field.repeats else value}
    getattr(Metadata.from_raw(cast(RawMetadata, raw), validate=False), field.raw)


def _words_of(error: BaseException) -> str:
    """Return the first line of what the innermost parser says."""
    while inner := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = inner
    lines = str(error).splitlines() or [type(error).__name__]
    # A line in a report is about as long; the parser may quote a value of any length.
    return lines[0].rpartition(" is invalid for ")[2].partition("; ")[2] or lines[0][:200]


def _as_before(expression: str) -> str:
    """Rewrite what packaging 26.3 began to refuse into what every version takes."""
    return _WITH.sub(r"or ( mit with \1 )", _LICENSE_REF.sub("mit", expression.lower()))


def version_problems(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield what is wrong with Metadata-Version, else a problem for each field that is newer than it."""
    stated = [field for field in metadata.fields if field.key == "metadata-version"]
    if not stated and not metadata.stray_line:
        yield Problem(
            f"there is no Metadata-Version; {UNSENT_AND_REFUSED}",
            Location(metadata.path),
            REBUILD,
            key="missing",
        )
    if len(stated) != 1 or not stated[0].is_utf8:
        return
    version = stated[0].value
    if version not in METADATA_VERSIONS:
        is_newer = version[:1].isdigit() and not is_at_least(METADATA_VERSIONS[-1], version)
        newer = f", and newer than what is known here of PyPI, which is of {DATE}" if is_newer else ""
        yield Problem(
            f"Metadata-Version {quoted(version)} is none of {', '.join(METADATA_VERSIONS)}{newer}; "
            f"{UNSENT_AND_REFUSED}",
            at(metadata, stated[0]),
            "build with a release of the build backend that writes one of these versions",
            key="version",
            data={"version": version, "versions": list(METADATA_VERSIONS)},
        )
        return
    told: set[str] = set()
    for field in metadata.fields:
        known = FIELDS.get(field.key)
        if (
            known
            and known.name not in told
            and is_sent(field, version)
            and not is_at_least(version, known.since)
        ):
            told.add(known.name)
            # What PyPI drops does not bother it.
            of_name = [each for each in metadata.fields if each.key == field.key]
            outcome = (
                UNSENT_AND_REFUSED if any(is_seen(metadata, each) for each in of_name[:MOST]) else UNSENT
            )
            yield Problem(
                f"{known.name} {quoted(field.value)} came with metadata version {known.since}, and the file "
                f"declares {version}; {outcome}",
                at(metadata, field),
                f"build with a release of the build backend that writes {known.since} or later",
                key=known.name,
                data={
                    "field": known.name,
                    "value": field.value,
                    "expected": known.since,
                    "actual": version,
                },
            )


def field_problems(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each field that is missing, or whose value is not what the specification allows."""
    counts = Counter(field.key for field in metadata.fields)
    for name in ("Name", "Version"):
        if not counts[name.lower()] and not metadata.stray_line:
            yield Problem(
                f"there is no {name}; {UNSENT_AND_REFUSED}",
                Location(metadata.path),
                SetField(name, "set it"),
                key=name.lower(),
                data={"field": name},
            )
    told: set[tuple[str, str]] = set()
    for field in sound_fields(metadata):
        if field.key in JUDGED and (field.key, field.value) not in told:
            told.add((field.key, field.value))
            yield from _value_problems(metadata, field)


def _value_problems(metadata: CoreMetadata, field: HeaderField) -> Iterator[Problem]:
    is_dropped = not is_seen(metadata, field)
    if is_dropped and field.key in ("name", "version"):
        yield Problem(
            f"{field.name} is {quoted(field.value)}, which PyPI drops, so that there is none; {REFUSED}",
            at(metadata, field),
            set_field(field, "set it"),
            key=field.key,
            data=data_of(field),
        )
        return
    if field.key == "import-name" and not field.value:
        return  # which says that there is none
    if len(field.value) > MAX_LENGTH:
        yield Problem(
            f"{field.name} has {len(field.value):,} characters; more than {MAX_LENGTH:,} are not judged",
            at(metadata, field),
            set_field(field, "shorten it"),
            Severity.WARNING,
            f"{field.key} long",
            data=data_of(field) | {"size": len(field.value), "limit": MAX_LENGTH},
        )
        return
    fault = invalid(field.key, field.value)
    is_known_to_index_alone = field.key in ("provides-dist", "obsoletes-dist")
    if fault is None or (is_dropped and is_known_to_index_alone):
        return
    reason, severity = fault
    said = f"{quoted(field.value)} is invalid: {reason}"
    first = instead_of(field.key, field.value, lambda value: invalid(field.key, value) is None)
    if is_dropped:
        said, first = f"is {quoted(field.value)}, which PyPI drops; {UNSENT}", "leave the field out"
    elif severity is Severity.ERROR:
        said = f"{said}; {REFUSED if is_known_to_index_alone else UNSENT_AND_REFUSED}"
    yield Problem(
        f"{field.name} {said}",
        at(metadata, field),
        set_field(field, first),
        severity,
        f"{field.key} {field.value}",
        data=data_of(field),
    )


def dynamic_problems(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each value of Dynamic that names no field, or one that may not be dynamic."""
    for field in sound_fields(metadata):
        if field.key != "dynamic":
            continue
        key = field.value.lower()
        if key in NOT_DYNAMIC:
            fault = "may not be dynamic"
        elif key not in FIELDS:
            fault = "is not a field of core metadata"
        else:
            continue
        is_sent_on = is_seen(metadata, field)  # what PyPI drops, uploaders refuse all the same
        outcome = UNSENT
        if is_sent_on:
            outcome = REFUSED if key == "dynamic" else UNSENT_AND_REFUSED  # which packaging takes for a field
        yield Problem(
            f"Dynamic names {quoted(field.value)}, which {fault}; {outcome}",
            at(metadata, field),
            set_field(field, "remove it there, or build with a current release of the build backend"),
            key=key,
            data=data_of(field),
        )
