"""The lines on standard error while an audit runs."""

from __future__ import annotations

import pytest

from fixtures.tokens import checked_token
from pkgaudit.cli.watching import BuildWatch


@pytest.mark.parametrize("verbose", [False, True])
def test_no_secret_that_a_backend_printed_is_shown(verbose: bool, capsys: pytest.CaptureFixture[str]) -> None:
    token = checked_token("ghp")
    lines = ["a step", f"uses {token}", "no module named 'setuptools'"]
    BuildWatch(verbose).build_failed("project", lines, lines[1:])
    shown = capsys.readouterr().err
    assert token not in shown
    assert "uses" in shown
    assert "no module named 'setuptools'" in shown
