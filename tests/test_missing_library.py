"""A library that is missing, or that does not load on a platform, is no fault of the rule that needs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.collector import _missing
from tests.support import run, run_json


def test_readme_without_its_sanitizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a platform that nh3 has no wheels for."""
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.set("Description-Content-Type", "text/x-rst")
    wheel.metadata.body = "A sample without nh3\n====================\n\nText.\n"
    path = wheel.build().write(tmp_path)
    monkeypatch.delitem(sys.modules, "readme_renderer.clean", raising=False)
    monkeypatch.setitem(sys.modules, "nh3", None)
    error, *others = run_json(path)["errors"]
    assert {each["rule"] for each in others} == {"RM106", "RM107", "RM108"}
    assert error["rule"] == "RM101"
    assert error["message"] == (
        "rule RM101 unrenderable-readme cannot run: the library nh3 is missing, or does not load here; "
        "install it, or leave the rule out with '--ignore RM101'"
    )
    assert run(path, "--no-config").exit_code == 2
    assert run(path, "--no-config", "--ignore", "RM101,RM106,RM107,RM108").exit_code == 0


@pytest.mark.parametrize(
    ("error", "library"),
    [
        (ModuleNotFoundError("No module named 'nh3'", name="nh3"), "nh3"),
        (ModuleNotFoundError("No module named 'yaml._yaml'", name="yaml._yaml"), "yaml"),
        (ImportError("wrong ELF class", name="nh3", path="/x/nh3.abi3.so"), "nh3"),
        (ImportError("DLL load failed", name="_rust", path="C:\\x\\_rust.pyd"), "_rust"),
        (ImportError("cannot import name 'x'", name="docutils", path="/x/docutils/__init__.py"), None),
        (ModuleNotFoundError("No module named 'pkgaudit.x'", name="pkgaudit.x"), None),
        (ImportError("what a rule raises itself"), None),
        (ValueError("x"), None),
    ],
)
def test_which_errors_say_that(error: Exception, library: str | None) -> None:
    said = _missing(error, "rule XX101")
    assert (said is None) is (library is None)
    assert library is None or f"the library {library} is missing" in (said or "")
