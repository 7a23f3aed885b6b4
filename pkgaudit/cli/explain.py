"""``pkgaudit explain``: shows what a rule finds, why it matters, and how to fix it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from pkgaudit.cli import complete
from pkgaudit.cli.door import put, standard_output

if TYPE_CHECKING:
    from pkgaudit.rule import Registry, Rule

_SHORTEST = 3
"""Characters that a word needs to be searched for in rule names; shorter ones are in too many names."""

_MARK = "\ue000"
"""A character for private use, which no page contains."""


@click.command("explain")
@click.argument("rules", nargs=-1, required=True, metavar="RULE...", shell_complete=complete.rule)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("text", "markdown")),
    default="text",
    help="Format of the page: text for a terminal, or its Markdown source.",
)
def command(rules: tuple[str, ...], format_name: str) -> None:
    """Explain rules, given by code, code prefix or name.

    A page shows what the rule finds, with an example, why that matters, and how to fix it with each build
    backend. It lists the rule's options, and the matching checks of other tools.
    """
    from pkgaudit.pages.rule_page import check_names, is_on_site, page
    from pkgaudit.pages.site import rule_url
    from pkgaudit.rule import load_registry

    registry = load_registry()
    check_names(registry)
    found = []
    for selector in rules:
        matches = registry.find(selector)
        if not matches:
            families = _families(registry, selector)
            guess = f"; {families}" if families else registry.nearest(selector)
            raise click.UsageError(f"no rule is called {selector!r}{guess}; 'pkgaudit rules' lists all rules")
        found += [rule for rule in matches if rule not in found]
    pages = [
        f"{page(rule)}\nOn the web: <{rule_url(rule.name)}>\n" if is_on_site(rule) else page(rule)
        for rule in found
    ]
    if format_name == "markdown":
        put("\n".join(pages))
        return
    from pkgaudit.formatting import printable

    put(_rendered(["\n".join(map(printable, text.split("\n"))) for text in pages]), is_styled=True)


def _rendered(pages: list[str]) -> str:
    """Return pages in Markdown as text for the terminal; code keeps its lines, to be copied."""
    import io
    from typing import ClassVar

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Markdown
    from rich.text import Text

    code: list[str] = []

    class Code(CodeBlock):
        """Code as one mark for each line, because rich cuts the lines of lists at the width."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for line in str(self.text).rstrip().split("\n"):
                yield Text(f" {_MARK}{len(code)}{_MARK}", "cyan")
                code.append(line)

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "fence": Code, "code_block": Code}

    is_terminal = standard_output().isatty()
    made = io.StringIO()
    console = Console(file=made, force_terminal=is_terminal, width=None if is_terminal else 80)
    for text in pages:
        console.print(Page(text), crop=False)
        console.print()
    shown = re.sub(f"{_MARK}([0-9]+){_MARK}", lambda match: code[int(match[1])], made.getvalue())
    return "\n".join(line.rstrip() for line in shown.split("\n"))


def _families(registry: Registry, word: str) -> str:
    """Return a hint for a word that names no rule: its family, or the rules with the word in their names."""
    from pkgaudit.formatting import counted

    word = word.casefold().replace("_", "-").replace(" ", "-")
    of_family: dict[str, list[Rule]] = {}
    for rule in registry:
        of_family.setdefault(_family(rule), []).append(rule)
    close = [each for each in of_family if len(word) >= _SHORTEST and _is_form_of(word, each)]
    if close:
        rules = of_family[close[0]]
        prefixes = " and ".join(sorted({rule.code[:2] for rule in rules}))
        return (
            f"{counted(len(rules), 'rule')} on {close[0]} have codes that start with {prefixes}: "
            + _listed(rules)
        )
    named = [rule for rule in registry if len(word) >= _SHORTEST and f"-{word}" in f"-{rule.name}"]
    return f"rules with this word in their names: {_listed(named)}" if named else ""


def _family(rule: Rule) -> str:
    """Return the name of the package that contains a rule."""
    return rule.function.__module__.split(".")[-2 if "." in rule.function.__module__ else -1]


def _is_form_of(word: str, family: str) -> bool:
    return word.rstrip("s") == family.rstrip("s")


def _listed(rules: list[Rule]) -> str:
    return ", ".join(f"{rule.code} {rule.name}" for rule in rules)
