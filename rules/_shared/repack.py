"""How a wheel that was changed after its build gets a RECORD of what it holds now.

`wheel unpack` is of no use there, since it stops at the first file that is not as RECORD says.
"""

from __future__ import annotations

import re

from pkgaudit.api import Wheel

REBUILD = "build the wheel again"

_PLAIN = re.compile(r"[A-Za-z0-9_.+!~][A-Za-z0-9_.+!~-]{0,250}")
"""A file name that needs no quotes in a shell and is not taken for an option."""

_DIST_INFO = re.compile(r".+-\d.*")
_TAG = re.compile(rb"^Tag[ \t]*:[ \t]*[^\s-]+-[^\s-]+-[^\s-]+[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def plain_filename(wheel: Wheel) -> str:
    """Return the file name as it can be pasted into a shell."""
    return wheel.filename if _PLAIN.fullmatch(wheel.filename) else "the.whl"


def unpacking(wheel: Wheel, folder: str = "folder") -> str:
    """Return the command that unpacks a wheel, whatever RECORD says.

    Python's ``zipfile`` forgets which files are executable.
    """
    name = plain_filename(wheel)
    executable = any((entry.mode or 0) & 0o111 for entry in wheel.files.values())
    return f"unzip -d {folder} {name}" if executable else f"python -m zipfile -e {name} {folder}"


def repack(wheel: Wheel) -> str:
    """Return how to make RECORD right, with the commands in lines of their own if they mend it."""
    if not _is_packable(wheel):
        return REBUILD
    return (
        f"{REBUILD}; if it was changed on purpose, write RECORD anew instead (with the tool `wheel`):\n"
        f"{unpacking(wheel)}\n"
        "wheel pack folder"
    )


def _is_packable(wheel: Wheel) -> bool:
    """Return whether ``wheel pack`` takes what is unpacked, and leaves none of the faults of RECORD in it."""
    folder, path = wheel.dist_info, wheel.wheel_path
    if folder is None or path is None or path in wheel.unread or len(wheel.dist_infos) != 1:
        return False
    if not _DIST_INFO.fullmatch(folder.removesuffix(".dist-info")) or not _TAG.search(wheel.kept[path]):
        return False
    signatures = {f"{folder}/RECORD.jws", f"{folder}/RECORD.p7s"}  # which it would list in RECORD
    return not any("\\" in each or each in signatures for each in wheel.by_path)
