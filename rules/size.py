"""AR3: how large a distribution is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import Distribution, Problem, Severity, rule, sized
from pkgaudit.rules._index import LARGEST_FILE, LARGEST_GRANTED, REFUSED


@dataclass(frozen=True)
class TooLarge:
    """The options of `too_large`: ``limit`` is how many bytes a distribution may have."""

    limit: int = LARGEST_FILE

    def __post_init__(self) -> None:
        if self.limit <= 0:
            raise ValueError(f"limit: expected a number of bytes, found {self.limit}")


@rule("AR301", "too-large", Severity.ERROR, index=True, pypi_only=True)
def too_large(distribution: Distribution, options: TooLarge) -> Iterator[Problem]:
    """The file is larger than PyPI takes.

    The limit is 100 MiB (104,857,600 bytes). A project can ask for a higher one, up to 1 GiB; say
    then what it was granted, in bytes:

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
    over = distribution.size - options.limit
    if over <= 0:
        return
    granted = ""
    if options.limit == LARGEST_FILE:
        granted = f" unless it granted the project more ({LARGEST_GRANTED >> 30} GiB at most)"
    yield Problem(
        f"the file has {distribution.size:,} bytes, and PyPI takes no more than {options.limit:,}{granted}; "
        f"{REFUSED}",
        fix=f"leave out {sized(over)}, or ask PyPI for a higher limit and set it as `limit` of "
        "`[tool.pkgaudit.too-large]`",
        key="size",
    )
