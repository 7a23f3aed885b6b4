"""``pkgaudit cache``: shows or deletes the results that audits with ``--cache`` keep."""

from __future__ import annotations

import click

from pkgaudit.cli.door import put
from pkgaudit.errors import PkgauditError
from pkgaudit.formatting import counted, printable, sized


@click.command("cache", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", metavar="ACTION", type=click.Choice(("info", "clear")))
def command(action: str) -> None:
    """Show or delete the results that '--cache' keeps.

    With '--cache', an audit keeps the results on files for later audits, which then only judge changed files.
    It never keeps results on files in which a secret was found. 'info' prints the place and the size of the
    cache, 'clear' deletes it.
    """
    try:
        from pkgaudit.cache.store import cache_folder, info, remove
    except ImportError as error:
        raise PkgauditError(f"the cache cannot be used without the library {error.name}") from None

    found = info(cache_folder())
    said = f"{counted(found.results, 'result')}, {sized(found.size)}"
    if action == "info":
        put(f"{printable(str(found.path))}: {said}\n")
        return
    try:
        remove(found.path)
    except OSError as error:
        raise PkgauditError(f"{printable(str(found.path))} cannot be deleted: {error.strerror}") from None
    put(f"deleted {said}\n")
