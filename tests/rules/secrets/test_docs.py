"""The page on secrets says what the code does."""

from __future__ import annotations

import re

from pkgaudit.api import Token
from pkgaudit.rules.secrets import rules as secrets
from tests.support import registry
from tools import document_secrets

PAGE = document_secrets.PAGE.read_text("utf-8")


def test_the_kinds_are_those_of_the_catalogue() -> None:
    assert document_secrets.page(PAGE) == PAGE, "run python -m tools.document_secrets"


def test_every_rule_and_level_is_there() -> None:
    for rule in registry():
        if rule.family == "SE":
            assert f"`{rule.code}` {rule.name}" in PAGE
    for level in secrets.LEVELS:
        assert f"| `{level}` |" in PAGE


def test_the_example_of_a_plugin_works() -> None:
    code = next(each for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "TOKENS" in each)
    names: dict[str, object] = {}
    exec(code, names)
    table = names["TOKENS"]
    assert isinstance(table, list)
    token = table[0]
    assert isinstance(token, Token)
    assert token.regex.fullmatch(b"acme_dt_" + b"x" * 32)
