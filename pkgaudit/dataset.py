"""The data sets that rules use, with their dates and sources, because data ages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GROUP = "pkgaudit.data"
"""The entry-point group of functions without arguments that return triples: name, date, source."""


@dataclass(frozen=True)
class Dataset:
    """A data set: its name, its date (YYYY-MM-DD) or version, and its source."""

    name: str
    date: str
    source: str


def load_datasets() -> tuple[list[Dataset], list[str]]:
    """Return the data sets of every entry point of the group, and the errors of failing entry points."""
    from importlib.metadata import entry_points

    found: list[Dataset] = []
    failures: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.value):
        package = point.dist.name if point.dist else "?"
        try:
            found += _datasets(point.load()())
        except Exception as error:  # code of a plug-in; the other data sets are still shown
            failures.append(
                f"the data sets of {package} ({point.value}) are unusable: {type(error).__name__}: {error}"
            )
    return found, failures


def _datasets(values: Iterable[Any]) -> list[Dataset]:
    found = []
    for value in values:
        name, date, source = value
        if not all(isinstance(each, str) and each.isprintable() for each in (name, date, source)):
            raise TypeError("a data set must be a name, a date and a source, each a line of text")
        found.append(Dataset(name, date, source))
    return found
