"""WH101, WH121: the ``.dist-info`` folder of a wheel, and entry_points.txt in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import (
    BinaryFile,
    CoreMetadata,
    EntryType,
    Location,
    Problem,
    SetField,
    Severity,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.built_name import is_refused_for_its_name, is_renamed
from pkgaudit.rules._shared.entry_points import Fault, is_name, read_entry_points
from pkgaudit.rules._shared.filename import fault
from pkgaudit.rules._shared.index_words import REFUSED, UNNOTICED, UNSENT
from pkgaudit.rules._shared.rename import give_back
from pkgaudit.rules._shared.repack import unpacking

_REBUILD = "build the wheel again; do not rename it or change it by hand"

_FAILED = (
    "look at the output of the build: a build backend that stops leaves a part of the wheel behind. Then "
    "build it again; do not change it by hand"
)
"""The remedy for a wheel that lacks what every build backend writes last."""
_WHEEL_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)
_MOST_NAMES = 20
"""So many bad names of scripts are told one by one. Chosen: all of a real project, not all of a hostile
one."""

_SUPPORTED = (1, 0)
"""The newest Wheel-Version that the specification defines (as of August 2026)."""


@dataclass(frozen=True)
class LikeMetadata:
    """Says of a file that uploaders may take it for the core metadata."""


@summary
def like_metadata(file: BinaryFile) -> LikeMetadata | None:
    """Return whether a file has METADATA in its path and the name of the first field in it."""
    path = file.path
    # twine takes the first such file by depth and alphabet; deeper ones come after the real one.
    is_near = not file.member.is_nested and "METADATA" in path and path.count("/") <= 1
    return LikeMetadata() if is_near and b"Metadata-Version" in file.data else None


@rule("WH101", "invalid-dist-info", Severity.ERROR, index=True, since="0.1.0")
def invalid_dist_info(wheel: Wheel, metadata: Summaries[LikeMetadata]) -> Iterator[Problem]:
    """The wheel's `.dist-info` folder or its WHEEL file is missing or wrong.

    There must be one folder at the root, called `{name}-{version}.dist-info` just as the file name
    spells them, and in it WHEEL with a Wheel-Version that installers know. A Root-Is-Purelib that
    is missing or neither true nor false, and a newer minor version, are warnings: installers
    go on. No other file at the root or in a folder there may pass for METADATA and come before it.

    ## Why it matters
    The folder is how an installer recognizes what it unpacks. PyPI refuses a wheel without
    `{name}-{version}.dist-info/WHEEL`. It does not read WHEEL, nor does it mind several such
    folders; pip does, and the wheel cannot be installed although its version number is spent.
    twine sends what it finds in the first file with `METADATA` in its path, by depth and alphabet.

    ## How to fix it
    Let the build backend make the wheel, and give one that was renamed its name back. To change tags
    afterwards use `wheel tags`; renaming the file is not enough. A wheel that was packed by hand holds
    the contents of the folder, not the folder: `wheel pack folder` does that, and writes RECORD.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-dist-info-directory>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-contents>
    """
    if not wheel.is_readable:
        return
    folders = wheel.dist_infos
    expected = "{}-{}.dist-info".format(*wheel.filename_project)
    named = fault(wheel) is None
    if not folders:
        place = f" called {quoted(expected)}" if named else " that ends in '.dist-info'"
        inside = _one_folder_too_deep(wheel) if named else None
        if inside is None:
            yield Problem(
                f"there is no folder{place} at the root; {REFUSED}",
                fix=_FAILED,
                data={"expected": expected} if named else {},
            )
            return
        yield Problem(
            f"there is no folder{place} at the root: all is one folder too deep, in {quoted(inside)}; "
            f"{REFUSED}",
            Location(f"{inside}/{expected}"),
            _pack_contents(wheel, inside),
            key="too deep",
            data={"expected": expected, "path": f"{inside}/{expected}"},
        )
        return
    yield from _other_metadata(wheel, metadata)
    folder = expected if expected in folders else wheel.dist_info
    # pip raises for several; PyPI reads the one of the file name and does not mind the others.
    if len(folders) > 1:
        other = next(each for each in folders if each != folder)
        yield Problem(
            f"there are {len(folders)} .dist-info folders, {quoted(other)} among them, so that pip does not "
            f"install the wheel; {UNNOTICED}",
            Location(other),
            "leave the .dist-info folders of other projects out, or put them below a package",
            key="several",
            data={"count": len(folders), "paths": [each for each in folders if each != folder]},
        )
    if folder is None:
        if named:
            yield Problem(
                f"none of the .dist-info folders is called {quoted(expected)}; {REFUSED}",
                fix=_REBUILD,
                key="name",
                data={"expected": expected},
            )
        return
    if named and folder != expected and not is_refused_for_its_name(wheel):
        yield Problem(
            f"the folder is called {quoted(folder)} and not {quoted(expected)}, as the file name spells it; "
            f"{REFUSED}",
            Location(folder),
            give_back(wheel) if is_renamed(wheel) else _REBUILD,
            key="name",
            data={"path": folder, "expected": expected},
        )
    yield from _wheel_file(wheel, f"{folder}/WHEEL")


def _other_metadata(wheel: Wheel, metadata: Summaries[LikeMetadata]) -> Iterator[Problem]:
    """Yield a problem for a file that twine takes for the core metadata before it comes to METADATA."""
    own = f"{wheel.dist_info}/METADATA"
    first = min(metadata, key=lambda path: (path.count("/"), path.split("/")), default=own)
    if own in metadata and first != own:
        yield Problem(
            f"{quoted(first)} passes for the core metadata and comes before {quoted(own)}: "
            f"it is what twine reads and sends; {UNSENT}",
            Location(first),
            "give the file another name, without METADATA in it, or put it two folders deep",
            key="other metadata",
            data={"path": first, "expected": own},
        )


def _one_folder_too_deep(wheel: Wheel) -> str | None:
    """Return the folder that holds the whole wheel, dist-info and all, None if there is none."""
    tops = {entry.path.partition("/")[0] for entry in wheel.entries}
    # Who zips the folder instead of what is in it gets a single folder at the root.
    if len(tops) != 1:
        return None
    top = tops.pop()
    name, version = wheel.filename_project
    place = f"{top}/{name}-{version}.dist-info/"
    return top if any(path.startswith(place) for path in wheel.by_path) else None


def _pack_contents(wheel: Wheel, folder: str) -> str:
    """Return how to pack what is in a folder of the wheel as the wheel."""
    fix = f"pack what is in {quoted(folder)}, not the folder itself"
    if not re.fullmatch(r"[A-Za-z0-9_.+][A-Za-z0-9_.+-]*", folder) or folder in (".", ".."):
        return fix
    return f"{fix}:\n{unpacking(wheel)}\nwheel pack folder/{folder}"


def _wheel_file(wheel: Wheel, path: str) -> Iterator[Problem]:
    entry = wheel.by_path.get(path)
    if entry is None or entry.type is EntryType.DIRECTORY:
        what = "is a folder, not a file" if entry else "is missing"
        yield Problem(f"{quoted(path)} {what}; {REFUSED}", fix=_FAILED, key="no WHEEL", data={"path": path})
        return
    # A zip has links only by the attributes of Unix, which pip does not follow: it reads the target as text.
    if entry.type is EntryType.SYMLINK:
        message = f"WHEEL is a symbolic link, so that pip does not install the wheel; {UNNOTICED}"
        yield Problem(message, Location(path), _REBUILD, key="link", data={"path": path})
        return
    if path not in wheel.kept or path in wheel.unread:
        return
    data = wheel.kept[path]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = (
            f"WHEEL is not UTF-8 (byte 0x{data[error.start]:02x}), so that pip does not install the wheel; "
            f"{UNNOTICED}"
        )
        yield Problem(message, Location(path, line), _REBUILD, key="encoding", data={"path": path})
        return
    headers = CoreMetadata(path, data)
    yield from _wheel_version(headers)
    purelib = headers.first("Root-Is-Purelib")
    if purelib is None or purelib.strip().lower() not in ("true", "false"):
        what = "is missing" if purelib is None else f"is {quoted(purelib)}, neither true nor false"
        yield Problem(
            f"Root-Is-Purelib {what}; installers take it for false",
            headers.place("Root-Is-Purelib"),
            "write 'Root-Is-Purelib: true' for a wheel of Python files only, else false",
            Severity.WARNING,
            key="Root-Is-Purelib",
            data={"field": "Root-Is-Purelib", "value": purelib},
        )


def _wheel_version(headers: CoreMetadata) -> Iterator[Problem]:
    value = headers.first("Wheel-Version")
    place = headers.place("Wheel-Version")
    match = _WHEEL_VERSION.fullmatch(value.strip()) if value is not None else None
    if value is None or match is None:
        what = "has no Wheel-Version" if value is None else f"has the Wheel-Version {quoted(value)}"
        message = f"WHEEL {what}, so that pip does not install the wheel; {UNNOTICED}"
        data = {"field": "Wheel-Version", "value": value}
        yield Problem(message, place, _REBUILD, key="Wheel-Version", data=data)
        return
    version = int(match[1]), int(match[2])
    # The specification has installers refuse a newer major version and warn of a newer minor one.
    if version[0] > _SUPPORTED[0]:
        yield Problem(
            f"WHEEL has the Wheel-Version {value}; installers that know 1.0, the newest one in August 2026, "
            f"do not install the wheel; {UNNOTICED}",
            place,
            "write 'Wheel-Version: 1.0'",
            key="Wheel-Version",
            data={"field": "Wheel-Version", "value": value},
        )
    elif version > _SUPPORTED:
        yield Problem(
            f"WHEEL has the Wheel-Version {value}, newer than 1.0, the newest one in August 2026; "
            "installers warn of it",
            place,
            "write 'Wheel-Version: 1.0'",
            Severity.WARNING,
            key="Wheel-Version",
            data={"field": "Wheel-Version", "value": value},
        )


@rule("WH121", "invalid-entry-points", Severity.ERROR, index=True, since="0.1.0")
def invalid_entry_points(wheel: Wheel) -> Iterator[Problem]:
    """The wheel's `entry_points.txt` cannot be read, or gives a script an impossible name.

    The file is UTF-8 text: lines `name = module:function` under the name of their group in
    brackets. Each group stands in it once, and in it each name. The names of `console_scripts` and
    `gui_scripts` become names of files, and consist of letters, digits, `_`, `.` and `-` only;
    those of other groups are free.

    ## Why it matters
    PyPI refuses the wheel. An installer that takes such a file would leave scripts or plug-ins out
    without a word, or write a script wherever its name leads.

    ## How to fix it
    Correct the entry points where the build backend takes them from, which is as a rule
    `[project.scripts]`, `[project.gui-scripts]` and `[project.entry-points]` in `pyproject.toml`,
    and build the wheel again. A file that is written by hand (`entry_points.txt`, or the text that
    `setup.py` passes) must have `=`, not `:`, after each name, and be saved without a byte order
    mark.

    ## References
    - <https://packaging.python.org/en/latest/specifications/entry-points/#file-format>
    - <https://packaging.python.org/en/latest/specifications/entry-points/#data-model>
    """
    path = f"{wheel.dist_info}/entry_points.txt"
    data = wheel.kept.get(path)
    if not wheel.is_readable or data is None or path in wheel.unread:
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"entry_points.txt is not UTF-8 (byte 0x{data[error.start]:02x}); {REFUSED}"
        fix = "save the file as UTF-8"
        yield Problem(message, Location(path, line), fix, key="encoding", data={"path": path})
        return
    found = read_entry_points(text)
    for each in found.faults.values():
        what, fix = _entry_point_fault(each)
        more = f" (and {counted(each.count - 1, 'more line')})" if each.count > 1 else ""
        values: dict[str, str | int] = {"value": each.text, "count": each.count}
        yield Problem(f"{what}{more}; {REFUSED}", Location(path, each.line), fix, key=each.kind, data=values)
    bad = [each for each in found.scripts() if not is_name(each[1])]
    for number, (group, name, line) in enumerate(bad[:_MOST_NAMES], 1):
        kind = "gui script" if group.startswith("gui") else "console script"
        left = len(bad) - _MOST_NAMES if number == _MOST_NAMES else 0
        others = f" (and {counted(left, 'more name')})" if left > 0 else ""
        yield Problem(
            f"the name of the {kind} {quoted(name)} has other characters than letters, digits, '_', '.' "
            f"and '-'{others}; {REFUSED}",
            Location(path, line),
            SetField("Entry-Point", _rename_script(name), group),
            key=f"{group}:{name}",
            data={"group": group, "name": name},
        )


def _rename_script(name: str) -> str:
    better = re.sub(r"[^\w.-]+", "-", name[:100]).strip("-")
    example = f", as {better!r}" if better and is_name(better) else ""
    return f"rename the script to one word{example}: its name is what users type"


def _entry_point_fault(found: Fault) -> tuple[str, str]:
    """Return what is wrong with entry_points.txt, and how to mend it."""
    shown = quoted(found.text)
    if found.kind == "header" and found.text.startswith("\ufeff"):
        return "entry_points.txt starts with a byte order mark", "save the file as UTF-8 without one"
    if found.kind == "header":
        fix = "put the line under the name of its group, as '[console_scripts]'"
        return f"the line {shown} comes before any group", fix
    if found.kind == "section":
        return f"the group {shown} stands twice in entry_points.txt", "put all its lines under one of the two"
    if found.kind == "option":
        return f"the name {shown} stands twice in its group", "rename one of the two, or leave it out"
    if found.kind == "name":
        return f"the line {shown} has no name before its '='", "write 'name = module:function'"
    where = "has ':' where '=' belongs" if ":" in found.text else "has no '=' after a name"
    return f"the line {shown} {where}", "write 'name = module:function'"
