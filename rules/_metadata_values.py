"""What PyPI adds to the specification: faults of values, as problems at their header fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import CoreMetadata, HeaderField, Problem, Severity, quoted
from pkgaudit.rules._index import (
    DATE,
    REFUSED,
    UNSENT,
    UNSENT_AND_REFUSED,
)
from pkgaudit.rules._metadata_email import address_fault, single_address
from pkgaudit.rules._metadata_fields import (
    at,
    set_field,
    values_of,
)
from pkgaudit.rules._metadata_strict import REQUIREMENTS, invalid, is_direct_reference
from pkgaudit.rules._metadata_url import url_fault

SUMMARY_LIMIT = 512
"""Characters that a Summary may have."""

LABEL_LIMIT = 32
"""Characters that the label of a Project-URL may have."""


@cache
def classifier_list() -> str:
    """Return which list of classifiers is used; the version of trove-classifiers is the day it was made."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"trove-classifiers {version('trove-classifiers')}"
    except PackageNotFoundError:
        return "a trove-classifiers of unknown date"


def local_versions(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for a version with a local part."""
    for field in values_of(metadata, "version"):
        public, plus, local = field.value.partition("+")
        if plus and not invalid("version", field.value):
            first = (
                f"set the version to {quoted(public.strip())}; if it is derived from version control, build "
                "from a clean checkout of the release tag or turn the local part off"
            )
            yield Problem(
                f"the version {quoted(field.value)} has a local part ({quoted(plus + local)}); {REFUSED}",
                at(metadata, field),
                set_field(field, first),
                key="local",
            )


def long_summaries(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for a Summary that is too long or has more than one line."""
    for field in values_of(metadata, "summary"):
        severity = None
        if "\n" in field.value:
            fault = f"has more than one line; {UNSENT_AND_REFUSED}"
        elif len(field.value) > SUMMARY_LIMIT:
            fault = f"has {len(field.value):,} characters, more than {SUMMARY_LIMIT}; {REFUSED}"
        elif len(f"{field.value}.".splitlines()) > 1:
            fault = (
                f"has a character that ends a line; with packaging 26.3 {UNSENT}, "
                f"while PyPI still took it on {DATE}"
            )
            severity = Severity.WARNING
        else:
            continue
        fix = set_field(field, f"shorten it to one line of at most {SUMMARY_LIMIT} characters")
        yield Problem(f"Summary {quoted(field.value)} {fault}", at(metadata, field), fix, severity, "summary")


def invalid_classifiers(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each classifier that is not in the list, or is deprecated."""
    fields = [
        field
        for field in values_of(metadata, "classifier")
        if not field.value.lower().startswith("private ::")
    ]
    if not fields:
        return
    from trove_classifiers import classifiers, deprecated_classifiers

    for field in {field.value: field for field in reversed(fields)}.values():
        value = field.value
        if value in classifiers:
            continue
        if value in deprecated_classifiers:
            instead = " or ".join(map(repr, deprecated_classifiers[value]))
            fault = f"the classifier {quoted(value)} is deprecated"
            first = f"replace it by {instead}" if instead else "remove it; nothing replaces it"
        else:
            near = difflib.get_close_matches(value[:120].strip(), classifiers, n=1, cutoff=0.8)
            fault = (
                f"the classifier {quoted(value)} is not in the list, which is that of {classifier_list()}, "
                "whose version is its day: one that was added later would be taken"
            )
            first = (
                f"did you mean {near[0]!r}?"
                if near
                else "remove it, or pick one of https://pypi.org/classifiers/"
            )
        yield Problem(f"{fault}; {REFUSED}", at(metadata, field), set_field(field, first), key=value)


def private_classifiers(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for the first classifier that asks never to be uploaded."""
    for field in values_of(metadata, "classifier"):
        if field.value.lower().startswith("private ::"):
            yield Problem(
                f"the classifier {quoted(field.value)} asks never to be uploaded; {REFUSED}",
                at(metadata, field),
                set_field(field, "do not upload it; or remove the classifier"),
                key="private",
            )
            return


def invalid_emails(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for Author-email and Maintainer-email if PyPI refuses the address."""
    for field in values_of(metadata, "author-email", "maintainer-email"):
        address = single_address(field.value)
        fault = address_fault(address) if address else None
        if fault:
            read = "" if address == field.value else f", which is read as the address {quoted(address)}"
            yield Problem(
                f"{field.name} {quoted(field.value)}{read}: {fault}; {REFUSED}",
                at(metadata, field),
                set_field(field, "give an address that exists, or leave it out"),
                key=f"{field.key} {address}",
            )


def invalid_urls(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each URL, and each label of one, that PyPI refuses."""
    for field in values_of(metadata, "home-page", "download-url"):
        fault = url_fault(field.value)
        if fault:
            yield _url_problem(metadata, field, fault, REFUSED)
    labels: set[str] = set()
    for field in values_of(metadata, "project-url"):
        label, comma, url = (part.strip() for part in field.value.partition(","))
        fault = _project_url_fault(label, comma, url)
        if fault:
            yield _url_problem(metadata, field, fault, REFUSED)
        elif label in labels:
            fault = f"the label {quoted(label)} is given a second time"
            yield _url_problem(metadata, field, fault, UNSENT_AND_REFUSED)
        labels.add(label)


def _project_url_fault(label: str, comma: str, url: str) -> str | None:
    if not comma:
        return "it is not a label and a URL with a comma between"
    if not label:
        return "it has no label"
    if len(label) > LABEL_LIMIT:
        return f"its label has {len(label)} characters, more than {LABEL_LIMIT}"
    return url_fault(url) if url else "it has no URL"


def _url_problem(metadata: CoreMetadata, field: HeaderField, fault: str, outcome: str) -> Problem:
    first = "give an https:// URL"
    if field.key == "project-url":
        first = f"give an https:// URL and a label of at most {LABEL_LIMIT} characters, each label once"
    return Problem(
        f"{field.name} {quoted(field.value)}: {fault}; {outcome}",
        at(metadata, field),
        set_field(field, first),
        key=f"{field.key} {field.value}",
    )


def direct_references(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each requirement that names a URL instead of versions."""
    for field in values_of(metadata, *REQUIREMENTS):
        if is_direct_reference(field.value):
            yield Problem(
                f"{field.name} {quoted(field.value)} is a direct reference; {REFUSED}",
                at(metadata, field),
                set_field(field, "require a version that is on PyPI instead"),
                key=field.value,
            )
