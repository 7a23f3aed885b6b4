"""The versions of a release and of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgaudit.api import Update, quoted
from pkgaudit.rules._shared.filename import parse_version

if TYPE_CHECKING:
    from packaging.version import Version


def old_version(update: Update) -> str:
    """Return the version of the old release, quoted."""
    return quoted(update.old.distributions[0].filename_project[1])


def versions(update: Update) -> tuple[Version, Version] | None:
    """Return the public versions of the new and of the old release, None if one is not valid."""
    found = [
        parse_version(version.public)
        for release in (update.new, update.old)
        if (version := parse_version(release.distributions[0].filename_project[1])) is not None
    ]
    new, old = found if len(found) == 2 else (None, None)
    return None if new is None or old is None else (new, old)


def is_upward(update: Update) -> bool:
    """Return whether the new version is the old one or above it, so it should have what the old one had."""
    found = versions(update)
    return found is not None and found[0] >= found[1]


def is_major(update: Update) -> bool:
    """Return whether the first number of the version rose, so users expect that something is gone."""
    found = versions(update)
    return found is not None and (found[0].epoch, found[0].major) > (found[1].epoch, found[1].major)
