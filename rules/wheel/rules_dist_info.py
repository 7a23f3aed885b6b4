"""WH101, WH121: the ``.dist-info`` folder of a wheel, and its entry_points.txt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    CoreMetadata,
    EntryType,
    Files,
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
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.built_name import is_refused_for_its_name, is_renamed
from pkgaudit.rules._shared.entry_points import Fault, is_name, read_entry_points
from pkgaudit.rules._shared.filename import fault
from pkgaudit.rules._shared.index_words import REFUSED, UNNOTICED, UNSENT
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules._shared.rename import give_back
from pkgaudit.rules._shared.repack import CLEAN_UP, unpacking

_REBUILD = "build the wheel again; do not rename it or change it by hand"

_FAILED = (
    "look at the output of the build: a build backend that stops leaves a part of the wheel behind. Then "
    "build it again; do not change it by hand"
)
"""The remedy for a wheel that lacks what every build backend writes last."""
_WHEEL_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.\d{1,9})*", re.ASCII)
_MOST_NAMES = 20
"""Bad script names that are reported one by one. Chosen: enough for any real project, a bound for a hostile
one."""

_SUPPORTED = (1, 0)
"""The newest Wheel-Version that the specification defines (as of August 2026)."""


@dataclass(frozen=True)
class LikeMetadata:
    """Marks a file that uploaders may mistake for the core metadata."""


@summary(files=Files(nested=False))
def like_metadata(file: BinaryFile) -> LikeMetadata | None:
    """Return a mark if a file has METADATA in its path and contains the name of the first field."""
    path = file.path
    # twine reads the first such file by depth and alphabet; deeper files sort after the real METADATA.
    is_near = "METADATA" in path and path.count("/") <= 1
    return LikeMetadata() if is_near and b"Metadata-Version" in file.data else None


@rule("WH101", "invalid-dist-info", Severity.ERROR, index=True, since="0.1.0")
def invalid_dist_info(wheel: Wheel, metadata: Summaries[LikeMetadata]) -> Iterator[Problem]:
    """The wheel's `.dist-info` folder or its WHEEL file is missing or wrong.

    The wheel must have exactly one such folder at its root, called `{name}-{version}.dist-info` with the
    spelling of the filename, and in it a WHEEL file with a Wheel-Version that installers support. The
    finding is a warning if Root-Is-Purelib is missing or neither true nor false, or if the minor version
    is newer: installers accept both. No other file at the root, or in a folder there, may look like
    METADATA and sort before it.

    ## Why it matters
    Installers find the metadata of a wheel in this folder. PyPI rejects a wheel without
    `{name}-{version}.dist-info/WHEEL`. PyPI does not read WHEEL and accepts several such folders, but pip
    then does not install the wheel, and its version number cannot be used again. uv finds Wheel-Version
    only in its usual spelling, and few installers accept a Wheel-Version without a minor version.
    twine sends the metadata of the first file with `METADATA` in its path, by depth and alphabet.

    ## How to fix it
    Let the build backend build the wheel, and undo any renaming. To change tags after the build, run
    `wheel tags`; renaming the file is not enough. If you pack a wheel by hand, run `wheel pack folder`:
    it packs the contents of the folder, not the folder itself, and writes RECORD.

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
        place = f" called {quoted(expected)}" if named else " whose name ends in '.dist-info'"
        inside = _one_folder_too_deep(wheel) if named else None
        if inside is None:
            yield Problem(
                f"the wheel has no folder{place} at its root; {REFUSED}",
                fix=_FAILED,
                data={"expected": expected} if named else {},
            )
            return
        yield Problem(
            f"the wheel has no folder{place} at its root: all files are one folder too deep, in "
            f"{quoted(inside)}; {REFUSED}",
            Location(f"{inside}/{expected}"),
            _pack_contents(wheel, inside),
            key="too deep",
            data={"expected": expected, "path": f"{inside}/{expected}"},
        )
        return
    yield from _other_metadata(wheel, metadata)
    folder = expected if expected in folders else wheel.dist_info
    # pip rejects several folders; PyPI reads the folder that the filename names and ignores the others.
    if len(folders) > 1:
        other = next(each for each in folders if each != folder)
        yield Problem(
            f"{quoted(other)} is one of {len(folders)} .dist-info folders; "
            f"{reaction('second-dist-info', without='the metadata of one')}; {UNNOTICED}",
            Location(other),
            "leave out the .dist-info folders of other projects, or move them into a package",
            key="several",
            data={"count": len(folders), "paths": [each for each in folders if each != folder]},
        )
    if folder is None:
        if named:
            yield Problem(
                f"the wheel has several .dist-info folders, but none is called {quoted(expected)}; {REFUSED}",
                fix=_REBUILD,
                key="name",
                data={"expected": expected},
            )
        return
    if named and folder != expected and not is_refused_for_its_name(wheel):
        yield Problem(
            f"{quoted(folder)} is not called {quoted(expected)}, as the filename requires; {REFUSED}",
            Location(folder),
            give_back(wheel) if is_renamed(wheel) else _REBUILD,
            key="name",
            data={"path": folder, "expected": expected},
        )
    yield from _wheel_file(wheel, f"{folder}/WHEEL")


