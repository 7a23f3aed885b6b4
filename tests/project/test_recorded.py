"""The runs that the README and the site show are what the command prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.record_runs import PAGES, ROOT, make_release, normal, recorded

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recorded")
    (made / "dist").mkdir()
    make_release(made / "dist")
    return made


@pytest.mark.parametrize("page", PAGES)
def test_runs(page: str, folder: Path) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert "<!-- recorded: " in text
    assert recorded(text, folder) == text, "run: python -m tools.record_runs"


def test_a_new_rule_changes_no_recording() -> None:
    shown = "2 distributions, 16 files, 155 rules, 0.65 s"
    assert normal(shown) == normal("2 distributions, 16 files, 160 rules, 1.20 s")
    assert normal(shown) != normal("2 distributions, 17 files, 155 rules, 0.65 s")
