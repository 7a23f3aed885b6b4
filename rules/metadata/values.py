"""Requirements of PyPI beyond the specification: faults of values, as problems at their header fields."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from pkgaudit.api import CoreMetadata, HeaderField, Problem, Severity, quoted
from pkgaudit.rules._shared.fields import (
    at,
    data_of,
    set_field,
    values_of,
)
from pkgaudit.rules._shared.index_words import (
    DATE,
    REFUSED,
    UNSENT,
    UNSENT_AND_REFUSED,
)
from pkgaudit.rules._shared.strict_metadata import REQUIREMENTS, invalid, is_direct_reference
from pkgaudit.rules.metadata.addresses import address_fault, single_address
from pkgaudit.rules.metadata.urls import url_fault

SUMMARY_LIMIT = 512
"""The most characters of a Summary that PyPI accepts (warehouse/forklift/metadata.py)."""

LABEL_LIMIT = 32
"""The most characters of a Project-URL label that PyPI accepts (warehouse/forklift/metadata.py).

The specification has the same limit:
https://packaging.python.org/en/latest/specifications/core-metadata/#project-url-multiple-use
"""

_HOST_FIRST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/\S*)?")
"""A URL without a scheme."""


def length_as_sent(value: str) -> int:
    r"""Return the number of characters that PyPI counts: it writes NUL as the four characters ``\x00``."""
    return len(value) + 3 * value.count("\0")  # warehouse/forklift/decorators.py


@cache
def classifier_list() -> str:
    """Return the date of the classifier list in use; the version of trove-classifiers is its date."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("trove-classifiers")
    except PackageNotFoundError:
        return "trove-classifiers with an unknown date"
    day = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})(?!\d)", found)
    if day is None:
        return f"trove-classifiers {found}"
    return f"trove-classifiers of {day[1]}-{int(day[2]):02}-{int(day[3]):02}"


