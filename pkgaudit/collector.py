"""Gathers the results of rules and summaries for one input, and converts problems to findings."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pkgaudit.advice import advise
from pkgaudit.advice.advice import joined
from pkgaudit.advice.backend import pyproject_of
from pkgaudit.archive.walk import Visit
from pkgaudit.excerpts import excerpt_of
from pkgaudit.finding import (
    Excerpt,
    Failure,
    Finding,
    Location,
    Problem,
    Setting,
    Suppression,
    SuppressionKind,
    Value,
)
from pkgaudit.inputs.paths import Skipped
from pkgaudit.judged import Judged
from pkgaudit.limits import Limits
from pkgaudit.masks import Pieces
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.member import Member, TextFile, View, Window
from pkgaudit.plan import Plan, Ready, Values
from pkgaudit.regular import open_regular
from pkgaudit.rule import Rule, Summary
from pkgaudit.times import CONCEALING, Times

logger = logging.getLogger(__name__)

MOST_PROBLEMS = 500
"""The most problems that one call of a rule may yield. More come from a broken rule or a hostile archive.

Chosen: more than anybody reads for one rule in one distribution.
"""

UNSHOWN = "{}: the message is not shown, because it could not be searched for secrets"
"""Replaces the message of a rule, with its name, if a redaction failed on it."""


LONGEST_VALUE = 1_000
"""The longest text in ``data``, in characters. Chosen: paths, names and versions are shorter."""

MOST_VALUES = 100
"""The most entries of a list in ``data``. Chosen: messages name a few, and programs rarely need more."""

_LONGEST_NAME = 80
"""The longest text, in characters, that may be the name of another value; messages show as much of a
value."""


class Collector:
    """Gathers the problems of one input until the whole input is known."""

    def __init__(
        self, path: str, plan: Plan, summaries: Values | None = None, pieces: Pieces | None = None
    ) -> None:
        self.path = path
        self.inline_ignores = plan.inline_ignores
        self.redactions = plan.redactions
        self.confidential = plan.confidential
        self.rules = plan.rules
        self.judged = Judged(
            summaries={} if summaries is None else summaries, pieces=Pieces() if pieces is None else pieces
        )
        self.skipped: list[Skipped] = []
        self.times = Times()
        self.is_timed = plan.mode.is_timed
        self._redacted: dict[str, str | None] = {}

    def run(
        self,
        ready: Ready,
        subject: Any,
        judged: Judged | None = None,
        visit: Visit | None = None,
        window: Window | None = None,
    ) -> None:
        """Call a rule; keep its problems or its crash in ``judged``, by default in that of the input."""
        into = self.judged if judged is None else judged
        if not self.is_timed:
            self._run(ready, subject, into, visit, window)
            return
        with self.times.of(ready.rule.name, None if visit is None else visit.member):
            self._run(ready, subject, into, visit, window)

    def _run(
        self, ready: Ready, subject: Any, judged: Judged, visit: Visit | None, window: Window | None
    ) -> None:
        rule = ready.rule
        try:
            for count, problem in enumerate(ready.call(subject, self.judged.summaries)):
                if count == MOST_PROBLEMS:
                    _add_rest(rule, problem, judged)
                    break
                if not isinstance(problem, Problem):
                    raise TypeError("a rule must yield problems")
                suppressed = None
                if problem.pedantic and not ready.is_pedantic:
                    continue
                if problem.inline_reason is not None:
                    if self.inline_ignores:
                        suppressed = Suppression(SuppressionKind.INLINE, problem.inline_reason)
                    problem = replace(problem, inline_reason=None)
                location = problem.location
                if visit and window and location.line is not None and location.member == visit.member.path:
                    judged.lines.keep(window.view(TextFile, visit.member), location)
                judged.add_problem((rule.name, problem), suppressed)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a rule that calls sys.exit() must not end the audit with a pass
            place = visit.member.path if visit else None
            message = crash_of(
                f"rule {rule.code} {rule.name}", error, f" of {rule.function.__module__}", rule.code
            )
            judged.failures.append(Failure(message, self.path, place, rule.code))

    def summarize(self, summary: Summary, view: View, judged: Judged) -> None:
        """Call a summary and keep its value, or its crash, in ``judged``."""
        if not self.is_timed:
            self._summarize(summary, view, judged)
            return
        with self.times.of(f"summary {summary.result.__name__}", view.member):
            self._summarize(summary, view, judged)

    def _summarize(self, summary: Summary, view: View, judged: Judged) -> None:
        try:
            value = summary.function(view)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # as above: the audit goes on, and the failure is reported
            message = crash_of(f"summary {summary.function.__qualname__}", error)
            judged.failures.append(Failure(message, self.path, view.path))
            return
        if value is not None:
            judged.add_summary(summary.result, view.path, value)

    def conceal(self, member: Member, window: Window, judged: Judged) -> None:
        """Keep pieces of the confidential texts in a window of a member, to mask them in all texts."""
        if self.judged.pieces.is_full:
            judged.pieces.is_full = True
            return
        if not self.is_timed:
            self._conceal(member, window, judged)
            return
        with self.times.of(CONCEALING, member):
            self._conceal(member, window, judged)

    def _conceal(self, member: Member, window: Window, judged: Judged) -> None:
        pieces = judged.pieces
        for source in self.confidential:
            try:
                view = window.view(source.subject, member)
                for text in source.function(view) if view is not None else ():
                    pieces.add(text)
                    if pieces.is_full:
                        return
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # the texts are not known, so everything random is masked
                pieces.is_full = True
                what = f"the search for confidential texts {source.function.__qualname__}"
                judged.failures.append(Failure(crash_of(what, error), self.path, member.path))

    def conceal_names(self, distribution: Distribution) -> None:
        """Do the same with the names and comments of the members, which messages may quote too."""
        names = "\n".join([distribution.filename, *distribution.by_path])
        member = Member(Entry("names.txt", EntryType.FILE), distribution.kind)
        self.conceal(member, Window(names.encode("utf-8", "surrogateescape")), self.judged)
        for _, comment in distribution.comments:
            self.conceal(member, Window(comment), self.judged)

    def forget_copies(self, distribution: Distribution) -> None:
        """Drop the summaries of copies whose originals have them too, to count each only once."""
        for copy, original in distribution.copies.items():
            for values in self.judged.summaries.values():
                if original in values:
                    values.pop(copy, None)

    def keep_lines(self, distribution: Distribution, file: str, limits: Limits) -> None:
        """Keep the lines of problems from rules over the whole distribution."""
        places = [each.location for _, each in self.judged.problems if each.distribution in (None, self.path)]
        rest = self.judged.lines.keep_of(distribution, places)
        if rest:
            with open_regular(file) as stream:
                self.judged.lines.look_again(stream, self.path, limits, rest)

    def findings(self, distributions: Mapping[str, Distribution]) -> list[Finding]:
        """Return the findings; each is in the distribution that its problem names, or the collector's own."""
        seen: Counter[str] = Counter()
        secret = {
            (each.location.member, each.location.line)
            for name, each in self.judged.problems
            # Content with a digest is not shown either, even if its rule is not confidential.
            if self.rules[name].confidential or each.digest is not None
        }
        # A confidential rule over the whole distribution reports files with credentials.
        private = {
            each.location.member
            for name, each in self.judged.problems
            if self.rules[name].confidential and not issubclass(self.rules[name].subject, View)
        }
        words = {(name, each.location.member, _identity(each)) for name, each in self.judged.problems}
        found = []
        for (name, problem), suppressed in self.judged.problems.items():
            rule = self.rules[name]
            distribution = distributions.get(problem.distribution or self.path) or distributions[self.path]
            original = distribution.copies.get(problem.location.member or "")
            if original is not None and (name, original, _identity(problem)) in words:
                continue  # the finding on the original has its lines and its comments
            message = self.redact(problem.message, rule)
            fix, settings = self._fix(problem, distribution, rule)
            location = problem.location
            if problem.unjudged:
                where = f"{distribution.path}: {location.member}" if location.member else distribution.path
                self.skipped.append(Skipped(where, UNSHOWN.format(rule.name) if message is None else message))
                continue
            is_secret = (location.member, location.line) in secret
            is_private = location.member in private
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
                    problem.digest,
                    excerpt=self._excerpt(problem, rule, is_private or is_secret),
                    baseline_hashes=problem.baseline_hashes,
                    cause=problem.cause,
                    data=self._redact_data(
                        problem, rule, is_private or (is_secret and location.line is not None)
                    ),
                    remedy=None if isinstance(problem.fix, str) else problem.fix,
                    settings=settings,
                    confirms=problem.confirms,
                )
            )
        return found

    def _fix(
        self, problem: Problem, distribution: Distribution, rule: Rule
    ) -> tuple[str | None, tuple[Setting, ...]]:
        """Return what to do, redacted, and what that says to paste, unless it had to be redacted."""
        if problem.fix is None or isinstance(problem.fix, str):
            return (None if problem.fix is None else self.redact(problem.fix, rule)), ()
        steps = advise(problem.fix, distribution)
        words = joined(steps, pyproject_of(distribution))
        fix = self.redact(words, rule)
        return fix, tuple(setting for each in steps for setting in each.settings) if fix == words else ()

    def _redact_data(self, problem: Problem, rule: Rule, is_secret: bool) -> dict[str, Value]:
        """Return the values of a problem, bounded and without secrets.

        Redactions recognize some secrets by their context. So each text is also tried as a part of the
        message and, except for texts in lists, which would take long, beside the other texts of the data; a
        text that is masked there is left out. If a rule on secrets reports the place, other rules show no
        texts for it.
        """
        if not problem.data:
            return {}
        names = [
            each for each in problem.data.values() if isinstance(each, str) and len(each) <= _LONGEST_NAME
        ]
        said = f"{problem.message} {problem.fix if isinstance(problem.fix, str) else ''}"
        shown = self.redact(said, rule) or ""
        is_hidden = is_secret and not rule.confidential and problem.digest is None

        def clean(text: str, names: Sequence[str] = ()) -> str | None:
            if is_hidden:
                return None
            # Cut first: redactions recognize a cut secret only if it ends in "…".
            text = text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
            redacted = self.redact(text, rule)
            if redacted != text:
                return redacted
            is_masked = text in said and text not in shown
            beside = [self.redact(f"{name} = {text}", rule) or "" for name in names if name != text]
            return None if is_masked or not all(each.endswith(text) for each in beside) else text

        return {
            key: clean(value, names) if isinstance(value, str) else _each_text(value, clean)
            for key, value in problem.data.items()
        }

    def _excerpt(self, problem: Problem, rule: Rule, is_secret: bool) -> Excerpt | None:
        """Return the excerpt of a problem; ``is_secret``: a rule reports a secret in its line."""

        def masked(text: str) -> str | None:
            return self.redact(text, rule)

        if problem.excerpt:
            return excerpt_of(problem.excerpt, masked)
        return self.judged.lines.excerpt(problem.location, masked, is_secret)

    def redact(self, text: str, rule: Rule | None = None) -> str | None:
        """Return a text, of a rule or of the archive, without secrets; None if a redaction fails."""
        if text not in self._redacted:
            self._redacted[text] = self._through_all(text, rule)
        redacted = self._redacted[text]
        return None if redacted is None else self.judged.pieces.masked(redacted)

    def _through_all(self, text: str, rule: Rule | None) -> str | None:
        for function in self.redactions:
            try:
                text = function(text)
                if not isinstance(text, str):
                    raise TypeError("a redaction must return a text")
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # the text may contain a secret, so it is not shown
                name = f"{function.__qualname__} of {function.__module__}"
                whose = f"rule {rule.code} {rule.name}" if rule else "the archive"
                message = (
                    f"redaction {name} crashed on a text of {whose} ({kind_of(error)}); please report it"
                )
                failure = Failure(message, self.path, None, rule.code if rule else None)
                if failure not in self.judged.failures:
                    self.judged.failures.append(failure)
                return None
        return text


