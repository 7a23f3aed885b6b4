"""Data that ages: one JSON file each in this folder, with the day it was true and where it comes from.

`load` reads a file when a rule first has work for it. ``tools/refresh_data.py`` writes the files anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
"""Where the files are."""

_LIBRARIES = "libraries"
"""The file that lists what is not copied but read from a library, whose version then is its date."""


@dataclass(frozen=True)
class Data:
    """A file of ``data/``: what it is called, its day (YYYY-MM-DD), where it comes from, what it holds."""

    name: str
    date: str
    source: str
    values: Any


@cache
def load(stem: str) -> Data:
    """Return the data of a file, as ``load("markers")``. What it holds is shared: do not change it."""
    return Data(**json.loads((FOLDER / f"{stem}.json").read_text("utf-8")))


def datasets() -> Iterator[tuple[str, str, str]]:
    """Yield the name, the date and the source of all data: what the command shows of them."""
    from importlib.metadata import version

    for path in sorted(FOLDER.glob("*.json")):
        if path.stem != _LIBRARIES:
            data = load(path.stem)
            yield data.name, data.date, data.source
    for each in load(_LIBRARIES).values:
        yield each["name"], version(each["distribution"]), each["source"]


@dataclass(frozen=True)
class Marker:
    """Strings by which the index knows the output of a tool that hides code: ``any`` or ``all`` of them."""

    name: str
    needs: str
    strings: tuple[bytes, ...]

    def is_in(self, data: bytes) -> bool:
        """Return whether the index would see the tool's output in a file of these bytes."""
        return (all if self.needs == "all" else any)(string in data for string in self.strings)


@cache
def markers() -> tuple[Marker, ...]:
    """Return the markers of protected code."""
    return tuple(
        Marker(each["name"], each["needs"], tuple(string.encode() for string in each["strings"]))
        for each in load("markers").values["markers"]
    )


@cache
def marked_files() -> tuple[frozenset[str], int]:
    """Return the lower-case suffixes and the largest size of files in which the index looks for markers."""
    values = load("markers").values
    return frozenset(values["suffixes"]), values["largest"]


@cache
def reserved_names() -> frozenset[str]:
    """Return the normalized names of standard library modules, under which nobody may begin a project."""
    return frozenset(load("standard_library").values["names"])


@cache
def existing_projects() -> frozenset[str]:
    """Return the `reserved_names` that a project on the index has all the same, since it is older."""
    return frozenset(load("existing_projects").values["names"])
