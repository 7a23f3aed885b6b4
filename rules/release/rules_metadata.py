"""RL102: the metadata of the distributions of one version, compared."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Location, Problem, Release, SetField, Severity, quoted, rule
from pkgaudit.rules._shared.allowed import listed
from pkgaudit.rules.release.agreement import PYTHON, Difference, Drift, disagreements, drifts


@rule(
    "RL102",
    "metadata-drift",
    Severity.WARNING,
    formerly=["RL119", "inconsistent-requirements"],
    since="0.1.0",
)
def metadata_drift(release: Release) -> Iterator[Problem]:
    """The distributions of one version have different metadata.

    The rule compares the core metadata of all wheels of a version, and of the sdist from Metadata-Version 2.2
    on, without the fields that it lists in Dynamic. It compares Requires-Dist and Requires-Python by their
    effect: other spellings, orders and markers for the same environments are equal. Builds with different
    local versions may differ. FN103 compares the name and the version with the filename, and MD218 reports
    extras that Provides-Extra lacks.

    - Different requirements of two wheels are an error if both wheels can be installed in one environment in
      which they differ, or if the sdist promises the same for all wheels.
    - They are a warning if the wheels are for different platforms or Pythons, or if only the sdist differs.
    - Differences in other fields are one warning. The rule does not compare the readme, the fields for
      platforms, and Metadata-Version, Dynamic and Import-Name, which depend on the build backend.

    Of 74 projects with wheels for several platforms, one has a finding: its sdist names another author.

    ## Why it matters
    Often one wheel was built with another version of the build backend or from other sources, and lost its
    dependencies: the package cannot be imported on this platform only. If the difference is intended, uv,
    Poetry and PDM do not see it: they read the metadata of one file, and lock its dependencies for every
    platform.

    ## How to fix it
    Build all files from the same sdist with the same backend. Declare dependencies of one platform in all
    files, with a marker:

        [project]
        dependencies = ["pywin32; sys_platform == 'win32'"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>
    - <https://peps.python.org/pep-0643/>
    - <https://docs.astral.sh/uv/concepts/resolution/>
    """
    for each in disagreements(release):
        yield _different(each)
    for drift in drifts(release):
        yield _drifted(drift)


_SAME_SOURCES = "build both files from the same sources with the same backend"

MARKERS = ", with markers for what differs"
"""The end of the remedy for dependencies."""


def _different(found: Difference) -> Problem:
    metadata = found.lone.metadata
    change = found.change
    return Problem(
        f"{_said(found)}; both are of version {quoted(found.lone.version)}",
        metadata.place(found.field) if metadata else Location(""),
        SetField(found.field, _SAME_SOURCES + MARKERS * (found.field != PYTHON)),
        Severity.ERROR if found.is_certain else None,
        key=f"{found.field} {found.lone.filename}",
        distribution=found.lone.path,
        data={
            "field": found.field,
            "names": change.names or change.lacks or change.adds,
            "path": found.other.filename,
        },
    )


def _said(found: Difference) -> str:
    lone, other, change = quoted(found.lone.filename), quoted(found.other.filename), found.change
    if found.field == PYTHON:
        ours, theirs = (quoted(each[0]) if each else "missing" for each in (change.adds, change.lacks))
        return f"Requires-Python is {ours} in {lone}, but {theirs} in {other}"
    if not change.adds:
        return f"{lone} does not require {listed(change.names)}, but {other} does"
    if not change.lacks:
        return f"{lone} requires {listed(change.names)}, but {other} does not"
    return f"{lone} requires {listed(change.adds)}, but {other} requires {listed(change.lacks)}"


def _drifted(found: Drift) -> Problem:
    metadata = found.lone.metadata
    shown = f"{', '.join(found.fields[:-1])} and {found.fields[-1]}" if found.fields[1:] else found.fields[0]
    return Problem(
        f"{quoted(found.lone.filename)} and {quoted(found.other.filename)} are of version "
        f"{quoted(found.lone.version)}, but have different values of {shown}",
        metadata.place(found.fields[0]) if metadata else Location(""),
        _SAME_SOURCES,
        key="others",
        distribution=found.lone.path,
        data={"names": found.fields, "path": found.other.filename},
    )
