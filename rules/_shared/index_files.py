"""The files that an index has of a project, by version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from packaging.version import Version

from pkgaudit.api import Sdist, Wheel, make_distribution, normalize
from pkgaudit.rules._shared.filename import parse_version


class _Named(Protocol):
    @property
    def name(self) -> str: ...


F = TypeVar("F", bound=_Named)


def by_version(project: str, files: Iterable[F]) -> tuple[dict[Version, list[F]], list[F]]:
    """Return the files that installers know, by version, and those that may belong to any version.

    Files with an invalid version, which nobody can install, are left out.
    """
    found: dict[Version, list[F]] = {}
    others = []
    for each in files:
        made = make_distribution(each.name)
        if not isinstance(made, (Sdist, Wheel)):
            continue
        text = _version_in(made, project)
        if text is None:
            others.append(each)
        elif version := parse_version(text):
            found.setdefault(version, []).append(each)
    return found, others


def _version_in(made: Sdist | Wheel, project: str) -> str | None:
    """Return the version in a filename, None if the filename has another name than the project."""
    if isinstance(made, Wheel):
        name, version = made.filename_project
        return version if normalize(name) == project else None
    # The name and the version of an old sdist may contain hyphens: acme-tides-1.0-1.
    parts = made.stem.split("-")
    for number in range(1, len(parts)):
        if normalize("-".join(parts[:number])) == project:
            return "-".join(parts[number:])
    return None
