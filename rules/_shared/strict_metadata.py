"""The fields that ``packaging`` rejects, and so uploaders and PyPI, as problems at their header fields."""

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
"""The longest value that is checked, in characters. Chosen: real ones are shorter, and parsers are slow."""

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
"""The fields that MD104 checks, by lower-case name. Other fields have their own rules."""

NOT_DYNAMIC = frozenset({"metadata-version", "name", "version", "dynamic"})
"""The fields that Dynamic must not list.

https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic names the first three. PyPI
also rejects Dynamic itself, which packaging accepts.
"""

REQUIREMENTS = frozenset({"requires-dist", "provides-dist", "obsoletes-dist"})
"""The fields whose values PyPI checks as dependency specifiers (PEP 508)."""

_OWN_WORDS = {
    "name": "a name has only ASCII letters, digits, '.', '-' and '_', and a letter or digit at both ends",
    "provides-extra": "an extra has only ASCII letters, digits, '.', '-' and '_', like a project name",
    "version": "it does not follow the version specifiers specification (PEP 440)",
    "license-file": "it must be a relative path in normal form, with '/' and without '..' and '*'",
}
"""Reasons that replace those of packaging, which only state that the value is invalid, or depend on the
version of packaging.
"""

# Two spellings that packaging rejects from 26.3 on, and that PyPI, which runs 26.2, accepts.
_LICENSE_REF = re.compile(r"(?<![^\s()])licenseref-(?![^\s()])")
_WITH = re.compile(r"(?<![^\s)])with\s+([^\s()]+)")


def invalid(key: str, value: str) -> tuple[str, Severity] | None:
    """Return the reason for which a value is rejected and the severity, None if it is valid."""
    if len(value) > MAX_LENGTH:
        return None
    reason = _reason(key, value)
    if reason is None:
        return None
    if key == "license-expression" and _reason(key, _as_before(value)) is None:
        return (
            f"{reason}; packaging 26.3, and uploaders that use it, reject the file, "
            f"while PyPI still accepted it on {DATE}",
            Severity.WARNING,
        )
    return reason, Severity.ERROR


def is_direct_reference(value: str) -> bool:
    """Return whether a requirement is valid and has a URL instead of versions."""
    from packaging.requirements import Requirement

    if "@" not in value or len(value) > MAX_LENGTH:
        return False
    try:
        return Requirement(value).url is not None
    except MemoryError:
        raise  # says nothing about the value
    except Exception:  # parsers raise more than InvalidRequirement; MD104 reports the fault
        return False


