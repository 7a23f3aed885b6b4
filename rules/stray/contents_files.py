"""Files of a distribution whose contents give them away, as hits of patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pkgaudit.api import Distribution
from pkgaudit.rules._shared.patterns import File, Hit, inventory_of

T = TypeVar("T")


def files_of(distribution: Distribution, paths: Iterable[str]) -> list[File]:
    """Return the files of the inventory at these paths."""
    inventory = inventory_of(distribution)
    by_name: dict[str, set[str]] = {}
    for path in paths:
        by_name.setdefault(path.replace("\\", "/").rpartition("/")[2].casefold(), set()).add(path)
    return [
        file
        for name, wanted in by_name.items()
        for file in inventory.files.get(name, ())
        if file.path in wanted
    ]


def value_of(hit: Hit, values: Mapping[str, T]) -> T | None:
    """Return what was found in the file of a hit, None if the hit is a folder or nothing was found."""
    return values.get(hit.files[0].path) if hit.folder is None else None
