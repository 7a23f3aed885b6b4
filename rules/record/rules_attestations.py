"""HM202: attestations compared with the distributions beside them."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from pkgaudit.api import Problem, Severity, quoted, rule
from pkgaudit.model.release_files import ATTESTATION_TYPES, Attestation, ReleaseFile, ReleaseFiles

_AGAIN = "make the attestation again, from the file that will be uploaded"


@rule("HM202", "attestation-mismatch", Severity.ERROR, since="0.1.0")
def attestation_mismatch(files: ReleaseFiles) -> Iterator[Problem]:
    """An attestation is malformed, or does not belong to the distribution beside it.

    The rule reads every `X.attestation` and `X.TYPE.attestation` beside a distribution `X`. An attestation
    must have one subject, with the name and the SHA-256 of the distribution. Names are compared as installers
    parse them. It is a warning if PyPI does not accept the type of the predicate, or if the distribution was
    not given.

    The signature is checked only if the configuration names the expected `publisher` in
    `[tool.pkgaudit.gate]`, because a signature proves nothing without an expected signer. This needs
    `pip install "pkgaudit[attestations]"`, and no network.

    ## Why it matters
    PyPI rejects a file with an attestation for another file or of another publisher, and uploaders send the
    attestation with the file. After the upload of other files of the release, the release is incomplete.

    ## How to fix it
    Make the attestations as the last step before the upload, from the files that will be uploaded. Remove an
    attestation without a distribution.

    ## References
    - <https://packaging.python.org/en/latest/specifications/index-hosted-attestations/>
    - <https://docs.pypi.org/attestations/producing-attestations/>
    - <https://peps.python.org/pep-0740/>
    """
    given = {each.path: each for each in files.given}
    for each in files.attestations:
        yield from _of_attestation(each, given[each.file] if each.file is not None else None)


def _of_attestation(attestation: Attestation, file: ReleaseFile | None) -> Iterator[Problem]:
    name, path = quoted(attestation.name), attestation.path
    if attestation.fault is not None:
        yield Problem(f"{name} {attestation.fault}", fix=_AGAIN, key="malformed", distribution=path)
        return
    if file is None:
        of = attestation.distribution
        lacks = (
            f"its distribution {quoted(of)} was not given" if of else "its name begins with no distribution"
        )
        yield Problem(
            f"{name} is an attestation, but {lacks}",
            fix="give the distribution too, or remove the attestation"
            if of
            else "name it as its distribution with '.publish.attestation' at the end, or remove it",
            severity=Severity.WARNING,
            key="alone",
            distribution=path,
            data={"name": of},
        )
    elif _parsed(attestation.subject) != _parsed(file.name):
        yield Problem(
            f"{name} is an attestation of {quoted(attestation.subject)}, not of {quoted(file.name)}",
            fix=_AGAIN,
            key="name",
            distribution=path,
            data={"actual": attestation.subject, "expected": file.name},
        )
    elif attestation.sha256 != file.sha256:
        yield Problem(
            f"{name} is an attestation of other content: {quoted(file.name)} has the sha256 {file.sha256}, "
            f"and the attestation is for {attestation.sha256}",
            fix=_AGAIN,
            key="content",
            distribution=path,
            data={"actual": attestation.sha256, "expected": file.sha256},
        )
    elif attestation.unsigned is not None:
        yield Problem(
            f"{name} has no valid signature of the configured publisher: {attestation.unsigned}",
            fix="sign the file in the workflow of the publisher, or correct 'publisher' in the configuration",
            key="signature",
            distribution=path,
        )
    if attestation.predicate_type not in ATTESTATION_TYPES:
        kind = quoted(attestation.predicate_type)
        yield Problem(
            f"{name} has a predicate of the type {kind}, which PyPI rejects",
            fix="move the attestation elsewhere, so it is not uploaded",
            severity=Severity.WARNING,
            key="type",
            distribution=path,
            data={"value": attestation.predicate_type},
        )


def _parsed(filename: str) -> object:
    """Return the parts of a filename that decide which file it names."""
    try:
        if filename.lower().endswith(".whl"):
            name, version, build, tags = parse_wheel_filename(filename)
            return name, version, build, tags
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return filename
