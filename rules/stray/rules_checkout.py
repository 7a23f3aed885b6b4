"""SF108, SF109, SF111: comparison of an sdist with version control."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pkgaudit.api import (
    ArchiveKind,
    BinaryFile,
    Exclude,
    Include,
    Location,
    Problem,
    Release,
    Sdist,
    Severity,
    Summaries,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.allowed import Allowed, listed
from pkgaudit.rules._shared.generated import is_marked_as_generated
from pkgaudit.rules.stray.checkout_compared import compare, ignored_files, is_data, is_in_wheel


@dataclass(frozen=True)
class Marked:
    """The mark of a file whose text says that it is generated."""


@dataclass(frozen=True)
class IgnoredByVcs(Allowed):
    """Files that may be in the sdist although its `.gitignore` names them."""


@dataclass(frozen=True)
class NotInVcs(Allowed):
    """Files that may be in the sdist although version control does not have them."""


@dataclass(frozen=True)
class MissingFromSdist(Allowed):
    """Files that the sdist may lack although version control has them."""


@summary
def marked(file: BinaryFile) -> Marked | None:
    """Return the mark of a file whose text says that it is generated."""
    if file.member.archive is ArchiveKind.WHEEL:
        return None  # the rules apply to sdists only
    return Marked() if is_marked_as_generated(file) else None


@rule("SF108", "ignored-by-vcs", Severity.WARNING, since="0.1.0")
def ignored_by_vcs(sdist: Sdist, marks: Summaries[Marked], options: IgnoredByVcs) -> Iterator[Problem]:
    """The sdist contains a file that its own `.gitignore` keeps out of version control.

    ## Why it matters
    Ignored files belong to one machine: sample data, settings with passwords, notes, leftovers of builds. A
    build backend that packs whole folders, or that runs outside of a repository, packs them too, although
    nobody has ever reviewed them.

    The rule reads the `.gitignore` files of the sdist as git does, including those of inner folders,
    negations, and folders that are ignored as a whole. Some files are ignored and packed on purpose. The rule
    does not report:

    - version files, message catalogs, modules and front ends that a build writes into a package; in a
      package, it only reports names of local or private files (`local_settings.py`, `notes.txt`),
    - metadata, and files whose text says that they are generated,
    - vendored projects with their own license,
    - files that the settings of the build backend name,
    - files that a backend packs because version control has them (setuptools with setuptools-scm) or although
      it reads `.gitignore` itself,
    - files that other rules for stray files cover.

    All files of one sdist are one warning. The finding is reported at info level if all of them are in
    folders of tests, documentation or examples.

    ## How to fix it
    Leave the file out. If it belongs in the sdist, exempt it in `.gitignore` with a last line `!name`, name
    it in the settings of the build backend, or allow it here:

        [tool.pkgaudit.ignored-by-vcs]
        allow = ["data/tables.csv"]

    ## References
    - <https://git-scm.com/docs/gitignore>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    ignored = ignored_files(sdist, marks)
    if ignored is None:
        yield Problem(
            "the sdist was not compared with its own .gitignore files, because they have too many patterns",
            unjudged=True,
        )
    found = [each for each in ignored or () if not options.allows(each.relative)]
    if not found:
        return
    worst = max(each.severity for each in found)
    found.sort(key=lambda each: -each.severity)
    names = list(dict.fromkeys(each.outermost for each in found))
    first = found[0]
    root = f"{sdist.root}/"
    yield Problem(
        f"the sdist contains {counted(len(found), 'file')} that version control ignores: {listed(names)} "
        f"({quoted(first.line.text)} in line {first.line.number} of {quoted(first.line.file)})",
        Location(root + first.outermost),
        Exclude(root + first.outermost),
        worst,
        key="ignored",
        data={
            "count": len(found),
            "paths": [root + name for name in names],
            "pattern": first.line.text,
            "file": first.line.file,
            "line": first.line.number,
        },
    )


