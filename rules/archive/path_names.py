"""Member names as other systems see them: equal names and invalid names."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from pkgaudit.api import Distribution, Sdist
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import File, Folder, inventory_of
from pkgaudit.rules._shared.test_folders import is_test_folder

MOST = 1_000
"""The most collisions that are reported, far more than a report shows; bounds the time on hostile input."""

MOST_COMPARED = 10_000
"""The most files of two folders that are compared; bounds the time on hostile input."""


@dataclass(frozen=True)
class Collision:
    """Two paths that some systems treat as one; ``differ`` is true if the contents differ."""

    first: str
    second: str
    are_files: bool
    are_folders: bool
    differ: bool
    depth: int


def collisions(distribution: Distribution, form: Callable[[str], str]) -> Iterator[Collision]:
    """Yield the names in a folder that are equal in the given form but spelled differently.

    The contents of two such folders are compared, but not reported again.
    """
    count = 0
    for folder in _folders(distribution):
        names = [*folder.children, *(file.name for file in folder.files)]
        if len(names) < 2:
            continue
        by_form: dict[str, set[str]] = defaultdict(set)
        for name in names:
            by_form[form(name)].add(name)
        if len(by_form) == len(set(names)):
            continue
        files = {file.name: file for file in folder.files}
        for spelled in by_form.values():
            if len(spelled) > 1:
                yield _collision(folder, files, sorted(spelled), form)
                count += 1
                if count >= MOST:
                    return


def _folders(distribution: Distribution) -> list[Folder]:
    """Return all folders, including those at the roots."""
    inventory = inventory_of(distribution)
    found: dict[int, Folder] = {}
    for folder in chain.from_iterable(inventory.folders.values()):
        found[id(folder)] = folder
        if folder.parent is not None:
            found[id(folder.parent)] = folder.parent
    for file in chain.from_iterable(inventory.files.values()):
        found[id(file.folder)] = file.folder
    return sorted(found.values(), key=lambda folder: folder.number)


def _collision(
    folder: Folder, files_by_name: Mapping[str, File], names: list[str], form: Callable[[str], str]
) -> Collision:
    files = [files_by_name[name] for name in names if name in files_by_name]
    folders = [folder.children[name] for name in names if name in folder.children]
    first, second = names[:2]
    base = f"{folder.path}/" if folder.path else ""
    differ = False
    if len(files) > 1:
        differ = len({_content(file) for file in files}) > 1
    elif len(folders) > 1:
        differ = _differ(folders, form)
    depth = base.count("!/")
    return Collision(f"{base}{first}", f"{base}{second}", len(files) > 1, len(folders) > 1, differ, depth)


def _content(file: File) -> str:
    return file.entry.sha256 or f"{file.entry.type.value} {file.entry.link_target}"


def _differ(folders: list[Folder], form: Callable[[str], str]) -> bool:
    """Return whether files with the same name in merged folders have different contents."""
    contents: dict[str, str] = {}
    count = 0
    for folder in folders:
        start = len(folder.path) + 1
        for file in folder.all_files():
            count += 1
            if count > MOST_COMPARED:
                return False
            key = form(file.path[start:])
            if contents.setdefault(key, _content(file)) != _content(file):
                return True
    return False


def folders_like_files(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the paths of files that are folders of other files too, each with one of those."""
    ordered = sorted(distribution.files)
    for path in ordered:
        start = f"{path}/"
        at = bisect_left(ordered, start)
        if at < len(ordered) and ordered[at].startswith(start):
            yield path, ordered[at]


_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9\xb9\xb2\xb3])(?: *\..*| *)",
    re.IGNORECASE | re.DOTALL,
)
"""The device names, followed by any extension with spaces before it; for ``COM`` and ``LPT`` the digits 1 to
3 may be superscripts, and ``CONIN$`` and ``CONOUT$`` are the names of the console.

https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions and
https://docs.python.org/3/library/os.path.html#os.path.isreserved
"""

_CHARACTER = re.compile(r'[<>:"|?*]')
_WORTH = re.compile(r'[<>:"|?*]|[. ](?:/|\Z)|(?<![^/])(?:con|prn|aux|nul|com.|lpt.)', re.IGNORECASE)
"""Paths without a match need no check of each name; this saves time, because nearly all paths have none."""


def windows_fault(path: str) -> tuple[int, str]:
    """Return where the first name that Windows rejects ends, and the reason; 0 and "" without such a name."""
    base = path.rpartition("!/")[0]
    at = len(base) + 2 if base else 0
    if not _WORTH.search(path, at):
        return 0, ""
    for name in path[at:].split("/"):
        at += len(name)
        if _DEVICE.fullmatch(name):
            return at, "it is a device name"
        character = _CHARACTER.search(name)
        if at == 2 and name[1:] == ":":
            return 0, ""  # a drive letter, which AR108 reports
        if character is not None:
            return at, f"it contains the character {character[0]!r}"
        if name.endswith((".", " ")) and name not in (".", ".."):
            return at, f"it ends with a {'dot' if name.endswith('.') else 'space'}"
        at += 1
    return 0, ""


INVISIBLE = {
    "\u200b": "zero width space",
    "\u200c": "zero width non-joiner",
    "\u200d": "zero width joiner",
    "\u2060": "word joiner",
    "\ufeff": "byte order mark",
    "\u00ad": "soft hyphen",
}
"""The names of the most common characters without a width."""

_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""Characters that change the direction of text or have no width, and the tag characters.

https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

_JOINERS = "\u200c\u200d"


def has_hidden(path: str) -> str | None:
    """Return the first invisible character of a path, or None."""
    for match in _HIDDEN.finditer(path):
        before, after = path[: match.start()][-1:], path[match.end() :][:1]
        if match[0] in _JOINERS and _needs_joiner(before) and _needs_joiner(after):
            continue
        if match[0] >= "\U000e0020" and path.find("\U0001f3f4", 0, match.start()) >= 0:
            continue  # flags of regions use these characters
        return match[0]
    return None


def _needs_joiner(character: str) -> bool:
    """Return whether a joiner has a meaning next to a character: non-Latin letters, signs, emoji."""
    # Up to this code point, letters are Latin and never joined; then marks and other scripts follow.
    return character > "\u02ff" and unicodedata.category(character)[0] in "LMS"


def is_in_tests(path: str, distribution: Distribution) -> bool:
    """Return whether a member is in a test folder; the root folder of an sdist does not count."""
    # More folders than real paths have; the bound is for hostile paths.
    folders = path.split("/")[:-1][:64]
    return any(map(is_test_folder, folders[1:] if isinstance(distribution, Sdist) else folders))


_DOCUMENTS = frozenset({"doc", "docs", "documentation", "example", "examples", "demo", "demos", "samples"})
"""The usual names of folders with documentation or examples, in lower case; chosen."""


def is_in_documents(path: str) -> bool:
    """Return whether a member is in a folder with documentation or examples."""
    return not _DOCUMENTS.isdisjoint(path.lower().split("/")[:-1])
