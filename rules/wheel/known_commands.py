"""The commands that a wheel installs, and the system commands that they may shadow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import Location, Wheel, normalize
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.entry_points import EntryPoints
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules.data.loader import load

# Interpreters and the commands that come with them, with a version: `python3.13t`, `pip3`, `idle3`.
_VERSIONED = lazy(
    r"(?P<name>python|pythonw|pypy|pip|idle|pydoc|ipython|easy_install)-?[0-9](?:\.[0-9]{1,2})?t?"
)
# Windows runs `name` with any of these suffixes (PATHEXT, and PowerShell's own).
_WINDOWS = lazy(r"(?i)\.(?:exe|bat|cmd|ps1)\Z")


@dataclass(frozen=True)
class Command:
    """A command: its name, its place in the wheel, and the group of its entry point (empty for a file)."""

    name: str
    place: Location
    group: str


@cache
def _known() -> frozenset[str]:
    return frozenset(load("commands").values["commands"])


@cache
def _owners() -> dict[str, frozenset[str]]:
    return {name: frozenset(found) for name, found in load("commands").values["owners"].items()}


def commands_of(wheel: Wheel, points: EntryPoints) -> Iterator[Command]:
    """Yield the commands that the installation of a wheel creates."""
    path = f"{wheel.dist_info}/entry_points.txt"
    for point in points.points():
        if point.is_script:
            yield Command(point.name, Location(path, point.line), point.group)
    for each in installation_of(wheel).files:
        if each.scheme == "scripts" and "/" not in each.path:
            yield Command(each.path, Location(each.entry.path), "")


def shadowed(name: str, project: str) -> str | None:
    """Return the system command that a command of a project shadows, or None.

    A project may install a command with the project's own name, as pip does, and commands that it is known
    to own.
    """
    # Every command in the list is much shorter; bounds the time of the expression.
    if len(name) > 60:
        return None
    word = _WINDOWS.sub("", name)
    versioned = _VERSIONED.fullmatch(word)
    if versioned is not None:
        word = versioned["name"]
    elif word not in _known():
        return None
    if normalize(project) in _owners().get(word, ()):
        return None
    own = re.sub(r"[-_.]+", "", project.lower())
    plain = re.sub(r"[-_.]+", "", word.lower())
    # Projects that package a program for pip often add one of these affixes to its name.
    affixes = ("py", "python", "python3", "bin", "wheel", "cli", "binary", "tools")
    if own == plain or any(own in (f"{affix}{plain}", f"{plain}{affix}") for affix in affixes):
        return None
    return word
