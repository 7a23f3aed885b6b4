"""``pkgaudit rules``: lists all rules."""

from __future__ import annotations

from typing import Any

import click

from pkgaudit.cli.door import put, put_json


@click.command("rules")
@click.option(
    "--format", "format_name", type=click.Choice(("text", "json")), default="text", help="Output format."
)
def command(format_name: str) -> None:
    """List all rules with their codes, names, severities and summaries."""
    from pkgaudit.rule import load_registry

    rules = list(load_registry())
    if format_name == "json":
        put_json([describe(rule) for rule in rules])
        return
    width = max((len(rule.name) for rule in rules), default=0)
    lines = []
    for rule in rules:
        dagger = "‡" if rule.pypi_only else "†" if rule.index else " "
        marks = "".join((" (pedantic)" if rule.pedantic else "", " (preview)" if rule.preview else ""))
        line = f"{rule.code}  {rule.name:<{width}}  {rule.severity!s:<7} {dagger} {rule.summary}{marks}"
        lines.append(line.rstrip())
    lines.append(
        f"\n{len(rules)} rules; † PyPI rejects such files (--profile pypi); "
        "‡ same, but skipped with --profile private"
    )
    put("\n".join(lines))


def describe(rule: Any) -> dict[str, Any]:
    """Return a rule as JSON values."""
    import dataclasses

    return {
        "code": rule.code,
        "name": rule.name,
        "severity": str(rule.severity),
        "summary": rule.summary,
        "index": rule.index,
        "pypi_only": rule.pypi_only,
        "pedantic": rule.pedantic,
        "preview": rule.preview,
        "since": rule.since,
        "formerly": list(rule.formerly),
        "module": rule.function.__module__,
        "table": rule.table if rule.options else None,
        "options": [field.name.replace("_", "-") for field in dataclasses.fields(rule.options)]
        if rule.options
        else [],
    }
