"""What the rules and summaries said about one subject, such as the content of a member, and one input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pkgaudit.excerpts import Lines
from pkgaudit.finding import Failure, Finding, Problem, Suppression
from pkgaudit.inputs.paths import Skipped
from pkgaudit.masks import Pieces
from pkgaudit.model.distribution import Distribution
from pkgaudit.plan import Plan, Values


@dataclass
class Judged:
    """The results of all rules, summaries and searches for confidential texts on one subject."""

    problems: dict[tuple[str, Problem], Suppression | None] = field(default_factory=dict)
    """The problems with the names of their rules, and the inline comments that suppress them."""
    lines: Lines = field(default_factory=Lines)
    """The lines of the problems."""
    summaries: dict[Any, dict[str, Any]] = field(default_factory=dict)
    """Summaries by their type, then by member path."""
    pieces: Pieces = field(default_factory=Pieces)
    """Pieces of the confidential texts."""
    failures: list[Failure] = field(default_factory=list)
    is_unparsed: bool = False
    """Whether it is Python that could not be parsed."""
    has_mark: bool = False
    """Whether it may have comments with ignores."""

    def add_problem(self, found: tuple[str, Problem], suppression: Suppression | None) -> None:
        """Add a problem of a rule, unless it is known.

        Windows of a large member overlap: two equal problems are one, and one window may not contain the
        comment on it.
        """
        self.problems[found] = self.problems.get(found) or suppression

    def add_summary(self, kind: Any, path: str, value: Any) -> None:
        """Add the summary of a member, or join it with that of another window."""
        known = self.summaries.setdefault(kind, {})
        earlier = known.get(path)
        if earlier is None:
            known[path] = value
        elif hasattr(earlier, "joined"):
            known[path] = earlier.joined(value)

    def add(self, other: Judged) -> None:
        """Add what was said about another subject."""
        for found, suppression in other.problems.items():
            self.add_problem(found, suppression)
        for kind, values in other.summaries.items():
            for path, value in values.items():
                self.add_summary(kind, path, value)
        self.lines.update(other.lines)
        self.pieces.update(other.pieces)
        self.failures += other.failures


@dataclass
class Audit:
    """The audit of one input. ``distribution`` is None if the input could not be read."""

    path: str
    distribution: Distribution | None = None
    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    """What rules could not judge, and why."""
    summaries: Values = field(default_factory=dict)
    pieces: Pieces = field(default_factory=Pieces)
    """Pieces of the confidential texts in it."""
    seconds: dict[str, float] = field(default_factory=dict)
    """The CPU time of each rule in seconds, by its name, and of other work (see `pkgaudit.times`), if it is
    measured."""

    def forget(self, plan: Plan) -> None:
        """Drop what only the rules over a distribution need, so thousands of audits fit into memory."""
        self.summaries = {kind: each for kind, each in self.summaries.items() if kind in plan.kept_summaries}
        if self.distribution is not None:
            self.distribution.forget()
