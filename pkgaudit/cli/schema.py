"""``pkgaudit schema``: prints the JSON Schema of the configuration."""

from __future__ import annotations

import click

from pkgaudit.cli.door import put_json


@click.command("schema", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Print the JSON Schema of the configuration.

    The schema covers all installed rules. TOML editors complete and check with it: save it next to
    pkgaudit.toml and begin that file with '#:schema ./pkgaudit.schema.json'. For the table in pyproject.toml,
    validate-pyproject finds the schema by itself.
    """
    from pkgaudit.config.schema import make_schema
    from pkgaudit.rule import load_registry

    put_json(make_schema(load_registry()))
