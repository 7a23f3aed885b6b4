"""Rules on data files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import (
    Include,
    Location,
    Problem,
    Severity,
    Summaries,
    TextFile,
    Wheel,
    rule,
    summary,
)


@dataclass(frozen=True)
class Options:
    """Which files are data.

    ``endings`` are filename endings, ``least`` is the number of rows from which a file
    needs a description.
    """

    endings: tuple[str, ...] = (".csv", ".tsv")
    least: int = 2


@dataclass(frozen=True)
class Rows:
    """The number of rows in a file, the only value that is kept."""

    number: int


@summary
def rows(text: TextFile) -> Rows:
    """Count the rows of a file while its content is available."""
    return Rows(len(text.text.splitlines()))


@rule("AC101", "undescribed-data", Severity.WARNING)
def undescribed_data(
    wheel: Wheel,
    rows: Summaries[Rows],
    options: Options,
) -> Iterator[Problem]:
    """A data file has no description beside it.

    ## Why it matters
    A year later, nobody knows the source of the numbers, and whether they may be used.

    ## How to fix it
    Describe the source, the date and the license in a file with the same name that
    ends in `.md`.

    ## References
    - <https://specs.frictionlessdata.io/data-package/>
    """
    for path, found in rows.items():
        if not path.endswith(options.endings) or found.number < options.least:
            continue
        description = f"{path.rpartition('.')[0]}.md"
        if description not in wheel.files:
            message = f"{path!r} has {found.number} rows and no description"
            remedy = Include(description, first="describe the source of the data")
            yield Problem(message, Location(path), remedy)
