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
"""The severities, repeated here because ``--help`` should not import the module that defines them."""


class _FormatOption(click.Option):
    """An option whose help lists the installed formats; they are looked up only when ``--help`` is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help, with the formats at the end of the first sentence."""
        from pkgaudit.report.result import formats

        record = super().get_help_record(ctx)
        return record and (record[0], record[1].replace(".", f": {', '.join(formats())}.", 1))


@click.command("audit", cls=Sectioned, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@audit_options
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    help="Lowest severity that makes the audit fail.  [default: error]",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Suppress findings listed in this baseline (of 'pkgaudit baseline' or detect-secrets). Repeatable.",
)
@click.option(
    "--format",
    "format_name",
    metavar="FORMAT",
    cls=_FormatOption,
    shell_complete=complete.formats,
    help="Format of the report.  [default: text; in GitHub Actions github]",
)
@click.option(
    "--output",
    "-o",
    multiple=True,
    metavar="[FORMAT=]FILE",
    shell_complete=complete.outputs,
    help="Write the report to FILE ('-' is standard output), in the format of its suffix, unless "
    "--format names one that fits. With FORMAT=, write an additional report in that format. Repeatable.",
)
@click.option(
    "--group-by",
    type=click.Choice(("file", "rule")),
    default="file",
    help="Group the findings of the text report by file or by rule.  [default: file]",
)
@click.option(
    "--statistics", is_flag=True, help="Add the number of findings of each rule to the text report."
)
@click.option("--empty-ok", is_flag=True, help="Pass if there is nothing to audit.")
@click.option("--quiet", "-q", is_flag=True, help="Show only findings that fail the audit, and the verdict.")
@click.option(
    "--verbose",
    "-v",
    count=True,
    help="Show every finding, also suppressed ones, and skipped files; -vv also logs decisions and times.",
)
@click.option(
    "--timing", is_flag=True, help="Show on standard error what the CPU time of the audit was needed for."
)
@click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="When to color the output.  [default: auto]",
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Audit sdists and wheels before they are uploaded."""
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Audit, report, and return the exit status.

    Raises:
        PkgauditError: the configuration or an installed rule cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit import run as auditing
    from pkgaudit.cli.outputs import Outputs, Precious
    from pkgaudit.rule import load_registry
    from pkgaudit.work import log_to_standard_error

    if choices["verbose"] > 1:
        log_to_standard_error()
    outputs = Outputs(choices)
    registry = load_registry()
    config = make_config(choices, registry)
    outputs.protect(Precious.of(choices, config))
    with outputs:
        watch = AuditWatch(outputs, choices["quiet"], choices["verbose"] > 0, choices["timing"])
        result = auditing.run(request_of(choices), config, registry, watch)
        outputs.finish(result)
    return result.exit_status
