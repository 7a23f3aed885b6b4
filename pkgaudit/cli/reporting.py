"""The options on reports, for every command with a verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pkgaudit.cli import complete


class _FormatOption(click.Option):
    """An option whose help lists the installed formats; they are looked up only when ``--help`` is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help, with the formats at the end of the first sentence."""
        from pkgaudit.report.result import formats

        record = super().get_help_record(ctx)
        return record and (record[0], record[1].replace(".", f": {', '.join(formats())}.", 1))


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--format",
        "format_name",
        metavar="FORMAT",
        cls=_FormatOption,
        shell_complete=complete.formats,
        help="Format of the report.  [default: text; in GitHub Actions github]",
    ),
    click.option(
        "--output",
        "-o",
        multiple=True,
        metavar="[FORMAT=]FILE",
        shell_complete=complete.outputs,
        help="Write the report to FILE ('-' is standard output), in the format of its suffix, unless "
        "--format names one that fits. With FORMAT=, write an additional report in that format. Repeatable.",
    ),
    click.option(
        "--group-by",
        type=click.Choice(("file", "rule")),
        default="file",
        help="Group the findings of the text report by file or by rule.  [default: file]",
    ),
    click.option(
        "--statistics", is_flag=True, help="Add the number of findings of each rule to the text report."
    ),
    click.option(
        "--quiet", "-q", is_flag=True, help="Show only findings that fail the audit, and the verdict."
    ),
    click.option(
        "--verbose",
        "-v",
        count=True,
        help="Show every finding, also suppressed ones, and skipped files; -vv also logs decisions and "
        "times.",
    ),
    click.option(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        default="auto",
        help="When to color the output.  [default: auto]",
    ),
)


def report_options(function: Any) -> Any:
    """Add the options that `Outputs` reads to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
