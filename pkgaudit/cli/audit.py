"""``pkgaudit PATH…``: the audit itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import audit_options, make_config
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import AuditWatch, request_of

LEVELS = ("error", "warning", "info")
"""The severities, written out so that ``--help`` need not import what defines them."""


@click.command("audit", cls=Sectioned, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@audit_options
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="The mildest severity that fails.  [default: error]"
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Accept the findings that this file lists: one of 'pkgaudit baseline', or of detect-secrets.",
)
@click.option(
    "--format",
    "format_name",
    metavar="FORMAT",
    shell_complete=complete.formats,
    help="text, json, jsonl, sarif, github, gitlab, junit, markdown or html.  "
    "[default: text; in GitHub Actions github]",
)
@click.option(
    "--output",
    "-o",
    multiple=True,
    metavar="[FORMAT=]FILE",
    shell_complete=complete.outputs,
    help="Write the report there instead, in the format of the suffix; with FORMAT, one of that format "
    "besides. May be repeated; - is standard output.",
)
@click.option(
    "--group-by",
    type=click.Choice(("file", "rule")),
    default="file",
    help="How the text report is arranged.  [default: file]",
)
@click.option("--statistics", is_flag=True, help="Count the findings by rule, in the text report.")
@click.option("--empty-ok", is_flag=True, help="Pass where there is nothing to audit.")
@click.option("--quiet", "-q", is_flag=True, help="Show only what fails, and the verdict.")
@click.option(
    "--verbose",
    "-v",
    count=True,
    help="Show every finding, and what was suppressed or skipped; -vv also logs decisions and times.",
)
@click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Colors.  [default: auto]",
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Audit sdists and wheels before they are uploaded."""
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Audit, report, and return the exit status.

    Raises:
        PkgauditError: the configuration, or a rule that is installed, cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit import run as auditing
    from pkgaudit.cli.outputs import Outputs, Precious
    from pkgaudit.execution import log_to_standard_error
    from pkgaudit.rule import load_registry

    if choices["verbose"] > 1:
        log_to_standard_error()
    outputs = Outputs(choices)
    registry = load_registry()
    config = make_config(choices, registry)
    outputs.protect(Precious.of(choices, config))
    with outputs:
        watch = AuditWatch(outputs, choices["quiet"], choices["verbose"] > 0)
        result = auditing.run(request_of(choices), config, registry, watch)
        outputs.finish(result)
    return result.exit_status
