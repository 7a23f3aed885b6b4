"""Audits one distribution, then one release from what its distributions left behind."""

from __future__ import annotations

import hashlib
import os
import stat
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, get_args

from pkgaudit.advice import in_words
from pkgaudit.archive.walk import Visit, walk
from pkgaudit.config import Config
from pkgaudit.excerpts import Lines
from pkgaudit.finding import Excerpt, Failure, Finding, Location, Problem, Silencer, Suppression
from pkgaudit.inline import InlineIgnores
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, Other, Release, Summaries, Upload, make_distribution
from pkgaudit.model.distribution import group_releases as group_releases
from pkgaudit.model.ignores import Ignores
from pkgaudit.model.member import Member, TextFile, View, Window
from pkgaudit.rule import Redaction, Registry, Rule, Summary

MOST_PROBLEMS = 500
"""How many problems one rule may find at one call. What has more is broken, or made to drown its reader."""

UNSHOWN = "{}: the message is not shown, since it could not be searched for secrets"
"""What is said in place of the message of a rule, by its name, that a redaction failed on."""

Values = dict[Any, dict[str, Any]]
"""Summaries by their type, then by member path."""


@dataclass(frozen=True)
class Ready:
    """A rule with the options it runs with."""

    rule: Rule
    options: Any = None

    def call(self, subject: Any, values: Values) -> Iterator[Problem]:
        """Call the rule on what it visits."""
        if not self.rule.arguments:
            return self.rule.function(subject)
        arguments = {
            name: self.options if kind is self.rule.options else Summaries(values.get(get_args(kind)[0]))
            for name, kind in self.rule.arguments
        }
        return self.rule.function(subject, **arguments)


@dataclass
class Plan:
    """Which rules run, by what they visit, which summaries they need, and what their words go through."""

    views: dict[type[View], list[Ready]] = field(default_factory=lambda: defaultdict(list))
    members: list[Ready] = field(default_factory=list)
    distributions: list[Ready] = field(default_factory=list)
    releases: list[Ready] = field(default_factory=list)
    uploads: list[Ready] = field(default_factory=list)
    ignores: list[Ready] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    inline_ignores: bool = True

    @classmethod
    def make(cls, registry: Registry, config: Config) -> Plan:
        """Plan an audit of what the configuration selects.

        Raises:
            ConfigError: options of a rule that do not fit.
        """
        plan = cls(redactions=list(registry.redactions), inline_ignores=config.inline_ignores)
        visited: tuple[tuple[type, list[Ready]], ...] = (
            (Member, plan.members),
            (Distribution, plan.distributions),
            (Release, plan.releases),
            (Upload, plan.uploads),
            (Ignores, plan.ignores),
        )
        needed: dict[Any, Summary] = {}
        options: dict[str, Any] = {}
        for rule in config.selected(registry):
            if rule.options is not None and rule.table not in options:
                options[rule.table] = config.options_of(rule)
            ready = Ready(rule, options.get(rule.table))
            if issubclass(rule.subject, View):
                plan.views[rule.subject].append(ready)
            else:
                next(rules for subject, rules in visited if issubclass(rule.subject, subject)).append(ready)
            for wanted in rule.needs:
                if wanted in registry.summaries:
                    needed[wanted] = registry.summaries[wanted]
        plan.summaries = list(needed.values())
        return plan


@dataclass
class Audit:
    """What is left of one input after its audit. ``distribution`` is None where it could not be read."""

    path: str
    distribution: Distribution | None = None
    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    summaries: Values = field(default_factory=dict)


