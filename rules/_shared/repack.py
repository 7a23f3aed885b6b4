"""Commands that give a wheel, changed after its build, a RECORD of its current content.

`wheel unpack` does not help, because it stops at the first file that contradicts RECORD.
"""

from __future__ import annotations

import re

from pkgaudit.api import Wheel

REBUILD = "rebuild the wheel"

CLEAN_UP = "then delete the folder, and the old wheel if the new one has another name"
"""The end of each remedy with these commands: they leave both, and a later audit would read the old wheel."""

_PLAIN = re.compile(r"[A-Za-z0-9_.+!~][A-Za-z0-9_.+!~-]{0,250}")
"""A filename that needs no quotes in a shell and does not look like an option."""

_DIST_INFO = re.compile(r".+-\d.*")
_TAG = re.compile(rb"^Tag[ \t]*:[ \t]*[^\s-]+-[^\s-]+-[^\s-]+[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def plain_filename(wheel: Wheel) -> str:
    """Return the filename if it can be pasted into a shell, else a placeholder."""
    return wheel.filename if _PLAIN.fullmatch(wheel.filename) else "the.whl"


def unpacking(wheel: Wheel, folder: str = "folder") -> str:
    """Return the command that unpacks a wheel without checking RECORD.

    Python's ``zipfile`` does not restore which files are executable.
    """
    name = plain_filename(wheel)
    executable = any((entry.mode or 0) & 0o111 for entry in wheel.files.values())
    return f"unzip -d {folder} {name}" if executable else f"python -m zipfile -e {name} {folder}"


def repack(wheel: Wheel) -> str:
    """Return the remedy for a wrong RECORD, with commands on separate lines if they fix it."""
    if not _is_packable(wheel):
        return REBUILD
    return (
        f"{REBUILD}; if it was changed on purpose, regenerate RECORD instead (with the tool `wheel`); "
        f"{CLEAN_UP}:\n"
        f"{unpacking(wheel)}\n"
        "wheel pack folder"
    )


def _is_packable(wheel: Wheel) -> bool:
    """Return whether ``wheel pack`` accepts the unpacked wheel and fixes all faults of its RECORD."""
    folder, path = wheel.dist_info, wheel.wheel_path
    if folder is None or path is None or path in wheel.unread or len(wheel.dist_infos) != 1:
        return False
    if not _DIST_INFO.fullmatch(folder.removesuffix(".dist-info")) or not _TAG.search(wheel.kept[path]):
        return False
    # ``wheel pack`` would list signatures in RECORD.
    signatures = {f"{folder}/RECORD.jws", f"{folder}/RECORD.p7s"}
    return not any("\\" in each or each in signatures for each in wheel.by_path)
