"""``pkgaudit PATH…``: the audit itself."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.asking import Online, online_options
from pkgaudit.cli.choices import (
    against_option,
    audit_options,
    capabilities_option,
    executor_option,
    git_option,
    make_config,
    manifest_option,
    timing_option,
    verdict_options,
)
from pkgaudit.cli.reporting import report_options
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import AuditWatch, request_of


@click.command("audit", cls=Sectioned, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@audit_options
@verdict_options
@against_option
@manifest_option
@online_options
@git_option
@click.option("--empty-ok", is_flag=True, help="Pass if there is nothing to audit.")
@capabilities_option
@timing_option
@executor_option
@report_options
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
    from pkgaudit.inputs.paths import collect
    from pkgaudit.rule import load_registry
    from pkgaudit.work import log_to_standard_error

    if choices["verbose"] > 1:
        log_to_standard_error()
    outputs = Outputs(choices)
    registry = load_registry()
    config = make_config(choices, registry)
    outputs.protect(Precious.of(choices, config))
    with outputs, ExitStack() as stack:
        watch = AuditWatch(outputs, choices["quiet"], choices["verbose"] > 0, choices["timing"])
        request = request_of(choices, wants_blake2b=outputs.has("manifest"))
        online = Online(choices, config, registry, watch)
        config = online.config(lambda: collect(request.paths, empty_ok=True).files, stack)
        result = auditing.run(request, config, registry, watch, others=online.others())
        outputs.finish(result)
    return result.exit_status
