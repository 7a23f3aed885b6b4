"""What the index refuses in classifiers, e-mail addresses and URLs, as problems at their header fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import CoreMetadata, HeaderField, Problem, quoted
from pkgaudit.rules._metadata_email import address_fault, single_address
from pkgaudit.rules._metadata_fields import at, set_in, values_of
from pkgaudit.rules._metadata_url import url_fault

LABEL_LIMIT = 32
"""Characters that the label of a Project-URL may have."""


@cache
def classifier_list_date() -> str:
    """Return the version of the list of classifiers, which is the day it was made."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("trove-classifiers")
    except PackageNotFoundError:
        return "of unknown date"


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
            replacements = deprecated_classifiers[value]
            instead = " or ".join(map(repr, replacements))
            yield Problem(
                f"the classifier {quoted(value)} is deprecated and the index refuses it",
                at(metadata, field),
                f"replace it by {instead}" if instead else "remove it; nothing replaces it",
                key=value,
            )
        else:
            near = difflib.get_close_matches(value[:120].strip(), classifiers, n=1, cutoff=0.8)
            yield Problem(
                f"{quoted(value)} is not a known classifier and the index refuses it "
                f"(the list is trove-classifiers {classifier_list_date()}; one added later would be taken)",
                at(metadata, field),
                f"did you mean {near[0]!r}?"
                if near
                else "remove it, or pick one of https://pypi.org/classifiers/",
                key=value,
            )


def invalid_emails(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for Author-email and Maintainer-email if the index refuses the address."""
    for field in values_of(metadata, "author-email", "maintainer-email"):
        address = single_address(field.value)
        fault = address_fault(address) if address else None
        if fault:
            yield Problem(
                f"{field.name}: the index reads the address {quoted(address)} and refuses it: {fault}",
                at(metadata, field),
                f"give an address that exists, or leave it out{set_in(field)}",
                key=f"{field.key} {address}",
            )


def invalid_urls(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each URL, and each label of one, that the index refuses."""
    for field in values_of(metadata, "home-page", "download-url"):
        fault = url_fault(field.value)
        if fault:
            yield _url_problem(
                metadata,
                field,
                f"{field.name} {quoted(field.value)} is not a URL that the index takes: {fault}",
            )
    labels: set[str] = set()
    for field in values_of(metadata, "project-url"):
        label, comma, url = (part.strip() for part in field.value.partition(","))
        fault = _project_url_fault(label, comma, url, label in labels)
        labels.add(label)
        if fault:
            yield _url_problem(
                metadata, field, f"Project-URL {quoted(field.value)}: {fault}; the index refuses it"
            )


def _project_url_fault(label: str, comma: str, url: str, is_repeated: bool) -> str | None:
    if not comma:
        return "it is not a label and a URL with a comma between"
    if not label:
        return "it has no label"
    if len(label) > LABEL_LIMIT:
        return f"its label has {len(label)} characters, more than {LABEL_LIMIT}"
    if is_repeated:
        return f"the label {quoted(label)} is given a second time"
    if not url:
        return "it has no URL"
    return url_fault(url)


def _url_problem(metadata: CoreMetadata, field: HeaderField, message: str) -> Problem:
    fix = f"give a label of at most {LABEL_LIMIT} characters, each once, and an https:// URL{set_in(field)}"
    if field.key != "project-url":
        fix = f"give an https:// URL{set_in(field)}"
    return Problem(message, at(metadata, field), fix, key=f"{field.key} {field.value}")
