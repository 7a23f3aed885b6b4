"""AR301 to AR303: how large a distribution is, and of how many files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
from pkgaudit.model.budgets import Budgets, budget_usages
from pkgaudit.model.kinds import FileKind, kind_of_content
from pkgaudit.rules._shared.index_words import LARGEST_FILE, LARGEST_GRANTED, REFUSED
from pkgaudit.rules.archive.sizes import most_populated, over

_LARGEST = Size(LARGEST_FILE)


@dataclass(frozen=True)
class TooLarge:
    """The options of `too_large`: ``limit`` is how many bytes a distribution may have."""

    limit: Size = _LARGEST

    def __post_init__(self) -> None:
        if self.limit <= 0:
            raise ValueError(f"limit: expected a number of bytes, found {self.limit}")


@rule("AR301", "too-large", Severity.ERROR, index=True, pypi_only=True, since="0.1.0")
def too_large(distribution: Distribution, options: TooLarge) -> Iterator[Problem]:
    """The file is larger than PyPI takes.

    The limit is 100 MiB (104,857,600 bytes). A project can ask for a higher one, up to 1 GiB; say
    then what it was granted, in bytes or as `"300 MiB"`:

    ```toml
    [tool.pkgaudit.too-large]
    limit = 314572800
    ```

    ## Why it matters
    PyPI refuses the file. All files of a project together may have 10 GiB, so that a large file is
    also one that leaves room for few releases.

    ## How to fix it
    Leave out what users do not need to run the package: test data, debug information, models, a
    second copy of a library. Data that seldom changes can be a project of its own, or be
    downloaded on first use. Else ask PyPI for a higher limit before you release; that takes days.

    ## References
    - <https://docs.pypi.org/project-management/storage-limits/>
    """
    excess = distribution.size - options.limit
    if excess <= 0:
        return
    granted = ""
    if options.limit == LARGEST_FILE:
        granted = f" unless it granted the project more ({LARGEST_GRANTED >> 30} GiB at most)"
    yield Problem(
        f"the file has {distribution.size:,} bytes, and PyPI takes no more than {options.limit:,}{granted}; "
        f"{REFUSED}",
        fix=f"leave out {sized(excess)}, or ask PyPI for a higher limit and set it as `limit` of "
        "`[tool.pkgaudit.too-large]`",
        key="size",
        data={"size": distribution.size, "limit": int(options.limit)},
    )


@dataclass(frozen=True)
class OverBudget(Budgets):
    """What the project lets its distributions have."""


@summary
def kind(file: BinaryFile) -> FileKind | None:
    """Return the kind of a file where its content tells it better than its name."""
    return kind_of_content(file)


@rule("AR302", "over-budget", Severity.WARNING, since="0.1.0")
def over_budget(
    distribution: Distribution, kinds: Summaries[FileKind], options: OverBudget
) -> Iterator[Problem]:
    """The distribution is larger than the project lets it be.

    Without settings there is no budget. These are the limits that one may set; sizes are bytes, or text
    as `"50 MB"` (1000 each) and `"1.5 GiB"` (1024 each):

    ```toml
    [tool.pkgaudit.over-budget]
    total = "50 MB"    # all files, unpacked
    archive = "20 MB"  # the wheel or sdist itself
    file = "10 MB"     # any one file
    files = 500        # how many there are

    [tool.pkgaudit.over-budget.kinds]
    native = "30 MB"   # all files of a kind; 'pkgaudit tree --kinds' shows them

    [tool.pkgaudit.over-budget.patterns]
    "docs/" = "1 MB"   # all files that a gitignore pattern matches

    [tool.pkgaudit.over-budget.distributions."*.tar.gz"]
    total = "5 MB"     # other limits for some, by a glob on the file name

    [tool.pkgaudit.over-budget.distributions."*-macosx_*"]
    kinds = { native = "40 MB" }
    ```

    ## Why it matters
    Releases grow in silence: debug information comes back with a new compiler, a test data set slips
    in, a library is packed twice. Everybody who installs the project pays for it, at every build of
    theirs, and it uses up the space that an index grants to the project. A budget shows it on the day
    that it happens.

    ## How to fix it
    `pkgaudit tree --sort size` shows what is large, and how much of each budget is used. Leave out what
    need not be there, or raise the limit on purpose.

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
    """The options of `many_files`: ``limit`` is how many files a distribution may have."""

    # That of pydistcheck's too-many-files: https://pydistcheck.readthedocs.io/en/latest/check-reference.html
    limit: int = 2000

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError("limit: cannot be negative")


@rule("AR303", "many-files", Severity.INFO, since="0.1.0")
def many_files(distribution: Distribution, options: ManyFiles) -> Iterator[Problem]:
    """The distribution has very many files.

    More than 2,000 are many. Another number can be set:

    ```toml
    [tool.pkgaudit.many-files]
    limit = 5000
    ```

    ## Why it matters
    An installer writes every file, records it and compiles it if it is a module; virus scanners look
    at each, and on network drives each costs a round trip. Thousands of small files take far longer
    to install than their size suggests, and often they are tests, type stubs or data that nobody
    meant to install.

    ## How to fix it
    Look at the folder that is named: `pkgaudit tree --depth 2` counts the files of each. Leave out
    what is not needed at run time, or keep many small data files in one archive or table that is
    read with `importlib.resources`.

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
        f"there are {counted(number, 'file')}{where}; "
        f"more than {options.limit:,} take long to unpack and to install",
        fix="leave out what is not needed at run time, or pack many small data files into one",
        key="files",
        data={"count": number, "limit": options.limit, **({"path": f"{folder}/"} if folder else {})},
    )
