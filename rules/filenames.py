"""FN: file names and tags."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Distribution, Problem, Severity, Wheel, normalise, quoted, rule
from pkgaudit.rules._filename import Parts, escaped, fault, parse_version, parts


@rule("FN101", "invalid-filename", Severity.ERROR, index=True)
def invalid_filename(distribution: Distribution) -> Iterator[Problem]:
    """The file name is not one of a wheel or an sdist that PyPI takes.

    ## Why it matters
    Installers learn name, version and compatibility from the file name alone, before they
    download anything. PyPI refuses a file whose name does not end in exactly `.whl` or
    `.tar.gz`, or does not have the parts of such a name. Eggs, Windows installers, zip, bzip2 and
    xz sdists were accepted once and are refused now.

    ## How to fix it
    Upload what the build backend wrote, under the name that it gave (`python -m build`). Do not
    rename files, and do not upload formats other than a wheel and a `.tar.gz` sdist.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    - <https://peps.python.org/pep-0527/>
    - <https://peps.python.org/pep-0625/>
    """
    found = fault(distribution)
    if found is not None:
        yield Problem(
            f"the file name {found}; PyPI refuses it",
            fix="build the sdist (.tar.gz) and the wheel anew and keep their names",
        )


@rule("FN102", "unnormalised-filename", Severity.ERROR, index=True)
def unnormalised_filename(distribution: Distribution) -> Iterator[Problem]:
    """The file name does not spell name or version in their normal form.

    The name is lower case with `_` for every run of `-`, `_` and `.`; the version is written as
    PEP 440 normalises it. For the version of a wheel this is a warning, since PyPI does not
    insist there.

    ## Why it matters
    Tools find out by comparing file names whether two files are of the same release, and where
    the name ends and the version begins. PyPI refuses an sdist whose name is not exactly in this
    form and a wheel whose project name is not. It had announced so by mail since November 2024,
    and checked it in August 2026; files that are older stay.

    ## How to fix it
    Upgrade the build backend and build again: current versions of all of them write normal
    names. Renaming the sdist to the name that the finding shows works as well. A wheel must not
    merely be renamed, since its `.dist-info` folder carries the same name.

    ## References
    - <https://peps.python.org/pep-0625/>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#escaping-and-unicode>
    - <https://packaging.python.org/en/latest/specifications/name-normalization/>
    - <https://github.com/pypi/warehouse/issues/12245>
    """
    found = parts(distribution)
    if found is None or list(_mismatches(distribution, found)):
        return
    version = parse_version(found.version)
    project = distribution.metadata.name if distribution.metadata else None
    name, normal = escaped(project or found.name), str(version)
    right = f"{name}-{normal}{found.rest}"
    if distribution.filename == right:
        return
    wheel = isinstance(distribution, Wheel)
    severity = None
    if found.name != name:
        message = f"the file name spells the project {quoted(found.name)} and not {name!r}; PyPI refuses it"
    elif found.version != normal:
        message = f"the file name spells the version {quoted(found.version)} and not {normal!r}"
        if wheel:
            severity = Severity.WARNING
        else:
            message = f"{message}; PyPI refuses it"
    else:
        return
    fix = f"build it again with a current build backend, which names it {right}"
    yield Problem(message, fix=fix, severity=severity)


@rule("FN103", "filename-metadata-mismatch", Severity.ERROR, index=True)
def filename_metadata_mismatch(distribution: Distribution) -> Iterator[Problem]:
    """The file name says another project or version than the core metadata.

    Spelling does not matter here: `Sample` and `sample`, `1.0` and `1.0.0` are the same.

    ## Why it matters
    Installers choose a file by its name and give up when what is inside turns out to be something
    else. PyPI refuses such a file.

    ## How to fix it
    Build again and do not rename the result. To change the name or the version, change it in
    `pyproject.toml`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#name>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    """
    found = parts(distribution)
    if found is not None:
        yield from _mismatches(distribution, found)


def _mismatches(distribution: Distribution, found: Parts) -> Iterator[Problem]:
    metadata = distribution.metadata
    if metadata is None:
        return
    fix = "build it again, and do not rename it afterwards"
    name, version = metadata.name, metadata.version
    if name and normalise(name) != normalise(found.name):
        yield Problem(
            f"the file name says that the project is {quoted(found.name)}, "
            f"the metadata that it is {quoted(name)}; PyPI refuses it",
            metadata.place("Name"),
            fix,
            key="name",
        )
    there = parse_version(version) if version else None
    if there is not None and there != parse_version(found.version):
        yield Problem(
            f"the file name says that the version is {quoted(found.version)}, "
            f"the metadata that it is {quoted(version or '')}; PyPI refuses it",
            metadata.place("Version"),
            fix,
            key="version",
        )
