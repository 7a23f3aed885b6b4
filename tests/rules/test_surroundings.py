"""Rules depend on the audited files and the day of the audit, not on what surrounds the audit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("time_machine")

ROOT = Path(__file__).parents[2]

YEAR_2033 = 2_000_000_000
"""A time of the clock, in seconds since 1970, when tokens and certificates of the cases have expired."""


def findings(folder: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.rules.surroundings", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_findings_do_not_depend_on_clock_folder_locale_and_hash_seed(tmp_path: Path) -> None:
    usual = findings(ROOT, PYTHONHASHSEED="1", LC_ALL="C.UTF-8", TZ="UTC")
    other = findings(
        tmp_path, str(YEAR_2033), PYTHONHASHSEED="2", LC_ALL="tr_TR.ISO-8859-9", TZ="Pacific/Kiritimati"
    )
    assert len(usual) > 150
    assert all(usual.values())
    assert other == usual
