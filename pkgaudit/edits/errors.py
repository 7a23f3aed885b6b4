"""The errors of edits and of ``pkgaudit fix``."""

from __future__ import annotations

from pkgaudit.errors import PkgauditError


class EditError(PkgauditError):
    """A setting that cannot be changed exactly; the message gives the reason as a clause on the file."""


class FixError(PkgauditError):
    """The project cannot be fixed, and none of its files was changed."""
