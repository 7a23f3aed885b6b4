"""MD101 to MD112: core metadata."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Distribution, EntryType, Problem, Severity, Wheel, quoted, rule
from pkgaudit.rules._shared.fields import at_most, metadata_of
from pkgaudit.rules._shared.index_words import REFUSED
from pkgaudit.rules._shared.metadata_problems import REBUILD
from pkgaudit.rules._shared.strict_metadata import dynamic_problems, field_problems, version_problems
from pkgaudit.rules.metadata.header import malformations
from pkgaudit.rules.metadata.values import (
    direct_references,
    invalid_classifiers,
    invalid_emails,
    invalid_urls,
    local_versions,
    long_summaries,
    private_classifiers,
)


@rule("MD101", "missing-core-metadata", Severity.ERROR, index=True, since="0.1.0")
def missing_core_metadata(wheel: Wheel) -> Iterator[Problem]:
    """The dist-info folder of a wheel has no METADATA.

    SD102 reports an sdist without PKG-INFO, and WH101 a wheel without a dist-info folder.

    ## Why it matters
    METADATA contains the name, version and dependencies. Installers cannot install a wheel without it,
    and PyPI rejects the wheel.

    ## How to fix it
    Build the wheel with a build backend (`python -m build`) instead of packing it by hand. Make sure that
    the build does not stop, and that no later step removes files from the dist-info folder.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    """
    if wheel.is_readable and wheel.dist_info and wheel.metadata is None:
        path = f"{wheel.dist_info}/METADATA"
        if path not in {each.path for each in wheel.entries if each.type is not EntryType.DIRECTORY}:
            message = f"{quoted(path)} is missing; {REFUSED}"
            fix = f"check whether the build stopped with an error, which leaves a partial wheel; {REBUILD}"
            yield Problem(message, fix=fix, key="missing", data={"path": path})


@rule("MD102", "malformed-core-metadata", Severity.ERROR, index=True, since="0.1.0")
def malformed_core_metadata(distribution: Distribution) -> Iterator[Problem]:
    """The core metadata file is malformed.

    It has an unknown field, a repeated single-use field, a description both in the header and below it, a
    byte order mark, or text that is not UTF-8. The rule reports a warning if a line ends the header too
    early, because the rest silently becomes the description.

    ## Why it matters
    Uploaders reject such a file before they send it, because readers would interpret it differently.

    ## How to fix it
    Let the build backend write the file, and do not edit it afterwards. In your own build backend, write
    it with `packaging.metadata.Metadata.as_rfc822`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    - <https://packaging.pypa.io/en/stable/metadata.html>
    """
    if distribution.metadata:
        yield from at_most(malformations(distribution.metadata), distribution.metadata.path)


@rule("MD103", "unsupported-metadata-version", Severity.ERROR, index=True, since="0.1.0")
def unsupported_metadata_version(distribution: Distribution) -> Iterator[Problem]:
    """Metadata-Version is missing or not accepted by PyPI, or a field is newer than Metadata-Version.

    License-File below version 2.4 is not reported: build backends wrote it before it was specified, and
    uploaders drop it. MD217 reports a version that PyPI accepts and an older twine rejects.

    ## Why it matters
    The version defines which fields a reader may expect. PyPI rejects unknown versions, version 2.0
    (which was never finished), and fields that the declared version does not have.

    ## How to fix it
    Build with a current release of the build backend: the one in use is older than the fields that the
    project sets, or newer than PyPI.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#metadata-version>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(version_problems(metadata), metadata.path)


@rule("MD104", "invalid-metadata-field", Severity.ERROR, index=True, since="0.1.0")
def invalid_metadata_field(distribution: Distribution) -> Iterator[Problem]:
    """The value of a field violates the specification.

    Empty values and `UNKNOWN` are an error too: uploaders reject them, although PyPI would drop them.
    Values that only recent releases of `packaging` reject are a warning.

    ## Why it matters
    Installers and indexes read these values: an invalid requirement breaks every installation, and an
    invalid license expression has no meaning. PyPI rejects the file, and uploaders do not even send
    it.

    ## How to fix it
    Change the value where it is set. The remedy names the key in the file that the build backend reads.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/license-expression/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(field_problems(metadata), metadata.path)


@rule("MD105", "local-version", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def local_version(distribution: Distribution) -> Iterator[Problem]:
    """The version has a local part (`+…`).

    ## Why it matters
    Local versions are for unpublished builds, such as patched packages in Linux distributions or builds
    from a changed checkout. PyPI rejects them.

    ## How to fix it
    Remove the part from `+` on from `project.version`. If the version is derived from version control,
    build from a clean checkout of the release tag. In setuptools-scm and hatch-vcs, the `local_scheme`
    `no-local-version` removes the local part; in versioneer, the style `pep440-pre` does.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from local_versions(metadata)


