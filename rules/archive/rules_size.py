"""AR301 to AR303: the size of a distribution and its number of files."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Problem,
    Severity,
    Size,
    Summaries,
    counted,
    quoted,
    rule,
    sized,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.model.budgets import Budgets, budget_usages
from pkgaudit.model.kinds import FileKind, kind_of_content
from pkgaudit.rules._shared.index_words import LARGEST_FILE, LARGEST_GRANTED, REFUSED
from pkgaudit.rules.archive.sizes import most_populated, over

_LARGEST = Size(LARGEST_FILE)


@dataclass(frozen=True)
class TooLarge:
    """The options of `too_large`: ``limit`` is the most bytes that a distribution may have."""

    limit: Size = _LARGEST

    def __post_init__(self) -> None:
        if self.limit <= 0:
            raise ValueError(f"limit: expected a number of bytes, found {self.limit}")


@rule("AR301", "too-large", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def too_large(distribution: Distribution, options: TooLarge) -> Iterator[Problem]:
    """The file is larger than PyPI allows.

    The limit is 100 MiB (104,857,600 bytes). A project can ask for a higher one, up to 1 GiB. Then set
    the granted limit, in bytes or as `"300 MiB"`:

    ```toml
    [tool.pkgaudit.too-large]
    limit = 314572800
    ```

    ## Why it matters
    PyPI rejects the file. All files of a project together may have 10 GiB, so large files also limit
    the number of releases.

    ## How to fix it
    Leave out files that users do not need to run the package: test data, debug information, models, a
    second copy of a library. Move data that seldom changes to its own project, or download it on first
    use. Otherwise ask PyPI for a higher limit before you release; this takes days.

    ## References
    - <https://docs.pypi.org/project-management/storage-limits/>
    """
    excess = distribution.size - options.limit
    if excess <= 0:
        return
    granted = ""
    if options.limit == LARGEST_FILE:
        granted = f" unless it granted the project more (at most {LARGEST_GRANTED >> 30} GiB)"
    yield Problem(
        f"the file has {distribution.size:,} bytes, but PyPI accepts at most {options.limit:,}{granted}; "
        f"{REFUSED}",
        fix=f"leave out {sized(excess)}, or ask PyPI for a higher limit and set it as `limit` of "
        "`[tool.pkgaudit.too-large]`",
        key="size",
        data={"size": distribution.size, "limit": int(options.limit)},
    )


@dataclass(frozen=True)
class OverBudget(Budgets):
    """The budgets of the project."""


@summary
def kind(file: BinaryFile) -> FileKind | None:
    """Return the kind of a file if its content shows it more precisely than its name."""
    return kind_of_content(file)


@rule("AR302", "over-budget", Severity.WARNING, since="0.1.0")
def over_budget(
    distribution: Distribution, kinds: Summaries[FileKind], options: OverBudget
) -> Iterator[Problem]:
    """The distribution exceeds a budget of the project.

    No budget is set by default. You can set these limits. Sizes are bytes, or text such as `"50 MB"` (1000
    each) and `"1.5 GiB"` (1024 each):

    ```toml
    [tool.pkgaudit.over-budget]
    total = "50 MB"    # all files, unpacked
    archive = "20 MB"  # the wheel or sdist itself
    file = "10 MB"     # any one file
    files = 500        # number of files

    [tool.pkgaudit.over-budget.kinds]
    native = "30 MB"   # all files of a kind ('pkgaudit tree --kinds' shows them)

    [tool.pkgaudit.over-budget.patterns]
    "docs/" = "1 MB"   # all files that a gitignore pattern matches

    [tool.pkgaudit.over-budget.distributions."*.tar.gz"]
    total = "5 MB"     # other limits for filenames that match a glob

    [tool.pkgaudit.over-budget.distributions."*-macosx_*"]
    kinds = { native = "40 MB" }
    ```

    ## Why it matters
    Releases grow unnoticed: a new compiler adds debug information, a test data set slips in, a library is
    packed twice. Everyone who installs the project downloads these bytes in every build, and they use up
    the space that an index grants to the project. A budget reports the growth on the day that it
    happens.

    ## How to fix it
    `pkgaudit tree --sort size` shows the largest files and how much of each budget is used. Leave out
    unneeded files, or raise the limit on purpose.

    ## References
    - <https://docs.pypi.org/project-management/storage-limits/>
    - <https://packaging.python.org/en/latest/discussions/package-formats/>
    """
    if not distribution.is_readable:
        return
    for use in budget_usages(options.of(distribution), distribution, kinds):
        if use.is_over:
            yield from over(use, distribution)


@dataclass(frozen=True)
class ManyFiles:
    """The options of `many_files`: ``limit`` is the most files that a distribution may have."""

    # The default of pydistcheck's too-many-files:
    # https://pydistcheck.readthedocs.io/en/latest/check-reference.html
    limit: int = 2000

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError("limit: cannot be negative")


@rule("AR303", "many-files", Severity.INFO, since="0.1.0")
def many_files(distribution: Distribution, options: ManyFiles) -> Iterator[Problem]:
    """The distribution has a very large number of files.

    The default limit is 2,000 files. You can set another one:

    ```toml
    [tool.pkgaudit.many-files]
    limit = 5000
    ```

    ## Why it matters
    An installer writes and records every file, and compiles modules. Virus scanners check each file, and
    network drives need a round trip for each. So thousands of small files take far longer to install than
    their size suggests. Often they are tests, type stubs or data that was packed by accident.

    ## How to fix it
    Check the folder in the message; `pkgaudit tree --depth 2` counts the files of each folder. Leave out
    files that are not needed at run time, or keep many small data files in one archive or table and read
    it with `importlib.resources`.

    ## References
    - <https://docs.python.org/3/library/importlib.resources.html>
    - <https://packaging.python.org/en/latest/discussions/package-formats/>
    """
    number = len(distribution.files)
    if number <= options.limit or not distribution.is_readable:
        return
    folder, inside = most_populated(list(distribution.files))
    where = f", {inside:,} of them in {quoted(f'{folder}/')}" if folder else ""
    yield Problem(
        f"the distribution has {counted(number, 'file')}{where}; "
        f"the limit is {options.limit:,}, because many files take long to unpack and install",
        fix="leave out files that are not needed at run time, or pack many small data files into one",
        key="files",
        data={"count": number, "limit": options.limit, **({"path": f"{folder}/"} if folder else {})},
    )