def _other_metadata(wheel: Wheel, metadata: Summaries[LikeMetadata]) -> Iterator[Problem]:
    """Yield a problem for a file that twine reads as the core metadata instead of METADATA."""
    own = f"{wheel.dist_info}/METADATA"
    first = min(metadata, key=lambda path: (path.count("/"), path.split("/")), default=own)
    if own in metadata and first != own:
        yield Problem(
            f"{quoted(first)} looks like core metadata and sorts before {quoted(own)}, so twine reads and "
            f"sends it instead; {UNSENT}",
            Location(first),
            "rename the file so that its path does not contain METADATA, or move it two folders deep",
            key="other metadata",
            data={"path": first, "expected": own},
        )


def _one_folder_too_deep(wheel: Wheel) -> str | None:
    """Return the folder that contains the whole wheel, dist-info included, or None."""
    tops = {entry.path.partition("/")[0] for entry in wheel.entries}
    # Zipping the folder instead of its contents makes a single folder at the root.
    if len(tops) != 1:
        return None
    top = tops.pop()
    name, version = wheel.filename_project
    place = f"{top}/{name}-{version}.dist-info/"
    return top if any(path.startswith(place) for path in wheel.by_path) else None


def _pack_contents(wheel: Wheel, folder: str) -> str:
    """Return how to pack the contents of a folder in the wheel as the wheel."""
    fix = f"pack the contents of {quoted(folder)}, not the folder itself"
    if not re.fullmatch(r"[A-Za-z0-9_.+][A-Za-z0-9_.+-]*", folder) or folder in (".", ".."):
        return fix
    return f"{fix}; {CLEAN_UP}:\n{unpacking(wheel)}\nwheel pack folder/{folder}"


def _wheel_file(wheel: Wheel, path: str) -> Iterator[Problem]:
    entry = wheel.by_path.get(path)
    if entry is None or entry.type is EntryType.DIRECTORY:
        what = "is a folder, not a file" if entry else "is missing"
        yield Problem(f"{quoted(path)} {what}; {REFUSED}", fix=_FAILED, key="no WHEEL", data={"path": path})
        return
    # Zip files mark links by Unix attributes, which pip ignores: it reads the target as text.
    if entry.type is EntryType.SYMLINK:
        message = f"{quoted(path)} is a symbolic link, so pip does not install the wheel; {UNNOTICED}"
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
            f"{quoted(path)} is not UTF-8 (byte 0x{data[error.start]:02x}), so pip does not install the "
            f"wheel; {UNNOTICED}"
        )
        yield Problem(message, Location(path, line), _REBUILD, key="encoding", data={"path": path})
        return
    headers = CoreMetadata(path, data)
    yield from _wheel_version(path, headers)
    purelib = headers.first("Root-Is-Purelib")
    if purelib is None or purelib.strip().lower() not in ("true", "false"):
        what = "no Root-Is-Purelib" if purelib is None else f"the invalid Root-Is-Purelib {quoted(purelib)}"
        yield Problem(
            f"{quoted(path)} has {what}; installers read it as false",
            headers.place("Root-Is-Purelib"),
            "write 'Root-Is-Purelib: true' if the wheel contains only Python files, else 'false'",
            Severity.WARNING,
            key="Root-Is-Purelib",
            data={"field": "Root-Is-Purelib", "value": purelib},
        )


