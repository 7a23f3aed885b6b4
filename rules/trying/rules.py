"""TR101, TR102, TR110 to TR112: installing, checking and removing a wheel, and building one from an sdist."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Problem, Severity, counted, quoted, rule
from pkgaudit.model.tries import Fate, Step, Tries
from pkgaudit.rules.trying.words import listed, problem, pythons, said, trials_of


@rule("TR101", "failed-installation", Severity.ERROR, since="0.1.0")
def failed_installation(tries: Tries) -> Iterator[Problem]:
    """The installer rejects the distribution or its requirements.

    `pkgaudit try` installs the file into an empty environment, with uv or else with pip. The finding is a
    warning if a dependency has no wheel for this Python and cannot be built on this machine. If the network
    or an index fails, nothing is reported, and the run is incomplete.

    ## Why it matters
    Users get the same error. If the requirements contradict each other, or an index does not have them, no
    environment is possible.

    ## How to fix it
    Read the last lines of the installer, which the report shows. Correct the requirement that it names, or
    restrict `requires-python` to the Pythons for which all requirements exist.

    ## References
    - <https://pip.pypa.io/en/stable/topics/dependency-resolution/>
    - <https://docs.astral.sh/uv/pip/compile/>
    """
    for each in trials_of(tries, Step.INSTALL):
        yield problem(
            each,
            said(each, f"{each.name} cannot install the distribution"),
            "correct the requirement that the installer names in the project's settings, or rebuild the file",
            None if each.is_certain else Severity.WARNING,
            program=each.name,
        )


@rule("TR102", "broken-environment", Severity.ERROR, since="0.1.0")
def broken_environment(tries: Tries) -> Iterator[Problem]:
    """After the installation, the check of the installer reports a requirement that is not satisfied.

    The rule runs `pip check`, or `uv pip check`, in the environment into which only the distribution and its
    dependencies were installed. A fault between two dependencies is a warning.

    ## Why it matters
    The installer accepted versions that do not fit together, such as because a dependency states another
    requirement in its wheel than on the index.

    ## How to fix it
    Correct the requirement in the project's settings that the message names.

    ## References
    - <https://pip.pypa.io/en/stable/cli/pip_check/>
    """
    for each in trials_of(tries, Step.CHECK):
        yield problem(
            each,
            said(each, "the installed environment is inconsistent"),
            "correct the requirement",
            None if each.is_certain else Severity.WARNING,
        )


@rule("TR110", "files-left-behind", Severity.WARNING, since="0.1.0")
def files_left_behind(tries: Tries) -> Iterator[Problem]:
    """Files stay behind when the distribution is uninstalled, or uninstalling it fails.

    The rule compares the environment before the installation with that after the removal. Files of
    dependencies and bytecode do not count.

    ## Why it matters
    The files shadow those of a later version, and their folder can still be imported as a namespace package.

    ## How to fix it
    Let RECORD list every file, which all build backends do, and do not write into the folder of the package
    when it is imported: use a folder for caches of the user.

    ## References
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>
    """
    for each in trials_of(tries, Step.UNINSTALL):
        if each.fate is Fate.FAILED and each.status is None:
            message = said(each, f"{quoted(each.name)} cannot be uninstalled")
            yield problem(each, message, "correct RECORD")
            continue
        count = each.status or 1
        verb = "stays" if count == 1 else "stay"
        message = f"{counted(count, 'file')} {verb} behind after uninstalling with {pythons(each.pythons)}"
        shown = [quoted(name) for name in (each.name, *each.others[:2])]
        rest = [f"{count - len(shown)} more"] if count > len(shown) else []
        yield problem(
            each,
            f"{message}: {listed([*shown, *rest])}",
            "list every file in RECORD, and write no files into the package when it is imported",
            paths=[each.name, *each.others],
            count=count,
        )


@rule("TR111", "failed-build", Severity.ERROR, since="0.1.0")
def failed_build(tries: Tries) -> Iterator[Problem]:
    """No wheel can be built from the sdist.

    The sdist is built in isolation, on the newest Python at hand that it allows, as installers build it that
    find no wheel. If the network or an index fails, nothing is reported, and the run is incomplete.

    ## Why it matters
    Nobody for whom the release has no wheel can install it, and distributors cannot package it.

    ## How to fix it
    Read the last lines of the build, which the report shows. A file that the build needs is often missing in
    the sdist, or `build-system.requires` lacks a library.

    ## References
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    - <https://peps.python.org/pep-0517/>
    """
    for each in trials_of(tries, Step.BUILD):
        yield problem(
            each,
            said(each, "the sdist cannot be built"),
            "add what is missing to the sdist or to build-system.requires",
        )


@rule("TR112", "different-build", Severity.WARNING, since="0.1.0")
def different_build(tries: Tries) -> Iterator[Problem]:
    """The wheel built from the sdist differs from the wheel of the release.

    Their files, the fields of the metadata that installers act on, and their tags are compared. The contents
    of files, libraries that were added to a finished wheel, and the platform are not.

    ## Why it matters
    Users who build from the sdist, such as distributors, get another package than those who install the
    wheel. Mostly the wheel was built from a checkout with files that the sdist does not have.

    ## How to fix it
    Build the wheel from the sdist, as `python -m build` and `uv build` do, and add the missing files to the
    sdist.

    ## References
    - <https://build.pypa.io/en/stable/>
    """
    for each in trials_of(tries, Step.COMPARE):
        count = each.status or len(each.lines)
        rest = f" and {count - 1:,} more" if count > 1 else ""
        yield problem(
            each,
            f"the wheel built from the sdist differs from {quoted(each.name)}: {each.lines[0]}{rest}",
            "build the wheel from the sdist, and add the missing files to the sdist",
            distribution=each.name,
            count=count,
        )
