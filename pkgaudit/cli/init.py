"""``pkgaudit init``: writes a first configuration for a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkgaudit.cli.door import put_file, say
from pkgaudit.model.capabilities import WORDS

if TYPE_CHECKING:
    from pkgaudit.rule import Registry


_MOST_WHEELS = 20
"""The most wheels that are read. Chosen: a suggestion need not be complete."""

_LARGEST = 50_000_000
"""The most bytes of wheels that are read. Chosen: they take a few seconds."""


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

    The command reads the project in FOLDER (default: the current one), and the wheels in its folder dist, and
    runs none of its code. In
    pyproject.toml the table is appended and nothing else changes. An existing configuration is never
    overwritten.
    """
    from pkgaudit.config import init
    from pkgaudit.rule import load_registry

    seen = init.look(folder)
    registry = load_registry()
    seen.capabilities = _capabilities(folder / "dist", registry)
    if show or output == Path("-"):
        has_project = (folder / init.PROJECT).is_file()
        put_file(init.write(seen, header=has_project))
        return
    target = init.target_of(folder, output)
    init.add(target, seen, registry)
    say(f"{target}: configuration written; review it, then run 'pkgaudit {folder}'")


def _capabilities(folder: Path, registry: Registry) -> list[str] | None:
    """Return the capabilities of the wheels in a folder, None if it has no wheels that can be read."""
    from pkgaudit.config.config import Config
    from pkgaudit.engine import audit_distribution
    from pkgaudit.plan import Mode, Plan

    plan = Plan.make(registry, Config(), rules=(), mode=Mode(wants_capabilities=True))
    wheels = [each for each in sorted(folder.glob("*.whl")) if each.is_file()][:_MOST_WHEELS]
    if sum(each.stat().st_size for each in wheels) > _LARGEST:
        return None
    found = [audit_distribution(str(each), plan, Config()).distribution for each in wheels]
    known = [each.capabilities for each in found if each is not None and each.capabilities is not None]
    return [name for name in WORDS if any(name in each for each in known)] if known else None
