"""The runs that the README and the site show are what the command prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.record_runs import PAGES, ROOT, make_release, recorded

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recorded")
    (made / "dist").mkdir()
    make_release(made / "dist")
    return made


def normal(text: str) -> str:
    """Return a text without what differs from run to run, and between the versions of zlib."""
    text = re.sub(r"\b\d+\.\d\d s\b", "0.00 s", text)
    return re.sub(r" *\b[\d.]+ k?B\b| *<?\d+%(?= )|\(\d+%\)", " …", text)


@pytest.mark.parametrize("page", PAGES)
def test_runs(page: str, folder: Path) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert "<!-- recorded: " in text
    assert normal(text) == normal(recorded(text, folder)), "run: python -m tools.record_runs"
