"""Suppressions of findings by comments, globs and hashes, and the use of each ignore."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from pkgaudit.config.config import Config
from pkgaudit.config.ignores import SHORTEST_HASH, Allow, Ignore, ScopedIgnore
from pkgaudit.finding import Finding, Location, Suppression, SuppressionKind
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Distribution, InlineIgnore, Release, Update, Upload
from pkgaudit.model.ignores import IgnoreUsage, Scope, Selector
from pkgaudit.model.member import Member, View, authored_path
from pkgaudit.model.patterns import user_patterns
from pkgaudit.model.subject import RunSubject
from pkgaudit.rule import Registry, Rule

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass
class _Inline:
    """A comment; ``used`` are its selectors that suppressed a finding."""

    ignore: InlineIgnore
    distribution: str
    used: set[str] = field(default_factory=set)


@dataclass
class _Scoped:
    """An ignore with its glob: gitignore-style for members, with or without the sdist's root folder."""

    scoped: ScopedIgnore
    by: SuppressionKind
    is_own: bool
    """Whether it is in the configuration file, not on the command line."""
    used: set[str] = field(default_factory=set)

    @property
    def ignore(self) -> Ignore:
        return self.scoped.ignore

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        return user_patterns([self.scoped.glob])

    def matches(self, finding: Finding) -> bool:
        if self.by is SuppressionKind.PER_DISTRIBUTION:
            return self.matches_file(finding.distribution)
        return finding.location.member is not None and self.matches_member(finding.location.member)

    def matches_file(self, path: str) -> bool:
        return fnmatchcase(PurePath(path).name, self.scoped.glob)

    def matches_member(self, member: str) -> bool:
        paths = dict.fromkeys((member, authored_path(member)))
        return any(
            self.spec.match_file(path) or self.spec.match_file(path.partition("/")[2]) for path in paths
        )

    def matches_any(self, distributions: Iterable[Distribution]) -> bool:
        if self.by is SuppressionKind.PER_DISTRIBUTION:
            return any(self.matches_file(each.path) for each in distributions)
        members = {
            entry.path
            for each in distributions
            for entries in (each.entries, each.nested)
            for entry in entries
        }
        return any(map(self.matches_member, members))


