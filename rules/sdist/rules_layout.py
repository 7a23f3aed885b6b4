"""SD101 to SD103, SD108: the layout of an sdist."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import EntryType, Location, Problem, Sdist, Severity, counted, normalize, quoted, rule
from pkgaudit.rules._shared.built_name import is_refused_for_its_name
from pkgaudit.rules._shared.filename import fault, parse_version
from pkgaudit.rules._shared.index_words import REFUSED, TRIPS, UNNOTICED

_REBUILD = "build the sdist with the build frontend ('python -m build --sdist') instead of packing it by hand"

_FAILED = (
    "look at the output of the build: a build backend that stops leaves a part of the sdist behind. Then "
    "build it again ('python -m build --sdist')"
)
"""The remedy for an sdist that lacks what every build backend writes last."""

_ADD = """add a pyproject.toml, beside setup.py if there is one, with these lines (those of setuptools):
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta\""""


def _parts(path: str) -> list[str]:
    """Return the components of a path as the index counts them; that of an absolute one begins with ``/``."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return ["/", *parts] if path.startswith("/") else parts


def _common_folder(sdist: Sdist) -> str:
    """Return what the index takes for the root folder: the path that all members' have in common."""
    common: list[str] | None = None
    for entry in sdist.entries:
        parts = _parts(entry.path)
        if common is None:
            common = parts
        elif parts[: len(common)] != common:
            same = 0
            while same < min(len(common), len(parts)) and common[same] == parts[same]:
                same += 1
            common = common[:same]
    joined = "/".join(common or [])
    return joined[1:] if joined.startswith("//") else joined


def _index_finds_pkg_info(sdist: Sdist) -> bool:
    """Whether the index finds PKG-INFO, wherever that is."""
    common = _common_folder(sdist)
    return common not in ("", "/") and f"{common}/PKG-INFO" in sdist.by_path


def _has_plain_root(sdist: Sdist) -> bool:
    """Whether there is one root folder and all paths start with its name: else only SD101 speaks."""
    return sdist.is_readable and sdist.root is not None and sdist.root not in ("", ".", "..")


@rule("SD101", "invalid-root", Severity.ERROR, index=True, since="0.1.0")
def invalid_root(sdist: Sdist) -> Iterator[Problem]:
    """The sdist does not have one root folder called `{name}-{version}`.

    One root folder with another name is a warning, and an info where only the spelling differs:
    PyPI does not compare it with the file name. Names that begin with `./`, with a slash or with
    `..` are an error even where PyPI finds its way.

    ## Why it matters
    Whoever unpacks an sdist expects everything in one new folder. PyPI refuses it if the members
    have no folder in common, and its upload fails with a server error where only some of the
    paths are absolute. A root folder that is named after another version or project usually means
    that the file was renamed; where it is the one that the metadata says, FN102 or FN103 tells that.

    ## How to fix it
    Build the sdist with a build frontend rather than with `tar`, and keep the name that it gives
    the file.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    - <https://docs.pypi.org/archives/>
    """
    if not sdist.is_readable:
        return
    absolute = [entry.path.startswith("/") for entry in sdist.entries]
    if not sdist.entries:
        yield Problem(f"the sdist has no members; {REFUSED}", fix=_FAILED)
    elif any(absolute) and not all(absolute):
        path = next(entry.path for entry in sdist.entries if entry.path.startswith("/"))
        yield Problem(
            f"the path {quoted(path)} is absolute, while others are relative; {TRIPS}",
            Location(path),
            _REBUILD,
            key="absolute",
            data={"path": path},
        )
    elif _common_folder(sdist) in ("", "/"):
        roots = list(dict.fromkeys("".join(_parts(entry.path)[: 1 + absolute[0]]) for entry in sdist.entries))
        # Three show what lies at the top; all are in the data. Chosen.
        shown = ", ".join(quoted(root or ".", 40) for root in roots[:3])
        more = f" and {len(roots) - 3:,} more" if len(roots) > 3 else ""
        yield Problem(
            f"the members are not all in one root folder ({counted(len(roots), 'root')}: {shown}{more}); "
            f"{REFUSED}",
            fix=_REBUILD,
            key="roots",
            data={"names": roots, "count": len(roots)},
        )
    elif sdist.root is None and len(sdist.roots) == 1:
        message = f"there is only {quoted(sdist.roots[0])} in the sdist; {REFUSED}"
        yield Problem(message, fix=_REBUILD, key="alone", data={"name": sdist.roots[0]})
    elif not _has_plain_root(sdist):
        first = sdist.entries[0].path
        yield Problem(
            f"member names do not start with the name of the root folder (the first is {quoted(first)})"
            + (f"; {UNNOTICED}" if _index_finds_pkg_info(sdist) else f", which hides PKG-INFO; {REFUSED}"),
            fix=_REBUILD,
            key="prefix",
            data={"path": first},
        )
    elif sdist.root != sdist.stem and fault(sdist) is None and not is_refused_for_its_name(sdist):
        yield _other_name(sdist)


