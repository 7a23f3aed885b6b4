"""RL101, RL105 to RL107, RL115: the distributions of a release side by side, and all together."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pkgaudit.api import (
    Distribution,
    Location,
    Problem,
    PythonFile,
    Release,
    Severity,
    Summaries,
    Upload,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules.release.conflicts import Namespace, find_clashes, is_of_namespace

if TYPE_CHECKING:
    from packaging.version import Version

WHEELHOUSE = 3
"""Of more projects than that, what was given is a collection to install from rather than what is uploaded.

Chosen: a few repositories release two or three projects at once.
"""

_SHOWN = 8
"""Foreign files that are told one by one; the rest is one more problem. Chosen."""

_MOST_CLASHES = 50
"""Groups of projects that clash which are told; chosen: a folder with more is not a release."""


def _is_wheelhouse(upload: Upload) -> bool:
    return len(upload.releases) > WHEELHOUSE


# Three are enough to find the folder or the release that they are of; all are in the data.
def _names(items: list[str]) -> str:
    return f"{', '.join(map(quoted, items[:3]))}{' …' if len(items) > 3 else ''}"


@rule("RL101", "mixed-versions", Severity.ERROR, since="0.1.0")
def mixed_versions(upload: Upload) -> Iterator[Problem]:
    """Several versions of one project lie side by side.

    ## Why it matters
    `dist/` still has what the last release left there, and `twine upload dist/*` takes all of it: the index
    refuses the files that it has, or worse, takes one that was never to be released.

    Versions are compared as the specification says, so that `1.0` and `1.0.0` are one; builds that differ
    in a local version (`1.0+cpu`, `1.0+cuda`) are variants of one version. Where more than three projects
    were given, as in a folder to install from, it is a warning, one for all.

    ## How to fix it
    Empty `dist/` before each build, or name the files of the release one by one.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/>
    - <https://packaging.python.org/en/latest/guides/distributing-packages-using-setuptools/>
    """
    mixed = [(each, versions) for each in upload.releases if len(versions := _versions(each)) > 1]
    if _is_wheelhouse(upload) and len(mixed) > 1:
        release, versions = mixed[0]
        yield Problem(
            f"{len(mixed)} of {counted(len(upload.releases), 'project')} were given in several versions: "
            f"{_names([each.project for each, _ in mixed])}",
            fix="leave out the versions that are not to be installed from here",
            severity=Severity.WARNING,
            key="wheelhouse",
            data={"projects": [each.project for each, _ in mixed], "count": len(mixed)},
            distribution=next(iter(versions.values()))[0].path,
        )
        return
    for release, versions in mixed:
        listed = list(versions)
        # The first ones and the last: six are what a line holds. Chosen.
        shown = ", ".join([*listed[:5], f"… {listed[-1]}"] if len(listed) > 6 else listed)
        old = [each for version in listed[:-1] for each in versions[version]]
        yield Problem(
            f"{counted(len(listed), 'version')} of {release.project} were given together: {shown}",
            fix=f"leave out {_names([each.filename for each in old])}, or what is not of the release",
            severity=Severity.WARNING if _is_wheelhouse(upload) else None,
            key=release.project,
            distribution=old[0].path,
            data={"project": release.project, "versions": listed},
        )


def _versions(release: Release) -> dict[str, list[Distribution]]:
    """Return the distributions by version, the lowest first; what has no valid version is left aside."""
    found: dict[Version, list[Distribution]] = {}
    for each in release.distributions:
        version = parse_version(each.version)
        public = version and parse_version(version.public)
        if public:
            found.setdefault(public, []).append(each)
    return {str(version): found[version] for version in sorted(found)}


@rule("RL105", "missing-sdist", Severity.INFO, formerly=["RL105/missing-sdist"], since="0.1.0")
def missing_sdist(upload: Upload) -> Iterator[Problem]:
    """A project has wheels and no sdist.

    ## Why it matters
    Whoever has no wheel for a platform or a Python, and distributors who build from source, cannot
    install the release. The sdist is also the record of what it was built from.

    It is said where several files were given, and of at most three projects: a single file is being looked
    at, and many are a folder to install from.

    ## How to fix it
    Build both: `python -m build` makes the sdist, and the wheel from it. If the source is not public, ignore
    this rule.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    - <https://packaging.python.org/en/latest/discussions/package-formats/>
    """
    for release in _counterparts(upload):
        if release.wheels and not release.sdists:
            yield Problem(
                f"{release.project} has {counted(len(release.wheels), 'wheel')} "
                "and no sdist among the files given",
                fix="build the sdist too: 'python -m build --sdist'",
                key=release.project,
                distribution=release.wheels[0].path,
                data={"project": release.project, "count": len(release.wheels)},
            )


@rule("RL115", "missing-wheel", Severity.INFO, formerly=["RL105", "RL105/missing-wheel"], since="0.1.0")
def missing_wheel(upload: Upload) -> Iterator[Problem]:
    """A project has an sdist and no wheel.

    ## Why it matters
    Whoever installs the release must build it, which runs code of the project and of its build requirements,
    takes time and may fail. A pure Python project needs one wheel for all.

    It is said where several files were given, and of at most three projects: a single file is being looked
    at, and many are a folder to install from.

    ## How to fix it
    Build both: `python -m build`; for compiled modules, a tool such as cibuildwheel builds a wheel for each
    platform.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/discussions/package-formats/>
    """
    for release in _counterparts(upload):
        if release.sdists and not release.wheels:
            yield Problem(
                f"{release.project} has an sdist and no wheel among the files given",
                fix="build a wheel too: 'python -m build'",
                key=release.project,
                distribution=release.sdists[0].path,
                data={"project": release.project},
            )


def _counterparts(upload: Upload) -> Iterator[Release]:
    """Yield the releases of which it tells something that a counterpart is not among the files."""
    is_one = len(upload.distributions) == 1
    if not is_one and not _is_wheelhouse(upload):
        yield from upload.releases


def _name(path: str) -> str:
    """Return the last part of a path, of a folder with its slash."""
    name = os.path.basename(path.rstrip(os.sep))
    return f"{name}/" if path.endswith(os.sep) else name


@rule("RL106", "foreign-file", Severity.WARNING, since="0.1.0")
def foreign_file(upload: Upload) -> Iterator[Problem]:
    """A file that is no distribution lies beside those that are to be uploaded.

    ## Why it matters
    Uploaders of all files in the folder differ in what they do. twine and PDM stop and upload nothing,
    often after everything else of a release has been done. maturin stops midway, so that the release is
    incomplete. uv, Hatch and Poetry skip it. A folder has the same effect; nothing in it is uploaded, so
    its content is not audited either.

    Signatures and attestations of a distribution are not reported, nor
    are hidden files, which `*` leaves out, though PDM stops at them too. Where more than three projects were
    given, as in a folder to install from, nothing is reported.

    ## How to fix it
    Move it elsewhere, or upload the distributions by name: `twine upload dist/*.whl dist/*.tar.gz`.

    ## References
    - <https://twine.readthedocs.io/en/stable/>
    - <https://packaging.python.org/en/latest/tutorials/packaging-projects/>
    """
    if not upload.releases or _is_wheelhouse(upload):
        return
    foreign = [path for path in upload.foreign if not _name(path).startswith(".")]
    rest = foreign[_SHOWN - 1 :] if len(foreign) > _SHOWN else []
    for path in foreign[: len(foreign) - len(rest)]:
        is_folder = path.endswith(os.sep)
        what = "a folder beside the distributions, which no uploader looks into" if is_folder else None
        yield Problem(
            f"{quoted(_name(path))} is {what or 'no distribution'}: twine and PDM stop at it and upload "
            "nothing, maturin stops midway, and uv, Hatch and Poetry skip it",
            Location(),
            "move it out of the folder, or upload the wheels and sdists by name",
            key=_name(path),
            distribution=path,
            data={"name": _name(path)},
        )
    if rest:
        yield Problem(
            f"{len(rest):,} more files or folders are no distributions: {_names([*map(_name, rest)])}",
            Location(),
            "move them out of the folder, or upload the wheels and sdists by name",
            key="more",
            distribution=rest[0],
            data={"names": [*map(_name, rest)], "count": len(rest)},
        )


@summary
def namespace(file: PythonFile) -> Namespace | None:
    """Return the sign of an ``__init__.py`` of a package that several projects share."""
    return Namespace() if is_of_namespace(file) else None


@rule("RL107", "conflicting-files", Severity.ERROR, since="0.1.0")
def conflicting_files(upload: Upload, namespaces: Summaries[Namespace]) -> Iterator[Problem]:
    """Several projects install different files, or commands, at the same path.

    ## Why it matters
    What is installed last overwrites the other, and the first one to be uninstalled takes the file along: one
    of the two is broken then, and which one depends on the order.

    Wheels of different projects are compared that one environment would take. Equal files are left alone,
    and so are `__init__.py` of packages that projects share, which have no code or that of pkgutil. Modules,
    libraries, scripts and commands made of entry points are an error, other files, as a `LICENSE` at the root
    of both, a warning. Files that the same projects install are one finding.

    ## How to fix it
    Give each project a folder of its own, or make the shared one a namespace package without `__init__.py`.
    Rename one of two commands.

    ## References
    - <https://packaging.python.org/en/latest/guides/packaging-namespace-packages/>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    for clash in islice(find_clashes(upload.releases, namespaces), _MOST_CLASHES):
        one, other, *more = clash.wheels
        files = counted(len(clash.paths), "file")
        if more:
            names = [each.project for each in clash.wheels]
            message = f"{counted(len(names), 'project')} ({_names(names)}) install different files at "
            message += f"{counted(len(clash.paths), 'path')}: {_names(clash.paths)}"
        else:
            those = "one" if len(clash.paths) == 1 else "those"
            message = (
                f"{files} of {other.project} would overwrite {those} of {one.project} ({one.filename}): "
            )
            message += _names(clash.paths)
        yield Problem(
            message,
            Location(clash.member),
            "give each project a folder of its own, and commands names of their own",
            None if clash.breaks else Severity.WARNING,
            key=" ".join(each.project for each in clash.wheels[:20]),
            distribution=other.path,
            data={"projects": [each.project for each in clash.wheels], "paths": clash.paths},
        )
