"""Severities and verdicts in the HTML report, never shown only by color."""

from __future__ import annotations

from pkgaudit.finding import Severity, Verdict
from pkgaudit.report.html_elements import Html, el

SIGNS = {Severity.ERROR: "\u2715", Severity.WARNING: "!", Severity.INFO: "i"}
"""The signs of severities, for places without space for the name."""

MARKS = {Verdict.PASS: "\u2713", Verdict.FAIL: "\u2715"}


def badge(severity: Severity) -> Html:
    """Return a severity as a sign and its name."""
    sign = el("span", SIGNS[severity], aria_hidden="true", class_="sign")
    return el("span", sign, str(severity), class_=f"badge {severity}")


def mark(verdict: Verdict) -> Html:
    """Return a verdict as a sign and a word."""
    sign = el("span", MARKS[verdict], aria_hidden="true", class_="sign")
    return el("span", sign, str(verdict), class_=f"badge {verdict}")
