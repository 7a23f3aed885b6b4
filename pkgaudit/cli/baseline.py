"""``pkgaudit baseline``: writes down the findings that there are, for later audits to accept them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pkgaudit.cli.choices import audit_options, make_config
from pkgaudit.cli.perform import find_rules, perform, say
from pkgaudit.table import ConfigError
from pkgaudit.words import counted


@click.command("baseline", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@audit_options
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the baseline there.  [default: standard output]",
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Write the findings that count to a file, which lets later audits accept them."""
    try:
        status = run(choices)
    except ConfigError as error:
        raise click.UsageError(str(error), ctx=None) from None
    ctx.exit(status)


def run(choices: dict[str, Any]) -> int:
    """Audit, write the baseline and return the exit status: 0, or 2 where something was not audited.

    Nothing is written then. A baseline that the configuration names has no say in what a new one holds.

    Raises:
        ConfigError: the configuration cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.baseline import write_baseline
    from pkgaudit.policy import Policy
    from pkgaudit.report.escape import printable

    registry = find_rules()
    config = replace(make_config(choices, registry), baseline=None)
    done = perform(choices, config, registry, say)
    for failure in done.failures:
        place = ": ".join(printable(each) for each in (failure.distribution, failure.member) if each)
        say(f"not audited: {place}{': ' if place else ''}{printable(failure.message)}")
    if done.failures:
        return 2
    findings = Policy(config, registry).apply(done.findings)
    path = choices["output"]
    try:
        if path is None:
            write_baseline(findings, done.distributions, sys.stdout)
        else:
            with path.open("w", encoding="utf-8", newline="\n") as stream:
                number = write_baseline(findings, done.distributions, stream)
            say(f"{path}: {counted(number, 'finding')} accepted")
    except OSError as error:
        raise click.UsageError(f"{path or 'standard output'}: cannot be written: {error.strerror}") from None
    return 0
