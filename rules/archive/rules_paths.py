"""AR201 to AR205: names of members that some systems cannot have, or mix up."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

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
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.archive.path_names import (
    INVISIBLE,
    Collision,
    collisions,
    has_hidden,
    is_in_tests,
    is_one_system,
    windows_fault,
)

SHOWN = 5
"""How many members of a kind are told one by one; the rest is one more problem.

Chosen: such names mostly have one cause, as a folder that was renamed.
"""

_CASE = "rename one of them, or leave it out"


def _folded(problems: list[Problem], what: str) -> Iterator[Problem]:
    """Yield problems, those beyond the first few of a severity as one."""
    by_severity: dict[Severity | None, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_severity[problem.severity].append(problem)
    for severity, found in by_severity.items():
        rest = found[SHOWN - 1 :] if len(found) > SHOWN else []
        yield from found[: len(found) - len(rest)]
        if rest:
            first = rest[0]
            message = f"{counted(len(rest), 'more member')} {what}, as {quoted(first.location.member or '')}"
            fix = first.fix if isinstance(first.fix, str) else "do with them as with the others"
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
    """Two paths differ only in the case of their letters.

    An error if the files differ in content, a warning if they are equal and for folders, in
    folders of tests and for archives inside the distribution. A wheel for Linux alone gets an info.

    ## Why it matters
    Windows and macOS take both names for one file: whichever is unpacked last overwrites the
    other, and what is installed is not what was built. Two folders become one.

    ## How to fix it
    Rename one of them. A file that was renamed in its case alone is often there twice because the folder of
    the build, or `build/lib`, still has the old one: build from a fresh clone.

    ## References
    - <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>
    - <https://developer.apple.com/library/archive/documentation/FileManagement/Conceptual/APFS_Guide/FAQ/FAQ.html>
    """
    minor = is_one_system(_platforms(distribution))
    problems = []
    for each in collisions(distribution, str.lower):
        if each.are_files and each.differ:
            what, severity = "are two files with different contents", None
        elif each.are_files:
            what, severity = "are two files with the same content", Severity.WARNING
        elif each.differ:
            what, severity = "are two folders, in which files of different contents have one name", None
        else:
            what, severity = (
                "become one folder" if each.are_folders else "cannot both be there",
                Severity.WARNING,
            )
        if minor:
            severity = Severity.INFO
        elif each.depth or is_in_tests(each.second, distribution):
            severity = Severity.WARNING if severity is None else Severity.INFO
        problems.append(
            _collided(each, f"differ only in case: on Windows and macOS they {_on(what)}", severity)
        )
    yield from _folded(problems, "differ from another only in case")


def _milder(each: Collision, distribution: Distribution) -> Severity | None:
    return Severity.INFO if each.depth or is_in_tests(each.second, distribution) else None


def _on(what: str) -> str:
    return what.replace("are two", "are one path for two", 1)


def _collided(each: Collision, what: str, severity: Severity | None) -> Problem:
    names = f"{quoted(each.first)} and {quoted(each.second.rpartition('/')[2])}"
    data = {"paths": [each.first, each.second]}
    return Problem(f"{names} {what}", Location(each.second), _CASE, severity, key="collision", data=data)


@rule("AR202", "unicode-collision", Severity.WARNING, since="0.1.0")
def unicode_collision(distribution: Distribution) -> Iterator[Problem]:
    """Two paths differ only in how Unicode writes them, or a name has characters that nobody sees.

    Names are compared in the normal forms NFC, without regard to case too, and NFKC. Characters that
    nobody sees are those that change the direction of text and those without a width; joiners between
    letters of scripts that need them, and in emoji, do not count.

    ## Why it matters
    macOS takes `é` of one character and of two for the same name, so that one file overwrites the other.
    Python takes names that are equal in NFKC for the same module. With an invisible character a file looks
    like one that it is not: `gpj.exe` can be shown as `exe.jpg`.

    ## How to fix it
    Rename one of them, in normal form C, and without invisible characters.

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
        what = (
            "are written in different ways: on macOS they are one"
            if one
            else "look alike (they are equal in NFKC)"
        )
        problems.append(_collided(each, what, _milder(each, distribution)))
    for each in collisions(distribution, lambda name: unicodedata.normalize("NFC", name).lower()):
        first, second = (unicodedata.normalize("NFC", path) for path in (each.first, each.second))
        if first != second and each.first.lower() != each.second.lower():
            what = "differ in case and in how they are written: on macOS they are one"
            problems.append(_collided(each, what, _milder(each, distribution)))
    for entry in unusual:
        character = has_hidden(entry.path)
        if character is not None:
            name = INVISIBLE.get(character) or unicodedata.name(character, f"U+{ord(character):04X}")
            severity = Severity.INFO if entry.depth or is_in_tests(entry.path, distribution) else None
            # Its end is where the file name is; the escapes show what nobody sees.
            message = f"the name {entry.path[-80:]!a} has a character that nobody sees ({name})"
            data = {"path": entry.path, "character": f"U+{ord(character):04X}"}
            problems.append(
                Problem(message, Location(entry.path), "rename it", severity, key="hidden", data=data)
            )
    yield from _folded(problems, "have such names")


