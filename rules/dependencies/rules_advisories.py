"""DP104: the versions of dependencies that have known vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pkgaudit.api import CoreMetadata, Distribution, Problem, Severity, Update, Upload, counted, quoted, rule
from pkgaudit.late import dataclass
from pkgaudit.model.advisories import Advisories, Advisory
from pkgaudit.rules._shared.environments import can_hold
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules._shared.requirements import Line, read_lines
from pkgaudit.rules._shared.update import is_upward, old_version
from pkgaudit.rules.dependencies.affected import Affected, Fix
from pkgaudit.rules.dependencies.judged import pin_of, problem, wanted_lines

if TYPE_CHECKING:
    from packaging.version import Version

_SHOWN = 5
"""How many vulnerabilities a message lists. Chosen: their identifiers fit into a line; `data` has all."""

_SUPPORTED = ">=3.9"
"""The Pythons on which a requirement counts. Chosen: dependencies have no fixes for older ones."""

_OLD = 30
"""The days after which advisory data is old. Chosen: long enough for a monthly job that updates it."""


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that does not affect the project: any ``id`` of it, and the ``reason``."""

    id: str
    reason: str = ""


@dataclass(frozen=True)
class KnownVulnerableMinimum:
    """Identifiers of vulnerabilities, each as text or as table with a reason: ``ignore`` lists those that are
    never reported, ``ignore-until-fixed`` those that are not reported while no version has a fix.
    """

    ignore: tuple[str | Accepted, ...] = ()
    ignore_until_fixed: tuple[str | Accepted, ...] = ()


@rule("DP104", "known-vulnerable-minimum", Severity.WARNING, since="0.1.0")
def known_vulnerable_minimum(upload: Upload, options: KnownVulnerableMinimum) -> Iterator[Problem]:
    """A dependency is only allowed in versions with known vulnerabilities.

    The rule needs advisory data, which `pkgaudit vulndb build` makes of a vulnerability database; without it,
    the rule reports nothing. It compares the requirements of the wheels with the data, or those of the sdist
    if there is no wheel.

    A dependency that is pinned to an affected version is a warning. So is one whose versions are all affected
    by vulnerabilities that are fixed in other versions. At info level, the rule reports such a dependency in
    an extra, and a pin whose vulnerability has no fix. It is an error if every version, or the pinned one, is
    malware. With `--pedantic`, the rule also reports dependencies whose lowest version is affected although
    a fixed version is allowed too. Requirements are left out if their marker is never true, or only on
    Pythons before 3.9, for which dependencies have no fixes.

    A vulnerability with several identifiers is reported once. If the databases disagree, only versions count
    that all records of the vulnerability list. If the data is older than 30 days, reports list it as skipped.

    With `--against`, the finding states if the release before did not require the project, or allowed other
    versions of it.

    Of 966 released wheels, none has a warning, five have a finding in an extra, and 204 with `--pedantic`.

    ## Why it matters
    Every user who installs the release gets the vulnerable version, and cannot install a fixed one beside it.

    ## How to fix it
    Allow the version in the remedy, test with it, and raise the minimum. If the vulnerability does not affect
    your project, say why:

        [tool.pkgaudit.known-vulnerable-minimum]
        ignore = [{ id = "CVE-2024-12345", reason = "the parser for XML is not used" }]
        ignore-until-fixed = [{ id = "PYSEC-2024-1", reason = "no release has the fix" }]

    ## References
    - <https://ossf.github.io/osv-schema/>
    - <https://github.com/pypa/advisory-database>
    """
    advisories = upload.advisories
    if advisories is None:
        return
    yield from _age(advisories, upload.distributions[0])
    accepted = _Ignored(options)
    before = {each.project: _Before(each) for each in upload.updates if is_upward(each)}
    for distribution in _judged(upload):
        lines = list(
            wanted_lines(distribution, lambda line: bool(advisories.of(line.name)) and not line.is_own)
        )
        found: dict[tuple[str, str], tuple[CoreMetadata, Line, _Found]] = {}
        for metadata, line in lines:
            known = [each for each in advisories.of(line.name) if not accepted.has(each)]
            made = _found(line, Affected(known))
            # The same requirement for several extras or markers is one dependency; the worst counts.
            key = line.name, str(line.made.specifier)
            if made is not None and (key not in found or made.severity > found[key][2].severity):
                found[key] = metadata, line, made
        for metadata, line, made in found.values():
            since = before[distribution.project].says_since(line) if distribution.project in before else ""
            judged = made.problem(metadata, line)
            yield replace(judged, message=f"{judged.message}{since}", distribution=distribution.path)
    yield from accepted.unused(upload.distributions[0])


class _Before:
    """The requirements of the release before, all those of its files."""

    def __init__(self, update: Update) -> None:
        self._version = old_version(update)
        self._specifiers: dict[str, set[str]] = {}
        for metadata in filter(None, map(judged_metadata, update.old.distributions)):
            for line in read_lines(metadata):
                self._specifiers.setdefault(line.name, set()).add(str(line.made.specifier))

    def says_since(self, line: Line) -> str:
        """Return the clause that a requirement is new or allows other versions, else an empty one."""
        known = self._specifiers.get(line.name)
        if known is None:
            return f"; the dependency is new since version {self._version}"
        is_known = str(line.made.specifier) in known
        return "" if is_known else f"; version {self._version} allowed other versions of it"


