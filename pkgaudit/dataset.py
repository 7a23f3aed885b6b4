"""Data that ages: what the rules found their verdict on, with its date and its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GROUP = "pkgaudit.data"
"""The entry-point group of functions that take nothing and return triples: name, date, source."""


@dataclass(frozen=True)
class Dataset:
    """A set of data: its name, the day (YYYY-MM-DD) or version it is of, and where it comes from."""

    name: str
    date: str
    source: str


def load_datasets() -> tuple[list[Dataset], list[str]]:
    """Return the data sets of every entry point of the group, and why the others cannot be told."""
    from importlib.metadata import entry_points

    found: list[Dataset] = []
    failures: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.value):
        package = point.dist.name if point.dist else "?"
        try:
            found += _datasets(point.load()())
        except Exception as error:  # code of a plug-in; the data of the others are shown all the same
            failures.append(
                f"the data of {package} ({point.value}) cannot be told: {type(error).__name__}: {error}"
            )
    return found, failures


def _datasets(values: Iterable[Any]) -> list[Dataset]:
    found = []
    for value in values:
        name, date, source = value
        if not all(isinstance(each, str) and each.isprintable() for each in (name, date, source)):
            raise TypeError("a data set is a name, a date and a source, each a line of text")
        found.append(Dataset(name, date, source))
    return found
