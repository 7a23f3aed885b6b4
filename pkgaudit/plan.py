"""The rules of an audit, and the arguments of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pkgaudit.config.config import Config
from pkgaudit.finding import Problem
from pkgaudit.model.distribution import Distribution, Release, Summaries, Upload
from pkgaudit.model.ignores import Ignores
from pkgaudit.model.member import Member, View
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


@dataclass
class Plan:
    """The rules of an audit by subject, the summaries that they need, and the functions that find secrets."""

    rules: dict[str, Rule] = field(default_factory=dict)
    """All rules by their names."""
    views: dict[type[View], list[Ready]] = field(default_factory=lambda: defaultdict(list))
    members: list[Ready] = field(default_factory=list)
    distributions: list[Ready] = field(default_factory=list)
    releases: list[Ready] = field(default_factory=list)
    uploads: list[Ready] = field(default_factory=list)
    ignores: list[Ready] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    confidential: list[Confidential] = field(default_factory=list)
    inline_ignores: bool = True

    @classmethod
    def make(cls, registry: Registry, config: Config) -> Plan:
        """Plan an audit with the rules that the configuration selects.

        Raises:
            ConfigError: the options of a rule are invalid.
        """
        plan = cls(
            redactions=list(registry.redactions),
            confidential=list(registry.confidential),
            inline_ignores=config.inline_ignores,
        )
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
            plan.rules[rule.name] = rule
            ready = Ready(rule, options.get(rule.table), config.is_pedantic_about(rule))
            if issubclass(rule.subject, View):
                plan.views[rule.subject].append(ready)
            else:
                next(rules for subject, rules in visited if issubclass(rule.subject, subject)).append(ready)
            for wanted in rule.needs:
                if wanted in registry.summaries:
                    needed[wanted] = registry.summaries[wanted]
        plan.summaries = list(needed.values())
        return plan
