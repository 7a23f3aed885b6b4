"""MD101 to MD112: core metadata."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Distribution, EntryType, Problem, Severity, Wheel, rule
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

    Of an sdist without PKG-INFO, SD102 tells; of a wheel without dist-info, WH101.

    ## Why it matters
    Name, version and dependencies are in METADATA. Installers cannot install a wheel without it, and
    PyPI refuses it.

    ## How to fix it
    Build the wheel with a build backend (`python -m build`) instead of packing it by hand, and see
    that the build does not stop, and that no later step drops files from the dist-info folder.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/>
    """
    if wheel.is_readable and wheel.dist_info and wheel.metadata is None:
        path = f"{wheel.dist_info}/METADATA"
        if path not in {each.path for each in wheel.entries if each.type is not EntryType.DIRECTORY}:
            message = f"{path} is missing; {REFUSED}"
            fix = f"look whether the build stopped with an error, which leaves a part of the wheel; {REBUILD}"
            yield Problem(message, fix=fix, key="missing", data={"path": path})


@rule("MD102", "malformed-core-metadata", Severity.ERROR, index=True, since="0.1.0")
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


@rule("MD103", "unsupported-metadata-version", Severity.ERROR, index=True, since="0.1.0")
def unsupported_metadata_version(distribution: Distribution) -> Iterator[Problem]:
    """Metadata-Version is missing or not one that PyPI takes, or a field is newer than it.

    License-File below version 2.4 is no such field: builders wrote it before it was specified, and
    uploaders drop it.

    ## Why it matters
    The version tells which fields a reader may expect. PyPI refuses versions that it does not know,
    2.0 (which was never finished), and fields that the version declared does not have.

    ## How to fix it
    Build with a current release of the build backend: the one used is older than the fields that
    the project sets, or newer than PyPI.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#metadata-version>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(version_problems(metadata), metadata.path)


@rule("MD104", "invalid-metadata-field", Severity.ERROR, index=True, since="0.1.0")
def invalid_metadata_field(distribution: Distribution) -> Iterator[Problem]:
    """The value of a field is not what the specification allows.

    An error too where uploaders refuse it and PyPI would drop it: empty values and `UNKNOWN`. A
    warning for the few that only recent releases of `packaging` refuse.

    ## Why it matters
    Installers and indexes read these values: a requirement that cannot be parsed breaks every
    installation, a license expression that cannot be parsed says nothing. PyPI refuses the file, and
    uploaders refuse to send it.

    ## How to fix it
    Change the value where it is set: the finding names the key, in the file from which the build backend
    takes it.

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
    if metadata:
        yield from local_versions(metadata)


@rule("MD106", "invalid-classifier", Severity.ERROR, index=True, since="0.1.0")
def invalid_classifier(distribution: Distribution) -> Iterator[Problem]:
    """A classifier is not in the list of PyPI, or is deprecated.

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


@rule("MD107", "private-classifier", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
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
    if metadata:
        yield from private_classifiers(metadata)


@rule("MD108", "long-summary", Severity.ERROR, index=True, since="0.1.0")
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
    if metadata:
        yield from long_summaries(metadata)


@rule("MD109", "invalid-email", Severity.ERROR, index=True, since="0.1.0")
def invalid_email(distribution: Distribution) -> Iterator[Problem]:
    """Author-email or Maintainer-email holds an address that PyPI refuses.

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


@rule("MD110", "invalid-url", Severity.ERROR, index=True, since="0.1.0")
def invalid_url(distribution: Distribution) -> Iterator[Problem]:
    """Home-page, Download-URL or a Project-URL is not one that PyPI takes.

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


@rule("MD111", "direct-reference", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def direct_reference(distribution: Distribution) -> Iterator[Problem]:
    """A dependency is given by URL (`name @ https://…`).

    ## Why it matters
    What such a URL holds may change or vanish, and PyPI cannot vouch for it. PyPI refuses a file
    with one, in an extra too.

    ## How to fix it
    Depend on a version that is on PyPI, in `dependencies` and `optional-dependencies` of the
    `[project]` table of pyproject.toml. What only development needs goes to `[dependency-groups]`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#direct-references>
    - <https://packaging.python.org/en/latest/specifications/dependency-groups/>
    """
    metadata = metadata_of(distribution)
    if metadata:
        yield from at_most(direct_references(metadata), metadata.path)


@rule("MD112", "invalid-dynamic", Severity.ERROR, index=True, since="0.1.0")
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
        yield from at_most(dynamic_problems(metadata), metadata.path)