class _Collector:
    """Gathers the problems of one input until it is known well enough to make findings of them."""

    def __init__(self, path: str, plan: Plan) -> None:
        self.path = path
        self.inline_ignores = plan.inline_ignores
        self.redactions = plan.redactions
        self.problems: dict[tuple[str, Problem], Suppression | None] = {}
        self.lines = Lines()
        self.rules: dict[str, Rule] = {}
        self.failures: list[Failure] = []
        self._redacted: dict[str, str | None] = {}

    def run(
        self,
        ready: Ready,
        subject: Any,
        values: Values,
        visit: Visit | None = None,
        window: Window | None = None,
    ) -> None:
        """Call a rule and keep what it yields, or that it crashed."""
        rule = ready.rule
        try:
            for count, problem in enumerate(ready.call(subject, values)):
                if count == MOST_PROBLEMS:
                    self._add_rest(rule, problem)
                    break
                if not isinstance(problem, Problem):
                    raise TypeError("a rule yields problems")
                suppressed = None
                if problem.allowed is not None:
                    if self.inline_ignores:
                        suppressed = Suppression(Silencer.INLINE, problem.allowed)
                    problem = replace(problem, allowed=None)
                if visit and window and problem.location.line is not None:
                    self.keep_line(visit.member, window, problem.location)
                # Windows of a large member overlap: what both saw is one problem, and one of them may
                # have missed the comment on it.
                found = (rule.name, problem)
                self.problems[found] = self.problems.get(found) or suppressed
                self.rules[rule.name] = rule
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a rule that calls sys.exit() must not end the audit with a pass
            place = visit.member.path if visit else None
            home = rule.function.__module__
            message = f"rule {rule.code} {rule.name} of {home} crashed ({kind_of(error)}); please report it"
            self.failures.append(Failure(message, self.path, place, rule.code))

    def _add_rest(self, rule: Rule, problem: Problem) -> None:
        """Say that there are more problems than are listed, as severe as the worst that is."""
        mine = [each for name, each in self.problems if name == rule.name]
        worst = max(each.severity or rule.severity for each in mine[-MOST_PROBLEMS:])
        member = Location(problem.location.member)
        message = f"more than {MOST_PROBLEMS} problems of this kind were found; the rest is not listed"
        rest = Problem(message, member, severity=worst, key="rest", distribution=problem.distribution)
        self.problems.setdefault((rule.name, rest), None)

    def keep_line(self, member: Member, window: Window, location: Location) -> None:
        """Keep the line that a problem is on, if that is in the member at hand."""
        if location.member == member.path:
            self.lines.keep(window.view(TextFile, member), location)

    def keep_lines(self, distribution: Distribution, file: str, limits: Limits) -> None:
        """Keep the lines that the problems of rules over the whole distribution are on."""
        places = [each.location for _, each in self.problems if each.distribution in (None, self.path)]
        rest = self.lines.keep_of(distribution, places)
        if rest:
            with _open_regular(file) as stream:
                self.lines.look_again(stream, self.path, limits, rest)

    def findings(self, distributions: Mapping[str, Distribution]) -> list[Finding]:
        """Return the findings; each problem is in the distribution it names, else the collector's own."""
        seen: Counter[str] = Counter()
        secret = {
            (each.location.member, each.location.line)
            for name, each in self.problems
            # What is told by a digest is not shown either, whatever its rule says of itself.
            if self.rules[name].confidential or each.same is not None
        }
        # A rule over the whole distribution tells that a file is for credentials, and where the gravest is.
        private = {
            each.location.member
            for name, each in self.problems
            if self.rules[name].confidential and not issubclass(self.rules[name].subject, View)
        }
        found = []
        for (name, problem), suppressed in self.problems.items():
            rule = self.rules[name]
            distribution = distributions.get(problem.distribution or self.path) or distributions[self.path]
            message = self.redact(problem.message, rule)
            fix = problem.fix
            if fix is not None:
                fix = self.redact(fix if isinstance(fix, str) else in_words(fix, distribution), rule)
            found.append(
                Finding(
                    rule.code,
                    rule.name,
                    problem.severity or rule.severity,
                    distribution.path,
                    problem.location,
                    UNSHOWN.format(rule.name) if message is None else message,
                    fix,
                    _fingerprint(rule, problem, distribution, seen),
                    suppressed,
                    problem.same,
                    excerpt=self._excerpt(
                        problem.location,
                        rule,
                        problem.location.member in private
                        or (problem.location.member, problem.location.line) in secret,
                    ),
                    known_as=problem.known_as,
                )
            )
        return found

    def _excerpt(self, location: Location, rule: Rule, is_secret: bool) -> Excerpt | None:
        """Return what may be shown of a line; ``is_secret``: a rule says that it holds a secret."""
        return self.lines.excerpt(location, lambda text: self.redact(text, rule), is_secret)

    def redact(self, text: str, rule: Rule | None = None) -> str | None:
        """Return a text, of a rule or of the archive, without what must not be shown, if that can be told."""
        if text not in self._redacted:
            self._redacted[text] = self._through_all(text, rule)
        return self._redacted[text]

    def _through_all(self, text: str, rule: Rule | None) -> str | None:
        for function in self.redactions:
            try:
                text = function(text)
                if not isinstance(text, str):
                    raise TypeError("a redaction returns a text")
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # what it was to take out must not be shown for that
                name = f"{function.__qualname__} of {function.__module__}"
                whose = f"rule {rule.code} {rule.name}" if rule else "the archive"
                message = (
                    f"redaction {name} crashed on a text of {whose} ({kind_of(error)}); please report it"
                )
                failure = Failure(message, self.path, None, rule.code if rule else None)
                if failure not in self.failures:
                    self.failures.append(failure)
                return None
        return text


