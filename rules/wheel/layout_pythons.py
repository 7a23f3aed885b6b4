"""Modules of the standard library that take precedence over a wheel's own, and the affected Pythons."""

from __future__ import annotations

import re

from pkgaudit.api import Wheel
from pkgaudit.late import lazy
from pkgaudit.rules._shared.library import has, is_module, latest
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules._shared.wheel_tags import WheelTags, wheel_tags

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
"""Modules that some platforms or builds of Python lack, so projects provide them."""

UNAVAILABLE = frozenset(
    [
        *("asyncio", "concurrent", "ensurepip", "ftplib", "http", "idlelib", "imaplib", "multiprocessing"),
        *("nntplib", "poplib", "select", "selectors", "smtplib", "socket", "socketserver", "subprocess"),
        *("telnetlib", "threading", "turtle", "turtledemo", "venv", "webbrowser", "xmlrpc", "zoneinfo"),
    ]
)
"""Modules that Python for WebAssembly or for mobile systems lacks, or that do not work there.

https://docs.python.org/3/library/intro.html#webassembly-platforms and #mobile-platforms
"""
_SMALL = lazy(r"pyodide|pyscript|emscripten|wasm\d*|webassembly|wasi|ios|android|mobile")
"""Words for these platforms, in tags, classifiers and names."""

_OLDEST = 7
"""The minor version of the oldest Python 3 that is checked. Chosen: the support for Python 3.7 ended in
2023."""


def declared_pythons(wheel: Wheel) -> tuple[list[int], bool]:
    """Return the minor versions of Python 3 that a wheel supports, and whether it supports Python 2."""
    text = wheel.metadata.first("Requires-Python") if wheel.metadata else None
    required = read_requires_python(text or "")
    tags = wheel_tags(wheel)
    minors = [
        minor
        for minor in range(latest()[1] + 1)
        if (required is None or required.allows(3, minor)) and _runs(tags, minor)
    ]
    is_for_2 = tags is not None and any(tag.startswith(("py2", "cp2")) for tag in tags.pythons)
    recent = [minor for minor in minors if minor >= _OLDEST]
    return recent or minors, is_for_2 and (required is None or required.allows(2, 7))


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


def is_for_small_platforms(wheel: Wheel) -> bool:
    """Return whether a wheel is declared for WebAssembly or for mobile systems."""
    tags = wheel_tags(wheel)
    classifiers = wheel.metadata.all("Classifier")[:100] if wheel.metadata else []  # real ones have 20
    # 200 bounds the time on hostile names.
    texts = [wheel.name[:200], *(tags.platforms if tags else ()), *(each[:200] for each in classifiers)]
    return any(_SMALL.fullmatch(word) for text in texts for word in re.split(r"[^a-z0-9]+", text.lower()))


def is_for_any_platform(wheel: Wheel) -> bool:
    """Return whether a wheel may be installed on every platform."""
    tags = wheel_tags(wheel)
    return tags is not None and "any" in tags.platforms


def hides(module: str, minors: list[int]) -> list[int]:
    """Return those of the minor versions of Python 3 whose standard library has a module with this name."""
    if not is_module(module) or module in PLATFORM:
        return []
    return [minor for minor in minors if has(module, (3, minor))]
