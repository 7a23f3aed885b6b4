"""The rules of an audit, and the arguments of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, get_args

from pkgaudit.config.config import Config
from pkgaudit.finding import Problem
from pkgaudit.model.capabilities import Capabilities
from pkgaudit.model.distribution import Distribution, Release, Sdist, Summaries, Update, Upload, Wheel
from pkgaudit.model.entry import ArchiveKind
from pkgaudit.model.files import Files, suffix_of
from pkgaudit.model.member import Member, View, Window
from pkgaudit.model.subject import RunSubject
from pkgaudit.rule import Confidential, Redaction, Registry, Rule, Summary

Values = dict[Any, dict[str, Any]]
"""Summaries by their type, then by member path."""


@dataclass(frozen=True)
class Ready:
    """A rule with its options. ``is_pedantic`` says whether its pedantic problems count."""

    rule: Rule
    options: Any = None
    is_pedantic: bool = True

    def call(self, subject: Any, values: Values) -> Iterator[Problem]:
        """Call the rule on its subject."""
        if not self.rule.arguments:
            return self.rule.function(subject)
        arguments = {
            name: self.options if kind is self.rule.options else Summaries(values.get(get_args(kind)[0]))
            for name, kind in self.rule.arguments
        }
        return self.rule.function(subject, **arguments)


class Mode(NamedTuple):
    """How distributions are audited, whatever the rules.

    ``is_timed``: the time of each rule is measured. ``wants_blake2b``: the BLAKE2b digest of each
    distribution is computed, which only one report needs. ``are_copies``: a distribution that is read from
    another path than that in reports is a copy of a given file, and was not built for the audit.
    ``wants_capabilities``: the reports show the capabilities of the distributions. ``are_old``: the
    distributions are of an earlier release, and only read for the comparison with it.
    """

    is_timed: bool = False
    wants_blake2b: bool = False
    are_copies: bool = False
    wants_capabilities: bool = False
    are_old: bool = False

    def was_built(self, path: str, file: str | None) -> bool:
        """Return whether a file was built for the audit, by its path in reports and that of its content."""
        return file not in (None, path) and not self.are_copies


class Chosen:
    """What an audit calls on a member: rules and summaries on its content, in order, and rules on itself."""

    def __init__(
        self, views: dict[type[View], list[Ready]], summaries: list[Summary], members: list[Ready]
    ) -> None:
        self.views = views
        self.summaries = summaries
        self.members = members
        files = (
            *(each.rule.files for rules in views.values() for each in rules),
            *(each.files for each in summaries),
        )
        self._signs = tuple(dict.fromkeys(each for each in files if each.have_signs))
        """The declarations that depend on the content."""
        self._within: dict[tuple[bool, ...], Chosen] = {}

    def within(self, window: Window) -> Chosen:
        """Return what is called on a window of the member."""
        if not self._signs:
            return self
        key = tuple(each.have(window) for each in self._signs)
        if key not in self._within:
            without = {files for files, has in zip(self._signs, key, strict=True) if not has}
            views = {
                subject: found
                for subject, rules in self.views.items()
                if (found := [each for each in rules if each.rule.files not in without])
            }
            summaries = [each for each in self.summaries if each.files not in without]
            self._within[key] = Chosen(views, summaries, self.members)
        return self._within[key]


@dataclass
class Plan:
    """The rules of an audit by subject, the summaries that they need, and the functions that find secrets."""

    rules: dict[str, Rule] = field(default_factory=dict)
    """All rules by their names."""
    views: dict[type[View], list[Ready]] = field(default_factory=lambda: defaultdict(list))
    members: list[Ready] = field(default_factory=list)
    distributions: list[Ready] = field(default_factory=list)
    releases: list[Ready] = field(default_factory=list)
    updates: list[Ready] = field(default_factory=list)
    uploads: list[Ready] = field(default_factory=list)
    others: dict[type[RunSubject], list[Ready]] = field(default_factory=lambda: defaultdict(list))
    summaries: list[Summary] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    confidential: list[Confidential] = field(default_factory=list)
    inline_ignores: bool = True
    mode: Mode = field(default_factory=Mode)
    archives: dict[Any, set[ArchiveKind]] = field(default_factory=dict)
    """The kinds of distributions whose rules need a summary, by its type; both if it is not listed."""
    _chosen: dict[tuple[str, bool, ArchiveKind], Chosen] = field(default_factory=dict)

    @cached_property
    def kept_summaries(self) -> frozenset[Any]:
        """The types of the summaries that rules over several distributions need."""
        rules = (*self.releases, *self.updates, *self.uploads)
        return frozenset(kind for each in rules for kind in each.rule.needs)

    def for_old(self) -> Plan:
        """Return the plan for the files of earlier releases: no rule, and what the comparison needs."""
        needed = frozenset(kind for each in self.updates for kind in each.rule.needs)
        return Plan(
            updates=self.updates,
            summaries=[each for each in self.summaries if each.result in needed],
            redactions=self.redactions,
            confidential=self.confidential,
            inline_ignores=False,
            mode=self.mode._replace(are_old=True),
        )

    @classmethod
    def make(
        cls, registry: Registry, config: Config, rules: Iterable[Rule] | None = None, mode: Mode | None = None
    ) -> Plan:
        """Plan an audit with these rules, by default all that the configuration selects.

        A rule that works only with an option that is not set is not called, and needs no summaries.

        Raises:
            ConfigError: the options of a rule are invalid.
        """
        plan = cls(
            redactions=list(registry.redactions),
            confidential=list(registry.confidential),
            inline_ignores=config.inline_ignores,
            mode=mode or Mode(),
        )
        visited: tuple[tuple[type, list[Ready]], ...] = (
            (Member, plan.members),
            (Distribution, plan.distributions),
            (Release, plan.releases),
            (Update, plan.updates),
            (Upload, plan.uploads),
        )
        needed: dict[Any, Summary] = {}
        options: dict[str, Any] = {}
        for rule in config.selected(registry) if rules is None else rules:
            if rule.options is not None and rule.table not in options:
                options[rule.table] = config.options_of(rule)
            plan.rules[rule.name] = rule
            if not rule.works_with(options.get(rule.table)):
                continue
            ready = Ready(rule, options.get(rule.table), config.is_pedantic_about(rule))
            if issubclass(rule.subject, View):
                plan.views[rule.subject].append(ready)
            elif issubclass(rule.subject, RunSubject):
                plan.others[rule.subject].append(ready)
            else:
                next(rules for subject, rules in visited if issubclass(rule.subject, subject)).append(ready)
            for wanted in rule.needs:
                if wanted in registry.summaries:
                    needed[wanted] = registry.summaries[wanted]
                    plan.archives.setdefault(wanted, set()).update(_archives_of(rule))
        if plan.mode.wants_capabilities and Capabilities in registry.summaries:
            needed[Capabilities] = registry.summaries[Capabilities]
            plan.archives[Capabilities] = set(ArchiveKind)
        plan.summaries = list(needed.values())
        return plan

    @property
    def shows_capabilities(self) -> bool:
        """Whether the reports show the capabilities of the distributions."""
        return self.mode.wants_capabilities and Capabilities in self.archives

    def group_of(self, name: str) -> str:
        """Return the group of a rule or summary in the times of an audit; the name of other work stays."""
        return self._groups.get(name, name)

    @cached_property
    def _groups(self) -> dict[str, str]:
        rules = {name: (rule.code[:2], rule.function) for name, rule in self.rules.items()}
        families = {_package_of(function): family for family, function in rules.values()}
        groups = {name: f"{family} rules" for name, (family, _) in rules.items()}
        for each in self.summaries:
            package = _package_of(each.function)
            groups[f"summary {each.result.__name__}"] = f"{families.get(package, package)} rules"
        return groups

    def for_member(self, member: Member) -> Chosen:
        """Return what is called on a member, by its name, its nesting and the kind of its distribution."""
        name = member.name
        if name not in self._names:
            # A declared suffix stands for it, so the number of choices does not depend on the archive.
            suffix = suffix_of(name)
            name = f"*{suffix}" if suffix in self._suffixes else "*"
        key = name, member.is_nested, member.archive
        if key not in self._chosen:
            self._chosen[key] = self._choose(*key)
        return self._chosen[key]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(name for each in self._files() for name in each.names)

    @cached_property
    def _suffixes(self) -> frozenset[str]:
        return frozenset(suffix for each in self._files() for suffix in each.suffixes)

    def _files(self) -> Iterator[Files]:
        for rules in (*self.views.values(), self.members):
            yield from (each.rule.files for each in rules)
        yield from (each.files for each in self.summaries)

    def _choose(self, name: str, is_nested: bool, archive: ArchiveKind) -> Chosen:
        def is_seen(files: Files) -> bool:
            return files.are_named(name) and (files.nested or not is_nested)

        views = {
            subject: found
            for subject, rules in self.views.items()
            if (found := [each for each in rules if is_seen(each.rule.files)])
        }
        summaries = [
            each
            for each in self.summaries
            if archive in self.archives.get(each.result, ArchiveKind) and is_seen(each.files)
        ]
        members = [each for each in self.members if is_seen(each.rule.files)]
        return Chosen(views, summaries, members)


def _package_of(function: Callable[..., Any]) -> str:
    """Return the package of a rule, which is that of its family."""
    return function.__module__.rpartition(".")[0] or function.__module__


def _archives_of(rule: Rule) -> Iterable[ArchiveKind]:
    """Return the kinds of distributions whose summaries a rule needs."""
    for subject, kind in ((Sdist, ArchiveKind.SDIST), (Wheel, ArchiveKind.WHEEL)):
        if issubclass(rule.subject, subject):
            return (kind,)
    return ArchiveKind
