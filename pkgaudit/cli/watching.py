"""Output on standard error while an audit runs: the steps of builds, progress, and the log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pkgaudit.cli.door import say
from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution
from pkgaudit.watch import Request, Watch

if TYPE_CHECKING:
    from pkgaudit.cli.outputs import Outputs


def request_of(choices: dict[str, Any], *, wants_blake2b: bool = False) -> Request:
    """Return the request that the arguments make."""
    return Request(
        choices["paths"],
        choices.get("jobs", 1),
        not choices.get("no_isolation", False),
        choices.get("empty_ok", False),
        choices.get("manifest", ()),
        wants_blake2b,
        choices.get("capabilities", False) or choices.get("verbose", 0) > 0,
        choices.get("git"),
        choices.get("cluster"),
    )


class BuildWatch(Watch):
    """Shows only the steps of builds, and with ``verbose`` the whole output of a failed build."""

    def __init__(self, verbose: bool = False) -> None:
        self._verbose = verbose

    def say(self, line: str) -> None:
        """Show a step of a build."""
        say(line)

    def build_failed(self, project: str, said: Sequence[str], last: Sequence[str]) -> None:
        """Show the output of a failed build, without secrets that a backend printed."""
        from pkgaudit.rule import load_registry

        redactions = load_registry().redactions
        for line in said if self._verbose else last:
            for redact in redactions:
                line = redact(line)
            say(line)
        if len(last) < len(said) and not self._verbose:
            # A build with edits fails in a copy, so only the same command can show it again.
            say(f"these are the last of {len(said):,} lines; for all, run the command with --verbose")


class AuditWatch(BuildWatch):
    """Shows findings in live reports as they are found, and the progress of the audit."""

    def __init__(self, outputs: Outputs, quiet: bool, verbose: bool, wants_times: bool = False) -> None:
        super().__init__(verbose)
        self._outputs = outputs
        self._quiet = quiet
        self.wants_times = wants_times

    def spent(self, rows: Sequence[tuple[str, float]]) -> None:
        """Show the CPU time of the audit."""
        say(f"CPU time: {sum(seconds for _, seconds in rows):.2f} s")
        for name, seconds in rows:
            say(f"{seconds:7.2f} s  {name}")

    def say(self, line: str) -> None:
        """Show a step of a build, unless the command is quiet."""
        if not self._quiet:
            super().say(line)

    def auditing(self, files: Mapping[str, str]) -> AbstractContextManager[Callable[[str], None]]:
        """Show the progress, unless it would appear among the lines of a live report."""
        from pkgaudit.cli.progress import no_progress, progress

        is_silent = self._quiet or self._outputs.writes_to_screen or sys.stderr is None
        return no_progress() if is_silent else progress(files, sys.stderr)

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Pass the findings to the live reports."""
        self._outputs.audited(distribution, findings, failures)
