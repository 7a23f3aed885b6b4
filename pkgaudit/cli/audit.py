"""``pkgaudit PATH…``: the audit itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

import click

from pkgaudit.config import PROFILES, Config, ConfigError, find_config, parse_config, read_config
from pkgaudit.finding import Failure
from pkgaudit.report.result import Report, Result, Style, formats, load_format

if TYPE_CHECKING:
    from pkgaudit.rule import Registry

LEVELS = ("error", "warning", "info")


@click.command("audit", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--select", multiple=True, metavar="RULES", help="Run only these rules: codes, prefixes, names or ALL."
)
@click.option("--extend-select", multiple=True, metavar="RULES", help="Run these rules too.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Do not run these rules.")
@click.option("--severity", multiple=True, metavar="RULE=LEVEL", help="Give a rule another severity.")
@click.option(
    "--per-file-ignores", multiple=True, metavar="GLOB=RULES", help="Ignore rules in the members that match."
)
@click.option(
    "--per-distribution-ignores",
    multiple=True,
    metavar="GLOB=RULES",
    help="Ignore rules in the files that match.",
)
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="The mildest severity that fails.  [default: error]"
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="'pypi' runs just what mirrors a refusal of PyPI, 'private' leaves out what only PyPI forbids.",
)
@click.option("--pedantic/--no-pedantic", default=None, help="Run the pedantic rules too.")
@click.option(
    "--inline-ignores/--no-inline-ignores",
    default=None,
    help="Whether a comment inside an archive may silence a finding.  [default: it may]",
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Read this configuration.")
@click.option("--no-config", is_flag=True, help="Read no configuration.")
@click.option("--no-isolation", is_flag=True, help="Build project folders in the current environment.")
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Processes to use.  [default: by size]"
)
@click.option(
    "--format", "format_name", default="text", metavar="NAME", help="text or json.  [default: text]"
)
@click.option(
    "--output",
    "-o",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Write the report there instead; with NAME, one of that format besides.",
)
@click.option("--quiet", "-q", is_flag=True, help="Show only what fails, and the verdict.")
@click.option("--verbose", "-v", is_flag=True, help="Show every finding, and what was suppressed or skipped.")
@click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Colours.  [default: auto]",
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Audit sdists and wheels before they are uploaded."""
    try:
        status = run(choices)
    except ConfigError as error:
        raise click.UsageError(str(error), ctx=None) from None
    ctx.exit(status)


