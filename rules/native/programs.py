"""The programs in a wheel that a user cannot start, because they have no execute bit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pkgaudit.api import (
    Entry,
    Location,
    Problem,
    PythonFile,
    Severity,
    Wheel,
    Words,
    counted,
    quoted,
)
from pkgaudit.late import dataclass
from pkgaudit.rules.native.wheel import Natives

CHANGES_MODE = Words(b"chmod")
"""A word of modules that may make a file executable."""

STARTS = Words(b"chmod", b"subprocess", b"Popen", b"execv", b"spawn", b"execl", b"os.system")
"""Words of modules that start programs, or make a file executable."""

_TEXT = re.compile(rb"[\"'/]([\w.+-]{2,60})[\"']")
"""A short text, or the end of one after a slash, that may be the name of a program."""

_MOST = 500
"""Names that are kept of a module. Chosen: modules that start programs name a few."""

_EXECUTE = 0o111
"""The bits for the owner, the group and all others."""


@dataclass(frozen=True)
class Starter:
    """A module that may start programs: the short texts in it, and whether it changes modes of files."""

    names: frozenset[str]
    sets_modes: bool


def starter_of(file: PythonFile) -> Starter:
    """Return what a module of a wheel may start, if it has one of the words `STARTS`."""
    names: set[str] = set()
    for match in _TEXT.finditer(file.data):
        names.add(match[1].decode("utf-8", "replace"))
        if len(names) >= _MOST:
            break
    return Starter(frozenset(names), file.window.has(CHANGES_MODE))


def not_executable(natives: Natives, starters: Mapping[str, Starter]) -> Iterator[Problem]:
    """Judge the modes of programs and scripts."""
    wheel = natives.wheel
    if not natives.is_sound or natives.systems == {"windows"}:
        return
    scripts = [entry.path for entry in _without_bit(wheel) if _is_script(wheel, entry)]
    if scripts:
        yield _problem(
            scripts,
            "has no execute bit, so pip installs a command that nobody can start",
            Severity.WARNING,
            "scripts",
        )
    programs = [
        entry.path
        for entry in _without_bit(wheel)
        if entry.path not in scripts and _is_program(natives, entry.path)
    ]
    if not programs:
        return
    names = frozenset[str]().union(*(each.names for each in starters.values()))
    started = [path for path in programs if path.rpartition("/")[2] in names]
    if any(each.sets_modes for each in starters.values()):
        return  # the package may set the bit before it starts the program
    for paths, severity in ((started, Severity.ERROR), (sorted({*programs} - {*started}), Severity.WARNING)):
        if paths:
            what = "the package starts it" if severity is Severity.ERROR else "it is a program"
            yield _problem(
                paths,
                f"has no execute bit, although {what}, so users get a PermissionError",
                severity,
                "started" if severity is Severity.ERROR else "programs",
            )


def _without_bit(wheel: Wheel) -> Iterator[Entry]:
    for entry in wheel.files.values():
        if entry.mode is None or not entry.mode & _EXECUTE:
            yield entry


def _is_script(wheel: Wheel, entry: Entry) -> bool:
    parts = entry.path.split("/")
    return len(parts) == 3 and parts[0].endswith(".data") and parts[1] == "scripts" and bool(entry.size)


def _is_program(natives: Natives, path: str) -> bool:
    """Return whether a file is a program for a system that needs the bit, and is not in a folder of tests."""
    header = natives.headers.get(path)
    if header is None or header.format not in ("elf", "mach-o") or natives.is_test(path):
        return False
    # A program in a wheel for any platform may be meant for other machines, which get it in another way.
    if not header.architectures & natives.architectures:
        return False  # firmware, or a program for another machine
    return header.format in natives.formats and any(
        each.is_code and each.kind == "executable" for each in header.images
    )


def _problem(paths: list[str], message: str, severity: Severity, key: str) -> Problem:
    ordered = sorted(paths)
    more = f" (and {counted(len(ordered) - 1, 'more file')})" if len(ordered) > 1 else ""
    return Problem(
        f"{quoted(ordered[0])} {message}{more}",
        Location(ordered[0]),
        "set the bit in the source tree ('chmod +x'; 'git update-index --chmod=+x' records it), and build "
        "the wheel on Linux or macOS, because wheels that are built on Windows have no execute bits",
        severity,
        key=key,
        data={"paths": ordered},
    )
