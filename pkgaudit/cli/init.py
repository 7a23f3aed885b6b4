"""``pkgaudit init``: a first configuration for the project at hand."""

from __future__ import annotations

from pathlib import Path

import click

from pkgaudit.cli.door import put_file, say


@click.command("init", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it there; - is standard output.  [default: pyproject.toml, else pkgaudit.toml]",
)
@click.option("--print", "-p", "show", is_flag=True, help="Show it and write nothing.")
def command(folder: Path, output: Path | None, show: bool) -> None:
    """Write a commented configuration that fits the project.

    It looks at the project in FOLDER (default: this one) and runs nothing of it. In pyproject.toml the table
    comes at the end, and all else stays as it is. Nothing is written where there is a configuration already.
    """
    from pkgaudit.config import init
    from pkgaudit.rule import load_registry

    seen = init.look(folder)
    if show or output == Path("-"):
        has_project = (folder / init.PROJECT).is_file()
        put_file(init.write(seen, header=has_project))
        return
    target = init.target_of(folder, output)
    init.add(target, seen, load_registry())
    say(f"{target}: configuration written; look at it, then run 'pkgaudit {folder}'")
