"""Which findings count, and what they make of the release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from pkgaudit.config import Config, Ignore, ScopedIgnore
from pkgaudit.finding import Failure, Finding, Severity, Verdict
from pkgaudit.rule import Registry, Rule

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Policy:
    """Applies the user's severities and ignores to findings."""

    def __init__(self, config: Config, registry: Registry) -> None:
        self._config = config
        self._registry = registry
        self._files = [
            _FileIgnore(each) for each in config.per_file_ignores if not each.ignore.is_expired(config.today)
        ]
        self._distributions = [
            each for each in config.per_distribution_ignores if not each.ignore.is_expired(config.today)
        ]

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings with their final severity, and with what suppresses them if anything does."""
        return [self._apply(finding) for finding in findings]

    def _apply(self, finding: Finding) -> Finding:
        rule = self._registry.rules[finding.code]
        severity = self._config.severity_of(rule) or finding.severity
        suppressed = finding.suppressed or self._suppression(finding, rule)
        if severity is finding.severity and suppressed == finding.suppressed:
            return finding
        return replace(finding, severity=severity, suppressed=suppressed)

    def _suppression(self, finding: Finding, rule: Rule) -> str | None:
        member = finding.location.member
        if member is not None:
            for each in self._files:
                if self._names(each.ignore, rule) and each.matches(member):
                    return each.ignore.reason or "per-file-ignores"
        filename = PurePath(finding.distribution).name
        for scoped in self._distributions:
            if self._names(scoped.ignore, rule) and fnmatchcase(filename, scoped.glob):
                return scoped.ignore.reason or "per-distribution-ignores"
        return None

    def _names(self, ignore: Ignore, rule: Rule) -> bool:
        return any(rule in self._registry.find(selector) for selector in ignore.rules)


@dataclass
class _FileIgnore:
    """A per-file ignore: its glob is gitignore-style, with or without the sdist's root folder."""

    scoped: ScopedIgnore

    @property
    def ignore(self) -> Ignore:
        return self.scoped.ignore

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines([self.scoped.glob])

    def matches(self, member: str) -> bool:
        return self.spec.match_file(member) or self.spec.match_file(member.partition("/")[2])


def verdict(findings: Iterable[Finding], failures: Iterable[Failure], fail_on: Severity) -> Verdict:
    """Return the verdict: a finding at or above the bar fails, and so does what could not be audited."""
    if any(finding.suppressed is None and finding.severity >= fail_on for finding in findings):
        return Verdict.FAIL
    return Verdict.FAIL if any(failures) else Verdict.PASS


def exit_status(verdict: Verdict, failures: Iterable[Failure]) -> int:
    """Return 0 for pass, 1 for fail, 2 where the audit could not be done, or not wholly."""
    if any(failures):
        return 2
    return 0 if verdict is Verdict.PASS else 1


def sort_key(finding: Finding) -> tuple[object, ...]:
    """Order findings as people want to read them: worst first, then by rule and place."""
    where = finding.location
    return (
        -finding.severity,
        finding.code,
        where.member or "",
        where.line or 0,
        where.column or 0,
        finding.message,
    )