def _add_rest(rule: Rule, problem: Problem, judged: Judged) -> None:
    """Add a problem for those that are not listed, with the worst severity of the listed ones."""
    mine = [each for name, each in judged.problems if name == rule.name]
    worst = max(each.severity or rule.severity for each in mine[-MOST_PROBLEMS:])
    member = Location(problem.location.member)
    message = f"more than {MOST_PROBLEMS} problems of this kind were found; the rest is not listed"
    rest = Problem(message, member, severity=worst, key="rest", distribution=problem.distribution)
    judged.problems.setdefault((rule.name, rest), None)


def _identity(problem: Problem) -> tuple[str, str | None]:
    """Return the value that is equal for the problems of one rule in a file and in its copy."""
    return problem.key or problem.message, problem.digest


def _each_text(value: Value, change: Callable[[str], str | None]) -> Value:
    """Return a list with its texts changed, without those that become None; other values unchanged."""
    if isinstance(value, (list, tuple)):
        changed = [change(each) if isinstance(each, str) else each for each in value[:MOST_VALUES]]
        return [each for each in changed if each is not None]
    return value


def crash_of(what: str, error: BaseException, home: str = "", code: str | None = None) -> str:
    """Return the message for an exception: a lack of memory, a missing library, or else a bug in pkgaudit."""
    if isinstance(error, MemoryError):
        return f"{what}{home} had too little memory; its findings are missing"
    return _missing(error, what, code) or f"{what}{home} crashed ({kind_of(error)}); please report it"