def _reason(key: str, value: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _validate(key, value)
    except RecursionError:
        return "it is nested too deeply"
    except MemoryError:
        raise  # says nothing about the value
    except Exception as error:  # InvalidMetadata, and any exception of a parser
        return _OWN_WORDS.get(key) or _words_of(error)
    return None


def _validate(key: str, value: str) -> None:
    """Raise an exception if ``packaging`` rejects the value."""
    from packaging.metadata import Metadata, RawMetadata
    from packaging.requirements import Requirement

    if key in REQUIREMENTS:
        Requirement(value)  # packaging.metadata checks only Requires-Dist, PyPI all three fields
        return
    field = FIELDS[key]
    raw: dict[str, Any] = {field.raw: [value] if field.repeats else value}
    getattr(Metadata.from_raw(cast(RawMetadata, raw), validate=False), field.raw)


def _words_of(error: BaseException) -> str:
    """Return the first line of the innermost parser's message."""
    while inner := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = inner
    lines = str(error).splitlines() or [type(error).__name__]
    # About two lines of a report; the parser may quote a value of any length.
    return lines[0].rpartition(" is invalid for ")[2].partition("; ")[2] or lines[0][:200]


def _as_before(expression: str) -> str:
    """Rewrite spellings that packaging rejects from 26.3 on into ones that every version accepts."""
    return _WITH.sub(r"or ( mit with \1 )", _LICENSE_REF.sub("mit", expression.lower()))


def version_problems(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield the problem of Metadata-Version, else a problem for each field that is newer than the version."""
    stated = [field for field in metadata.fields if field.key == "metadata-version"]
    if not stated and not metadata.stray_line:
        yield Problem(
            f"the core metadata has no Metadata-Version; {UNSENT_AND_REFUSED}",
            Location(metadata.path),
            REBUILD,
            key="missing",
        )
    if len(stated) != 1 or not stated[0].is_utf8:
        return
    version = stated[0].value
    if version not in METADATA_VERSIONS:
        is_newer = version[:1].isdigit() and not is_at_least(METADATA_VERSIONS[-1], version)
        newer = f"; it is newer than the data of this audit on PyPI, which is of {DATE}" if is_newer else ""
        yield Problem(
            f"Metadata-Version {quoted(version)} is not one of {', '.join(METADATA_VERSIONS)}{newer}; "
            f"{UNSENT_AND_REFUSED}",
            at(metadata, stated[0]),
            "build with a release of the build backend that writes one of these versions",
            key="version",
            data={"version": version, "versions": list(METADATA_VERSIONS)},
        )
        return
    reported: set[str] = set()
    for field in metadata.fields:
        known = FIELDS.get(field.key)
        if (
            known
            and known.name not in reported
            and is_sent(field, version)
            and not is_at_least(version, known.since)
        ):
            reported.add(known.name)
            # PyPI does not reject a field that it drops.
            of_name = [each for each in metadata.fields if each.key == field.key]
            outcome = (
                UNSENT_AND_REFUSED if any(is_seen(metadata, each) for each in of_name[:MOST]) else UNSENT
            )
            yield Problem(
                f"{known.name} {quoted(field.value)} needs metadata version {known.since}, but the file "
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
    """Yield a problem for each field that is missing, or whose value the specification does not allow."""
    counts = Counter(field.key for field in metadata.fields)
    for name in ("Name", "Version"):
        if not counts[name.lower()] and not metadata.stray_line:
            yield Problem(
                f"the core metadata has no {name}; {UNSENT_AND_REFUSED}",
                Location(metadata.path),
                SetField(name, "set it"),
                key=name.lower(),
                data={"field": name},
            )
    reported: set[tuple[str, str]] = set()
    for field in sound_fields(metadata):
        if field.key in JUDGED and (field.key, field.value) not in reported:
            reported.add((field.key, field.value))
            yield from _value_problems(metadata, field)


def _value_problems(metadata: CoreMetadata, field: HeaderField) -> Iterator[Problem]:
    is_dropped = not is_seen(metadata, field)
    if is_dropped and field.key in ("name", "version"):
        yield Problem(
            f"{field.name} is {quoted(field.value)}, which PyPI drops, so the file has none; {REFUSED}",
            at(metadata, field),
            set_field(field, "set it"),
            key=field.key,
            data=data_of(field),
        )
        return
    if field.key == "import-name" and not field.value:
        return  # an empty Import-Name declares that the distribution has no import names
    if len(field.value) > MAX_LENGTH:
        yield Problem(
            f"{field.name} has {len(field.value):,} characters; more than {MAX_LENGTH:,} are not checked",
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
    """Yield a problem for each value of Dynamic that is not a field, or that must not be dynamic."""
    for field in sound_fields(metadata):
        if field.key != "dynamic":
            continue
        key = field.value.lower()
        if key in NOT_DYNAMIC:
            fault = "must not be dynamic"
        elif key not in FIELDS:
            fault = "is not a field of core metadata"
        else:
            continue
        is_sent_on = is_seen(metadata, field)  # uploaders also reject values that PyPI drops
        outcome = UNSENT
        if is_sent_on:
            outcome = REFUSED if key == "dynamic" else UNSENT_AND_REFUSED  # packaging accepts "dynamic"
        yield Problem(
            f"Dynamic lists {quoted(field.value)}, which {fault}; {outcome}",
            at(metadata, field),
            set_field(field, "remove it there, or build with a current release of the build backend"),
            key=key,
            data=data_of(field),
        )
