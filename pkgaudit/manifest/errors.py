"""The error of all modules on manifests."""

from __future__ import annotations

from pkgaudit.errors import PkgauditError


class ManifestError(PkgauditError):
    """A manifest that cannot be read or written. The message names the file, the line and the remedy."""
