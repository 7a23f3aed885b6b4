"""``pkgaudit PATH…``: the audit itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from pkgaudit.cli.choices import audit_options, make_config
from pkgaudit.cli.perform import find_rules, perform, say
from pkgaudit.cli.screen import abandon, wants_color, width
from pkgaudit.report.result import Report, Result, Style, formats, load_format
from pkgaudit.table import ConfigError

LEVELS = ("error", "warning", "info")


@click.command("audit", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@audit_options
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="The mildest severity that fails.  [default: error]"
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Accept the findings that this file lists; 'pkgaudit baseline' writes it.",
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
    from pkgaudit.baseline import read_baseline
    from pkgaudit.policy import Policy, exit_status, merge, sort_key, verdict

    started = time.monotonic()
    reports = _load_reports(choices)
    registry = find_rules()
    config = make_config(choices, registry)
    accepted = read_baseline(config.baseline) if config.baseline else frozenset[str]()
    done = perform(choices, config, registry, _say_nothing if choices["quiet"] else say)
    judged = Policy(config, registry, accepted).apply(done.findings)
    findings = sorted(merge(judged, done.distributions), key=sort_key)
    outcome = verdict(findings, done.failures, config.fail_on)
    result = Result(
        outcome,
        config.fail_on,
        done.distributions,
        findings,
        done.failures,
        done.skipped,
        time.monotonic() - started,
        done.rules,
    )
    _write(result, choices, reports)
    return exit_status(outcome, done.failures)


def _say_nothing(_: str) -> None:
    pass


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
            reports[None](result, out, Style(wants_color(choices["color"], out), width(out), verbose))
            out.flush()
        except BrokenPipeError:
            abandon(out)  # whoever reads it has seen enough; the verdict stands
        except OSError as error:
            abandon(out)
            raise click.UsageError(f"standard output cannot be written: {error.strerror}") from None


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
