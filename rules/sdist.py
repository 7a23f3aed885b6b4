"""SD: the layout of an sdist."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pkgaudit.api import AnomalyKind, Location, Problem, Sdist, Severity, normalise, quoted, rule
from pkgaudit.rules._filename import fault, parse_version

_REBUILD = "build the sdist with the build frontend ('python -m build --sdist') instead of packing it by hand"


def _common_root(sdist: Sdist) -> str | None:
    """Return the folder that the index takes for the root: what all paths have in common, None if nothing."""
    try:
        common = posixpath.commonpath([entry.path for entry in sdist.entries])
    except ValueError:  # no members, or absolute and relative paths
        return None
    return common if common not in ("", ".", "/") else None


def _has_plain_root(sdist: Sdist) -> bool:
    """Whether there is one root folder and all paths start with its name: else only SD101 speaks."""
    return sdist.is_readable and sdist.root is not None and sdist.root not in ("", ".", "..")


@rule("SD101", "invalid-root", Severity.ERROR, index=True)
def invalid_root(sdist: Sdist) -> Iterator[Problem]:
    """The sdist does not have one root folder called `{name}-{version}`.

    One root folder with another name is a warning, and an info where only the spelling differs:
    PyPI does not compare it with the file name.

    ## Why it matters
    Whoever unpacks an sdist expects everything in one new folder. PyPI refuses it if the members
    have no folder in common, and fails where some paths are absolute. A root folder that is named
    after another version or project usually means that the file was renamed.

    ## How to fix it
    Build the sdist with a build frontend rather than with `tar`, and keep the name that it gives
    the file.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    - <https://docs.pypi.org/archives/>
    """
    if not sdist.is_readable:
        return
    if not sdist.entries:
        yield Problem("the sdist has no members; PyPI refuses it", fix=_REBUILD)
    elif _common_root(sdist) is None:
        shown = ", ".join(quoted(root or "/", 40) for root in sdist.roots[:3])
        more = f" and {len(sdist.roots) - 3:,} more" if len(sdist.roots) > 3 else ""
        yield Problem(
            f"the members are not all in one root folder ({len(sdist.roots):,} roots: {shown}{more}); "
            "PyPI refuses the sdist",
            fix=_REBUILD,
            key="roots",
        )
    elif sdist.root is None and len(sdist.roots) == 1:
        yield Problem(
            f"there is only {quoted(sdist.roots[0])} in the sdist; PyPI refuses it", fix=_REBUILD, key="alone"
        )
    elif not _has_plain_root(sdist):
        first = quoted(sdist.entries[0].path)
        yield Problem(
            f"member names do not start with the name of the root folder (the first is {first}), so that "
            "PyPI does not find PKG-INFO and refuses the sdist",
            fix=_REBUILD,
            key="prefix",
        )
    elif sdist.root != sdist.stem and fault(sdist) is None:
        yield _other_name(sdist)


def _other_name(sdist: Sdist) -> Problem:
    root = sdist.root or ""
    name, _, version = root.rpartition("-")
    wanted_name, wanted_version = sdist.filename_project
    same = normalise(root) == normalise(sdist.stem) or (
        normalise(name) == normalise(wanted_name)
        and parse_version(version) is not None
        and parse_version(version) == parse_version(wanted_version)
    )
    return Problem(
        f"the root folder is {quoted(root)} and not {quoted(sdist.stem)}, as the file name has it",
        Location(root),
        "build the sdist again instead of renaming it",
        Severity.INFO if same else Severity.WARNING,
        key="name",
    )


@rule("SD102", "missing-pkg-info", Severity.ERROR, index=True)
def missing_pkg_info(sdist: Sdist) -> Iterator[Problem]:
    """There is no PKG-INFO directly in the root folder of the sdist.

    ## Why it matters
    PKG-INFO holds the core metadata: name, version, dependencies. Without it tools have to run
    the build to learn them. PyPI refuses the sdist; a PKG-INFO in an `.egg-info` folder does not
    count.

    ## How to fix it
    Build the sdist with a build frontend: every build backend writes PKG-INFO. An archive made by
    `tar` or `git archive` is not an sdist.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    """
    if not _has_plain_root(sdist):
        return
    expected = f"{sdist.root}/PKG-INFO"
    entry = sdist.by_path.get(expected)
    if entry is None:
        egg = next((path for path in sdist.files if path.endswith(".egg-info/PKG-INFO")), None)
        there = f" (the one in {quoted(egg)} does not count)" if egg else ""
        yield Problem(
            f"there is no {quoted(expected)}{there}; PyPI refuses the sdist", fix=_REBUILD, key="missing"
        )
    elif len(sdist.by_path) == 1:
        yield Problem(
            "PKG-INFO is the only member, so that PyPI takes it for the root folder and refuses the sdist",
            Location(expected),
            _REBUILD,
            key="alone",
        )
    elif not entry.is_file and not any(
        anomaly.kind is AnomalyKind.SPECIAL_MEMBER and anomaly.member == expected
        for anomaly in sdist.anomalies
    ):
        yield Problem(
            f"PKG-INFO is a {entry.type.value}, not a file", Location(expected), _REBUILD, key="type"
        )


@rule("SD103", "missing-build-configuration", Severity.WARNING)
def missing_build_configuration(sdist: Sdist) -> Iterator[Problem]:
    """The sdist has no pyproject.toml; an error if it has no setup.py either.

    ## Why it matters
    Without `pyproject.toml` nothing says which build backend to use and what it needs. Installers
    then take whatever setuptools is newest that day and run `setup.py`, if there is one, and the
    build fails otherwise. The specification demands `pyproject.toml`.

    ## How to fix it
    Add a `pyproject.toml` with a `[build-system]` table, and see to it that it is packed: for
    setuptools `requires = ["setuptools"]` and `build-backend = "setuptools.build_meta"`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#declaring-build-system-dependencies-the-build-system-table>
    """
    if not _has_plain_root(sdist) or f"{sdist.root}/pyproject.toml" in sdist.by_path:
        return
    fix = "add a pyproject.toml with a [build-system] table"
    if f"{sdist.root}/setup.py" in sdist.by_path:
        yield Problem("there is no pyproject.toml, so that setup.py is built with any setuptools", fix=fix)
    else:
        yield Problem(
            "there is neither a pyproject.toml nor a setup.py: the sdist cannot be built",
            fix=fix,
            severity=Severity.ERROR,
        )
