"""The project's own folder under version control, for the rules that hold an sdist against it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pkgaudit.model.distribution import Checkout, Release, normalise

_ABOVE = 3
"""How many folders above an sdist are looked at: it lies in ``dist/`` of the project, or near it."""

_LARGEST = 1 << 20
"""How large a file may be to be searched for the name of the project."""

_PATIENCE = 30.0
"""How many seconds git may take."""

_TABLES = (("project", "name"), ("tool", "poetry", "name"), ("tool", "flit", "metadata", "dist-name"))

_IN_SETUP_CFG = re.compile(r"^name[ \t]*[=:][ \t]*([\w.-]{1,100})[ \t]*$", re.MULTILINE)
_IN_SETUP_PY = re.compile(r"\bname[ \t]*=[ \t]*[\"']([\w.-]{1,100})[\"']")


def find_checkout(release: Release, projects: Iterable[str]) -> Checkout | None:
    """Return the checkout of a release's project, None where there is none or no git.

    ``projects`` are folders to look at first: those that were built, and that in which one stands. Then
    come the folders above each sdist. It is the project's if its settings have the same name.
    """
    if not release.sdists:
        return None
    for folder in dict.fromkeys(_candidates(release, projects)):
        if project_name(folder) == release.project:
            tracked = _tracked(folder)
            if tracked is not None:
                return Checkout(str(folder), tracked)
    return None


def _candidates(release: Release, projects: Iterable[str]) -> Iterator[Path]:
    for each in projects:
        yield Path(each).absolute()
    for sdist in release.sdists:
        yield from list(Path(sdist.path).absolute().parents)[:_ABOVE]


def project_name(folder: Path) -> str | None:
    """Return the normalised name that the settings in a folder give a project, None where they do not."""
    name = _static_name(_read(folder / "pyproject.toml"))
    for file, pattern in (("setup.cfg", _IN_SETUP_CFG), ("setup.py", _IN_SETUP_PY)):
        if name is None and (match := pattern.search(_read(folder / file))):
            name = match[1]
    return None if name is None else normalise(name)


def _static_name(text: str) -> str | None:
    import tomli

    try:
        settings = tomli.loads(text)
    except (ValueError, RecursionError):
        return None
    for keys in _TABLES:
        value: Any = settings
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return None


def _read(path: Path) -> str:
    with suppress(OSError, ValueError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text("utf-8")
    return ""


def _tracked(folder: Path) -> frozenset[str] | None:
    """Return the tracked files of a folder, None where it is not under git or git cannot tell."""
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--recurse-submodules"]
    # What a hook of git exports names another repository than the one of the folder.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode:
        return None
    paths = [os.fsdecode(each) for each in done.stdout.split(b"\0") if each]
    return frozenset(path for path in paths if os.path.lexists(folder / path)) or None
