"""``pkgaudit sweep``: audits all files of an index or a folder, and reports what changed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli.choices import LEVELS, config_options, executor_option, make_config
from pkgaudit.cli.complete import paths
from pkgaudit.cli.door import put, say
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.sweep_reports import diff, report, require
from pkgaudit.formatting import counted, sized

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pkgaudit.sweep.choice import Choice
    from pkgaudit.sweep.executors import Executor
    from pkgaudit.sweep.run import Sweep, Totals
    from pkgaudit.sweep.store import Store
    from pkgaudit.sweep.work import Settings

_SWEEP = "run"
_SUBCOMMANDS = ("report", "diff")

_EVERY = 30.0
"""Seconds between two looks for new files; a new file is audited within a minute of its upload."""

_INTERVAL = 5.0
"""Seconds between two lines on the progress."""


class _Group(click.Group):
    """Runs the sweep itself unless the first argument is ``report`` or ``diff``; ``./report`` is a source."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the name of the sweep itself."""
        if args and args[0] not in (*_SUBCOMMANDS, "--help", "-h"):
            args = [_SWEEP, *args]
        return super().parse_args(ctx, args)

    @property
    def default(self) -> click.Command:
        """The sweep itself, which the help and the manual show."""
        return self.commands[_SWEEP]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the sweep itself, and the subcommands."""
        inner = click.Context(self.default, info_name=ctx.info_name, parent=ctx.parent)
        self.default.format_help(inner, formatter)
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a subcommand, or an option or the source of a sweep."""
        with self.default.make_context(_SWEEP, [], parent=ctx, resilient_parsing=True) as inner:
            items = [
                *super().shell_complete(ctx, incomplete),
                *self.default.shell_complete(inner, incomplete),
            ]
            found = {each.value: each for each in items}  # both have --help
            if not incomplete.startswith("-"):
                found |= {each.value: each for each in paths(ctx, self.default.params[0], incomplete)}
        return [*found.values()]


@click.group(
    "sweep",
    cls=_Group,
    short_help="Audit all files of an index, a mirror or a list, and watch for new ones.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)
def command() -> None:
    """Audit all files of an index or a folder, and report what changed."""


command.add_command(report)
command.add_command(diff)


@command.command(_SWEEP, cls=Sectioned, hidden=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", metavar="SOURCE", shell_complete=paths)
@click.option(
    "--output",
    "-o",
    required=True,
    metavar="STORE",
    shell_complete=paths,
    help="Folder in which the results are kept.",
)
@click.option("--project", multiple=True, metavar="GLOB", help="Only these projects. Repeatable.")
@click.option("--since", metavar="DATE", default="", help="Only files uploaded since this day.")
@click.option(
    "--latest", type=click.IntRange(min=1), metavar="N", help="Only the latest N versions of each project."
)
@click.option(
    "--kinds",
    metavar="KINDS",
    default="wheel,sdist",
    help="Only these kinds of files.  [default: wheel,sdist]",
)
@click.option(
    "--metadata-only",
    is_flag=True,
    help="Audit only the core metadata of wheels, if the index has them as files.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Audit new files as they appear, until a signal ends it; write findings as JSON lines.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="How often --watch looks for new files.  [default: 30]",
)
@click.option(
    "--on-finding",
    metavar="COMMAND",
    help="Run this command for each line of --watch, which it gets on standard input.",
)
@executor_option
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes on this machine.  [default: number of cores]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=600.0,
    help="The longest audit of a file.  [default: 600]",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0, min_open=True),
    metavar="GIB",
    help="The most memory of a process that audits.  [default: no limit]",
)
@click.option("--compare", is_flag=True, help="Compare each version with the one before, if SOURCE has it.")
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="Exit with 1 if a file has a finding of this severity."
)
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@config_options
@click.pass_context
def sweep(ctx: click.Context, /, **choices: Any) -> None:
    """Audit all files of SOURCE and keep the results in STORE.

    SOURCE is the address of an index (its Simple API), a folder with distributions at any depth, a text file
    that lists paths and addresses, or one distribution. A file is audited once; a run continues where the
    last one ended. Exit status: 0 swept, 1 with --fail-on, 2 files are left without a verdict, or the sweep
    did not finish.
    """
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Sweep, and return the exit status.

    Raises:
        PkgauditError: the configuration, the source, the store or the executor cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.identity import rules_of
    from pkgaudit.rule import load_registry
    from pkgaudit.sweep.metadata import metadata_config
    from pkgaudit.sweep.run import Sweep
    from pkgaudit.sweep.sources import open_source
    from pkgaudit.sweep.store import Store
    from pkgaudit.sweep.watching import Watching
    from pkgaudit.sweep.work import Settings

    require()
    _check(choices)
    registry = load_registry()
    config = make_config({"allow": (), **choices}, registry)
    # Rules on updates run only with an earlier release; each version gets its own.
    config = replace(config, against=(Path(),) if choices["compare"] else ())
    if choices["metadata_only"]:
        config = metadata_config(config, registry)
    source = open_source(choices["source"], _choice_of(choices), metadata=choices["metadata_only"])
    rules = rules_of(config, registry)
    memory = None if choices["memory"] is None else round(choices["memory"] * (1 << 30))
    settings = Settings(config, rules, source.access, choices["timeout"], memory)
    with (
        closing(Store(choices["output"], writes=True)) as store,
        closing(_executor(choices, settings)) as executor,
        _told(choices["on_finding"]) as tell,
    ):

        def begin() -> None:
            store.begin(rules, source.name, _scope_of(choices))

        watching = Watching(store, source, begin, config.fail_on, tell)
        hear = watching.hear if choices["watch"] else lambda _: None
        sweep = Sweep(store, executor, rules, hear, compares=choices["compare"])

        said: set[str] = set()

        def after(has_news: bool = True) -> bool:
            """Report on a round, and return whether all could be read."""
            notes = source.notes.take()
            for note in (*store.notes, *executor.notes):
                if note not in said:
                    say(f"Note: {note}")
            said.update(store.notes, executor.notes)
            if source.skipped:
                files = counted(source.skipped, "file")
                say(f"Note: {files} without separate core metadata skipped because of --metadata-only")
            for note in notes:
                say(f"Warning: {note}")
            if has_news:
                (say if choices["watch"] else put)(words_of(sweep.totals))
            return not notes

        with shown(sweep, quiet=choices["quiet"] or choices["watch"]):
            if choices["watch"]:
                watching.forever(sweep, choices["every"] or _EVERY, after)
            watching.round(sweep, is_first=True)
        is_read = after()
        return _status(store, is_read and sweep.totals.is_complete, choices["fail_on"])


