"""Faults of the ``.data`` folder of a wheel, and of its contents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import BinaryFile, Exclude, Location, Problem, Severity, Summaries, Wheel, counted, quoted
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.installed import SCHEMES, installation_of
from pkgaudit.rules._shared.installer_words import harm, reaction

_VERSIONED = lazy(r".+-\d[^/]*\.data", re.IGNORECASE | re.DOTALL)
_SITE = lazy(r"lib(?:64)?/(?:python[\d.]+t?/)?(?:site|dist)-packages/.+", re.IGNORECASE)
_COMMANDS = lazy(r"(?:bin|scripts)/.+", re.IGNORECASE)
# Folders whose interpreters exist only on the build machine; `/usr/bin/python3` and `/usr/bin/env` exist
# everywhere, and installers replace `#!python`.
_MACHINE = lazy(
    rb"#!\s*(/(?:home|Users|root|tmp|private|var|opt|builds?|work|mnt|workspace|github|nix|usr/local)/[^\s]*python[^\s/]*"
    rb"|[A-Za-z]:\\[^\r\n]*?python[^\s\\]*|/[^\s]*/(?:\.?venv|env|virtualenvs?)/[^\s]+)"
)
_REBUILD = "rebuild the wheel with the build backend; do not rename or add folders by hand"
_MOST = 8
"""Findings that are reported one by one. Chosen: as many as fit on a screen."""


@dataclass(frozen=True)
class Shebang:
    """The interpreter of the build machine that a script names."""

    interpreter: str


def read_shebang(file: BinaryFile) -> Shebang | None:
    """Return the interpreter of a script if it exists only on the build machine."""
    if file.window.offset or ".data/scripts/" not in file.path:
        return None
    # Linux reads 256 bytes of such a line (BINPRM_BUF_SIZE), older kernels 128.
    match = _MACHINE.match(file.data[:500])
    return Shebang(match[1].decode("utf-8", "replace")) if match else None


def misnamed(wheel: Wheel) -> Iterator[Problem]:
    """Yield a problem for each folder that ends in ``.data`` and is not the wheel's own."""
    own = {wheel.data_directory, "{}-{}.data".format(*wheel.filename_project)}
    folders = dict.fromkeys(path.partition("/")[0] for path in wheel.files if "/" in path)
    others = [
        each
        for each in folders
        if each not in own and (each.endswith(".data") or _VERSIONED.fullmatch(each)) and each != ".data"
    ]
    for folder in others[:_MOST]:
        yield Problem(
            f"{quoted(folder)} is not the wheel's .data folder, {quoted(wheel.data_directory or '')}; pip "
            "unpacks it as such or rejects the wheel, other installers put it into site-packages",
            Location(folder),
            _REBUILD,
            key=folder[:200],
            data={"path": folder, "expected": wheel.data_directory},
        )


def schemes(wheel: Wheel) -> Iterator[Problem]:
    """Yield problems for files that installers cannot place."""
    data = f"{wheel.data_directory}/"
    unknown: dict[str, int] = {}
    loose: list[str] = []
    for each in installation_of(wheel).files:
        if not each.entry.path.startswith(data) or (each.scheme in SCHEMES and each.path):
            continue
        if each.path:
            unknown[each.scheme] = unknown.get(each.scheme, 0) + 1
        else:
            loose.append(each.entry.path)
    known = ", ".join(sorted(SCHEMES))
    for scheme in list(unknown)[:_MOST]:
        yield Problem(
            f"{quoted(f'{data}{scheme}')} is not one of the folders that installers accept ({known}); "
            f"{reaction('data-unknown-scheme', without='these files')}",
            Location(f"{data}{scheme}"),
            f"move the files into {data}data/ or into the package; {_REBUILD}",
            key=f"scheme {scheme[:100]}",
            data={"path": f"{data}{scheme}", "expected": sorted(SCHEMES)},
        )
    if loose:
        more = f" (like {counted(len(loose) - 1, 'more file')})" if len(loose) > 1 else ""
        yield Problem(
            f"{quoted(loose[0])} is directly in the .data folder, not in one of {known}{more}; "
            f"{reaction('data-loose-file', without='the file')}",
            Location(loose[0]),
            f"move it into {data}data/ or into the package; {_REBUILD}",
            key="loose",
            data={"paths": loose, "expected": sorted(SCHEMES)},
        )


def script_folders(wheel: Wheel) -> Iterator[Problem]:
    """Yield a problem for folders below ``scripts``, which some installers do not copy."""
    scripts = f"{wheel.data_directory}/scripts/"
    below = (each for each in wheel.entries if each.path.startswith(scripts))
    # hatchling writes scripts/./name for a script in the folder "."
    paths = [
        each.path for each in below if "/" in each.path[len(scripts) :].removeprefix("./") or not each.is_file
    ]
    if paths:
        more = f" (like {counted(len(paths) - 1, 'more member')})" if len(paths) > 1 else ""
        yield Problem(
            f"{quoted(paths[0])} makes a folder below {quoted(scripts)}{more}; "
            f"{reaction('data-folder-in-scripts')}",
            Location(paths[0]),
            "put scripts directly into that folder, and their data into the package",
            harm("data-folder-in-scripts"),
            key="script folders",
            data={"paths": paths},
        )


def misplaced(wheel: Wheel) -> Iterator[Problem]:
    """Yield problems for files that ``data`` installs into unsuitable folders."""
    loose, packages, commands = [], [], []
    for each in installation_of(wheel).files:
        if each.scheme != "data":
            continue
        path = each.path.removeprefix("./")
        if "/" not in path:
            loose.append(each.entry.path)
        elif _SITE.fullmatch(path) and not path.endswith((".pth", ".start")):
            packages.append(each.entry.path)
        elif _COMMANDS.fullmatch(path):
            commands.append(each.entry.path)
    rows = (
        (loose, "installed directly into the environment's root folder", Severity.WARNING),
        (
            packages,
            "installed into the site-packages of one version of Python, by its path",
            Severity.WARNING,
        ),
        (commands, "installed as a command by its path, not as a script", Severity.INFO),
    )
    for paths, what, severity in rows:
        if paths:
            more = f" (like {counted(len(paths) - 1, 'more file')})" if len(paths) > 1 else ""
            message = f"{quoted(paths[0])} is {what}{more}"
            yield Problem(
                message, Location(paths[0]), Exclude(paths[0]), severity, key=what, data={"paths": paths}
            )


def shebangs(wheel: Wheel, found: Summaries[Shebang]) -> Iterator[Problem]:
    """Yield a problem for scripts whose first line names an interpreter of the build machine."""
    paths = [path for path in found if path.startswith(f"{wheel.data_directory}/scripts/")]
    if paths:
        more = f" (like {counted(len(paths) - 1, 'more script')})" if len(paths) > 1 else ""
        yield Problem(
            f"{quoted(paths[0])} names {quoted(found[paths[0]].interpreter)} in its first line, an "
            f"interpreter of the build machine{more}; the script does not start elsewhere",
            Location(paths[0], 1),
            "begin the script with '#!python', which installers replace, or make it an entry point",
            Severity.WARNING,
            key="shebang",
            data={"interpreter": found[paths[0]].interpreter, "paths": paths},
        )
