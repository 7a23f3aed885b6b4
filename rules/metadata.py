"""MD: core metadata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, Distribution, Location, Problem, Severity, Wheel, quoted, rule
from pkgaudit.rules._metadata_fields import (
    FIELDS,
    INDEX_DATE,
    INDEX_VERSIONS,
    at,
    at_most,
    is_at_least,
    is_sent,
    is_set,
    metadata_of,
    set_in,
    sound_fields,
    values_of,
)
from pkgaudit.rules._metadata_header import REBUILD, malformations
from pkgaudit.rules._metadata_strict import JUDGED, REQUIREMENTS, invalid, is_direct_reference
from pkgaudit.rules._metadata_values import invalid_classifiers, invalid_emails, invalid_urls

SUMMARY_LIMIT = 512
"""Characters that a Summary may have."""

NOT_DYNAMIC = frozenset({"metadata-version", "name", "version", "dynamic"})
"""The fields that Dynamic may not name."""


@rule("MD101", "missing-core-metadata", Severity.ERROR, index=True)
def missing_core_metadata(wheel: Wheel) -> Iterator[Problem]:
    """The dist-info folder of a wheel has no METADATA.

    Of an sdist without PKG-INFO, SD102 tells; of a wheel without dist-info, WH101.

    ## Why it matters
    Name, version and dependencies are in METADATA. Installers cannot install a wheel without it, and
    PyPI refuses it.

    ## How to fix it
    Build the wheel with a build backend (`python -m build`) instead of packing it by hand, and see
    that no later step drops files from the dist-info folder.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    """
    if wheel.is_readable and wheel.dist_info and wheel.metadata is None:
        path = f"{wheel.dist_info}/METADATA"
        if path not in wheel.by_path:
            yield Problem(
                f"{path} is missing; the index refuses a wheel without it", fix=REBUILD, key="missing"
            )


@rule("MD102", "malformed-core-metadata", Severity.ERROR, index=True)
def malformed_core_metadata(distribution: Distribution) -> Iterator[Problem]:
    """The file of core metadata cannot be read as one.

    An unknown field, a single-use field that is repeated, a description both in the header and below
    it, a byte order mark, text that is not UTF-8. A warning where a line breaks the header off and
    what follows silently becomes the description.

    ## Why it matters
    Uploaders refuse such a file before they send it, because readers would disagree on what it says.

    ## How to fix it
    Let the build backend write the file, and do not edit it afterwards. If it is a backend of your
    own, write it with `packaging.metadata.Metadata.as_rfc822`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    - <https://packaging.pypa.io/en/stable/metadata.html>
    """
    if distribution.metadata:
        yield from at_most(malformations(distribution.metadata), distribution.metadata.path)


@rule("MD103", "unsupported-metadata-version", Severity.ERROR, index=True)
def unsupported_metadata_version(distribution: Distribution) -> Iterator[Problem]:
    """Metadata-Version is missing or not one that the index takes, or a field is newer than it.

    License-File below version 2.4 is no such field: builders wrote it before it was specified, and
    uploaders drop it.

    ## Why it matters
    The version tells which fields a reader may expect. PyPI refuses versions that it does not know,
    2.0 (which was never finished), and fields that the version declared does not have.

    ## How to fix it
    Build with a current release of the build backend: the one used is older than the fields that
    the project sets, or newer than the index.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#metadata-version>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(_version_problems(metadata), metadata.path)


