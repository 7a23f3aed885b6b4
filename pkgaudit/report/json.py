"""The JSON report, version 1. Its schema is ``report.schema.json`` beside this module."""

from __future__ import annotations

import json
from typing import Any, TextIO

from pkgaudit import __version__
from pkgaudit.finding import Failure, Finding, Place
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.result import Result, Style

VERSION = 1


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report. It is ASCII, so it survives whatever the stream's encoding is."""
    json.dump(document(result), stream, indent=2)
    stream.write("\n")


def document(result: Result) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "version": VERSION,
        "tool": {"name": "pkgaudit", "version": __version__},
        "verdict": str(result.verdict),
        "distributions": [_distribution(each, result) for each in result.distributions],
        "findings": [_finding(each) for each in result.counted],
        "suppressed": result.suppressed,
        "skipped": [{"path": _text(each.path), "reason": each.reason} for each in result.skipped],
        "errors": [_error(each) for each in result.failures],
    }


def _distribution(each: Distribution, result: Result) -> dict[str, Any]:
    return {
        "path": _text(each.path),
        "kind": str(each.kind),
        "name": _text(each.name),
        "version": _text(each.version),
        "sha256": each.sha256,
        "size": each.size,
        "files": len(each.files),
        "verdict": str(result.verdict_of(each.path)),
    }


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "code": each.code,
        "name": each.name,
        "severity": str(each.severity),
        **_place(each.place),
        "message": _text(each.message),
        "fix": _text(each.fix),
        "fingerprint": each.fingerprint,
        "content": each.content,
        "also": [_place(place) for place in each.also],
    }


def _place(each: Place) -> dict[str, Any]:
    return {
        "distribution": _text(each.distribution),
        "member": _text(each.location.member),
        "line": each.location.line,
        "column": each.location.column,
    }


def _error(each: Failure) -> dict[str, Any]:
    return {
        "message": _text(each.message),
        "distribution": _text(each.distribution),
        "member": _text(each.member),
        "rule": each.rule,
    }


def _text(text: str | None) -> str | None:
    """Replace lone surrogates, which JSON can spell but most readers refuse."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode("utf-8")
