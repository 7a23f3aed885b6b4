"""SD101 to SD103, SD108: the layout of an sdist."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import EntryType, Location, Problem, Sdist, Severity, counted, normalize, quoted, rule
from pkgaudit.rules._shared.built_name import is_refused_for_its_name
from pkgaudit.rules._shared.filename import fault, parse_version
from pkgaudit.rules._shared.index_words import REFUSED, TRIPS, UNNOTICED

_REBUILD = "build the sdist with a build frontend ('python -m build --sdist') instead of packing it by hand"

_FAILED = (
    "check the output of the build: a build backend that stops leaves a partial sdist. Then build it again "
    "('python -m build --sdist')"
)
"""The remedy for an sdist without the files that every build backend writes last."""

_ADD = """add a pyproject.toml, beside setup.py if there is one, with these lines (for setuptools):
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta\""""


def _parts(path: str) -> list[str]:
    """Return the components of a path as PyPI counts them; those of an absolute path begin with ``/``."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return ["/", *parts] if path.startswith("/") else parts


def _common_folder(sdist: Sdist) -> str:
    """Return the root folder as PyPI determines it: the common path of all members."""
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
    """Return whether PyPI finds PKG-INFO, wherever it is."""
    common = _common_folder(sdist)
    return common not in ("", "/") and f"{common}/PKG-INFO" in sdist.by_path


def _has_plain_root(sdist: Sdist) -> bool:
    """Return whether there is one root folder and all paths start with its name; else only SD101 reports."""
    return sdist.is_readable and sdist.root is not None and sdist.root not in ("", ".", "..")


