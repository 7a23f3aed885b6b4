"""Where commands upload to: what the gate works out, and what real uploaders do with the same settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.config.gate import GateSettings
from pkgaudit.gate.command import prepare
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.settings import Surroundings
from pkgaudit.model.addresses import Address
from tests.gate.index import serving
from tests.gate.targets import TARGETS, Target
from tests.gate.tools import LOGIN, environment, need_tool

URL = "http://127.0.0.1:8080"

posix = pytest.mark.skipif(os.name == "nt", reason="the folders for settings are others")


def named(target: Target) -> str:
    return f"{target.tool}: {target.name}"


@posix
@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_of_the_gate(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write(tmp_path, URL)
    wheel = Wheel().build().write(tmp_path)
    monkeypatch.setattr("sys.platform", "linux")
    with Copies() as copies:
        copies.add([str(wheel)])
        here = Surroundings(target.variables(tmp_path, URL), tmp_path / "project" / target.folder)
        files = [] if target.tool in ("pdm", "poetry") else [str(wheel)]
        handover = prepare([*target.command(URL), *files], copies, GateSettings(), here).handover
    found = handover.target
    if target.to is None:
        assert found.address is None, found
        assert found.unknown
    else:
        expected = URL + target.to if target.to.startswith("/") else target.to
        assert found.address == Address.parse(expected), found
        assert target.source in found.source


@pytest.mark.skipif(sys.platform != "linux", reason="the folders for settings are others")
@pytest.mark.once
@pytest.mark.parametrize(
    "target",
    [each for each in TARGETS if not each.is_slow or os.environ.get("PKGAUDIT_ALL_TARGETS")],
    ids=named,
)
def test_of_the_uploader(target: Target, tmp_path: Path) -> None:
    program = need_tool(target.tool)
    with serving() as index:
        url = index.url("")
        target.write(tmp_path, url)
        folder = tmp_path / "project" / target.folder
        wheel = Wheel().build().write(tmp_path)
        if target.tool in ("pdm", "poetry"):
            option = "--dest" if target.tool == "pdm" else "--dist-dir"
            (tmp_path / "dist").mkdir()
            files = [option, str(tmp_path / "dist")]
            wheel.rename(tmp_path / "dist" / wheel.name)
        else:
            files = [str(wheel)]
        done = subprocess.run(
            [program, *target.command(url)[1:], *files],
            cwd=folder,
            env=environment(tmp_path, LOGIN[target.tool], target.variables(tmp_path, url)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said or done.returncode, said
        if target.to is not None and target.to.startswith("/"):
            assert [each.path.rstrip("/") for each in index.uploads] == [target.to], said
        else:
            assert not index.uploads, said
            assert done.returncode, said
