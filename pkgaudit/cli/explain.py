"""``pkgaudit explain``: what a rule finds, why it matters, and how to mend it."""

from __future__ import annotations

import click

from pkgaudit.cli import complete
from pkgaudit.cli.door import put, standard_output


@click.command("explain")
@click.argument("rules", nargs=-1, required=True, metavar="RULE...", shell_complete=complete.rule)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("text", "markdown")),
    default="text",
    help="text for a terminal, or the Markdown that it is made of.",
)
def command(rules: tuple[str, ...], format_name: str) -> None:
    """Explain rules, by code, prefix of codes, or name.

    What they find with an example, why it matters, how to mend it with each build backend, their options,
    and the checks of other tools that match.
    """
    from pkgaudit.config.table import nearest
    from pkgaudit.pages.rule_page import is_on_site, page
    from pkgaudit.pages.site import rule_url
    from pkgaudit.rule import load_registry

    registry = load_registry()
    found = []
    for selector in rules:
        matches = registry.find(selector)
        if not matches:
            raise click.UsageError(f"no rule is called {selector!r}{nearest(selector, registry.words())}")
        found += [rule for rule in matches if rule not in found]
    pages = [
        f"{page(rule)}\nOn the web: <{rule_url(rule.name)}>\n" if is_on_site(rule) else page(rule)
        for rule in found
    ]
    if format_name == "markdown":
        put("\n".join(pages))
        return
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    from pkgaudit.formatting import printable

    is_terminal = standard_output().isatty()
    made = io.StringIO()
    console = Console(file=made, force_terminal=is_terminal, width=None if is_terminal else 80)
    for text in pages:
        console.print(Markdown("\n".join(map(printable, text.split("\n"))), code_theme="ansi_dark"))
        console.print()
    put(made.getvalue(), is_styled=True)
