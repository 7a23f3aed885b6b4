"""The configuration: read from the current project and checked, and never read from an archive."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pkgaudit.config.gate import GateSettings
from pkgaudit.config.ignores import SHORTEST_HASH as SHORTEST_HASH
from pkgaudit.config.ignores import Allow as Allow
from pkgaudit.config.ignores import Ignore as Ignore
from pkgaudit.config.ignores import ScopedIgnore as ScopedIgnore
from pkgaudit.config.ignores import parse_allows, parse_ignores, parse_scoped
from pkgaudit.config.table import ConfigError as ConfigError
from pkgaudit.config.table import convert, fill, nearest
from pkgaudit.config.trying import TrySettings
from pkgaudit.finding import Severity
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Update
from pkgaudit.model.handover import Handover
from pkgaudit.model.patterns import user_patterns
from pkgaudit.model.tries import Tries
from pkgaudit.rule import NAMED, Registry, Rule, weight_of

PROFILES = ("default", "pypi", "private")
"""``default`` runs every rule, ``pypi`` only rules that predict a rejection by PyPI, and ``private`` skips
rules that apply to PyPI only."""


@dataclass(frozen=True)
class Selectors:
    """The selectors of one layer, the file or the command line; the later layer wins."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[Ignore, ...] = ()


@dataclass(frozen=True)
class Config:
    """All settings of the user.

    ``source`` is the path of the file, for messages, and ``lines`` are its lines. ``severity`` maps selectors
    to severities. ``options`` has the raw tables of options by table name. ``against`` has the paths of
    earlier releases, ``baseline`` those of the baselines, and ``vulndb`` that of the advisory data, None
    without. ``file`` is the configuration of the file without the command line, None if this is it.
    """

    source: str | None = None
    layers: tuple[Selectors, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: Severity = Severity.ERROR
    profile: str = "default"
    pedantic: bool = False
    preview: bool = False
    inline_ignores: bool = True
    per_file_ignores: tuple[ScopedIgnore, ...] = ()
    per_distribution_ignores: tuple[ScopedIgnore, ...] = ()
    limits: Limits = field(default_factory=Limits)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    allow: tuple[Allow, ...] = ()
    against: tuple[Path, ...] = ()
    baseline: tuple[Path, ...] = ()
    vulndb: Path | None = None
    cache: bool = False
    gate: GateSettings = field(default_factory=GateSettings)
    trying: TrySettings = field(default_factory=TrySettings)
    today: datetime.date = field(default_factory=datetime.date.today)
    lines: tuple[str, ...] = field(default=(), repr=False)
    file: Config | None = None

    @cached_property
    def name(self) -> str:
        """The name of the configuration in messages."""
        return self.source or "the command line"

    def validate(self, registry: Registry) -> None:
        """Check every selector and every rule's options against the installed rules.

        Raises:
            ConfigError: a selector, table, key or value is invalid; the message suggests a similar valid one.
        """
        for _, selectors in self.selections():
            self._check_selectors(selectors, registry)
        for scoped in self.per_file_ignores:
            _check_pattern(scoped.glob, f"{self.name}: per-file-ignores")
        tables = {table: each for each in registry for table in (*each.former_tables, each.table)}
        for table in self.options:
            if table not in tables:
                for each in registry:
                    if table == each.name or table.upper() == each.code:
                        raise ConfigError(
                            f"{self.name}: the options of {each.code if table != each.name else repr(table)} "
                            f"belong in the table {each.table!r}"
                        )
                if table == "tool":
                    raise ConfigError(
                        f"{self.name}: unknown key 'tool'; only pyproject.toml has the table "
                        "[tool.pkgaudit], other files have its keys at the top level"
                    )
                known = [*_KEYS, *tables]
                raise ConfigError(f"{self.name}: unknown key {table!r}{nearest(table, known)}")
            self.options_of(tables[table])

    def selections(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each key with the rule selectors of its list or table."""
        for layer in self.layers:
            yield "select", (*(layer.select or ()), *layer.extend_select)
            yield "ignore", tuple(each for ignore in layer.ignore for each in ignore.rules)
        yield "severity", tuple(self.severity)
        for scoped in self.per_file_ignores:
            yield "per-file-ignores", scoped.ignore.rules
        for scoped in self.per_distribution_ignores:
            yield "per-distribution-ignores", scoped.ignore.rules

    def canonical(self, registry: Registry) -> str:
        """Return everything that changes a verdict as JSON, the same text for the same effect.

        Paths, and settings for speed and for reports, are not in it. Of a baseline and of advisory data, only
        the content counts.

        Raises:
            ConfigError: such a file cannot be read, or the options of a rule are invalid.
        """
        rules = {}
        for rule in self.selected(registry):
            # Such rules judge the command of the gate, and what happened on one machine.
            if rule.subject in (Handover, Tries):
                continue
            options = self.options_of(rule)
            rules[rule.name] = {
                "severity": str(self.severity_of(rule) or ""),
                "pedantic": self.is_pedantic_about(rule),
                "options": None if options is None else asdict(options),
            }
        return _as_json(
            {
                "rules": rules,
                "fail-on": str(self.fail_on),
                "profile": self.profile,
                "inline-ignores": self.inline_ignores,
                "per-file-ignores": self._scoped(self.per_file_ignores),
                "per-distribution-ignores": self._scoped(self.per_distribution_ignores),
                "limits": asdict(self.limits),
                "allow": sorted(
                    {each.hash.lower() for each in self.allow if not each.is_expired(self.today)}
                ),
                "baseline": sorted(_digest_of(each) for each in self.baseline),
                "vulndb": None if self.vulndb is None else _digest_of(self.vulndb),
                "publisher": self.gate.publisher,
            }
        )

    def digest(self, registry: Registry) -> str:
        """Return the sha256 of the canonical form, by which two audits have the same configuration.

        Raises:
            ConfigError: as `canonical` says.
        """
        return hashlib.sha256(self.canonical(registry).encode("ascii")).hexdigest()

    def _scoped(self, ignores: Iterable[ScopedIgnore]) -> list[list[str]]:
        return sorted(
            [each.glob, *sorted(each.ignore.rules)]
            for each in ignores
            if not each.ignore.is_expired(self.today)
        )

    def _check_selectors(self, selectors: Iterable[str], registry: Registry) -> None:
        for selector in selectors:
            if not registry.find(selector):
                raise ConfigError(
                    f"{self.name}: no rule is called {selector!r}{registry.nearest(selector)}; "
                    "'pkgaudit rules' lists all rules"
                )

    def selected(self, registry: Registry) -> list[Rule]:
        """Return the rules to run.

        A later layer overrides an earlier one. Within a layer the more specific selector wins, and of two
        equally specific ones the ignore.
        """
        return [rule for rule in registry if self.left_out(rule) is None]

    def left_out(self, rule: Rule) -> str | None:
        """Return why a rule does not run, None if it does."""
        if issubclass(rule.subject, Update) and not self.against:
            return "no earlier release was given"
        if not (self._is_in_profile(rule) or self._is_added(rule)):
            return f"the profile {self.profile!r} excludes it"
        wanted, unwanted = self._weights(rule)
        if wanted is None:
            if self._is_offered(rule):
                return "it is not selected"
            return "it is pedantic" if rule.pedantic and not self.pedantic else "it is a preview rule"
        return None if wanted > unwanted else "it is ignored"

    def is_ignored_by_name(self, rule: Rule) -> bool:
        """Return whether an ignore in force has the code or the name of a rule, not only a prefix."""
        wanted, unwanted = self._weights(rule)
        return unwanted[1] >= NAMED and unwanted > (wanted or (-1, 0))

    def is_pedantic_about(self, rule: Rule) -> bool:
        """Return whether pedantic problems of a rule are reported: for all rules, or if the rule is named."""
        return self.pedantic or any(
            (weight_of(selector, rule) or 0) >= NAMED
            for layer in self.layers
            for selector in (*(layer.select or ()), *layer.extend_select)
        )

    def _is_added(self, rule: Rule) -> bool:
        """Whether ``extend-select`` adds the rule itself to those of the profile."""
        return any(
            (weight_of(selector, rule) or 0) >= NAMED
            for layer in self.layers
            for selector in layer.extend_select
        )

    def _is_in_profile(self, rule: Rule) -> bool:
        if self.profile == "pypi":
            return rule.index
        return self.profile != "private" or not rule.pypi_only

    def _is_offered(self, rule: Rule) -> bool:
        """Whether a rule runs without being selected by its own code or name."""
        return (self.pedantic or not rule.pedantic) and (self.preview or not rule.preview)

    def _weights(self, rule: Rule) -> tuple[tuple[int, int] | None, tuple[int, int]]:
        """Return the weights of the strongest selector for a rule, None without one, and against it."""
        explicit = any(layer.select is not None for layer in self.layers)
        wanted = (-1, 0) if not explicit and self._is_offered(rule) else None
        unwanted = (-2, 0)
        for number, layer in enumerate(self.layers):
            if layer.select is not None:
                wanted = None
            for selector in (*(layer.select or ()), *layer.extend_select):
                weight = weight_of(selector, rule)
                if weight is not None and (weight >= NAMED or self._is_offered(rule)):
                    wanted = max(wanted or (-1, 0), (number, weight))
            for ignore in layer.ignore:
                if not ignore.is_expired(self.today):
                    for selector in ignore.rules:
                        weight = weight_of(selector, rule)
                        if weight is not None:
                            unwanted = max(unwanted, (number, weight))
        return wanted, unwanted

    def severity_of(self, rule: Rule) -> Severity | None:
        """Return the severity that the most specific selector gives a rule, None without a selector."""
        best = max(
            (
                (weight, level)
                for selector, level in self.severity.items()
                if (weight := weight_of(selector, rule)) is not None
            ),
            default=None,
        )
        return best[1] if best else None

    def options_of(self, rule: Rule) -> Any:
        """Return the rule's options with the user's values; None for a rule without options.

        Raises:
            ConfigError: a key is unknown, or a value has the wrong type.
        """
        table = next((each for each in (rule.table, *rule.former_tables) if each in self.options), rule.table)
        given = self.options.get(table, {})
        where = f"{self.name}: [{table}]"
        if rule.options is None:
            if given:
                raise ConfigError(f"{where}: the rule has no options")
            return None
        return fill(rule.options, given, where)


def _as_json(value: Any) -> str:
    """Return JSON in which equal values have equal texts; options of plug-ins may have sets and paths."""

    def plain(other: Any) -> Any:
        return sorted(map(str, other)) if isinstance(other, (set, frozenset)) else str(other)

    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=plain)


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None


def _check_pattern(pattern: str, where: str) -> None:
    try:
        user_patterns([pattern])
    except ValueError as error:
        raise ConfigError(f"{where}: {pattern!r} is not a gitignore pattern: {error}") from None


_KEYS = {
    "select": tuple[str, ...],
    "extend-select": tuple[str, ...],
    "ignore": None,
    "severity": dict[str, str],
    "fail-on": str,
    "profile": str,
    "pedantic": bool,
    "preview": bool,
    "inline-ignores": bool,
    "per-file-ignores": None,
    "per-distribution-ignores": None,
    "limits": None,
    "allow": None,
    "against": tuple[str, ...],
    "baseline": tuple[str, ...],
    "vulndb": str,
    "cache": bool,
    "gate": None,
    "try": None,
}
"""The keys of ``[tool.pkgaudit]`` with their types; a key with None has its own parser."""


_TABLES: dict[str, type[Any]] = {"limits": Limits, "gate": GateSettings, "try": TrySettings}
"""The keys whose tables become a dataclass."""


def parse_config(table: Mapping[str, Any], source: str) -> Config:
    """Make a configuration from a ``[tool.pkgaudit]`` table.

    Rule names and options are checked later, by `Config.validate`, which needs the rules.

    Raises:
        ConfigError: a value is invalid, or an unknown key is not a table, which could be that of a rule.
    """
    values: dict[str, Any] = {}
    options: dict[str, Mapping[str, Any]] = {}
    for key, value in table.items():
        where = f"{source}: {key}"
        if key not in _KEYS:
            if not isinstance(value, dict):
                raise ConfigError(f"{source}: unknown key {key!r}{nearest(key, _KEYS)}")
            options[key] = value
        elif key == "ignore":
            values[key] = tuple(parse_ignores(value, where))
        elif key == "allow":
            values[key] = tuple(parse_allows(value, where))
        elif key in ("per-file-ignores", "per-distribution-ignores"):
            values[key] = tuple(parse_scoped(value, where))
        elif key in ("against", "baseline"):
            values[key] = convert([value] if isinstance(value, str) else value, tuple[str, ...], where)
        elif key in _TABLES:
            if not isinstance(value, dict):
                raise ConfigError(f"{where}: expected a table, found {value!r}")
            values[key] = fill(_TABLES[key], value, f"{source}: [{key}]")
        else:
            values[key] = convert(value, _KEYS[key], where)
    severity = {
        selector: _level(level, f"{source}: severity: {selector}")
        for selector, level in values.get("severity", {}).items()
    }
    profile = values.get("profile", "default")
    if profile not in PROFILES:
        raise ConfigError(f"{source}: profile: unknown profile {profile!r}{nearest(profile, PROFILES)}")
    return Config(
        source=source,
        layers=(Selectors(values.get("select"), values.get("extend-select", ()), values.get("ignore", ())),),
        severity=severity,
        fail_on=_level(values["fail-on"], f"{source}: fail-on") if "fail-on" in values else Severity.ERROR,
        profile=profile,
        pedantic=values.get("pedantic", False),
        preview=values.get("preview", False),
        inline_ignores=values.get("inline-ignores", True),
        per_file_ignores=values.get("per-file-ignores", ()),
        per_distribution_ignores=values.get("per-distribution-ignores", ()),
        limits=values.get("limits", Limits()),
        options=options,
        allow=values.get("allow", ()),
        against=tuple(Path(each) for each in values.get("against", ())),
        baseline=tuple(Path(each) for each in values.get("baseline", ())),
        vulndb=Path(values["vulndb"]) if "vulndb" in values else None,
        cache=values.get("cache", False),
        gate=values.get("gate", GateSettings()),
        trying=values.get("try", TrySettings()),
    )


def _level(text: str, where: str) -> Severity:
    try:
        return Severity.parse(text)
    except ValueError:
        known = [str(each) for each in Severity]
        listed = ", ".join(known)
        raise ConfigError(f"{where}: {text!r} is not one of {listed}{nearest(text, known)}") from None


def find_config(start: Path) -> Path | None:
    """Return the nearest configuration file in a folder or the folders above it, None if there is none.

    In each folder ``pkgaudit.toml`` is preferred to ``pyproject.toml``. A ``pyproject.toml`` ends the search
    even without ``[tool.pkgaudit]``, because it marks the root of the project.
    """
    for folder in (start, *start.parents):
        own = folder / "pkgaudit.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file():
            return project
    return None


def read_config(path: Path) -> Config:
    """Read ``[tool.pkgaudit]`` of a pyproject.toml, or the top level of any other TOML file.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or is invalid as `parse_config` says.
    """
    import tomli

    try:
        text = path.read_bytes().decode("utf-8")
        document = tomli.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None
    if path.name == "pyproject.toml":
        tool = document.get("tool", {})
        document = tool.get("pkgaudit", {}) if isinstance(tool, dict) else {}
        if not isinstance(document, dict):
            raise ConfigError(f"{path}: tool.pkgaudit: expected a table, found {document!r}")
    config = parse_config(document, str(path))
    against, baseline = (
        tuple(path.parent / each for each in paths) for paths in (config.against, config.baseline)
    )
    vulndb = None if config.vulndb is None else path.parent / config.vulndb
    return replace(config, against=against, baseline=baseline, vulndb=vulndb, lines=tuple(text.split("\n")))