@rule("AR203", "windows-unsafe-name", Severity.WARNING, since="0.1.0")
def windows_unsafe_name(distribution: Distribution) -> Iterator[Problem]:
    r"""A name cannot be used on Windows.

    Devices (`CON`, `PRN`, `AUX`, `NUL`, `COM1` …, `LPT1` …, with any extension), the characters
    `<>:"|?*`, and a final dot or space. Wheels that are not for Windows are not looked at; in
    folders of tests and in archives inside the distribution it is an info.

    ## Why it matters
    Windows refuses to make such a file, or makes another: `aux.py` is a device, `a:b` a hidden stream of
    `a`, and `a.` is `a`. pip stops there, and a git repository with such a file cannot be checked out.

    ## How to fix it
    Rename it, or leave it out. Data of tests can be made when the tests run.

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
            message = f"Windows cannot have the name {quoted(name)}: {fault}"
            problems.append(
                Problem(message, Location(folder), "rename it", severity, key=name, data={"name": name})
            )
    yield from _folded(problems, "have such names")


@dataclass(frozen=True)
class LongPaths:
    r"""How long a path may be: ``limit`` characters.

    The default is that of pydistcheck's path-too-long. Of the 259 of Windows it leaves 59 for the folder of
    the installation, as ``C:\Users\name\project\.venv\Lib\site-packages\``, which has 46.
    """

    limit: int = field(default=200, metadata={"formerly": ["most"]})


_LONGEST_NAME = 255
"""Bytes of a name on the usual file systems of Linux, whose NAME_MAX it is; NTFS and APFS count characters.

https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/limits.h.html
"""


@rule("AR204", "long-path", Severity.WARNING, since="0.1.0")
def long_path(distribution: Distribution, options: LongPaths) -> Iterator[Problem]:
    """A path is too long for some systems.

    More than 200 characters (an option), or a name of more than 255 bytes. In folders of tests of an
    sdist, where nothing is installed, a long path is an info. Archives inside are not looked at.

    ## Why it matters
    On Windows a path has 259 characters at most unless the machine is set up for more, the folder that it is
    installed into included. No usual file system takes a name of more than 255 bytes (characters
    on Windows and macOS), so that unpacking stops there.

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
            message = f"the name {quoted(name)} has {_size(name)} bytes; file systems take {_LONGEST_NAME}"
            names.append(
                Problem(
                    message,
                    Location(path),
                    "shorten it",
                    key="name",
                    data={"name": name, "size": _size(name), "limit": _LONGEST_NAME},
                )
            )
        elif len(path) > options.limit:
            in_tests = isinstance(distribution, Sdist) and is_in_tests(path, distribution)
            message = f"the path has {len(path)} characters, more than {options.limit}"
            severity = Severity.INFO if in_tests else None
            fix = "shorten names or flatten folders"
            size = {"size": len(path), "limit": options.limit}
            paths.append(Problem(message, Location(path), fix, severity, "path", data=size))
    for found in (names, *([p for p in paths if p.severity is s] for s in (None, Severity.INFO))):
        if found:
            worst = max(found, key=lambda problem: len(problem.location.member or ""))
            more = f" ({counted(len(found) - 1, 'more member')} like it)" if len(found) > 1 else ""
            yield replace(worst, message=f"{worst.message}{more}", data={**worst.data, "count": len(found)})


def _size(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))


@rule("AR205", "unusual-member-name", Severity.INFO, pedantic=True, since="0.1.0")
def unusual_member_name(distribution: Distribution) -> Iterator[Problem]:
    """Names of members have spaces or characters that are not ASCII.

    ## Why it matters
    They work almost everywhere. Scripts that do not quote names stumble over spaces; other characters
    depend on the encoding of the file system, and old tools write them wrong.

    ## How to fix it
    Rename them if nothing needs these names.

    ## References
    - <https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap03.html#tag_03_282>
    """
    entries = [entry for entry in distribution.entries if entry.type is not EntryType.DIRECTORY]
    yield from _unusual((entry for entry in entries if " " in entry.path), "a space", "space")
    yield from _unusual(
        (e for e in entries if not e.path.isascii()), "characters that are not ASCII", "ascii"
    )


def _unusual(entries: Iterable[Entry], what: str, key: str) -> Iterator[Problem]:
    found = list(entries)
    if found:
        more = f", and so have {counted(len(found) - 1, 'more member')}" if len(found) > 1 else ""
        path = found[0].path
        yield Problem(
            f"the path {quoted(path)} has {what}{more}",
            Location(path),
            "rename it",
            key=key,
            data={"path": path, "count": len(found)},
        )