def _version_problems(metadata: CoreMetadata) -> Iterator[Problem]:
    stated = [field for field in metadata.fields if field.key == "metadata-version"]
    if not stated and not metadata.stray_line:
        yield Problem(
            "there is no Metadata-Version; the index refuses the file",
            Location(metadata.path),
            REBUILD,
            key="missing",
        )
    if len(stated) != 1 or not stated[0].is_utf8:
        return
    version = stated[0].value
    if version not in INDEX_VERSIONS:
        is_newer = version[:1].isdigit() and not is_at_least(INDEX_VERSIONS[-1], version)
        yield Problem(
            f"Metadata-Version {quoted(version)} is not one that the index takes "
            f"({INDEX_VERSIONS[0]} to {INDEX_VERSIONS[-1]} without 2.0, as of {INDEX_DATE})"
            + ("; it is newer than what is known here" if is_newer else ""),
            at(metadata, stated[0]),
            "build with a release of the build backend that writes one of these versions",
            key="version",
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
            yield Problem(
                f"{known.name} came with metadata version {known.since}, and the file declares {version}; "
                "the index refuses it",
                at(metadata, field),
                f"build with a release of the build backend that writes {known.since} or later",
                key=known.name,
            )


@rule("MD104", "invalid-metadata-field", Severity.ERROR, index=True)
def invalid_metadata_field(distribution: Distribution) -> Iterator[Problem]:
    """The value of a field is not what the specification allows.

    A warning where uploaders refuse it and the index would take it: empty values, `UNKNOWN`, and the
    few that only recent releases of `packaging` refuse.

    ## Why it matters
    Installers and the index read these values: a requirement that cannot be parsed breaks every
    installation, a licence expression that cannot be parsed says nothing. PyPI refuses the file, and
    uploaders refuse to send it.

    ## How to fix it
    Change the value where it is set: the finding names the key of pyproject.toml.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/license-expression/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(_field_problems(metadata), metadata.path)


def _field_problems(metadata: CoreMetadata) -> Iterator[Problem]:
    counts = Counter(field.key for field in metadata.fields)
    for key in ("name", "version"):
        if not counts[key] and not metadata.stray_line:
            name = FIELDS[key].name
            fix = f"set `{FIELDS[key].source}` in pyproject.toml"
            yield Problem(
                f"there is no {name}; the index refuses the file", Location(metadata.path), fix, key=key
            )
    told: set[tuple[str, str]] = set()
    for field in sound_fields(metadata):
        if field.key not in JUDGED or (field.key, field.value) in told:
            continue
        told.add((field.key, field.value))
        fix = f"change the value where it is set{set_in(field)}"
        dropped = not is_set(field.value) and counts[field.key] == 1
        if dropped and field.key in ("name", "version"):
            yield Problem(
                f"{field.name} is {quoted(field.value)}, which the index drops; it refuses the file",
                at(metadata, field),
                f"set `{FIELDS[field.key].source}` in pyproject.toml",
                key=field.key,
            )
        elif field.key != "import-name" or field.value:  # an empty Import-Name says that there is none
            fault = invalid(field.key, field.value)
            if fault and dropped:
                yield Problem(
                    f"{field.name} is {quoted(field.value)}, "
                    "which the index drops and uploaders such as twine refuse",
                    at(metadata, field),
                    "leave the field out",
                    Severity.WARNING,
                    f"{field.key} {field.value}",
                )
            elif fault:
                refused = "; the index refuses it" if fault[1] is Severity.ERROR else ""
                yield Problem(
                    f"{field.name} {quoted(field.value)} is invalid: {fault[0]}{refused}",
                    at(metadata, field),
                    fix,
                    fault[1],
                    f"{field.key} {field.value}",
                )


@rule("MD105", "local-version", Severity.ERROR, index=True, pypi_only=True)
def local_version(distribution: Distribution) -> Iterator[Problem]:
    """The version has a local part (`+…`).

    ## Why it matters
    Local versions are for builds that are not published, such as those of distributions or of a
    checkout with changes. PyPI refuses them.

    ## How to fix it
    Leave the part from `+` on out of `project.version`. Where the version is derived from version
    control, build from a clean checkout of the release tag. setuptools-scm and hatch-vcs leave the local part
    out with the `local_scheme` called `no-local-version`, versioneer with the style `pep440-pre`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers>
    """
    metadata = metadata_of(distribution)
    for field in values_of(metadata, "version") if metadata else ():
        if metadata and "+" in field.value and not invalid("version", field.value):
            yield Problem(
                f"the version {quoted(field.value)} has a local part; the index refuses it",
                at(metadata, field),
                f"set the version to {quoted(field.value.partition('+')[0])}; if it is derived from version "
                "control, build from a clean checkout of the release tag or turn the local part off",
                key="local",
            )


@rule("MD106", "invalid-classifier", Severity.ERROR, index=True)
def invalid_classifier(distribution: Distribution) -> Iterator[Problem]:
    """A classifier is not in the list of the index, or is deprecated.

    ## Why it matters
    PyPI takes only the classifiers of its list, spelled exactly, and refuses the whole file for one
    that is not in it. The list used here is that of the installed `trove-classifiers`, whose version
    is its date: update it if the classifier is newer.

    ## How to fix it
    Take the spelling that the finding proposes, or remove the classifier from `classifiers` in the
    `[project]` table of pyproject.toml.

    ## References
    - <https://pypi.org/classifiers/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#classifier-multiple-use>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(invalid_classifiers(metadata), metadata.path)


@rule("MD107", "private-classifier", Severity.ERROR, index=True, pypi_only=True)
def private_classifier(distribution: Distribution) -> Iterator[Problem]:
    """A `Private ::` classifier asks that the project is never uploaded.

    ## Why it matters
    The classifier is there to make PyPI refuse the file: whoever set it did not want the project to
    become public.

    ## How to fix it
    If it is to be published after all, remove the classifier from `classifiers` in the `[project]`
    table of pyproject.toml. If it goes to an index of your own, leave this rule out.

    ## References
    - <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/#classifiers>
    - <https://pypi.org/classifiers/>
    """
    metadata = metadata_of(distribution)
    for field in values_of(metadata, "classifier") if metadata else ():
        if metadata and field.value.lower().startswith("private ::"):
            yield Problem(
                f"the classifier {quoted(field.value)} asks never to be uploaded; the index refuses it",
                at(metadata, field),
                "do not upload it; or remove the classifier from `project.classifiers` in pyproject.toml",
                key="private",
            )
            return


@rule("MD108", "long-summary", Severity.ERROR, index=True)
def long_summary(distribution: Distribution) -> Iterator[Problem]:
    """Summary is longer than 512 characters or has more than one line.

    ## Why it matters
    It is the one line that search results and listings show. PyPI refuses a longer one.

    ## How to fix it
    Shorten `description` in the `[project]` table of pyproject.toml to one line; the rest goes to
    the readme.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#summary>
    """
    metadata = metadata_of(distribution)
    for field in values_of(metadata, "summary") if metadata else ():
        if metadata is None:
            return
        severity = None
        if "\n" in field.value:
            fault = "has more than one line; the index refuses it"
        elif len(field.value) > SUMMARY_LIMIT:
            fault = f"has {len(field.value):,} characters, and the index takes {SUMMARY_LIMIT}"
        elif len(f"{field.value}.".splitlines()) > 1:
            fault = (
                "has a character that ends a line; uploaders with packaging 26.3 refuse it, "
                f"while the index still took it on {INDEX_DATE}"
            )
            severity = Severity.WARNING
        else:
            continue
        fix = f"shorten it to one line{set_in(field)}"
        yield Problem(f"Summary {quoted(field.value)} {fault}", at(metadata, field), fix, severity, "summary")


@rule("MD109", "invalid-email", Severity.ERROR, index=True)
def invalid_email(distribution: Distribution) -> Iterator[Problem]:
    """Author-email or Maintainer-email holds an address that the index refuses.

    ## Why it matters
    PyPI reads the address and refuses one that cannot exist: without a dot in the domain, in a
    reserved domain such as `.local` or `.test`, or malformed. It does not judge a list of several.

    ## How to fix it
    Give an address that exists in `authors` or `maintainers` of the `[project]` table of
    pyproject.toml, or a name alone.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#author-email>
    - <https://www.iana.org/assignments/special-use-domain-names/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from invalid_emails(metadata)


@rule("MD110", "invalid-url", Severity.ERROR, index=True)
def invalid_url(distribution: Distribution) -> Iterator[Problem]:
    """Home-page, Download-URL or a Project-URL is not one that the index takes.

    ## Why it matters
    PyPI wants `http://` or `https://`, and for each Project-URL a label of at most 32 characters that
    no other has. It refuses the file otherwise.

    ## How to fix it
    Correct `urls` in the `[project]` table of pyproject.toml: `Label = "https://…"`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#project-url-multiple-use>
    - <https://packaging.python.org/en/latest/specifications/well-known-project-urls/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(invalid_urls(metadata), metadata.path)


@rule("MD111", "direct-reference", Severity.ERROR, index=True, pypi_only=True)
def direct_reference(distribution: Distribution) -> Iterator[Problem]:
    """A dependency is given by URL (`name @ https://…`).

    ## Why it matters
    What such a URL holds may change or vanish, and the index cannot vouch for it. PyPI refuses a file
    with one, in an extra too.

    ## How to fix it
    Depend on a version that is on the index, in `dependencies` and `optional-dependencies` of the
    `[project]` table of pyproject.toml. What only development needs goes to `[dependency-groups]`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#direct-references>
    - <https://packaging.python.org/en/latest/specifications/dependency-groups/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(_direct_references(metadata), metadata.path)


def _direct_references(metadata: CoreMetadata) -> Iterator[Problem]:
    for field in values_of(metadata, *REQUIREMENTS):
        if is_direct_reference(field.value):
            yield Problem(
                f"{field.name} {quoted(field.value)} is a direct reference; the index refuses it",
                at(metadata, field),
                f"require a version that is on the index instead{set_in(field)}",
                key=field.value,
            )


@rule("MD112", "invalid-dynamic", Severity.ERROR, index=True)
def invalid_dynamic(distribution: Distribution) -> Iterator[Problem]:
    """Dynamic names a field that there is not, or that may not be dynamic.

    ## Why it matters
    Dynamic says which fields of an sdist a build may change. Name, Version and Metadata-Version may
    not change. PyPI refuses the file.

    ## How to fix it
    Correct `dynamic` in the `[project]` table of pyproject.toml; if it is right there, build with a
    current release of the build backend.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic-multiple-use>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(_invalid_dynamic(metadata), metadata.path)


def _invalid_dynamic(metadata: CoreMetadata) -> Iterator[Problem]:
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
        # The index drops such a value; uploaders refuse it all the same.
        severity = None if is_set(field.value) else Severity.WARNING
        refuses = "the index refuses it" if severity is None else "uploaders such as twine refuse it"
        fix = f"remove it{set_in(field)}, or build with a current release of the build backend"
        yield Problem(
            f"Dynamic names {quoted(field.value)}, which {fault}; {refuses}",
            at(metadata, field),
            fix,
            severity,
            key,
        )
