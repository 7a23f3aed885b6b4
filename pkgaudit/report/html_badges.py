"""Severities and verdicts as the HTML report shows them: never by a color alone."""

from __future__ import annotations

from pkgaudit.finding import Severity, Verdict
from pkgaudit.report.html_elements import Html, el

SIGNS = {Severity.ERROR: "\u2715", Severity.WARNING: "!", Severity.INFO: "i"}
"""What tells a severity where there is no space for its name."""

MARKS = {Verdict.PASS: "\u2713", Verdict.FAIL: "\u2715"}


def badge(severity: Severity) -> Html:
    """Return a severity as a sign and its name."""
    sign = el("span", SIGNS[severity], aria_hidden="true", class_="sign")
    return el("span", sign, str(severity), class_=f"badge {severity}")


def mark(verdict: Verdict) -> Html:
    """Return a verdict as a sign and a word."""
    sign = el("span", MARKS[verdict], aria_hidden="true", class_="sign")
    return el("span", sign, str(verdict), class_=f"badge {verdict}")
