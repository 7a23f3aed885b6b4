"""Write the tables of docs/configuration.md: the keys of the configuration, of its tables, and the limits.

    python -m tools.make_tables

The table of rule options is made when the site is built. A test fails if the page differs from the output of
this script.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pkgaudit.config.config import _KEYS
from pkgaudit.config.gate import GateSettings
from pkgaudit.config.schema import DESCRIPTIONS
from pkgaudit.config.trying import TrySettings
from pkgaudit.limits import Limits
from pkgaudit.pages.option_docs import described, meaning_of

CONFIGURATION = Path(__file__).parent.parent / "docs" / "configuration.md"

TYPES = {
    "select": "list of rules",
    "extend-select": "list of rules",
    "ignore": "rules or ignores",
    "severity": "table: rule → `'error'`, `'warning'` or `'info'`",
    "fail-on": "`'error'` (default), `'warning'` or `'info'`",
    "profile": "`'default'`, `'pypi'` or `'private'`",
    "pedantic": "true or false (default)",
    "preview": "true or false (default)",
    "inline-ignores": "true (default) or false",
    "per-file-ignores": "table: pattern → rules or ignores",
    "per-distribution-ignores": "table: pattern → rules or ignores",
    "limits": "table, [see below](#limits)",
    "allow": "list of hashes or tables, [see below](#allowed-hashes)",
    "against": "path or list of paths",
    "baseline": "path, [see below](#baselines)",
    "vulndb": "path, [see below](#advisory-data)",
    "cache": "true or false (default), [see below](#cache)",
    "gate": "table, [see below](#gate)",
    "try": "table, [see below](#try)",
}
"""The types of the configuration keys. The schema has their descriptions."""


def keys_table() -> Iterator[str]:
    """Yield the rows for the keys of the configuration."""
    yield "| key | type | meaning |"
    yield "| --- | --- | --- |"
    for key in _KEYS:
        yield f"| `{key}` | {TYPES[key]} | {DESCRIPTIONS[key]} |"
    yield "| *name of a table* | table | the options of rules, [see below](#rule-options) |"


def limits_table() -> Iterator[str]:
    """Yield the rows for the limits."""
    yield "| key of `limits` | default | meaning |"
    yield "| --- | --- | --- |"
    for option in described(Limits):
        yield f"| `{option.key}` | {option.default:,} | {meaning_of(option, Limits)} |"


def settings_table(key: str, made: type[Any]) -> Iterator[str]:
    """Yield the rows for the settings of a command."""
    yield f"| key of `{key}` | type | meaning |"
    yield "| --- | --- | --- |"
    for option in described(made):
        yield f"| `{option.key}` | {option.kind} | {meaning_of(option, made)} |"


def configuration(text: str) -> str:
    """Return the page on the configuration with its tables between their markers."""
    for name, rows in (
        ("keys", keys_table()),
        ("limits", limits_table()),
        ("gate", settings_table("gate", GateSettings)),
        ("try", settings_table("try", TrySettings)),
    ):
        start, end = f"<!-- {name}: written by python -m tools.make_tables -->\n", f"<!-- end of {name} -->\n"
        head, found, rest = text.partition(start)
        _, ended, tail = rest.partition(end)
        if not found or not ended:
            raise SystemExit(f"{CONFIGURATION.name} has no markers for the {name}")
        text = f"{head}{start}\n" + "\n".join(rows) + f"\n\n{end}{tail}"
    return text


if __name__ == "__main__":
    CONFIGURATION.write_text(configuration(CONFIGURATION.read_text("utf-8")), "utf-8")