def _other_name(sdist: Sdist) -> Problem:
    root = sdist.root or ""
    name, _, version = root.rpartition("-")
    wanted_name, wanted_version = sdist.filename_project
    same = normalize(root) == normalize(sdist.stem) or (
        normalize(name) == normalize(wanted_name)
        and parse_version(version) is not None
        and parse_version(version) == parse_version(wanted_version)
    )
    return Problem(
        f"the root folder is {quoted(root)} and not {quoted(sdist.stem)}, as the file name has it",
        Location(root),
        "build the sdist again instead of renaming it",
        Severity.INFO if same else Severity.WARNING,
        key="name",
        data={"actual": root, "expected": sdist.stem},
    )


@rule("SD102", "missing-pkg-info", Severity.ERROR, index=True, since="0.1.0")
def missing_pkg_info(sdist: Sdist) -> Iterator[Problem]:
    """There is no PKG-INFO directly in the root folder of the sdist.

    ## Why it matters
    PKG-INFO holds the core metadata: name, version, dependencies. Without it tools have to run
    the build to learn them. PyPI refuses the sdist; a PKG-INFO in an `.egg-info` folder, or
    `pkg-info`, does not count. It does not read the file, nor look whether it is one.

    ## How to fix it
    Build the sdist with a build frontend, and see that the build does not stop: every build backend writes
    PKG-INFO, most of them last. An archive made by `tar` or `git archive` is not an sdist.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    """
    if not _has_plain_root(sdist):
        return
    expected = f"{sdist.root}/PKG-INFO"
    entry = sdist.by_path.get(expected)
    if entry is None:
        inside = [path for path in sdist.files if path.endswith("/PKG-INFO")]
        there = f" (the one in {quoted(inside[0])} does not count)" if inside else ""
        outcome = UNNOTICED if _index_finds_pkg_info(sdist) else REFUSED
        message = f"there is no {quoted(expected)}{there}; {outcome}"
        data = {"needs": expected} | ({"path": inside[0]} if inside else {})
        yield Problem(message, fix=_FAILED, key="missing", data=data)
    elif not _index_finds_pkg_info(sdist):
        yield Problem(
            f"PKG-INFO is the only member, so that it is itself taken for the root folder; {REFUSED}",
            Location(expected),
            _REBUILD,
            key="alone",
        )
    elif not entry.is_file and entry.type is not EntryType.SPECIAL:  # of which AR110 tells
        message = f"PKG-INFO is a {entry.type.value}, not a file; {UNNOTICED}"
        yield Problem(message, Location(expected), _REBUILD, key="type")


@rule("SD103", "missing-build-configuration", Severity.WARNING, since="0.1.0")
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
    if f"{sdist.root}/setup.py" in sdist.by_path:
        yield Problem("there is no pyproject.toml, so that setup.py is built with any setuptools", fix=_ADD)
    else:
        yield Problem(
            "there is neither a pyproject.toml nor a setup.py: the sdist cannot be built",
            fix=_ADD,
            severity=Severity.ERROR,
        )


@rule("SD108", "legacy-format", Severity.ERROR, index=True, since="0.1.0")
def legacy_format(sdist: Sdist) -> Iterator[Problem]:
    """The sdist is not a `.tar.gz` but of a format that was once in use.

    These are `.zip`, `.tgz`, `.tar`, `.tar.bz2`, `.tar.xz` and `.tar.Z`. Eggs and installers are told
    of by FN101.

    ## Why it matters
    An sdist is a tar compressed by gzip, since PEP 517, and its name ends in `.tar.gz`. PyPI has
    refused all other formats since 2018, but for `.zip`, which it refuses since 2026; installers
    drop the code that reads them.

    ## How to fix it
    Build the sdist with a build frontend (`python -m build --sdist`). Drop `--formats` from the
    command line, and `formats` from the section `[sdist]` of setup.cfg. A `.tgz` has the right format
    and only needs to be renamed.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    - <https://peps.python.org/pep-0527/>
    - <https://peps.python.org/pep-0625/>
    """
    found = fault(sdist)
    if found is not None and found.is_format:
        fix = "build the sdist anew as a .tar.gz ('python -m build --sdist'), without the option 'formats'"
        if sdist.filename.lower().endswith(".tgz"):
            fix = f"rename it to {sdist.stem}.tar.gz"
        yield Problem(f"the file name {found.what}; {found.outcome}", fix=fix, data=found.data)