def kind_of(error: BaseException) -> str:
    """Say what was raised and where, not in its own words: they may quote a secret that the file holds."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def _fingerprint(rule: Rule, problem: Problem, distribution: Distribution, seen: Counter[str]) -> str:
    """Return what identifies a finding from one release to the next: neither version nor line is in it."""
    member = distribution.without_version(problem.location.member or "")
    basis = "\0".join(
        (rule.code, distribution.project, distribution.kind.value, member, problem.key or problem.message)
    )
    seen[basis] += 1
    return hashlib.sha256(f"{basis}\0{seen[basis]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def audit_distribution(path: str, plan: Plan, config: Config, file: str | None = None) -> Audit:
    """Audit one file, a distribution by its name, in one pass.

    ``path`` is what reports call it; it is read from ``file`` where that is another path. Never
    raises for what the file is or holds: an unreadable file and a crashing rule are failures of
    the result.
    """
    audit = Audit(path)
    distribution = make_distribution(path)
    if distribution is None:
        audit.failures.append(
            Failure("is not a distribution: neither a wheel (.whl) nor an sdist (.tar.gz)", path)
        )
        return audit
    distribution.today = config.today
    collector = _Collector(path, plan)
    ignores = InlineIgnores(distribution, collector.redact) if plan.inline_ignores else None
    try:
        with _open_regular(file or path) as stream:
            for visit in walk(stream, distribution, config.limits):
                _run_on_member(visit, plan, collector, audit.summaries, ignores)
    except OSError as error:
        audit.failures.append(Failure(f"cannot be read: {error.strerror or error}", path))
        return audit
    except Exception as error:
        audit.failures.append(Failure(f"reading it failed ({kind_of(error)}); please report it", path))
    audit.distribution = distribution
    for ready in plan.distributions:
        if isinstance(distribution, ready.rule.subject):
            collector.run(ready, distribution, audit.summaries)
    with suppress(OSError):  # the file is gone by now; its findings stay
        collector.keep_lines(distribution, file or path, config.limits)
    audit.findings = collector.findings({path: distribution})
    audit.failures += collector.failures
    return audit


def _open_regular(path: str) -> BinaryIO:
    """Open a file, but nothing that would block for ever or has no end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(None, "it is not a regular file")
    return open(path, "rb")


def _run_on_member(
    visit: Visit, plan: Plan, collector: _Collector, values: Values, ignores: InlineIgnores | None
) -> None:
    """Run everything that looks at one member. Its content is gone afterwards."""
    member = visit.member
    for window in visit.windows():
        if ignores is not None:
            ignores.look(member, window)
        for kind, rules in plan.views.items():
            view = window.view(kind, member)
            if view is not None:
                for ready in rules:
                    collector.run(ready, view, values, visit, window)
        for summary in plan.summaries:
            view = window.view(summary.subject, member)
            if view is not None:
                _summarise(summary, view, collector, values)
        window.forget()
    visit.close()
    for ready in plan.members:
        collector.run(ready, member, values, visit)


def _summarise(summary: Summary, view: View, collector: _Collector, values: Values) -> None:
    try:
        value = summary.function(view)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"summary {summary.function.__qualname__} crashed ({kind_of(error)}); please report it"
        collector.failures.append(Failure(message, collector.path, view.path))
    else:
        if value is not None:
            found = values.setdefault(summary.result, {})
            earlier = found.get(view.path)
            if earlier is None:
                found[view.path] = value
            elif hasattr(earlier, "joined"):
                found[view.path] = earlier.joined(value)


def audit_release(release: Release, audits: Iterable[Audit], plan: Plan) -> Audit:
    """Run the rules over a release: the distributions of one project that were given together.

    The paths under which a rule finds the summaries are ``distribution path + "/" + member path``.
    """
    return _audit_together(release, release.distributions, plan.releases, audits, plan)


def audit_upload(upload: Upload, audits: Iterable[Audit], plan: Plan) -> Audit:
    """Run the rules over all that was given together; the paths of summaries are as in `audit_release`."""
    foreign = [Other(path, Path(path).name) for path in upload.foreign]
    return _audit_together(upload, [*upload.distributions, *foreign], plan.uploads, audits, plan)


def audit_ignores(ignores: Ignores, plan: Plan) -> Audit:
    """Run the rules over the ignores, once everything else was judged."""
    known = {each.path: each for each in ignores.distributions}
    files = [known.get(path) or Other(path, Path(path).name) for path in ignores.files]
    return _audit_together(ignores, files, plan.ignores, (), plan)


def _audit_together(
    subject: Release | Upload | Ignores,
    distributions: list[Distribution],
    rules: list[Ready],
    audits: Iterable[Audit],
    plan: Plan,
) -> Audit:
    if not distributions or not rules:
        return Audit("")
    merged: Values = {}
    for audit in audits:
        for kind, values in audit.summaries.items():
            merged.setdefault(kind, {}).update(
                {f"{audit.path}/{path}": value for path, value in values.items()}
            )
    first = distributions[0]
    collector = _Collector(first.path, plan)
    for ready in rules:
        collector.run(ready, subject, merged)
    findings = collector.findings({each.path: each for each in distributions})
    return Audit(first.path, findings=findings, failures=collector.failures)
