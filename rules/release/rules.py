"""RL101, RL105 to RL107, RL115: the distributions of a release, and all given files together."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pkgaudit.api import (
    Distribution,
    Files,
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
from pkgaudit.late import lazy
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules.release.conflicts import Namespace, find_clashes, is_of_namespace

if TYPE_CHECKING:
    from packaging.version import Version

WHEELHOUSE = 3
"""With more projects than this, the given files are a folder to install from, not an upload.

Chosen: some repositories release two or three projects at once.
"""

_SHOWN = 8
"""The number of foreign files that are reported one by one; one more problem covers the rest. Chosen."""

_MOST_CLASHES = 50
"""The most groups of clashing projects that are reported; chosen: a folder with more is not a release."""


_OF_PDM = lazy(rb"^[ \t]*\[tool\.pdm[.\]]", re.MULTILINE)
"""A table of PDM's settings in pyproject.toml."""


def _is_wheelhouse(upload: Upload) -> bool:
    return len(upload.releases) > WHEELHOUSE


# Three are enough to find the folder or the release; the data contains all.
def _names(items: list[str]) -> str:
    return f"{', '.join(map(quoted, items[:3]))}{' …' if len(items) > 3 else ''}"


@rule("RL101", "mixed-versions", Severity.ERROR, since="0.1.0")
def mixed_versions(upload: Upload) -> Iterator[Problem]:
    """Several versions of one project are in the same folder.

    ## Why it matters
    `dist/` still contains the files of the last release, and `twine upload dist/*` uploads all of them. The
    index rejects the files that it already has. Worse, it accepts files that you never meant to release.

    Versions are compared as specified, so `1.0` and `1.0.0` are equal. Builds that only differ in their
    local version (`1.0+cpu`, `1.0+cuda`) are variants of one version. A file whose metadata has another
    version than its filename is not compared; FN103 reports it. With more than three projects, as in a
    folder to install from, the rule reports one warning for all.

    ## How to fix it
    Empty `dist/` before each build, or list the files of the release by name.

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
            fix="leave out the versions that should not be installed from this folder",
            severity=Severity.WARNING,
            key="wheelhouse",
            data={"projects": [each.project for each, _ in mixed], "count": len(mixed)},
            distribution=next(iter(versions.values()))[0].path,
        )
        return
    for release, versions in mixed:
        listed = list(versions)
        # The first versions and the last; six fit on a line. Chosen.
        shown = ", ".join([*listed[:5], f"… {listed[-1]}"] if len(listed) > 6 else listed)
        old = [each for version in listed[:-1] for each in versions[version]]
        yield Problem(
            f"{counted(len(listed), 'version')} of {quoted(release.project)} were given together: {shown}",
            fix=f"leave out {_names([each.filename for each in old])}, or files of other releases",
            severity=Severity.WARNING if _is_wheelhouse(upload) else None,
            key=release.project,
            distribution=old[0].path,
            data={"project": release.project, "versions": listed},
        )


def _versions(release: Release) -> dict[str, list[Distribution]]:
    """Return the distributions by version, lowest first, without those whose version is not known.

    It is invalid, or the filename and the metadata have different versions: FN103 reports these, and which of
    the two the author meant is unknown, so no file should be left out because of it.
    """
    found: dict[Version, list[Distribution]] = {}
    for each in release.distributions:
        version = parse_version(each.version)
        named = parse_version(each.filename_project[1])
        public = version and parse_version(version.public)
        if public and (named is None or named == version):
            found.setdefault(public, []).append(each)
    return {str(version): found[version] for version in sorted(found)}


@rule("RL105", "missing-sdist", Severity.INFO, formerly=["RL105/missing-sdist"], since="0.1.0")
def missing_sdist(upload: Upload) -> Iterator[Problem]:
    """A project has wheels but no sdist.

    ## Why it matters
    Users without a wheel for their platform or Python version, and distributors who build from source,
    cannot install the release. The sdist also records the source of the wheels.

    The rule applies if several files of at most three projects were given. A single file is probably just
    being inspected; a folder of many projects is probably a package store.

    ## How to fix it
    Run `python -m build`, which builds the sdist, and a wheel from it. If the source is not public, ignore
    this rule.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    - <https://packaging.python.org/en/latest/discussions/package-formats/>
    """
    for release in _counterparts(upload):
        if release.wheels and not release.sdists:
            yield Problem(
                f"{quoted(release.project)} has {counted(len(release.wheels), 'wheel')} "
                "but no sdist among the given files",
                fix="build the sdist too: 'python -m build --sdist'",
                key=release.project,
                distribution=release.wheels[0].path,
                data={"project": release.project, "count": len(release.wheels)},
            )


@rule("RL115", "missing-wheel", Severity.INFO, formerly=["RL105", "RL105/missing-wheel"], since="0.1.0")
def missing_wheel(upload: Upload) -> Iterator[Problem]:
    """A project has an sdist but no wheel.

    ## Why it matters
    Every user must build the release to install it. This runs code of the project and of its build
    requirements, takes time and may fail. A pure Python project needs just one wheel.

    The rule applies if several files of at most three projects were given. A single file is probably just
    being inspected; a folder of many projects is probably a package store.

    ## How to fix it
    Run `python -m build`, which builds both. For compiled modules, a tool such as cibuildwheel builds a wheel
    for each platform.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://packaging.python.org/en/latest/discussions/package-formats/>
    """
    for release in _counterparts(upload):
        if release.sdists and not release.wheels:
            yield Problem(
                f"{quoted(release.project)} has an sdist but no wheel among the given files",
                fix="build a wheel too: 'python -m build'",
                key=release.project,
                distribution=release.sdists[0].path,
                data={"project": release.project},
            )


def _counterparts(upload: Upload) -> Iterator[Release]:
    """Yield the releases for which a missing counterpart is a problem."""
    is_one = len(upload.distributions) == 1
    if not is_one and not _is_wheelhouse(upload):
        yield from upload.releases


def _name(path: str) -> str:
    """Return the last part of a path; the name of a folder ends with a slash."""
    name = os.path.basename(path.rstrip(os.sep))
    return f"{name}/" if path.endswith(os.sep) else name


@rule("RL106", "foreign-file", Severity.WARNING, since="0.1.0")
def foreign_file(upload: Upload) -> Iterator[Problem]:
    """A file or folder beside the distributions is not a distribution.

    ## Why it matters
    If you upload all files of the folder, uploaders react differently. twine and PDM stop and upload nothing,
    often after all other steps of a release are done. maturin stops midway, so the release is incomplete. uv,
    Hatch and Poetry skip the file. A folder has the same effect; nothing in it is uploaded, so its content is
    not audited either.

    Signatures and attestations of a distribution are not reported. Neither are hidden files, which `*` does
    not match. But PDM uploads the whole folder and stops at a `.gitignore`, which uv and Hatch write there.
    This is reported, at info level, for a project with settings of PDM. With more than three projects,
    as in a folder to install from, nothing is reported.

    ## How to fix it
    Move the file elsewhere, or upload the distributions by name: `twine upload dist/*.whl dist/*.tar.gz`.

    ## References
    - <https://twine.readthedocs.io/en/stable/>
    - <https://packaging.python.org/en/latest/tutorials/packaging-projects/>
    """
    if not upload.releases or _is_wheelhouse(upload):
        return
    yield from _hidden(upload)
    foreign = [path for path in upload.foreign if not _name(path).startswith(".")]
    rest = foreign[_SHOWN - 1 :] if len(foreign) > _SHOWN else []
    for path in foreign[: len(foreign) - len(rest)]:
        is_folder = path.endswith(os.sep)
        kind = "a folder beside the distributions, which no uploader reads" if is_folder else None
        yield Problem(
            f"{quoted(_name(path))} is {kind or 'not a distribution'}: twine and PDM stop at it and upload "
            "nothing, maturin stops midway, and uv, Hatch and Poetry skip it",
            Location(),
            f"move the {'folder' if is_folder else 'file'} elsewhere, or upload the distributions by name",
            key=_name(path),
            distribution=path,
            data={"name": _name(path)},
        )
    if rest:
        yield Problem(
            f"{len(rest):,} more files or folders are not distributions: {_names([*map(_name, rest)])}",
            Location(),
            "move them elsewhere, or upload the distributions by name",
            key="more",
            distribution=rest[0],
            data={"names": [*map(_name, rest)], "count": len(rest)},
        )


def _hidden(upload: Upload) -> Iterator[Problem]:
    """Report a .gitignore beside the distributions of a project that may be published with PDM."""
    sdists = [sdist for release in upload.releases for sdist in release.sdists]
    settings = [sdist.kept.get(sdist.in_root("pyproject.toml") or "", b"") for sdist in sdists]
    for path in upload.foreign:
        if _name(path) == ".gitignore" and any(map(_OF_PDM.search, settings)):
            yield Problem(
                "'.gitignore' is not a distribution: 'pdm publish --no-build' stops at it, uploading nothing",
                Location(),
                "delete the file before you publish with PDM",
                severity=Severity.INFO,
                key=".gitignore",
                distribution=path,
                data={"name": ".gitignore"},
            )


@summary(files=Files(names=("__init__.py",)))
def namespace(file: PythonFile) -> Namespace | None:
    """Return the mark of an ``__init__.py`` that only shares its package between several projects."""
    return Namespace() if is_of_namespace(file) else None


@rule("RL107", "conflicting-files", Severity.ERROR, since="0.1.0")
def conflicting_files(upload: Upload, namespaces: Summaries[Namespace]) -> Iterator[Problem]:
    """Several projects install different files or commands at the same path.

    ## Why it matters
    The file that is installed last overwrites the other, and uninstalling one project removes the file of
    both. One of the projects is then broken; the order decides which one.

    The rule compares wheels of different projects that one environment accepts. It ignores equal files, and
    the `__init__.py` of shared packages that has no code or only that of pkgutil. Modules, libraries, scripts
    and entry-point commands are an error; other files, such as a `LICENSE` at the root of both, are a
    warning. All paths of the same projects are one finding.

    ## How to fix it
    Give each project its own folder, or make the shared folder a namespace package without `__init__.py`.
    Rename one of two equal commands.

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
            message = (
                f"{quoted(other.project)} would overwrite {files} of {quoted(one.project)} ({one.filename}): "
            )
            message += _names(clash.paths)
        yield Problem(
            message,
            Location(clash.member),
            "give each project its own folder, and each command its own name",
            None if clash.breaks else Severity.WARNING,
            key=" ".join(each.project for each in clash.wheels[:20]),
            distribution=other.path,
            data={"projects": [each.project for each in clash.wheels], "paths": clash.paths},
        )
