"""Which modules of the standard library a wheel's own would stand behind, and on which Pythons."""

from __future__ import annotations

from pkgaudit.api import Wheel
from pkgaudit.rules._shared.wheel_tags import WheelTags, wheel_tags
from pkgaudit.rules.data.loader import load

PLATFORM = frozenset(
    [
        "crypt",
        "curses",
        "dbm",
        "fcntl",
        "grp",
        "msilib",
        "msvcrt",
        "nis",
        "nt",
        "ossaudiodev",
        "posix",
        "pty",
        "pwd",
        "readline",
        "resource",
        "spwd",
        "sqlite3",
        "ssl",
        "syslog",
        "termios",
        "tkinter",
        "tty",
        "winreg",
        "winsound",
    ]
)
"""Modules that some platforms or builds of Python lack, so that projects bring them."""

_OLDEST = 7
"""The minor version of the oldest Python 3 that is looked at where a wheel names none. Chosen: its end was in
2023."""


def declared_pythons(wheel: Wheel) -> tuple[list[int], bool]:
    """Return the minor versions of Python 3 that a wheel is for, and whether it is for Python 2 too."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    value = (wheel.metadata.first("Requires-Python") if wheel.metadata else None) or ""
    try:
        # 200 bounds the time; real values have some clauses.
        allowed = SpecifierSet(value) if len(value) < 200 else SpecifierSet()
    except (InvalidSpecifier, ValueError):
        allowed = SpecifierSet()
    tags = wheel_tags(wheel)
    latest = int(load("module_versions").values["latest"].partition(".")[2])
    minors = [
        minor
        for minor in range(latest + 1)
        # The first, the second and a late release: `>3.7`, `!=3.9.0` and `>=3.8.1` leave one of them.
        if any(allowed.contains(f"3.{minor}.{patch}") for patch in (0, 1, 20)) and _runs(tags, minor)
    ]
    is_for_2 = tags is not None and any(tag.startswith(("py2", "cp2")) for tag in tags.pythons)
    recent = [minor for minor in minors if minor >= _OLDEST]
    return recent or minors, is_for_2 and allowed.contains("2.7.18")


def _runs(tags: WheelTags | None, minor: int) -> bool:
    if tags is None:
        return True
    for tag in tags.pythons:
        digits = tag[2:]
        if digits[:1] != "3":
            continue
        if len(digits) == 1 or not digits[1:].isdigit():
            return True
        named = int(digits[1:4])
        if named == minor or (named < minor and (tag.startswith("py") or "abi3" in tags.abis)):
            return True
    return False


def hides(module: str, minors: list[int]) -> list[int]:
    """Return those of some minor versions of Python 3 whose standard library has a module of that name."""
    values = load("module_versions").values
    if module not in values["names"] or module in PLATFORM:
        return []
    added = _minor(values["added"].get(module), 0)
    removed = _minor(values["removed"].get(module), 1_000)
    return [minor for minor in minors if added <= minor < removed]


def _minor(version: str | None, otherwise: int) -> int:
    return otherwise if version is None else int(version.partition(".")[2])