class Suppressions:
    """All ignores except baselines, in the order of their precedence."""

    def __init__(self, config: Config, registry: Registry) -> None:
        self._config = config
        self._registry = registry
        self._file = config.file or config
        self._rules: dict[str, list[Rule]] = {}
        self._inline: dict[tuple[str, str | None, int | None], _Inline] = {}
        self._scoped = [
            _Scoped(scoped, by, number < len(own))
            for by, given, own in (
                (SuppressionKind.PER_FILE, config.per_file_ignores, self._file.per_file_ignores),
                (
                    SuppressionKind.PER_DISTRIBUTION,
                    config.per_distribution_ignores,
                    self._file.per_distribution_ignores,
                ),
            )
            for number, scoped in enumerate(given)
        ]
        self._active = [each for each in self._scoped if not each.ignore.is_expired(config.today)]
        self._allows: dict[str, list[Allow]] = {}
        self._allowed: set[str] = set()
        for allow in config.allow:
            if not allow.is_expired(config.today):
                self._allows.setdefault(allow.hash[:SHORTEST_HASH], []).append(allow)

    def add_inline(self, distribution: Distribution) -> None:
        """Add the comments in a distribution."""
        for each in distribution.inline_ignores:
            key = (distribution.path, each.location.member, each.location.line)
            self._inline[key] = _Inline(each, distribution.path)

    def judge(self, finding: Finding, rule: Rule) -> Suppression | None:
        """Return the first suppression of a finding, and record the use of all that match."""
        found: list[Suppression] = []
        location = finding.location
        comment = self._inline.get((finding.distribution, location.member, location.line))
        if comment and (words := self._naming(comment.ignore.words, rule)):
            comment.used |= words
            found.append(Suppression(SuppressionKind.INLINE, comment.ignore.reason))
        for scoped in self._active:
            words = self._naming(scoped.ignore.rules, rule)
            if words and scoped.matches(finding):
                scoped.used |= words
                found.append(Suppression(scoped.by, scoped.ignore.reason))
        for allow in self._allows.get((finding.digest or "")[:SHORTEST_HASH], ()):
            if finding.digest is not None and finding.digest.startswith(allow.hash):
                self._allowed.add(allow.hash)
                found.append(Suppression(SuppressionKind.ALLOW, allow.reason))
        return found[0] if found else None

    def _naming(self, words: Iterable[str], rule: Rule) -> set[str]:
        return {word for word in words if rule in self._named(word)}

    def _named(self, word: str) -> list[Rule]:
        if word not in self._rules:
            self._rules[word] = self._registry.find(word)
        return self._rules[word]

    @cached_property
    def _running(self) -> frozenset[str]:
        return frozenset(rule.name for rule in self._config.selected(self._registry))

    @cached_property
    def is_narrowed(self) -> bool:
        """Whether the command line deselects rules of the configuration file, or changes their options."""
        if self._file is self._config:
            return False
        usual = {rule.name for rule in self._file.selected(self._registry)}
        return not usual <= self._running or self._config.options != self._file.options

    def ran(self, word: str) -> Scope | None:
        """Return the widest subject that the rules of a selector need, None unless all ran as usual."""
        rules = self._named(word)
        ran = [
            rule.name in self._running
            and not issubclass(rule.subject, RunSubject)
            and self._config.options.get(rule.table) == self._file.options.get(rule.table)
            for rule in rules
        ]
        return max(map(_scope, rules)) if rules and all(ran) else None

    def _word(self, word: str, used: bool) -> Selector:
        scope = self.ran(word)
        return Selector(word, used, bool(self._named(word)), scope is not None, scope or Scope.MEMBER)

    def uses(self, distributions: list[Distribution]) -> list[IgnoreUsage]:
        """Return the use of each ignore, except those on the command line."""
        return [*self._inline_uses(), *self._config_uses(distributions)]

    def _inline_uses(self) -> Iterable[IgnoreUsage]:
        for each in self._inline.values():
            words = tuple(self._word(word, word in each.used) for word in each.ignore.words)
            yield IgnoreUsage(
                SuppressionKind.INLINE, each.distribution, each.ignore.location, words, inline=each.ignore
            )

    def _config_uses(self, distributions: list[Distribution]) -> Iterable[IgnoreUsage]:
        source = self._file.source
        if source is None:
            return
        today = self._config.today
        for scoped in self._scoped:
            if scoped.is_own:
                ignore, glob = scoped.ignore, scoped.scoped.glob
                words = tuple(self._word(word, word in scoped.used) for word in ignore.rules)
                place = self._place(glob)
                matched = bool(scoped.used) or scoped.matches_any(distributions)
                expired = ignore.is_expired(today)
                yield IgnoreUsage(scoped.by, source, place, words, glob, matched, ignore.until, expired)
        for allow in self._file.allow:
            words = (Selector(allow.hash, allow.hash in self._allowed),)
            place, expired = self._place(allow.hash), allow.is_expired(today)
            yield IgnoreUsage(SuppressionKind.ALLOW, source, place, words, until=allow.until, expired=expired)
        for layer in self._file.layers:
            for ignore in layer.ignore:  # their rules do not run, so their use is unknown
                words = tuple(Selector(word, True) for word in ignore.rules)
                place, expired = self._place(str(ignore.until)), ignore.is_expired(today)
                yield IgnoreUsage(
                    SuppressionKind.IGNORE, source, place, words, until=ignore.until, expired=expired
                )

    def _place(self, needle: str) -> Location:
        """Return the line of an entry in the configuration, if it is unique."""
        lines = [number for number, line in enumerate(self._file.lines, 1) if needle in line]
        return Location(None, lines[0] if len(lines) == 1 else None)


def _scope(rule: Rule) -> Scope:
    if issubclass(rule.subject, (Member, View)):
        return Scope.MEMBER
    return Scope.RELEASE if issubclass(rule.subject, (Release, Update, Upload)) else Scope.DISTRIBUTION
