"""The guards for the target: each uploader, each place of a setting, and each kind of index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.config.gate import GateSettings
from pkgaudit.gate.command import prepare
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.settings import Surroundings
from tests.gate.targets import TARGETS, Target
from tests.support import audit

HERE, ELSEWHERE = "http://127.0.0.1:8080", "http://packages.example.com"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the folders for settings are others")


def codes(target: Target, url: str, folder: Path, *allowed: str) -> set[str]:
    """Return the errors of the guards for a command."""
    folder.mkdir(exist_ok=True)
    target.write(folder, url)
    wheel = Wheel().build().write(folder)
    here = Surroundings(target.variables(folder, url), folder / "project" / target.folder)
    with Copies() as copies:
        copies.add([str(wheel)])
        files = [] if target.tool in ("pdm", "poetry") else [str(wheel)]
        made = prepare([*target.command(url), *files], copies, GateSettings(allowed or None), here)
    return {each.code for each in audit(folder, made.handover)} & {"GT107", "GT108"}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.tool}: {target.name}")
def test_guards(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    if target.to is None:
        assert codes(target, HERE, tmp_path, HERE) == {"GT107"}
        assert codes(target, HERE, tmp_path) == set()
        return
    is_local = target.to.startswith("/")
    assert codes(target, HERE, tmp_path, "pypi", "testpypi", HERE) == set()
    assert codes(target, HERE, tmp_path, "https://packages.example.com/") == {"GT107"}
    assert codes(target, ELSEWHERE, tmp_path) == ({"GT108"} if is_local else set())
