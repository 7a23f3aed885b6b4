"""What every report is made from, and how a format is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TextIO

from pkgaudit.finding import Failure, Finding, Severity, Verdict
from pkgaudit.inputs import Skipped
from pkgaudit.model.distribution import Distribution

GROUP = "pkgaudit.reports"
"""The entry-point group of output formats: a name, and a function `Report`."""


@dataclass(frozen=True)
class Style:
    """How a report for people is written: ``width`` in characters, ``verbose`` from -1 (quiet) to 1."""

    color: bool = False
    width: int = 80
    verbose: int = 0


@dataclass
class Result:
    """An audit as a whole. ``findings`` are sorted and include the suppressed ones; none is added later."""

    verdict: Verdict
    fail_on: Severity
    distributions: list[Distribution] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0
    rules: int = 0

    @cached_property
    def counted(self) -> list[Finding]:
        """The findings that nothing suppresses."""
        return [each for each in self.findings if each.suppressed is None]

    @cached_property
    def _by_path(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for finding in self.counted:
            for path in dict.fromkeys(place.distribution for place in finding.places):
                found.setdefault(path, []).append(finding)
        return found

    @property
    def suppressed(self) -> int:
        """How many findings were suppressed."""
        return len(self.findings) - len(self.counted)

    def of(self, path: str) -> list[Finding]:
        """Return the counted findings that have a place in one distribution, be it the first or another."""
        return self._by_path.get(path, [])

    def verdict_of(self, path: str) -> Verdict:
        """Return the verdict on one distribution alone."""
        failed = any(each.severity >= self.fail_on for each in self.of(path))
        failed = failed or any(each.distribution == path for each in self.failures)
        return Verdict.FAIL if failed else Verdict.PASS


Report = Callable[[Result, TextIO, Style], None]
"""A format: writes the result to a text stream."""


def formats() -> list[str]:
    """Return the names of the formats there are."""
    from importlib.metadata import entry_points

    return sorted({point.name for point in entry_points(group=GROUP)})


def load_format(name: str) -> Report:
    """Return the format of that name.

    Raises:
        KeyError: there is none.
    """
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP, name=name):
        report: Report = point.load()
        return report
    raise KeyError(name)
