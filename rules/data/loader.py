"""Data that ages, as JSON files in this folder, each with its date and its source.

`load` reads a file when a rule first needs it. ``tools/refresh_data.py`` regenerates the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pkgaudit.late import dataclass

FOLDER = Path(__file__).parent
"""The folder with the JSON files."""

_LIBRARIES = "libraries"
"""The file that lists data read from libraries instead of being copied; its date is the library's version."""


@dataclass(frozen=True)
class Data:
    """A file of ``data/``: its name, its date (YYYY-MM-DD), its source and its content."""

    name: str
    date: str
    source: str
    values: Any


@cache
def load(stem: str) -> Data:
    """Return the data of a file, as in ``load("markers")``. Callers share the result: do not change it."""
    return Data(**json.loads((FOLDER / f"{stem}.json").read_text("utf-8")))


def datasets() -> Iterator[tuple[str, str, str]]:
    """Yield the name, the date and the source of all data, for display by the command."""
    from importlib.metadata import version

    for path in sorted(FOLDER.glob("*.json")):
        if path.stem != _LIBRARIES:
            data = load(path.stem)
            yield data.name, data.date, data.source
    for each in load(_LIBRARIES).values:
        yield each["name"], version(each["distribution"]), each["source"]


@dataclass(frozen=True)
class Marker:
    """The strings by which the index recognizes a tool that hides code: ``any`` or ``all`` must occur."""

    name: str
    needs: str
    strings: tuple[bytes, ...]

    def is_in(self, data: bytes) -> bool:
        """Return whether the index recognizes the tool's output in a file with these bytes."""
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
    """Return the lower-case suffixes and the largest size of files that the index searches for markers."""
    values = load("markers").values
    return frozenset(values["suffixes"]), values["largest"]


@cache
def reserved_names() -> frozenset[str]:
    """Return the normalized names of standard library modules, which new projects must not have."""
    return frozenset(load("standard_library").values["names"])


@cache
def existing_projects() -> frozenset[str]:
    """Return the `reserved_names` of projects that the index had before it reserved the names."""
    return frozenset(load("existing_projects").values["names"])