def _age(advisories: Advisories, distribution: Distribution) -> Iterator[Problem]:
    if (distribution.today - advisories.date).days > _OLD:
        yield Problem(
            f"the advisory data {quoted(advisories.path)} ends on {advisories.date}, so the rule does not "
            "know later vulnerabilities of dependencies",
            unjudged=True,
            distribution=distribution.path,
        )


def _judged(upload: Upload) -> Iterator[Distribution]:
    """Yield the distributions whose requirements count, without those with the same ones as another."""
    for release in upload.releases:
        with_wheels = {each.version for each in release.wheels}
        seen = set()
        for each in release.distributions:
            if each in release.wheels or each.version not in with_wheels:
                lines = frozenset(each.metadata.all("Requires-Dist")) if each.metadata else frozenset()
                if lines and lines not in seen:
                    seen.add(lines)
                    yield each


class _Found(NamedTuple):
    """A dependency with vulnerabilities. ``fix`` is the lowest version without them, if there is one."""

    says: str
    severity: Severity
    advisories: Sequence[Advisory]
    fix: Fix | None = None
    is_pedantic: bool = False

    def problem(self, metadata: CoreMetadata, line: Line) -> Problem:
        """Return the problem with a requirement."""
        names = [each.ids[0] for each in self.advisories]
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        what = f"{', '.join(names[:_SHOWN])}{more}"
        remedy = "require another project"
        fixes = {}
        if self.fix is not None:
            verb = "raise the minimum to" if self.is_pedantic else "require"
            remedy = f"{verb} {quoted(line.made.name + self.fix.specifier)}"
            fixes = {"version": self.fix.version}
        elif not any(each.is_malware for each in self.advisories):
            remedy += (
                f", or ignore {counted(len(names), 'vulnerability', 'vulnerabilities')} in the configuration"
            )
        made = problem(metadata, line, f"{self.says} {what}", remedy, self.severity)
        data = {**made.data, **fixes, "vulnerabilities": [" ".join(each.ids) for each in self.advisories]}
        return replace(made, data=data, pedantic=self.is_pedantic)


def _found(line: Line, affected: Affected) -> _Found | None:
    """Return what is wrong with a requirement."""
    if not can_hold(",".join(filter(None, (line.pythons, _SUPPORTED))), line.marker):
        return None
    severity = Severity.INFO if line.is_of_extra else Severity.WARNING
    pin = parse_version((pin_of(line) or "").partition("+")[0])
    allowed = line.made.specifier
    malware = [
        each
        for each in affected.advisories
        if each.is_malware
        and (each.covers_all or (pin is not None and any(s.covers(pin) for s in each.spans)))
    ]
    if malware:
        what = (
            "names a project that is malware:"
            if malware[0].covers_all
            else "requires a version that is malware:"
        )
        return _Found(what, Severity.ERROR, malware)
    if pin is not None:
        found = affected.at(pin, only_ended=False)
        if not found:
            return None
        has_end = bool(affected.at(pin))
        what = "requires a version with known vulnerabilities:"
        return _Found(what, severity if has_end else Severity.INFO, found, affected.fix_above(pin))
    if not affected.advisories:
        return None
    forced = affected.forced(allowed)
    if forced is not None:
        version, found = forced
        what = "allows only versions with known vulnerabilities:"
        return _Found(what, severity, found, affected.fix_above(version))
    lowest = _lowest(line)
    found = [] if lowest is None else affected.at(lowest)
    if lowest is None or not found:
        return None
    fix = affected.fix_above(lowest, allowed)
    return _Found(f"allows {lowest}, which has known vulnerabilities:", Severity.INFO, found, fix, True)


def _lowest(line: Line) -> Version | None:
    """Return the lowest version that a requirement names and allows, None without one."""
    named = [
        version
        for each in line.made.specifier
        if each.operator in (">=", "~=", "==") and (version := parse_version(each.version.removesuffix(".*")))
    ]
    lowest = max(named, default=None)
    return lowest if lowest is not None and line.made.specifier.contains(lowest, prereleases=True) else None


class _Ignored:
    """The vulnerabilities that the user ignores, and which of them occurred."""

    def __init__(self, options: KnownVulnerableMinimum) -> None:
        self._always = set(map(_id, options.ignore))
        self._until_fixed = set(map(_id, options.ignore_until_fixed))
        self._seen: set[str] = set()

    def has(self, advisory: Advisory) -> bool:
        """Return whether a vulnerability is ignored."""
        names = {each.upper() for each in advisory.ids}
        self._seen |= names
        return bool(names & self._always or (names & self._until_fixed and not advisory.has_end))

    def unused(self, distribution: Distribution) -> Iterator[Problem]:
        """Yield the entries that are not on a vulnerability of any dependency."""
        unused = sorted((self._always | self._until_fixed) - self._seen)
        if unused:
            yield Problem(
                f"the configuration ignores {', '.join(map(quoted, unused))}, which no dependency has",
                fix="remove the entry, or correct the identifier",
                severity=Severity.INFO,
                key="unused",
                distribution=distribution.path,
                data={"vulnerabilities": unused},
            )


def _id(entry: str | Accepted) -> str:
    return (entry.id if isinstance(entry, Accepted) else entry).upper()
