"""The manual pages: as the commands are, and as man reads them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pkgaudit.cli import COMMANDS
from tests.programs import find_program
from tools import make_man

PAGES = sorted(make_man.FOLDER.glob("*.1"))


def words(page: str) -> list[str]:
    """Return what a page says. How it is said differs between versions of docutils."""
    body = page[page.index("\n.TH ") :].replace("\\", "")
    return re.findall(r"\w+", re.sub(r"(?m)^[.'] ?\w+(?: [+-]\d+$)?|f[BIRP]", "", body))


def test_they_are_current() -> None:
    made = {f"{name}.1": words(text) for name, text in make_man.pages()}
    there = {path.name: words(path.read_text("utf-8")) for path in PAGES}
    assert there == made, "run python tools/make_man.py"
    assert set(made) == {"pkgaudit.1", *(f"pkgaudit-{name}.1" for name in COMMANDS)}


def test_old_pages_go(tmp_path: Path) -> None:
    (tmp_path / "pkgaudit-gone.1").write_text("x")
    make_man.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in PAGES}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_groff_has_no_warning(path: Path) -> None:
    groff = find_program("groff")
    done = subprocess.run([groff, "-man", "-Tutf8", "-ww", str(path)], capture_output=True, check=True)
    assert done.stderr == b""


def test_man_shows_them() -> None:
    man = find_program("man")
    environment = {**os.environ, "MANWIDTH": "100", "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"}

    def show(name: str) -> str:
        command = [man, "--warnings", "-l", str(make_man.FOLDER / f"{name}.1")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        assert done.stderr == ""
        return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)

    shown = show("pkgaudit")
    assert re.search(r"(?m)^Which rules run$", shown)
    assert re.search(r"(?m)^ +--select RULES$", shown)
    assert "pkgaudit-explain(1)" in shown
    assert "Exit status" in shown
    assert 'eval "$(pkgaudit completion bash)"' in show("pkgaudit-completion")


def test_every_option_of_an_audit_has_its_section() -> None:
    import click

    from pkgaudit.cli import main
    from pkgaudit.cli.sections import sections

    audit = main.get_command(click.Context(main), "audit")
    assert audit is not None
    left = [each.name for title, options in sections(audit.params) for each in options if title == "Options"]
    assert not left, "name them in pkgaudit/cli/sections.py"
