"""``pkgaudit init``: writes a first configuration for a project."""

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
    help="Write the configuration to FILE ('-' is standard output).  [default: pyproject.toml, else "
    "pkgaudit.toml]",
)
@click.option("--print", "-p", "show", is_flag=True, help="Print the configuration and write no file.")
def command(folder: Path, output: Path | None, show: bool) -> None:
    """Write a commented configuration that fits the project.

    The command reads the project in FOLDER (default: the current one) and runs none of its code. In
    pyproject.toml the table is appended and nothing else changes. An existing configuration is never
    overwritten.
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
    say(f"{target}: configuration written; review it, then run 'pkgaudit {folder}'")
