"""The files of an sdist by folder, name and content."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from pkgaudit.api import Distribution, Entry, Sdist, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.exclusions import Exclusions

DEEPEST = 30
"""The folders above a file that are compared: more than any project has; bounds the time on hostile paths."""

# The folders into which builds write; copies of the packages in them are as old as the last build.
_BUILT = ("build/", "dist/", ".eggs/")


@dataclass(frozen=True)
class Content:
    """The facts about a file that its sha256 does not show.

    ``text`` is the digest of the text with line feeds only and without its interpreter line, empty if it is
    the sha256. ``is_generated``: the text says that it is generated. ``is_script``: it has such a line.
    ``may_act``: it contains a word of a call that uses the network, starts a process or decodes data.
    """

    text: str
    is_generated: bool = False
    is_script: bool = False
    may_act: bool = False


def digests_of(distribution: Distribution, contents: Mapping[str, Content]) -> dict[str, str]:
    """Return the digest of each file by which it is recognized in other distributions, by its path."""
    found = {}
    for path, entry in distribution.files.items():
        content = contents.get(f"{distribution.path}/{path}")
        found[path] = content.text if content is not None and content.text else entry.sha256
    return found


class Source:
    """The files of an sdist, or of a revision, by their paths below the root folder.

    ``digests`` are those of `digests_of`, ``read`` reads files of the sdist again by these paths. ``rev`` is
    the name of a revision, which has every file that nobody generates; its ``opaque`` files and folders
    cannot be compared.
    """

    def __init__(
        self,
        sdist: Sdist,
        digests: Mapping[str, str],
        read: Callable[[Collection[str]], Mapping[str, bytes]],
        rev: str | None = None,
        opaque: frozenset[str] = frozenset(),
    ) -> None:
        self.rev = rev
        self.opaque = opaque
        self.sdist = sdist
        self.exclusions = Exclusions(sdist)
        self.files: dict[str, Entry] = {}
        self.digests: dict[str, str] = {}
        """The digests of the files."""
        self.known: set[str] = set()
        """All digests of files with content."""
        self.folders: dict[str, list[str]] = {}
        """The paths of all folders, by their last component."""
        self.places: dict[str, list[str]] = {}
        """The paths of all files, by their last component."""
        self.tails: set[str] = set()
        """The last two components of all paths."""
        self.stems: set[str] = set()
        """The names of files that are not Python, up to the first dot and casefolded."""
        self.contents: dict[str, list[str]] = {}
        """The paths of the files directly in each folder, and of its folders with a final slash."""
        self._read = read
        skip = len(sdist.root or "") + 1
        for path, entry in sdist.files.items():
            relative = path[skip:]
            is_built = rev is None and relative.startswith(_BUILT)
            if relative.count("/") <= DEEPEST and not is_built:
                self._add(relative, entry, digests.get(path, ""))

    def _add(self, path: str, entry: Entry, digest: str) -> None:
        self.files[path] = entry
        self.digests[path] = digest
        if entry.size:
            self.known.add(digest)
        self.tails.add(tail(path))
        folder, _, name = path.rpartition("/")
        self.places.setdefault(name, []).append(path)
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

    def lacks(self, count: int) -> str:
        """Return the clause on a number of files that it does not contain."""
        if self.rev is None:
            return "that the sdist lacks"
        return f"that {'is' if count == 1 else 'are'} not in {quoted(self.rev)}"

    def differs(self, count: int) -> str:
        """Return the clause on a number of files with another text."""
        return f"that {'differs from that' if count == 1 else 'differ from those'} in {self.name}"

    @property
    def name(self) -> str:
        """The words for it in messages."""
        return "the sdist" if self.rev is None else quoted(self.rev)

    def like(self, path: str) -> str | None:
        """Return the path most similar to another one: with its last component, or its last two."""
        places = self.places.get(path.rpartition("/")[2], ())
        return max(places, key=lambda each: (tail(each) == tail(path), -len(each)), default=None)

    def is_opaque(self, path: str) -> bool:
        """Return whether a path belongs to a file or a folder that cannot be compared."""
        return any(path == each or path.startswith(f"{each}/") for each in self.opaque)

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of files, without those that cannot be read again."""
        wanted = {self.files[path].path: path for path in paths if path in self.files}
        return {wanted[path]: data for path, data in self._read(wanted).items()}

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
