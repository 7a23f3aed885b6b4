"""NB114: programs that users cannot start."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Files, Problem, PythonFile, Severity, Summaries, Wheel, rule, summary
from pkgaudit.rules.native.header import Header
from pkgaudit.rules.native.programs import STARTS, Starter, not_executable, starter_of
from pkgaudit.rules.native.wheel import natives_of


@summary(files=Files(contains=STARTS, nested=False))
def starters(file: PythonFile) -> Starter | None:
    """Return what a module of a wheel may start."""
    return starter_of(file)


@rule("NB114", "program-not-executable", Severity.WARNING, since="0.1.0")
def program_not_executable(
    wheel: Wheel, headers: Summaries[Header], starters: Summaries[Starter]
) -> Iterator[Problem]:
    """A program in the wheel has no execute bit.

    The rule checks ELF and Mach-O programs in wheels for Linux and macOS, and the scripts in `.data/scripts`
    of all wheels except those for Windows. It skips folders of tests, and packages that change the modes of
    files themselves. The finding is an error if a module of the package names the program and starts
    processes.

    ## Why it matters
    Installers keep the modes of the wheel: pip and uv install such a program without the bit, and starting it
    fails with a `PermissionError`. For scripts in `.data/scripts`, uv sets the bit, pip and installer do not.

    ## How to fix it
    Set the bit in the source tree with `chmod +x`. On Windows, record it with `git update-index --chmod=+x
    FILE`, and build the wheel on Linux or macOS, because archives that are made on Windows have no execute
    bits. A build that generates the program must set the bit too: copy it with `shutil.copy`, not
    `shutil.copyfile`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#installing-a-wheel-distribution-1-0-py32-none-any-whl>
    - <https://docs.python.org/3/library/zipfile.html#zipfile.ZipInfo.external_attr>
    """
    yield from not_executable(natives_of(wheel, headers), starters)
