"""Downloads the files of an earlier release from an index, each by its hash."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.index_answers import IndexFile, IndexPage
from pkgaudit.online.client import (
    IndexReadError,
    chunks,
    reason_of,
    request,
    without_login,
)
from pkgaudit.online.connections import Opener

if TYPE_CHECKING:
    from packaging.version import Version

_STEP = 10.0
"""Seconds to wait for each part of a file; chosen, as for a page."""

_SECONDS = 300.0
"""Seconds in which all files must be complete. Chosen: a few hundred megabytes over a usual line."""

_LARGEST = 1 << 30
"""The most bytes of all files together. Chosen: more than nearly every release has for one Python."""

_NAME = re.compile(r"[A-Za-z0-9_.+!-]{1,255}")
"""Filenames that are harmless on every system."""

_SYSTEM = re.compile(r"\A(manylinux|musllinux|macosx)[0-9_]*")
"""The systems whose tags contain a version: https://packaging.python.org/specifications/platform-compatibility-tags/."""

Choose = Callable[["Version", "Iterable[Version]"], "Version | None"]
"""Returns the version before another one among those of an index."""


def wanted_files(names: Sequence[str], page: IndexPage, choose: Choose) -> list[IndexFile]:
    """Return the files of the release before that new files of the project are compared with.

    These are, for each new wheel, the most similar wheel, or else the sdist. ``names`` are the filenames of
    the new files.
    """
    from packaging.version import Version

    versions = [made for each in names if (made := _version(each)) is not None]
    old: dict[Version, list[IndexFile]] = {}
    for file in page.files:
        version = _version(file.name)
        if version is not None and not file.is_yanked and file.sha256 and _NAME.fullmatch(file.name):
            old.setdefault(Version(version.public), []).append(file)
    chosen = choose(Version(max(versions).public), old) if versions else None
    if chosen is None:
        return []
    wheels = [each for each in old[chosen] if each.name.endswith(".whl")]
    found: dict[str, IndexFile] = {}
    for name in names if wheels else ():
        if name.endswith(".whl"):
            likest = max(wheels, key=lambda each: _likeness(name, each.name))
            found[likest.name] = likest
    return list(found.values()) or [each for each in old[chosen] if not each.name.endswith(".whl")][:1]


def _version(name: str) -> Version | None:
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        return parse_wheel_filename(name)[1] if name.endswith(".whl") else parse_sdist_filename(name)[1]
    except (InvalidSdistFilename, InvalidWheelFilename, ValueError):  # also too many digits in a version
        return None


def _likeness(one: str, other: str) -> tuple[bool, int]:
    """Return how similar two wheels are by their tags: first the system, then the other tags."""
    mine, theirs = (name.removesuffix(".whl").split("-")[-3:] for name in (one, other))
    systems = [_SYSTEM.sub(r"\1_", each[-1].partition(".")[0]) for each in (mine, theirs)]
    return systems[0] == systems[1], sum(a == b for a, b in zip(mine, theirs, strict=True))


def fetch(simple: str, files: Iterable[IndexFile], folder: Path) -> tuple[list[str], list[str]]:
    """Download files into a folder, and return their paths, and what went wrong.

    ``simple`` is the checked address of the index. After the first fault, no file is requested.
    """
    end, left = time.monotonic() + _SECONDS, _LARGEST
    paths: list[str] = []
    with Opener() as open_:
        for each in files:
            path = folder / each.name
            try:
                left -= _download(each, simple, path, end, left, open_)
            except IndexReadError as error:
                path.unlink(missing_ok=True)
                return paths, [str(error)]
            paths.append(str(path))
    return paths, []


def _download(file: IndexFile, simple: str, path: Path, end: float, most: int, open_: Opener) -> int:
    """Write a file, and return its size.

    Raises:
        IndexReadError: the file cannot be read, is too large, or has another hash.
    """
    digest, size = hashlib.sha256(), 0
    shown = without_login(file.url)
    try:
        with (
            open_(request(file.url, simple, "*/*"), _STEP) as answer,
            path.open("wb") as stream,
        ):
            for chunk in chunks(answer, end - time.monotonic()):
                size += len(chunk)
                if size > most:
                    raise IndexReadError(f"{shown}: the files of the release before are too large")
                digest.update(chunk)
                stream.write(chunk)
    except (HTTPException, OSError, ValueError) as error:
        raise IndexReadError(f"{shown}: cannot be downloaded: {reason_of(error)}") from None
    if digest.hexdigest() != file.sha256:
        raise IndexReadError(f"{shown}: has another hash than its page says")
    return size


def by_project(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the filenames of new files by the normalized name of the project."""
    found: dict[str, list[str]] = {}
    for path in paths:
        made = make_distribution(path)
        if made is not None:
            found.setdefault(made.project, []).append(made.filename)
    return found
