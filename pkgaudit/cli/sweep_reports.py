"""``pkgaudit sweep report`` and ``pkgaudit sweep diff``: the contents of a store, and changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, TextIO

import click

from pkgaudit.cli.choices import LEVELS
from pkgaudit.cli.door import OutputError, abandon, standard_output
from pkgaudit.cli.sections import Sectioned

if TYPE_CHECKING:
    from pkgaudit.finding import Severity
    from pkgaudit.sweep.store import Run, Store

_FORMATS = ("text", "json", "html", "jsonl", "sarif")
"""The formats of a report on a store."""

_SETTINGS = {"help_option_names": ["-h", "--help"]}

_MOST = 20
"""The number of projects and of changes in a report, unless the user gives another one."""

_shared: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--top",
        type=click.IntRange(min=1),
        metavar="N",
        default=_MOST,
        help=f"The most projects and changes of each kind.  [default: {_MOST}]",
    ),
    click.option("--output", "-o", type=click.Path(), metavar="FILE", help="Write to FILE."),
)


def _with_shared(function: Any) -> Any:
    for option in reversed(_shared):
        function = option(function)
    return function


@click.command("report", cls=Sectioned, context_settings=_SETTINGS)
@click.argument("store", metavar="STORE")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(_FORMATS),
    default="text",
    help="'text', 'json' and 'html' have numbers and the worst projects; 'jsonl' has a line for each file, "
    "'sarif' the worst findings.  [default: text]",
)
@click.option("--project", metavar="NAME", default="", help="All files and findings of this project.")
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="Exit with 1 if a file has a finding of this severity."
)
@_with_shared
@click.pass_context
def report(ctx: click.Context, /, **choices: Any) -> None:
    """Report on STORE: worst projects, rules by count, and new files since the last run."""
    from pkgaudit.finding import Severity
    from pkgaudit.model.distribution import normalize
    from pkgaudit.sweep.reports.overview import is_reached, overview_of

    require()
    project = normalize(choices["project"])
    with closing(_opened(choices["store"])) as store:
        overview = overview_of(store, choices["top"], project)
        _write(choices["output"], lambda stream: _WRITERS[choices["format_name"]](store, overview, stream))
        level = choices["fail_on"]
        ctx.exit(1 if level and is_reached(overview.totals, Severity.parse(level)) else 0)


@click.command("diff", cls=Sectioned, context_settings=_SETTINGS)
@click.argument("store", metavar="STORE")
@click.option(
    "--since",
    required=True,
    metavar="DATE",
    help="What runs since this day changed, in UTC, such as 2026-11-30 or 2026-11-30T12:00:00Z.",
)
@click.option(
    "--format", "format_name", type=click.Choice(("text", "json")), default="text", help="[default: text]"
)
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="Exit with 1 if a file has a new finding of this severity."
)
@_with_shared
@click.pass_context
def diff(ctx: click.Context, /, **choices: Any) -> None:
    """Report what changed in STORE: new files, files with other findings, and files that are gone."""
    from pkgaudit.finding import Severity
    from pkgaudit.sweep.reports import overview, text

    require()
    with closing(_opened(choices["store"])) as store:
        first = _first_run(store.runs(), choices["since"])
        found = overview.changes_of(store.changes(first), choices["top"])

        def write(stream: TextIO) -> None:
            if choices["format_name"] == "json":
                _write_json(stream, found.in_json())
            else:
                stream.writelines(f"{_harmless(line)}\n" for line in text.changes(found))

        _write(choices["output"], write)
        level: Severity | None = Severity.parse(choices["fail_on"]) if choices["fail_on"] else None
        ctx.exit(1 if level and overview.alerts(store, store.changes(first), level) else 0)


def require() -> None:
    """Name a missing library before anything begins.

    Raises:
        click.UsageError: the libraries of the extra are not installed.
    """
    try:
        import pyarrow  # noqa: F401  # only to name it if it is missing
    except ImportError as error:
        raise click.UsageError(f"{error.name} is not installed; run 'pip install pkgaudit[sweep]'") from None


def _opened(folder: str) -> Store:
    from pkgaudit.sweep.store import Store

    return Store(folder)


def _first_run(runs: list[Run], since: str) -> int:
    """Return the number of the first run since a day or a time in UTC.

    Raises:
        click.BadParameter: it is neither.
    """
    import datetime

    try:
        # Python 3.10 does not read the "Z".
        moment = datetime.datetime.fromisoformat(since.removesuffix("Z"))
    except ValueError:
        raise click.BadParameter(f"{since!r} is not a day like 2026-11-30", param_hint="'--since'") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.timezone.utc)
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    later = [each.number for each in runs if each.started >= text]
    return later[0] if later else max((each.number for each in runs), default=0) + 1


def _harmless(line: str) -> str:
    from pkgaudit.formatting import inert, printable

    return inert(printable(line))


def _write_json(stream: TextIO, value: Any) -> None:
    from pkgaudit.report.escape import write_json

    write_json(stream, value, 2)


def _write_text(_: Store, overview: Any, stream: TextIO) -> None:
    from pkgaudit.sweep.reports.text import report as lines

    stream.writelines(f"{_harmless(line)}\n" for line in lines(overview))


def _write_html(_: Store, overview: Any, stream: TextIO) -> None:
    from pkgaudit.sweep.reports.html import page

    stream.write(page(overview))


def _write_lines(store: Store, overview: Any, stream: TextIO) -> None:
    from pkgaudit.report.escape import write_json

    for row in overview.rows or store.rows():
        write_json(stream, row.in_json())


def _write_sarif(store: Store, overview: Any, stream: TextIO) -> None:
    from pkgaudit.rule import load_registry
    from pkgaudit.sweep.reports.sarif import sarif

    _write_json(stream, sarif(overview.rows or store.rows(), load_registry()))


_WRITERS: dict[str, Callable[[Store, Any, TextIO], None]] = {
    "text": _write_text,
    "json": lambda _, overview, stream: _write_json(stream, overview.in_json()),
    "html": _write_html,
    "jsonl": _write_lines,
    "sarif": _write_sarif,
}
"""The function for each format."""


def _write(path: str | None, write: Callable[[TextIO], None]) -> None:
    """Write a report to a file, completely or not at all, or to standard output.

    Raises:
        OutputError: it cannot be written.
    """
    from pkgaudit.whole import WholeFile

    if path is None:
        out = standard_output()
        try:
            write(out)
            out.flush()
        except BrokenPipeError:
            abandon(out)  # the reader, such as "head", has ended
        except OSError as error:
            abandon(out)
            raise OutputError([f"standard output cannot be written: {error.strerror}"]) from None
        return
    try:
        file = WholeFile(path)
        try:
            write(file.stream)
            file.keep()
        finally:
            file.discard()
    except OSError as error:
        raise OutputError([f"{path} cannot be written: {error.strerror or error}"]) from None