@rule("MD106", "invalid-classifier", Severity.ERROR, index=True, since="0.1.0")
def invalid_classifier(distribution: Distribution) -> Iterator[Problem]:
    """A classifier is deprecated or not on PyPI's list.

    ## Why it matters
    PyPI only accepts classifiers from its list, in the exact spelling, and rejects the file if one is
    not on it. pkgaudit uses the list of the installed `trove-classifiers`, whose version is a date; update
    that package if the classifier is newer.

    ## How to fix it
    Use the spelling that the finding proposes, or remove the classifier from `classifiers` in the
    `[project]` table of pyproject.toml.

    ## References
    - <https://pypi.org/classifiers/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#classifier-multiple-use>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(invalid_classifiers(metadata), metadata.path)


@rule("MD107", "private-classifier", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def private_classifier(distribution: Distribution) -> Iterator[Problem]:
    """A `Private ::` classifier marks the project as not for upload.

    ## Why it matters
    The classifier exists to make PyPI reject the file: its author did not want the project to become
    public.

    ## How to fix it
    To publish the project after all, remove the classifier from `classifiers` in the `[project]` table of
    pyproject.toml. If you upload to your own index, ignore this rule.

    ## References
    - <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/#classifiers>
    - <https://pypi.org/classifiers/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from private_classifiers(metadata)


@rule("MD108", "long-summary", Severity.ERROR, index=True, since="0.1.0")
def long_summary(distribution: Distribution) -> Iterator[Problem]:
    """Summary is longer than 512 characters or has more than one line.

    ## Why it matters
    Search results and listings show the summary as one line. PyPI rejects a longer one.

    ## How to fix it
    Shorten `description` in the `[project]` table of pyproject.toml to one line, and move the rest to the
    readme.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#summary>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from long_summaries(metadata)


@rule("MD109", "invalid-email", Severity.ERROR, index=True, since="0.1.0")
def invalid_email(distribution: Distribution) -> Iterator[Problem]:
    """Author-email or Maintainer-email contains an address that PyPI rejects.

    ## Why it matters
    PyPI checks the address and rejects one that cannot exist: without a dot in the domain, in a reserved
    domain such as `.local` or `.test`, or malformed. It does not check a list of several addresses.

    ## How to fix it
    In `authors` or `maintainers` of the `[project]` table of pyproject.toml, set an existing address, or only
    a name.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#author-email>
    - <https://www.iana.org/assignments/special-use-domain-names/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from invalid_emails(metadata)


@rule("MD110", "invalid-url", Severity.ERROR, index=True, since="0.1.0")
def invalid_url(distribution: Distribution) -> Iterator[Problem]:
    """Home-page, Download-URL or a Project-URL is invalid.

    ## Why it matters
    PyPI requires `http://` or `https://`, and for each Project-URL a unique label of at most 32
    characters. Otherwise it rejects the file. PyPI accepts a URL with a space, which is a warning here: the
    link leads nowhere. `hatch new` makes such URLs from a name with spaces.

    ## How to fix it
    Correct `urls` in the `[project]` table of pyproject.toml: `Label = "https://…"`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#project-url-multiple-use>
    - <https://packaging.python.org/en/latest/specifications/well-known-project-urls/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(invalid_urls(metadata), metadata.path)


@rule("MD111", "direct-reference", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def direct_reference(distribution: Distribution) -> Iterator[Problem]:
    """A dependency is specified by URL (`name @ https://…`).

    ## Why it matters
    The content at a URL may change or disappear, and PyPI cannot vouch for it. PyPI rejects a file with
    such a dependency, even in an extra.

    ## How to fix it
    In `dependencies` and `optional-dependencies` of the `[project]` table of pyproject.toml, depend on a
    version that is on PyPI. Dependencies for development belong in `[dependency-groups]`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#direct-references>
    - <https://packaging.python.org/en/latest/specifications/dependency-groups/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(direct_references(metadata), metadata.path)


@rule("MD112", "invalid-dynamic", Severity.ERROR, index=True, since="0.1.0")
def invalid_dynamic(distribution: Distribution) -> Iterator[Problem]:
    """Dynamic lists a field that is unknown or must not be dynamic.

    ## Why it matters
    Dynamic lists the fields of an sdist that a build may change. Name, Version and Metadata-Version must
    not change. PyPI rejects the file.

    ## How to fix it
    Correct `dynamic` in the `[project]` table of pyproject.toml. If the list is correct, build with a
    current release of the build backend.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic-multiple-use>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(dynamic_problems(metadata), metadata.path)