def _wheel_version(path: str, headers: CoreMetadata) -> Iterator[Problem]:
    value = headers.first("Wheel-Version")
    place = headers.place("Wheel-Version")
    match = _WHEEL_VERSION.fullmatch(value.strip()) if value is not None else None
    if value is None or match is None:
        what = "no Wheel-Version" if value is None else f"the invalid Wheel-Version {quoted(value)}"
        effect = "pip does not install the wheel"
        if value is None:
            effect = reaction("wheel-without-version")
        elif re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
            effect = reaction("wheel-without-minor-version")
        message = f"{quoted(path)} has {what}; {effect}; {UNNOTICED}"
        data = {"field": "Wheel-Version", "value": value}
        yield Problem(message, place, _REBUILD, key="Wheel-Version", data=data)
        return
    name = next(each.name for each in headers.fields if each.key == "wheel-version")
    if name != "Wheel-Version":
        yield Problem(
            f"{quoted(path)} spells the field Wheel-Version as {quoted(name)}; "
            f"{reaction('wheel-lower-case-version')}",
            place,
            _REBUILD,
            harm("wheel-lower-case-version"),
            key="Wheel-Version spelled",
            data={"field": "Wheel-Version", "value": name},
        )
    version = int(match[1]), int(match[2])
    # By the specification, installers reject a newer major version and warn about a newer minor one.
    if version[0] > _SUPPORTED[0]:
        yield Problem(
            f"{quoted(path)} has the Wheel-Version {value}, newer than 1.0, the newest version in August "
            f"2026; {reaction('wheel-newer-major-version')}; {UNNOTICED}",
            place,
            "write 'Wheel-Version: 1.0'",
            key="Wheel-Version",
            data={"field": "Wheel-Version", "value": value},
        )
    elif version > _SUPPORTED:
        yield Problem(
            f"{quoted(path)} has the Wheel-Version {value}, newer than 1.0, the newest version in August "
            f"2026; {reaction('wheel-newer-minor-version')}",
            place,
            "write 'Wheel-Version: 1.0'",
            Severity.WARNING,
            key="Wheel-Version",
            data={"field": "Wheel-Version", "value": value},
        )


@rule("WH121", "invalid-entry-points", Severity.ERROR, index=True, since="0.1.0")
def invalid_entry_points(wheel: Wheel) -> Iterator[Problem]:
    """The wheel's `entry_points.txt` is malformed, or contains an invalid script name.

    The file is UTF-8 text, with lines `name = module:function` below the name of their group in
    brackets. Each group appears once, and each name appears once in its group. Installers create files
    with the names in `console_scripts` and `gui_scripts`, so these names may contain only letters,
    digits, `_`, `.` and `-`. Names in other groups may contain other characters.

    ## Why it matters
    PyPI rejects the wheel. An installer that accepted such a file might silently skip scripts or
    plug-ins, or write a script outside its folder.

    ## How to fix it
    Correct the entry points in the settings of the build backend, usually `[project.scripts]`,
    `[project.gui-scripts]` and `[project.entry-points]` in `pyproject.toml`, and build the wheel again.
    If you write the file by hand (`entry_points.txt`, or the text that `setup.py` passes), put `=`, not
    `:`, after each name, and save the file without a byte order mark.

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
        message = f"{quoted(path)} is not UTF-8 (byte 0x{data[error.start]:02x}); {REFUSED}"
        fix = "save the file as UTF-8"
        yield Problem(message, Location(path, line), fix, key="encoding", data={"path": path})
        return
    found = read_entry_points(text)
    for each in found.faults.values():
        what, fix = _entry_point_fault(path, each)
        more = f" (and {counted(each.count - 1, 'more line')})" if each.count > 1 else ""
        values: dict[str, str | int] = {"value": each.text, "count": each.count}
        yield Problem(f"{what}{more}; {REFUSED}", Location(path, each.line), fix, key=each.kind, data=values)
    bad = [each for each in found.scripts() if not is_name(each[1])]
    for number, (group, name, line) in enumerate(bad[:_MOST_NAMES], 1):
        kind = "gui script" if group.startswith("gui") else "console script"
        left = len(bad) - _MOST_NAMES if number == _MOST_NAMES else 0
        others = f" (and {counted(left, 'more name')})" if left > 0 else ""
        yield Problem(
            f"the name of the {kind} {quoted(name)} contains characters other than letters, digits, '_', '.' "
            f"and '-'{others}; {REFUSED}",
            Location(path, line),
            SetField("Entry-Point", _rename_script(name), group),
            key=f"{group}:{name}",
            data={"group": group, "name": name},
        )


def _rename_script(name: str) -> str:
    better = re.sub(r"[^\w.-]+", "-", name[:100]).strip("-")
    example = f", such as {better!r}" if better and is_name(better) else ""
    return f"rename the script to one word{example}: users type this name"


def _entry_point_fault(path: str, found: Fault) -> tuple[str, str]:
    """Return the fault of entry_points.txt, and the remedy."""
    shown = quoted(found.text)
    if found.kind == "header" and found.text.startswith("\ufeff"):
        return f"{quoted(path)} starts with a byte order mark", "save the file as UTF-8 without one"
    if found.kind == "header":
        fix = "put the line below the name of its group, such as '[console_scripts]'"
        return f"the line {shown} comes before the first group", fix
    if found.kind == "section":
        return f"the group {shown} appears twice", "put all its lines below one of the two headers"
    if found.kind == "option":
        return f"the name {shown} appears twice in its group", "rename or remove one of the two"
    if found.kind == "name":
        return f"the line {shown} has no name before its '='", "write 'name = module:function'"
    where = "has ':' instead of '='" if ":" in found.text else "has no '=' after a name"
    return f"the line {shown} {where}", "write 'name = module:function'"
