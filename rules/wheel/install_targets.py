"""Files and commands of a wheel that installers write to the same place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from pkgaudit.api import Location, Wheel, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.entry_points import EntryPoints
from pkgaudit.rules._shared.installed import Installed, installation_of
from pkgaudit.rules._shared.wheel_tags import wheel_tags

_SITE, _COMMANDS = "site-packages", "commands"
"""Places with several sources: purelib and platlib are one folder in a virtual environment, and `data` has
the folder of the commands."""


@dataclass(frozen=True)
class Target:
    """Something that installers write: its name, its words in a message, its location, and its source.

    ``source`` is the scheme of a file, or the group of an entry point.
    """

    name: str
    what: str
    place: Location
    source: str
    is_point: bool = False


@dataclass(frozen=True)
class Pair:
    """Two targets at the same place, and the row of what installers do with them."""

    first: Target
    second: Target
    outcome: str

    @property
    def key(self) -> str:
        """The key of the finding."""
        return f"{self.second.source} {self.second.name}"[:200]


def doubled(wheel: Wheel, points: EntryPoints) -> Iterator[Pair]:
    """Yield the pairs of targets at the same place."""
    seen: dict[tuple[str, str], Target] = {}
    for folder, target in _targets(wheel, points):
        first = seen.setdefault((folder, target.name), target)
        if first is not target:
            yield Pair(first, target, _outcome(folder, first, target))


def _outcome(folder: str, first: Target, second: Target) -> str:
    if folder != _COMMANDS:
        return "module-in-purelib-too"
    if first.is_point and second.is_point:
        return "two-commands"
    return "script-and-command" if second.is_point and first.source == "scripts" else "script-in-data-too"


def files_like_folders(wheel: Wheel, points: EntryPoints) -> Iterator[Pair]:
    """Yield the pairs of a file and another file for which it would have to be a folder.

    Pairs whose paths in the archive are such paths already are left out.
    """
    placed = {(folder, target.name): target for folder, target in _targets(wheel, points)}
    ordered = sorted(placed)
    for folder, name in ordered:
        start = (folder, f"{name}/")
        at = bisect_left(ordered, start)
        if at == len(ordered) or ordered[at][0] != folder or not ordered[at][1].startswith(start[1]):
            continue
        first, second = placed[folder, name], placed[ordered[at]]
        if first.is_point or not (second.place.member or "").startswith(f"{first.place.member}/"):
            yield Pair(first, second, "file-and-folder-of-data")


def same_but_for_case(wheel: Wheel, points: EntryPoints) -> Iterator[tuple[Target, Target]]:
    """Yield the pairs of commands, at least one of them an entry point, whose names differ only in case."""
    seen: dict[str, Target] = {}
    for folder, target in _targets(wheel, points):
        if folder != _COMMANDS:
            continue
        first = seen.setdefault(target.name.lower(), target)
        if first.name != target.name and (first.is_point or target.is_point):
            yield first, target


def _targets(wheel: Wheel, points: EntryPoints) -> Iterator[tuple[str, Target]]:
    """Yield the folder and the target of all files and commands, files first."""
    tags = wheel_tags(wheel)
    # On Windows, installers add a suffix to the commands of entry points.
    is_windows = tags is not None and all(each.startswith("win") for each in tags.platforms)
    for path in wheel.files:
        if path.startswith(f"{wheel.dist_info}/"):
            yield _SITE, Target(path, quoted(path), Location(path), "dist-info")
    for each in installation_of(wheel).files:
        folder, name = _place(each, "Scripts/" if is_windows else "bin/")
        path = each.entry.path
        yield folder, Target(name, quoted(path), Location(path), each.scheme)
    for point in points.points():
        if point.is_script:
            kind = "gui" if point.group.startswith("gui") else "console"
            what = f"the {kind} script {quoted(point.name)}"
            place = Location(f"{wheel.dist_info}/entry_points.txt", point.line)
            name = f"{point.name}.exe" if is_windows else point.name
            yield _COMMANDS, Target(name, what, place, point.group, is_point=True)


def _place(file: Installed, commands: str) -> tuple[str, str]:
    """Return the folder that a file is installed into, and its path there."""
    if file.is_importable:
        return _SITE, file.path
    if file.scheme == "scripts":
        return _COMMANDS, file.path
    if file.scheme == "data" and file.path.startswith(commands):
        return _COMMANDS, file.path[len(commands) :]
    return file.scheme, file.path
