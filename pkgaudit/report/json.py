"""The JSON report, version 1. Its schema is ``report.schema.json`` beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

from pkgaudit import __version__
from pkgaudit.edits.fixable import is_fixable
from pkgaudit.finding import Excerpt, Failure, Finding, Paste, Place, Severity, Suppression, Value
from pkgaudit.inputs.paths import Skipped
from pkgaudit.inputs.sources import Source
from pkgaudit.model.capabilities import Total
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.escape import whole, write_json
from pkgaudit.report.result import Result, Style

VERSION = 1
"""The version of the format (see docs/json.md): new keys do not raise it, any other change does."""

TOOL = {"name": "pkgaudit", "version": __version__}


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report."""
    write_json(stream, document(result), 2)


def document(result: Result) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "version": VERSION,
        "tool": TOOL,
        "verdict": str(result.verdict),
        "fail_on": str(result.fail_on),
        "counts": counts(result),
        "distributions": [
            distribution_in_json(each) | {"verdict": str(result.verdict_of(each.path))}
            for each in result.distributions
        ],
        "findings": [_finding(each, result) for each in result.findings if each.suppressed is None],
        "pastes": [paste_in_json(each) for each in result.pastes],
        "suppressed": result.suppressed,
        "suppressed_findings": [_finding(each, result) for each in result.findings if each.suppressed],
        "skipped": [skipped_in_json(each) for each in result.skipped],
        "errors": [failure_in_json(each) for each in result.failures],
    }


def counts(result: Result) -> dict[str, int]:
    """Return the number of counted findings of each severity, worst first."""
    levels = [each.severity for each in result.counted]
    return {str(level): levels.count(level) for level in reversed(Severity)}


def distribution_in_json(each: Distribution) -> dict[str, Any]:
    """Return a distribution without its findings."""
    return {
        "path": whole(each.path),
        "kind": str(each.kind),
        "name": whole(each.name),
        "version": whole(each.version),
        "sha256": each.sha256,
        "size": each.size,
        "files": len(each.files),
        "unparsed": each.unparsed,
        "capabilities": None if each.capabilities is None else _capabilities(each.capabilities),
    }


def _capabilities(found: Mapping[str, Total]) -> dict[str, Any]:
    return {
        name: {
            "count": each.count,
            "at_import": each.at_import,
            "places": [
                {
                    "member": whole(place.member),
                    "line": place.use.line,
                    "name": whole(place.use.name),
                    "at_import": place.use.at_import,
                }
                for place in each.places
            ],
        }
        for name, each in found.items()
    }


def finding_in_json(each: Finding) -> dict[str, Any]:
    """Return a finding, without the values that need the whole result."""
    return {
        "code": each.code,
        "name": each.name,
        "severity": str(each.severity),
        **_place(each.place),
        "excerpt": _excerpt(each.excerpt),
        "message": whole(each.message),
        "fix": _text(each.fix),
        "fixable": is_fixable(each),
        "data": _data(each.data),
        "fingerprint": each.fingerprint,
        "content": each.content,
        "suppressed": _suppression(each.suppressed),
    }


def _finding(each: Finding, result: Result) -> dict[str, Any]:
    return {
        **finding_in_json(each),
        "source": _source(result.sources.of(each.place)),
        "url": result.page_of(each),
        "also": [_place(place) | {"source": _source(result.sources.of(place))} for place in each.also],
    }


def _data(data: Mapping[str, Value]) -> dict[str, Any]:
    return {key: _value(value) for key, value in data.items()}


def _value(value: Value) -> Any:
    if isinstance(value, (list, tuple)):
        return [_value(each) for each in value]
    return whole(value) if isinstance(value, str) else value


def _place(each: Place) -> dict[str, Any]:
    return {
        "distribution": whole(each.distribution),
        "member": _text(each.location.member),
        "line": each.location.line,
        "column": each.location.column,
    }


def _source(each: Source | None) -> dict[str, Any] | None:
    return None if each is None else {"path": whole(each.path), "line": each.line}


def _excerpt(each: Excerpt | None) -> dict[str, Any] | None:
    return None if each is None else {"text": whole(each.text), "column": each.column}


def _suppression(each: Suppression | None) -> dict[str, Any] | None:
    return None if each is None else {"by": each.by.value, "reason": _text(each.reason)}


def paste_in_json(each: Paste) -> dict[str, Any]:
    """Return what the remedies of all findings write into one file."""
    return {
        "project": whole(each.project),
        "file": each.file or None,
        "text": whole(each.text),
        "fingerprints": list(each.fingerprints),
    }


def failure_in_json(each: Failure) -> dict[str, Any]:
    """Return a failure of the audit."""
    return {
        "message": whole(each.message),
        "distribution": _text(each.distribution),
        "member": _text(each.member),
        "rule": each.rule,
    }


def skipped_in_json(each: Skipped) -> dict[str, Any]:
    """Return a file that was given but not audited."""
    return {"path": whole(each.path), "reason": whole(each.reason)}


def _text(text: str | None) -> str | None:
    return None if text is None else whole(text)
