"""Findings and results made by hand, for what an audit cannot be made to find."""

from __future__ import annotations

from typing import Any

from pkgaudit.finding import Finding, Location, Place, Severity, Verdict
from pkgaudit.inputs.sources import Source, Sources
from pkgaudit.report.result import Result


def finding(number: int = 0, **changes: Any) -> Finding:
    """Return a finding that differs from others by its number."""
    values: dict[str, Any] = {
        "code": "SF102",
        "name": "environment-file",
        "severity": Severity.ERROR,
        "distribution": "dist/x.whl",
        "location": Location("x/.env", 1),
        "message": f"problem {number}",
        "fix": None,
        "fingerprint": f"{number:032x}",
    }
    return Finding(**values | changes)


def result(*findings: Finding, **changes: Any) -> Result:
    """Return a failed audit."""
    return Result(Verdict.FAIL, Severity.ERROR, findings=list(findings), **changes)


class InRepository(Sources):
    """Sources that take every member for a file of the repository."""

    def of(self, place: Place) -> Source | None:
        member = place.location.member
        return None if member is None else Source(f"src/{member}", place.location.line)
