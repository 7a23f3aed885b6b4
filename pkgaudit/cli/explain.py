"""``pkgaudit explain``: what a rule finds, why it matters, and how to mend it."""

from __future__ import annotations

import dataclasses
import sys

import click

from pkgaudit.rule import Rule


@click.command("explain")
@click.argument("rules", nargs=-1, required=True, metavar="RULE...")
def command(rules: tuple[str, ...]) -> None:
    """Explain rules, by code, prefix of codes, or name."""
    from rich.console import Console
    from rich.markdown import Markdown

    from pkgaudit.rule import RuleError, load_registry
    from pkgaudit.table import nearest

    try:
        registry = load_registry()
    except RuleError as error:
        raise click.UsageError(str(error)) from None
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 80)
    for selector in rules:
        found = registry.find(selector)
        if not found:
            raise click.UsageError(f"no rule is called {selector!r}{nearest(selector, registry.words())}")
        for rule in found:
            console.print(Markdown(page(rule)))
            console.print()


def page(rule: Rule) -> str:
    """Return the documentation of a rule as a page of Markdown."""
    facts = [f"Severity: **{rule.severity}**."]
    if rule.index:
        facts.append("Says what PyPI does with such a file, and is part of the profile `pypi`.")
    if rule.pypi_only:
        facts.append("Other indexes may take it, so the profile `private` leaves the rule out.")
    if rule.pedantic:
        facts.append("Runs only with `--pedantic` or when selected.")
    parts = [f"# {rule.code} {rule.name}", " ".join(facts), rule.documentation]
    if rule.options is not None:
        parts.append(f"## Options\n\n`[tool.pkgaudit.{rule.table}]`")
        parts.append("\n".join(_option(field) for field in dataclasses.fields(rule.options)))
    return "\n\n".join(parts)


def _option(field: dataclasses.Field[object]) -> str:
    default = field.default if field.default is not dataclasses.MISSING else "…"
    shown = list(default) if isinstance(default, tuple) else default
    return f"- `{field.name.replace('_', '-')}` (default `{shown!r}`)"
