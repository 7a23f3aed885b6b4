"""RL120, RL121, RL122: a release compared with what an index already has, which ``--online`` asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from packaging.version import Version

from pkgaudit.api import Distribution, Problem, Release, Severity, counted, quoted, rule
from pkgaudit.model.index_answers import IndexAnswers, IndexFile, IndexPage
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.index_files import by_version

_OPEN = timedelta(days=14)
"""The age at which PyPI closes a release for further files. Source: https://blog.pypi.org, July 2026."""


def _releases(answers: IndexAnswers) -> Iterator[tuple[Release, IndexPage]]:
    """Yield the releases of projects that the index has."""
    for each in answers.releases:
        page = answers.pages.get(each.project)
        if page is not None:
            yield each, page


@rule("RL120", "version-on-index", Severity.ERROR, since="0.1.0")
def version_on_index(answers: IndexAnswers) -> Iterator[Problem]:
    """The index already has this version of the project, so the upload fails or changes an old release.

    The rule runs with `--online`. A file of this name with other content on the index is an error for PyPI,
    and a warning for other indexes, of which some replace files, and for a file that pkgaudit has built only
    to audit it. A version whose first file on PyPI is more than 14 days old, when PyPI accepts no more files,
    is a warning. The same file on the index, and a recent version with other files, are reported at info
    level: an upload that was interrupted may be continued.

    ## Why it matters
    PyPI never replaces a file. Uploaders stop, or skip the file and report success, and users keep
    getting the old file.

    ## How to fix it
    Raise the version and rebuild the release.

    ## References
    - <https://pypi.org/help/#file-name-reuse>
    - <https://docs.pypi.org/api/upload/>
    """
    for release, page in _releases(answers):
        named = {each.name: each for each in page.files}
        versions = by_version(release.project, page.files)[0]
        for distribution in release.distributions:
            version = parse_version(distribution.version)
            others = versions.get(version, []) if version is not None else []
            found = named.get(distribution.filename)
            if found is not None:
                yield _same_name(answers, distribution, found)
            elif others:
                yield _same_version(answers, distribution, others)


def _same_name(answers: IndexAnswers, distribution: Distribution, found: IndexFile) -> Problem:
    name = quoted(distribution.filename)
    data = {"name": distribution.filename, "index": answers.title}
    if found.sha256 and found.sha256 == distribution.sha256:
        return Problem(
            f"{answers.title} already has {name} with the same content",
            fix="upload the other files of the release, if files are missing there",
            severity=Severity.INFO,
            key="same",
            distribution=distribution.path,
            data=data,
        )
    is_certain = answers.is_pypi and bool(found.sha256) and not distribution.was_built
    what = "with other content" if found.sha256 else "with a hash that is not known"
    return Problem(
        f"{answers.title} already has {name} {what}",
        fix="raise the version and rebuild the release",
        severity=None if is_certain else Severity.WARNING,
        key="other",
        distribution=distribution.path,
        data=data | {"hash": distribution.sha256, "expected": [found.sha256] if found.sha256 else []},
    )


def _same_version(answers: IndexAnswers, distribution: Distribution, others: list[IndexFile]) -> Problem:
    version = quoted(distribution.version)
    times = [each.uploaded for each in others if each.uploaded is not None]
    data = {"version": distribution.version, "index": answers.title}
    if answers.is_pypi and times and answers.now - min(times) > _OPEN:
        return Problem(
            f"version {version} is on PyPI since {min(times):%Y-%m-%d}; PyPI accepts no more files for a "
            f"release that is older than {_OPEN.days} days",
            fix="raise the version and rebuild the release",
            severity=Severity.WARNING,
            key="closed",
            distribution=distribution.path,
            data=data | {"date": f"{min(times):%Y-%m-%d}"},
        )
    return Problem(
        f"{answers.title} already has {counted(len(others), 'other file')} of version {version}",
        fix="raise the version, unless this file was missing there",
        severity=Severity.INFO,
        key="version",
        distribution=distribution.path,
        data=data,
    )


@rule("RL121", "lost-attestation", Severity.INFO, since="0.1.0")
def lost_attestation(answers: IndexAnswers) -> Iterator[Problem]:
    """The release before has attestations on the index, and this one has none beside its files.

    The rule runs with `--online`. It is silent in a job of GitHub Actions that may create attestations during
    the upload (`id-token: write`).

    ## Why it matters
    An attestation says which workflow of which repository has built a file. If a release is suddenly without
    one, users who check attestations cannot tell it from the release of a stolen token.

    ## How to fix it
    Upload with the workflow that made the release before, or create the attestations before the upload with
    `pypi-attestations sign`. If the upload creates them, there is nothing to do.

    ## References
    - <https://docs.pypi.org/attestations/>
    - <https://peps.python.org/pep-0740/>
    """
    for release, page in _releases(answers):
        paths = {each.path for each in release.distributions}
        versions = [made for each in release.distributions if (made := parse_version(each.version))]
        if answers.attests_later or not versions or paths & answers.attested:
            continue
        before = _before(by_version(release.project, page.files)[0], max(versions))
        if before is not None and any(each.has_provenance for each in before[1]):
            yield Problem(
                f"version {quoted(str(before[0]))} has attestations on {answers.title}, and no file of this "
                "release has one",
                fix="create attestations, unless the upload creates them",
                key="attestations",
                distribution=release.distributions[0].path,
                data={"version": str(before[0]), "index": answers.title},
            )


def _before(
    versions: dict[Version, list[IndexFile]], version: Version
) -> tuple[Version, list[IndexFile]] | None:
    """Return the highest version below another one, with its files."""
    below = [each for each in versions if each < version]
    return (max(below), versions[max(below)]) if below else None


@rule("RL122", "closed-project", Severity.ERROR, since="0.1.0")
def closed_project(answers: IndexAnswers) -> Iterator[Problem]:
    """The project is in quarantine or archived on the index, which accepts no uploads for it.

    The rule runs with `--online`. An archived project is a warning, because its owners can activate it again
    at any time.

    ## Why it matters
    The upload fails. Nobody can install a project in quarantine.

    ## How to fix it
    Activate the archived project in its settings on the index. If the project is in quarantine, look for
    files that you did not upload, and answer the administrators of the index.

    ## References
    - <https://packaging.python.org/en/latest/specifications/project-status-markers/>
    """
    for release, page in _releases(answers):
        if page.status in ("quarantined", "archived"):
            is_archived = page.status == "archived"
            what = "archived" if is_archived else "in quarantine"
            reason = f" ({quoted(page.reason)})" if page.reason else ""
            yield Problem(
                f"{answers.title} accepts no files for the project {quoted(release.project)}, which is {what}"
                f"{reason}",
                fix="activate the project again on the index"
                if is_archived
                else "ask the administrators of the index for the reason before you upload",
                severity=Severity.WARNING if is_archived else None,
                key=page.status,
                distribution=release.distributions[0].path,
                data={"project": release.project, "index": answers.title},
            )
