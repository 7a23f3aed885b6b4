"""The base class of errors that a user of pkgaudit can fix."""

from __future__ import annotations


class PkgauditError(Exception):
    """A configuration, rule, format, baseline or build cannot be used.

    The message names the file, rule or format, and the valid values. The command exits with status 2. Faults
    of a distribution raise no exception: they are findings, or failures of the result.
    """
