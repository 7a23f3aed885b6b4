"""The distributions in a folder and the folders below it: a mirror, or a wheelhouse."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator

from pkgaudit.model.distribution import make_distribution
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.wanted import Wanted


class FolderSource:
    """All distributions below a folder, by project. Links to folders are not followed."""

    def __init__(self, folder: str, choice: Choice) -> None:
        self.name = os.path.abspath(folder)
        self.access = Access()
        self.notes: list[str] = []
        self._choice = choice

    def files(self) -> Iterator[Wanted]:
        """Yield the files."""
        projects: dict[str, list[str]] = {}
        for path in self._paths():
            distribution = make_distribution(path)
            if distribution is not None and self._choice.has_project(distribution.project):
                projects.setdefault(distribution.project, []).append(path)
        for _, paths in sorted(projects.items()):
            found = [each for path in sorted(paths) if (each := wanted_of(path, self.notes)) is not None]
            yield from self._choice.of_project(found)

    def _paths(self) -> Iterator[str]:
        def note(error: OSError) -> None:
            self.notes.append(f"{error.filename}: cannot be read: {error.strerror}")

        for folder, folders, names in os.walk(self.name, onerror=note):
            folders.sort()
            yield from (os.path.join(folder, each) for each in names)


def wanted_of(path: str, notes: list[str]) -> Wanted | None:
    """Return the wanted file at a path, None with a note if it cannot be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        notes.append(f"{path}: cannot be read: {error.strerror}")
        return None
    time = datetime.datetime.fromtimestamp(status.st_mtime, datetime.timezone.utc)
    return Wanted(
        os.path.basename(path),
        path,
        size=status.st_size,
        uploaded=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        stamp=f"{status.st_size} {status.st_mtime_ns} {status.st_ino}",
    )
