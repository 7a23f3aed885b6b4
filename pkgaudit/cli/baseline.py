"""``pkgaudit baseline``: records the current findings as accepted."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import audit_options, make_config
from pkgaudit.cli.door import put_file, say
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import BuildWatch, request_of
from pkgaudit.config.config import Config
from pkgaudit.formatting import counted


@click.command(
    "baseline",
    cls=Sectioned,
    short_help="Record the current findings as accepted.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@audit_options
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the baseline to FILE.  [default: standard output]",
)
@click.option(
    "--update",
    is_flag=True,
    help="Update the baseline of --output or the configuration: drop entries that no longer occur, add new "
    "ones.",
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Write the current findings to a file that later audits can use to accept them."""
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Audit, write the baseline and return the exit status: 0, or 2 if something could not be audited.

    With exit status 2 nothing is written. Baselines of pkgaudit in the configuration are ignored here; those
    of other tools still apply.

    Raises:
        PkgauditError: the configuration or an installed rule cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.cli.outputs import Precious, wrong_with
    from pkgaudit.config.baseline import (
        as_json,
        is_foreign,
        make_entries,
        read_baseline,
        read_baselines,
        update,
    )
    from pkgaudit.rule import load_registry
    from pkgaudit.run import perform
    from pkgaudit.verdict.policy import Policy, merge
    from pkgaudit.whole import write_whole

    registry = load_registry()
    config = make_config(choices, registry)
    path: Path | None = _target(choices, config) if choices["update"] else choices["output"]
    is_standard = path == Path("-")
    if is_standard and choices["update"]:
        raise click.UsageError("--update needs a file, not standard output")
    path = None if is_standard else path
    if path is not None and (wrong := wrong_with(str(path), os.path.realpath(path))):
        raise click.UsageError(wrong)
    if path is not None and (wrong := Precious.of(choices, config, accepted=False).harmed_by(str(path))):
        raise click.UsageError(wrong)
    old = read_baseline(path) if choices["update"] and path is not None and path.exists() else None
    if path is not None and is_foreign(path):
        raise click.UsageError(f"{path}: is a detect-secrets baseline; update it with detect-secrets")
    mine = path and os.path.realpath(path)
    others = read_baselines(
        each for each in config.baseline if each.exists() and os.path.realpath(each) != mine
    )
    done = perform(request_of(choices), config, registry, BuildWatch())
    for failure in done.failures:
        say(": ".join(filter(None, ("not audited", failure.distribution, failure.member, failure.message))))
    if done.failures:
        return 2
    policy = Policy(config, registry, [each for each in others if each.is_foreign])
    findings = policy.apply(done.findings, done.distributions)
    if choices["update"]:
        made = update(old.entries if old else {}, findings, done.distributions, policy.ran)
        entries = made.entries
        says = f"{_counted(entries)}, {made.new:,} new, {made.gone:,} removed"
    else:
        entries = make_entries(findings, done.distributions)
        # An audit shows a finding in several places once; the baseline has an entry for each place.
        counts = merge([each for each in findings if each.suppressed is None], done.distributions)
        says = f"{counted(len(counts), 'finding')} accepted in {_counted(entries)}"
    try:
        if path is None:
            put_file(as_json(entries))
        else:
            write_whole(path, as_json(entries))
            say(f"{path}: {says}")
    except OSError as error:
        raise click.UsageError(f"{path or 'standard output'}: cannot be written: {error.strerror}") from None
    return 0


def _counted(entries: Collection[object]) -> str:
    return counted(len(entries), "entry", "entries")


def _target(choices: dict[str, Any], config: Config) -> Path:
    """Return the baseline to update: the file of ``--output``, else the one in the configuration.

    Raises:
        click.UsageError: neither names a baseline, or the configuration names several.
    """
    from pkgaudit.config.baseline import read_baseline

    if choices["output"] is not None:
        return Path(choices["output"])
    own = [each for each in config.baseline if not (each.exists() and read_baseline(each).is_foreign)]
    if len(own) != 1:
        which = "names several baselines" if own else "names no baseline"
        raise click.UsageError(f"the configuration {which}; name the one to update with --output")
    return own[0]
