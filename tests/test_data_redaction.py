"""What the message of a finding masks is not in its data either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import tokens
from fixtures.builders import Wheel
from pkgaudit.api import Location, Problem, Severity, rule
from pkgaudit.api import Wheel as WheelRead
from tests.support import audit
from tests.test_engine import audits


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def leaks(data: object, secret: str) -> list[str]:
    """Return the texts that have more of a secret than a mask shows."""
    parts = {secret[start : start + 12] for start in range(len(secret) - 11)}
    return [text for text in texts(data) if any(part in text for part in parts)]


def test_a_token_that_is_known_by_its_name(tmp_path: Path) -> None:
    token = tokens.discord_token()
    wheel = Wheel()
    wheel.files["sample-1.0.dist-info/entry_points.txt"] = (
        f"[console_scripts]\nDISCORD_TOKEN = {token}\n".encode()
    )
    found = audit(tmp_path, wheel.build())
    assert [each for each in found if each.code.startswith("WH12") and each.data]
    assert [each.code for each in found if leaks([*each.data.values()], token)] == []


@pytest.mark.parametrize("length", [200, 900, 5_000, 9_000])
def test_a_long_password_of_a_url(tmp_path: Path, length: int) -> None:
    password = (tokens.random_text("password", 64) * 200)[:length]
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.set("Home-page", f"https://user:{password}@host.example/\x07")
    wheel.metadata.set("Summary", f"https://user:{password}@host.example/\x07" + "x" * 600)
    found = audit(tmp_path, wheel.build())
    assert [each for each in found if each.data]
    assert [each.code for each in found if leaks([*each.data.values()], password)] == []


@pytest.mark.parametrize("before", [0, 960, 975, 990, 7_980])
def test_a_token_at_a_cut(tmp_path: Path, before: int) -> None:
    token = tokens.checked_token("ghp")
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.set("Summary", "x " * (before // 2) + token + " y" * 600)
    found = audit(tmp_path, wheel.build())
    assert [each for each in found if each.data]
    assert [each.code for each in found if leaks([*each.data.values()], token)] == []


def test_a_place_that_a_rule_on_secrets_names(tmp_path: Path) -> None:
    place = Location("sample/core.py", 1)

    @rule("XX101", "holder", Severity.ERROR, confidential=True)
    def holder(wheel: WheelRead) -> Iterator[Problem]:
        yield Problem("a secret", place, data={"kind": "token"})

    @rule("XX102", "other", Severity.ERROR)
    def other(wheel: WheelRead) -> Iterator[Problem]:
        yield Problem("another thing", place, data={"value": "correct-horse", "size": 3})

    path = Wheel().build().write(tmp_path)
    data = {each.name: dict(each.data) for each in audits(path, holder, other).findings}
    assert data == {"holder": {"kind": "token"}, "other": {"value": None, "size": 3}}
