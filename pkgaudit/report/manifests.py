"""Manifests of the audited files: the formats ``manifest``, ``sha256sum``, ``requirements``, ``in-toto``."""

from __future__ import annotations

from typing import TextIO

from pkgaudit.dataset import load_datasets
from pkgaudit.finding import Severity, Verdict
from pkgaudit.formatting import write_text
from pkgaudit.manifest import document, in_toto, requirements, sums
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.manifest.release import AuditRecord, Content, content_of
from pkgaudit.report.json import counts
from pkgaudit.report.result import Result, Style


def write_manifest(result: Result, stream: TextIO, style: Style) -> None:
    """Write the JSON manifest, for which the request must ask for BLAKE2b digests.

    Raises:
        ManifestError: the audit is incomplete, or the files cannot form a release.
    """
    write_text(stream, document.text(audited(result)))


def write_sums(result: Result, stream: TextIO, style: Style) -> None:
    """Write checksums.

    Raises:
        ManifestError: as `write_manifest` says.
    """
    write_text(stream, sums.text(audited(result)))


def write_requirements(result: Result, stream: TextIO, style: Style) -> None:
    """Write requirements with hashes.

    Raises:
        ManifestError: as `write_manifest` says, or a project has several versions.
    """
    write_text(stream, requirements.text(audited(result)))


def write_in_toto(result: Result, stream: TextIO, style: Style) -> None:
    """Write an in-toto statement.

    Raises:
        ManifestError: as `write_manifest` says.
    """
    write_text(stream, in_toto.text(audited(result)))


def audited(result: Result) -> Content:
    """Return the audited files with the result of the audit.

    Raises:
        ManifestError: the audit is incomplete, or the files cannot form a release.
    """
    if result.failures:
        first = result.failures[0]
        where = f"{first.distribution}: " if first.distribution else ""
        raise ManifestError(
            f"no manifest is written, because the audit is incomplete: {where}{first.message}"
        )
    return content_of(result.distributions, _record(result))


def _record(result: Result) -> AuditRecord:
    failed, warned = set(), set()
    for each in result.counted:
        if each.severity >= result.fail_on:
            failed.add(each.code)
        elif each.severity >= Severity.WARNING:
            warned.add(each.code)
    passed = "WARNED" if warned else "PASSED"
    datasets, _ = load_datasets()  # a data set that cannot be loaded is a failure of `pkgaudit --version -v`
    return AuditRecord(
        "FAILED" if result.verdict is Verdict.FAIL else passed,
        str(result.fail_on),
        result.config.profile,
        result.config.digest(result.registry),
        sorted({each.code for each in result.rules} - failed - warned),
        sorted(warned - failed),
        sorted(failed),
        counts(result),
        {each.name: each.date for each in datasets},
    )
