"""``pkgaudit vulndb``: builds the advisory data that audits compare dependencies with, or describes it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pkgaudit.cli import complete
from pkgaudit.cli.door import OutputError, put, say
from pkgaudit.formatting import counted, printable, sized


@click.command(
    "vulndb",
    short_help="Build the advisory data that audits compare dependencies with.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("action", metavar="ACTION", type=click.Choice(("build", "info")))
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete.paths)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the data to FILE.  [default: vulndb.json.gz in the data folder of the user]",
)
def command(action: str, paths: tuple[str, ...], output: Path | None) -> None:
    """Build or describe the advisory data that DP104 compares the dependencies with.

    'build' reads vulnerability databases in OSV form, each a folder or a zip file: PyPA's advisory-database,
    GitHub's advisory-database, PyPI/all.zip of OSV, the cache of osv-scanner, or own records in JSON or YAML.
    It writes one small file, which later audits use. 'info' prints the date and the size of a file, without
    PATH of the one that an audit in this folder uses. pkgaudit contains no data itself, because it would soon
    be old.
    """
    if action == "build":
        _build(paths, output)
    else:
        _info(paths, output)


def _build(sources: tuple[str, ...], output: Path | None) -> None:
    import datetime

    from pkgaudit.cli.outputs import wrong_with
    from pkgaudit.vulndb.build import build, reasons
    from pkgaudit.vulndb.file import as_file, default_file
    from pkgaudit.whole import write_whole

    if not sources:
        raise click.UsageError("name the folder or zip file of a vulnerability database")
    path = default_file() if output is None else output
    shown = printable(str(path))
    target = os.path.realpath(path)
    if any(os.path.realpath(each) == target for each in sources):
        raise click.UsageError(f"{shown}: is a source, which the data must not overwrite")
    try:
        if output is None:
            path.parent.mkdir(parents=True, exist_ok=True)
        if wrong := wrong_with(str(path), target):
            raise click.UsageError(wrong)
        made = build(sources, datetime.date.today())
        content = as_file(made)
        write_whole(path, content)
    except OSError as error:
        raise OutputError([f"{shown}: cannot be written: {error.strerror}"]) from None
    say(
        f"{counted(made.read, 'record')} read, {made.used:,} used"
        + (f"; left out: {reasons(made.left_out)}" if made.left_out else "")
    )
    if made.unread:
        say(f"not read: {reasons(made.unread)}")
    say(f"{shown}: {counted(len(made.projects), 'project')}, {sized(len(content))}, as of {made.date}")


def _info(paths: tuple[str, ...], output: Path | None) -> None:
    from pkgaudit.cli.choices import nearest_advisory_file
    from pkgaudit.vulndb.file import default_file, summary

    if output is not None or len(paths) > 1:
        raise click.UsageError("'info' describes one file, and writes none")
    path = Path(paths[0]) if paths else nearest_advisory_file() or default_file()
    date, records, advisories, projects = summary(path)
    said = (
        counted(records, "record"),
        counted(advisories, "vulnerability", "vulnerabilities"),
        counted(projects, "project"),
    )
    put(f"{printable(str(path))}: as of {date}; {', '.join(said)}\n")
