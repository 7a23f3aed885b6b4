"""The command ``pkgaudit``: the audit and its subcommands, one module each, imported when used."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from pkgaudit import __version__
from pkgaudit.cli.door import abandon, put, say, show_error
from pkgaudit.cli.ending import ended_by_signals, leave, words_of
from pkgaudit.cli.sections import UNNAMED
from pkgaudit.errors import PkgauditError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pkgaudit.dataset import Dataset

COMMANDS = (
    "init",
    "fix",
    "explain",
    "rules",
    "tree",
    "readme",
    "manifest",
    "verify",
    "gate",
    "try",
    "sweep",
    "credentials",
    "baseline",
    "vulndb",
    "cache",
    "schema",
    "completion",
)
"""The subcommands in the order of ``--help``; each is the object ``command`` in the module with its name."""

_MODULES = {"try": "trying"}
"""The modules of subcommands whose names are keywords of Python."""

_AUDIT = "audit"

_VERBOSE = ("--verbose", "-v")
_WITH_DATA = "pkgaudit.with_data"
_COMPLETE = "_PKGAUDIT_COMPLETE"


class Main(click.Group):
    """A group that runs ``audit`` unless the first argument names another subcommand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands that ``--help`` lists."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        if cmd_name not in (*COMMANDS, _AUDIT):
            return None
        command: click.Command = import_module(f"pkgaudit.cli.{_MODULES.get(cmd_name, cmd_name)}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert ``audit`` unless the arguments begin with a subcommand.

        ``--verbose`` is an option of the audit; with ``--version`` it also shows the data sets.
        """
        if "--version" in args and {*args} <= {"--version", *_VERBOSE}:
            ctx.meta[_WITH_DATA] = len({*args}) > 1
            args = ["--version"]
        if args and args[0] not in (*COMMANDS, _AUDIT, "--version", "--help", "-h"):
            ctx.meta[UNNAMED] = True
            args = [_AUDIT, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; Ctrl-C or a signal ends it with the exit status that shells expect.

        Raises:
            click.UsageError: the command line, the configuration or another input cannot be used.
        """
        try:
            return super().invoke(ctx)
        except PkgauditError as error:
            raise click.UsageError(str(error)) from None
        except KeyboardInterrupt as error:
            say(words_of(error))
            ctx.exit(leave(error))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of the audit, which most users run."""
        from pkgaudit.cli.sections import write_sections

        audit = self.get_command(ctx, _AUDIT)
        assert audit is not None
        write_sections([*audit.params, *self.get_params(ctx)], ctx, formatter)
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the first argument: a subcommand, or an option or a path of an audit."""
        audit = self.get_command(ctx, _AUDIT)
        assert audit is not None
        with audit.make_context(_AUDIT, [], parent=ctx, resilient_parsing=True) as inner:
            items = [*super().shell_complete(ctx, incomplete), *audit.shell_complete(inner, incomplete)]
            found = {each.value: each for each in items}  # both have --help
            paths = [] if incomplete.startswith("-") else audit.params[0].shell_complete(inner, incomplete)
        return [*found.values(), *paths]

    def main(  # type: ignore[override]  # its overloads add nothing to this signature
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run the command, or answer a completion request from the shell."""
        if _COMPLETE in os.environ:
            from pkgaudit.cli.shells import register

            register()
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        with ended_by_signals():
            sys.exit(self._status(args, **extra))

    def _status(self, args: Sequence[str] | None, **extra: Any) -> int:
        """Run the command and return the exit status; errors for the user are shown and not raised."""
        try:
            return int(super().main(args, standalone_mode=False, **extra) or 0)
        except click.ClickException as error:
            show_error(error)
            return error.exit_code
        except click.Abort as error:  # Ctrl-C while the arguments are read
            cause = error.__cause__
            return leave(cause if isinstance(cause, KeyboardInterrupt) else KeyboardInterrupt())
        except OSError as error:  # such as a full disk while a folder is made or the help is shown
            if sys.stdout is not None:
                abandon(sys.stdout)
            # Only the search for a working directory that was removed fails in this way without a name.
            is_gone = isinstance(error, FileNotFoundError) and error.filename is None
            place = "the working directory" if is_gone else error.filename
            say(f"Error: {'' if place is None else f'{place}: '}{error.strerror or error}")
            return 2

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the usage line without the name of the command."""
        return ["[OPTIONS]", "PATH..."]


def _show_version(ctx: click.Context, _: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        put(f"pkgaudit {__version__}")
        ctx.exit(_show_data() if ctx.meta.get(_WITH_DATA) else 0)


def _show_data() -> int:
    """Show the data sets that the rules use, and return the exit status: 2 if one cannot be read."""
    from pkgaudit.dataset import Dataset, load_datasets

    datasets, failures = load_datasets()
    rows = [Dataset("data", "as of", "source"), *datasets]
    try:
        rows.append(_advisory_data())
    except PkgauditError as error:
        failures.append(str(error))
    name, date = max(len(each.name) for each in rows), max(len(each.date) for each in rows)
    for each in rows:
        put(f"{each.name:<{name}}  {each.date:<{date}}  {each.source}")
    for failure in failures:
        say(f"Error: {failure}")
    return 2 if failures else 0


def _advisory_data() -> Dataset:
    """Return the advisory data that an audit in this folder uses.

    Raises:
        PkgauditError: the data or the configuration cannot be used.
    """
    from pkgaudit.cli.choices import nearest_advisory_file
    from pkgaudit.dataset import Dataset
    from pkgaudit.formatting import printable
    from pkgaudit.vulndb.file import read_advisories

    path = nearest_advisory_file()
    if path is None:
        return Dataset("advisories", "none", "'pkgaudit vulndb build' writes them")
    return Dataset("advisories", read_advisories(path, ()).date.isoformat(), printable(str(path)))


@click.command(
    cls=Main,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=False,
    no_args_is_help=True,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit; with --verbose, also the dates of the bundled data.",
)
def main() -> None:
    """Audit sdists and wheels before they are uploaded: one verdict, pass or fail.

    PATH is a distribution, a folder of distributions, a glob, or a project folder, which is built
    first. Exit status: 0 pass, 1 fail, 2 the audit failed or is incomplete.
    """
