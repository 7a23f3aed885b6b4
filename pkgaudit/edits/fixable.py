"""Which findings ``pkgaudit fix`` can fix, for reports, which need no editor to say so."""

from __future__ import annotations

from pkgaudit.finding import Finding

FILES = ("pyproject.toml", "setup.cfg", "MANIFEST.in", ".gitattributes")
"""The files for which there is an editor: those with settings that need no program to be read."""


def is_fixable(finding: Finding) -> bool:
    """Return whether there are editors for all places that a remedy changes, and no value is a guess."""
    return bool(finding.settings) and all(
        each.file in FILES and not each.is_guess for each in finding.settings
    )