@rule("SD101", "invalid-root", Severity.ERROR, index=True, since="0.1.0")
def invalid_root(sdist: Sdist) -> Iterator[Problem]:
    """The sdist does not have exactly one root folder with the name `{name}-{version}`.

    A single root folder with another name is a warning, because PyPI does not compare it with the filename; a
    different spelling is reported at info level. Member names that begin with `./`, a slash or `..` are
    an error even if PyPI accepts them.

    ## Why it matters
    Users expect that an sdist unpacks into one new folder. PyPI rejects it if the members have no
    common folder, and the upload fails with a server error if only some paths are absolute. A root folder
    with another version or project in its name usually means that the file was renamed; if it matches
    the metadata, FN102 or FN103 reports the filename instead.

    ## How to fix it
    Build the sdist with a build frontend instead of `tar`, and keep the filename that it produces.

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
            f"{quoted(path)} is an absolute path, but other paths are relative; {TRIPS}",
            Location(path),
            _REBUILD,
            key="absolute",
            data={"path": path},
        )
    elif _common_folder(sdist) in ("", "/"):
        roots = list(dict.fromkeys("".join(_parts(entry.path)[: 1 + absolute[0]]) for entry in sdist.entries))
        # Three show the content of the top level; the data has all. Chosen.
        shown = ", ".join(quoted(root or ".", 40) for root in roots[:3])
        more = f" and {len(roots) - 3:,} more" if len(roots) > 3 else ""
        yield Problem(
            f"the sdist does not have all members in one root folder ({counted(len(roots), 'root')}: "
            f"{shown}{more}); "
            f"{REFUSED}",
            fix=_REBUILD,
            key="roots",
            data={"names": roots, "count": len(roots)},
        )
    elif sdist.root is None and len(sdist.roots) == 1:
        message = f"the sdist only contains {quoted(sdist.roots[0])}; {REFUSED}"
        yield Problem(message, fix=_REBUILD, key="alone", data={"name": sdist.roots[0]})
    elif not _has_plain_root(sdist):
        first = sdist.entries[0].path
        yield Problem(
            f"the paths do not start with the name of the root folder (the first is {quoted(first)})"
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
        f"{quoted(root)} is the root folder, but the filename requires {quoted(sdist.stem)}",
        Location(root),
        "build the sdist again instead of renaming it",
        Severity.INFO if same else Severity.WARNING,
        key="name",
        data={"actual": root, "expected": sdist.stem},
    )


@rule("SD102", "missing-pkg-info", Severity.ERROR, index=True, since="0.1.0")
def missing_pkg_info(sdist: Sdist) -> Iterator[Problem]:
    """The sdist has no PKG-INFO directly in its root folder.

    ## Why it matters
    PKG-INFO contains the core metadata: name, version, dependencies. Without it, tools have to run the build
    to read them. PyPI rejects the sdist; a PKG-INFO in an `.egg-info` folder, or a `pkg-info`, does not
    count. PyPI does not read the file, and does not check that it is a file.

    ## How to fix it
    Build the sdist with a build frontend, and make sure that the build does not stop: every build backend
    writes PKG-INFO, most of them last. An archive from `tar` or `git archive` is not an sdist.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    """
    if not _has_plain_root(sdist):
        return
    expected = f"{sdist.root}/PKG-INFO"
    entry = sdist.by_path.get(expected)
    if entry is None:
        inside = [path for path in sdist.files if path.endswith("/PKG-INFO")]
        other = f" ({quoted(inside[0])} does not count)" if inside else ""
        outcome = UNNOTICED if _index_finds_pkg_info(sdist) else REFUSED
        message = f"{quoted(expected)} is missing{other}; {outcome}"
        data = {"needs": expected} | ({"path": inside[0]} if inside else {})
        yield Problem(message, fix=_FAILED, key="missing", data=data)
    elif not _index_finds_pkg_info(sdist):
        yield Problem(
            f"{quoted(expected)} is the only member, so PyPI treats it as the root folder; {REFUSED}",
            Location(expected),
            _REBUILD,
            key="alone",
        )
    elif not entry.is_file and entry.type is not EntryType.SPECIAL:  # which AR110 reports
        message = f"{quoted(expected)} is a {entry.type.value}, not a file; {UNNOTICED}"
        yield Problem(message, Location(expected), _REBUILD, key="type")


@rule("SD103", "missing-build-configuration", Severity.WARNING, since="0.1.0")
def missing_build_configuration(sdist: Sdist) -> Iterator[Problem]:
    """The sdist has no pyproject.toml; an error if it has no setup.py either.

    ## Why it matters
    `pyproject.toml` names the build backend and its requirements. Without it, installers use the newest
    setuptools of the day and run `setup.py`. If there is no `setup.py`, the build fails. The specification
    requires `pyproject.toml`.

    ## How to fix it
    Add a `pyproject.toml` with a `[build-system]` table, and make sure that it is packed. For setuptools,
    set `requires = ["setuptools"]` and `build-backend = "setuptools.build_meta"`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-layout>
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#declaring-build-system-dependencies-the-build-system-table>
    """
    if not _has_plain_root(sdist) or f"{sdist.root}/pyproject.toml" in sdist.by_path:
        return
    if f"{sdist.root}/setup.py" in sdist.by_path:
        yield Problem(
            "the sdist has no pyproject.toml, so any version of setuptools may be used to build it", fix=_ADD
        )
    else:
        yield Problem(
            "the sdist has neither a pyproject.toml nor a setup.py, so it cannot be built",
            fix=_ADD,
            severity=Severity.ERROR,
        )


@rule("SD108", "legacy-format", Severity.ERROR, index=True, since="0.1.0")
def legacy_format(sdist: Sdist) -> Iterator[Problem]:
    """The sdist is not a `.tar.gz` but has an outdated format.

    These are `.zip`, `.tgz`, `.tar`, `.tar.bz2`, `.tar.xz` and `.tar.Z`. FN101 reports eggs and
    installers.

    ## Why it matters
    Since PEP 517, an sdist is a gzip-compressed tar whose name ends in `.tar.gz`. PyPI has rejected `.zip`
    since 2026, and all other formats since 2018. Installers drop the code that reads them.

    ## How to fix it
    Build the sdist with a build frontend (`python -m build --sdist`). Remove `--formats` from the command
    line, and `formats` from the section `[sdist]` of setup.cfg. A `.tgz` file has the right format, so you
    only need to rename it.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name>
    - <https://peps.python.org/pep-0527/>
    - <https://peps.python.org/pep-0625/>
    """
    found = fault(sdist)
    if found is not None and found.is_format:
        fix = "build the sdist again as a .tar.gz ('python -m build --sdist'), without the option 'formats'"
        if sdist.filename.lower().endswith(".tgz"):
            fix = f"rename the file to {sdist.stem}.tar.gz"
        yield Problem(f"the filename {found.what}; {found.outcome}", fix=fix, data=found.data)
