"""Which findings count, and what they make of the release."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from pkgaudit.config import SHORTEST_HASH, Allow, Config, Ignore, ScopedIgnore
from pkgaudit.finding import Failure, Finding, Location, Place, Severity, Verdict
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import ArchiveKind
from pkgaudit.rule import Registry, Rule

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Policy:
    """Applies the user's severities and ignores to findings; ``accepted`` are fingerprints of a baseline."""

    def __init__(self, config: Config, registry: Registry, accepted: Container[str] = ()) -> None:
        self._config = config
        self._registry = registry
        self._accepted = accepted
        self._allowed = _Allowed([each for each in config.allow if not each.is_expired(config.today)])
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
        rule = self._registry.rules[finding.name]
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
        if finding.same is not None and (allow := self._allowed.find(finding.same)):
            return allow.reason or "allow"
        return "baseline" if finding.fingerprint in self._accepted else None

    def _names(self, ignore: Ignore, rule: Rule) -> bool:
        return any(rule in self._registry.find(selector) for selector in ignore.rules)


class _Allowed:
    """What is allowed, found by the digits that each hash has at least."""

    def __init__(self, allows: Iterable[Allow]) -> None:
        self._by_head: dict[str, list[Allow]] = {}
        for each in allows:
            self._by_head.setdefault(each.hash[:SHORTEST_HASH], []).append(each)

    def find(self, same: str) -> Allow | None:
        """Return what allows that which has this digest, None if nothing does."""
        near = self._by_head.get(same[:SHORTEST_HASH], ())
        return next((each for each in near if same.startswith(each.hash)), None)


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


def merge(findings: Iterable[Finding], distributions: Iterable[Distribution]) -> list[Finding]:
    """Return findings with those that found the same made one, which has several places.

    Merged are findings of one rule in the distributions of one project whose ``same`` is equal and that
    count, or do not for the same reason; those without ``same`` if they say the same of the core
    metadata, which is one text in as many copies as there are distributions. The first place is that of the
    most severe, in a wheel before an sdist, then by path, so that it is the first in the next release too;
    it gives the finding its fingerprint and its words. The other places in its distribution come next. Call
    it after `Policy.apply`, which judges each place on its own.
    """
    known = {each.path: each for each in distributions}
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_identity(finding, known.get(finding.distribution)), []).append(finding)
    return [group[0] if len(group) == 1 else _merged(group, known) for group in groups.values()]


def _identity(finding: Finding, distribution: Distribution | None) -> object:
    """Return what findings that are to be one have in common."""
    if distribution is not None:
        if finding.same is not None:
            return (distribution.project, finding.name, finding.same, finding.suppressed)
        if finding.location.member is not None and finding.location.member == distribution.metadata_path:
            return (distribution.project, finding.name, finding.message, finding.severity, finding.suppressed)
    return object()


def _merged(group: list[Finding], known: Mapping[str, Distribution]) -> Finding:
    def order(finding: Finding) -> tuple[object, ...]:
        kind = list(ArchiveKind).index(known[finding.distribution].kind)
        where = _place_key(finding.location)
        return (-finding.severity, kind, *where, finding.distribution, finding.fingerprint)

    first = min(group, key=order)

    def other_order(place: Place) -> tuple[object, ...]:
        kind = list(ArchiveKind).index(known[place.distribution].kind)
        is_elsewhere = place.distribution != first.distribution
        return (is_elsewhere, kind, place.distribution, *_place_key(place.location))

    others = {each.place for each in group} - {first.place}
    fix = first.fix
    if first.same is None:  # an sdist has the settings with it, so that its remedy says where exactly
        fix = next((each.fix for each in group if known[each.distribution].kind is ArchiveKind.SDIST), fix)
    return replace(first, fix=fix, also=tuple(sorted(others, key=other_order)))


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
    return (-finding.severity, finding.code, finding.name, *_place_key(finding.location), finding.message)


def _place_key(location: Location) -> tuple[str, int, int]:
    return (location.member or "", location.line or 0, location.column or 0)