def run(choices: dict[str, Any]) -> int:
    """Audit, report, and return the exit status.

    Raises:
        ConfigError: the configuration cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.build import BuildError, build
    from pkgaudit.engine import Plan, audit_release, group_releases
    from pkgaudit.execution import audit_all
    from pkgaudit.inputs import collect
    from pkgaudit.policy import Policy, exit_status, sort_key, verdict
    from pkgaudit.rule import RuleError, load_registry

    started = time.monotonic()
    reports = _load_reports(choices)
    try:
        registry = load_registry()
    except RuleError as error:
        raise click.UsageError(str(error)) from None
    config = make_config(choices, registry)
    rules = config.selected(registry)
    if not rules:
        where = f" in {config.source} and on the command line" if config.source else ""
        raise ConfigError(f"no rule is left to run; look at select, ignore and profile{where}")

    inputs = collect(choices["paths"])
    failures = list(inputs.failures)
    say = _say if not choices["quiet"] else _say_nothing
    with ExitStack() as stack:
        for project in inputs.projects:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="pkgaudit-")))
            say(f"building {project}")
            try:
                for built in build(project, folder, say, isolation=not choices["no_isolation"]):
                    inputs.add_built(project, built)
            except BuildError as error:
                click.echo(error.output, err=True)
                failures.append(Failure(str(error), project))
        audits = list(audit_all(inputs.files, registry, config, choices["jobs"]))
        if not inputs.files and not failures:
            failures.append(Failure("there is nothing to audit: no wheel (.whl) and no sdist (.tar.gz)"))

    distributions = [each.distribution for each in audits if each.distribution is not None]
    plan = Plan.make(registry, config)
    by_path = {each.path: each for each in audits}
    for release in group_releases(distributions):
        audits.append(audit_release(release, [by_path[each.path] for each in release.distributions], plan))
    findings = Policy(config, registry).apply(finding for audit in audits for finding in audit.findings)
    failures += [failure for audit in audits for failure in audit.failures]
    outcome = verdict(findings, failures, config.fail_on)
    result = Result(
        outcome,
        config.fail_on,
        distributions,
        sorted(findings, key=sort_key),
        failures,
        inputs.skipped,
        time.monotonic() - started,
        len(rules),
    )
    _write(result, choices, reports)
    return exit_status(outcome, failures)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _say_nothing(_: str) -> None:
    pass


def make_config(choices: dict[str, Any], registry: Registry) -> Config:
    """Return the configuration file's choices with those of the command line laid over them.

    Raises:
        ConfigError: one of the two names what is not there; the message says which.
    """
    if choices["config"] is not None and choices["no_config"]:
        raise click.UsageError("--config and --no-config exclude each other")
    path = None if choices["no_config"] else choices["config"] or _nearest_config()
    config = Config() if path is None else read_config(path)
    table: dict[str, Any] = {
        "extend-select": _words(choices["extend_select"]),
        "ignore": _words(choices["ignore"]),
        "severity": dict(_pairs(choices["severity"], "--severity")),
        "per-file-ignores": _globs(choices["per_file_ignores"], "--per-file-ignores"),
        "per-distribution-ignores": _globs(choices["per_distribution_ignores"], "--per-distribution-ignores"),
    }
    if choices["select"]:
        table["select"] = _words(choices["select"])
    for key in ("fail_on", "profile", "pedantic", "inline_ignores"):
        if choices[key] is not None:
            table[key.replace("_", "-")] = choices[key]
    config.validate(registry)
    typed = parse_config(table, "the command line")
    typed.validate(registry)
    return replace(
        config,
        layers=(*config.layers, *typed.layers),
        severity={**config.severity, **typed.severity},
        fail_on=typed.fail_on if choices["fail_on"] else config.fail_on,
        profile=typed.profile if choices["profile"] else config.profile,
        pedantic=config.pedantic if choices["pedantic"] is None else typed.pedantic,
        inline_ignores=config.inline_ignores if choices["inline_ignores"] is None else typed.inline_ignores,
        per_file_ignores=(*config.per_file_ignores, *typed.per_file_ignores),
        per_distribution_ignores=(*config.per_distribution_ignores, *typed.per_distribution_ignores),
    )


def _nearest_config() -> Path | None:
    try:
        return find_config(Path.cwd())
    except OSError:  # the working directory was deleted
        return None


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


def _write(result: Result, choices: dict[str, Any], reports: Mapping[str | None, Report]) -> None:
    """Write the report to standard output, or where ``--output`` says; those with a format come besides."""
    verbose = choices["verbose"] - choices["quiet"]
    for name, path in _outputs(choices["output"]):
        try:
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                reports[name](result, stream, Style(choices["color"] == "always", 100, verbose))
        except OSError as error:
            raise click.UsageError(f"{path}: cannot be written: {error.strerror}") from None
    if all(name is not None for name, _ in _outputs(choices["output"])):
        out: TextIO | None = sys.stdout
        if out is None:
            raise click.UsageError("standard output is closed; use --output FILE")
        try:
            reports[None](result, out, Style(_wants_color(choices["color"], out), _width(out), verbose))
            out.flush()
        except BrokenPipeError:
            _abandon(out)  # whoever reads it has seen enough; the verdict stands
        except OSError as error:
            _abandon(out)
            raise click.UsageError(f"standard output cannot be written: {error.strerror}") from None


def _abandon(stream: TextIO) -> None:
    """Have what is left in a stream's buffer go nowhere when the interpreter flushes it."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _outputs(values: Iterable[str]) -> list[tuple[str | None, str]]:
    """Split ``[NAME=]FILE``; a file name with an equals sign is one unless a format precedes it."""
    known = formats()
    found: list[tuple[str | None, str]] = []
    for value in values:
        name, equals, path = value.partition("=")
        found.append((name, path) if equals and name in known else (None, value))
    return found


def _load_reports(choices: dict[str, Any]) -> dict[str | None, Report]:
    """Return the formats asked for by name, that of the main report under None."""
    try:
        reports: dict[str | None, Report] = {None: load_format(choices["format_name"])}
    except KeyError:
        known = ", ".join(formats())
        name = choices["format_name"]
        raise click.BadParameter(f"{name!r} is none of {known}", param_hint="'--format'") from None
    return reports | {name: load_format(name) for name, _ in _outputs(choices["output"]) if name}


def _wants_color(choice: str, stream: TextIO) -> bool:
    import os

    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    import shutil

    return min(shutil.get_terminal_size().columns, 120) if stream.isatty() else 80
