"""``pkgaudit tree``: shows the contents of distributions with sizes, kinds and findings."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import audit_options, make_config
from pkgaudit.cli.door import OutputError, abandon, say, standard_output
from pkgaudit.cli.screen import wants_color, width
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import BuildWatch, request_of
from pkgaudit.report.tree import SORTS

if TYPE_CHECKING:
    from pkgaudit.config.config import Config
    from pkgaudit.finding import Failure, Finding
    from pkgaudit.inputs.paths import Inputs
    from pkgaudit.judged import Audit
    from pkgaudit.report.tree import Tree
    from pkgaudit.rule import Registry


@click.command(
    "tree",
    cls=Sectioned,
    short_help="Show the contents of distributions, with sizes and findings.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@click.option(
    "--sort", type=click.Choice(SORTS), default="name", help="Sort order within folders.  [default: name]"
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    metavar="N",
    help="Expand folders and nested archives down to depth N.  [default: what fits on a few pages]",
)
@click.option("--all", "everything", is_flag=True, help="Expand all folders and nested archives.")
@click.option("--largest", type=click.IntRange(min=1), metavar="N", help="List the N largest files instead.")
@click.option("--kinds", is_flag=True, help="Show totals for each kind of file instead.")
@click.option("--no-findings", is_flag=True, help="Only list the contents, without an audit.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("text", "json")),
    default="text",
    help="Output format.",
)
@click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="When to color the output.  [default: auto]",
)
@audit_options
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Show the contents of distributions: sizes, kinds of files, and findings at their places.

    For inspection only: exits with 0 regardless of findings, 2 if a file cannot be read. 1 kB is 1000 bytes;
    only wheels have packed sizes of single members. Shares are of the unpacked size of all files. In shares
    and budgets, members of nested archives are not counted; the nested archive itself is. Long names are
    shortened on a terminal and complete in a pipe.
    """
    ctx.exit(run(choices))


# The tree needs the summaries of all files in one process, and few files are shown at once.
command.params = [each for each in command.params if each.name != "jobs"]


def run(choices: dict[str, Any]) -> int:
    """Read, audit and show; return the exit status.

    Raises:
        PkgauditError: the configuration or an installed rule cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.report.result import Style
    from pkgaudit.report.tree import sort
    from pkgaudit.report.tree_text import Picture, write
    from pkgaudit.rule import load_registry
    from pkgaudit.run import gather

    registry = load_registry()
    config = make_config(choices, registry)
    with ExitStack() as stack:
        inputs = gather(request_of(choices), stack, "show", BuildWatch())
        audits = _audit(inputs, config, registry, choices["no_findings"])
    findings = _judge(audits, config, registry)
    trees = [_tree(each, config, registry, findings) for each in audits if each.distribution is not None]
    failures = [*inputs.failures, *(failure for each in audits for failure in each.failures)]
    unread = [_unread(tree) for tree in trees]
    failures += [each for each in unread if each is not None]
    for tree in trees:
        sort(tree, choices["sort"])
    out = standard_output()
    try:
        if choices["format_name"] == "json":
            from pkgaudit.report import tree_json

            tree_json.write(trees, findings, failures, out)
        else:
            depth = sys.maxsize if choices["everything"] else choices["depth"]
            style = Style(wants_color(choices["color"], out), width(out))
            # Piped output is searched for names, so names are not shortened there.
            picture = Picture(depth, choices["largest"], choices["kinds"], not out.isatty())
            write(trees, out, style, picture)
        out.flush()
    except BrokenPipeError:
        abandon(out)
    except OSError as error:
        abandon(out)
        raise OutputError([f"standard output cannot be written: {error.strerror}"]) from None
    if choices["format_name"] != "json":
        _say_failures(failures)
    return 2 if failures else 0


def _audit(inputs: Inputs, config: Config, registry: Registry, list_only: bool) -> list[Audit]:
    """Audit the files, or only read them, and detect the kinds of files by their contents."""
    from pkgaudit.engine import audit_distribution
    from pkgaudit.model.kinds import FileKind, kind_of_content
    from pkgaudit.model.member import BinaryFile
    from pkgaudit.plan import Plan
    from pkgaudit.rule import Summary
    from pkgaudit.run import audit_together, releases_of

    plan = Plan() if list_only else Plan.make(registry, config)
    plan.summaries = [each for each in plan.summaries if each.result is not FileKind]
    plan.summaries.append(Summary(kind_of_content, BinaryFile, FileKind))
    audits = [audit_distribution(path, plan, config, file) for path, file in inputs.files.items()]
    releases = releases_of(audits, inputs, plan, config.limits)
    return [*audits, *audit_together(releases, audits, inputs, plan, config)]


def _judge(audits: list[Audit], config: Config, registry: Registry) -> dict[str, list[Finding]]:
    """Return the findings that count, by distribution."""
    from pkgaudit.config.baseline import read_baselines
    from pkgaudit.verdict.policy import Policy

    policy = Policy(config, registry, read_baselines(config.baseline))
    distributions = [audit.distribution for audit in audits if audit.distribution is not None]
    judged = policy.apply((each for audit in audits for each in audit.findings), distributions)
    found: dict[str, list[Finding]] = {}
    for finding in judged:
        if finding.suppressed is None:
            found.setdefault(finding.distribution, []).append(finding)
    return found


def _tree(audit: Audit, config: Config, registry: Registry, findings: dict[str, list[Finding]]) -> Tree:
    from pkgaudit.model.budgets import Budgets, budget_usages
    from pkgaudit.model.kinds import FileKind
    from pkgaudit.report.tree import make_tree

    assert audit.distribution is not None
    distribution = audit.distribution
    contents = audit.summaries.get(FileKind, {})
    used = [
        use
        for rule in registry
        if rule.options is not None and issubclass(rule.options, Budgets)
        for use in budget_usages(config.options_of(rule).of(distribution), distribution, contents)
    ]
    return make_tree(distribution, contents, findings.get(distribution.path, ()), used)


def _unread(tree: Tree) -> Failure | None:
    """Return why no member of a distribution could be read, None if one was."""
    from pkgaudit.finding import Failure

    distribution = tree.distribution
    if distribution.entries:
        return None
    anomaly = next((each for each in distribution.anomalies if each.member is None), None)
    return Failure(anomaly.message, distribution.path) if anomaly is not None else None


def _say_failures(failures: list[Failure]) -> None:
    for failure in failures:
        say(": ".join(filter(None, ("not shown", failure.distribution, failure.member, failure.message))))
