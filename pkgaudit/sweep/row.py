"""The result on one file: a row of the store, and a line of JSON."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pkgaudit.finding import Finding
from pkgaudit.report.escape import whole
from pkgaudit.report.result import Result
from pkgaudit.sweep.wanted import Wanted

PASS, FAIL, ERROR = "pass", "fail", "error"
"""The verdicts on a file; ``error``: the file could not be audited."""


@dataclass(frozen=True)
class Row:
    """The result on a file.

    ``rules`` identifies the version of pkgaudit, its data and the configuration. ``audited`` is the time in
    UTC in the form of ISO 8601, ``seconds`` the time that the audit of its release took, shared out by size.
    """

    file: str
    project: str
    version: str
    kind: str
    sha256: str
    size: int
    location: str
    uploaded: str
    verdict: str
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    rules: str = ""
    audited: str = ""

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Row:
        """Return the row of a line of JSON.

        Raises:
            TypeError: a value is missing, or has another name.
        """
        return cls(**values)

    def in_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return asdict(self)


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def unaudited(wanted: Wanted, reason: str, rules: str, sha256: str = "") -> Row:
    """Return the row of a file that could not be audited."""
    project, version = wanted.release
    return Row(
        wanted.file,
        project,
        version,
        _kind(wanted.file),
        sha256 or wanted.sha256,
        wanted.size or 0,
        wanted.location,
        wanted.uploaded,
        ERROR,
        failures=[f"could not be audited: {reason}"],
        rules=rules,
        audited=now(),
    )


def _kind(file: str) -> str:
    return "wheel" if file.lower().endswith(".whl") else "sdist"


def rows_of(result: Result, files: Iterable[Wanted], rules: str) -> list[Row]:
    """Return the rows of an audit of some files, whose paths in the result are their names."""
    files = list(files)
    audited = {each.path: each for each in result.distributions}
    found: dict[str, list[dict[str, Any]]] = {each.file: [] for each in files}
    for finding in result.counted:
        for place in finding.places:
            if place.distribution in found:
                found[place.distribution].append(_finding(finding, place.location))
    failures: dict[str, list[str]] = {each.file: [] for each in files}
    for failure in result.failures:
        where = f"{failure.member}: " if failure.member else ""
        for name in [failure.distribution] if failure.distribution in failures else failures:
            failures[str(name)].append(whole(f"{where}{failure.message}"))
    total = sum(audited[each.file].size for each in files if each.file in audited) or 1
    rows = []
    for each in files:
        distribution = audited.get(each.file)
        levels = [finding["severity"] for finding in found[each.file]]
        project, version = each.release
        has_failed = str(result.verdict_of(each.file)) == FAIL
        rows.append(
            Row(
                whole(each.file),
                whole(project),
                whole(version),
                _kind(each.file),
                # Of some wheels only the core metadata were audited.
                each.sha256 or (distribution.sha256 if distribution else ""),
                distribution.size if distribution and each.size is None else each.size or 0,
                whole(each.location),
                each.uploaded,
                ERROR if failures[each.file] or not distribution else FAIL if has_failed else PASS,
                levels.count("error"),
                levels.count("warning"),
                levels.count("info"),
                found[each.file],
                failures[each.file],
                round(result.seconds * (distribution.size if distribution else 0) / total, 4),
                rules,
                now(),
            )
        )
    return rows


def _finding(finding: Finding, location: Any) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "member": None if location.member is None else whole(location.member),
        "line": location.line,
        "message": whole(finding.message),
        "fingerprint": finding.fingerprint,
        "content": finding.content,
    }
