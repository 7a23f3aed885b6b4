"""What installers do with odd wheels: the words of messages, and the data beside the installers."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from fixtures.odd_wheels import ODD, sound
from pkgaudit.api import Severity
from pkgaudit.rules._shared import installer_words
from pkgaudit.rules._shared.entry_points import EntryPoint
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules.data.loader import Data, load
from pkgaudit.rules.wheel.command_forms import unusual_form
from tools.refresh_installers import INSTALLERS, environment, faults_of, outcome

DATA = load("installers")


def table(monkeypatch: pytest.MonkeyPatch, **outcomes: str) -> None:
    """Have the words made from a table with one row."""
    versions = {"pip": "26.3", "uv": "0.13.9", "installer": "1.1.0", "validation": "1.1.0", "poetry": "2.5.1"}
    data = Data("x", "2026-11-30", "x", {"installers": versions, "wheels": {"row": outcomes}})
    monkeypatch.setattr(installer_words, "load", lambda stem: data)


@pytest.mark.parametrize(
    ("outcomes", "severity", "words"),
    [
        ({}, Severity.WARNING, "installers accept the wheel"),
        ({"poetry": "warns"}, Severity.WARNING, "installers accept the wheel, Poetry 2.5 warns about it"),
        (
            {"validation": "rejects"},
            Severity.WARNING,
            "installers accept the wheel, only installer 1.1 with '--validate-record all' rejects it",
        ),
        ({"uv": "rejects"}, Severity.ERROR, "uv 0.13 rejects the wheel, pip 26.3 installs it"),
        (
            {"installer": "rejects", "validation": "rejects", "poetry": "rejects"},
            Severity.ERROR,
            "installer 1.1 and Poetry 2.5 reject the wheel, pip 26.3 and uv 0.13 install it",
        ),
        (
            {"pip": "rejects", "uv": "breaks", "installer": "warns"},
            Severity.ERROR,
            "pip 26.3 rejects the wheel, uv 0.13 installs it without x, installer 1.1 warns about it",
        ),
        (
            dict.fromkeys(("pip", "uv", "installer", "poetry"), "breaks"),
            Severity.ERROR,
            "installers install the wheel without x",
        ),
    ],
)
def test_words(
    monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, str], severity: Severity, words: str
) -> None:
    table(monkeypatch, **outcomes)
    assert reaction("row", without="x") == words
    assert harm("row") is severity


def test_data_has_all_wheels() -> None:
    assert DATA.values["wheels"].keys() == ODD.keys()
    assert DATA.values["installers"].keys() == INSTALLERS.keys()
    known = {"rejects", "breaks", "warns"}
    assert {each for row in DATA.values["wheels"].values() for each in row.values()} <= known


SAMPLE = (
    "record-capital-hash",
    "wheel-without-minor-version",
    "script-and-command",
    "command-with-odd-extras",
    "command-group-with-spaces",
    "record-own-hash",
)
"""Wheels that the tests install: each installer rejects, breaks and accepts some of them."""


def installed(name: str) -> Path:
    """Return the programs beside an installer that is at least as new as the data, or skip the test."""
    if sys.platform == "win32":
        pytest.skip("the table is of Linux")
    try:
        distribution = metadata.distribution(INSTALLERS[name].requirements[0])
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    if Version(distribution.version) < Version(DATA.values["installers"][name]):
        pytest.skip(f"{name} {distribution.version} is older than the table")
    return Path(str(distribution.locate_file(""))).parents[2] / "bin"


@pytest.mark.once
@pytest.mark.parametrize("name", ["pip", "uv", "installer"])
def test_installers_do_what_the_data_say(name: str, tmp_path: Path) -> None:
    """If this fails after an update of an installer: python -m tools.refresh_installers."""
    programs = installed(name)
    found = {
        key: outcome(INSTALLERS[name], programs, environment(ODD[key](), tmp_path / key))[0] for key in SAMPLE
    }
    assert found == {key: DATA.values["wheels"][key].get(name, "ok") for key in SAMPLE}


@pytest.mark.once
def test_faults_of_an_installation(tmp_path: Path) -> None:
    """A tool that reports success without installing anything breaks every wheel."""
    to = environment(sound(), tmp_path / "nothing")
    faults = faults_of(to)
    assert faults[:3] == ["__init__.py", "core.py", "py.typed"]
    assert [each.partition(":")[0] for each in faults[3:]] == ["import", "metadata", "command"]


EXTRAS = (
    "",
    "[a]",
    " [a-b]",
    " [a-b, c]",
    " [a,b-c]",
    " [a.b]",
    " []",
    " [ a ]",
    " [a ,b]",
    " [a,]",
    " [a=b,c]",
)


@pytest.mark.parametrize("target", [*(f"m:f{each}" for each in EXTRAS), "m: f", "m :f", "m:f.g", "m.n:f"])
def test_forms_are_those_that_pip_reads(target: str) -> None:
    distlib: Any = pytest.importorskip("pip._vendor.distlib.util")
    try:
        entry = distlib.get_export_entry(f"name = {target}")
    except distlib.DistlibException:
        is_read = False
    else:
        is_read = entry is not None and entry.suffix is not None
    point = EntryPoint("console_scripts", "name", 1, target)
    assert (unusual_form(point) is None) is is_read
