"""The options that select rules and findings, and the configuration made from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.door import say
from pkgaudit.config.config import PROFILES, Config, find_config, parse_config, read_config
from pkgaudit.config.deprecations import deprecations

if TYPE_CHECKING:
    from pkgaudit.rule import Registry

ADVISORY_VARIABLE = "PKGAUDIT_VULNDB"
"""The variable that names the advisory data; ``--vulndb`` overrides it."""

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--select",
        multiple=True,
        metavar="RULES",
        shell_complete=complete.rules,
        help="Run only these rules: codes, prefixes, names or ALL.",
    ),
    click.option(
        "--extend-select",
        multiple=True,
        metavar="RULES",
        shell_complete=complete.rules,
        help="Also run these rules.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="RULES",
        shell_complete=complete.rules,
        help="Do not run these rules.",
    ),
    click.option(
        "--severity",
        multiple=True,
        metavar="RULE=LEVEL",
        shell_complete=complete.severities,
        help="Change the severity of a rule.",
    ),
    click.option(
        "--per-file-ignores",
        multiple=True,
        metavar="GLOB=RULES",
        shell_complete=complete.scoped,
        help="Ignore rules in the members that match GLOB.",
    ),
    click.option(
        "--per-distribution-ignores",
        multiple=True,
        metavar="GLOB=RULES",
        shell_complete=complete.scoped,
        help="Ignore rules in the distributions whose filenames match GLOB.",
    ),
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        help="'pypi': only rules that predict a rejection by PyPI; 'private': skip rules that apply to PyPI "
        "only.",
    ),
    click.option(
        "--secrets",
        type=click.Choice(("fast", "default", "thorough")),
        help="Depth of the secret scan: 'fast' checks known token formats, 'thorough' also any "
        "random-looking string.",
    ),
    click.option("--pedantic/--no-pedantic", default=None, help="Also run pedantic rules."),
    click.option(
        "--preview/--no-preview", default=None, help="Also run preview rules (new in this release)."
    ),
    click.option(
        "--inline-ignores/--no-inline-ignores",
        default=None,
        help="Whether comments in the audited files may suppress findings.  [default: yes]",
    ),
    click.option(
        "--allow",
        multiple=True,
        metavar="HASH",
        help="Allow the secret with this hash (shown as 'sha256', or 'content' with --verbose and in JSON).",
    ),
    click.option(
        "--vulndb",
        type=click.Path(path_type=Path),
        metavar="FILE",
        envvar=ADVISORY_VARIABLE,
        help="Compare the dependencies with this advisory data (of 'pkgaudit vulndb build').  "
        "[default: the file that 'build' writes, if it exists]",
    ),
    click.option(
        "--config", type=click.Path(path_type=Path), metavar="FILE", help="Read the configuration from FILE."
    ),
    click.option("--no-config", is_flag=True, help="Read no configuration."),
)

_RUNNING: tuple[Callable[[Any], Any], ...] = (
    click.option("--no-isolation", is_flag=True, help="Build project folders in the current environment."),
    click.option(
        "--jobs",
        "-j",
        type=click.IntRange(min=1),
        metavar="N",
        help="Number of processes.  [default: depends on the size of the files]",
    ),
    click.option(
        "--cache/--no-cache",
        default=None,
        help="Whether to keep the results on unchanged files for the next audit.  [default: no]",
    ),
)


def _executor(ctx: click.Context, _: click.Parameter, value: str) -> str | None:
    """Return the address of a cluster, None for this machine."""
    if value == "process":
        return None
    if not value.startswith("dask://"):
        raise click.BadParameter(f"{value!r} is neither 'process' nor dask://…")
    return value


executor_option = click.option(
    "--executor",
    "cluster",
    metavar="WHERE",
    default="process",
    callback=_executor,
    help="'process' for this machine, or 'dask://HOST:PORT' or 'dask://FILE' for the workers of a scheduler "
    "of Dask.  [default: process]",
)
"""The option of commands that can audit on a cluster."""

LEVELS = ("error", "warning", "info")
"""The severities, repeated here because ``--help`` should not import the module that defines them."""

_VERDICT: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--fail-on",
        type=click.Choice(LEVELS),
        help="Lowest severity that makes the audit fail.  [default: error]",
    ),
    click.option(
        "--baseline",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Suppress findings listed in this baseline (of 'pkgaudit baseline' or detect-secrets). "
        "Repeatable.",
    ),
)


manifest_option = click.option(
    "--manifest",
    type=click.Path(),
    multiple=True,
    metavar="FILE",
    help="Compare the files with this manifest (SHA256SUMS, requirements with hashes, pylock.toml, JSON, "
    "in-toto). Repeatable.",
)
"""The option of commands that audit and compare the files with a manifest."""

capabilities_option = click.option(
    "--capabilities",
    is_flag=True,
    help="Show the capabilities of the distributions, such as starting processes or using the network.",
)
"""The option of commands that audit and show the capabilities of the files."""

against_option = click.option(
    "--against",
    type=click.Path(),
    multiple=True,
    metavar="PATH",
    help="Compare each project with its last release before, among these files and folders. With --online, "
    "'online' stands for the files on the index. Repeatable.",
)
"""The option of commands that audit and compare a release with the one before."""

git_option = click.option(
    "--git",
    metavar="REV",
    help="Also compare the files with revision REV of the project's checkout; 'auto': with the tag of the "
    "version.",
)
"""The option of commands that audit and compare a release with the project's repository."""

