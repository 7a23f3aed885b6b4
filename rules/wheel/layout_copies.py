"""Content that a wheel contains twice."""

from __future__ import annotations

import re

from pkgaudit.api import Entry, Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.test_folders import is_test_folder

SMALLEST = 20_000
"""The size in bytes below which copies of a file are not counted. Chosen: small files are often equal by
chance or by design."""

# Chosen: from half a megabyte, or a tenth of the wheel, a user notices the longer download.
WASTED = 500_000
SHARE = 0.1
"""The share of the wheel below which copies are not reported; `WASTED` is the limit in bytes."""

# License texts, and empty or generated `__init__` files, are equal in many folders.
_ORDINARY = re.compile(r"(?:licen[cs]e|copying|notice|__init__)[^/]*", re.IGNORECASE)


@dataclass(frozen=True)
class Copies:
    """Duplicated content: two equal places, the number of copies and the bytes that the copies waste."""

    first: str
    second: str
    files: int
    wasted: int
    total: int
    is_folder: bool


def find_copies(wheel: Wheel) -> Copies | None:
    """Return the duplicated content of a wheel, None if the copies are too small to matter."""
    groups: dict[tuple[str, int], list[Entry]] = {}
    total = 0
    for path, entry in wheel.files.items():
        total += entry.size
        if entry.size < SMALLEST or not entry.sha256 or path in wheel.unread:
            continue
        *folders, name = path.split("/")
        if _ORDINARY.fullmatch(name) or name.endswith(".pyi") or folders[:1] == [wheel.dist_info]:
            continue
        if not any(map(is_test_folder, folders)):
            groups.setdefault((entry.sha256, entry.size), []).append(entry)
    copied = [entries for entries in groups.values() if len(entries) > 1]
    wasted = sum(entries[0].size * (len(entries) - 1) for entries in copied)
    if wasted < WASTED or wasted < SHARE * total:
        return None
    largest = max(copied, key=lambda entries: entries[0].size * (len(entries) - 1))
    first, second = largest[0].path, largest[1].path
    files = sum(len(entries) - 1 for entries in copied)
    one, other = _roots(first, second)
    is_folder = files > 1 and one != first and one != other and _is_tree(one, other, copied)
    if is_folder:
        first, second = one, other
    return Copies(first, second, files, wasted, total, is_folder)


def _roots(first: str, second: str) -> tuple[str, str]:
    """Return the folders below which two paths are equal."""
    ones, others = first.split("/"), second.split("/")
    while len(ones) > 1 and len(others) > 1 and ones[-1] == others[-1]:
        ones.pop()
        others.pop()
    return "/".join(ones), "/".join(others)


def _is_tree(one: str, other: str, copied: list[list[Entry]]) -> bool:
    """Return whether most copies are copies from one folder to another."""
    pairs = 0
    for entries in copied:
        paths = {entry.path for entry in entries}
        pairs += any(path.startswith(f"{one}/") and f"{other}{path[len(one) :]}" in paths for path in paths)
    # Chosen: half of the copies or more.
    return 2 * pairs >= len(copied)
