"""The files of an sdist by folder, name and content."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Entry, Sdist
from pkgaudit.rules._shared.exclusions import Exclusions

DEEPEST = 30
"""The folders above a file that are compared: more than any project has; bounds the time on hostile paths."""

# The folders into which builds write; copies of the packages in them are as old as the last build.
_BUILT = ("build/", "dist/", ".eggs/")


class Source:
    """The files of an sdist, by their paths below its root folder."""

    def __init__(self, sdist: Sdist) -> None:
        self.sdist = sdist
        self.exclusions = Exclusions(sdist)
        self.files: dict[str, Entry] = {}
        self.folders: dict[str, list[str]] = {}
        """The paths of all folders, by their last component."""
        self.digests: dict[str, str] = {}
        """The path of a file by the sha256 of its content, without empty files."""
        self.tails: set[str] = set()
        """The last two components of all paths."""
        self.names: set[str] = set()
        self.stems: set[str] = set()
        """The names of files that are not Python, up to the first dot and casefolded."""
        self.contents: dict[str, list[str]] = {}
        """The paths of the files directly in each folder, and of its folders with a final slash."""
        skip = len(sdist.root or "") + 1
        for path, entry in sdist.files.items():
            relative = path[skip:]
            if relative.count("/") <= DEEPEST and not relative.startswith(_BUILT):
                self._add(relative, entry)

    def _add(self, path: str, entry: Entry) -> None:
        self.files[path] = entry
        if entry.size:
            self.digests.setdefault(entry.sha256, path)
        self.tails.add(tail(path))
        folder, _, name = path.rpartition("/")
        self.names.add(name)
        stem, _, suffix = name.partition(".")
        if suffix not in ("py", "pyi"):
            self.stems.add(stem.casefold())
        inner = path
        while folder not in self.contents:
            self.contents[folder] = [inner]
            inner = f"{folder}/"
            if not folder:
                return
            above, _, last = folder.rpartition("/")
            self.folders.setdefault(last, []).append(folder)
            folder = above
        self.contents[folder].append(inner)

    def inside(self, folder: str) -> Iterator[str]:
        """Yield the paths of all files in a folder, at any depth."""
        pending = [folder]
        while pending:
            for each in self.contents.get(pending.pop(), ()):
                if each.endswith("/"):
                    pending.append(each[:-1])
                else:
                    yield each


def tail(path: str) -> str:
    """Return the last two components of a path."""
    return "/".join(path.rsplit("/", 2)[-2:])
