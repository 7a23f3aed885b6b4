"""RL104: the files of wheels that do not depend on the platform, compared."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    Files,
    Location,
    Problem,
    PythonFile,
    Release,
    Severity,
    Summaries,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.allowed import Allowed, listed
from pkgaudit.rules.release.pure import (
    Constants,
    Differing,
    Facts,
    differing_files,
    read_constants,
)
from pkgaudit.rules.release.source import Content
from pkgaudit.rules.wheel.startup_files import StartFile


@dataclass(frozen=True)
class DifferingPureFiles(Allowed):
    """Files that may differ between the wheels of a version, or that only some wheels have."""


@summary(files=Files((".py", ".pyi"), nested=False))
def constants(file: PythonFile) -> Constants | None:
    """Return the mark of a module that only assigns constants."""
    return read_constants(file)


@rule("RL104", "differing-pure-files", Severity.WARNING, since="0.1.0")
def differing_pure_files(
    release: Release,
    contents: Summaries[Content],
    starts: Summaries[StartFile],
    constants: Summaries[Constants],
    options: DifferingPureFiles,
) -> Iterator[Problem]:
    """The wheels of one version contain different Python files at the same path.

    The rule compares modules, stubs, scripts, and files that Python reads at every start (`.pth` and
    `.start`). It ignores line ends, the first line of scripts, empty files, modules that only assign
    constants, and modules that builds write, such as `_build_config.py`, by their names or by their texts,
    unless only some of them may use the network or start a process. It does not report a module that only
    some wheels contain, because the module may be for one platform, or one whose content only depends on the
    Python for which the wheel is.

    A `.pth` or `.start` file with code is an error if it differs, or if only some wheels have it. If this
    only depends on the system or the Python that the wheels are for, it is a warning.

    Of 74 projects with wheels for several platforms, none has a finding.

    ## Why it matters
    Only compiled files should depend on the platform. If a module differs, one wheel was built from another
    state of the project, so its users have bugs that nobody else has. Or the computer that built the wheel
    was tampered with: hijacked releases have changed one file of one wheel, where few people look.

    ## How to fix it
    Build all wheels from the same sdist or commit, and start each build in an empty folder. Compare the files
    before you upload the release. Allow a module that differs on purpose:

        [tool.pkgaudit.differing-pure-files]
        allow = ["sample/_platform.py"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://cibuildwheel.pypa.io/en/stable/>
    """
    facts = Facts(contents, starts, constants)
    for found in differing_files(release, facts):
        counting = [each for each in found if not options.allows(each.path)]
        modules = [each for each in counting if not each.is_hook]
        yield from (_hook(each) for each in counting if each.is_hook)
        if modules:
            first = modules[0]
            paths = [each.path for each in modules]
            verb = "has" if len(paths) == 1 else "have"
            yield Problem(
                f"{counted(len(paths), 'file')} of {quoted(first.wheel.filename)} {verb} other contents in "
                f"other wheels of this version, such as {quoted(first.other.filename)}: {listed(paths)}",
                Location(first.path),
                _FIX,
                key="modules",
                distribution=first.wheel.path,
                data={"count": len(paths), "paths": paths, "path": first.other.filename},
            )


_FIX = "build all wheels from the same sdist or commit, each in an empty folder"


def _hook(found: Differing) -> Problem:
    other = quoted(found.other.filename)
    what = f"but {other} does not contain it" if found.lacks else f"and has other contents in {other}"
    return Problem(
        f"{quoted(found.path)} runs code at every start of Python, {what}",
        Location(found.path),
        f"if nobody in the project wrote the code, do not upload the release; otherwise {_FIX}",
        None if found.is_explained else Severity.ERROR,
        key=found.path,
        distribution=found.wheel.path,
        data={"path": found.other.filename},
    )
