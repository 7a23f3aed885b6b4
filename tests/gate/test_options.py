"""The tables of options against the help texts of the programs: an unknown option may hide a file."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pkgaudit.gate.arguments import Kind, Syntax
from pkgaudit.gate.settings import Surroundings
from pkgaudit.gate.uploaders import UPLOADERS
from pkgaudit.gate.wrappers import find_program
from tests.gate.tools import environment, need_tool

pytestmark = pytest.mark.once


def options(home: Path, *command: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the spellings of each option in a help text, and whether it has a value."""
    words = [need_tool(command[0]), *command[1:], "--help"]
    env = environment(home, {"COLUMNS": "200", "NO_COLOR": "1"})
    text = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        if re.match(r"\s{1,6}-", line):  # descriptions are further right
            given = re.split(r"\s{2,}", line.strip())[0]
            yield re.findall(r"(?<![\w<-])--?[A-Za-z][\w-]*", given), bool(re.search(r"[ =][<\[\w]", given))


def check(syntax: Syntax, home: Path, *command: str) -> None:
    found = list(options(home, *command))
    assert found
    for spellings, has_value in found:
        for each in spellings:
            words = syntax.read([each, "value"]).words
            assert words[0].option, f"{command} {each} is unknown"
            assert (words[1].kind is Kind.VALUE) is has_value, f"{command} {each}"


@pytest.mark.parametrize(
    "command",
    ["twine upload", "uv publish", "hatch publish", "pdm publish", "poetry publish", "maturin upload"],
)
def test_uploader(command: str, tmp_path: Path) -> None:
    check(UPLOADERS[command.split()[0]].options, tmp_path, *command.split())


@pytest.mark.parametrize("program", ["twine", "uv", "hatch", "pdm", "poetry", "maturin"])
def test_before_the_command(program: str, tmp_path: Path) -> None:
    check(UPLOADERS[program].common, tmp_path, program)


@pytest.mark.parametrize("command", ["uv run", "uv tool run", "pdm run"])
def test_wrapper(command: str, tmp_path: Path) -> None:
    here = Surroundings({}, tmp_path)
    found = list(options(tmp_path, *command.split()))
    assert len(found) > 5
    for spellings, has_value in found:
        for each in spellings:
            line = [*command.split(), each, *(["value"] if has_value else []), "twine", "upload"]
            assert find_program(line, here).name == "twine", line
