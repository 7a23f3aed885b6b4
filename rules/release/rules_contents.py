"""RL103, RL114, RL116: the packages of a wheel compared with those of the sdist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Include,
    Location,
    Problem,
    PythonFile,
    Release,
    Sdist,
    Severity,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.model.texts import text_digest
from pkgaudit.rules._shared.allowed import Allowed, listed
from pkgaudit.rules._shared.generated import is_marked_as_generated
from pkgaudit.rules.behaviour.signs import may_act
from pkgaudit.rules.release.contents import Difference, differences, from_commits
from pkgaudit.rules.release.grave import Facts, Judgment, judge
from pkgaudit.rules.release.source import Content
from pkgaudit.rules.wheel.startup_files import StartFile

_REBUILD = "build the wheel from the sdist ('python -m build')"

_KEEPS = re.compile(r"^Generator:[ \t]*(?:setuptools|bdist_wheel)\b", re.IGNORECASE | re.MULTILINE)
"""The line of WHEEL by a backend that takes the modules from `build/`, where those of earlier builds are."""


_LONGEST_HEAD = 10_000
"""The bytes of WHEEL that are read: far more than real ones have; bounds the time."""


@dataclass(frozen=True)
class WheelContentNotInSdist(Allowed):
    """Files that may be in the wheel although the sdist lacks them, or has them with other contents."""


@dataclass(frozen=True)
class MissingFromWheel(Allowed):
    """Files that the wheel may lack although the sdist has them."""


@summary
def content(file: BinaryFile) -> Content | None:
    """Return the facts about a file that its sha256 does not show, None for most files."""
    if file.member.is_nested or not file.window.whole:
        return None
    text = text_digest(file.data)
    is_script = file.data.startswith(b"#!")
    # delvewheel adds code to modules.
    is_code = is_script or file.member.suffix in PythonFile.SUFFIXES
    is_generated = is_code and (is_marked_as_generated(file) or b"delvewheel" in file.data)
    acts = is_code and may_act(file.window)
    return Content(text, is_generated, is_script, acts) if text or is_generated or acts else None


@rule("RL103", "wheel-content-not-in-sdist", Severity.WARNING, since="0.1.0")
def wheel_content_not_in_sdist(
    release: Release,
    contents: Summaries[Content],
    starts: Summaries[StartFile],
    options: WheelContentNotInSdist,
) -> Iterator[Problem]:
    """The wheel contains modules that the sdist of the same version lacks, or that differ from those in it.

    The rule compares each package of the wheel with its folder in the sdist, in any layout, and also scripts
    and the files that Python reads at every start. It ignores line ends, the first line of scripts, and
    modules that a build writes: version files, modules whose text says that they are generated, and
    modules that the build settings name or that have a source in the sdist, such as `core.pyx`. The rule
    ignores packages with few modules in common. A module that the sdist lacks is reported at info level if
    the wheels are for platforms.

    The finding is an error if such a file runs at every start of Python (`.pth` or `.start` files with code,
    `sitecustomize`, `usercustomize`), or if it opens the network, starts a process or decodes data, and the
    file of the sdist does not. A module for platforms that the sdist lacks is then a warning, because builds
    add modules of libraries. A module that the rule otherwise ignores is a warning if it does one of these,
    and an error if it runs at every start.

    To judge what files do, the rule reads up to 50 files of each kind again, and none above 3 MB: first those
    that run at every start, then those with a word of such a call, `__init__.py`, and modules in the upper
    folders. The finding states how many files with such a word were not read.

    Measured on 467 releases: no error, and five warnings.

    With `--git REV`, the rule also compares the wheel and the sdist with a revision in the project's
    checkout. It then reports every such file that is not in the revision and that no build writes.

    ## Why it matters
    setuptools collects the modules in `build/lib`. If the folder remains from an earlier build, the wheel
    also contains modules that were renamed or removed since, and users can still import them. Or the sdist
    is incomplete, and a wheel that others build from it has other contents. If a module differs, the wheel
    and the sdist were built from different states of the project.

    The wheels of hijacked releases, such as litellm 1.82.8 and ultralytics 8.3.41, contained code that the
    repository of the project never had.

    ## How to fix it
    If the finding is an error and nobody in the project wrote the code, do not upload the release: find out
    how the code got into the wheel, and revoke the credentials of the machine that built it.

    Build the wheel from the sdist, as `python -m build` does, with setuptools after deleting the folder
    `build/`. Allow a module that only the wheel should contain:

        [tool.pkgaudit.wheel-content-not-in-sdist]
        allow = ["sample/_tables.py"]

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://build.pypa.io/en/stable/>
    """
    for each in (*differences(release, contents), *from_commits(release, contents)):
        for key, files in (("added", each.added), ("changed", each.changed), ("doubtful", each.doubtful)):
            root = f"{each.distribution.root}/" if isinstance(each.distribution, Sdist) else ""
            counting = {
                path: odd for path, odd in files.items() if not options.allows(path.removeprefix(root))
            }
            if counting:
                yield from _odd(each, key, judge(release, each, counting, Facts(contents, starts)))


def _odd(difference: Difference, key: str, judged: Judgment) -> Iterator[Problem]:
    """Yield the problem with files that the source lacks, or that differ from it."""
    distribution, source = difference.distribution, difference.source
    is_added, is_doubtful = key == "added", key == "doubtful"
    severity = Severity.INFO if is_added and not distribution.is_for_all else Severity.WARNING
    # Builds from other states of a project leave old modules, and write longer version files.
    if judged.hooks or (judged.able and severity is Severity.WARNING and not is_doubtful):
        severity = Severity.ERROR
    elif judged.able:
        severity = Severity.WARNING
    unread = counted(judged.unread, "file") + (" was" if judged.unread == 1 else " were") + " not read"
    paths = [*judged.grave] if difference.is_own or is_doubtful else judged.paths
    if not paths and is_doubtful and judged.unread:
        yield Problem(
            f"the {distribution.kind.value} contains many files that differ from {source.name}; {unread}",
            unjudged=True,
            distribution=distribution.path,
        )
    if not paths or (difference.is_own and severity is not Severity.ERROR):
        return
    first, says = next(iter(judged.grave.items()), (None, ""))
    what = counted(len(paths), "module" if is_added and all(map(_is_module, paths)) else "file")
    rev = source.rev
    fix = (
        _rebuild(distribution) if rev is None else f"rebuild the release in a clean checkout of {quoted(rev)}"
    )
    if is_added and first is None and rev is None:
        fix = f"{fix}; if the package needs the module, pack it into the sdist"
    elif first is not None:
        fix = f"if nobody in the project wrote the code, do not upload the release; otherwise {fix}"
    if is_doubtful:
        how = f"that {'does' if len(paths) == 1 else 'do'} more than {source.name} shows"
    else:
        how = source.lacks(len(paths)) if is_added else source.differs(len(paths))
    yield Problem(
        f"the {distribution.kind.value} contains {what} {how}: {listed(paths)}"
        f"{f'; {quoted(first)} {says}' if first is not None else ''}"
        f"{f'; {unread}' if judged.unread else ''}",
        Location(paths[0]),
        fix,
        severity,
        key=key if rev is None else f"{key} to the revision",
        distribution=distribution.path,
        data={"count": len(paths), "paths": paths},
    )


def _is_module(path: str) -> bool:
    return path.endswith(tuple(PythonFile.SUFFIXES))


def _rebuild(distribution: Distribution) -> str:
    """Return how to build a wheel again without the modules of earlier builds."""
    path = distribution.wheel_path if isinstance(distribution, Wheel) else None
    head = distribution.kept[path][:_LONGEST_HEAD].decode("utf-8", "replace") if path else ""
    return f"delete the folder build/, and {_REBUILD}" if _KEEPS.search(head) else _REBUILD


@rule("RL114", "untagged-version", Severity.WARNING, since="0.1.0")
def untagged_version(release: Release) -> Iterator[Problem]:
    """The checkout has no tag of the version, with which the release could be compared.

    The rule runs only with `--git auto`. A tag of the version is the version itself, in any normal form, also
    after `v`, `release-` or the name of the project, such as `v1.0`, `sample-1.0.0` and `sample/v1.0`.

    ## Why it matters
    Without a tag, nobody can tell which state of the repository a release was built from, and pkgaudit cannot
    compare the files of the release with the repository. The wheels of several hijacked releases contained
    code of which the repository had neither a tag nor a commit.

    ## How to fix it
    Tag the commit that the release is built from, before the build:

        git tag v1.0
        git push origin v1.0

    If the tag exists elsewhere, fetch it with `git fetch --tags`; `actions/checkout` needs `fetch-depth: 0`
    or `fetch-tags: true`. To compare with another revision, use `--git REV`.

    ## References
    - <https://git-scm.com/docs/git-tag>
    - <https://github.com/actions/checkout>
    """
    for version in release.untagged:
        mine = next(each for each in release.distributions if each.version == version)
        yield Problem(
            f"the checkout has no tag of the version {quoted(version)}; the release is not compared with it",
            fix="tag the commit that the release is built from, or fetch its tags with 'git fetch --tags'",
            key="untagged",
            distribution=mine.path,
            data={"version": version},
        )


@rule("RL116", "missing-from-wheel", Severity.WARNING, since="0.1.0")
def missing_from_wheel(
    release: Release, contents: Summaries[Content], options: MissingFromWheel
) -> Iterator[Problem]:
    """The wheel lacks modules or data of its packages that the sdist of the same version contains.

    The rule compares each package of the wheel with its folder in the sdist, in any layout. It checks
    modules, stubs, and data such as templates, JSON files, images and web pages. It skips tests,
    documentation, examples and files for the build, files that the wheel contains at another place, and files
    that the settings exclude. Other texts in the folders of its packages, such as `words.txt`, are reported
    at info level if the wheel is for all platforms; readmes, lists of requirements and settings of tools are
    not reported. It skips the `__init__.py` of a namespace, a folder whose modules other projects install,
    and folders that only `MANIFEST.in` names if the settings set `include-package-data = false`. It also
    reports packages that the wheel lacks completely, if they are beside the packages of the wheel in `src/`,
    `lib/` or `python/`, or in the root folder and named after the project. A file that one wheel for a
    platform contains may be missing from the others.

    ## Why it matters
    The package works in the source tree, where the file is, but not where it is installed. setuptools, for
    example, only packs data that `package-data` or `MANIFEST.in` names, and only the packages in the list
    `packages`. A wheel may also lack files because its build failed or ran out of space.

    ## How to fix it
    Configure the build backend to pack the file. Allow a file that is left out on purpose:

        [tool.pkgaudit.missing-from-wheel]
        allow = ["sample/_dev/"]

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/datafiles.html>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    for each in differences(release, contents):
        found = sorted(path for path in each.missing if not options.allows(path))
        if found:
            yield Problem(
                f"the wheel lacks {counted(len(found), 'file')} that the sdist contains: {listed(found)}",
                fix=Include(found[0], more=tuple(found[1:])),
                key="missing",
                distribution=each.distribution.path,
                data={"count": len(found), "paths": found},
            )
        texts = sorted(path for path in each.texts if not options.allows(path))
        if texts:
            yield Problem(
                f"the wheel lacks {counted(len(texts), 'text')} that the sdist contains in the folders of "
                f"its packages: {listed(texts)}",
                fix=Include(texts[0], "check whether the package reads the file", more=tuple(texts[1:])),
                severity=Severity.INFO,
                key="texts",
                distribution=each.distribution.path,
                data={"count": len(texts), "paths": texts},
            )
