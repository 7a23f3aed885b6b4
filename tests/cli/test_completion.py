"""Shell completion, in the shells themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pkgaudit.cli.complete import read_rules
from tests.programs import find_program
from tests.support import registry, run

WAIT = 60
SHELLS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "--interactive", "--private"],
}
START = {
    "bash": 'bind "set enable-bracketed-paste off"; eval "$(pkgaudit completion bash)"',
    "zsh": 'autoload -Uz compinit; compinit -D; bindkey -e; eval "$(pkgaudit completion zsh)"',
    "fish": "set fish_autosuggestion_enabled 0; pkgaudit completion fish | source",
}


def environment(folder: Path) -> dict[str, str]:
    """Return one in which the command is found, and nothing is of the machine's user."""
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8", "PS1": "$ "}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dist/sample-1.0.tar.gz", "pkgaudit.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


class Terminal:
    """A shell as somebody sits before it."""

    def __init__(self, shell: str, folder: Path) -> None:
        program = find_program(shell)
        self.process, self.master = pty.fork()  # a terminal of its own, without which fish does not start
        if not self.process:
            os.chdir(folder)
            os.execve(program, [program, *SHELLS[shell]], environment(folder))
        self.type(f"{START[shell]}; printf '%s%s\\n' rea dy\n")
        self.read_until(r"ready\r?\n")

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read_until(self, pattern: str) -> re.Match[str]:
        seen = ""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.5)[0]:
                seen += os.read(self.master, 65536).decode("utf-8", "replace")
                if match := re.search(pattern, seen):
                    return match
        raise AssertionError(f"no {pattern} in {seen!r}")

    def complete(self, line: str) -> str:
        """Type a line and the tab key, and return what then stands there."""
        # At its end a letter is put, to see spaces; at its beginning a command that shows it.
        self.type(f"{line}\tZ'\x01printf '<%s%s>\\n' : '\x05\n")
        return self.read_until(r"<:([^\r\n>]*)Z>")[1]

    def close(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.master)


@pytest.fixture(params=SHELLS)
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    made = Terminal(request.param, folder)
    yield made
    made.close()


@pytest.mark.once
def test_at_the_keyboard(terminal: Terminal) -> None:
    for typed, completed in [
        ("pkgaudit expl", "pkgaudit explain "),
        ("pkgaudit --extend-s", "pkgaudit --extend-select "),
        ("pkgaudit dis", "pkgaudit dist/"),
        ("pkgaudit dist/sam", "pkgaudit dist/sample-1.0.tar.gz "),
        ("pkgaudit dist/x.whl --fail-on w", "pkgaudit dist/x.whl --fail-on warning "),
        ("pkgaudit tree --sort si", "pkgaudit tree --sort size "),
        ("pkgaudit explain private-k", "pkgaudit explain private-key "),
        ("pkgaudit --select SE101,private-k", "pkgaudit --select SE101,private-key "),
        ("pkgaudit --select=private-k", "pkgaudit --select=private-key "),
        ("pkgaudit --severity private-k", "pkgaudit --severity private-key="),
        ("pkgaudit --severity SE101=w", "pkgaudit --severity SE101=warning "),
        (
            "pkgaudit --per-file-ignores tests/=SE101,private-k",
            "pkgaudit --per-file-ignores tests/=SE101,private-key ",
        ),
        ("pkgaudit --format sar", "pkgaudit --format sarif "),
        ("pkgaudit --output sar", "pkgaudit --output sarif="),
        ("pkgaudit --output json=dis", "pkgaudit --output json=dist/"),
        ("pkgaudit --config pkg", "pkgaudit --config pkgaudit.toml "),
        ("pkgaudit --config=pkg", "pkgaudit --config=pkgaudit.toml "),
        ("pkgaudit completion z", "pkgaudit completion zsh "),
    ]:
        assert terminal.complete(typed) == completed


