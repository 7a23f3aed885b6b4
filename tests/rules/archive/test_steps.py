"""Every closer check of a content counts against one limit of the distribution."""

from __future__ import annotations

from pathlib import Path
from posixpath import normpath

import pytest

from fixtures.binaries import Elf, MachO, Pe
from fixtures.builders import Wheel, zip_archive
from tests.support import audit

LIMITS = {"limits": {"steps": 1, "members-floor": 50}}

KEY = "-----BEGIN PRIVATE KEY-----\n"
MARKERS = "<<<<<<< a\n=======\n>>>>>>> b\n"


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("a.txt", b"/home/jonathan/project/a.c\n"),
        ("a.dat", "\0/home/jonathan/project/a.c".encode("utf-16-le")),
        ("a.txt", b"https://user:pass1234word@example.org/a\n"),
        ("a.txt", KEY.encode()),
        ("a.txt", b"ghp_\n"),
        ("a.ini", b"[a]\npassword=hunter2hunter2\n"),
        ("a.txt", MARKERS.encode()),
        ("a.json", b"[]\n<<<<<<< a\n"),
        ("a.toml", b"[[a]]\nb = 1\n<<<<<<< a\n"),
        ("a.cfg", b"host = a.example.org\n"),
        (".netrc", b"machine a login b password c\n"),
        (".env", b"A=b\n"),
        ("../a.pth", b"import os\n"),
        ("a.yaml", b"- 'x1y2z3A4B5C6D7E8F9G0H1I2J3K4L5M6'\n"),
        ("a.so", Elf(defined=[f"Py{number}" for number in range(2_000)]).build()),
        ("a.so", MachO(defined=[f"Py{number}" for number in range(2_000)]).build()),
        ("a.pyd", Pe(imports={"python3.dll": [f"Py{number}" for number in range(2_000)]}).build()),
    ],
)
def test_every_check_counts(tmp_path: Path, name: str, unit: bytes) -> None:
    wheel = Wheel()
    if name.endswith((".so", ".pyd")):
        # The outer archive packs the copies together, so its size allows few steps.
        wheel.files["sample/data.zip"] = zip_archive({f"{number}/{name}": unit for number in range(20)})
    else:
        wheel.files[normpath(f"sample/{name}")] = unit * (200_000 // len(unit))
    [finding] = [each for each in audit(tmp_path, wheel.build(), LIMITS) if each.code == "AR109"]
    assert "places to check" in finding.message


def test_the_steps_of_a_normal_distribution_are_far_below_the_limit(tmp_path: Path) -> None:
    assert not [each for each in audit(tmp_path, Wheel().build(), LIMITS) if each.code == "AR109"]