@rule("SF109", "not-in-vcs", Severity.WARNING, formerly=["SF109/not-in-vcs"], since="0.1.0")
def not_in_vcs(release: Release, marks: Summaries[Marked], options: NotInVcs) -> Iterator[Problem]:
    """The sdist contains a file that version control does not have.

    ## Why it matters
    The file was in the folder when the sdist was built, and nobody has reviewed it: a draft, a copy of a
    module, a file with passwords. A build of the same version from the tag produces a different sdist.

    The rule needs the project's own checkout: run pkgaudit in it, or on an sdist in its `dist/`. The rule
    compares the paths that git tracks, including those of submodules, with the paths in the sdist; it builds
    nothing. It does not report generated files (metadata, version files, compiled message catalogs, Cython's
    C sources, front ends in a package) or files that *ignored-by-vcs* and other rules for stray files cover.
    If git does not track more than half of the files, the checkout is probably in another state than the
    sdist; they are then not compared, and the report lists the sdist as skipped.

    Source code and data of packages are one finding, all other files another one: a new module that nobody
    has committed yet must not be left out if other modules import it.

    ## How to fix it
    Commit or delete the file, and build from a fresh clone. Allow a file that a step before the build writes:

        [tool.pkgaudit.not-in-vcs]
        allow = ["sample/_tables.py"]

    ## References
    - <https://git-scm.com/docs/git-ls-files>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    for sdist, compared in compare(release, marks):
        root = f"{sdist.root}/"
        if compared.is_other_state:
            yield Problem(
                f"git does not track {compared.unknown:,} of the {counted(compared.total, 'file')} in the "
                "sdist; the project's checkout seems to be in another state, so they were not compared",
                distribution=sdist.path,
                key="other-state",
                unjudged=True,
            )
            continue
        found = [path for path in compared.untracked if not options.allows(path)]
        for is_code in (False, True):
            some = [path for path in found if (path in compared.code) is is_code]
            if some:
                yield Problem(
                    f"the sdist contains {counted(len(some), 'file')} {'of code or data ' * is_code}"
                    f"that git does not track: {listed(some)}",
                    Location(root + some[0]),
                    _CODE_REMEDY if is_code else _untracked_remedy(root, some),
                    distribution=sdist.path,
                    key="untracked",
                    data={"count": len(some), "paths": [root + path for path in some]},
                )


_STEERING = frozenset(
    {
        "Cargo.toml",
        "CMakeLists.txt",
        "MANIFEST.in",
        "meson.build",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
    }
)
"""Names of files that steer the build: an sdist without one builds something else, or nothing."""


_CODE_REMEDY = "commit what the project needs, such as a new module, and delete the rest"
"""The remedy for code and data of packages: without a file that another one imports, the wheel is broken."""

_MOST_EXCLUDED = 20
"""The files that one remedy keeps out of the sdist; chosen: for more, people set a pattern."""


def _untracked_remedy(root: str, found: list[str]) -> Exclude | str:
    others = [path for path in found if posixpath.basename(path) not in _STEERING]
    if not others:
        return "commit them" if found[1:] else "commit it, because it steers the build"
    first = "commit it if it belongs in the sdist"
    if found[1:]:
        first = "commit the files that belong in the sdist, and leave out the others in this way"
    first_path, *more = (root + path for path in others[:_MOST_EXCLUDED])
    return Exclude(first_path, first, tuple(more))


@rule(
    "SF111",
    "missing-from-sdist",
    Severity.INFO,
    formerly=["SF109", "SF109/missing-from-sdist"],
    since="0.1.0",
)
def missing_from_sdist(
    release: Release, marks: Summaries[Marked], options: MissingFromSdist
) -> Iterator[Problem]:
    """The sdist lacks a module, data, a license or a readme that version control has.

    ## Why it matters
    A wheel built from the checkout works, but a wheel built from the sdist lacks the file. Linux
    distributions and users without a wheel for their platform notice first.

    The rule needs the project's own checkout, as *not-in-vcs* does. It only checks the packages that the
    sdist contains and those beside them in `src/`, `lib/` or `python/`, their sources and data, and the
    project's licenses and readmes: tests, documentation and settings of tools are often left out on purpose.
    Data that the settings exclude is not reported. The finding is a warning if a wheel of the release
    contains data that the sdist lacks.

    ## How to fix it
    Configure the build backend to pack the file. Allow a file that is left out on purpose:

        [tool.pkgaudit.missing-from-sdist]
        allow = ["sample/_dev/"]

    ## References
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    for sdist, compared in compare(release, marks):
        found = [path for path in compared.missing if not options.allows(path)]
        if found and not compared.is_other_state:
            is_lost = any(is_data(path) and is_in_wheel(path, release) for path in found)
            yield Problem(
                f"the sdist lacks {counted(len(found), 'file')} that git tracks: {listed(found)}",
                fix=Include(
                    f"{sdist.root}/{found[0]}",
                    more=tuple(f"{sdist.root}/{path}" for path in found[1:]),
                ),
                severity=Severity.WARNING if is_lost else None,
                distribution=sdist.path,
                key="missing",
                data={"count": len(found), "paths": [f"{sdist.root}/{path}" for path in found]},
            )