def words(folder: Path, line: str) -> list[str]:
    """Return all that bash would offer."""
    script = f"""
    source <(pkgaudit completion bash)
    compopt() {{ echo "compopt $*"; }}
    COMP_WORDS=({line})
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
    _pkgaudit_completion pkgaudit
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    command = [find_program("bash"), "--norc", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment(folder))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1]


class TestWords:
    def test_what_may_stand_first(self, folder: Path) -> None:
        first = words(folder, "pkgaudit ''")
        assert {"explain", "rules", "tree", "init", "completion"} < set(first)
        assert "compopt -o default" in first  # files, if nothing else fits
        options = words(folder, "pkgaudit --")
        assert {"--select", "--format", "--version", "--help"} < set(options)
        assert len(options) == len(set(options))

    def test_codes_in_any_case(self, folder: Path) -> None:
        codes = {each.code for each in registry() if each.code.startswith("SE10")}
        assert set(words(folder, "pkgaudit --ignore SE10")) == codes
        assert set(words(folder, "pkgaudit --ignore se10")) == codes

    def test_codes_first_and_names_once_something_is_typed(self, folder: Path) -> None:
        offered = set(words(folder, "pkgaudit --ignore ''"))
        assert offered == {"ALL", *(each.code[:length] for each in registry() for length in (2, 3, 5))}

    def test_what_is_in_the_list_is_not_offered_again(self, folder: Path) -> None:
        offered = words(folder, "pkgaudit --ignore SE101,SE10")
        assert "SE101,SE102" in offered
        assert "SE101,SE101" not in offered

    def test_formats(self, folder: Path) -> None:
        assert {"json", "junit"} <= set(words(folder, "pkgaudit --format j"))

    def test_an_unfinished_quote(self, folder: Path) -> None:
        assert words(folder, "pkgaudit --per-file-ignores '\"my tests/' = private-k") == ["private-key"]

    def test_nothing_fits(self, folder: Path) -> None:
        assert words(folder, "pkgaudit explain nothing-like-it") == [""]


def test_fish_tells_what_rules_are_about(folder: Path) -> None:
    script = "pkgaudit completion fish | source; complete -C 'pkgaudit explain SE102'"
    command = [find_program("fish"), "--no-config", "-c", script]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment(folder), check=True
    )
    assert done.stdout == "SE102\tprivate-key: A file contains a private key\n"


def test_rules_are_read_as_they_are() -> None:
    assert sorted(read_rules()) == sorted((each.code, each.name, each.summary) for each in registry())


def test_it_runs_no_rule_and_takes_no_time(folder: Path) -> None:
    code = (
        "import os, sys, time\nstarted = time.perf_counter()\nfrom pkgaudit.cli import main\n"
        "try:\n    main(prog_name='pkgaudit')\nexcept SystemExit:\n    pass\n"
        "print(time.process_time(), *sys.modules)"
    )
    asked = {"_PKGAUDIT_COMPLETE": "bash_complete", "COMP_WORDS": "pkgaudit\n--select\nS", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **asked}, check=True
    )
    *offered, last = done.stdout.splitlines()
    assert any(each.startswith("plain\tSE101\t") for each in offered)
    seconds, *modules = last.split()
    assert float(seconds) < 1  # of the processor; a fraction of that on a machine with nothing else to do
    assert not {"pkgaudit.rules.secrets.rules", "pkgaudit.engine", "rich", "packaging"} & set(modules)


def test_a_broken_plug_in_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint, EntryPoints

    points = EntryPoints(
        [
            EntryPoint("gone", "no_such_package.rules", "pkgaudit.rules"),
            EntryPoint("secrets", "pkgaudit.rules.secrets.rules", "pkgaudit.rules"),
        ]
    )
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    assert "SE102" in {code for code, _, _ in read_rules()}


def test_help_says_how_to_install() -> None:
    shown = run("completion", "--help").stdout
    for shell in SHELLS:
        assert f"pkgaudit completion {shell}" in shown
    assert run("completion", "tcsh").exit_code == 2
