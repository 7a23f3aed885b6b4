"""``pkgaudit PATH…``: the audit itself."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import audit_options, make_config
from pkgaudit.cli.perform import Watch, find_rules, perform, say
from pkgaudit.cli.sections import Sectioned
from pkgaudit.config.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pkgaudit.cli.outputs import Outputs
    from pkgaudit.engine import Audit
    from pkgaudit.finding import Finding
    from pkgaudit.verdict.policy import Policy

LEVELS = ("error", "warning", "info")


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
    help="Write the report there instead; with FORMAT, one of that format besides. May be repeated; "
    "- is standard output.",
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
    from pkgaudit.cli.outputs import Outputs
    from pkgaudit.config.baseline import read_baselines
    from pkgaudit.engine import audit_ignores
    from pkgaudit.inputs.sources import Sources
    from pkgaudit.plan import Plan
    from pkgaudit.report.result import Result
    from pkgaudit.verdict.policy import Policy, exit_status, merge, sort_key, verdict

    started = time.monotonic()
    outputs = Outputs(choices)
    registry = find_rules()
    config = make_config(choices, registry)
    policy = Policy(config, registry, read_baselines(config.baseline))
    with outputs:
        shown = _Shown(choices, outputs, policy)
        done = perform(choices, config, registry, shown)
        last = audit_ignores(policy.ignores(), Plan.make(registry, config))
        shown.audited(last)
        done.failures += last.failures
        findings = sorted(merge(shown.judged, done.distributions), key=sort_key)
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
            registry,
            Sources(done.distributions, ["."]),
        )
        outputs.finish(result)
    return exit_status(outcome, done.failures)


class _Shown(Watch):
    """Judges what is found as it comes, and shows it in live reports, and how far the audit is."""

    def __init__(self, choices: dict[str, Any], outputs: Outputs, policy: Policy) -> None:
        self._quiet = choices["quiet"]
        self._outputs = outputs
        self._policy = policy
        self.judged: list[Finding] = []

    def say(self, line: str) -> None:
        if not self._quiet:
            say(line)

    def auditing(self, files: Mapping[str, str]) -> AbstractContextManager[Callable[[str], None]]:
        from pkgaudit.cli.progress import no_progress, progress

        is_silent = self._quiet or self._outputs.writes_to_screen or sys.stderr is None
        return no_progress() if is_silent else progress(files, sys.stderr)

    def audited(self, audit: Audit) -> None:
        mine = [] if audit.distribution is None else [audit.distribution]
        findings = self._policy.apply(audit.findings, mine)
        self.judged += findings
        self._outputs.audited(audit.distribution, findings, audit.failures)
