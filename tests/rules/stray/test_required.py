"""SF209 beyond the cases: what is no list of patterns."""

from __future__ import annotations

import pytest

from pkgaudit.config.config import ConfigError, parse_config
from pkgaudit.rules.stray.rules_required import Files
from tests.support import registry


@pytest.mark.parametrize("lines", [("",), ("!",), ("  ",), ("!a", "b"), ("./a",), ("a", "!./b"), ("# a",)])
def test_what_is_no_pattern(lines: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        Files(forbidden=lines)


def test_both_rules_share_a_table() -> None:
    config = parse_config({"files": {"forbidden-in-wheel": ["*.c"], "required": ["LICENSE"]}}, "test")
    config.validate(registry())
    with pytest.raises(ConfigError):
        parse_config({"files": {"forbiden": ["*.c"]}}, "test").validate(registry())
    assert {each.table for each in registry().find("SF209")} == {"files"}
