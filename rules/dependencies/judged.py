"""The requirements that a rule judges, and problems with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from pkgaudit.api import CoreMetadata, Distribution, Problem, Severity
from pkgaudit.rules._shared.fields import at, data_of, set_field
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules._shared.requirements import Line, read_lines

_MOST = 50
"""The most requirements that a rule reports, or judges by their markers. Chosen: real projects have a few; it
bounds the time on hostile metadata."""


def wanted_lines(
    distribution: Distribution, is_wanted: Callable[[Line], bool]
) -> Iterator[tuple[CoreMetadata, Line]]:
    """Yield the metadata and the first requirements that a rule wants to judge."""
    metadata = judged_metadata(distribution)
    if metadata is not None:
        for line in islice(filter(is_wanted, read_lines(metadata)), _MOST):
            yield metadata, line


def problem(
    metadata: CoreMetadata,
    line: Line,
    message: str,
    remedy: str,
    severity: Severity | None = None,
    names: list[str] | None = None,
) -> Problem:
    """Return a problem with a requirement; ``names`` are other projects that its message names."""
    more = {"names": names} if names else {}
    return Problem(
        f"{line.text} {message}",
        at(metadata, line.field),
        set_field(line.field, remedy),
        severity,
        key=f"{line.name} {line.marker}",
        data={**data_of(line.field), "project": line.name, **more},
    )


def pin_of(line: Line) -> str | None:
    """Return the only version that a requirement allows, None if it may allow several."""
    return next(
        (
            each.version
            for each in line.made.specifier
            if each.operator in ("==", "===") and not each.version.endswith(".*")
        ),
        None,
    )
