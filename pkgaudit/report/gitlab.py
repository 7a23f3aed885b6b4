"""The code quality report that GitLab shows in merge requests.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TextIO

from pkgaudit.edits.fixable import is_fixable
from pkgaudit.finding import Failure, Finding, Severity
from pkgaudit.formatting import printable
from pkgaudit.report.escape import cut, relative_path, write_json
from pkgaudit.report.result import Result, Style

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}

FIXABLE = "; 'pkgaudit fix' can fix it"
"""The end of the description of a finding that the command can fix."""

_LONGEST = 2_000
"""The longest description, in characters. Chosen: a merge request shows a few lines of it."""


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report."""
    write_json(stream, document(result), 1)


def document(result: Result) -> list[dict[str, Any]]:
    """Return the entries: failures of the audit, then the counted findings, worst first."""
    return [*map(_failure, result.failures), *_findings(result)]


def _findings(result: Result) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in result.counted:
        seen[finding.fingerprint] += 1
        number = seen[finding.fingerprint]
        source = result.sources.of(finding.place)
        path = source.path if source else relative_path(finding.distribution)
        yield {
            "description": _description(finding, is_shown_in_source=source is not None),
            "check_name": f"{finding.code} {finding.name}",
            # GitLab shows entries with the same fingerprint as one.
            "fingerprint": finding.fingerprint if number == 1 else f"{finding.fingerprint}-{number}",
            "severity": _SEVERITIES[finding.severity],
            "location": _location(path, source.line if source else _own_line(finding)),
        }


def _own_line(finding: Finding) -> int | None:
    """Return the line of a finding in a file outside of distributions, such as the configuration."""
    return finding.location.line if finding.location.member is None else None


def _description(finding: Finding, *, is_shown_in_source: bool) -> str:
    """Return the message with the place in the distribution, unless the location shows it."""
    places = [relative_path(finding.distribution)] if is_shown_in_source else []
    if finding.location.member is not None:
        places.append(str(finding.location))
    message = cut(finding.message, _LONGEST)
    where = cut(": ".join(places), _LONGEST)
    fixable = FIXABLE if is_fixable(finding) else ""
    return printable(f"{message}{fixable} [{where}]" if where else f"{message}{fixable}")


def _failure(failure: Failure) -> dict[str, Any]:
    where = cut(": ".join(filter(None, [failure.member])), _LONGEST)
    message = cut(failure.message, _LONGEST)
    identity = repr((failure.message, failure.distribution, failure.member, failure.rule))
    return {
        "description": printable(f"not audited: {message} [{where}]" if where else f"not audited: {message}"),
        "check_name": "not-audited",
        "fingerprint": sha256(identity.encode()).hexdigest()[:32],
        "severity": "blocker",
        "location": _location(relative_path(failure.distribution) if failure.distribution else ".", None),
    }


def _location(path: str, line: int | None) -> dict[str, Any]:
    return {"path": printable(path), "lines": {"begin": line or 1}}
