"""RL119: the metadata of the distributions of one version, compared."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Location, Problem, Release, SetField, Severity, quoted, rule
from pkgaudit.rules.release.agreement import PYTHON, Difference, disagreements

# Three names fit on a line of the report; the data contains all.
_SHOWN = 3


@rule("RL119", "inconsistent-requirements", Severity.WARNING, since="0.1.0")
def inconsistent_requirements(release: Release) -> Iterator[Problem]:
    """The distributions of one version require different projects or different Pythons.

    The rule compares the names in Requires-Dist, and Requires-Python, of all wheels of a version, and of its
    sdist if the sdist does not list the field in Dynamic. It does not compare versions and markers of
    dependencies. Builds with different local versions may require different projects.

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
        metadata = each.lone.metadata
        field = metadata.place(each.field) if metadata else Location("")
        yield Problem(
            f"{_said(each)}; both are of version {quoted(each.lone.version)}",
            field,
            SetField(each.field, "build both files from the same sources" + MARKERS * (each.field != PYTHON)),
            key=f"{each.field} {each.lone.filename}",
            distribution=each.lone.path,
            data={"field": each.field, "names": each.lacks or each.adds, "path": each.other.filename},
        )


MARKERS = ", with markers for what differs"
"""The end of the remedy for dependencies."""


def _said(difference: Difference) -> str:
    lone, other = quoted(difference.lone.filename), quoted(difference.other.filename)
    if difference.field == PYTHON:
        ours, theirs = (
            quoted(each[0]) if each else "missing" for each in (difference.adds, difference.lacks)
        )
        return f"Requires-Python is {ours} in {lone}, but {theirs} in {other}"
    if difference.lacks:
        return f"{lone} does not require {_names(difference.lacks)}, but {other} does"
    return f"{lone} requires {_names(difference.adds)}, but {other} does not"


def _names(names: list[str]) -> str:
    return f"{', '.join(map(quoted, names[:_SHOWN]))}{' …' if len(names) > _SHOWN else ''}"
