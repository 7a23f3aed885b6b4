"""Decides which findings count, and the verdict on the release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pkgaudit.config.baseline import Baseline
from pkgaudit.config.config import Config
from pkgaudit.finding import (
    Failure,
    Finding,
    Location,
    Place,
    Severity,
    Suppression,
    SuppressionKind,
    Verdict,
)
from pkgaudit.model.distribution import Distribution, group_releases
from pkgaudit.model.entry import ArchiveKind
from pkgaudit.model.ignores import Ignores, Scope
from pkgaudit.rule import Registry
from pkgaudit.verdict.remedies import Remedies
from pkgaudit.verdict.suppressions import Suppressions


class Policy:
    """Applies the user's severities and ignores to findings, and records the use of each ignore.

    ``baselines`` are the files of accepted findings.
    """

    def __init__(self, config: Config, registry: Registry, baselines: Iterable[Baseline] = ()) -> None:
        self._config = config
        self._registry = registry
        self._baselines = list(baselines)
        self._suppressions = Suppressions(config, registry)
        self._distributions: dict[str, Distribution] = {}
        self._found: set[str] = set()

    def apply(self, findings: Iterable[Finding], distributions: Iterable[Distribution] = ()) -> list[Finding]:
        """Return the findings with their final severity and, if any, their suppression.

        ``distributions`` are the distributions of the findings, except those of earlier calls.
        """
        for each in distributions:
            if each.path not in self._distributions:
                self._distributions[each.path] = each
                self._suppressions.add_inline(each)
        return [self._apply(finding) for finding in findings]

    def _apply(self, finding: Finding) -> Finding:
        rule = self._registry.rules[finding.name]
        severity = self._config.severity_of(rule) or finding.severity
        self._found.add(finding.fingerprint)
        by_config = self._suppressions.judge(finding, rule)
        suppressed = finding.suppressed or by_config or self._by_baseline(finding)
        if severity is finding.severity and suppressed == finding.suppressed:
            return finding
        return replace(finding, severity=severity, suppressed=suppressed)

    def _by_baseline(self, finding: Finding) -> Suppression | None:
        distribution = self._distributions.get(finding.distribution)
        if any(each.accepts(finding, distribution) for each in self._baselines):
            return Suppression(SuppressionKind.BASELINE)
        return None

    def ran(self, code: str) -> Scope | None:
        """Return the widest subject that the rules of a code need, None if they did not run as usual."""
        return self._suppressions.ran(code)

    def ignores(self) -> Ignores:
        """Return the use of all ignores. Call it after all findings were judged."""
        distributions = list(self._distributions.values())
        stale = [
            entry for each in self._baselines for entry in each.stale(self._found, distributions, self.ran)
        ]
        uses = self._suppressions.uses(distributions)
        return Ignores(distributions, uses, stale, self._suppressions.is_narrowed)


def merge(
    findings: Iterable[Finding], distributions: Iterable[Distribution], remedies: Remedies | None = None
) -> list[Finding]:
    """Return findings, with equal findings merged to one with several places.

    Findings of one rule in the distributions of one project are merged if their ``digest`` is equal, and if
    all count or have the same suppression. Findings without ``digest`` are merged if their messages on the
    core metadata are equal, because each distribution has a copy of the metadata. Then findings with the same
    ``cause`` and severity are merged. The first place is that of
    the highest severity, in a wheel before an sdist, then by path, so the next release has the same first
    place. It determines the fingerprint and the message. The other places in its distribution come next. The
    remedy covers all places; ``remedies`` writes it. Call
    this function after `Policy.apply`, which judges each place separately.
    """
    known = {each.path: each for each in distributions}
    groups = [[each] for each in findings]
    # By the cause comes second: the same secret may be in code in one distribution, and in tests in another.
    for identity in (_identity, _cause):
        joined: dict[object, list[Finding]] = {}
        for group in groups:
            first = _first(group, known)
            joined.setdefault(identity(first, known.get(first.distribution)), []).extend(group)
        groups = list(joined.values())
    remedies = remedies or Remedies(group_releases(known.values()))
    return [
        remedies.fixed(group[0]) if len(group) == 1 else _merged(group, known, remedies) for group in groups
    ]


def _cause(finding: Finding, distribution: Distribution | None) -> object:
    """Return what findings of one cause have in common."""
    if distribution is None or finding.cause is None:
        return object()
    return (distribution.project, finding.name, finding.cause, finding.severity, finding.suppressed)


def _identity(finding: Finding, distribution: Distribution | None) -> object:
    """Return the value that is equal for findings to merge."""
    if distribution is not None:
        if finding.digest is not None:
            return (distribution.project, finding.name, finding.digest, finding.suppressed)
        if finding.location.member is not None and finding.location.member == distribution.metadata_path:
            # Without the severity, because the tags of a wheel may change it for the same metadata.
            return (distribution.project, finding.name, finding.message, finding.suppressed)
    return object()


def _first(group: list[Finding], known: Mapping[str, Distribution]) -> Finding:
    """Return the finding of a group whose place comes first."""

    def order(finding: Finding) -> tuple[object, ...]:
        kind = list(ArchiveKind).index(known[finding.distribution].kind)
        where = _place_key(finding.location)
        return (-finding.severity, kind, *where, finding.distribution, finding.fingerprint)

    return group[0] if len(group) == 1 else min(group, key=order)


def _merged(group: list[Finding], known: Mapping[str, Distribution], remedies: Remedies) -> Finding:
    first = _first(group, known)

    def other_order(place: Place) -> tuple[object, ...]:
        kind = list(ArchiveKind).index(known[place.distribution].kind)
        is_elsewhere = place.distribution != first.distribution
        return (is_elsewhere, kind, place.distribution, *_place_key(place.location))

    others = {place for each in group for place in each.places} - {first.place}
    fix, settings, message = first.fix, first.settings, first.message
    if first.digest is not None:
        different = len({each.digest for each in group})
    else:  # other distributions of the release have the same files
        different = sum(each.distribution == first.distribution for each in group)
    if first.cause is not None and different > 1:
        message = f"{message}; it is one of {different:,} {first.cause}"
    if first.digest is None:  # an sdist contains the settings, so its remedy is more exact
        exact = next((each for each in group if known[each.distribution].kind is ArchiveKind.SDIST), first)
        fix, settings = exact.fix, exact.settings
    first = replace(
        first, message=message, fix=fix, settings=settings, also=tuple(sorted(others, key=other_order))
    )
    places = {place: number for number, place in enumerate(first.places)}
    rest = sorted((each for each in group if each.place != first.place), key=lambda each: places[each.place])
    return remedies.fixed(first, rest)


def verdict(findings: Iterable[Finding], failures: Iterable[Failure], fail_on: Severity) -> Verdict:
    """Return the verdict: FAIL for any failure, and for a finding with severity ``fail_on`` or higher."""
    if any(finding.suppressed is None and finding.severity >= fail_on for finding in findings):
        return Verdict.FAIL
    return Verdict.FAIL if any(failures) else Verdict.PASS


def exit_status(verdict: Verdict, failures: Iterable[Failure]) -> int:
    """Return 0 for pass, 1 for fail, 2 if the audit failed or is incomplete."""
    if any(failures):
        return 2
    return 0 if verdict is Verdict.PASS else 1


def sort_key(finding: Finding) -> tuple[object, ...]:
    """Return the sort key for reports: worst first, then by rule and place."""
    return (-finding.severity, finding.code, finding.name, *_place_key(finding.location), finding.message)


def _place_key(location: Location) -> tuple[str, int, int]:
    return (location.member or "", location.line or 0, location.column or 0)