def local_versions(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for a version with a local part."""
    for field in values_of(metadata, "version"):
        public, plus, local = field.value.partition("+")
        if plus and not invalid("version", field.value):
            first = (
                f"set the version to {quoted(public.strip())}; if it is derived from version control, build "
                "from a clean checkout of the release tag or disable the local part"
            )
            yield Problem(
                f"the version {quoted(field.value)} has a local part ({quoted(plus + local)}); {REFUSED}",
                at(metadata, field),
                set_field(field, first),
                key="local",
                data={"version": field.value, "value": plus + local},
            )


def long_summaries(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for a Summary that is too long or has more than one line."""
    for field in values_of(metadata, "summary"):
        severity = None
        if "\n" in field.value:
            fault = f"has more than one line; {UNSENT_AND_REFUSED}"
        elif length_as_sent(field.value) > SUMMARY_LIMIT:
            fault = f"has {length_as_sent(field.value):,} characters, more than {SUMMARY_LIMIT}; {REFUSED}"
        elif len(f"{field.value}.".splitlines()) > 1:
            fault = (
                f"contains a line-ending character; with packaging 26.3 {UNSENT}, "
                f"while PyPI still accepted it on {DATE}"
            )
            severity = Severity.WARNING
        else:
            continue
        line = " ".join(field.value.split())
        fix = set_field(
            field,
            f"shorten the summary to one line of at most {SUMMARY_LIMIT} characters",
            None if length_as_sent(line) > SUMMARY_LIMIT else [line],
        )
        message = f"Summary {quoted(field.value)} {fault}"
        data = data_of(field) | {"size": length_as_sent(field.value), "limit": SUMMARY_LIMIT}
        yield Problem(message, at(metadata, field), fix, severity, "summary", data=data)


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
        right: list[str] | None
        is_guess = False
        if value in classifiers:
            continue
        if value in deprecated_classifiers:
            instead = " or ".join(map(repr, deprecated_classifiers[value]))
            fault = f"the classifier {quoted(value)} is deprecated"
            first = f"replace it with {instead}" if instead else "remove it; it has no replacement"
            successors = deprecated_classifiers[value]
            right = None if len(successors) > 1 else successors
        else:
            # The longest classifier has 94 characters, and difflib takes quadratic time. The cutoff is
            # chosen; it is higher than elsewhere because many classifiers share a long prefix.
            near = difflib.get_close_matches(value[:120].strip(), classifiers, n=1, cutoff=0.8)
            fault = f"{quoted(value)} is not a classifier that PyPI knows ({classifier_list()})"
            first = (
                f"did you mean {near[0]!r}? If not, remove the classifier"
                if near
                else "remove the classifier, or choose one from https://pypi.org/classifiers/"
            )
            first += ", or update trove-classifiers if PyPI has added the classifier since"
            right, is_guess = near or None, bool(near) and _letters(near[0]) != _letters(value)
        message = f"{fault}; {REFUSED}"
        fix = set_field(field, first, right, is_guess=is_guess)
        yield Problem(message, at(metadata, field), fix, key=value, data={"classifier": value})


def _letters(classifier: str) -> str:
    """Return a classifier without differences of case and spaces, which never distinguish two of the list."""
    return re.sub(r"\s+", "", classifier).casefold()


def private_classifiers(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for the first classifier that forbids an upload."""
    for field in values_of(metadata, "classifier"):
        if field.value.lower().startswith("private ::"):
            yield Problem(
                f"the classifier {quoted(field.value)} marks the project as not for upload; {REFUSED}",
                at(metadata, field),
                set_field(field, "do not upload the file to PyPI (for another index, use --profile private)"),
                key="private",
                data={"classifier": field.value},
            )
            return


def invalid_emails(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for Author-email and Maintainer-email if PyPI rejects the address."""
    for field in values_of(metadata, "author-email", "maintainer-email"):
        address = single_address(field.value)
        fault = address_fault(address) if address else None
        if fault:
            named = f"{field.name} {quoted(field.value)}"
            is_read = "" if address == field.value else f"read as the address {quoted(address)}, which is "
            yield Problem(
                f"{named} is {is_read}invalid: {fault}; {REFUSED}",
                at(metadata, field),
                set_field(field, "set an existing address, or remove the address"),
                key=f"{field.key} {address}",
                data=data_of(field) | {"address": address},
            )


def invalid_urls(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each URL or label that PyPI rejects."""
    for field in values_of(metadata, "home-page", "download-url"):
        fault = url_fault(field.value)
        if fault:
            yield _url_problem(metadata, field, fault, _give_url(field.value), REFUSED)
        elif re.search(r"\s", field.value.strip()):
            yield _space_problem(metadata, field)
    labels: set[str] = set()
    for field in values_of(metadata, "project-url"):
        label, comma, url = (part.strip() for part in field.value.partition(","))
        wrong = _project_url_fault(label, comma, url)
        if wrong:
            yield _url_problem(metadata, field, *wrong, REFUSED)
        elif label in labels:
            fault = f"the label {quoted(label)} occurs a second time"
            yield _url_problem(metadata, field, fault, "give each URL its own label", UNSENT_AND_REFUSED)
        elif re.search(r"\s", url):
            yield _space_problem(metadata, field)
        labels.add(label)


def _project_url_fault(label: str, comma: str, url: str) -> tuple[str, str] | None:
    """Return the fault of a label or its URL, and how to fix that part."""
    if not comma:
        return "it is not a label and a URL with a comma between them", "set a label and a URL"
    if not label:
        return "it has no label", "add a label"
    if length_as_sent(label) > LABEL_LIMIT:
        fault = f"its label has {length_as_sent(label)} characters, more than {LABEL_LIMIT}"
        return fault, f"shorten the label to at most {LABEL_LIMIT} characters"
    if not url:
        return "it has no URL", "add a URL, or remove the label"
    wrong = url_fault(url)
    return (wrong, _give_url(url)) if wrong else None


def _give_url(url: str) -> str:
    """Return how to fix a URL that PyPI rejects."""
    if _HOST_FIRST.fullmatch(url) and not url_fault(f"https://{url}"):
        return f"set the full URL: {quoted(f'https://{url}')}"
    fault = url_fault(url) or ""
    if "bracket" in fault or "port" in fault:
        return "correct the URL"
    return "set a URL that starts with https://"


def _space_problem(metadata: CoreMetadata, field: HeaderField) -> Problem:
    outcome = "PyPI accepts the file, but the link probably leads nowhere"
    fix = "correct the URL, which a template may have made from a name with spaces"
    problem = _url_problem(metadata, field, "its URL contains a space", fix, outcome)
    return replace(problem, severity=Severity.WARNING)


def _url_problem(metadata: CoreMetadata, field: HeaderField, fault: str, first: str, outcome: str) -> Problem:
    return Problem(
        f"{field.name} {quoted(field.value)} is invalid: {fault}; {outcome}",
        at(metadata, field),
        set_field(field, first),
        key=f"{field.key} {field.value}",
        data=data_of(field),
    )


def direct_references(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem for each requirement with a URL instead of versions."""
    for field in values_of(metadata, *REQUIREMENTS):
        if is_direct_reference(field.value):
            yield Problem(
                f"{field.name} {quoted(field.value)} is a direct reference; {REFUSED}",
                at(metadata, field),
                set_field(field, "require a version that is on PyPI instead"),
                key=field.value,
                data=data_of(field),
            )
