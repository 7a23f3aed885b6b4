"""WH: the layout of a wheel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import AnomalyKind, CoreMetadata, Location, Problem, Severity, Wheel, quoted, rule
from pkgaudit.rules._filename import fault

_REBUILD = "build the wheel again; do not rename it or change it by hand"
_WHEEL_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)
_SUPPORTED = (1, 0)
"""The newest Wheel-Version that the specification defines (as of August 2026)."""


@rule("WH101", "invalid-dist-info", Severity.ERROR, index=True)
def invalid_dist_info(wheel: Wheel) -> Iterator[Problem]:
    """The wheel's `.dist-info` folder or its WHEEL file is missing or wrong.

    There must be one folder at the root, called `{name}-{version}.dist-info` just as the file name
    spells them, and in it WHEEL with a Wheel-Version that installers know. A Root-Is-Purelib that
    is missing or neither true nor false, and a newer minor version, are warnings: installers
    go on.

    ## Why it matters
    The folder is how an installer recognises what it unpacks. PyPI refuses a wheel without
    `{name}-{version}.dist-info/WHEEL`; pip refuses one with several such folders, or with a
    WHEEL that has no Wheel-Version or one of another major version.

    ## How to fix it
    Let the build backend make the wheel. To change name, version or tags afterwards use
    `wheel tags`, or `wheel unpack` and `wheel pack`; renaming the file is not enough.

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
        place = f" called {quoted(expected)}" if named else ""
        yield Problem(f"there is no folder{place} at the root; PyPI refuses the wheel", fix=_REBUILD)
        return
    if len(folders) > 1:
        other = next(folder for folder in folders if folder != wheel.dist_info)
        yield Problem(
            f"there are {len(folders)} .dist-info folders, {quoted(other)} among them; pip refuses the wheel",
            Location(other),
            "leave the .dist-info folders of other projects out, or put them below a package",
            key="several",
        )
    folder = wheel.dist_info
    if folder is None:
        if named and expected not in folders:
            yield Problem(
                f"none of the .dist-info folders is called {quoted(expected)}; PyPI refuses the wheel",
                fix=_REBUILD,
                key="name",
            )
        return
    if named and folder != expected:
        yield Problem(
            f"the folder is called {quoted(folder)} and not {quoted(expected)}, as the file name spells it; "
            "PyPI refuses the wheel",
            Location(folder),
            _REBUILD,
            key="name",
        )
    yield from _wheel_file(wheel, f"{folder}/WHEEL")


def _wheel_file(wheel: Wheel, path: str) -> Iterator[Problem]:
    if path not in wheel.by_path:
        yield Problem(f"there is no {quoted(path)}; PyPI refuses the wheel", fix=_REBUILD, key="no WHEEL")
        return
    damage = (
        AnomalyKind.UNREADABLE,
        AnomalyKind.UNSUPPORTED_FEATURE,
        AnomalyKind.UNSUPPORTED_COMPRESSION,
    )
    if path not in wheel.kept or any(a.member == path and a.kind in damage for a in wheel.anomalies):
        return
    data = wheel.kept[path]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"WHEEL is not UTF-8 (byte 0x{data[error.start]:02x}); pip refuses the wheel"
        yield Problem(message, Location(path, line), _REBUILD, key="encoding")
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
        )


def _wheel_version(headers: CoreMetadata) -> Iterator[Problem]:
    value = headers.first("Wheel-Version")
    place = headers.place("Wheel-Version")
    match = _WHEEL_VERSION.fullmatch(value.strip()) if value is not None else None
    if value is None or match is None:
        what = "has no Wheel-Version" if value is None else f"has the Wheel-Version {quoted(value)}"
        yield Problem(f"WHEEL {what}; pip refuses the wheel", place, _REBUILD, key="Wheel-Version")
        return
    version = int(match[1]), int(match[2])
    if version[0] > _SUPPORTED[0]:
        yield Problem(
            f"WHEEL has the Wheel-Version {value}; installers that know 1.0, the newest one in August 2026, "
            "refuse it",
            place,
            "write 'Wheel-Version: 1.0'",
            key="Wheel-Version",
        )
    elif version > _SUPPORTED:
        yield Problem(
            f"WHEEL has the Wheel-Version {value}, newer than 1.0, the newest one in August 2026; "
            "installers warn of it",
            place,
            "write 'Wheel-Version: 1.0'",
            Severity.WARNING,
            key="Wheel-Version",
        )
