"""The worst findings of a store as SARIF."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pkgaudit import __version__
from pkgaudit.finding import Severity
from pkgaudit.pages.rule_page import is_on_site
from pkgaudit.pages.site import docs_url, rule_url
from pkgaudit.report.escape import cut, relative_uri
from pkgaudit.report.sarif import LEVELS, LONGEST, MOST_RESULTS, SCHEMA
from pkgaudit.rule import Registry
from pkgaudit.sweep.row import Row


def sarif(rows: Iterable[Row], registry: Registry) -> dict[str, Any]:
    """Return a SARIF log with the worst findings, as many as hosts accept."""
    results: dict[str, list[dict[str, Any]]] = {level: [] for level in ("error", "warning", "info")}
    names: dict[str, str] = {}
    notes: list[dict[str, Any]] = []
    for row in rows:
        for failure in row.failures:
            if len(notes) < MOST_RESULTS:
                notes.append({"level": "error", "message": {"text": cut(f"{row.file}: {failure}", LONGEST)}})
        for finding in row.findings:
            several = results[finding["severity"]]
            if len(several) < MOST_RESULTS:
                names[finding["code"]] = finding["name"]
                several.append(_result(row, finding))
    driver = {
        "name": "pkgaudit",
        "version": __version__,
        "informationUri": docs_url(),
        "rules": [_rule(code, name, registry) for code, name in sorted(names.items())],
    }
    worst = [each for level in results.values() for each in level][:MOST_RESULTS]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": worst,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, name: str, registry: Registry) -> dict[str, Any]:
    rule = registry.rules.get(name)
    values: dict[str, Any] = {"id": code, "name": name}
    if rule is not None and is_on_site(rule):
        values["helpUri"] = rule_url(name)
    return values


def _result(row: Row, finding: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": relative_uri("/".join(filter(None, (row.file, finding["member"]))))}
    }
    if finding["line"] is not None:
        place["region"] = {"startLine": finding["line"]}
    return {
        "ruleId": finding["code"],
        "level": LEVELS[Severity.parse(finding["severity"])],
        "message": {"text": cut(finding["message"], LONGEST)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"pkgaudit/v1": finding["fingerprint"]},
    }
