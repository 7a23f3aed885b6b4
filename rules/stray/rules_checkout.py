"""SF108, SF109, SF111: the files of an sdist against version control."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
from pkgaudit.rules._shared.patterns import compile_patterns
from pkgaudit.rules.stray.checkout_compared import compare, ignored_files
from pkgaudit.rules.stray.checkout_generated import is_marked_as_generated


@dataclass(frozen=True)
class Marked:
    """The sign of a file that says of itself that it is generated."""


@dataclass(frozen=True)
class Allowed:
    """Base of the options: ``allow`` are gitignore patterns, below the root folder, of what belongs there."""

    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in self.allow:
            compile_patterns((line,)).spec  # noqa: B018 - raises for what is not a pattern

    def allows(self, path: str) -> bool:
        """Return whether a path below the root folder is allowed."""
        return bool(self.allow) and compile_patterns(self.allow).match(path)


@dataclass(frozen=True)
class IgnoredByVcs(Allowed):
    """What may be in the sdist though its `.gitignore` names it."""


@dataclass(frozen=True)
class NotInVcs(Allowed):
    """What may be in the sdist though version control does not have it."""


@dataclass(frozen=True)
class MissingFromSdist(Allowed):
    """What may be missing in the sdist though version control has it."""


@summary
def marked(file: BinaryFile) -> Marked | None:
    """Return the sign of a file that says of itself that it is generated."""
    if file.member.archive is ArchiveKind.WHEEL:
        return None  # the rules are about sdists
    return Marked() if is_marked_as_generated(file) else None


def _listed(names: list[str]) -> str:
    # Chosen: three fit into a line, and show what the others are like. `data` has all of them.
    return f"{', '.join(map(quoted, names[:3]))}{' …' if len(names) > 3 else ''}"


@rule("SF108", "ignored-by-vcs", Severity.WARNING, since="0.1.0")
def ignored_by_vcs(sdist: Sdist, marks: Summaries[Marked], options: IgnoredByVcs) -> Iterator[Problem]:
    """A file is packed into the sdist that the sdist's own `.gitignore` keeps out of version control.

    ## Why it matters
    What version control ignores is of one machine: data to try things with, settings with passwords, notes,
    what builds left. A build backend that packs folders, or runs where there is no repository, takes it
    along, and no review has ever seen it.

    The `.gitignore` files of the sdist are read as git reads them: those of inner folders, negations, and
    folders that are ignored as a whole. Many files are ignored and packed on purpose and not reported:
    versions, catalogues, modules and front ends that a build writes into a package (in a package, only names
    that speak of local or private things count), metadata, what says of itself that it is generated, other
    projects' sources with their own license, and what the settings of the build backend name one by one.
    Backends that take files from version control, as setuptools does with setuptools-scm, or that read
    `.gitignore` themselves, are believed. What
    other rules for stray files are about is theirs. All in one sdist is one warning, an info if it is under
    tests, documentation and examples.

    ## How to fix it
    Leave the file out; if it belongs there, let the last line of `.gitignore` about it say so (`!name`),
    name it in the settings of the build backend, or here:

        [tool.pkgaudit.ignored-by-vcs]
        allow = ["data/tables.csv"]

    ## References
    - <https://git-scm.com/docs/gitignore>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    found = [each for each in ignored_files(sdist, marks) if not options.allows(each.relative)]
    if not found:
        return
    worst = max(each.severity for each in found)
    found.sort(key=lambda each: -each.severity)
    names = list(dict.fromkeys(each.outermost for each in found))
    first = found[0]
    is_one = len(found) == 1
    root = f"{sdist.root}/"
    yield Problem(
        f"{counted(len(found), 'file')} that {'is' if is_one else 'are'} ignored by version control "
        f"{'is' if is_one else 'are'} packed: {_listed(names)} "
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
    """A file is packed into the sdist that version control does not have.

    ## Why it matters
    It was in the folder when the sdist was built and nobody has reviewed it: a draft, a copy of a module, a
    file with passwords. Whoever builds the same version from the tag gets another sdist.

    This needs the project's own checkout: run in it, or on an sdist in its `dist/`. The paths that git
    tracks, those of submodules too, are compared with the paths in the sdist; nothing is built. What builds
    generate is excused (metadata, versions, compiled catalogues, Cython's C, front ends in a package), and
    what *ignored-by-vcs* and other rules for stray files are about is theirs. If more than half of the files
    are unknown to version control, the checkout is taken to be in another state than the sdist. They are then
    not compared, and the report lists that as skipped.

    ## How to fix it
    Commit the file or delete it, and build from a fresh clone. For one that a step before the build writes:

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
                f"git does not track {compared.unknown:,} of its {counted(compared.total, 'file')} in the "
                "project's checkout, which seems to be in another state; "
                "they were not compared with each other",
                distribution=sdist.path,
                key="other-state",
                unjudged=True,
            )
            continue
        found = [path for path in compared.untracked if not options.allows(path)]
        if found:
            verb = "is" if len(found) == 1 else "are"
            yield Problem(
                f"{counted(len(found), 'file')} that git does not track {verb} packed: {_listed(found)}",
                Location(root + found[0]),
                Exclude(root + found[0], "commit it if it belongs there"),
                distribution=sdist.path,
                key="untracked",
                data={"count": len(found), "paths": [root + path for path in found]},
            )


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
    """A module, a license or a readme that version control has is missing in the sdist.

    ## Why it matters
    What is built from the sdist then lacks it, while what is built from the checkout works: distributors
    and those without a wheel for their platform are the first to see.

    This needs the project's own checkout, as *not-in-vcs* does. Only sources in packages that the sdist has,
    and licenses and readmes of the project, are looked for: tests, documentation, settings of
    tools and the like are often left out on purpose.

    ## How to fix it
    Have the build backend pack it. For a file that is left out on purpose:

        [tool.pkgaudit.missing-from-sdist]
        allow = ["sample/_dev/"]

    ## References
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    for sdist, compared in compare(release, marks):
        found = [path for path in compared.missing if not options.allows(path)]
        if found and not compared.is_other_state:
            yield Problem(
                f"lacks {counted(len(found), 'file')} that git tracks: {_listed(found)}",
                fix=Include(f"{sdist.root}/{found[0]}"),
                distribution=sdist.path,
                key="missing",
                data={"count": len(found), "paths": [f"{sdist.root}/{path}" for path in found]},
            )
