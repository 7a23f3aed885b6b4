"""What the rules and summaries said about one subject, such as the content of a member."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pkgaudit.excerpts import Lines
from pkgaudit.finding import Failure, Problem, Suppression
from pkgaudit.masks import Pieces


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
