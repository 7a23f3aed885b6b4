"""The sections in which ``--help`` and the manual show the options of a command."""

from __future__ import annotations

from collections.abc import Iterable

import click

SECTIONS = {
    "Which rules run": (
        "select",
        "extend_select",
        "ignore",
        "profile",
        "secrets",
        "pedantic",
        "preview",
    ),
    "Which findings count": (
        "fail_on",
        "severity",
        "per_file_ignores",
        "per_distribution_ignores",
        "inline_ignores",
        "allow",
        "baseline",
        "against",
        "vulndb",
        "manifest",
        "online",
        "index_url",
        "git",
    ),
    "Reports": (
        "format_name",
        "output",
        "group_by",
        "statistics",
        "capabilities",
        "quiet",
        "verbose",
        "timing",
        "color",
    ),
    "Other options": (
        "config",
        "no_config",
        "no_isolation",
        "empty_ok",
        "jobs",
        "cluster",
        "cache",
        "version",
        "help",
    ),
}
"""The names of the parameters of each section, in the order shown. Options without a section come first."""


def sections(params: Iterable[click.Parameter]) -> list[tuple[str, list[click.Option]]]:
    """Return the options that are not hidden, by section."""
    shown = [each for each in params if isinstance(each, click.Option) and not each.hidden]
    options = {"help" if "--help" in each.opts else each.name: each for each in shown}
    named = {name for names in SECTIONS.values() for name in names}
    found = [("Options", [each for name, each in options.items() if name not in named])]
    found += [
        (title, [options[each] for each in names if each in options]) for title, names in SECTIONS.items()
    ]
    return [(title, members) for title, members in found if members]


def write_sections(
    params: Iterable[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write the options of ``--help``."""
    for title, options in sections(params):
        with formatter.section(title):
            formatter.write_dl([record for each in options if (record := each.get_help_record(ctx))])


UNNAMED = "pkgaudit.unnamed"
"""The key in the ``meta`` of a context that is set if the user did not name the subcommand ``audit``."""


class _AsTyped(click.Context):
    """A context whose usage line shows the command as the user typed it."""

    @property
    def command_path(self) -> str:
        """The command before its options."""
        if self.parent is not None and UNNAMED in self.meta:
            return self.parent.command_path
        return super().command_path


class OptionalValue(click.Option):
    """An option with a choice of values, of which the first one counts if the user gives none.

    A value must follow an equals sign, so the path after the option is not read as its value.
    """

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help; the equals sign follows the name."""
        record = super().get_help_record(ctx)
        return record and (record[0].replace(" [=", "[="), record[1])


class Sectioned(click.Command):
    """A command whose ``--help`` shows its options in sections."""

    context_class = _AsTyped

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the first value to options with an optional value."""
        first = {
            name: f"{name}={each.type.choices[0]}"
            for each in self.params
            if isinstance(each, OptionalValue) and isinstance(each.type, click.Choice)
            for name in each.opts
        }
        at = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [*(first.get(each, each) for each in args[:at]), *args[at:]])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in sections."""
        write_sections(self.get_params(ctx), ctx, formatter)
