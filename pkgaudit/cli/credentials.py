"""``pkgaudit credentials``: judges the credentials that this machine and this checkout contain."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli.audit import command as audit
from pkgaudit.cli.choices import make_config
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import AuditWatch

if TYPE_CHECKING:
    from pkgaudit.config.config import Selectors

_OPTIONS = (
    "select",
    "extend_select",
    "ignore",
    "severity",
    "per_distribution_ignores",
    "pedantic",
    "preview",
    "config",
    "no_config",
    "fail_on",
    "format_name",
    "output",
    "group_by",
    "statistics",
    "quiet",
    "verbose",
    "color",
)
"""The options of an audit that also apply here."""

_OTHERS: dict[str, Any] = {
    **dict.fromkeys(("paths", "per_file_ignores", "allow"), ()),
    **dict.fromkeys(("profile", "secrets", "inline_ignores", "cache")),
}
"""The values of the others, which have no effect without a distribution."""


@click.command(
    "credentials",
    cls=Sectioned,
    short_help="Judge the credentials that this machine contains.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Judge the credentials for package indexes on this machine and in this checkout.

    Reads the settings of uploaders and installers, the environment variables, and the CI workflows. It never
    shows a part of a secret, opens no keyring, and makes no network requests. Exit status: 0 pass, 1 fail, 2
    the rules could not run.
    """
    ctx.exit(run({**_OTHERS, **choices}))


command.params += [each for each in audit.params if each.name in _OPTIONS]


def run(choices: dict[str, Any]) -> int:
    """Judge the credentials, report, and return the exit status.

    Raises:
        PkgauditError: the configuration or an installed rule cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from dataclasses import replace

    from pkgaudit.cli.outputs import Outputs, Precious
    from pkgaudit.inputs.machine import look_at_machine
    from pkgaudit.rule import load_registry
    from pkgaudit.run import run_on
    from pkgaudit.work import log_to_standard_error

    if choices["verbose"] > 1:
        log_to_standard_error()
    outputs = Outputs(choices)
    registry = load_registry()
    config = make_config(choices, registry)
    machine = look_at_machine(Path.cwd(), os.environ)
    outputs.protect(Precious.of(choices, config).beside(os.path.expanduser(each) for each in machine.files))
    with outputs:
        # The profiles are about PyPI's verdict on archives, and a selection in a file is for audits.
        watch = AuditWatch(outputs, choices["quiet"], choices["verbose"] > 0)
        layers = config.layers if choices["select"] else _unselected(config.layers)
        config = replace(config, profile="default", layers=layers)
        result = run_on(machine, config, registry, watch=watch)
        outputs.finish(result)
    return result.exit_status


def _unselected(layers: Iterable[Selectors]) -> tuple[Selectors, ...]:
    """Return the selectors of a configuration without its selections; its ignores stay."""
    from dataclasses import replace

    return tuple(replace(each, select=None) for each in layers)
