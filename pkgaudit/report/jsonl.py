"""JSON Lines, version 1, written during the audit. The schema of a line is ``jsonl.schema.json``."""

from __future__ import annotations

from collections import Counter
from typing import Any, TextIO

from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.escape import write_json
from pkgaudit.report.json import (
    TOOL,
    VERSION,
    counts,
    distribution_in_json,
    failure_in_json,
    finding_in_json,
    paste_in_json,
    skipped_in_json,
)
from pkgaudit.report.result import LiveReport, Result, Style


class Lines(LiveReport):
    """The report, line by line.

    Findings are not merged: a finding with several places has a line for each place.
    """

    def __init__(self, stream: TextIO, style: Style) -> None:
        super().__init__(stream, style)
        self._has_begun = False
        self._written: Counter[Failure] = Counter()

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        self._begin()
        if distribution is not None:
            self._write("distribution", distribution_in_json(distribution))
        for finding in findings:
            self._write("finding", finding_in_json(finding))
        for failure in failures:
            self._write("error", failure_in_json(failure))
        self._written.update(failures)
        self.stream.flush()

    def finish(self, result: Result) -> None:
        self._begin()
        for failure in (Counter(result.failures) - self._written).elements():
            self._write("error", failure_in_json(failure))
        for skipped in result.skipped:
            self._write("skipped", skipped_in_json(skipped))
        verdict = {"verdict": str(result.verdict), "fail_on": str(result.fail_on)}
        totals = {"counts": counts(result), "suppressed": result.suppressed}
        pastes = {"pastes": [paste_in_json(each) for each in result.pastes]}
        self._write("verdict", verdict | totals | pastes)
        self.stream.flush()

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._write("audit", {"version": VERSION, "tool": TOOL})

    def _write(self, kind: str, values: dict[str, Any]) -> None:
        write_json(self.stream, {"type": kind, **values})
