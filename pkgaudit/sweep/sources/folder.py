"""The distributions in a folder and the folders below it: a mirror, or a wheelhouse."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator

from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.by_project import ByProject
from pkgaudit.sweep.sources.notes import Notes
from pkgaudit.sweep.sources.seen import Seen
from pkgaudit.sweep.wanted import Wanted


class FolderSource:
    """All distributions below a folder, by project.

    Links to folders are not followed, and hidden files and folders, in which programs keep incomplete
    downloads, are left out.
    """

    pause = 0.0
    skipped = 0

    def __init__(self, folder: str, choice: Choice) -> None:
        self.name = os.path.abspath(folder)
        self.access = Access()
        self.notes = Notes()
        self._choice = choice
        self._seen = Seen()

    def files(self) -> Iterator[Wanted]:
        """Yield the files."""
        found = ByProject()
        for folder, name in self._names():
            # Names that are not valid Unicode, which no index accepts, cannot be stored.
            path = os.path.join(folder, name)
            if not _is_text(path):
                self.notes.add(f"{path}: the name is not valid Unicode")
            else:
                found.add(name, path)
        for project, paths in found.projects():
            if self._choice.has_project(project):
                wanted = (wanted_of(each, self.notes) for each in sorted(paths))
                files = self._choice.of_project(_once(each for each in wanted if each is not None))
                if self._seen.has_changed(project, files):
                    yield from files

    def again(self, project: str) -> None:
        """Yield the files of a project the next time, even if they have not changed."""
        self._seen.forget(project)

    def _names(self) -> Iterator[tuple[str, str]]:
        def note(error: OSError) -> None:
            self.notes.add(f"{error.filename}: cannot be read: {error.strerror}")

        for folder, folders, names in os.walk(self.name, onerror=note):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            yield from ((folder, each) for each in names if not each.startswith("."))


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _once(files: Iterator[Wanted]) -> Iterator[Wanted]:
    """Yield the files, one of those that are the same file on disk under the same name."""
    seen = set()
    for each in files:
        key = each.file, each.stamp
        if key not in seen:
            seen.add(key)
            yield each


def wanted_of(path: str, notes: Notes) -> Wanted | None:
    """Return the wanted file at a path, None with a note if it cannot be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        notes.add(f"{path}: cannot be read: {error.strerror}")
        return None
    time = datetime.datetime.fromtimestamp(status.st_mtime, datetime.timezone.utc)
    return Wanted(
        os.path.basename(path),
        path,
        size=status.st_size,
        uploaded=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        stamp=f"{status.st_size} {status.st_mtime_ns} {status.st_dev}:{status.st_ino}",
    )