timing_option = click.option(
    "--timing", is_flag=True, help="Show on standard error what the CPU time of the audit was needed for."
)
"""The option of commands that audit and show the times."""


def audit_options(function: Any) -> Any:
    """Add the options that `make_config` reads to a command, and those on how an audit runs."""
    return config_options(_with(_RUNNING, function))


def config_options(function: Any) -> Any:
    """Add the options that `make_config` reads to a command."""
    return _with(_OPTIONS, function)


def verdict_options(function: Any) -> Any:
    """Add the options that `make_config` reads and that are only for commands with a verdict."""
    return _with(_VERDICT, function)


def _with(options: tuple[Callable[[Any], Any], ...], function: Any) -> Any:
    for option in reversed(options):
        function = option(function)
    return function


def make_config(choices: dict[str, Any], registry: Registry) -> Config:
    """Return the configuration of the file, overridden by the options of the command line.

    Raises:
        ConfigError: a value is invalid; the message names the file or the command line.
    """
    if choices["config"] is not None and choices["no_config"]:
        raise click.UsageError("--config and --no-config exclude each other")
    if choices["no_config"]:
        config = Config()
    else:
        config = read_config(choices["config"]) if choices["config"] is not None else nearest_config()
    table: dict[str, Any] = {
        "extend-select": _words(choices["extend_select"]),
        "ignore": _words(choices["ignore"]),
        "severity": dict(_pairs(choices["severity"], "--severity")),
        "per-file-ignores": _globs(choices["per_file_ignores"], "--per-file-ignores"),
        "per-distribution-ignores": _globs(choices["per_distribution_ignores"], "--per-distribution-ignores"),
        "allow": _words(choices["allow"]),
    }
    if choices["select"]:
        table["select"] = _words(choices["select"])
    for key in ("fail_on", "profile", "pedantic", "preview", "inline_ignores", "cache"):
        if choices.get(key) is not None:
            table[key.replace("_", "-")] = choices[key]
    for key in ("against", "baseline"):
        if choices.get(key):
            table[key] = [str(path) for path in choices[key]]
    if choices["secrets"]:
        table["secrets"] = {"level": choices["secrets"]}
        if not _has_option(registry, "secrets", "level"):
            raise click.UsageError(
                "--secrets: no installed rule has the option 'level' in the table 'secrets'"
            )
    config.validate(registry)
    typed = parse_config(table, "the command line")
    typed.validate(registry)
    for each in (config, typed):
        for warning in deprecations(each, registry):
            say(f"Warning: {warning}")
    return replace(
        config,
        layers=(*config.layers, *typed.layers),
        severity={**config.severity, **typed.severity},
        fail_on=typed.fail_on if choices.get("fail_on") else config.fail_on,
        profile=typed.profile if choices["profile"] else config.profile,
        pedantic=config.pedantic if choices["pedantic"] is None else typed.pedantic,
        preview=config.preview if choices["preview"] is None else typed.preview,
        inline_ignores=config.inline_ignores if choices["inline_ignores"] is None else typed.inline_ignores,
        per_file_ignores=(*config.per_file_ignores, *typed.per_file_ignores),
        per_distribution_ignores=(*config.per_distribution_ignores, *typed.per_distribution_ignores),
        cache=config.cache if choices.get("cache") is None else typed.cache,
        allow=(*config.allow, *typed.allow),
        against=typed.against or config.against,
        baseline=typed.baseline or config.baseline,
        vulndb=advisory_file(choices.get("vulndb"), config),
        options={
            name: {**config.options.get(name, {}), **typed.options.get(name, {})}
            for name in {**config.options, **typed.options}
        },
        file=config,
    )


def advisory_file(given: str | os.PathLike[str] | None, config: Config) -> Path | None:
    """Return the advisory data to use: as given, as configured, or the default file if it exists."""
    if given:
        return Path(given)
    if config.vulndb is not None:
        return config.vulndb
    from pkgaudit.vulndb.file import default_file

    try:
        path = default_file()
    except ImportError:  # without platformdirs, as without the cache, an audit needs no default file
        return None
    return path if path.is_file() else None


def nearest_advisory_file() -> Path | None:
    """Return the advisory data that an audit in the working directory uses without options.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    return advisory_file(os.environ.get(ADVISORY_VARIABLE), nearest_config())


def _has_option(registry: Registry, table: str, key: str) -> bool:
    return any(
        rule.table == table and key in [each.name for each in fields(rule.options)]
        for rule in registry
        if rule.options is not None
    )


def nearest_config() -> Config:
    """Return the configuration of the working directory, the default without one.

    Raises:
        ConfigError: its file cannot be read, or is invalid.
    """
    try:
        found = find_config(Path.cwd())
        path = None if found is None else Path(os.path.relpath(found))
    except (OSError, ValueError):  # the working directory was deleted, or is on another drive
        path = None
    return Config() if path is None else read_config(path)


def _words(values: Iterable[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _pairs(values: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for value in values:
        key, equals, right = value.rpartition("=")
        if not equals or not key or not right:
            raise click.BadParameter(f"{value!r} has no '='", param_hint=f"'{option}'")
        yield key, right


def _globs(values: Iterable[str], option: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for glob, rules in _pairs(values, option):
        found.setdefault(glob, []).extend(_words([rules]))
    return found