def _check(choices: dict[str, Any]) -> None:
    for name in ("every", "on_finding"):
        if choices[name] is not None and not choices["watch"]:
            raise click.UsageError(f"--{name.replace('_', '-')} is only for --watch")


@contextmanager
def _told(command: str | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Return a function that writes a line to standard output, and gives it to the command of the user."""
    from pkgaudit.sweep.hook import Hook

    hook = None if command is None else Hook(command, lambda text: say(f"Warning: {text}"))

    def tell(line: dict[str, Any]) -> None:
        put(json.dumps(line))
        if hook is not None:
            hook.tell(line)

    try:
        yield tell
    finally:
        if hook is not None:
            hook.close()


def _choice_of(choices: dict[str, Any]) -> Choice:
    import datetime

    from pkgaudit.model.distribution import normalize
    from pkgaudit.sweep.choice import KINDS, Choice

    since = choices["since"]
    if since:
        try:
            since = datetime.date.fromisoformat(since).isoformat()
        except ValueError:
            raise click.BadParameter(
                f"{since!r} is not a day like 2026-11-30", param_hint="'--since'"
            ) from None
    kinds = tuple(each.strip() for each in choices["kinds"].split(","))
    if not kinds or not {*kinds} <= {*KINDS}:
        raise click.BadParameter(f"choose from {', '.join(KINDS)}", param_hint="'--kinds'")
    projects = tuple(normalize(each) for each in choices["project"])
    return Choice(projects, since, choices["latest"], kinds)


def _scope_of(choices: dict[str, Any]) -> str:
    """Return the limits of the source as a text."""
    return repr([choices[each] for each in ("project", "since", "latest", "kinds", "metadata_only")])


def _executor(choices: dict[str, Any], settings: Settings) -> Executor:
    from pkgaudit.sweep.executors import ClusterTasks, Processes

    if choices["cluster"] is None:
        return Processes(settings, choices["jobs"])
    if choices["jobs"] is not None:
        raise click.UsageError("--jobs is for this machine; the workers of a cluster have their own threads")
    return ClusterTasks(choices["cluster"], settings)


def words_of(totals: Totals) -> str:
    """Return the numbers of a run in words."""
    found = totals.verdicts
    words = f"{counted(totals.files, 'file')} audited ({sized(totals.bytes)})"
    parts = [f"{found['pass']:,} pass, {found['fail']:,} fail"]
    if found["error"]:
        parts.append(f"{found['error']:,} without a verdict")
    if totals.done:
        parts.append(f"{totals.done:,} done before")
    if not totals.is_complete:
        parts.append("not finished")
    return f"{words}: {', '.join(parts)}"


def _status(store: Store, is_complete: bool, fail_on: str | None) -> int:
    """Return the exit status: 2 if a file in the store is left without a verdict, 1 if one fails."""
    from pkgaudit.finding import Severity
    from pkgaudit.sweep.reports.overview import is_reached

    totals = store.totals()
    if not is_complete or totals.unaudited:
        return 2
    return 1 if fail_on and is_reached(totals, Severity.parse(fail_on)) else 0


@contextmanager
def shown(sweep: Sweep, quiet: bool) -> Iterator[None]:
    """Show the progress every few seconds while the context lasts."""
    ended = threading.Event()

    def show() -> None:
        while not ended.wait(_INTERVAL):
            say(progress_of(sweep.totals))

    thread = threading.Thread(target=show, daemon=True)
    if not quiet:
        thread.start()
    try:
        yield
    finally:
        ended.set()


def progress_of(totals: Totals) -> str:
    """Return the progress in words: numbers, rate, and the time left if it is known."""
    seconds = max(time.monotonic() - totals.began, 0.1)
    rate = f"{totals.files / seconds:.1f} files/s, {totals.bytes / seconds / 1e6:.1f} MB/s"
    return f"{words_of(totals)}; {rate}"
