"""AR201 to AR206: member names that some systems reject or confuse."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from pkgaudit.api import (
    Distribution,
    Entry,
    EntryType,
    Location,
    Problem,
    Sdist,
    Severity,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules._shared.platform_tags import is_one_system
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.archive.path_names import (
    INVISIBLE,
    Collision,
    collisions,
    folders_like_files,
    has_hidden,
    is_in_tests,
    windows_fault,
)

SHOWN = 5
"""The number of members that are reported one by one; one more problem covers the rest.

Chosen: such names usually have one cause, for example a renamed folder.
"""

_CASE = "rename or remove one of them"


def _folded(problems: list[Problem], fault: str) -> Iterator[Problem]:
    """Yield the problems; those beyond the first few of a severity become one."""
    by_severity: dict[Severity | None, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_severity[problem.severity].append(problem)
    for severity, found in by_severity.items():
        rest = found[SHOWN - 1 :] if len(found) > SHOWN else []
        yield from found[: len(found) - len(rest)]
        if rest:
            first = rest[0]
            example = quoted(first.location.member or "")
            message = f"{counted(len(rest), 'more member')} {fault}, for example {example}"
            fix = first.fix if isinstance(first.fix, str) else "treat these members like the others"
            paths = [each.location.member or "" for each in rest]
            yield Problem(
                message,
                first.location,
                fix,
                severity,
                key="more",
                data={"count": len(rest), "paths": paths},
            )


def _platforms(distribution: Distribution) -> frozenset[str]:
    tags = wheel_tags(distribution) if isinstance(distribution, Wheel) else None
    return tags.platforms if tags else frozenset({"any"})


@rule("AR201", "case-collision", Severity.ERROR, since="0.1.0")
def case_collision(distribution: Distribution) -> Iterator[Problem]:
    """Two paths differ only in case.

    The rule reports an error if the files have different contents, and a warning if the contents are equal,
    for folders, in test folders and in nested archives. For a wheel that is only for Linux, it reports the
    names at info level.

    ## Why it matters
    Windows and macOS treat both names as one file: the file that is unpacked last overwrites the
    other, so the installed package differs from the built one. Two folders become one.

    ## How to fix it
    Rename one of them. If only the case of a name was changed, the old file is often still in `build/lib` or
    elsewhere in the working folder: build from a fresh clone.

    ## References
    - <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>
    - <https://developer.apple.com/library/archive/documentation/FileManagement/Conceptual/APFS_Guide/FAQ/FAQ.html>
    """
    minor = is_one_system(_platforms(distribution))
    problems = []
    for each in collisions(distribution, str.lower):
        if each.are_files and each.differ:
            effect, severity = "one file overwrites the other, which has different content", None
        elif each.are_files:
            effect, severity = "one file overwrites the other, which has the same content", Severity.WARNING
        elif each.differ:
            effect, severity = "the folders become one, where files with different contents collide", None
        else:
            effect, severity = (
                "they become one folder" if each.are_folders else "only one of them can exist",
                Severity.WARNING,
            )
        if minor:
            severity = Severity.INFO
        elif each.depth or is_in_tests(each.second, distribution):
            severity = Severity.WARNING if severity is None else Severity.INFO
        message = f"differ only in case: on Windows and macOS, {effect}"
        problems.append(_collided(each, message, severity))
    yield from _folded(problems, "differ only in case from another member")


def _severity(each: Collision, distribution: Distribution) -> Severity | None:
    return Severity.INFO if each.depth or is_in_tests(each.second, distribution) else None


def _collided(each: Collision, fault: str, severity: Severity | None) -> Problem:
    names = f"{quoted(each.first)} and {quoted(each.second.rpartition('/')[2])}"
    data = {"paths": [each.first, each.second]}
    return Problem(f"{names} {fault}", Location(each.second), _CASE, severity, key="collision", data=data)


@rule("AR202", "unicode-collision", Severity.WARNING, since="0.1.0")
def unicode_collision(distribution: Distribution) -> Iterator[Problem]:
    """Two paths differ only in their Unicode form, or a name contains invisible characters.

    The rule compares names in the normal forms NFC (with and without regard to case) and NFKC. Invisible
    characters are those that change the direction of text or have no width. Joiners in emoji and between
    letters of scripts that need them are not reported.

    ## Why it matters
    On macOS, the forms of `é` with one character and with two are the same name, so one file overwrites the
    other. Python treats names that are equal in NFKC as the same module. An invisible character can disguise
    a file: `gpj.exe` can be displayed as `exe.jpg`.

    ## How to fix it
    Rename the file; use normal form NFC and no invisible characters.

    ## References
    - <https://www.unicode.org/reports/tr15/>
    - <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>
    - <https://docs.python.org/3/reference/lexical_analysis.html#identifiers>
    """
    entries = [*distribution.entries, *distribution.nested]
    unusual = [entry for entry in entries if not entry.path.isascii()]
    if not unusual:
        return
    problems = []
    for each in collisions(distribution, lambda name: unicodedata.normalize("NFKC", name)):
        one = unicodedata.normalize("NFC", each.first) == unicodedata.normalize("NFC", each.second)
        fault = (
            "differ only in their Unicode form: on macOS they are the same name"
            if one
            else "look alike (they are equal in NFKC)"
        )
        problems.append(_collided(each, fault, _severity(each, distribution)))
    for each in collisions(distribution, lambda name: unicodedata.normalize("NFC", name).lower()):
        first, second = (unicodedata.normalize("NFC", path) for path in (each.first, each.second))
        if first != second and each.first.lower() != each.second.lower():
            fault = "differ in case and Unicode form: on macOS they are the same name"
            problems.append(_collided(each, fault, _severity(each, distribution)))
    for entry in unusual:
        character = has_hidden(entry.path)
        if character is not None:
            name = INVISIBLE.get(character) or unicodedata.name(character, f"U+{ord(character):04X}")
            severity = Severity.INFO if entry.depth or is_in_tests(entry.path, distribution) else None
            message = f"{quoted(entry.path)} contains an invisible character ({name})"
            data = {"path": entry.path, "character": f"U+{ord(character):04X}"}
            problems.append(
                Problem(message, Location(entry.path), "rename the file", severity, key="hidden", data=data)
            )
    yield from _folded(problems, "have such names")


@rule("AR203", "windows-unsafe-name", Severity.WARNING, since="0.1.0")
def windows_unsafe_name(distribution: Distribution) -> Iterator[Problem]:
    r"""A name is not allowed on Windows.

    These are device names (`CON`, `PRN`, `AUX`, `NUL`, `COM1` …, `LPT1` …, with any extension), names with
    one of the characters `<>:"|?*`, and names that end with a dot or space. The rule skips wheels for other
    systems; in test folders and nested archives it reports names at info level.

    ## Why it matters
    Windows rejects such a file, or creates a different one: `aux.py` is a device, `a:b` a hidden stream of
    `a`, and `a.` is `a`. pip stops there, and git cannot check out a repository with such a file.

    ## How to fix it
    Rename or remove the file. Tests can create such files when they run.

    ## References
    - <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions>
    - <https://docs.python.org/3/library/os.path.html#os.path.isreserved>
    """
    platforms = _platforms(distribution)
    if not any(each == "any" or each.startswith("win") for each in platforms):
        return
    problems = []
    seen: set[str] = set()
    for entry in (*distribution.entries, *distribution.nested):
        at, fault = windows_fault(entry.path)
        folder = entry.path[:at]
        if fault and folder not in seen:
            seen.add(folder)
            severity = Severity.INFO if entry.depth or is_in_tests(entry.path, distribution) else None
            name = entry.path[:at].rpartition("/")[2]
            message = f"the name {quoted(name)} is not allowed on Windows: {fault}"
            fix = "rename the file or folder"
            problems.append(Problem(message, Location(folder), fix, severity, key=name, data={"name": name}))
    yield from _folded(problems, "have such names")


@dataclass(frozen=True)
class LongPaths:
    r"""The longest path that is allowed: ``limit`` characters.

    The default is that of pydistcheck's path-too-long. Of the 259 characters on Windows, it leaves 59 for the
    installation folder; ``C:\Users\name\project\.venv\Lib\site-packages\`` has 46.
    """

    limit: int = field(default=200, metadata={"formerly": ["most"]})


_LONGEST_NAME = 255
"""The bytes of a name on common Linux file systems (their NAME_MAX); NTFS and APFS count characters.

