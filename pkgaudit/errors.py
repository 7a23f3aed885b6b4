"""The base of the errors that pkgaudit raises for something that its user can put right."""

from __future__ import annotations


class PkgauditError(Exception):
    """A configuration, a rule, a format, a baseline or a build that cannot be used.

    The message names the file, rule or format concerned and says what is valid. The command ends with the
    exit status 2. Whatever is wrong with a distribution raises nothing: it is a finding, or a failure of the
    result.
    """
