"""``pkgaudit schema``: what the configuration may say, for editors."""

from __future__ import annotations

import click

from pkgaudit.cli.door import put_json


@click.command("schema", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Print the JSON Schema of the configuration.

    It knows the rules that are installed. Editors that know TOML complete and check with it: save it beside a
    pkgaudit.toml and let that begin with '#:schema ./pkgaudit.schema.json'. For the table in pyproject.toml,
    validate-pyproject finds it by itself.
    """
    from pkgaudit.config.schema import make_schema
    from pkgaudit.rule import load_registry

    put_json(make_schema(load_registry()))