https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/limits.h.html
"""


@rule("AR204", "long-path", Severity.WARNING, since="0.1.0")
def long_path(distribution: Distribution, options: LongPaths) -> Iterator[Problem]:
    """A path is too long for some systems.

    The rule reports paths of more than 200 characters (an option) and names of more than 255 bytes. In
    test folders of an sdist, which are not installed, a long path is reported at info level. Nested
    archives are skipped.

    ## Why it matters
    On Windows, a path, including the installation folder, has at most 259 characters unless the machine
    allows more. Common file systems reject names of more than 255 bytes (characters on Windows and
    macOS), so unpacking fails there.

    ## How to fix it
    Shorten names or flatten folders. The limit is an option:

        [tool.pkgaudit.long-path]
        limit = 220

    ## References
    - <https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation>
    - <https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/limits.h.html>
    """
    names, paths = [], []
    for entry in distribution.entries:
        path = entry.path
        # UTF-8 has at most four bytes for a character.
        if len(path) <= min(options.limit, _LONGEST_NAME // 4):
            continue
        name = max(path.split("/"), key=_size)
        if _size(name) > _LONGEST_NAME:
            message = f"the name {quoted(name)} has {_size(name)} bytes; file systems allow {_LONGEST_NAME}"
            names.append(
                Problem(
                    message,
                    Location(path),
                    "shorten the name",
                    key="name",
                    data={"name": name, "size": _size(name), "limit": _LONGEST_NAME},
                )
            )
        elif len(path) > options.limit:
            in_tests = isinstance(distribution, Sdist) and is_in_tests(path, distribution)
            message = f"{quoted(path)} has {len(path)} characters; the limit is {options.limit}"
            severity = Severity.INFO if in_tests else None
            fix = "shorten names or flatten folders"
            size = {"size": len(path), "limit": options.limit}
            paths.append(Problem(message, Location(path), fix, severity, "path", data=size))
    for found in (names, *([p for p in paths if p.severity is s] for s in (None, Severity.INFO))):
        if found:
            worst = max(found, key=lambda problem: len(problem.location.member or ""))
            more = f" (and {counted(len(found) - 1, 'more member')})" if len(found) > 1 else ""
            yield replace(worst, message=f"{worst.message}{more}", data={**worst.data, "count": len(found)})


def _size(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))


@rule("AR205", "unusual-member-name", Severity.INFO, pedantic=True, since="0.1.0")
def unusual_member_name(distribution: Distribution) -> Iterator[Problem]:
    """Member names contain spaces or non-ASCII characters.

    ## Why it matters
    Such names work almost everywhere. But scripts that do not quote names fail on spaces, and other
    characters depend on the encoding of the file system, so old tools write them incorrectly.

    ## How to fix it
    Rename the files if nothing requires these names.

    ## References
    - <https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap03.html#tag_03_282>
    """
    entries = [entry for entry in distribution.entries if entry.type is not EntryType.DIRECTORY]
    yield from _unusual((entry for entry in entries if " " in entry.path), "contains a space", "space")
    yield from _unusual(
        (e for e in entries if not e.path.isascii()), "contains non-ASCII characters", "ascii"
    )


def _unusual(entries: Iterable[Entry], fault: str, key: str) -> Iterator[Problem]:
    found = list(entries)
    if found:
        more = f" (and {counted(len(found) - 1, 'more member')})" if len(found) > 1 else ""
        path = found[0].path
        yield Problem(
            f"{quoted(path)} {fault}{more}",
            Location(path),
            "rename the file",
            key=key,
            data={"path": path, "count": len(found)},
        )


@rule("AR206", "file-and-folder", Severity.ERROR, since="0.1.0")
def file_and_folder(distribution: Distribution) -> Iterator[Problem]:
    """The path of a file is also the path of a folder that contains other files.

    AR103 reports a file and an entry for a folder with the same path.

    ## Why it matters
    A file system cannot contain both. Installers stop when they unpack the second, some of them after they
    have installed a part of the files. PyPI accepts such an archive.

    ## How to fix it
    Rename the file or the folder. Usually a module became a folder, or a folder a file, and the build also
    packs the old one: build from a fresh clone.

    ## References
    - <https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap04.html#tag_04_13>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features>
    """
    is_wheel = isinstance(distribution, Wheel)
    effect = reaction("file-and-folder") if is_wheel else "pip, uv and tar cannot unpack the sdist"
    problems = [
        Problem(
            f"{quoted(path)} is a file, but also the folder of {quoted(inside)}; {effect}",
            Location(path),
            "rename the file or the folder",
            harm("file-and-folder") if is_wheel else None,
            key="both",
            data={"paths": [path, inside]},
        )
        for path, inside in folders_like_files(distribution)
    ]
    yield from _folded(problems, "have the path of a folder")
