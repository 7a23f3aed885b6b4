"""The project's own folder under version control, for the rules that hold an sdist against it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pkgaudit.model.distribution import Checkout, Release, normalize

_ABOVE = 3
"""How many folders above an sdist are looked at: it lies in ``dist/`` of the project, or near it."""

_LARGEST = 1 << 20
"""Bytes of a file that is searched for the name of the project: far more than real ones have."""

_PATIENCE = 30.0
"""How many seconds git may take; chosen: a large checkout on a slow disk takes a while."""

_TABLES = (("project",), ("tool", "poetry"), ("tool", "flit", "metadata"))
"""Where pyproject.toml may say name and version: the standard's table, and two that are older than it."""

_NAMES = ("name", "dist-name")

_OLDER = (
    ("setup.cfg", r"^{}[ \t]*[=:][ \t]*([\w.!+-]{{1,100}})[ \t]*$"),
    ("setup.py", r"\b{}[ \t]*=[ \t]*[\"']([\w.!+-]{{1,100}})[\"']"),
)
"""The older files with settings, and how they say the name or the version."""


def find_checkout(release: Release, projects: Iterable[str]) -> Checkout | None:
    """Return the checkout of a release's project, None where there is none or no git.

    ``projects`` are folders to look at first: those that were built, and that in which one stands. Then
    come the folders above each sdist. It is the project's if its settings have the same name, and
    tells of the release unless they say that they are of another version.
    """
    if not release.sdists:
        return None
    versions = [sdist.version for sdist in release.sdists]
    for folder in dict.fromkeys(_candidates(release, projects)):
        if project_name(folder) == release.project and is_version(folder, versions):
            tracked = tracked_files(folder)
            if tracked is not None:
                return Checkout(str(folder), tracked)
    return None


def _candidates(release: Release, projects: Iterable[str]) -> Iterator[Path]:
    for each in projects:
        yield Path(os.path.abspath(each))
    for sdist in release.sdists:
        yield from list(Path(os.path.abspath(sdist.path)).parents)[:_ABOVE]


def project_name(folder: Path) -> str | None:
    """Return the normalized name that the settings in a folder give a project, None where they do not."""
    name = _setting(folder, _NAMES)
    return None if name is None else normalize(name)


def is_version(folder: Path, versions: Iterable[str]) -> bool:
    """Return whether the settings in a folder may be those of one of some versions."""
    from packaging.version import Version

    text = _setting(folder, ("version",))
    try:
        return text is None or Version(text) in [Version(each) for each in versions]
    except ValueError:  # it is no version, or has a number of more digits than Python reads
        return True


def settings_file(folder: Path) -> str:
    """Return the name of the file in a folder that says what the project is called."""
    if _static_setting(_read(folder / "pyproject.toml"), _NAMES) is None:
        for file, pattern in _OLDER:
            if re.search(pattern.format(_NAMES[0]), _read(folder / file), re.MULTILINE):
                return file
    return "pyproject.toml"


def _setting(folder: Path, keys: tuple[str, ...]) -> str | None:
    """Return what the settings in a folder say under one of these keys, in whichever file they are."""
    value = _static_setting(_read(folder / "pyproject.toml"), keys)
    for file, pattern in _OLDER:
        text = "" if value is not None else _read(folder / file)
        match = re.search(pattern.format(keys[0]), text, re.MULTILINE)
        value = match[1] if match else value
    return value


def _static_setting(text: str, keys: tuple[str, ...]) -> str | None:
    import tomli

    try:
        settings = tomli.loads(text)
    except (ValueError, RecursionError):
        return None
    for table in _TABLES:
        value: Any = settings
        for key in table:
            value = value.get(key) if isinstance(value, dict) else None
        for key in keys:
            if isinstance(value, dict) and isinstance(value.get(key), str):
                return str(value[key])
    return None


def _read(path: Path) -> str:
    with suppress(OSError, ValueError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text("utf-8-sig")
    return ""


def tracked_files(folder: Path, *, submodules: bool = True) -> frozenset[str] | None:
    """Return the tracked files of a folder that are there, None where it is not under git or git cannot tell.

    The paths are from that folder and have forward slashes.
    """
    listing = ["ls-files", "-z", "--cached"] + ["--recurse-submodules"] * submodules
    done = _git(folder, *listing)
    if done is None:
        return None
    # As git writes them: bytes on Unix, and UTF-8 on Windows, where fsdecode reads UTF-8 too.
    paths = [os.fsdecode(each) for each in done.split(b"\0") if each]
    return frozenset(path for path in paths if os.path.lexists(folder / path)) or None


def prefix_of(folder: Path) -> str | None:
    """Return the path of a folder from the top of its repository, with a final slash unless it is that.

    None where it is not under git or git cannot tell.
    """
    done = _git(folder, "rev-parse", "--show-prefix")
    return None if done is None else os.fsdecode(done.removesuffix(b"\n"))


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return what git says in a folder, None where it cannot tell."""
    git = shutil.which("git")
    if git is None or not os.path.isabs(git):  # Windows also looks in the folder where one stands
        return None
    # Nothing that the settings of the repository name is run.
    safe = ["-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never"]
    # What a hook of git exports names another repository than the one of the folder.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # Nor is anything fetched, asked for or written.
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    # Git before 2.45 does not know the first of these, and would fetch what a partial clone lacks, by a
    # program that the repository may name. So no protocol is allowed, whatever the repository allows.
    # Source: https://git-scm.com/docs/git#Documentation/git.txt-GITALLOWPROTOCOL
    environment["GIT_ALLOW_PROTOCOL"] = "no-protocol"
    try:
        done = subprocess.run(
            [git, *safe, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode else done.stdout