def _missing(error: BaseException, what: str, code: str | None = None) -> str | None:
    """Say that a library is missing or does not load, if that raised an error: no rule is at fault then."""
    if not isinstance(error, ImportError) or not error.name:
        return None
    library = error.name.partition(".")[0]
    # A module of pkgaudit that is missing is a fault, and so is a name that a library that is there lacks.
    if library == "pkgaudit" or (not isinstance(error, ModuleNotFoundError) and not _is_compiled(error)):
        return None
    without = f", or leave the rule out with '--ignore {code}'" if code else ""
    return f"{what} cannot run: the library {library} is missing, or does not load here; install it{without}"


def _is_compiled(error: ImportError) -> bool:
    """Return whether it was an extension module that did not load."""
    return error.path is not None and error.path.endswith((".so", ".pyd", ".dylib", ".dll"))


def kind_of(error: BaseException) -> str:
    """Return the type and place of an exception. Its message is left out, because it may quote a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def _fingerprint(rule: Rule, problem: Problem, distribution: Distribution, seen: Counter[str]) -> str:
    """Return the identity of a finding across releases; it depends on neither version nor line."""
    member = distribution.without_version(problem.location.member or "")
    basis = "\0".join(
        (
            rule.first_code,
            distribution.project,
            distribution.kind.value,
            member,
            problem.key or problem.message,
        )
    )
    seen[basis] += 1
    return hashlib.sha256(f"{basis}\0{seen[basis]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
