"""Report formats: a module for each, found through the entry-point group ``pkgaudit.reports``.

The names below are for formats in other packages. docs/versioning.md defines how long each is supported.
"""

from pkgaudit.finding import (
    Excerpt,
    Failure,
    Finding,
    Location,
    Place,
    Severity,
    Suppression,
    SuppressionKind,
    Verdict,
)
from pkgaudit.report.result import FormatError, LiveReport, Report, Result, Style

__all__ = [
    "Excerpt",
    "Failure",
    "Finding",
    "FormatError",
    "LiveReport",
    "Location",
    "Place",
    "Report",
    "Result",
    "Severity",
    "Style",
    "Suppression",
    "SuppressionKind",
    "Verdict",
]
